-- Requests that a limit refused, by model, which receipts do not tell: a model of which more is refused than before
-- must be seen.
CREATE TABLE refused_requests (
    org_id uuid NOT NULL,
    quarter timestamptz NOT NULL,
    project_id uuid NOT NULL,
    model text NOT NULL,
    spent boolean NOT NULL,
    requests bigint NOT NULL,
    PRIMARY KEY (org_id, quarter, project_id, model, spent)
);
COMMENT ON TABLE refused_requests IS 'How many requests a limit refused, by quarter of an hour. Written once a second: what a node counted in the second before it died is not there. Models without a price, and on no list of their project, are left out: clients make up such names.';
COMMENT ON COLUMN refused_requests.spent IS 'A budget or the usage limit was spent, which has an alert of its own; else a rate limit or a guard said no.';
CREATE INDEX refused_requests_age ON refused_requests (quarter);
CALL exq_guard('refused_requests');
CALL exq_narrow('refused_requests', 'project_id IN $own');
GRANT SELECT ON refused_requests TO exq_tenant;
GRANT SELECT, INSERT, UPDATE, DELETE ON refused_requests TO exq_system;

-- What was refused before is counted nowhere, nor what nodes of the version before refuse while they are replaced: it
-- must not be taken for nothing.
ALTER TABLE organizations ADD COLUMN refused_requests_since timestamptz
    DEFAULT date_trunc('day', exq_now() + interval '24 hours', 'UTC');
ALTER TABLE organizations ALTER COLUMN refused_requests_since DROP DEFAULT;
COMMENT ON COLUMN organizations.refused_requests_since IS 'From when on all its refusals are counted by model; NULL: since it was made.';
