-- Organizations with so much usage as scripts/bench-pages measures pages with. For a database that is
-- thrown away: it writes past the ledger, and no counter knows of these events.

-- A UUIDv7 of an instant, the same for the same number.
CREATE FUNCTION bench_id(at timestamptz, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT (encode(substring(int8send((extract(epoch FROM at) * 1000)::bigint) FROM 3), 'hex')
        || '7' || substr(md5(n::text), 1, 3) || '8' || substr(md5(n::text), 4, 15))::uuid
$$;

-- Usage of so many days up to now, spread evenly over projects, keys, models and members. Rollups lie in the order
-- of their time, as they do when they are folded.
CREATE FUNCTION bench_fill(org uuid, zone text, n_events bigint, n_days integer, n_projects integer,
    n_keys integer, n_models integer, n_members integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    since timestamptz := now() - make_interval(days => n_days);
    step interval := make_interval(days => n_days) / n_events;
BEGIN
    CREATE TEMP TABLE p ON COMMIT DROP AS SELECT i, exq_id() AS id FROM generate_series(0, n_projects - 1) i;
    CREATE TEMP TABLE m ON COMMIT DROP AS SELECT i, exq_id() AS id FROM generate_series(0, n_members - 1) i;
    CREATE TEMP TABLE k ON COMMIT DROP AS SELECT i, exq_id() AS id FROM generate_series(0, n_keys - 1) i;
    INSERT INTO projects (org_id, id, name, environment) SELECT org, id, 'Project ' || i, 'production' FROM p;
    INSERT INTO users (id, email, name, password_hash, verified_at)
        SELECT id, id || '@example.com', 'Member ' || i, '!', now() FROM m;
    INSERT INTO memberships (org_id, user_id, role) SELECT org, id, 'reader' FROM m;
    INSERT INTO api_keys (org_id, id, project_id, name, public_id, secret_hash, last_four, created_by)
        SELECT org, k.id, p.id, 'Key ' || k.i, substr(md5(k.id::text), 1, 12), decode(md5(k.id::text), 'hex'), 'abcd', m.id
        FROM k JOIN p ON p.i = k.i % n_projects JOIN m ON m.i = k.i % n_members;
    PERFORM exq_partition(since, now());
    INSERT INTO events (org_id, id, project_id, key_id, member_id, model, price_id, sandbox, streamed, outcome, status,
        input, cached, output, charge, bound, counters, day_starts, day_ends, admitted_at, settled_at,
        first_token_ms, total_ms)
    SELECT org, bench_id(e.at, e.n), k.project_id, k.id, k.created_by, 'model-' || e.n * 7 % n_models, NULL, false, true,
        CASE WHEN e.n % 100 = 0 THEN 'estimated' ELSE 'answered' END, 200, 100 + e.n % 900, e.n % 50, 20 + e.n % 200,
        round((0.000123456789 * (1 + e.n % 400))::numeric, 12), 1, '{}', d.starts,
        ((e.at AT TIME ZONE zone)::date + 1)::timestamp AT TIME ZONE zone, e.at, e.at + interval '1 second',
        50 + (e.n % 400)::integer, 300 + (e.n % 4000)::integer
    FROM (SELECT n, since + step * n AS at, (n * 2654435761 % n_keys)::integer AS key FROM generate_series(1, n_events) n) e
    JOIN k numbered ON numbered.i = e.key JOIN api_keys k ON k.org_id = org AND k.id = numbered.id
    CROSS JOIN LATERAL (SELECT (e.at AT TIME ZONE zone)::date::timestamp AT TIME ZONE zone AS starts) d;
    INSERT INTO quarters (org_id, quarter, project_id, key_id, member_id, model, sandbox, requests, estimated,
        input, cached, output, charge)
    SELECT org_id, exq_quarter(admitted_at), project_id, key_id, member_id, model, sandbox, count(*),
        count(*) FILTER (WHERE outcome <> 'answered'), sum(input), sum(cached), sum(output), sum(charge)
    FROM events WHERE org_id = org GROUP BY 1, 2, 3, 4, 5, 6, 7 ORDER BY 2;
    INSERT INTO days (org_id, day_starts, day_ends, project_id, key_id, member_id, model, sandbox, requests, estimated,
        input, cached, output, charge)
    SELECT org_id, day_starts, max(day_ends), project_id, key_id, member_id, model, sandbox, count(*),
        count(*) FILTER (WHERE outcome <> 'answered'), sum(input), sum(cached), sum(output), sum(charge)
    FROM events WHERE org_id = org GROUP BY 1, 2, 4, 5, 6, 7, 8 ORDER BY 2;
    DROP TABLE p, m, k;
END $$;

-- The rollups that keep fewer dimensions and those of longer spans, of all organizations.
CREATE FUNCTION bench_roll() RETURNS void LANGUAGE sql AS $$
    INSERT INTO rollups (org_id, shape, at, project_id, key_id, member_id, model, sandbox, requests, estimated, unpriced,
        input, cached, cache_write, cache_write_1h, audio_input, image_input, output, reasoning, audio_output,
        image_output, charge)
    SELECT u.org_id, s.shape, u.at, CASE WHEN s.project THEN u.project_id ELSE n.nil END,
        CASE WHEN s.key THEN u.key_id ELSE n.nil END, CASE WHEN s.member THEN u.member_id ELSE n.nil END,
        CASE WHEN s.model THEN u.model ELSE '' END, u.sandbox, sum(u.requests), sum(u.estimated), 0, sum(u.input),
        sum(u.cached), 0, 0, 0, 0, sum(u.output), 0, 0, 0, sum(u.charge)
    FROM (SELECT false AS quarters, org_id, day_starts AS at, project_id, key_id, member_id, model, sandbox, requests,
            estimated, input, cached, output, charge FROM days
        UNION ALL SELECT true, org_id, quarter, project_id, key_id, member_id, model, sandbox, requests, estimated,
            input, cached, output, charge FROM quarters) u
    JOIN exq_shapes() s USING (quarters)
    CROSS JOIN (SELECT '00000000-0000-0000-0000-000000000000'::uuid AS nil) n
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 ORDER BY 3, 1, 2, 4, 5, 6, 7, 8;
    INSERT INTO coarse_rollups
    SELECT u.org_id, s.shape, exq_coarse(s.shape, u.at), project_id, key_id, member_id, u.model, sandbox, sum(requests),
        sum(estimated), 0, sum(input), sum(cached), 0, 0, 0, 0, sum(output), 0, 0, 0, sum(charge)
    FROM exq_coarse_shapes() s JOIN (
        SELECT org_id, shape, at, project_id, key_id, member_id, model, sandbox, requests, estimated, input, cached, output,
            charge FROM rollups
        UNION ALL SELECT org_id, 0::smallint, day_starts, project_id, key_id, member_id, model, sandbox, requests, estimated,
            input, cached, output, charge FROM days
        UNION ALL SELECT org_id, 10::smallint, quarter, project_id, key_id, member_id, model, sandbox, requests, estimated,
            input, cached, output, charge FROM quarters
        UNION ALL SELECT org_id, 14::smallint, quarter, project_id, key_id, member_id, '', sandbox, requests, estimated,
            input, cached, output, charge FROM quarters) u ON u.shape = s.shape % 20
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 ORDER BY 3, 1, 2, 4, 5, 6, 7, 8
$$;

-- One of three keys of tags with fifty values each, of all organizations; by quarters of an hour so far back as days of
-- other zones are shown. Alone, because all three would take three times the disk while they are summed.
CREATE FUNCTION bench_tag(called text) RETURNS void LANGUAGE sql AS $$
    WITH finest AS (
        SELECT org_id, tag_key, exq_quarter(admitted_at) AS quarter, day_starts, tag_key || '-' || value AS tag_value,
            project_id, model, sandbox, count(*) AS requests, count(*) FILTER (WHERE outcome <> 'answered') AS estimated,
            sum(input) AS input, sum(cached) AS cached, sum(output) AS output, sum(charge) AS charge
        FROM events CROSS JOIN LATERAL (VALUES ('team', input % 50), ('feature', output % 50),
            ('customer', (input * 7 + output) % 50)) AS t (tag_key, value)
        WHERE tag_key = called
        GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
    )
    INSERT INTO tag_rollups
    SELECT f.org_id, s.shape, f.tag_key,
        CASE s.span WHEN 'day' THEN f.day_starts WHEN 'quarter' THEN f.quarter ELSE '-infinity' END,
        CASE WHEN s.value THEN f.tag_value ELSE '' END,
        CASE WHEN s.project THEN f.project_id ELSE '00000000-0000-0000-0000-000000000000' END,
        CASE WHEN s.model THEN f.model ELSE '' END, f.sandbox, sum(requests), sum(estimated), 0, sum(input),
        sum(cached), 0, 0, 0, 0, sum(output), 0, 0, 0, sum(charge)
    FROM finest f CROSS JOIN exq_tag_shapes() s WHERE s.span <> 'quarter' OR f.quarter > now() - interval '95 days'
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 ORDER BY 4
$$;

-- The days and months so far back that an organization would have had them if its requests had come one by one.
CREATE FUNCTION bench_cycles(org uuid, zone text, n_days integer) RETURNS void LANGUAGE sql AS $$
    INSERT INTO windows (org_id, period, starts, ends, label, zone)
    SELECT org, s.period, label AT TIME ZONE zone, (label + ('1 ' || s.period)::interval) AT TIME ZONE zone, label::date, zone
    FROM (VALUES ('day'), ('month')) s (period)
    CROSS JOIN LATERAL generate_series(date_trunc(s.period, now() AT TIME ZONE zone - make_interval(days => n_days)),
        date_trunc(s.period, now() AT TIME ZONE zone), ('1 ' || s.period)::interval) label
    ON CONFLICT DO NOTHING
$$;

-- How long the requests of all organizations took.
CREATE FUNCTION bench_time() RETURNS void LANGUAGE sql AS $$
    WITH finest AS (
        SELECT org_id, date_bin('1 hour', admitted_at, day_starts) AS hour, day_starts, project_id, model,
            count(*) AS requests, sum(first_token_ms) * 1000 AS waiting, sum(total_ms - first_token_ms) * 1000 AS answering,
            sum(exq_mark(total_ms * 1000)) FILTER (WHERE output <= 64) AS total_64,
            sum(exq_mark(total_ms * 1000)) FILTER (WHERE output > 64) AS total_256,
            sum(exq_mark(first_token_ms * 1000)) AS first_token,
            sum(exq_mark(output * 1000000 / (total_ms - first_token_ms + 1))) AS speed, sum(exq_mark(1000 + input)) AS reserving
        FROM events GROUP BY 1, 2, 3, 4, 5
    )
    INSERT INTO latencies
    SELECT f.org_id, s.shape, CASE WHEN s.hours THEN f.hour ELSE f.day_starts END,
        CASE WHEN s.project THEN f.project_id ELSE '00000000-0000-0000-0000-000000000000' END, f.model, sum(requests), 0,
        0, 0, 0, sum(waiting), sum(answering), 0, sum(COALESCE(total_64, 0)), sum(COALESCE(total_256, 0)), 0, 0, 0, 0,
        sum(first_token), sum(speed), sum(reserving)
    FROM finest f CROSS JOIN exq_latency_shapes() s GROUP BY 1, 2, 3, 4, 5 ORDER BY 3
$$;
