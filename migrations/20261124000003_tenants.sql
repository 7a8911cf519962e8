-- Organizations and what is in them. org_id comes first in every primary key, row-level security is
-- forced: exq_tenant sees the organization in app.org; exq_system has named policies.
CREATE TABLE organizations (
    org_id uuid PRIMARY KEY,
    name text NOT NULL,
    zone text NOT NULL,
    demo boolean NOT NULL DEFAULT false,
    suspended_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT exq_now()
);
COMMENT ON COLUMN organizations.zone IS 'IANA time zone; days, weeks and billing cycles follow it.';
COMMENT ON COLUMN organizations.demo IS 'Filled by `exchequer demo`.';
COMMENT ON COLUMN organizations.suspended_at IS 'Since when the operator refuses its requests.';

CREATE TABLE memberships (
    org_id uuid NOT NULL,
    user_id uuid NOT NULL,
    role text NOT NULL CONSTRAINT memberships_role CHECK (role IN ('owner', 'reader')),
    created_at timestamptz NOT NULL DEFAULT exq_now(),
    PRIMARY KEY (org_id, user_id)
);
CREATE INDEX memberships_user ON memberships (user_id);

CREATE TABLE billing_profiles (
    org_id uuid PRIMARY KEY,
    legal_name text NOT NULL,
    email text NOT NULL,
    address text NOT NULL,
    country text NOT NULL,
    tax_id text NOT NULL,
    cost_centre text NOT NULL,
    updated_by uuid,
    updated_at timestamptz NOT NULL DEFAULT exq_now()
);
COMMENT ON TABLE billing_profiles IS 'Without one, requests of the organization are refused.';
COMMENT ON COLUMN billing_profiles.country IS 'ISO 3166-1 alpha-2.';

CREATE TABLE projects (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    environment text NOT NULL
        CONSTRAINT projects_environment CHECK (environment IN ('production', 'staging', 'development')),
    is_default boolean NOT NULL DEFAULT false,
    created_by uuid,
    created_at timestamptz NOT NULL DEFAULT exq_now(),
    archived_at timestamptz,
    PRIMARY KEY (org_id, id),
    CONSTRAINT projects_default_stays CHECK (NOT (is_default AND archived_at IS NOT NULL))
);
CREATE UNIQUE INDEX projects_name_key ON projects (org_id, lower(name)) WHERE archived_at IS NULL;
CREATE UNIQUE INDEX projects_one_default ON projects (org_id) WHERE is_default;

CREATE TABLE api_keys (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    project_id uuid NOT NULL,
    name text NOT NULL,
    public_id text NOT NULL,
    secret_hash bytea NOT NULL,
    last_four text NOT NULL,
    created_by uuid,
    created_at timestamptz NOT NULL DEFAULT exq_now(),
    revoked_at timestamptz,
    PRIMARY KEY (org_id, id),
    FOREIGN KEY (org_id, project_id) REFERENCES projects (org_id, id)
);
COMMENT ON COLUMN api_keys.secret_hash IS 'HMAC-SHA256 of the whole key under the pepper; the key itself is nowhere.';
CREATE INDEX api_keys_project ON api_keys (org_id, project_id);

-- From a key's public id to its organization, before one is known. Global.
CREATE TABLE directory (
    public_id text PRIMARY KEY,
    org_id uuid NOT NULL,
    key_id uuid NOT NULL
);

-- What nodes must hear of within a second. The transaction's number, not the sequence, tells what a
-- reader has not seen: sequence order is not commit order.
CREATE TABLE changes (
    org_id uuid NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    at timestamptz NOT NULL DEFAULT exq_now(),
    PRIMARY KEY (org_id, id)
);
CREATE INDEX changes_xid ON changes (xid);
CREATE INDEX changes_at ON changes (at);

CREATE FUNCTION exq_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO changes (org_id) VALUES (COALESCE(NEW.org_id, OLD.org_id));
    RETURN NULL;
END $$;
CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE ON organizations
    FOR EACH ROW EXECUTE FUNCTION exq_changed();
CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE ON billing_profiles
    FOR EACH ROW EXECUTE FUNCTION exq_changed();
CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE ON projects
    FOR EACH ROW EXECUTE FUNCTION exq_changed();
CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE ON api_keys
    FOR EACH ROW EXECUTE FUNCTION exq_changed();

GRANT SELECT, INSERT, UPDATE ON organizations, memberships, billing_profiles, projects, api_keys TO exq_tenant;
GRANT INSERT ON changes TO exq_tenant;
GRANT SELECT, INSERT ON directory TO exq_system;
GRANT SELECT, INSERT, UPDATE ON organizations, memberships, billing_profiles, projects, api_keys TO exq_system;
GRANT SELECT, INSERT, DELETE ON changes TO exq_system;

-- A helper of these migrations: row-level security on and forced, with the tenant's policy and the
-- system's. Later migrations call it for their tables.
CREATE PROCEDURE exq_guard(target regclass) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', target);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', target);
    EXECUTE format('CREATE POLICY tenant ON %s TO exq_tenant USING (org_id = (SELECT exq_org())) WITH CHECK (org_id = (SELECT exq_org()))', target);
    EXECUTE format('CREATE POLICY system ON %s TO exq_system USING (true) WITH CHECK (true)', target);
END $$;
CALL exq_guard('organizations');
CALL exq_guard('memberships');
CALL exq_guard('billing_profiles');
CALL exq_guard('projects');
CALL exq_guard('api_keys');
CALL exq_guard('changes');

-- Users are global, but a tenant's transaction sees the members of its organization.
ALTER TABLE users ENABLE ROW LEVEL SECURITY;
ALTER TABLE users FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON users FOR SELECT TO exq_tenant
    USING (id IN (SELECT m.user_id FROM memberships m WHERE m.org_id = (SELECT exq_org())));
CREATE POLICY system ON users TO exq_system USING (true) WITH CHECK (true);
GRANT SELECT (id, name, email, verified_at) ON users TO exq_tenant;
