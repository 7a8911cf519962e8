-- The fast path anew: by what the locked rows remember (`…01_in_force`), and with as few statements as
-- there are tables, because starting a statement costs more than what it does. Written first and judged
-- then: what does not fit takes back what was written. Everything out of the ordinary (endings without
-- an intent, rows that are gone, a window that ended meanwhile) goes the slow path as well, which tells
-- it apart.
CREATE OR REPLACE FUNCTION exq_ledger_batch(
    p_node uuid, p_epoch bigint, p_batch bigint, p_from timestamptz, p_until timestamptz,
    e_orgs uuid[], e_ids uuid[], e_charges numeric[], e_tokens bigint[], e_used bigint[],
    e_outcomes text[], e_tiers text[], e_statuses integer[], e_firsts integer[], e_totals integer[],
    r_orgs uuid[], r_ids uuid[], r_projects uuid[], r_keys uuid[], r_members uuid[], r_models text[],
    r_prices uuid[], r_sandboxes boolean[], r_streams boolean[], r_bounds numeric[], r_counters text[],
    r_rates bigint[], r_tokens bigint[], r_day_starts timestamptz[], r_day_ends timestamptz[],
    w_counters bigint[], w_bounds numeric[], w_requests bigint[],
    w_rates bigint[], w_days timestamptz[], w_rate_requests bigint[], w_rate_tokens bigint[],
    OUT status text, OUT at timestamptz,
    OUT quotas exq_quota[], OUT crowds exq_crowd[], OUT paced exq_rate[]
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_ended bigint;
    v_moves exq_move[];
    v_paces exq_pace[];
    v_ids bigint[];
    v_locked bigint;
    v_known timestamptz;
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

    -- What the endings move is told by the intents that they end, not by the caller's memory.
    WITH gone AS (
        DELETE FROM intents i USING unnest(e_orgs, e_ids, e_charges, e_used, e_outcomes, e_tiers, e_statuses, e_firsts, e_totals)
            WITH ORDINALITY AS e (org_id, id, charge, used, outcome, tier, status, first_ms, total_ms, place)
        WHERE i.org_id = e.org_id AND i.id = e.id
        RETURNING i.*, e.charge, e.used, e.outcome, e.outcome = 'released' AS released, e.tier, e.status, e.first_ms,
            e.total_ms, (e.place - 1) * 10 AS at
    ), booked AS (
        INSERT INTO events (org_id, id, project_id, key_id, member_id, model, price_id, sandbox, streamed,
            outcome, status, service_tier, input, cached, cache_write, cache_write_1h, audio_input, image_input,
            output, reasoning, audio_output, image_output, charge, bound, counters, day_starts, day_ends,
            admitted_at, settled_at, first_token_ms, total_ms)
        SELECT g.org_id, g.id, g.project_id, g.key_id, g.member_id, g.model, g.price_id, g.sandbox, g.streamed,
            g.outcome, g.status, g.tier, e_tokens[g.at + 1], e_tokens[g.at + 2], e_tokens[g.at + 3],
            e_tokens[g.at + 4], e_tokens[g.at + 5], e_tokens[g.at + 6], e_tokens[g.at + 7], e_tokens[g.at + 8],
            e_tokens[g.at + 9], e_tokens[g.at + 10], g.charge, g.bound, g.counters, g.day_starts,
            g.day_ends, g.admitted_at, exq_now(), g.first_ms, g.total_ms
        FROM gone g WHERE NOT g.released
        RETURNING *
    ), rolled AS (
        INSERT INTO deltas (org_id, quarter, day_starts, day_ends, project_id, key_id, member_id, model,
            sandbox, requests, estimated, unpriced, input, cached, cache_write, cache_write_1h, audio_input,
            image_input, output, reasoning, audio_output, image_output, charge)
        SELECT b.org_id, exq_quarter(b.admitted_at), b.day_starts, b.day_ends, b.project_id, b.key_id,
            b.member_id, b.model, b.sandbox, count(*), count(*) FILTER (WHERE exq_doubtful(b.outcome)),
            count(*) - count(b.price_id), sum(b.input), sum(b.cached), sum(b.cache_write), sum(b.cache_write_1h),
            sum(b.audio_input), sum(b.image_input), sum(b.output), sum(b.reasoning), sum(b.audio_output),
            sum(b.image_output), sum(b.charge)
        FROM booked b GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
    ), moved AS (
        SELECT c.id, g.charge AS spent, g.bound AS back, CASE WHEN g.released THEN 0 ELSE 1 END AS requests, 1 AS ended,
            0::numeric AS bound, 0::bigint AS asked
        FROM gone g CROSS JOIN unnest(g.counters) AS c (id)
        UNION ALL SELECT w.id, 0, 0, 0, 0, w.bound, w.asked FROM unnest(w_counters, w_bounds, w_requests) AS w (id, bound, asked)
    ), summed AS (
        SELECT m.id, sum(m.spent) AS spent, sum(m.back) AS back, sum(m.requests) AS requests, sum(m.ended) AS ended,
            sum(m.bound) AS bound, sum(m.asked)::bigint AS asked FROM moved m GROUP BY m.id
    ), paced AS (
        SELECT g.rate_id, exq_minute(g.admitted_at) AS minute, g.day_starts, -count(*) FILTER (WHERE g.released) AS requests,
            sum(CASE WHEN g.released THEN -g.tokens ELSE g.used - g.tokens END)::bigint AS tokens
        FROM gone g WHERE g.rate_id IS NOT NULL AND (g.released OR g.used IS NOT NULL) GROUP BY 1, 2, 3
    )
    SELECT (SELECT count(*) FROM gone), array_agg(s::exq_move), array_agg(s.id),
            (SELECT array_agg(p::exq_pace) FROM paced p)
        INTO v_ended, v_moves, v_ids, v_paces FROM summed s;
    IF v_ended < cardinality(e_ids) THEN
        RAISE SQLSTATE 'XQ001';
    END IF;

    -- Counters by id, then rates by id: in the same order everywhere. The ledger's connections join by
    -- nested loops alone, so rows are locked as they come out of the sort.
    WITH moved AS (
        UPDATE counters k SET spent = k.spent + m.spent, held = k.held - m.back + m.bound,
            requests = k.requests + m.requests, running = k.running - m.ended + m.asked
        FROM (SELECT * FROM unnest(v_moves) ORDER BY id) m WHERE k.id = m.id
        RETURNING k.known_until
    )
    SELECT count(*), min(k.known_until) INTO v_locked, v_known FROM moved k;
    at := exq_now();
    IF v_locked < cardinality(v_ids) OR at < p_from OR at >= p_until THEN
        RAISE SQLSTATE 'XQ001';
    END IF;
    IF v_known <= at THEN
        PERFORM exq_ledger_recall(v_ids, at);
    END IF;
    SELECT array_agg(ROW(k.id, k.budget_id, k.revision, k.amount, k.observe, k.spent, k.held - m.bound,
                k.running - m.asked)::exq_quota) FILTER (WHERE m.asked > 0 AND k.amount IS NOT NULL),
            bool_and(m.asked = 0 OR k.amount IS NULL OR k.observe OR k.spent < k.amount AND k.spent + k.held <= k.amount),
            bool_or(m.asked > 0 AND k.most_running IS NOT NULL), bool_or(m.spent > 0 AND k.spent >= k.alarm_at)
        INTO quotas, v_fits, v_guarded, v_alarms FROM unnest(v_moves) m JOIN counters k ON k.id = m.id;
    IF NOT v_fits THEN
        RAISE SQLSTATE 'XQ001';
    END IF;
    IF v_guarded THEN
        -- A request that was admitted yesterday may still run.
        SELECT array_agg(ROW(g.id, g.running - g.asked, g.most)::exq_crowd), bool_and(g.running <= g.most)
            INTO crowds, v_fits
            FROM (
                SELECT k.id, k.most_running AS most, m.asked, k.running + COALESCE((SELECT sum(y.running)::bigint FROM counters y
                    WHERE (y.org_id, y.scope, y.scope_id, y.period) = (k.org_id, k.scope, k.scope_id, k.period)
                    AND y.starts < k.starts AND y.starts > k.starts - interval '2 days'), 0) AS running
                FROM unnest(v_moves) m JOIN counters k ON k.id = m.id
                WHERE m.asked > 0 AND k.most_running IS NOT NULL OFFSET 0
            ) g;
        IF NOT v_fits THEN
            RAISE SQLSTATE 'XQ001';
        END IF;
    END IF;

    v_ids := w_rates;
    IF v_paces IS NOT NULL THEN
        SELECT array_agg(DISTINCT r.id) INTO v_ids FROM (SELECT unnest(w_rates) UNION ALL SELECT p.rate FROM unnest(v_paces) p) r (id);
    END IF;
    SELECT count(*), min(r.known_until) INTO v_locked, v_known FROM
        (SELECT q.known_until FROM rates q WHERE q.id = ANY (v_ids) ORDER BY q.id FOR UPDATE) r;
    IF v_locked < cardinality(v_ids) THEN
        RAISE SQLSTATE 'XQ001';
    END IF;
    IF v_known <= at THEN
        PERFORM exq_ledger_recall_rates(v_ids, at);
    END IF;
    -- What ended in a minute or day that is over corrects nothing.
    WITH ended AS (
        SELECT p.rate AS id, COALESCE(sum(p.requests) FILTER (WHERE p.minute = q.minute), 0) AS minute_requests,
            COALESCE(sum(p.tokens) FILTER (WHERE p.minute = q.minute), 0) AS minute_tokens,
            COALESCE(sum(p.requests) FILTER (WHERE p.day = q.day), 0) AS day_requests,
            COALESCE(sum(p.tokens) FILTER (WHERE p.day = q.day), 0) AS day_tokens
        FROM unnest(v_paces) p JOIN rates q ON q.id = p.rate GROUP BY p.rate
    ), asked AS (
        SELECT * FROM unnest(w_rates, w_days, w_rate_requests, w_rate_tokens) AS w (id, day, requests, tokens)
    ), moved AS (
        UPDATE rates r SET minute = CASE WHEN w.id IS NULL THEN r.minute ELSE GREATEST(r.minute, exq_minute(at)) END,
            day = GREATEST(r.day, w.day),
            minute_requests = CASE WHEN w.id IS NOT NULL AND r.minute < exq_minute(at) THEN 0
                ELSE GREATEST(r.minute_requests + COALESCE(e.minute_requests, 0), 0) END + COALESCE(w.requests, 0),
            minute_tokens = CASE WHEN w.id IS NOT NULL AND r.minute < exq_minute(at) THEN 0
                ELSE GREATEST(r.minute_tokens + COALESCE(e.minute_tokens, 0), 0) END + COALESCE(w.tokens, 0),
            day_requests = CASE WHEN r.day < w.day THEN 0
                ELSE GREATEST(r.day_requests + COALESCE(e.day_requests, 0), 0) END + COALESCE(w.requests, 0),
            day_tokens = CASE WHEN r.day < w.day THEN 0
                ELSE GREATEST(r.day_tokens + COALESCE(e.day_tokens, 0), 0) END + COALESCE(w.tokens, 0)
        FROM asked w FULL JOIN ended e ON e.id = w.id
        WHERE r.id = COALESCE(w.id, e.id)
        RETURNING r.*, w.requests, w.tokens
    )
    SELECT array_agg(ROW(r.id, r.limit_revision, r.minute_requests - r.requests, r.minute_tokens - r.tokens,
                r.day_requests - r.requests, r.day_tokens - r.tokens,
                r.most_minute_requests, r.most_minute_tokens, r.most_day_requests, r.most_day_tokens)::exq_rate),
            bool_and(COALESCE(r.minute_requests <= r.most_minute_requests, true)
                AND COALESCE(r.minute_tokens <= r.most_minute_tokens, true)
                AND COALESCE(r.day_requests <= r.most_day_requests, true)
                AND COALESCE(r.day_tokens <= r.most_day_tokens, true))
        INTO paced, v_fits FROM moved r
        WHERE r.requests > 0 AND num_nonnulls(r.most_minute_requests, r.most_minute_tokens, r.most_day_requests, r.most_day_tokens) > 0;
    IF NOT v_fits THEN
        RAISE SQLSTATE 'XQ001';
    END IF;

    INSERT INTO intents (org_id, id, node_id, epoch, project_id, key_id, member_id, model, price_id,
        sandbox, streamed, bound, counters, rate_id, tokens, day_starts, day_ends, admitted_at)
    SELECT r.org_id, r.id, p_node, p_epoch, r.project_id, r.key_id, r.member_id, r.model, r.price_id,
        r.sandbox, r.streamed, r.bound, r.counters::bigint[], r.rate_id, r.tokens, r.day_starts, r.day_ends, at
    FROM unnest(r_orgs, r_ids, r_projects, r_keys, r_members, r_models, r_prices, r_sandboxes,
            r_streams, r_bounds, r_counters, r_rates, r_tokens, r_day_starts, r_day_ends)
        AS r (org_id, id, project_id, key_id, member_id, model, price_id, sandbox, streamed, bound, counters,
            rate_id, tokens, day_starts, day_ends);
    IF v_alarms THEN
        v_ids := ARRAY(SELECT m.id FROM unnest(v_moves) m);
        PERFORM exq_ledger_cross(v_ids, at);
        UPDATE counters k SET known_until = '-infinity' WHERE k.id = ANY (v_ids) AND k.spent >= k.alarm_at;
    END IF;
    status := 'done';
EXCEPTION WHEN SQLSTATE 'XQ001' THEN
    status := 'contended';
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
        AND (p.proname LIKE 'exq\_ledger\_recall%' OR p.proname LIKE 'exq\_forget%')
    LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f);
        EXECUTE format('ALTER FUNCTION %s OWNER TO exq_system', f);
    END LOOP;
END $$;
REVOKE CREATE ON SCHEMA public FROM exq_system;
