-- Who does not want to be told, by a threshold's list or by reports.
CREATE TABLE muted (
    org_id uuid NOT NULL,
    address text NOT NULL,
    muted_at timestamptz NOT NULL DEFAULT exq_now(),
    PRIMARY KEY (org_id, address)
);
COMMENT ON TABLE muted IS 'Addresses that want no reports of an organization, and no alerts by its thresholds'' lists; by a link of such a mail. Owners are always told of alerts.';
COMMENT ON COLUMN muted.address IS 'In small letters.';
CALL exq_guard('muted');
CALL exq_narrow('muted', 'false');
GRANT SELECT, DELETE ON muted TO exq_tenant;
GRANT SELECT, INSERT, DELETE ON muted TO exq_system;
