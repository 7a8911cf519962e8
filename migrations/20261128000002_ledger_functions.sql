-- The ledger's functions, anew: usage limit, observe-only budgets, raises, guards, rate limits, token
-- classes. All in PL/pgSQL, which keeps its plans from call to call.
DROP FUNCTION exq_ledger_batch(uuid, bigint, bigint, timestamptz, timestamptz, bigint[], uuid[], uuid[], numeric[],
    bigint[], bigint[], bigint[], text[], integer[], integer[], integer[], uuid[], uuid[], uuid[], uuid[], uuid[],
    uuid[], uuid[], text[], uuid[], boolean[], boolean[], numeric[], bigint[], timestamptz[], timestamptz[]);
DROP FUNCTION exq_ledger_apply(uuid, bigint, bigint, timestamptz, bigint[], uuid[], uuid[], numeric[], bigint[],
    bigint[], bigint[], text[], integer[], integer[], integer[], uuid[], uuid[], uuid[], uuid[], uuid[], uuid[],
    uuid[], text[], uuid[], boolean[], boolean[], numeric[], bigint[], timestamptz[], timestamptz[], bigint[], uuid[]);
DROP FUNCTION exq_ledger_late(uuid, uuid, numeric, bigint, bigint, bigint, text, integer, integer, integer, timestamptz);
DROP FUNCTION exq_ledger_blocked(bigint[], uuid[], timestamptz);
DROP FUNCTION exq_ledger_cross(bigint[], timestamptz);
DROP FUNCTION exq_ledger_fits(uuid[], uuid[], numeric[], uuid[], uuid[], numeric[], bigint[]);
DROP FUNCTION exq_ledger_lock(uuid, bigint, bigint, uuid[], uuid[], bigint[]);

-- The minute that holds an instant.
CREATE FUNCTION exq_minute(at timestamptz) RETURNS timestamptz LANGUAGE sql IMMUTABLE
    AS $$ SELECT date_bin('1 minute', at, timestamptz '2000-01-01 00:00:00Z') $$;

