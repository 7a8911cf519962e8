-- Sessions that are being made while all of an account's sessions end must end with them: a log-in
-- reads the password first and stores its session afterwards.
ALTER TABLE users ADD COLUMN epoch bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN users.epoch IS 'How often all sessions of the account were ended. Only sessions of this epoch count.';

ALTER TABLE sessions ADD COLUMN epoch bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN sessions.epoch IS 'The account''s epoch when what the person proved was read, not when the session was stored.';
