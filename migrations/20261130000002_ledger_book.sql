-- The fast path anew: by what the locked rows remember (`…01_in_force`), and with as few statements as
-- there are tables, because starting a statement costs more than what it does. The node sends what the
-- batch moves, summed, and of each ending what it remembers that it holds. Written first and judged then:
-- what does not fit, or is not as the node remembers it, takes back what was written. Everything out of
-- the ordinary (endings without an intent, rows that are gone, a window that ended meanwhile) goes the
-- slow path as well, which asks the tables and tells it apart.
--
-- `exq_ledger_batch` stays for nodes that do not know this one yet.

-- These types are what nodes send: none of them is ever altered, for a node sends as many fields as it knows.
-- Another form gets types and a function of its own.
CREATE TYPE exq_reservation AS (
    org_id uuid, id uuid, project_id uuid, key_id uuid, member_id uuid, model text, price_id uuid, sandbox boolean,
    streamed boolean, bound numeric, counters bigint[], rate_id bigint, tokens bigint, day_starts timestamptz,
    day_ends timestamptz);
-- How a request ended, and what its node remembers that it holds, since when.
CREATE TYPE exq_ending AS (
    org_id uuid, id uuid, outcome text, service_tier text, status integer,
    input bigint, cached bigint, cache_write bigint, cache_write_1h bigint, audio_input bigint, image_input bigint,
    output bigint, reasoning bigint, audio_output bigint, image_output bigint, charge numeric,
    first_token_ms integer, total_ms integer, held exq_reservation, admitted_at timestamptz);
-- What a batch moves in a rate: what is asked for in which day, and what is given back to which minute
-- (an instant in it) and day. Only the last ones can be current.
CREATE TYPE exq_turn AS (
    id bigint, day timestamptz, requests bigint, tokens bigint,
    back_minute timestamptz, minute_requests bigint, minute_tokens bigint,
    back_day timestamptz, day_requests bigint, day_tokens bigint);
-- `at`: an instant in its quarter of an hour.
CREATE TYPE exq_delta AS (
    org_id uuid, at timestamptz, day_starts timestamptz, day_ends timestamptz, project_id uuid, key_id uuid,
    member_id uuid, model text, sandbox boolean, requests bigint, estimated bigint, unpriced bigint,
    input bigint, cached bigint, cache_write bigint, cache_write_1h bigint, audio_input bigint, image_input bigint,
    output bigint, reasoning bigint, audio_output bigint, image_output bigint, charge numeric);

-- Whether what is spent and held, this batch's reservations with it, is within an amount.
CREATE FUNCTION exq_fits(spent numeric, held numeric, amount numeric) RETURNS boolean LANGUAGE sql IMMUTABLE
    AS $$ SELECT spent < amount AND spent + held <= amount $$;

