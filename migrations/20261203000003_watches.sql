-- What an organization is warned of, and of what it was.
CREATE TABLE watches (
    org_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('drift', 'forecast', 'burn')),
    PRIMARY KEY (org_id, kind)
);
COMMENT ON TABLE watches IS 'What the owners want to be warned of; what is off has no row.';
CALL exq_guard('watches');
CALL exq_narrow('watches', 'false');
GRANT SELECT, INSERT, DELETE ON watches TO exq_tenant;
GRANT SELECT, DELETE ON watches TO exq_system;

CREATE TABLE warnings (
    org_id uuid NOT NULL,
    kind text NOT NULL,
    subject text NOT NULL,
    since timestamptz NOT NULL,
    id uuid NOT NULL,
    params jsonb NOT NULL,
    warned_at timestamptz NOT NULL DEFAULT exq_now(),
    PRIMARY KEY (org_id, kind, subject, since)
);
COMMENT ON TABLE warnings IS 'What owners were warned of. The key lets each be told once; its mails are written in the same transaction.';
COMMENT ON COLUMN warnings.subject IS 'A model; a budget''s id; the organization''s id.';
COMMENT ON COLUMN warnings.since IS 'The first instant of the day or window in which it is told once.';
CREATE INDEX warnings_newest ON warnings (org_id, warned_at);
CREATE INDEX outbox_warnings ON outbox (org_id, (params ->> 'warning')) WHERE template IN ('drift', 'forecast', 'burn');
CALL exq_guard('warnings');
CALL exq_narrow('warnings', 'false');
GRANT SELECT ON warnings TO exq_tenant;
GRANT SELECT, INSERT, DELETE ON warnings TO exq_system;
