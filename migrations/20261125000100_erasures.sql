-- Accounts that were deleted, as long as the audit logs still hold something of the person.
CREATE TABLE erasures (
    user_id uuid PRIMARY KEY,
    addresses text[] NOT NULL,
    gathered boolean NOT NULL DEFAULT false,
    asked_at timestamptz NOT NULL DEFAULT exq_now()
);
COMMENT ON TABLE erasures IS 'Whose personal values are still to be erased from the audit logs; a row goes with the last of them.';
COMMENT ON COLUMN erasures.addresses IS 'The e-mail addresses that the person had.';
COMMENT ON COLUMN erasures.gathered IS 'The addresses of earlier times are among them.';
COMMENT ON COLUMN erasures.asked_at IS 'When the account was deleted: what has its address later is another account''s.';
GRANT SELECT, INSERT, UPDATE, DELETE ON erasures TO exq_system;

-- Whom an entry's personal values concern: ids and e-mail addresses. Nobody, once they are erased.
CREATE FUNCTION exq_persons(actor text, subject text, personal jsonb) RETURNS text[] LANGUAGE sql IMMUTABLE
    AS $$
    SELECT COALESCE(array_agg(p.person), '{}') FROM (
        SELECT CASE WHEN v.key IN ('actor', 'address', 'agent') THEN actor ELSE subject END AS person
        FROM jsonb_each(personal) v WHERE v.value <> 'null'
        UNION SELECT v.value ->> 'value' FROM jsonb_each(personal) v WHERE v.value ->> 'value' LIKE '%@%'
    ) p
$$;
-- Without a list of pending rows: whoever writes an entry holds the end of the chain, and must not be
-- the one to empty it.
CREATE INDEX audit_entries_persons ON audit_entries
    USING gin (exq_persons(actor, subject, personal)) WITH (fastupdate = off);

COMMENT ON TABLE audit_heads IS 'The end of each organization''s chain. Locked behind all else in a change but counters: entries are in order, and what requests wait for waits for no entry.';
