-- Ways to look at usage that are kept under a name.
CREATE TABLE views (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    user_id uuid,
    name text NOT NULL,
    query text NOT NULL,
    PRIMARY KEY (org_id, id),
    CONSTRAINT views_person FOREIGN KEY (org_id, user_id) REFERENCES memberships (org_id, user_id) ON DELETE CASCADE
);
COMMENT ON TABLE views IS 'Questions to the usage page under a name: a member''s own, or everybody''s. A member''s go with the membership.';
COMMENT ON COLUMN views.user_id IS 'Whose it is; none for one of the whole organization.';
COMMENT ON COLUMN views.query IS 'What follows the question mark.';
CREATE UNIQUE INDEX views_name ON views (org_id, COALESCE(user_id, '00000000-0000-0000-0000-000000000000'), name);
CREATE INDEX views_member ON views (org_id, user_id);
CALL exq_guard('views');
CALL exq_narrow('views', 'user_id IS NULL OR user_id = (SELECT exq_reader())');
GRANT SELECT, INSERT, UPDATE, DELETE ON views TO exq_tenant;
GRANT SELECT, DELETE ON views TO exq_system;
