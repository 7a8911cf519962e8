-- What an organization needs to rise to the next usage tier, found without reading its events.
ALTER TABLE organizations ADD COLUMN first_request_at timestamptz;
COMMENT ON COLUMN organizations.first_request_at IS
    'When its first request was admitted that did not go to the sandbox; kept once it was asked for.';

-- Charges that do not count for rising: few, and looked up by organization.
CREATE INDEX events_uncertain ON events (org_id) INCLUDE (charge)
    WHERE NOT sandbox AND outcome IN ('estimated', 'unknown', 'interrupted');
