-- Windows, counters, budgets, thresholds, and the mails that they cause. None of the tables that the
-- ledger locks has a foreign key: its lock would break the order. `reconcile` finds orphans.
CREATE TABLE windows (
    org_id uuid NOT NULL,
    period text NOT NULL CONSTRAINT windows_period CHECK (period IN ('day', 'week', 'month')),
    starts timestamptz NOT NULL,
    ends timestamptz NOT NULL,
    label date NOT NULL,
    zone text NOT NULL,
    PRIMARY KEY (org_id, period, starts),
    CONSTRAINT windows_forward CHECK (starts < ends)
);
COMMENT ON TABLE windows IS 'Days, weeks and months of an organization, as they were made: a change of zone concerns the next one.';
COMMENT ON COLUMN windows.label IS 'The local date that the window is named after.';

CREATE TABLE counters (
    org_id uuid NOT NULL,
    scope text NOT NULL CONSTRAINT counters_scope CHECK (scope IN ('org', 'project', 'key')),
    scope_id uuid NOT NULL,
    period text NOT NULL,
    starts timestamptz NOT NULL,
    ends timestamptz NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    spent numeric(30, 12) NOT NULL DEFAULT 0,
    held numeric(30, 12) NOT NULL DEFAULT 0,
    requests bigint NOT NULL DEFAULT 0,
    running integer NOT NULL DEFAULT 0,
    PRIMARY KEY (org_id, scope, scope_id, period, starts),
    CONSTRAINT counters_id UNIQUE (id)
) WITH (fillfactor = 40);
COMMENT ON TABLE counters IS 'Spend per scope and window, counted from the first event on, budget or not. Locked in order of id.';
COMMENT ON COLUMN counters.spent IS 'Charges of the events of this scope and window, in dollars.';
COMMENT ON COLUMN counters.held IS 'Bounds of the open intents, in dollars.';
COMMENT ON COLUMN counters.running IS 'How many intents that is.';

CREATE TABLE budgets (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    scope text NOT NULL CONSTRAINT budgets_scope CHECK (scope IN ('org', 'project', 'key')),
    scope_id uuid NOT NULL,
    period text NOT NULL CONSTRAINT budgets_period CHECK (period IN ('day', 'week', 'month')),
    amount numeric(30, 12) NOT NULL CONSTRAINT budgets_amount CHECK (amount >= 0),
    revision integer NOT NULL DEFAULT 1,
    set_by uuid,
    set_at timestamptz NOT NULL DEFAULT exq_now(),
    PRIMARY KEY (org_id, id),
    CONSTRAINT budgets_one UNIQUE (org_id, scope, scope_id, period)
);
COMMENT ON TABLE budgets IS 'An amount per window that blocks when reached.';
COMMENT ON COLUMN budgets.revision IS 'Counts the changes; a receipt names the one that refused.';

CREATE TABLE thresholds (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    scope text NOT NULL CONSTRAINT thresholds_scope CHECK (scope IN ('org', 'project', 'key')),
    scope_id uuid NOT NULL,
    period text NOT NULL CONSTRAINT thresholds_period CHECK (period IN ('day', 'week', 'month')),
    amount numeric(30, 12) CONSTRAINT thresholds_amount CHECK (amount > 0),
    percent integer CONSTRAINT thresholds_percent CHECK (percent BETWEEN 1 AND 100),
    set_by uuid,
    set_at timestamptz NOT NULL DEFAULT exq_now(),
    PRIMARY KEY (org_id, id),
    CONSTRAINT thresholds_level CHECK (num_nonnulls(amount, percent) = 1)
);
CREATE UNIQUE INDEX thresholds_one ON thresholds (org_id, scope, scope_id, period, COALESCE(amount, 0), COALESCE(percent, 0));
COMMENT ON TABLE thresholds IS 'An amount, or a share of the budget of the same scope and window, that notifies and never blocks.';

CREATE TABLE crossings (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    kind text NOT NULL CONSTRAINT crossings_kind CHECK (kind IN ('threshold', 'blocked', 'refused')),
    subject_id uuid NOT NULL,
    counter_id bigint NOT NULL,
    fires_at numeric(30, 12) NOT NULL,
    spent numeric(30, 12) NOT NULL,
    crossed_at timestamptz NOT NULL,
    silent boolean NOT NULL DEFAULT false,
    PRIMARY KEY (org_id, id),
    CONSTRAINT crossings_once UNIQUE (org_id, kind, subject_id, counter_id, fires_at)
);
COMMENT ON TABLE crossings IS 'A threshold reached (threshold), a budget''s first refusal with at most a tenth left (blocked) or with more (refused: a request was too large for it): each once per window and amount.';
COMMENT ON COLUMN crossings.subject_id IS 'The threshold, or the budget that began to block.';
COMMENT ON COLUMN crossings.counter_id IS 'Scope and window.';
COMMENT ON COLUMN crossings.silent IS 'Already passed when a person set it: shown, not mailed.';

CREATE TABLE outbox (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    template text NOT NULL,
    params jsonb NOT NULL,
    recipient_id uuid,
    recipient text NOT NULL,
    state text NOT NULL DEFAULT 'queued'
        CONSTRAINT outbox_state CHECK (state IN ('queued', 'sending', 'sent', 'failed', 'dropped')),
    attempts integer NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL DEFAULT exq_now(),
    answer text,
    created_at timestamptz NOT NULL DEFAULT exq_now(),
    finished_at timestamptz,
    PRIMARY KEY (org_id, id)
);
COMMENT ON TABLE outbox IS 'Mails that must be sent, written in the transaction that caused them: template and parameters, never a text or a token.';
COMMENT ON COLUMN outbox.recipient_id IS 'The owner it goes to; dropped if no longer one when claimed.';
COMMENT ON COLUMN outbox.due_at IS 'When to try; while sending, when the claim lapses.';
COMMENT ON COLUMN outbox.answer IS 'What the mail server answered last.';
CREATE INDEX outbox_due ON outbox (due_at) WHERE state IN ('queued', 'sending');

CREATE TABLE receipts (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    budget_id uuid NOT NULL,
    revision integer NOT NULL,
    project_id uuid NOT NULL,
    key_id uuid NOT NULL,
    scope text NOT NULL,
    period text NOT NULL,
    quarter timestamptz NOT NULL,
    amount numeric(30, 12) NOT NULL,
    spent numeric(30, 12) NOT NULL,
    held numeric(30, 12) NOT NULL,
    resets_at timestamptz NOT NULL,
    count bigint NOT NULL,
    first_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, id)
);
COMMENT ON TABLE receipts IS 'Refusals per budget revision, key and quarter of an hour, with the numbers at the first.';
CREATE INDEX receipts_time ON receipts (org_id, quarter);

CALL exq_guard('windows');
CALL exq_guard('counters');
CALL exq_guard('budgets');
CALL exq_guard('thresholds');
CALL exq_guard('crossings');
CALL exq_guard('outbox');
CALL exq_guard('receipts');
GRANT SELECT, INSERT ON windows, crossings, outbox TO exq_tenant;
-- UPDATE: a person's edit locks the counters it concerns.
GRANT SELECT, INSERT, UPDATE ON counters TO exq_tenant;
GRANT SELECT, INSERT, UPDATE, DELETE ON budgets, thresholds TO exq_tenant;
GRANT SELECT ON receipts TO exq_tenant;
GRANT SELECT, INSERT, UPDATE, DELETE ON windows, counters, budgets, thresholds, crossings, outbox, receipts TO exq_system;
