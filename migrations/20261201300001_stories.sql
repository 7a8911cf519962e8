-- How each forwarded request went, beside its event, which stays slim. No prompt, no answer. An event
-- has none if its node died, was of an older version, or never wrote one.
CREATE TABLE stories (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    project_id uuid NOT NULL,
    endpoint text NOT NULL,
    provider_id text,
    max_output bigint,
    choices bigint NOT NULL,
    stops boolean NOT NULL,
    tags text[] NOT NULL,
    read_us bigint NOT NULL,
    asked_us bigint NOT NULL,
    admitted_us bigint NOT NULL,
    connected_us bigint,
    first_byte_us bigint,
    first_token_us bigint,
    last_us bigint NOT NULL,
    PRIMARY KEY (org_id, id)
) PARTITION BY RANGE (id);
COMMENT ON TABLE stories IS 'How forwarded requests went, beside their events. Partitions by month of the id, like those of events.';
COMMENT ON COLUMN stories.endpoint IS 'What followed /v1.';
COMMENT ON COLUMN stories.provider_id IS 'The provider''s id of the request, if it named one.';
COMMENT ON COLUMN stories.max_output IS 'The most tokens that were asked for; none for no maximum.';
COMMENT ON COLUMN stories.tags IS 'Each as key=value, in order of the keys.';
COMMENT ON COLUMN stories.read_us IS 'Microseconds since it was received, as all of these: its key was known and its body read.';
COMMENT ON COLUMN stories.asked_us IS 'The ledger was asked.';
COMMENT ON COLUMN stories.admitted_us IS 'Its reservation was committed.';
COMMENT ON COLUMN stories.connected_us IS 'A connection to the provider was there.';
COMMENT ON COLUMN stories.first_byte_us IS 'The head of the provider''s answer came.';
COMMENT ON COLUMN stories.first_token_us IS 'The first output of a stream came.';
COMMENT ON COLUMN stories.last_us IS 'The last byte came, or no more was waited for.';
CREATE TABLE stories_other PARTITION OF stories DEFAULT;

CALL exq_guard('stories');
ALTER TABLE stories_other ENABLE ROW LEVEL SECURITY;
ALTER TABLE stories_other FORCE ROW LEVEL SECURITY;
CALL exq_narrow('stories', 'project_id IN $own');
GRANT SELECT ON stories TO exq_tenant;
GRANT SELECT, INSERT, DELETE ON stories TO exq_system;

-- Of both tables, from now on.
CREATE OR REPLACE FUNCTION exq_partition(since timestamptz, until timestamptz) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    month timestamptz := date_trunc('month', since, 'UTC');
    following timestamptz;
    parent text;
    name text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('exq_partition'));
    WHILE month < until LOOP
        following := date_trunc('month', month + interval '32 days', 'UTC');
        FOREACH parent IN ARRAY ARRAY['events', 'stories'] LOOP
            name := parent || '_' || to_char(month AT TIME ZONE 'UTC', 'YYYYMM');
            IF to_regclass(name) IS NULL THEN
                EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)',
                    name, parent, exq_id_floor(month), exq_id_floor(following));
                EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
                EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
            END IF;
        END LOOP;
        month := following;
    END LOOP;
END $$;

-- What nodes send; never altered, as the other types of the ledger.
CREATE TYPE exq_story AS (
    org_id uuid, id uuid, project_id uuid, endpoint text, provider_id text, max_output bigint, choices bigint,
    stops boolean, tags text[], read_us bigint, asked_us bigint, admitted_us bigint, connected_us bigint,
    first_byte_us bigint, first_token_us bigint, last_us bigint);

-- A batch of the fast path with the stories of what it ends, all or nothing.
CREATE FUNCTION exq_ledger_record(
    p_node uuid, p_epoch bigint, p_batch bigint, p_from timestamptz, p_until timestamptz,
    p_endings exq_ending[], p_reservations exq_reservation[], p_moves exq_move[], p_turns exq_turn[],
    p_deltas exq_delta[], p_stories exq_story[],
    OUT status text, OUT at timestamptz,
    OUT quotas exq_quota[], OUT crowds exq_crowd[], OUT paced exq_rate[]
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    SELECT b.status, b.at, b.quotas, b.crowds, b.paced INTO status, at, quotas, crowds, paced
        FROM exq_ledger_book(p_node, p_epoch, p_batch, p_from, p_until, p_endings, p_reservations, p_moves,
            p_turns, p_deltas) b;
    IF status = 'done' AND cardinality(p_stories) > 0 THEN
        INSERT INTO stories (org_id, id, project_id, endpoint, provider_id, max_output, choices, stops, tags,
            read_us, asked_us, admitted_us, connected_us, first_byte_us, first_token_us, last_us)
        SELECT s.* FROM unnest(p_stories) s;
    END IF;
END $$;

-- The stories of what the slow path has just booked. One whose event is not there is not told; one that
-- was told already stays as it is.
CREATE FUNCTION exq_ledger_tell(p_stories exq_story[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO stories (org_id, id, project_id, endpoint, provider_id, max_output, choices, stops, tags,
        read_us, asked_us, admitted_us, connected_us, first_byte_us, first_token_us, last_us)
    SELECT s.org_id, s.id, e.project_id, s.endpoint, s.provider_id, s.max_output, s.choices, s.stops, s.tags,
        s.read_us, s.asked_us, s.admitted_us, s.connected_us, s.first_byte_us, s.first_token_us, s.last_us
    FROM unnest(p_stories) s JOIN events e ON e.org_id = s.org_id AND e.id = s.id
    ON CONFLICT DO NOTHING;
END $$;

-- All of it runs as exq_system, and nobody else may call it.
GRANT CREATE ON SCHEMA public TO exq_system;
DO $$
DECLARE
    f regprocedure;
BEGIN
    FOR f IN SELECT p.oid FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace
        AND p.proname IN ('exq_ledger_record', 'exq_ledger_tell')
    LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f);
        EXECUTE format('ALTER FUNCTION %s OWNER TO exq_system', f);
    END LOOP;
END $$;
REVOKE CREATE ON SCHEMA public FROM exq_system;

-- The request log of a project goes along this. Of partitions that are there already it is built one by one,
-- beside what goes on (`Store::migrate`): here it would keep requests waiting.
CREATE INDEX events_project ON ONLY events (org_id, project_id, id);
