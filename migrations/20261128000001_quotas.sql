-- What a request is measured against besides budgets: usage tiers, rate limits, guards of keys, raises.

-- Usage tiers, lowest first. Global; the operator edits them.
CREATE TABLE tiers (
    tier smallint PRIMARY KEY CONSTRAINT tiers_tier CHECK (tier > 0),
    usage_limit numeric(30, 12) NOT NULL CONSTRAINT tiers_usage_limit CHECK (usage_limit >= 0),
    charged numeric(30, 12) NOT NULL CONSTRAINT tiers_charged CHECK (charged >= 0),
    days integer NOT NULL CONSTRAINT tiers_days CHECK (days >= 0),
    requests_per_minute bigint CONSTRAINT tiers_requests_per_minute CHECK (requests_per_minute > 0),
    tokens_per_minute bigint CONSTRAINT tiers_tokens_per_minute CHECK (tokens_per_minute > 0),
    requests_per_day bigint CONSTRAINT tiers_requests_per_day CHECK (requests_per_day > 0),
    tokens_per_day bigint CONSTRAINT tiers_tokens_per_day CHECK (tokens_per_day > 0)
);
COMMENT ON TABLE tiers IS 'Usage tiers: what an organization may spend per month, from when on, and how fast by default.';
COMMENT ON COLUMN tiers.usage_limit IS 'Dollars per billing cycle. Requests to the sandbox do not count.';
COMMENT ON COLUMN tiers.charged IS 'An organization rises to it when it was charged so many dollars in all,';
COMMENT ON COLUMN tiers.days IS 'and its first request is so many days ago.';
COMMENT ON COLUMN tiers.requests_per_minute IS 'Of each project and model, unless the project sets its own; none for no limit.';
-- The requirement's steps. The requirement states no rates, so the rates are the operator's to set.
INSERT INTO tiers (tier, usage_limit, charged, days) VALUES
    (1, 100, 0, 0), (2, 500, 50, 7), (3, 1000, 100, 7), (4, 5000, 250, 14), (5, 200000, 1000, 30);
GRANT SELECT ON tiers TO exq_tenant;
GRANT SELECT, INSERT, UPDATE, DELETE ON tiers TO exq_system;

ALTER TABLE organizations
    ADD COLUMN tier smallint NOT NULL DEFAULT 1,
    ADD COLUMN tier_since timestamptz NOT NULL DEFAULT exq_now(),
    ADD COLUMN tier_held boolean NOT NULL DEFAULT false,
    ADD COLUMN unpriced text NOT NULL DEFAULT 'block'
        CONSTRAINT organizations_unpriced CHECK (unpriced IN ('block', 'allow'));
COMMENT ON COLUMN organizations.tier IS 'Its usage tier; one that is not in `tiers` stands for the next lower one.';
COMMENT ON COLUMN organizations.tier_held IS 'The operator set the tier: it does not rise by itself.';
COMMENT ON COLUMN organizations.unpriced IS 'Whether requests for models without a known price are refused or pass uncounted.';

ALTER TABLE projects ADD COLUMN rehearsal boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN projects.rehearsal IS 'Reaches the sandbox alone and is left out of the organization''s counters. Never changes.';

ALTER TABLE api_keys
    ADD COLUMN max_request numeric(30, 12) CONSTRAINT api_keys_max_request CHECK (max_request > 0),
    ADD COLUMN max_running integer CONSTRAINT api_keys_max_running CHECK (max_running > 0);
COMMENT ON COLUMN api_keys.max_request IS 'Guard: the most dollars that one request may reserve.';
COMMENT ON COLUMN api_keys.max_running IS 'Guard: requests at once.';

