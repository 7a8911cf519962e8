-- Who has seen an alert and sees to it.
CREATE TABLE acknowledged (
    org_id uuid NOT NULL,
    crossing_id uuid NOT NULL,
    user_id uuid NOT NULL,
    at timestamptz NOT NULL DEFAULT exq_now(),
    PRIMARY KEY (org_id, crossing_id)
);
COMMENT ON TABLE acknowledged IS 'Alerts that somebody sees to: who said so first, and when.';
CALL exq_guard('acknowledged');
CALL exq_narrow('acknowledged', 'crossing_id IN (SELECT c.id FROM crossings c)');
GRANT SELECT, INSERT ON acknowledged TO exq_tenant;
GRANT SELECT, DELETE ON acknowledged TO exq_system;
