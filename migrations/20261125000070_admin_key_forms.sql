-- A form that is sent twice makes one admin key, as with API keys.

ALTER TABLE admin_keys ADD COLUMN form uuid;
COMMENT ON COLUMN admin_keys.form IS 'The showing of the form that made it.';
CREATE UNIQUE INDEX admin_keys_form ON admin_keys (org_id, form);
