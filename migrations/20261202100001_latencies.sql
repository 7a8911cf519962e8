-- How long requests take: histograms by hour and day, from which percentiles are read. Each story leaves a
-- timing in its own commit; timings are folded as deltas are, so each counts exactly once.
--
-- A histogram is one whole number: twelve decimal digits for each bucket, the lowest bucket last. So histograms
-- are added as numbers are, by sum() as well, and nothing but the buckets that are used takes room.

-- One value as such a number: 1 in its bucket, which are those of domain::histogram: bucket n begins at 2^(n/4).
CREATE FUNCTION exq_mark(value bigint) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
    SELECT ('1e' || (12 * width_bucket(value, '{2,2,2,2,3,3,4,4,5,6,7,8,10,12,14,16,20,23,27,32,39,46,54,64,77,91,108,128,
        153,182,216,256,305,363,431,512,609,725,862,1024,1218,1449,1723,2048,2436,2897,3445,4096,4871,5793,6889,8192,
        9742,11586,13778,16384,19484,23171,27555,32768,38968,46341,55109,65536,77936,92682,110218,131072,155872,185364,
        220436,262144,311744,370728,440872,524288,623488,741456,881744,1048576,1246975,1482911,1763488,2097152,2493949,
        2965821,3526976,4194304,4987897,5931642,7053951,8388608,9975793,11863284,14107901,16777216,19951585,23726567,
        28215802,33554432,39903170,47453133,56431604,67108864,79806339,94906266,112863207,134217728,159612678,189812532,
        225726413,268435456,319225355,379625063,451452826,536870912,638450709,759250125,902905651,1073741824,1276901417,
        1518500250,1805811302,2147483648,2553802834,3037000500,3611622603}'::bigint[]))::text)::numeric
$$;

CREATE TABLE timings (
    org_id uuid NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    admitted_at timestamptz NOT NULL,
    day_starts timestamptz NOT NULL,
    project_id uuid NOT NULL,
    model text NOT NULL,
    outcome text NOT NULL,
    shown bigint NOT NULL,
    reasoning bigint NOT NULL,
    read_us bigint NOT NULL,
    admitted_us bigint NOT NULL,
    connected_us bigint,
    first_token_us bigint,
    last_us bigint NOT NULL,
    PRIMARY KEY (org_id, id)
);
COMMENT ON TABLE timings IS 'How long one request took, not yet folded into latencies: what its event and its story say.';
COMMENT ON COLUMN timings.shown IS 'Tokens of text, sound and images; without reasoning.';

-- The same as latencies have it: of one request. What no answer came to has no times.
CREATE VIEW timed WITH (security_invoker = true) AS
SELECT t.org_id, t.id, date_bin('1 hour', t.admitted_at, t.day_starts) AS hour, t.day_starts, t.project_id, t.model,
    CASE WHEN m.ended THEN 0 ELSE 1 END AS failed,
    CASE WHEN m.ended THEN GREATEST(t.read_us, 0) ELSE 0 END AS reading_us,
    CASE WHEN m.ended THEN GREATEST(t.admitted_us - t.read_us, 0) ELSE 0 END AS reserving_us,
    CASE WHEN m.ended THEN GREATEST(m.sent - t.admitted_us, 0) ELSE 0 END AS connecting_us,
    CASE WHEN m.ended AND m.streamed THEN GREATEST(t.first_token_us - m.sent, 0) ELSE 0 END AS waiting_us,
    CASE WHEN m.ended AND m.streamed THEN GREATEST(t.last_us - t.first_token_us, 0) ELSE 0 END AS answering_us,
    CASE WHEN m.ended AND NOT m.streamed THEN GREATEST(t.last_us - m.sent, 0) ELSE 0 END AS whole_us,
    CASE WHEN m.told AND m.generated <= 64 THEN exq_mark(t.last_us) ELSE 0 END AS total_64,
    CASE WHEN m.told AND m.generated > 64 AND m.generated <= 256 THEN exq_mark(t.last_us) ELSE 0 END AS total_256,
    CASE WHEN m.told AND m.generated > 256 AND m.generated <= 1024 THEN exq_mark(t.last_us) ELSE 0 END AS total_1024,
    CASE WHEN m.told AND m.generated > 1024 AND m.generated <= 4096 THEN exq_mark(t.last_us) ELSE 0 END AS total_4096,
    CASE WHEN m.told AND m.generated > 4096 THEN exq_mark(t.last_us) ELSE 0 END AS total_more,
    CASE WHEN m.ended AND NOT m.told THEN exq_mark(t.last_us) ELSE 0 END AS total_unknown,
    CASE WHEN m.ended AND m.streamed THEN exq_mark(t.first_token_us) ELSE 0 END AS first_token,
    CASE WHEN m.told AND m.streamed AND t.shown >= 2 AND t.last_us > t.first_token_us
        THEN exq_mark(LEAST(t.shown, 1000000000) * 1000000000 / (t.last_us - t.first_token_us)) ELSE 0 END AS speed,
    CASE WHEN m.ended THEN exq_mark(GREATEST(t.admitted_us - t.read_us, 0)) ELSE 0 END AS reserving
FROM timings t CROSS JOIN LATERAL (
    SELECT t.outcome NOT IN ('unknown', 'interrupted', 'released') AS ended, t.outcome = 'answered' AS told,
        t.first_token_us IS NOT NULL AS streamed, COALESCE(t.connected_us, t.admitted_us) AS sent,
        t.shown::numeric + t.reasoning AS generated) m;

CREATE TABLE latencies (
    org_id uuid NOT NULL,
    shape smallint NOT NULL,
    at timestamptz NOT NULL,
    project_id uuid NOT NULL,
    model text NOT NULL,
    requests bigint NOT NULL,
    failed bigint NOT NULL,
    reading_us numeric NOT NULL,
    reserving_us numeric NOT NULL,
    connecting_us numeric NOT NULL,
    waiting_us numeric NOT NULL,
    answering_us numeric NOT NULL,
    whole_us numeric NOT NULL,
    total_64 numeric NOT NULL,
    total_256 numeric NOT NULL,
    total_1024 numeric NOT NULL,
    total_4096 numeric NOT NULL,
    total_more numeric NOT NULL,
    total_unknown numeric NOT NULL,
    first_token numeric NOT NULL,
    speed numeric NOT NULL,
    reserving numeric NOT NULL,
    PRIMARY KEY (org_id, shape, at, project_id, model)
);
COMMENT ON TABLE latencies IS 'Rollup: how long requests took, per hour or day of the organization, as timings have it; by model, or by project and model.';
COMMENT ON COLUMN latencies.at IS 'The first instant of the hour or day. Hours are counted from the beginning of the organization''s day.';
COMMENT ON COLUMN latencies.reading_us IS 'Microseconds, as all of these, until the key was known and the body read. Then comes reserving.';
COMMENT ON COLUMN latencies.waiting_us IS 'Of streams: from the connection to the first token. Then comes answering.';
COMMENT ON COLUMN latencies.whole_us IS 'Of what was not streamed: from the connection to the last byte.';
COMMENT ON COLUMN latencies.total_64 IS 'Histogram of all microseconds, of answers of up to 64 tokens.';
COMMENT ON COLUMN latencies.total_unknown IS 'The same, of answers whose tokens are an estimate.';
COMMENT ON COLUMN latencies.first_token IS 'Histogram of microseconds until a stream''s first token.';
COMMENT ON COLUMN latencies.speed IS 'Histogram of tokens in 1,000 seconds from a stream''s first token on, without reasoning.';
COMMENT ON COLUMN latencies.reserving IS 'Histogram of reserving_us: what was added before a request was forwarded.';

-- What a shape keeps; where it keeps no project that is nil. A reader sees only those that keep it.
CREATE FUNCTION exq_latency_shapes(OUT shape smallint, OUT hours boolean, OUT project boolean) RETURNS SETOF record
    LANGUAGE sql IMMUTABLE AS $$
    VALUES (1::smallint, false, false), (2::smallint, false, true), (11::smallint, true, false), (12::smallint, true, true)
$$;

CALL exq_guard('timings');
CALL exq_guard('latencies');
CALL exq_narrow('timings', 'project_id IN $own');
CALL exq_narrow('latencies', 'project_id IN $own');
GRANT SELECT ON timings, timed, latencies TO exq_tenant;
GRANT SELECT ON timed TO exq_system;
GRANT SELECT, INSERT, UPDATE, DELETE ON timings, latencies TO exq_system;

-- Leaves the timings of stories that were just told. Their events tell the rest; what it comes to is for who
-- folds or looks, for here requests wait.
CREATE FUNCTION exq_ledger_time(p_stories exq_story[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO timings (org_id, admitted_at, day_starts, project_id, model, outcome, shown, reasoning, read_us,
        admitted_us, connected_us, first_token_us, last_us)
    SELECT e.org_id, e.admitted_at, e.day_starts, e.project_id, e.model, e.outcome,
        LEAST(e.output::numeric + e.audio_output + e.image_output, 9223372036854775807)::bigint, e.reasoning, s.read_us,
        s.admitted_us, s.connected_us, s.first_token_us, s.last_us
    FROM unnest(p_stories) s JOIN events e ON e.org_id = s.org_id AND e.id = s.id;
END $$;

-- As before, and with timings.
CREATE OR REPLACE FUNCTION exq_ledger_record(
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
            read_us, asked_us, admitted_us, connected_us, first_byte_us, first_token_us, last_us, timed)
        SELECT s.*, true FROM unnest(p_stories) s;
        PERFORM exq_ledger_time(p_stories);
    END IF;
END $$;

CREATE OR REPLACE FUNCTION exq_ledger_tell(p_stories exq_story[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_told exq_story[];
BEGIN
    WITH told AS (
        INSERT INTO stories (org_id, id, project_id, endpoint, provider_id, max_output, choices, stops, tags,
            read_us, asked_us, admitted_us, connected_us, first_byte_us, first_token_us, last_us, timed)
        SELECT s.org_id, s.id, e.project_id, s.endpoint, s.provider_id, s.max_output, s.choices, s.stops, s.tags,
            s.read_us, s.asked_us, s.admitted_us, s.connected_us, s.first_byte_us, s.first_token_us, s.last_us, true
        FROM unnest(p_stories) s JOIN events e ON e.org_id = s.org_id AND e.id = s.id
        ON CONFLICT DO NOTHING
        RETURNING org_id, id, project_id, endpoint, provider_id, max_output, choices, stops, tags,
            read_us, asked_us, admitted_us, connected_us, first_byte_us, first_token_us, last_us
    )
    SELECT array_agg(ROW(t.*)::exq_story) INTO v_told FROM told t;
    IF v_told IS NOT NULL THEN
        PERFORM exq_ledger_time(v_told);
    END IF;
END $$;

-- All of it runs as exq_system, and nobody else may call it.
GRANT CREATE ON SCHEMA public TO exq_system;
DO $$
BEGIN
    REVOKE ALL ON FUNCTION exq_ledger_time(exq_story[]) FROM PUBLIC;
    ALTER FUNCTION exq_ledger_time(exq_story[]) OWNER TO exq_system;
END $$;
REVOKE CREATE ON SCHEMA public FROM exq_system;

-- Last of all, because settlements wait while it waits for its lock and has it.
ALTER TABLE stories ADD COLUMN timed boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN stories.timed IS 'It left a timing; those told before there were any did not.';
