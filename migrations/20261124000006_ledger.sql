-- The ledger: open requests, what they cost, and what the charts read.

-- Every running server. Global. The heartbeat is another row: it must not queue behind a batch.
CREATE TABLE nodes (
    id uuid PRIMARY KEY,
    epoch bigint NOT NULL DEFAULT 1,
    batch bigint NOT NULL DEFAULT 0,
    voided bigint NOT NULL DEFAULT 0,
    applied_at timestamptz
);
COMMENT ON COLUMN nodes.epoch IS 'Raised by the reaper: a node that finds another epoch than its own has been given up.';
COMMENT ON COLUMN nodes.batch IS 'The last batch that was applied or voided.';
COMMENT ON COLUMN nodes.voided IS 'The last batch that was voided.';
CREATE TABLE heartbeats (
    node_id uuid PRIMARY KEY,
    seen_at timestamptz NOT NULL
);
GRANT SELECT, INSERT, UPDATE, DELETE ON nodes, heartbeats TO exq_system;

CREATE TABLE intents (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    node_id uuid NOT NULL,
    epoch bigint NOT NULL,
    project_id uuid NOT NULL,
    key_id uuid NOT NULL,
    member_id uuid NOT NULL,
    model text NOT NULL,
    price_id uuid NOT NULL,
    sandbox boolean NOT NULL,
    streamed boolean NOT NULL,
    bound numeric(30, 12) NOT NULL CONSTRAINT intents_bound CHECK (bound >= 0),
    counters bigint[] NOT NULL,
    day_starts timestamptz NOT NULL,
    day_ends timestamptz NOT NULL,
    admitted_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, id)
);
COMMENT ON TABLE intents IS 'Requests that are still open; each holds its bound on its counters.';
COMMENT ON COLUMN intents.member_id IS 'Who made the key; all zeros for none.';
CREATE INDEX intents_node ON intents (node_id, epoch);

CREATE TABLE events (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    project_id uuid NOT NULL,
    key_id uuid NOT NULL,
    member_id uuid NOT NULL,
    model text NOT NULL,
    price_id uuid NOT NULL,
    sandbox boolean NOT NULL,
    streamed boolean NOT NULL,
    outcome text NOT NULL
        CONSTRAINT events_outcome CHECK (outcome IN ('answered', 'estimated', 'unknown', 'interrupted')),
    status integer,
    input bigint NOT NULL,
    cached bigint NOT NULL,
    output bigint NOT NULL,
    charge numeric(30, 12) NOT NULL,
    bound numeric(30, 12) NOT NULL,
    counters bigint[] NOT NULL,
    day_starts timestamptz NOT NULL,
    day_ends timestamptz NOT NULL,
    admitted_at timestamptz NOT NULL,
    settled_at timestamptz NOT NULL,
    first_token_ms integer,
    total_ms integer,
    PRIMARY KEY (org_id, id)
) PARTITION BY RANGE (id);
COMMENT ON TABLE events IS 'One row per forwarded request. Partitions by month of the id.';
COMMENT ON COLUMN events.charge IS 'Dollars; by the price version of price_id, never repriced.';
COMMENT ON COLUMN events.bound IS 'What was reserved.';
COMMENT ON COLUMN events.counters IS 'Where it was booked: a late settlement corrects these.';
-- Where a node's clock is far off; the next months' partitions are made ahead.
CREATE TABLE events_other PARTITION OF events DEFAULT;

-- The smallest UUIDv7 of an instant.
CREATE FUNCTION exq_id_floor(at timestamptz) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT (encode(substring(int8send((extract(epoch FROM at) * 1000)::bigint) FROM 3), 'hex')
        || '00000000000000000000')::uuid
$$;

