-- A form that is sent twice makes one key: each showing of it carries an id, which its key keeps.
-- Not the key's own id: who sends the form chooses it, and could name a key that exists.

ALTER TABLE api_keys ADD COLUMN form uuid;
COMMENT ON COLUMN api_keys.form IS 'The showing of the form that made it.';
CREATE UNIQUE INDEX api_keys_form ON api_keys (org_id, form);
CREATE INDEX api_keys_service_account ON api_keys (org_id, service_account_id) WHERE service_account_id IS NOT NULL;
-- One successor a key: two who replace the same one at once would leave two live.
CREATE UNIQUE INDEX api_keys_successor ON api_keys (org_id, replaces) WHERE revoked_at IS NULL;

ALTER TABLE personal_keys ADD COLUMN form uuid;
COMMENT ON COLUMN personal_keys.form IS 'The showing of the form that made it.';
CREATE UNIQUE INDEX personal_keys_form ON personal_keys (user_id, form);
