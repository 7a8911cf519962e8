-- What stories cost with and without tags, in batches of 32 as the ledger tells them: microseconds a request, without
-- what a commit waits for. For a database that is thrown away.
\set QUIET on
SELECT exq_partition(now(), now());
CREATE FUNCTION bench_events(org uuid, n integer) RETURNS void LANGUAGE sql AS $$
    INSERT INTO events (org_id, id, project_id, key_id, member_id, model, price_id, sandbox, streamed, outcome, status,
        input, cached, output, charge, bound, counters, day_starts, day_ends, admitted_at, settled_at)
    SELECT org, exq_id(), exq_id(), exq_id(), exq_id(), 'model-' || i % 12, exq_id(), false, true, 'answered', 200, 100 + i,
        0, 20, 0.000123456789, 1, '{}', now()::date, now()::date + 1, now(), now() FROM generate_series(1, n) i
$$;
CREATE FUNCTION bench_told(how text, tags integer, n integer DEFAULT 32000) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    org uuid := exq_id();
    ids uuid[];
    began timestamptz;
BEGIN
    PERFORM bench_events(org, n);
    ids := ARRAY(SELECT id FROM events WHERE org_id = org);
    began := clock_timestamp();
    FOR at IN 0 .. n / 32 - 1 LOOP
        INSERT INTO stories (org_id, id, project_id, endpoint, choices, stops, tags, read_us, asked_us, admitted_us, last_us)
        SELECT org, id, org, '/chat/completions', 1, false, ARRAY(SELECT 'key-' || k || '=value-' || random_ % 50
            FROM generate_series(1, tags) k), 1, 2, 3, 4
        FROM unnest(ids[at * 32 + 1 : at * 32 + 32]) WITH ORDINALITY AS u (id, random_);
    END LOOP;
    RETURN format('%s, %s tags: %s µs a request', how, tags,
        round(extract(epoch FROM clock_timestamp() - began) * 1000000 / n, 1));
END $$;
SELECT bench_told('warm', 3) \g /dev/null
ALTER TABLE stories DISABLE TRIGGER tags_told;
SELECT bench_told('without the trigger', 0);
SELECT bench_told('without the trigger', 3);
SELECT bench_told('without the trigger', 8);
ALTER TABLE stories ENABLE TRIGGER tags_told;
SELECT bench_told('with it', 0);
SELECT bench_told('with it', 1);
SELECT bench_told('with it', 3);
SELECT bench_told('with it', 8);
