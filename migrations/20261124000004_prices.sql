-- The price book. Global. A version is never changed: a new price is a new row.
CREATE TABLE prices (
    id uuid PRIMARY KEY,
    provider text NOT NULL,
    model text NOT NULL,
    effective_from timestamptz NOT NULL,
    source text NOT NULL,
    input numeric(30, 12) NOT NULL CHECK (input >= 0),
    cached numeric(30, 12) NOT NULL CHECK (cached >= 0),
    output numeric(30, 12) NOT NULL CHECK (output >= 0),
    per_request numeric(30, 12) NOT NULL DEFAULT 0 CHECK (per_request >= 0),
    context_tokens bigint CHECK (context_tokens > 0),
    max_output_tokens bigint CHECK (max_output_tokens > 0),
    CONSTRAINT prices_version UNIQUE (provider, model, effective_from)
);
COMMENT ON COLUMN prices.input IS 'Dollars per million input tokens.';
COMMENT ON COLUMN prices.cached IS 'Dollars per million input tokens that the provider had cached.';
COMMENT ON COLUMN prices.output IS 'Dollars per million output tokens.';
COMMENT ON COLUMN prices.per_request IS 'Dollars per request.';
COMMENT ON COLUMN prices.source IS 'Where the numbers come from.';
GRANT SELECT ON prices TO exq_tenant;
GRANT SELECT, INSERT ON prices TO exq_system;
