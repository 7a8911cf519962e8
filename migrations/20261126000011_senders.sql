-- What somebody made go to strangers in a day, in all organizations together.
CREATE INDEX outbox_inviters ON outbox ((params ->> 'by'), created_at) WHERE template = 'invitation';
CREATE INDEX audit_entries_founders ON audit_entries (actor, at) WHERE action = 'organization.created';
