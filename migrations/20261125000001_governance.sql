-- Who may do what: project members, invitations, service accounts, kinds and states of keys.

ALTER TABLE organizations
    ADD COLUMN closed_at timestamptz,
    ADD COLUMN projects_listed boolean NOT NULL DEFAULT false,
    ADD COLUMN key_max_days integer CONSTRAINT organizations_key_max_days CHECK (key_max_days BETWEEN 1 AND 3650),
    ADD COLUMN service_keys_only boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN organizations.closed_at IS 'Since when its last owner has closed it: keys stop, after 30 days it is erased.';
COMMENT ON COLUMN organizations.projects_listed IS 'Readers see that projects exist of which they are no members.';
COMMENT ON COLUMN organizations.key_max_days IS 'New keys must expire within so many days.';
COMMENT ON COLUMN organizations.service_keys_only IS 'New keys belong to service accounts; personal keys are refused.';

ALTER TABLE projects ADD COLUMN models text[];
COMMENT ON COLUMN projects.models IS 'The models that its keys may ask; NULL for all.';

CREATE TABLE project_members (
    org_id uuid NOT NULL,
    project_id uuid NOT NULL,
    user_id uuid NOT NULL,
    role text NOT NULL CONSTRAINT project_members_role CHECK (role IN ('owner', 'member', 'viewer')),
    added_at timestamptz NOT NULL DEFAULT exq_now(),
    PRIMARY KEY (org_id, project_id, user_id),
    FOREIGN KEY (org_id, project_id) REFERENCES projects (org_id, id),
    FOREIGN KEY (org_id, user_id) REFERENCES memberships (org_id, user_id) ON DELETE CASCADE
);
CREATE INDEX project_members_user ON project_members (org_id, user_id);
INSERT INTO project_members (org_id, project_id, user_id, role)
    SELECT p.org_id, p.id, p.created_by, 'owner' FROM projects p
    JOIN memberships m ON (m.org_id, m.user_id) = (p.org_id, p.created_by);

CREATE TABLE invitations (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    email text NOT NULL CONSTRAINT invitations_email_lower CHECK (email = lower(email)),
    role text NOT NULL CONSTRAINT invitations_role CHECK (role IN ('owner', 'reader')),
    projects jsonb NOT NULL DEFAULT '[]',
    version integer NOT NULL DEFAULT 1,
    invited_by uuid,
    created_at timestamptz NOT NULL DEFAULT exq_now(),
    expires_at timestamptz NOT NULL,
    accepted_at timestamptz,
    accepted_by uuid,
    revoked_at timestamptz,
    PRIMARY KEY (org_id, id),
    CONSTRAINT invitations_id UNIQUE (id)
);
COMMENT ON COLUMN invitations.projects IS '[{"id": uuid, "role": "owner" | "member" | "viewer"}, …]';
COMMENT ON COLUMN invitations.version IS 'Counts how often it was sent: an older link is void.';
CREATE UNIQUE INDEX invitations_pending ON invitations (org_id, email) WHERE accepted_at IS NULL AND revoked_at IS NULL;

CREATE TABLE service_accounts (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    project_id uuid NOT NULL,
    name text NOT NULL,
    role text NOT NULL DEFAULT 'member' CONSTRAINT service_accounts_role CHECK (role IN ('owner', 'member')),
    created_by uuid,
    created_at timestamptz NOT NULL DEFAULT exq_now(),
    deleted_at timestamptz,
    PRIMARY KEY (org_id, id),
    FOREIGN KEY (org_id, project_id) REFERENCES projects (org_id, id)
);
COMMENT ON TABLE service_accounts IS 'Owns keys in one project without being a person.';
CREATE UNIQUE INDEX service_accounts_name_key ON service_accounts (org_id, project_id, lower(name)) WHERE deleted_at IS NULL;

ALTER TABLE api_keys
    ADD COLUMN owner_id uuid,
    ADD COLUMN service_account_id uuid,
    ADD COLUMN permissions text NOT NULL DEFAULT 'all'
        CONSTRAINT api_keys_permissions CHECK (permissions IN ('all', 'restricted', 'read_only')),
    ADD COLUMN scopes text[] NOT NULL DEFAULT '{}',
    ADD COLUMN tracked boolean NOT NULL DEFAULT true,
    ADD COLUMN imported boolean NOT NULL DEFAULT false,
    ADD COLUMN expires_at timestamptz,
    ADD COLUMN paused_at timestamptz,
    ADD COLUMN leaked_at timestamptz,
    ADD COLUMN replaces uuid,
    ADD FOREIGN KEY (org_id, service_account_id) REFERENCES service_accounts (org_id, id);
