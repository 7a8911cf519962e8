-- What became of an invitation's mail, and how many an organization has sent.
CREATE INDEX outbox_invitations ON outbox (org_id, created_at) WHERE template = 'invitation';
