-- The clock of everything that is decided or shown. Test databases replace this function; no other
-- statement may ask for the time. The time of asking, not of the transaction's start: a batch that
-- waited for a lock is admitted when it got it.
CREATE FUNCTION exq_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS 'SELECT clock_timestamp()';

-- The organization that the transaction acts in. NULLIF: after a connection's first use the setting
-- is an empty text, not NULL.
CREATE FUNCTION exq_org() RETURNS uuid LANGUAGE sql STABLE
    AS $$ SELECT NULLIF(current_setting('app.org', true), '')::uuid $$;

-- A new UUIDv7, for rows that are made by statements.
CREATE FUNCTION exq_id() RETURNS uuid LANGUAGE sql VOLATILE AS $$
    SELECT encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
        PLACING substring(int8send((extract(epoch FROM exq_now()) * 1000)::bigint) FROM 3)
        FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid
$$;

-- Nobody makes things in the public schema but the owner of the migrations.
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO exq_tenant, exq_system;

-- What the operator sets for the whole installation. Global.
CREATE TABLE settings (
    name text PRIMARY KEY,
    value jsonb NOT NULL
);
COMMENT ON TABLE settings IS 'Settings of the installation: sign-up policy, set-up link.';
GRANT SELECT, INSERT, UPDATE, DELETE ON settings TO exq_system;
