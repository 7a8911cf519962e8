-- What an admin key makes is its person's, and ends with the key.

ALTER TABLE admin_keys ADD COLUMN minted_by uuid;
COMMENT ON COLUMN admin_keys.created_by IS 'Who answers for it: the person who made it, or the key that it was made with.';
COMMENT ON COLUMN admin_keys.minted_by IS 'The admin key that it was made with.';
CREATE INDEX admin_keys_minted ON admin_keys (org_id, minted_by) WHERE minted_by IS NOT NULL;

ALTER TABLE invitations ADD COLUMN invited_with uuid;
COMMENT ON COLUMN invitations.invited_by IS 'Who answers for it: the person who sent it, or the admin key that it was sent with.';
COMMENT ON COLUMN invitations.invited_with IS 'The admin key that it was sent with.';
