-- Which requests of a project repeat earlier ones, where it wants that known. No text is kept.
ALTER TABLE projects ADD COLUMN fingerprints boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN projects.fingerprints IS 'Fingerprints of its requests are kept, so that repeated ones can be told.';
CREATE TABLE fingerprints (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    project_id uuid NOT NULL,
    fingerprint bytea NOT NULL CHECK (octet_length(fingerprint) = 16),
    PRIMARY KEY (org_id, id)
);
COMMENT ON TABLE fingerprints IS 'Beside events: a keyed hash of what was asked for, equal for requests that one answer would have served. Written once a second, kept for eight days; one whose request left no event says nothing.';
CREATE INDEX fingerprints_age ON fingerprints (id);
CALL exq_guard('fingerprints');
CALL exq_narrow('fingerprints', 'project_id IN $own');
GRANT SELECT ON fingerprints TO exq_tenant;
GRANT SELECT, INSERT, DELETE ON fingerprints TO exq_system;
