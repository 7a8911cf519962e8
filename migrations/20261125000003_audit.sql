-- The audit log: one entry per change, written in the change's own transaction, chained by hash.
CREATE TABLE audit_heads (
    org_id uuid PRIMARY KEY,
    count bigint NOT NULL,
    hash bytea NOT NULL
);
COMMENT ON TABLE audit_heads IS 'The end of each organization''s chain. Locked last of all in a change: entries are in order, and no lock waits behind it.';

CREATE TABLE audit_entries (
    org_id uuid NOT NULL,
    seq bigint NOT NULL,
    id uuid NOT NULL,
    at timestamptz NOT NULL,
    action text NOT NULL,
    subject text NOT NULL,
    actor text NOT NULL,
    project_id uuid,
    body text NOT NULL,
    personal jsonb NOT NULL,
    hash bytea NOT NULL,
    PRIMARY KEY (org_id, seq),
    CONSTRAINT audit_entries_id UNIQUE (org_id, id)
);
COMMENT ON COLUMN audit_entries.body IS 'What the hash covers; personal values stand in it as salted hashes.';
COMMENT ON COLUMN audit_entries.personal IS 'The personal values with their salts; may be erased, the chain stays whole.';
COMMENT ON COLUMN audit_entries.hash IS 'SHA-256 of the previous entry''s hash and the body.';
CREATE INDEX audit_entries_at ON audit_entries (org_id, at);

CALL exq_guard('audit_heads');
CALL exq_guard('audit_entries');
CALL exq_narrow('audit_entries', 'false');
-- Nobody edits or removes an entry; the system alone may erase personal values.
GRANT SELECT, INSERT, UPDATE ON audit_heads TO exq_tenant, exq_system;
GRANT SELECT, INSERT ON audit_entries TO exq_tenant, exq_system;
GRANT UPDATE (personal) ON audit_entries TO exq_system;
