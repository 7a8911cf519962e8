-- Single requests are kept for a time, by months of their ids; of a month that is dropped the sums stay, as
-- they were in its events. They take the place of the events wherever the ledger is compared with itself.
CREATE TABLE sealed_days (
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
    unpriced bigint NOT NULL,
    timed bigint NOT NULL,
    input numeric NOT NULL,
    cached numeric NOT NULL,
    cache_write numeric NOT NULL,
    cache_write_1h numeric NOT NULL,
    audio_input numeric NOT NULL,
    image_input numeric NOT NULL,
    output numeric NOT NULL,
    reasoning numeric NOT NULL,
    audio_output numeric NOT NULL,
    image_output numeric NOT NULL,
    charge numeric(30, 12) NOT NULL,
    unearned numeric(30, 12) NOT NULL,
    PRIMARY KEY (org_id, day_starts, project_id, key_id, member_id, model, sandbox)
);
COMMENT ON TABLE sealed_days IS 'Sums of the events that are no longer kept, per day of the organization; a day in which one month ended may have others besides.';
COMMENT ON COLUMN sealed_days.timed IS 'Requests whose stories left timings.';
COMMENT ON COLUMN sealed_days.unearned IS 'Charges that do not count for rising to a tier: estimated or corrected, and not of the sandbox.';
CREATE INDEX sealed_days_unearned ON sealed_days (org_id) WHERE unearned <> 0;

CREATE TABLE sealed_counters (
    org_id uuid NOT NULL,
    counter_id bigint NOT NULL,
    requests bigint NOT NULL,
    spent numeric(30, 12) NOT NULL,
    booked numeric(30, 12) NOT NULL,
    PRIMARY KEY (org_id, counter_id)
);
COMMENT ON TABLE sealed_counters IS 'What events that are no longer kept had moved in a counter.';
COMMENT ON COLUMN sealed_counters.booked IS 'The same before corrections: what the usage limit counts.';

-- Global: months are dropped for the whole installation. Each organization may know since when its requests
-- are kept.
CREATE TABLE dropped_months (
    starts timestamptz PRIMARY KEY,
    ends timestamptz NOT NULL,
    dropped_at timestamptz NOT NULL
);
COMMENT ON TABLE dropped_months IS 'Months of ids, in UTC, whose events and stories are no longer kept; the oldest goes first.';

CALL exq_guard('sealed_days');
CALL exq_guard('sealed_counters');
CALL exq_narrow('sealed_days', 'project_id IN $own');
CALL exq_narrow('sealed_counters', 'counter_id IN (SELECT k.id FROM counters k)');
CALL exq_erasable('sealed_days');
CALL exq_erasable('sealed_counters');
GRANT SELECT ON sealed_days, dropped_months TO exq_tenant;
GRANT SELECT, INSERT, UPDATE ON sealed_days, sealed_counters, dropped_months TO exq_system;

-- The months that have partitions of their own, and the room that these take.
CREATE FUNCTION exq_months(OUT starts timestamptz, OUT ends timestamptz, OUT bytes bigint) RETURNS SETOF record
    LANGUAGE sql STABLE AS $$
    SELECT m.starts, date_trunc('month', m.starts + interval '32 days', 'UTC'), sum(pg_total_relation_size(m.oid))::bigint
    FROM (SELECT c.oid, make_timestamptz(substr(c.relname, length(c.relname) - 5, 4)::integer,
                right(c.relname, 2)::integer, 1, 0, 0, 0, 'UTC') AS starts
          FROM pg_inherits h JOIN pg_class c ON c.oid = h.inhrelid
          WHERE h.inhparent IN ('events'::regclass, 'stories'::regclass) AND c.relname ~ '_[0-9]{6}$') m
    GROUP BY m.starts
$$;

-- Keeps a month's events and stories as they are until the transaction is over, so that they can be summed.
-- False if another one is at it, or there is no such month. By the owner of the tables, as all of this.
CREATE FUNCTION exq_month_close(month timestamptz) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    parent text;
    name text;
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtext('exq_month')) THEN
        RETURN false;
    END IF;
    FOREACH parent IN ARRAY ARRAY['events', 'stories'] LOOP
        name := parent || '_' || to_char(month AT TIME ZONE 'UTC', 'YYYYMM');
        IF to_regclass(name) IS NOT NULL THEN
            EXECUTE format('LOCK TABLE %I IN SHARE MODE', name);
        ELSIF parent = 'events' THEN
            RETURN false;
        END IF;
    END LOOP;
    RETURN true;
END $$;

-- Drops a month that this very transaction has sealed. Requests wait while it waits for whoever reads the
-- events, so it does that for a tenth of a second at a time, and for nothing else while it has them; false if
-- something was in use all the while.
CREATE FUNCTION exq_month_drop(month timestamptz, tries integer) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '100ms' AS $$
DECLARE
    name text := to_char(month AT TIME ZONE 'UTC', 'YYYYMM');
BEGIN
    IF NOT EXISTS (SELECT FROM dropped_months d WHERE d.starts = month AND d.xmin = pg_current_xact_id()::xid) THEN
        RAISE EXCEPTION 'the month % is not sealed', name;
    END IF;
    FOR try IN 1 .. tries LOOP
        BEGIN
            LOCK TABLE ONLY events IN ACCESS EXCLUSIVE MODE;
            LOCK TABLE ONLY stories, ONLY events_other, ONLY stories_other IN ACCESS EXCLUSIVE MODE NOWAIT;
            EXECUTE format('DROP TABLE %I', 'events_' || name);
            EXECUTE format('DROP TABLE IF EXISTS %I', 'stories_' || name);
            RETURN true;
        EXCEPTION WHEN lock_not_available THEN
            PERFORM pg_sleep(0.3);
        END;
    END LOOP;
    RETURN false;
END $$;

REVOKE ALL ON FUNCTION exq_months() FROM PUBLIC;
REVOKE ALL ON FUNCTION exq_month_close(timestamptz) FROM PUBLIC;
REVOKE ALL ON FUNCTION exq_month_drop(timestamptz, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION exq_months(), exq_month_close(timestamptz), exq_month_drop(timestamptz, integer)
    TO exq_system;
