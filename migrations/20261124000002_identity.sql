-- People, their sessions and their attempts to log in. Global: a person may be in several
-- organizations.
CREATE TABLE users (
    id uuid PRIMARY KEY,
    email text NOT NULL CONSTRAINT users_email_lower CHECK (email = lower(email)),
    name text NOT NULL,
    password_hash text NOT NULL,
    verified_at timestamptz,
    operator boolean NOT NULL DEFAULT false,
    default_org_id uuid,
    created_at timestamptz NOT NULL DEFAULT exq_now(),
    CONSTRAINT users_email_key UNIQUE (email)
);
COMMENT ON COLUMN users.email IS 'In lower case; identifies the account.';
COMMENT ON COLUMN users.password_hash IS 'Argon2id in PHC form; carries its parameters.';
COMMENT ON COLUMN users.verified_at IS 'Since when the address is known to be the person''s; alerts go to verified owners only.';
COMMENT ON COLUMN users.operator IS 'Runs the installation.';
COMMENT ON COLUMN users.default_org_id IS 'The organization that is opened after log-in.';

CREATE TABLE sessions (
    id_hash bytea PRIMARY KEY,
    user_id uuid,
    data jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT exq_now(),
    seen_at timestamptz NOT NULL DEFAULT exq_now(),
    expires_at timestamptz NOT NULL
);
COMMENT ON COLUMN sessions.id_hash IS 'SHA-256 of the cookie; the cookie itself is nowhere.';
COMMENT ON COLUMN sessions.user_id IS 'Whose it is; none before log-in.';
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_expiry ON sessions (expires_at);

CREATE TABLE throttles (
    subject bytea PRIMARY KEY,
    failures integer NOT NULL,
    last_at timestamptz NOT NULL
);
COMMENT ON TABLE throttles IS 'Failed attempts per account and per address, shared by all nodes.';
COMMENT ON COLUMN throttles.subject IS 'HMAC of what is limited: an e-mail address or a network address.';

GRANT SELECT, INSERT, UPDATE, DELETE ON users, sessions, throttles TO exq_system;
