-- One answer for whoever claims a mail and whoever opens its link.
CREATE FUNCTION exq_can_be_stopped(template text, recipient_id uuid) RETURNS boolean
    LANGUAGE sql IMMUTABLE AS $$ SELECT template = 'report' OR template = 'threshold' AND recipient_id IS NULL $$;
COMMENT ON FUNCTION exq_can_be_stopped IS 'Whether the reader can have such mails stopped: whoever gets a report, and who is told of an alert by a threshold''s list and not as an owner.';
