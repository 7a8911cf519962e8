-- A key that takes another's place begins its running windows with what that one had spent of its budgets.
ALTER TABLE counters ADD COLUMN carried numeric(30, 12) NOT NULL DEFAULT 0;
COMMENT ON COLUMN counters.carried IS 'Of `spent`: what a key was given from the one whose place it took, and no event of its own.';
COMMENT ON COLUMN counters.spent IS 'Charges of the events of this scope and window, and what was carried, in dollars.';
