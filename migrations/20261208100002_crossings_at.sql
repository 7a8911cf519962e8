-- The newest crossings of an organization: every page says how many of those in running windows nobody sees to.
CREATE INDEX crossings_at ON crossings (org_id, crossed_at);
