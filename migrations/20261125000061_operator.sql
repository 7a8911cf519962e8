-- What the operator's pages list, newest first, and why an organization is suspended.
ALTER TABLE organizations ADD COLUMN suspended_reason text;
COMMENT ON COLUMN organizations.suspended_reason IS 'Why, in the operator''s words; its owners see it.';
CREATE INDEX outbox_newest ON outbox (id);
CREATE INDEX outbox_state ON outbox (state, id);