UPDATE api_keys SET owner_id = created_by;
ALTER TABLE api_keys ADD CONSTRAINT api_keys_one_owner CHECK (num_nonnulls(owner_id, service_account_id) <= 1);
COMMENT ON COLUMN api_keys.owner_id IS 'The member whose key it is; made for the service account otherwise. Neither: the operator''s commands made it.';
COMMENT ON COLUMN api_keys.scopes IS 'Of a restricted key: the endpoints that it may ask.';
COMMENT ON COLUMN api_keys.tracked IS 'Its usage is told apart by key; else it is under Untracked.';
COMMENT ON COLUMN api_keys.imported IS 'The label of a key that lives at the provider: nobody can send requests here with it.';
COMMENT ON COLUMN api_keys.leaked_at IS 'When somebody reported it as found in the open: refused from then on.';
COMMENT ON COLUMN api_keys.replaces IS 'The key in whose place it was made, which expires after an overlap.';

-- From which instant on a key counts as used, without touching its row: that would be a change.
CREATE TABLE key_uses (
    org_id uuid NOT NULL,
    key_id uuid NOT NULL,
    used_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, key_id)
);
COMMENT ON TABLE key_uses IS 'When a key was last presented; written in batches, at most a minute late.';

CREATE TABLE admin_keys (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    public_id text NOT NULL CONSTRAINT admin_keys_public_id UNIQUE,
    secret_hash bytea NOT NULL,
    last_four text NOT NULL,
    created_by uuid,
    created_at timestamptz NOT NULL DEFAULT exq_now(),
    expires_at timestamptz,
    revoked_at timestamptz,
    PRIMARY KEY (org_id, id)
);
COMMENT ON TABLE admin_keys IS 'Let programs use the admin API of one organization.';

-- A person's key for all of that person's organizations. Global.
CREATE TABLE personal_keys (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL,
    name text NOT NULL,
    public_id text NOT NULL CONSTRAINT personal_keys_public_id UNIQUE,
    secret_hash bytea NOT NULL,
    last_four text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT exq_now(),
    expires_at timestamptz,
    revoked_at timestamptz,
    leaked_at timestamptz
);
COMMENT ON TABLE personal_keys IS 'Billed to the organization that the request names, else to the person''s default one.';
CREATE INDEX personal_keys_user ON personal_keys (user_id);
CREATE TABLE personal_key_blocks (
    org_id uuid NOT NULL,
    key_id uuid NOT NULL,
    blocked_by uuid,
    blocked_at timestamptz NOT NULL DEFAULT exq_now(),
    PRIMARY KEY (org_id, key_id)
);
COMMENT ON TABLE personal_key_blocks IS 'Personal keys that an organization''s owners refuse.';

CALL exq_guard('project_members');
CALL exq_guard('invitations');
CALL exq_guard('service_accounts');
CALL exq_guard('key_uses');
CALL exq_guard('admin_keys');
CALL exq_guard('personal_key_blocks');
GRANT SELECT, INSERT, UPDATE, DELETE ON project_members TO exq_tenant, exq_system;
GRANT DELETE ON memberships TO exq_tenant, exq_system;
GRANT SELECT, INSERT, UPDATE ON invitations, service_accounts, admin_keys TO exq_tenant, exq_system;
GRANT SELECT ON key_uses TO exq_tenant;
GRANT SELECT, INSERT, UPDATE ON key_uses TO exq_system;
GRANT SELECT, INSERT, DELETE ON personal_key_blocks TO exq_tenant;
GRANT SELECT, INSERT, DELETE ON personal_key_blocks TO exq_system;
GRANT SELECT, INSERT, UPDATE ON personal_keys TO exq_system;

-- A change of role, membership or rule is in force on every node as fast as one of a key.
CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE ON memberships
    FOR EACH ROW EXECUTE FUNCTION exq_changed();
CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE ON project_members
    FOR EACH ROW EXECUTE FUNCTION exq_changed();
CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE ON service_accounts
    FOR EACH ROW EXECUTE FUNCTION exq_changed();
CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE ON admin_keys
    FOR EACH ROW EXECUTE FUNCTION exq_changed();
CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE ON personal_key_blocks
    FOR EACH ROW EXECUTE FUNCTION exq_changed();
-- A personal key concerns all organizations of its person.
CREATE FUNCTION exq_personal_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO changes (org_id) SELECT m.org_id FROM memberships m WHERE m.user_id = NEW.user_id;
    RETURN NULL;
END $$;
CREATE TRIGGER changed AFTER INSERT OR UPDATE ON personal_keys
    FOR EACH ROW EXECUTE FUNCTION exq_personal_changed();
CREATE FUNCTION exq_default_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO changes (org_id) SELECT m.org_id FROM memberships m WHERE m.user_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER changed AFTER UPDATE OF default_org_id ON users
    FOR EACH ROW EXECUTE FUNCTION exq_default_changed();