-- Locks what a batch touches: the node's row, the ending intents by id, counters by id, rates by id.
-- Answers 'ok', or why nothing may be written: 'superseded' (another epoch), 'void' (the number is
-- taken), 'missing' (a counter or rate is gone). `late`: some endings have no intent any more.
CREATE FUNCTION exq_ledger_lock(
    p_node uuid, p_epoch bigint, p_batch bigint,
    e_orgs uuid[], e_ids uuid[], p_counters bigint[], p_rates bigint[],
    OUT status text, OUT counters bigint[], OUT late boolean
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_node nodes;
    v_intents bigint;
    v_count bigint;
    v_rates bigint[] := p_rates;
    v_held bigint[];
    v_paced bigint[];
BEGIN
    counters := p_counters;
    late := false;
    SELECT * INTO v_node FROM nodes n WHERE n.id = p_node FOR UPDATE;
    IF v_node IS NULL OR v_node.epoch <> p_epoch THEN
        status := 'superseded';
        RETURN;
    ELSIF v_node.batch <> p_batch - 1 THEN
        status := 'void';
        RETURN;
    END IF;

    IF cardinality(e_ids) > 0 THEN
        -- What the ending intents hold is told by their rows, not by the caller's memory.
        WITH ending AS MATERIALIZED (
            SELECT i.id, i.counters, i.rate_id FROM intents i JOIN unnest(e_orgs, e_ids) AS e (org_id, id) USING (org_id, id)
            ORDER BY i.id FOR UPDATE OF i
        )
        SELECT (SELECT count(*) FROM ending), (SELECT array_agg(DISTINCT c.id) FROM ending e, unnest(e.counters) AS c (id)),
            (SELECT array_agg(DISTINCT e.rate_id) FROM ending e WHERE e.rate_id IS NOT NULL)
            INTO v_intents, v_held, v_paced;
        IF v_intents < cardinality(e_ids) THEN
            late := true;
            SELECT v_held || array_agg(DISTINCT c.id) INTO v_held
                FROM events v JOIN unnest(e_orgs, e_ids) AS e (org_id, id) USING (org_id, id)
                CROSS JOIN unnest(v.counters) AS c (id);
        END IF;
        IF v_held IS NOT NULL THEN
            SELECT array_agg(DISTINCT c.id) INTO counters FROM unnest(counters || v_held) AS c (id);
        END IF;
        IF v_paced IS NOT NULL THEN
            SELECT array_agg(DISTINCT r.id) INTO v_rates FROM unnest(v_rates || v_paced) AS r (id);
        END IF;
    END IF;
    WITH locked AS (
        SELECT FROM counters k WHERE k.id = ANY (exq_ledger_lock.counters) ORDER BY k.id FOR UPDATE
    ) SELECT count(*) INTO v_count FROM locked;
    IF v_count < cardinality(counters) THEN
        status := 'missing';
        RETURN;
    END IF;
    WITH locked AS (
        SELECT FROM rates r WHERE r.id = ANY (v_rates) ORDER BY r.id FOR UPDATE
    ) SELECT count(*) INTO v_count FROM locked;
    status := CASE WHEN v_count = cardinality(v_rates) THEN 'ok' ELSE 'missing' END;
END $$;

-- What the named counters and rates are measured against, under their locks, after what a batch's
-- endings give back and spend. q_: budgets and usage limits; g_: keys' guards of requests at once;
-- v_: rates that have a limit; used and limits each as all requests of the minute, all tokens of it,
-- all requests of the day, all tokens of it. p_days: the day that each of the named rates is asked for.
CREATE FUNCTION exq_ledger_read(
    p_now timestamptz, p_counters bigint[], p_rates bigint[], p_days timestamptz[],
    s_orgs uuid[], s_ids uuid[], s_charges numeric[], s_used bigint[], x_orgs uuid[], x_ids uuid[],
    OUT q_counters bigint[], OUT q_budgets uuid[], OUT q_revisions integer[], OUT q_amounts numeric[],
    OUT q_observed boolean[], OUT q_spent numeric[], OUT q_held numeric[], OUT q_running bigint[],
    OUT g_counters bigint[], OUT g_running bigint[], OUT g_most integer[],
    OUT v_rates bigint[], OUT v_revisions integer[], OUT v_used bigint[], OUT v_limits bigint[]
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    b_counters bigint[];
    b_spent numeric[];
    b_held numeric[];
    b_running bigint[];
BEGIN
    IF cardinality(p_counters) = 0 THEN
        RETURN;
    END IF;
    IF cardinality(s_ids) + cardinality(x_ids) > 0 THEN
        SELECT array_agg(b.id), array_agg(b.spent), array_agg(b.held), array_agg(b.running)
            INTO b_counters, b_spent, b_held, b_running FROM (
            SELECT c.id, sum(e.charge) AS spent, sum(i.bound) AS held, count(*) AS running
            FROM (SELECT s.* FROM unnest(s_orgs, s_ids, s_charges) AS s (org_id, id, charge)
                  UNION ALL SELECT x.org_id, x.id, 0 FROM unnest(x_orgs, x_ids) AS x (org_id, id)) e
            JOIN intents i USING (org_id, id) CROSS JOIN unnest(i.counters) AS c (id)
            WHERE c.id = ANY (p_counters) GROUP BY c.id) b;
    END IF;

    SELECT array_agg(q.id), array_agg(q.budget), array_agg(q.revision), array_agg(q.amount), array_agg(q.observe),
            array_agg(q.spent + COALESCE(b.spent, 0)), array_agg(q.held - COALESCE(b.held, 0)),
            array_agg(q.running - COALESCE(b.running, 0))
        INTO q_counters, q_budgets, q_revisions, q_amounts, q_observed, q_spent, q_held, q_running
        FROM (
            SELECT k.id, b.id AS budget, b.revision, b.amount, b.observe, k.spent, k.held, k.running
            FROM counters k JOIN budgets_in_force b
                ON (b.org_id, b.scope, b.scope_id, b.period) = (k.org_id, k.scope, k.scope_id, k.period)
            WHERE k.id = ANY (p_counters)
            UNION ALL
            SELECT k.id, NULL, o.tier, t.usage_limit, false, k.spent, k.held, k.running
            FROM counters k JOIN organizations o ON o.org_id = k.org_id
            CROSS JOIN LATERAL (SELECT t.usage_limit FROM tiers t WHERE t.tier <= o.tier ORDER BY t.tier DESC LIMIT 1) t
            WHERE k.id = ANY (p_counters) AND k.scope = 'usage'
        ) q LEFT JOIN unnest(b_counters, b_spent, b_held, b_running) AS b (id, spent, held, running) ON b.id = q.id;

    -- A request that was admitted yesterday may still run.
    SELECT array_agg(g.id), array_agg(g.running - COALESCE(b.running, 0)), array_agg(g.most)
        INTO g_counters, g_running, g_most
        FROM (
            SELECT k.id, a.max_running AS most, k.running + COALESCE((SELECT sum(y.running) FROM counters y
                WHERE (y.org_id, y.scope, y.scope_id, y.period) = (k.org_id, k.scope, k.scope_id, k.period)
                AND y.starts < k.starts AND y.starts > k.starts - interval '2 days'), 0) AS running
            FROM counters k JOIN api_keys a ON a.org_id = k.org_id AND a.id = k.scope_id
            WHERE k.id = ANY (p_counters) AND k.scope = 'key' AND k.period = 'day' AND a.max_running IS NOT NULL
        ) g LEFT JOIN unnest(b_counters, b_running) AS b (id, running) ON b.id = g.id;

    SELECT array_agg(r.id), array_agg(r.revision),
            array_agg(CASE WHEN r.minute >= exq_minute(p_now) THEN GREATEST(r.minute_requests + COALESCE(b.minute_requests, 0), 0) ELSE 0 END)
                || array_agg(CASE WHEN r.minute >= exq_minute(p_now) THEN GREATEST(r.minute_tokens + COALESCE(b.minute_tokens, 0), 0) ELSE 0 END)
                || array_agg(CASE WHEN r.day >= r.asked THEN GREATEST(r.day_requests + COALESCE(b.day_requests, 0), 0) ELSE 0 END)
                || array_agg(CASE WHEN r.day >= r.asked THEN GREATEST(r.day_tokens + COALESCE(b.day_tokens, 0), 0) ELSE 0 END),
            array_agg(r.requests_per_minute) || array_agg(r.tokens_per_minute)
                || array_agg(r.requests_per_day) || array_agg(r.tokens_per_day)
        INTO v_rates, v_revisions, v_used, v_limits
        FROM (
            SELECT r.*, n.asked, COALESCE(l.revision, 0) AS revision,
                LEAST(l.requests_per_minute, t.requests_per_minute) AS requests_per_minute,
                LEAST(l.tokens_per_minute, t.tokens_per_minute) AS tokens_per_minute,
                LEAST(l.requests_per_day, t.requests_per_day) AS requests_per_day,
                LEAST(l.tokens_per_day, t.tokens_per_day) AS tokens_per_day
            FROM unnest(p_rates, p_days) AS n (id, asked) JOIN rates r USING (id)
            JOIN organizations o ON o.org_id = r.org_id
            CROSS JOIN LATERAL (SELECT t.* FROM tiers t WHERE t.tier <= o.tier ORDER BY t.tier DESC LIMIT 1) t
            LEFT JOIN rate_limits l ON (l.org_id, l.project_id, l.model) = (r.org_id, r.project_id, r.model)
        ) r
        LEFT JOIN LATERAL (
            SELECT sum(e.requests) FILTER (WHERE exq_minute(i.admitted_at) = r.minute) AS minute_requests,
                sum(e.used - i.tokens) FILTER (WHERE exq_minute(i.admitted_at) = r.minute) AS minute_tokens,
                sum(e.requests) FILTER (WHERE i.day_starts = r.day) AS day_requests,
                sum(e.used - i.tokens) FILTER (WHERE i.day_starts = r.day) AS day_tokens
            FROM (SELECT s.*, 0 AS requests FROM unnest(s_orgs, s_ids, s_used) AS s (org_id, id, used)
                  UNION ALL SELECT x.org_id, x.id, 0, -1 FROM unnest(x_orgs, x_ids) AS x (org_id, id)) e
            JOIN intents i USING (org_id, id) WHERE i.rate_id = r.id
        ) b ON true
        WHERE num_nonnulls(r.requests_per_minute, r.tokens_per_minute, r.requests_per_day, r.tokens_per_day) > 0;
END $$;

-- Crossings of the given counters, by level, and one mail per counter and recipient (verified owners,
-- and the addresses of a threshold) that names all thresholds crossed at once. Called wherever spend,
-- an amount or a threshold moved.
CREATE FUNCTION exq_ledger_cross(p_counters bigint[], p_now timestamptz) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    WITH crossed AS (
        INSERT INTO crossings (org_id, id, kind, subject_id, counter_id, fires_at, spent, crossed_at)
        SELECT k.org_id, exq_id(), 'threshold', t.id, k.id, l.fires_at, k.spent, p_now
        FROM counters k
        JOIN thresholds t ON (t.org_id, t.scope, t.scope_id, t.period) = (k.org_id, k.scope, k.scope_id, k.period)
        LEFT JOIN budgets_in_force b ON (b.org_id, b.scope, b.scope_id, b.period) = (k.org_id, k.scope, k.scope_id, k.period)
        CROSS JOIN LATERAL (SELECT COALESCE(t.amount, round(b.amount * t.percent / 100, 12)) AS fires_at) l
        WHERE k.id = ANY (p_counters) AND k.spent > 0 AND k.spent >= l.fires_at
        ORDER BY t.id
        ON CONFLICT ON CONSTRAINT crossings_once DO NOTHING
        RETURNING *
    ), named AS (
        SELECT c.*, t.percent, t.addresses FROM crossed c JOIN thresholds t ON (t.org_id, t.id) = (c.org_id, c.subject_id)
    ), owners AS (
        SELECT DISTINCT n.org_id, u.id, u.email FROM named n JOIN memberships m ON m.org_id = n.org_id AND m.role = 'owner'
        JOIN users u ON u.id = m.user_id AND u.verified_at IS NOT NULL
    ), told AS (
        SELECT n.counter_id, n.id, o.id AS user_id, o.email FROM named n JOIN owners o ON o.org_id = n.org_id
        UNION ALL
        SELECT n.counter_id, n.id, NULL, a.email FROM named n CROSS JOIN unnest(n.addresses) AS a (email)
        WHERE NOT EXISTS (SELECT FROM owners o WHERE o.org_id = n.org_id AND o.email = a.email)
    )
    INSERT INTO outbox (org_id, id, template, params, recipient_id, recipient)
    SELECT k.org_id, exq_id(), 'threshold', jsonb_build_object(
            'organization', o.name, 'zone', o.zone, 'scope', k.scope, 'scope_id', k.scope_id,
            'scope_name', COALESCE(p.name, a.name, o.name), 'period', k.period,
            'starts', k.starts, 'ends', k.ends, 'spent', k.spent::text, 'budget', b.amount::text,
            'thresholds', c.thresholds, 'crossings', c.crossings),
        c.user_id, c.email
    FROM (SELECT t.counter_id, t.user_id, t.email, jsonb_agg(jsonb_build_object(
            'fires_at', n.fires_at::text, 'percent', n.percent) ORDER BY n.fires_at) AS thresholds,
            jsonb_agg(n.id) AS crossings
          FROM told t JOIN named n ON n.id = t.id GROUP BY t.counter_id, t.user_id, t.email) c
    JOIN counters k ON k.id = c.counter_id
    JOIN organizations o ON o.org_id = k.org_id
    LEFT JOIN projects p ON (p.org_id, p.id) = (k.org_id, k.scope_id)
    LEFT JOIN api_keys a ON (a.org_id, a.id) = (k.org_id, k.scope_id)
    LEFT JOIN budgets_in_force b ON (b.org_id, b.scope, b.scope_id, b.period) = (k.org_id, k.scope, k.scope_id, k.period);
END $$;

-- The first refusal by a budget or usage limit in a window is an alert by itself; by a raised amount,
-- a new one. A request too large while more than a tenth is left must not use up the alert that it is
-- as good as spent. p_limits: budgets, none for the usage limit.
CREATE FUNCTION exq_ledger_blocked(p_counters bigint[], p_limits uuid[], p_amounts numeric[], p_now timestamptz)
    RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    WITH blocked AS (
        INSERT INTO crossings (org_id, id, kind, subject_id, counter_id, fires_at, spent, crossed_at)
        SELECT DISTINCT ON (k.id) k.org_id, exq_id(), CASE WHEN (w.amount - k.spent) * 10 > w.amount THEN 'refused' ELSE 'blocked' END,
            COALESCE(w.limit_id, k.org_id), k.id, w.amount, k.spent, p_now
        FROM unnest(p_counters, p_limits, p_amounts) AS w (counter_id, limit_id, amount)
        JOIN counters k ON k.id = w.counter_id
        ORDER BY k.id
        ON CONFLICT ON CONSTRAINT crossings_once DO NOTHING
        RETURNING *
    )
    INSERT INTO outbox (org_id, id, template, params, recipient_id, recipient)
    SELECT k.org_id, exq_id(), 'blocked', jsonb_build_object(
            'organization', o.name, 'zone', o.zone, 'scope', k.scope, 'scope_id', k.scope_id,
            'scope_name', COALESCE(p.name, a.name, o.name), 'period', k.period,
            'starts', k.starts, 'ends', k.ends, 'spent', k.spent::text, 'budget', blocked.fires_at::text,
            'since', p_now, 'crossings', jsonb_build_array(blocked.id)),
        u.id, u.email
    FROM blocked
    JOIN counters k ON k.id = blocked.counter_id
    JOIN organizations o ON o.org_id = k.org_id
    LEFT JOIN projects p ON (p.org_id, p.id) = (k.org_id, k.scope_id)
    LEFT JOIN api_keys a ON (a.org_id, a.id) = (k.org_id, k.scope_id)
    JOIN memberships m ON m.org_id = k.org_id AND m.role = 'owner'
    JOIN users u ON u.id = m.user_id AND u.verified_at IS NOT NULL;
END $$;

-- Replaces what an event was booked with, and books the difference. Its counters are locked already.
CREATE FUNCTION exq_ledger_replace(
    p_org uuid, p_id uuid, p_charge numeric, p_tokens bigint[], p_outcome text, p_now timestamptz
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v events;
    v_final boolean := p_outcome IN ('answered', 'corrected');
BEGIN
    SELECT * INTO v FROM events e WHERE e.org_id = p_org AND e.id = p_id FOR UPDATE;
    UPDATE events e SET charge = p_charge, input = p_tokens[1], cached = p_tokens[2], cache_write = p_tokens[3],
        cache_write_1h = p_tokens[4], audio_input = p_tokens[5], image_input = p_tokens[6], output = p_tokens[7],
        reasoning = p_tokens[8], audio_output = p_tokens[9], image_output = p_tokens[10],
        outcome = p_outcome, settled_at = p_now
        WHERE e.org_id = p_org AND e.id = p_id;
    INSERT INTO deltas (org_id, quarter, day_starts, day_ends, project_id, key_id, member_id, model, sandbox,
            requests, estimated, input, cached, cache_write, cache_write_1h, audio_input, image_input, output,
            reasoning, audio_output, image_output, charge)
        VALUES (p_org, exq_quarter(v.admitted_at), v.day_starts, v.day_ends, v.project_id, v.key_id, v.member_id,
            v.model, v.sandbox, 0, CASE WHEN v_final THEN 0 ELSE 1 END
                - CASE WHEN v.outcome IN ('answered', 'corrected') THEN 0 ELSE 1 END,
            p_tokens[1] - v.input, p_tokens[2] - v.cached, p_tokens[3] - v.cache_write, p_tokens[4] - v.cache_write_1h,
            p_tokens[5] - v.audio_input, p_tokens[6] - v.image_input, p_tokens[7] - v.output,
            p_tokens[8] - v.reasoning, p_tokens[9] - v.audio_output, p_tokens[10] - v.image_output,
            p_charge - v.charge);
    UPDATE counters k SET spent = k.spent + p_charge - v.charge WHERE k.id = ANY (v.counters);
END $$;

-- Settlements whose intent is gone: an event that was booked at its bound is replaced; a final one stays.
CREATE FUNCTION exq_ledger_late(
    s_orgs uuid[], s_ids uuid[], s_charges numeric[], s_tokens bigint[], s_outcomes text[],
    s_tiers text[], s_statuses integer[], s_firsts integer[], s_totals integer[], p_now timestamptz
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v record;
BEGIN
    FOR v IN
        SELECT s.* FROM unnest(s_orgs, s_ids, s_charges, s_outcomes, s_tiers, s_statuses, s_firsts, s_totals)
            WITH ORDINALITY AS s (org_id, id, charge, outcome, tier, status, first_ms, total_ms, place)
        JOIN events e ON (e.org_id, e.id) = (s.org_id, s.id)
        WHERE NOT EXISTS (SELECT FROM intents i WHERE (i.org_id, i.id) = (s.org_id, s.id))
            AND e.outcome IN ('interrupted', 'unknown') AND s.outcome NOT IN ('interrupted', 'unknown')
        ORDER BY s.id
    LOOP
        PERFORM exq_ledger_replace(v.org_id, v.id, v.charge, s_tokens[(v.place - 1) * 10 + 1 : v.place * 10],
            v.outcome, p_now);
        UPDATE events e SET status = v.status, service_tier = v.tier, first_token_ms = v.first_ms, total_ms = v.total_ms
            WHERE e.org_id = v.org_id AND e.id = v.id;
    END LOOP;
END $$;

-- Books a batch under locks that are held: settlements, releases, reservations; then crossings.
-- s_* (settlements), x_* (releases), r_* (reservations) are parallel arrays; s_tokens has ten places
-- for each, r_counters ten, 0 for none. s_used: tokens for the rate, none to leave the estimate.
-- b_*: budgets and usage limits that refused.
CREATE FUNCTION exq_ledger_apply(
    p_node uuid, p_epoch bigint, p_batch bigint, p_now timestamptz, p_counters bigint[], p_late boolean,
    s_orgs uuid[], s_ids uuid[], s_charges numeric[], s_tokens bigint[], s_used bigint[],
    s_outcomes text[], s_tiers text[], s_statuses integer[], s_firsts integer[], s_totals integer[],
    x_orgs uuid[], x_ids uuid[],
    r_orgs uuid[], r_ids uuid[], r_projects uuid[], r_keys uuid[], r_members uuid[], r_models text[],
    r_prices uuid[], r_sandboxes boolean[], r_streams boolean[], r_bounds numeric[], r_counters bigint[],
    r_rates bigint[], r_tokens bigint[], r_day_starts timestamptz[], r_day_ends timestamptz[],
    b_counters bigint[], b_limits uuid[], b_amounts numeric[]
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF p_late THEN
        -- Before the endings below remove the intents.
        PERFORM exq_ledger_late(s_orgs, s_ids, s_charges, s_tokens, s_outcomes, s_tiers, s_statuses, s_firsts,
            s_totals, p_now);
    END IF;

    WITH gone AS (
        DELETE FROM intents i USING unnest(s_orgs, s_ids, s_charges, s_used, s_outcomes, s_tiers, s_statuses,
            s_firsts, s_totals) WITH ORDINALITY
            AS s (org_id, id, charge, used, outcome, tier, status, first_ms, total_ms, place)
        WHERE i.org_id = s.org_id AND i.id = s.id
        RETURNING i.*, s.charge, s.used, s.outcome, s.tier, s.status, s.first_ms, s.total_ms, (s.place - 1) * 10 AS at
    ), released AS (
        DELETE FROM intents i USING unnest(x_orgs, x_ids) AS x (org_id, id)
        WHERE i.org_id = x.org_id AND i.id = x.id
        RETURNING i.counters, i.bound, i.rate_id, i.tokens, i.admitted_at, i.day_starts
    ), reserved AS (
        INSERT INTO intents (org_id, id, node_id, epoch, project_id, key_id, member_id, model, price_id,
            sandbox, streamed, bound, counters, rate_id, tokens, day_starts, day_ends, admitted_at)
        SELECT r.org_id, r.id, p_node, p_epoch, r.project_id, r.key_id, r.member_id, r.model, r.price_id,
            r.sandbox, r.streamed, r.bound, array_remove(r_counters[(r.place - 1) * 10 + 1 : r.place * 10], 0),
            r.rate_id, r.tokens, r.day_starts, r.day_ends, p_now
        FROM unnest(r_orgs, r_ids, r_projects, r_keys, r_members, r_models, r_prices, r_sandboxes,
                r_streams, r_bounds, r_rates, r_tokens, r_day_starts, r_day_ends) WITH ORDINALITY
            AS r (org_id, id, project_id, key_id, member_id, model, price_id, sandbox, streamed, bound,
                rate_id, tokens, day_starts, day_ends, place)
        RETURNING counters, bound, rate_id, tokens, day_starts
    ), booked AS (
        INSERT INTO events (org_id, id, project_id, key_id, member_id, model, price_id, sandbox, streamed,
            outcome, status, service_tier, input, cached, cache_write, cache_write_1h, audio_input, image_input,
            output, reasoning, audio_output, image_output, charge, bound, counters, day_starts, day_ends,
            admitted_at, settled_at, first_token_ms, total_ms)
        SELECT g.org_id, g.id, g.project_id, g.key_id, g.member_id, g.model, g.price_id, g.sandbox, g.streamed,
            g.outcome, g.status, g.tier, s_tokens[g.at + 1], s_tokens[g.at + 2], s_tokens[g.at + 3],
            s_tokens[g.at + 4], s_tokens[g.at + 5], s_tokens[g.at + 6], s_tokens[g.at + 7], s_tokens[g.at + 8],
            s_tokens[g.at + 9], s_tokens[g.at + 10], g.charge, g.bound, g.counters, g.day_starts,
            g.day_ends, g.admitted_at, p_now, g.first_ms, g.total_ms
        FROM gone g
    ), summed AS (
        INSERT INTO deltas (org_id, quarter, day_starts, day_ends, project_id, key_id, member_id, model,
            sandbox, requests, estimated, unpriced, input, cached, cache_write, cache_write_1h, audio_input,
            image_input, output, reasoning, audio_output, image_output, charge)
        SELECT g.org_id, exq_quarter(g.admitted_at), g.day_starts, g.day_ends, g.project_id, g.key_id,
            g.member_id, g.model, g.sandbox, count(*), count(*) FILTER (WHERE g.outcome <> 'answered'),
            count(*) FILTER (WHERE g.price_id IS NULL), sum(s_tokens[g.at + 1]), sum(s_tokens[g.at + 2]),
            sum(s_tokens[g.at + 3]), sum(s_tokens[g.at + 4]), sum(s_tokens[g.at + 5]), sum(s_tokens[g.at + 6]),
            sum(s_tokens[g.at + 7]), sum(s_tokens[g.at + 8]), sum(s_tokens[g.at + 9]), sum(s_tokens[g.at + 10]),
            sum(g.charge)
        FROM gone g GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
    ), paces AS (
        SELECT rate_id, false AS opens, exq_minute(admitted_at) AS minute, day_starts AS day, 0 AS requests,
            used - tokens AS tokens FROM gone WHERE used IS NOT NULL
        UNION ALL SELECT rate_id, false, exq_minute(admitted_at), day_starts, -1, -tokens FROM released
        UNION ALL SELECT rate_id, true, NULL, day_starts, 1, tokens FROM reserved
    ), windows_of AS (
        SELECT r.id, CASE WHEN bool_or(p.opens) THEN GREATEST(r.minute, exq_minute(p_now)) ELSE r.minute END AS minute,
            CASE WHEN bool_or(p.opens) THEN GREATEST(r.day, max(p.day) FILTER (WHERE p.opens)) ELSE r.day END AS day
        FROM paces p JOIN rates r ON r.id = p.rate_id GROUP BY r.id, r.minute, r.day
    ), paced AS (
        UPDATE rates r SET minute = w.minute, day = w.day,
            minute_requests = GREATEST(CASE WHEN r.minute = w.minute THEN r.minute_requests ELSE 0 END + w.minute_requests, 0),
            minute_tokens = GREATEST(CASE WHEN r.minute = w.minute THEN r.minute_tokens ELSE 0 END + w.minute_tokens, 0),
            day_requests = GREATEST(CASE WHEN r.day = w.day THEN r.day_requests ELSE 0 END + w.day_requests, 0),
            day_tokens = GREATEST(CASE WHEN r.day = w.day THEN r.day_tokens ELSE 0 END + w.day_tokens, 0)
        FROM (SELECT o.id, o.minute, o.day,
                COALESCE(sum(p.requests) FILTER (WHERE p.opens OR p.minute = o.minute), 0) AS minute_requests,
                COALESCE(sum(p.tokens) FILTER (WHERE p.opens OR p.minute = o.minute), 0) AS minute_tokens,
                COALESCE(sum(p.requests) FILTER (WHERE p.opens OR p.day = o.day), 0) AS day_requests,
                COALESCE(sum(p.tokens) FILTER (WHERE p.opens OR p.day = o.day), 0) AS day_tokens
              FROM windows_of o JOIN paces p ON p.rate_id = o.id GROUP BY o.id, o.minute, o.day) w
        WHERE r.id = w.id
    ), moves AS (
        SELECT c.id, sum(m.spent) AS spent, sum(m.held) AS held, sum(m.requests) AS requests, sum(m.running) AS running
        FROM (SELECT counters, charge AS spent, -bound AS held, 1 AS requests, -1 AS running FROM gone
              UNION ALL SELECT counters, 0, -bound, 0, -1 FROM released
              UNION ALL SELECT counters, 0, bound, 0, 1 FROM reserved) m
        CROSS JOIN unnest(m.counters) AS c (id) GROUP BY c.id
    )
    UPDATE counters k SET spent = k.spent + m.spent, held = k.held + m.held,
        requests = k.requests + m.requests, running = k.running + m.running
    FROM moves m WHERE k.id = m.id;

    IF cardinality(s_ids) > 0 THEN
        PERFORM exq_ledger_cross(p_counters, p_now);
    END IF;
    IF cardinality(b_counters) > 0 THEN
        PERFORM exq_ledger_blocked(b_counters, b_limits, b_amounts, p_now);
    END IF;
    UPDATE nodes n SET batch = p_batch, applied_at = p_now WHERE n.id = p_node;
END $$;

-- Whether all reservations of a batch fit together what exq_ledger_read answered: then no order of
-- arrival matters, and the fast path may book them all.
CREATE FUNCTION exq_ledger_fits(
    r_bounds numeric[], r_counters bigint[], r_rates bigint[], r_tokens bigint[],
    q_counters bigint[], q_amounts numeric[], q_observed boolean[], q_spent numeric[], q_held numeric[],
    g_counters bigint[], g_running bigint[], g_most integer[], v_rates bigint[], v_used bigint[], v_limits bigint[]
) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_fits boolean;
    v_many integer := cardinality(v_rates);
BEGIN
    IF q_counters IS NOT NULL OR g_counters IS NOT NULL THEN
        WITH wanted AS (
            SELECT c.id, sum(r_bounds[(c.place - 1) / 10 + 1]) AS bound, count(*) AS requests
            FROM unnest(r_counters) WITH ORDINALITY AS c (id, place) WHERE c.id <> 0 GROUP BY c.id
        )
        SELECT NOT EXISTS (SELECT FROM unnest(q_counters, q_amounts, q_observed, q_spent, q_held)
                AS q (id, amount, observed, spent, held) JOIN wanted w USING (id)
                WHERE NOT q.observed AND (q.spent >= q.amount OR q.spent + q.held + w.bound > q.amount))
            AND NOT EXISTS (SELECT FROM unnest(g_counters, g_running, g_most) AS g (id, running, most)
                JOIN wanted w USING (id) WHERE g.running + w.requests > g.most)
            INTO v_fits;
        IF NOT v_fits THEN
            RETURN false;
        END IF;
    END IF;
    IF v_rates IS NULL THEN
        RETURN true;
    END IF;
    RETURN NOT EXISTS (
        SELECT FROM unnest(v_rates) WITH ORDINALITY AS v (id, place)
        JOIN (SELECT r.id, count(*) AS requests, sum(r.tokens) AS tokens
              FROM unnest(r_rates, r_tokens) AS r (id, tokens) GROUP BY r.id) w USING (id)
        WHERE v_used[v.place] + w.requests > v_limits[v.place]
            OR v_used[v.place + v_many] + w.tokens > v_limits[v.place + v_many]
            OR v_used[v.place + 2 * v_many] + w.requests > v_limits[v.place + 2 * v_many]
            OR v_used[v.place + 3 * v_many] + w.tokens > v_limits[v.place + 3 * v_many]);
END $$;

-- A whole batch in one call and one commit, if all its reservations fit together. Answers what the
-- reservations were measured against, and 'done', or what stands in the way, and then has written
-- nothing: 'contended' (the slow path decides in order of arrival), 'stale' (a window is over), or
-- an answer of exq_ledger_lock.
CREATE FUNCTION exq_ledger_batch(
    p_node uuid, p_epoch bigint, p_batch bigint, p_from timestamptz, p_until timestamptz,
    p_counters bigint[], p_rates bigint[], p_days timestamptz[],
    s_orgs uuid[], s_ids uuid[], s_charges numeric[], s_tokens bigint[], s_used bigint[],
    s_outcomes text[], s_tiers text[], s_statuses integer[], s_firsts integer[], s_totals integer[],
    x_orgs uuid[], x_ids uuid[],
    r_orgs uuid[], r_ids uuid[], r_projects uuid[], r_keys uuid[], r_members uuid[], r_models text[],
    r_prices uuid[], r_sandboxes boolean[], r_streams boolean[], r_bounds numeric[], r_counters bigint[],
    r_rates bigint[], r_tokens bigint[], r_day_starts timestamptz[], r_day_ends timestamptz[],
    OUT status text, OUT at timestamptz,
    OUT q_counters bigint[], OUT q_budgets uuid[], OUT q_revisions integer[], OUT q_amounts numeric[],
    OUT q_observed boolean[], OUT q_spent numeric[], OUT q_held numeric[], OUT q_running bigint[],
    OUT g_counters bigint[], OUT g_running bigint[], OUT g_most integer[],
    OUT v_rates bigint[], OUT v_revisions integer[], OUT v_used bigint[], OUT v_limits bigint[]
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_counters bigint[];
    v_late boolean;
    v_read record;
BEGIN
    SELECT l.status, l.counters, l.late INTO status, v_counters, v_late
        FROM exq_ledger_lock(p_node, p_epoch, p_batch, s_orgs || x_orgs, s_ids || x_ids, p_counters, p_rates) l;
    at := exq_now();
    IF status <> 'ok' THEN
        RETURN;
    ELSIF at < p_from OR at >= p_until THEN
        status := 'stale';
        RETURN;
    END IF;
    IF cardinality(r_ids) > 0 THEN
        SELECT * INTO v_read FROM exq_ledger_read(at, p_counters, p_rates, p_days, s_orgs, s_ids, s_charges,
            s_used, x_orgs, x_ids);
        q_counters := v_read.q_counters;
        q_budgets := v_read.q_budgets;
        q_revisions := v_read.q_revisions;
        q_amounts := v_read.q_amounts;
        q_observed := v_read.q_observed;
        q_spent := v_read.q_spent;
        q_held := v_read.q_held;
        q_running := v_read.q_running;
        g_counters := v_read.g_counters;
        g_running := v_read.g_running;
        g_most := v_read.g_most;
        v_rates := v_read.v_rates;
        v_revisions := v_read.v_revisions;
        v_used := v_read.v_used;
        v_limits := v_read.v_limits;
        IF NOT exq_ledger_fits(r_bounds, r_counters, r_rates, r_tokens, q_counters, q_amounts, q_observed, q_spent,
                q_held, g_counters, g_running, g_most, v_rates, v_used, v_limits) THEN
            status := 'contended';
            RETURN;
        END IF;
    END IF;
    PERFORM exq_ledger_apply(p_node, p_epoch, p_batch, at, v_counters, v_late,
        s_orgs, s_ids, s_charges, s_tokens, s_used, s_outcomes, s_tiers, s_statuses, s_firsts, s_totals,
        x_orgs, x_ids, r_orgs, r_ids, r_projects, r_keys, r_members, r_models, r_prices, r_sandboxes,
        r_streams, r_bounds, r_counters, r_rates, r_tokens, r_day_starts, r_day_ends, '{}', '{}', '{}');
    status := 'done';
END $$;

-- All of it runs as exq_system, and nobody else may call it.
GRANT CREATE ON SCHEMA public TO exq_system;
DO $$
DECLARE
    f regprocedure;
BEGIN
    FOR f IN SELECT p.oid FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.proname LIKE 'exq\_ledger\_%' LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f);
        EXECUTE format('ALTER FUNCTION %s OWNER TO exq_system', f);
    END LOOP;
END $$;
REVOKE CREATE ON SCHEMA public FROM exq_system;
