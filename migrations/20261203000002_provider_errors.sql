-- Requests that a provider did not serve: they cost nothing and leave no event, but whoever looks at a model
-- must see them.
CREATE TABLE provider_errors (
    org_id uuid NOT NULL,
    quarter timestamptz NOT NULL,
    project_id uuid NOT NULL,
    model text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('unreachable', 'busy', 'denied', 'rejected', 'broken')),
    requests bigint NOT NULL,
    PRIMARY KEY (org_id, quarter, project_id, model, kind)
);
COMMENT ON TABLE provider_errors IS 'How many forwarded requests a provider did not serve, by quarter of an hour. Written once a second: what a node counted in the second before it died is not there.';
COMMENT ON COLUMN provider_errors.kind IS 'No connection; 429; 401 to 403; another 4xx; 5xx or a redirect.';
CREATE INDEX provider_errors_age ON provider_errors (quarter);
CALL exq_guard('provider_errors');
CALL exq_narrow('provider_errors', 'project_id IN $own');
GRANT SELECT ON provider_errors TO exq_tenant;
GRANT SELECT, INSERT, UPDATE, DELETE ON provider_errors TO exq_system;
