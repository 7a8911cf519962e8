-- Prompts and answers, of projects that want them kept. The program seals them: the database holds no word of
-- them, and the privilege to read this table tells none.
ALTER TABLE projects ADD COLUMN bodies_days smallint CHECK (bodies_days BETWEEN 0 AND 90);
COMMENT ON COLUMN projects.bodies_days IS 'For how many days prompts and answers of its requests are kept; 0: not any more; none: they never were.';
CREATE INDEX projects_bodies ON projects (org_id, id) WHERE bodies_days IS NOT NULL;

CREATE TABLE bodies (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    project_id uuid NOT NULL,
    prompt bytea NOT NULL,
    prompt_cut boolean NOT NULL,
    answer bytea,
    answer_cut boolean NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, id)
);
COMMENT ON TABLE bodies IS 'Beside events: what was asked and answered, sealed by the program for just this request. Written once a second, kept until it expires or its project keeps less; one whose request left no event is not shown.';
COMMENT ON COLUMN bodies.prompt IS 'Nonce, ciphertext and tag of the body that the client sent.';
COMMENT ON COLUMN bodies.answer IS 'The same of what the client got; none if no answer came.';
COMMENT ON COLUMN bodies.prompt_cut IS 'It was longer than what is kept of one.';
CREATE INDEX bodies_age ON bodies (expires_at);
CREATE INDEX bodies_project ON bodies (org_id, project_id, id);
-- Sealed values don't get shorter.
ALTER TABLE bodies ALTER COLUMN prompt SET STORAGE EXTERNAL, ALTER COLUMN answer SET STORAGE EXTERNAL;

CALL exq_guard('bodies');
-- Not for everybody in the project: for those who run it.
CALL exq_narrow('bodies', 'project_id IN (SELECT m.project_id FROM project_members m
    WHERE m.org_id = (SELECT exq_org()) AND m.user_id = (SELECT exq_reader()) AND m.role = ''owner'')');
GRANT SELECT ON bodies TO exq_tenant;
GRANT SELECT, INSERT, DELETE ON bodies TO exq_system;
