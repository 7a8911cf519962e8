-- The admin API reads lists in parts, in order of ids.
CREATE INDEX api_keys_page ON api_keys (org_id, project_id, id) WHERE revoked_at IS NULL AND NOT imported;
CREATE INDEX service_accounts_page ON service_accounts (org_id, project_id, id) WHERE deleted_at IS NULL;