-- Makes the monthly partitions from one instant to another. By the owner of the table.
CREATE FUNCTION exq_partition(since timestamptz, until timestamptz) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    month timestamptz := date_trunc('month', since, 'UTC');
    following timestamptz;
    name text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('exq_partition'));
    WHILE month < until LOOP
        following := date_trunc('month', month + interval '32 days', 'UTC');
        name := 'events_' || to_char(month AT TIME ZONE 'UTC', 'YYYYMM');
        IF to_regclass(name) IS NULL THEN
            EXECUTE format('CREATE TABLE %I PARTITION OF events FOR VALUES FROM (%L) TO (%L)',
                name, exq_id_floor(month), exq_id_floor(following));
            EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
            EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        END IF;
        month := following;
    END LOOP;
END $$;
REVOKE ALL ON FUNCTION exq_partition(timestamptz, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION exq_partition(timestamptz, timestamptz) TO exq_system;

CREATE TABLE deltas (
    org_id uuid NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    quarter timestamptz NOT NULL,
    day_starts timestamptz NOT NULL,
    day_ends timestamptz NOT NULL,
    project_id uuid NOT NULL,
    key_id uuid NOT NULL,
    member_id uuid NOT NULL,
    model text NOT NULL,
    sandbox boolean NOT NULL,
    requests bigint NOT NULL,
    estimated bigint NOT NULL,
    input bigint NOT NULL,
    cached bigint NOT NULL,
    output bigint NOT NULL,
    charge numeric(30, 12) NOT NULL,
    PRIMARY KEY (org_id, id)
);
COMMENT ON TABLE deltas IS 'Usage of one batch, not yet folded into the rollups.';
CREATE INDEX deltas_time ON deltas (org_id, quarter);

CREATE TABLE quarters (
    org_id uuid NOT NULL,
    quarter timestamptz NOT NULL,
    project_id uuid NOT NULL,
    key_id uuid NOT NULL,
    member_id uuid NOT NULL,
    model text NOT NULL,
    sandbox boolean NOT NULL,
    requests bigint NOT NULL,
    estimated bigint NOT NULL,
    input bigint NOT NULL,
    cached bigint NOT NULL,
    output bigint NOT NULL,
    charge numeric(30, 12) NOT NULL,
    PRIMARY KEY (org_id, quarter, project_id, key_id, member_id, model, sandbox)
);
COMMENT ON TABLE quarters IS 'Rollup: usage per quarter of an hour.';

CREATE TABLE days (
    org_id uuid NOT NULL,
    day_starts timestamptz NOT NULL,
    day_ends timestamptz NOT NULL,
    project_id uuid NOT NULL,
    key_id uuid NOT NULL,
    member_id uuid NOT NULL,
    model text NOT NULL,
    sandbox boolean NOT NULL,
    requests bigint NOT NULL,
    estimated bigint NOT NULL,
    input bigint NOT NULL,
    cached bigint NOT NULL,
    output bigint NOT NULL,
    charge numeric(30, 12) NOT NULL,
    PRIMARY KEY (org_id, day_starts, project_id, key_id, member_id, model, sandbox)
);
COMMENT ON TABLE days IS 'Rollup: usage per day of the organization, from day_starts to day_ends.';

CREATE TABLE quarantine (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    body bytea NOT NULL,
    reason text NOT NULL,
    at timestamptz NOT NULL DEFAULT exq_now(),
    PRIMARY KEY (org_id, id)
);
COMMENT ON TABLE quarantine IS 'Settlements that the tables would not take, as bytes; charged at their bound meanwhile.';

CALL exq_guard('intents');
CALL exq_guard('events');
ALTER TABLE events_other ENABLE ROW LEVEL SECURITY;
ALTER TABLE events_other FORCE ROW LEVEL SECURITY;
CALL exq_guard('deltas');
CALL exq_guard('quarters');
CALL exq_guard('days');
CALL exq_guard('quarantine');
GRANT SELECT ON intents, events, deltas, quarters, days TO exq_tenant;
GRANT SELECT, INSERT, UPDATE, DELETE ON intents, events, deltas, quarters, days, quarantine TO exq_system;
