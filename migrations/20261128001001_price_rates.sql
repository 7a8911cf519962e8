-- A price has rates for every class of tokens, for long prompts and for service tiers; organizations
-- may have prices of their own.
ALTER TABLE prices ADD COLUMN rates jsonb;
UPDATE prices SET rates = jsonb_build_array(jsonb_build_object('tier', 'default', 'from', 0,
    'input', trim_scale(input)::text, 'cached', trim_scale(cached)::text, 'output', trim_scale(output)::text));
ALTER TABLE prices
    ALTER COLUMN rates SET NOT NULL,
    ADD CONSTRAINT prices_rates CHECK (jsonb_typeof(rates) = 'array'),
    DROP COLUMN input, DROP COLUMN cached, DROP COLUMN output;
COMMENT ON COLUMN prices.rates IS 'A list: service tier, from how many prompt tokens on, and dollars per million tokens by class as exact decimals. The first one is what is listed.';

CREATE TABLE own_prices (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    model text NOT NULL,
    effective_from timestamptz NOT NULL,
    rates jsonb CONSTRAINT own_prices_rates CHECK (jsonb_typeof(rates) = 'array'),
    per_request numeric(30, 12) NOT NULL DEFAULT 0
        CONSTRAINT own_prices_per_request CHECK (per_request >= 0),
    set_by uuid,
    set_at timestamptz NOT NULL DEFAULT exq_now(),
    PRIMARY KEY (org_id, id),
    CONSTRAINT own_prices_version UNIQUE (org_id, model, effective_from)
);
COMMENT ON TABLE own_prices IS 'What models cost an organization, instead of the price book''s prices. A version is never changed; one that has not begun can be taken back.';
COMMENT ON COLUMN own_prices.rates IS 'As in `prices`; none: from then on the price book''s price holds again.';
COMMENT ON COLUMN own_prices.per_request IS 'Dollars per request.';
CALL exq_guard('own_prices');
GRANT SELECT, INSERT, DELETE ON own_prices TO exq_tenant;
GRANT SELECT, DELETE ON own_prices TO exq_system;
