-- What an account is besides a password: a verified address, a second factor, sessions that its
-- owner can tell apart, and its end.
ALTER TABLE users
    ADD COLUMN held boolean NOT NULL DEFAULT false,
    ADD COLUMN deleted_at timestamptz;
COMMENT ON COLUMN users.held IS 'Made by sign-up where mail is sent, and not verified yet: can''t log in, so that logging in does not tell whether the address was free. Signing up again replaces it.';
COMMENT ON COLUMN users.deleted_at IS 'Since when the account is gone; the row stays for those who look at what it made, without anything personal.';
CREATE INDEX users_held ON users (created_at) WHERE held;

ALTER TABLE sessions ADD COLUMN id uuid NOT NULL DEFAULT exq_id();
COMMENT ON COLUMN sessions.id IS 'Names the session on its owner''s page; opens nothing.';

-- An address that somebody wants to have instead, one at a time.
CREATE TABLE email_changes (
    user_id uuid PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    id uuid NOT NULL UNIQUE,
    email text NOT NULL CONSTRAINT email_changes_email_lower CHECK (email = lower(email)),
    created_at timestamptz NOT NULL DEFAULT exq_now()
);
COMMENT ON COLUMN email_changes.id IS 'What the token of the link is made from.';

CREATE TABLE second_factors (
    user_id uuid PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    secret bytea NOT NULL,
    last_step bigint NOT NULL DEFAULT 0,
    confirmed_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT exq_now()
);
COMMENT ON TABLE second_factors IS 'Time-based one-time passwords (RFC 6238).';
COMMENT ON COLUMN second_factors.secret IS 'Sealed under a key that is not in the database, for this user alone.';
COMMENT ON COLUMN second_factors.last_step IS 'The latest 30 seconds whose code was used: it and those before it are refused.';
COMMENT ON COLUMN second_factors.confirmed_at IS 'Since when log-in asks for a code; none while it is being set up.';

CREATE TABLE recovery_codes (
    user_id uuid NOT NULL REFERENCES second_factors (user_id) ON DELETE CASCADE,
    hash bytea NOT NULL,
    PRIMARY KEY (user_id, hash)
);
COMMENT ON TABLE recovery_codes IS 'What is used instead of a code, once: a row goes when its code is used.';
COMMENT ON COLUMN recovery_codes.hash IS 'HMAC-SHA256 under a key that is not in the database.';

GRANT SELECT, INSERT, UPDATE, DELETE ON email_changes, second_factors, recovery_codes TO exq_system;

COMMENT ON COLUMN outbox.org_id IS 'Whose mail; the nil UUID where it is about an account.';