-- p_moves and p_turns are in order of their rows. The ledger's connections join by nested loops alone, so
-- rows are locked in that order, which is the same everywhere: counters, then rates.
CREATE FUNCTION exq_ledger_book(
    p_node uuid, p_epoch bigint, p_batch bigint, p_from timestamptz, p_until timestamptz,
    p_endings exq_ending[], p_reservations exq_reservation[], p_moves exq_move[], p_turns exq_turn[],
    p_deltas exq_delta[],
    OUT status text, OUT at timestamptz,
    OUT quotas exq_quota[], OUT crowds exq_crowd[], OUT paced exq_rate[]
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_ids bigint[];
    v_found bigint;
    v_known timestamptz;
    v_same boolean;
    v_fits boolean;
    v_guarded boolean;
    v_alarms boolean;
BEGIN
    UPDATE nodes n SET batch = p_batch, applied_at = exq_now()
        WHERE n.id = p_node AND n.epoch = p_epoch AND n.batch = p_batch - 1;
    IF NOT FOUND THEN
        status := CASE WHEN EXISTS (SELECT FROM nodes n WHERE n.id = p_node AND n.epoch = p_epoch) THEN 'void' ELSE 'superseded' END;
        RETURN;
    END IF;

    IF cardinality(p_endings) > 0 THEN
        -- Intents that are not what the node remembers end in no other way: by its sums they must not.
        WITH gone AS (
            DELETE FROM intents i USING unnest(p_endings) e WHERE i.org_id = e.org_id AND i.id = e.id
            RETURNING i.*, e.outcome, e.service_tier, e.status, e.input, e.cached, e.cache_write, e.cache_write_1h,
                e.audio_input, e.image_input, e.output, e.reasoning, e.audio_output, e.image_output, e.charge,
                e.first_token_ms, e.total_ms,
                ROW(i.org_id, i.id, i.project_id, i.key_id, i.member_id, i.model, i.price_id, i.sandbox, i.streamed,
                    i.bound, i.counters, i.rate_id, i.tokens, i.day_starts, i.day_ends)::exq_reservation = e.held
                    AND i.admitted_at = e.admitted_at AS same
        ), booked AS (
            INSERT INTO events (org_id, id, project_id, key_id, member_id, model, price_id, sandbox, streamed,
                outcome, status, service_tier, input, cached, cache_write, cache_write_1h, audio_input, image_input,
                output, reasoning, audio_output, image_output, charge, bound, counters, day_starts, day_ends,
                admitted_at, settled_at, first_token_ms, total_ms)
            SELECT g.org_id, g.id, g.project_id, g.key_id, g.member_id, g.model, g.price_id, g.sandbox, g.streamed,
                g.outcome, g.status, g.service_tier, g.input, g.cached, g.cache_write, g.cache_write_1h,
                g.audio_input, g.image_input, g.output, g.reasoning, g.audio_output, g.image_output, g.charge,
                g.bound, g.counters, g.day_starts, g.day_ends, g.admitted_at, exq_now(), g.first_token_ms, g.total_ms
            FROM gone g WHERE g.outcome <> 'released'
        ), rolled AS (
            INSERT INTO deltas (org_id, quarter, day_starts, day_ends, project_id, key_id, member_id, model,
                sandbox, requests, estimated, unpriced, input, cached, cache_write, cache_write_1h, audio_input,
                image_input, output, reasoning, audio_output, image_output, charge)
            SELECT d.org_id, exq_quarter(d.at), d.day_starts, d.day_ends, d.project_id, d.key_id, d.member_id,
                d.model, d.sandbox, d.requests, d.estimated, d.unpriced, d.input, d.cached, d.cache_write,
                d.cache_write_1h, d.audio_input, d.image_input, d.output, d.reasoning, d.audio_output,
                d.image_output, d.charge
            FROM unnest(p_deltas) d
        )
        SELECT count(*), bool_and(g.same IS TRUE) INTO v_found, v_same FROM gone g;
        IF NOT v_same THEN
            RAISE SQLSTATE 'XQ002';
        ELSIF v_found < cardinality(p_endings) THEN
            RAISE SQLSTATE 'XQ001';
        END IF;
    END IF;

    IF cardinality(p_moves) > 0 THEN
        WITH moved AS (
            UPDATE counters k SET spent = k.spent + m.spent, held = k.held - m.back + m.bound,
                requests = k.requests + m.requests, running = k.running - m.ended + m.asked
            FROM unnest(p_moves) m WHERE k.id = m.id
            RETURNING k.id, k.known_until, k.amount, k.budget_id, k.revision, k.observe, k.most_running, k.spent,
                k.held, k.running, m.bound, m.asked, m.spent > 0 AND k.spent >= k.alarm_at AS alarms
        )
        SELECT count(*), min(k.known_until),
                array_agg(ROW(k.id, k.budget_id, k.revision, k.amount, k.observe, k.spent, k.held - k.bound,
                    k.running - k.asked)::exq_quota) FILTER (WHERE k.asked > 0 AND k.amount IS NOT NULL),
                bool_and(k.asked = 0 OR k.amount IS NULL OR k.observe OR exq_fits(k.spent, k.held, k.amount)),
                bool_or(k.asked > 0 AND k.most_running IS NOT NULL), bool_or(k.alarms)
            INTO v_found, v_known, quotas, v_fits, v_guarded, v_alarms FROM moved k;
        at := exq_now();
        IF v_found < cardinality(p_moves) OR at < p_from OR at >= p_until THEN
            RAISE SQLSTATE 'XQ001';
        END IF;
        IF v_known <= at THEN
            v_ids := ARRAY(SELECT m.id FROM unnest(p_moves) m);
            PERFORM exq_ledger_recall(v_ids, at);
            SELECT array_agg(ROW(k.id, k.budget_id, k.revision, k.amount, k.observe, k.spent, k.held - m.bound,
                        k.running - m.asked)::exq_quota) FILTER (WHERE m.asked > 0 AND k.amount IS NOT NULL),
                    bool_and(m.asked = 0 OR k.amount IS NULL OR k.observe OR exq_fits(k.spent, k.held, k.amount)),
                    bool_or(m.asked > 0 AND k.most_running IS NOT NULL), bool_or(m.spent > 0 AND k.spent >= k.alarm_at)
                INTO quotas, v_fits, v_guarded, v_alarms FROM unnest(p_moves) m JOIN counters k ON k.id = m.id;
        END IF;
        IF v_fits AND v_guarded THEN
            -- A request that was admitted yesterday may still run.
            SELECT array_agg(ROW(g.id, g.running - g.asked, g.most)::exq_crowd), bool_and(g.running <= g.most)
                INTO crowds, v_fits
                FROM (
                    SELECT k.id, k.most_running AS most, m.asked, k.running + COALESCE((SELECT sum(y.running)::bigint FROM counters y
                        WHERE (y.org_id, y.scope, y.scope_id, y.period) = (k.org_id, k.scope, k.scope_id, k.period)
                        AND y.starts < k.starts AND y.starts > k.starts - interval '2 days'), 0) AS running
                    FROM unnest(p_moves) m JOIN counters k ON k.id = m.id
                    WHERE m.asked > 0 AND k.most_running IS NOT NULL OFFSET 0
                ) g;
        END IF;
        IF NOT v_fits THEN
            RAISE SQLSTATE 'XQ001';
        END IF;
    END IF;
    at := COALESCE(at, exq_now());

    IF cardinality(p_turns) > 0 THEN
        -- What ended in a minute or day that is over corrects nothing.
        WITH moved AS (
            UPDATE rates r SET
                minute = CASE WHEN t.requests > 0 THEN GREATEST(r.minute, exq_minute(at)) ELSE r.minute END,
                day = GREATEST(r.day, t.day),
                minute_requests = t.requests + CASE WHEN t.requests > 0 AND r.minute < exq_minute(at) THEN 0
                    WHEN r.minute = exq_minute(t.back_minute) THEN GREATEST(r.minute_requests + t.minute_requests, 0)
                    ELSE r.minute_requests END,
                minute_tokens = t.tokens + CASE WHEN t.requests > 0 AND r.minute < exq_minute(at) THEN 0
                    WHEN r.minute = exq_minute(t.back_minute) THEN GREATEST(r.minute_tokens + t.minute_tokens, 0)
                    ELSE r.minute_tokens END,
                day_requests = t.requests + CASE WHEN r.day < t.day THEN 0
                    WHEN r.day = t.back_day THEN GREATEST(r.day_requests + t.day_requests, 0)
                    ELSE r.day_requests END,
                day_tokens = t.tokens + CASE WHEN r.day < t.day THEN 0
                    WHEN r.day = t.back_day THEN GREATEST(r.day_tokens + t.day_tokens, 0)
                    ELSE r.day_tokens END
            FROM unnest(p_turns) t WHERE r.id = t.id
            RETURNING r.known_until
        )
        SELECT count(*), min(r.known_until) INTO v_found, v_known FROM moved r;
        IF v_found < cardinality(p_turns) THEN
            RAISE SQLSTATE 'XQ001';
        END IF;
        IF v_known <= at THEN
            v_ids := ARRAY(SELECT t.id FROM unnest(p_turns) t);
            PERFORM exq_ledger_recall_rates(v_ids, at);
        END IF;
        SELECT array_agg(ROW(r.id, r.limit_revision, r.minute_requests - t.requests, r.minute_tokens - t.tokens,
                    r.day_requests - t.requests, r.day_tokens - t.tokens,
                    r.most_minute_requests, r.most_minute_tokens, r.most_day_requests, r.most_day_tokens)::exq_rate),
                bool_and(COALESCE(r.minute_requests <= r.most_minute_requests, true)
                    AND COALESCE(r.minute_tokens <= r.most_minute_tokens, true)
                    AND COALESCE(r.day_requests <= r.most_day_requests, true)
                    AND COALESCE(r.day_tokens <= r.most_day_tokens, true))
            INTO paced, v_fits FROM unnest(p_turns) t JOIN rates r ON r.id = t.id
            WHERE t.requests > 0 AND num_nonnulls(r.most_minute_requests, r.most_minute_tokens, r.most_day_requests, r.most_day_tokens) > 0;
        IF NOT v_fits THEN
            RAISE SQLSTATE 'XQ001';
        END IF;
    END IF;

    IF cardinality(p_reservations) > 0 THEN
        INSERT INTO intents (org_id, id, node_id, epoch, project_id, key_id, member_id, model, price_id,
            sandbox, streamed, bound, counters, rate_id, tokens, day_starts, day_ends, admitted_at)
        SELECT r.org_id, r.id, p_node, p_epoch, r.project_id, r.key_id, r.member_id, r.model, r.price_id,
            r.sandbox, r.streamed, r.bound, r.counters, r.rate_id, r.tokens, r.day_starts, r.day_ends, at
        FROM unnest(p_reservations) r;
    END IF;
    IF v_alarms THEN
        v_ids := ARRAY(SELECT m.id FROM unnest(p_moves) m);
        PERFORM exq_ledger_cross(v_ids, at);
        UPDATE counters k SET known_until = '-infinity' WHERE k.id = ANY (v_ids) AND k.spent >= k.alarm_at;
    END IF;
    status := 'done';
EXCEPTION WHEN SQLSTATE 'XQ001' OR SQLSTATE 'XQ002' THEN
    status := CASE SQLSTATE WHEN 'XQ001' THEN 'contended' ELSE 'different' END;
    at := NULL;
    quotas := NULL;
    crowds := NULL;
    paced := NULL;
END $$;

-- All of it runs as exq_system, and nobody else may call it.
GRANT CREATE ON SCHEMA public TO exq_system;
DO $$
DECLARE
    f regprocedure;
BEGIN
    FOR f IN SELECT p.oid FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace
        AND (p.proname LIKE 'exq\_ledger\_recall%' OR p.proname LIKE 'exq\_forget%' OR p.proname IN ('exq_ledger_book', 'exq_fits'))
    LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f);
        EXECUTE format('ALTER FUNCTION %s OWNER TO exq_system', f);
    END LOOP;
END $$;
REVOKE CREATE ON SCHEMA public FROM exq_system;
