-- What an organization spent, mailed after each week or billing cycle.
CREATE TABLE reports (
    org_id uuid NOT NULL,
    rhythm text NOT NULL CHECK (rhythm IN ('week', 'month')),
    addresses text[] NOT NULL,
    due_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, rhythm)
);
COMMENT ON TABLE reports IS 'Reports that an organization gets. Whoever writes a report''s mails moves its time to the next window, in one transaction.';
COMMENT ON COLUMN reports.addresses IS 'Who is mailed besides the owners.';
COMMENT ON COLUMN reports.due_at IS 'Some hours after the end of the window that is running: in the morning, where the organization is.';
CREATE INDEX reports_due ON reports (due_at);
CALL exq_guard('reports');
CALL exq_narrow('reports', 'false');
GRANT SELECT, INSERT, UPDATE, DELETE ON reports TO exq_tenant;
GRANT SELECT, UPDATE, DELETE ON reports TO exq_system;