ALTER TABLE thresholds ADD COLUMN addresses text[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN thresholds.addresses IS 'Who is told besides the owners; lower case.';

ALTER TABLE budgets ADD COLUMN observe boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN budgets.observe IS 'Counts what it would refuse, and refuses nothing.';

CREATE TABLE raises (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    budget_id uuid NOT NULL,
    amount numeric(30, 12) NOT NULL CONSTRAINT raises_amount CHECK (amount > 0),
    starts timestamptz NOT NULL,
    ends timestamptz NOT NULL,
    reason text NOT NULL,
    set_by uuid,
    set_at timestamptz NOT NULL DEFAULT exq_now(),
    ended_told boolean NOT NULL DEFAULT false,
    PRIMARY KEY (org_id, id),
    CONSTRAINT raises_forward CHECK (starts < ends)
);
COMMENT ON TABLE raises IS 'A budget''s amount for a while, if larger than its own. It ends by itself.';
COMMENT ON COLUMN raises.ended_told IS 'The owners were told that it ended.';
CREATE INDEX raises_budget ON raises (org_id, budget_id, ends);

-- Budgets with the amount that is in force now, by the database's clock.
CREATE VIEW budgets_in_force WITH (security_invoker = true) AS
    SELECT b.org_id, b.id, b.scope, b.scope_id, b.period, b.revision, b.observe, b.set_by, b.set_at,
        b.amount AS own_amount,
        GREATEST(b.amount, (SELECT max(r.amount) FROM raises r WHERE r.org_id = b.org_id AND r.budget_id = b.id
            AND r.starts <= exq_now() AND exq_now() < r.ends)) AS amount
    FROM budgets b;
GRANT SELECT ON budgets_in_force TO exq_tenant, exq_system;

CREATE TABLE rate_limits (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    project_id uuid NOT NULL,
    model text NOT NULL,
    requests_per_minute bigint CONSTRAINT rate_limits_requests_per_minute CHECK (requests_per_minute >= 0),
    tokens_per_minute bigint CONSTRAINT rate_limits_tokens_per_minute CHECK (tokens_per_minute >= 0),
    requests_per_day bigint CONSTRAINT rate_limits_requests_per_day CHECK (requests_per_day >= 0),
    tokens_per_day bigint CONSTRAINT rate_limits_tokens_per_day CHECK (tokens_per_day >= 0),
    revision integer NOT NULL DEFAULT 1,
    set_by uuid,
    set_at timestamptz NOT NULL DEFAULT exq_now(),
    PRIMARY KEY (org_id, id),
    CONSTRAINT rate_limits_one UNIQUE (org_id, project_id, model)
);
COMMENT ON TABLE rate_limits IS 'How fast a project may use a model; what is not set, is the tier''s. A tier''s value is never exceeded.';

CREATE TABLE rates (
    org_id uuid NOT NULL,
    project_id uuid NOT NULL,
    model text NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    minute timestamptz NOT NULL DEFAULT 'epoch',
    minute_requests bigint NOT NULL DEFAULT 0,
    minute_tokens bigint NOT NULL DEFAULT 0,
    day timestamptz NOT NULL DEFAULT 'epoch',
    day_requests bigint NOT NULL DEFAULT 0,
    day_tokens bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (org_id, project_id, model),
    CONSTRAINT rates_id UNIQUE (id)
) WITH (fillfactor = 40);
COMMENT ON TABLE rates IS 'Requests and tokens of a project and model in the minute and day that were last used. Reset in place. Locked after the counters, in order of id.';
COMMENT ON COLUMN rates.minute_tokens IS 'Estimates of admitted requests, corrected by what they used.';
COMMENT ON COLUMN rates.day IS 'The first instant of the organization''s day.';

-- 'usage' counts what the usage limit is compared with: the organization's month without the sandbox.
ALTER TABLE counters DROP CONSTRAINT counters_scope,
    ADD CONSTRAINT counters_scope CHECK (scope IN ('org', 'project', 'key', 'usage'));

-- Token classes. They do not overlap: `input` is what was processed anew as text, `output` what was
-- generated as visible text.
ALTER TABLE intents
    ALTER COLUMN price_id DROP NOT NULL,
    ADD COLUMN rate_id bigint,
    ADD COLUMN tokens bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN intents.price_id IS 'None: the model had no known price.';
COMMENT ON COLUMN intents.rate_id IS 'The row of `rates` that it counts in.';
COMMENT ON COLUMN intents.tokens IS 'The estimate that is counted there until it ends.';
ALTER TABLE events
    ALTER COLUMN price_id DROP NOT NULL,
    DROP CONSTRAINT events_outcome,
    ADD CONSTRAINT events_outcome CHECK (outcome IN
        ('answered', 'estimated', 'unknown', 'interrupted', 'corrected', 'released')),
    ADD COLUMN cache_write bigint NOT NULL DEFAULT 0,
    ADD COLUMN cache_write_1h bigint NOT NULL DEFAULT 0,
    ADD COLUMN audio_input bigint NOT NULL DEFAULT 0,
    ADD COLUMN image_input bigint NOT NULL DEFAULT 0,
    ADD COLUMN reasoning bigint NOT NULL DEFAULT 0,
    ADD COLUMN audio_output bigint NOT NULL DEFAULT 0,
    ADD COLUMN image_output bigint NOT NULL DEFAULT 0,
    ADD COLUMN service_tier text NOT NULL DEFAULT 'default'
        CONSTRAINT events_service_tier CHECK (service_tier IN ('default', 'flex', 'priority', 'batch'));
COMMENT ON COLUMN events.price_id IS 'None: the model had no known price, and the charge of zero stands for unknown.';
COMMENT ON COLUMN events.service_tier IS 'By which of the price version''s rates it was charged.';
COMMENT ON COLUMN events.outcome IS 'corrected: an owner replaced the charge of one that was booked at its bound or estimated. released: it cost nothing, which was heard after it had been booked as interrupted.';
DO $$
DECLARE
    rollup text;
BEGIN
    FOREACH rollup IN ARRAY ARRAY['deltas', 'quarters', 'days'] LOOP
        EXECUTE format('ALTER TABLE %I
            ADD COLUMN unpriced bigint NOT NULL DEFAULT 0,
            ADD COLUMN cache_write bigint NOT NULL DEFAULT 0,
            ADD COLUMN cache_write_1h bigint NOT NULL DEFAULT 0,
            ADD COLUMN audio_input bigint NOT NULL DEFAULT 0,
            ADD COLUMN image_input bigint NOT NULL DEFAULT 0,
            ADD COLUMN reasoning bigint NOT NULL DEFAULT 0,
            ADD COLUMN audio_output bigint NOT NULL DEFAULT 0,
            ADD COLUMN image_output bigint NOT NULL DEFAULT 0', rollup);
        EXECUTE format('COMMENT ON COLUMN %I.unpriced IS ''Requests for models without a known price.''', rollup);
    END LOOP;
END $$;

-- A receipt names the limit that refused: a budget, the usage limit, a rate limit, a key's guard.
ALTER TABLE receipts RENAME COLUMN budget_id TO limit_id;
ALTER TABLE receipts
    ADD COLUMN kind text NOT NULL DEFAULT 'budget' CONSTRAINT receipts_kind CHECK (kind IN
        ('budget', 'usage_limit', 'requests', 'tokens', 'running', 'request')),
    ADD COLUMN observed boolean NOT NULL DEFAULT false,
    ADD COLUMN model text;
COMMENT ON COLUMN receipts.limit_id IS 'The budget; the organization for its usage limit; the project for a rate limit; the key for its guards.';
COMMENT ON COLUMN receipts.kind IS 'What said no; amount, spent and held are dollars, or requests or tokens.';
COMMENT ON COLUMN receipts.observed IS 'Would have been refused: the budget is observed only.';
COMMENT ON COLUMN receipts.model IS 'Of a rate limit.';

CALL exq_guard('raises');
CALL exq_guard('rate_limits');
CALL exq_guard('rates');
GRANT SELECT, INSERT, UPDATE, DELETE ON raises, rate_limits TO exq_tenant;
GRANT SELECT, INSERT, UPDATE, DELETE ON raises, rate_limits, rates TO exq_system;
GRANT SELECT ON rates TO exq_tenant;
