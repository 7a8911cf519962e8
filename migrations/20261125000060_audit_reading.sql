-- Reading the audit log by what its filters ask for, and the mails with its heads.
CREATE INDEX audit_entries_actor ON audit_entries (org_id, actor, seq);
CREATE INDEX audit_entries_subject ON audit_entries (org_id, subject, seq);
CREATE INDEX audit_entries_project ON audit_entries (org_id, project_id, seq) WHERE project_id IS NOT NULL;

CREATE TABLE audit_head_mails (
    org_id uuid NOT NULL,
    day date NOT NULL,
    count bigint NOT NULL,
    PRIMARY KEY (org_id, day)
);
COMMENT ON TABLE audit_head_mails IS 'On which days the owners were mailed the head of the audit log, written with the mails: one a day, whichever node comes first.';
COMMENT ON COLUMN audit_head_mails.day IS 'In the zone that the organization had.';
COMMENT ON COLUMN audit_head_mails.count IS 'How many entries the head was made of.';
CALL exq_guard('audit_head_mails');
GRANT SELECT, INSERT ON audit_head_mails TO exq_system;
