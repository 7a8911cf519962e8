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

-- Whether an outcome's charge is not what the provider told.
CREATE FUNCTION exq_doubtful(outcome text) RETURNS boolean LANGUAGE sql IMMUTABLE
    AS $$ SELECT outcome IN ('estimated', 'unknown', 'interrupted') $$;

-- Endings are settlements, and releases as those with the outcome 'released'. e_* are parallel arrays;
-- e_tokens has ten places for each. e_used: tokens for the rate, none to leave the estimate.

-- Endings whose intent is gone though nobody heard of their end: their events were booked at the bound
-- meanwhile. What a late ending replaces; a final event stays.
CREATE FUNCTION exq_ledger_late(e_orgs uuid[], e_ids uuid[], e_charges numeric[], e_outcomes text[])
    RETURNS TABLE (place bigint, org_id uuid, id uuid, counters bigint[], charge numeric, booked numeric)
    LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY SELECT e.place, e.org_id, e.id, v.counters, e.charge, v.charge
        FROM unnest(e_orgs, e_ids, e_charges, e_outcomes) WITH ORDINALITY AS e (org_id, id, charge, outcome, place)
        JOIN events v ON (v.org_id, v.id) = (e.org_id, e.id)
        WHERE NOT EXISTS (SELECT FROM intents i WHERE (i.org_id, i.id) = (e.org_id, e.id))
            AND (v.outcome = 'interrupted' OR v.outcome = 'unknown' AND e.outcome <> 'released')
            AND e.outcome NOT IN ('interrupted', 'unknown')
        ORDER BY e.id;
END $$;

-- What a batch moves in a counter. spent, back (held no more), requests, ended (run no more): by its
-- endings; bound, asked: by its reservations.
CREATE TYPE exq_move AS (id bigint, spent numeric, back numeric, requests bigint, ended bigint, bound numeric, asked bigint);
-- What its endings move in a rate, told apart by the minute and day of their admission.
CREATE TYPE exq_pace AS (rate bigint, minute timestamptz, day timestamptz, requests bigint, tokens bigint);
-- What its reservations are measured against: a budget, or without one the usage limit; a key's guard of
-- requests at once; a rate that has a limit.
CREATE TYPE exq_quota AS (counter bigint, budget uuid, revision integer, amount numeric, observed boolean,
    spent numeric, held numeric, running bigint);
CREATE TYPE exq_crowd AS (counter bigint, running bigint, most integer);
CREATE TYPE exq_rate AS (id bigint, revision integer, minute_requests bigint, minute_tokens bigint, day_requests bigint,
    day_tokens bigint, requests_per_minute bigint, tokens_per_minute bigint, requests_per_day bigint, tokens_per_day bigint);

-- Locks what a batch touches: the node's row, the intents that end by id, counters by id, rates by id.
-- Answers 'ok', or why nothing may be written: 'superseded' (another epoch), 'void' (the number is
-- taken), 'missing' (a counter or rate is gone). No node: for what the reaper books.
--
-- w_*: what the reservations want of each counter. What the endings move is told by the rows that they
-- end, not by the caller's memory. `late`: some endings have no intent any more.
CREATE FUNCTION exq_ledger_lock(
    p_node uuid, p_epoch bigint, p_batch bigint,
    e_orgs uuid[], e_ids uuid[], e_charges numeric[], e_used bigint[], e_outcomes text[],
    w_counters bigint[], w_bounds numeric[], w_requests bigint[], w_rates bigint[],
    OUT status text, OUT late boolean, OUT moves exq_move[], OUT paces exq_pace[]
) LANGUAGE plpgsql AS $$
DECLARE
    v_node nodes;
    v_ending bigint;
    v_locked bigint;
    v_counters bigint[];
    v_rates bigint[];
BEGIN
    late := false;
    IF p_node IS NOT NULL THEN
        SELECT * INTO v_node FROM nodes n WHERE n.id = p_node FOR UPDATE;
        IF v_node IS NULL OR v_node.epoch <> p_epoch THEN
            status := 'superseded';
            RETURN;
        ELSIF v_node.batch <> p_batch - 1 THEN
            status := 'void';
            RETURN;
        END IF;
    END IF;

    WITH ending AS MATERIALIZED (
        SELECT i.counters, i.bound, i.rate_id, i.tokens, i.admitted_at, i.day_starts, e.charge, e.used,
            e.outcome = 'released' AS released
        FROM unnest(e_orgs, e_ids, e_charges, e_used, e_outcomes) AS e (org_id, id, charge, used, outcome)
        JOIN intents i USING (org_id, id)
        ORDER BY i.id FOR UPDATE OF i
    ), moved AS (
        SELECT c.id, e.charge AS spent, e.bound AS back, CASE WHEN e.released THEN 0 ELSE 1 END AS requests, 1 AS ended,
            0::numeric AS bound, 0::bigint AS asked
        FROM ending e CROSS JOIN unnest(e.counters) AS c (id)
        UNION ALL SELECT w.id, 0, 0, 0, 0, w.bound, w.asked FROM unnest(w_counters, w_bounds, w_requests) AS w (id, bound, asked)
    ), summed AS (
        SELECT m.id, sum(m.spent) AS spent, sum(m.back) AS back, sum(m.requests) AS requests, sum(m.ended) AS ended,
            sum(m.bound) AS bound, sum(m.asked)::bigint AS asked FROM moved m GROUP BY m.id
    ), paced AS (
        SELECT e.rate_id, exq_minute(e.admitted_at) AS minute, e.day_starts, -count(*) FILTER (WHERE e.released) AS requests,
            sum(CASE WHEN e.released THEN -e.tokens ELSE e.used - e.tokens END)::bigint AS tokens
        FROM ending e WHERE e.rate_id IS NOT NULL AND (e.released OR e.used IS NOT NULL) GROUP BY 1, 2, 3
    )
    SELECT (SELECT count(*) FROM ending), array_agg(s::exq_move), array_agg(s.id),
            (SELECT array_agg(p::exq_pace) FROM paced p)
        INTO v_ending, moves, v_counters, paces FROM summed s;
    IF v_ending < cardinality(e_ids) THEN
        late := true;
        SELECT array_agg(DISTINCT c.id) INTO v_counters FROM (
            SELECT unnest(v_counters) UNION SELECT unnest(l.counters) FROM exq_ledger_late(e_orgs, e_ids, e_charges, e_outcomes) l
        ) c (id);
    END IF;
    PERFORM FROM counters k WHERE k.id = ANY (v_counters) ORDER BY k.id FOR UPDATE;
    GET DIAGNOSTICS v_locked = ROW_COUNT;
    IF v_locked < cardinality(v_counters) THEN
        status := 'missing';
        RETURN;
    END IF;

    v_rates := w_rates;
    IF paces IS NOT NULL THEN
        SELECT array_agg(DISTINCT r.id) INTO v_rates FROM (SELECT unnest(w_rates) UNION SELECT p.rate FROM unnest(paces) p) r (id);
    END IF;
    PERFORM FROM rates r WHERE r.id = ANY (v_rates) ORDER BY r.id FOR UPDATE;
    GET DIAGNOSTICS v_locked = ROW_COUNT;
    IF v_locked < cardinality(v_rates) THEN
        status := 'missing';
        RETURN;
    END IF;

    IF late THEN
        -- Under the locks of their counters the events stay as they are.
        SELECT array_agg(ROW(a.id, a.spent, a.back, a.requests, a.ended, a.bound, a.asked)::exq_move) INTO moves FROM (
            SELECT m.id, sum(m.spent) AS spent, sum(m.back) AS back, sum(m.requests) AS requests, sum(m.ended) AS ended,
                sum(m.bound) AS bound, sum(m.asked) AS asked
            FROM (SELECT * FROM unnest(moves) UNION ALL SELECT c.id, l.charge - l.booked, 0, 0, 0, 0, 0
                  FROM exq_ledger_late(e_orgs, e_ids, e_charges, e_outcomes) l CROSS JOIN unnest(l.counters) AS c (id)) m
            GROUP BY m.id) a;
    END IF;
    status := 'ok';
END $$;

-- What reservations are measured against, under the locks, after what the batch's endings moved.
-- w_*: what they want together of each rate, and the day that it is asked for. `fits`: they all fit
-- together; then no order of arrival matters.
--
-- No view of budgets in force: by its clock it is read as a whole. Lookups that stand behind OFFSET 0
-- are made for each row, also where a plan was made while the tables were empty.
CREATE FUNCTION exq_ledger_read(
    p_now timestamptz, p_orgs uuid[], p_moves exq_move[], p_paces exq_pace[],
    w_rates bigint[], w_days timestamptz[], w_rate_requests bigint[], w_rate_tokens bigint[],
    OUT quotas exq_quota[], OUT crowds exq_crowd[], OUT paced exq_rate[], OUT fits boolean
) LANGUAGE plpgsql AS $$
DECLARE
    v_full boolean;
BEGIN
    WITH standing AS MATERIALIZED (
        SELECT k.id, k.org_id, k.scope, k.scope_id, k.period, k.spent + m.spent AS spent, k.held - m.back AS held,
            k.running - m.ended AS running, m.bound
        FROM unnest(p_moves) m JOIN counters k ON k.id = m.id WHERE m.asked > 0
    ), quota AS (
        SELECT s.id, b.id AS budget, b.revision, GREATEST(b.amount, r.amount) AS amount, b.observe, s.spent, s.held,
            s.running, s.bound
        FROM standing s
        JOIN budgets b ON (b.org_id, b.scope, b.scope_id, b.period) = (s.org_id, s.scope, s.scope_id, s.period)
        CROSS JOIN LATERAL (SELECT max(r.amount) AS amount FROM raises r
            WHERE r.org_id = b.org_id AND r.budget_id = b.id AND r.starts <= p_now AND p_now < r.ends) r
        UNION ALL
        SELECT s.id, NULL, o.tier, t.usage_limit, false, s.spent, s.held, s.running, s.bound
        FROM standing s JOIN organizations o ON o.org_id = s.org_id
        CROSS JOIN LATERAL (SELECT t.usage_limit FROM tiers t WHERE t.tier <= o.tier ORDER BY t.tier DESC LIMIT 1) t
        WHERE s.scope = 'usage'
    )
    SELECT array_agg(ROW(q.id, q.budget, q.revision, q.amount, q.observe, q.spent, q.held, q.running)::exq_quota),
            COALESCE(bool_and(q.observe OR q.spent < q.amount AND q.spent + q.held + q.bound <= q.amount), true)
        INTO quotas, fits FROM quota q;

    -- Few keys have a guard.
    IF EXISTS (SELECT FROM api_keys a WHERE a.org_id = ANY (p_orgs) AND a.max_running IS NOT NULL) THEN
        -- A request that was admitted yesterday may still run.
        SELECT array_agg(ROW(g.id, g.running, g.most)::exq_crowd), bool_or(g.running + g.asked > g.most)
            INTO crowds, v_full
            FROM (
                SELECT k.id, a.max_running AS most, m.asked, k.running - m.ended + COALESCE((SELECT sum(y.running - COALESCE(e.ended, 0))::bigint
                    FROM counters y LEFT JOIN unnest(p_moves) e ON e.id = y.id
                    WHERE (y.org_id, y.scope, y.scope_id, y.period) = (k.org_id, k.scope, k.scope_id, k.period)
                    AND y.starts < k.starts AND y.starts > k.starts - interval '2 days'), 0) AS running
                FROM unnest(p_moves) m JOIN counters k ON k.id = m.id JOIN api_keys a ON a.org_id = k.org_id AND a.id = k.scope_id
                WHERE m.asked > 0 AND k.scope = 'key' AND k.period = 'day' AND a.max_running IS NOT NULL OFFSET 0
            ) g;
        fits := fits AND NOT COALESCE(v_full, false);
    END IF;

    SELECT array_agg(ROW(r.id, r.revision, u.minute_requests, u.minute_tokens, u.day_requests, u.day_tokens,
                r.requests_per_minute, r.tokens_per_minute, r.requests_per_day, r.tokens_per_day)::exq_rate),
            bool_or(COALESCE(u.minute_requests + r.requests > r.requests_per_minute, false)
                OR COALESCE(u.minute_tokens + r.tokens > r.tokens_per_minute, false)
                OR COALESCE(u.day_requests + r.requests > r.requests_per_day, false)
                OR COALESCE(u.day_tokens + r.tokens > r.tokens_per_day, false))
        INTO paced, v_full
        FROM (
            SELECT r.*, w.day AS asked, w.requests, w.tokens, COALESCE(l.revision, 0) AS revision,
                LEAST(l.requests_per_minute, t.requests_per_minute) AS requests_per_minute,
                LEAST(l.tokens_per_minute, t.tokens_per_minute) AS tokens_per_minute,
                LEAST(l.requests_per_day, t.requests_per_day) AS requests_per_day,
                LEAST(l.tokens_per_day, t.tokens_per_day) AS tokens_per_day
            FROM unnest(w_rates, w_days, w_rate_requests, w_rate_tokens) AS w (id, day, requests, tokens)
            CROSS JOIN LATERAL (SELECT * FROM rates r WHERE r.id = w.id OFFSET 0) r
            JOIN organizations o ON o.org_id = r.org_id
            CROSS JOIN LATERAL (SELECT t.* FROM tiers t WHERE t.tier <= o.tier ORDER BY t.tier DESC LIMIT 1) t
            LEFT JOIN rate_limits l ON (l.org_id, l.project_id, l.model) = (r.org_id, r.project_id, r.model)
        ) r
        CROSS JOIN LATERAL (
            SELECT sum(p.requests) FILTER (WHERE p.minute = r.minute) AS minute_requests,
                sum(p.tokens) FILTER (WHERE p.minute = r.minute) AS minute_tokens,
                sum(p.requests) FILTER (WHERE p.day = r.day) AS day_requests,
                sum(p.tokens) FILTER (WHERE p.day = r.day) AS day_tokens
            FROM unnest(p_paces) p WHERE p.rate = r.id
        ) b
        CROSS JOIN LATERAL (
            SELECT CASE WHEN r.minute >= exq_minute(p_now) THEN GREATEST(r.minute_requests + COALESCE(b.minute_requests, 0), 0) ELSE 0 END::bigint AS minute_requests,
                CASE WHEN r.minute >= exq_minute(p_now) THEN GREATEST(r.minute_tokens + COALESCE(b.minute_tokens, 0), 0) ELSE 0 END::bigint AS minute_tokens,
                CASE WHEN r.day >= r.asked THEN GREATEST(r.day_requests + COALESCE(b.day_requests, 0), 0) ELSE 0 END::bigint AS day_requests,
                CASE WHEN r.day >= r.asked THEN GREATEST(r.day_tokens + COALESCE(b.day_tokens, 0), 0) ELSE 0 END::bigint AS day_tokens
        ) u
        WHERE num_nonnulls(r.requests_per_minute, r.tokens_per_minute, r.requests_per_day, r.tokens_per_day) > 0;
    fits := fits AND NOT COALESCE(v_full, false);
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
        LEFT JOIN budgets b ON (b.org_id, b.scope, b.scope_id, b.period) = (k.org_id, k.scope, k.scope_id, k.period)
        CROSS JOIN LATERAL (SELECT max(r.amount) AS amount FROM raises r
            WHERE r.org_id = b.org_id AND r.budget_id = b.id AND r.starts <= p_now AND p_now < r.ends) r
        CROSS JOIN LATERAL (SELECT COALESCE(t.amount, round(GREATEST(b.amount, r.amount) * t.percent / 100, 12)) AS fires_at) l
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
            'starts', k.starts, 'ends', k.ends, 'spent', k.spent::text, 'budget', GREATEST(b.amount, r.amount)::text,
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
    LEFT JOIN budgets b ON (b.org_id, b.scope, b.scope_id, b.period) = (k.org_id, k.scope, k.scope_id, k.period)
    CROSS JOIN LATERAL (SELECT max(r.amount) AS amount FROM raises r
        WHERE r.org_id = b.org_id AND r.budget_id = b.id AND r.starts <= p_now AND p_now < r.ends) r;
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

-- Replaces what an event was booked with, and its share of the rollups. Its counters, which are locked
-- already, are the caller's to move. p_tokens: ten, one for each class.
CREATE FUNCTION exq_ledger_replace(
    p_org uuid, p_id uuid, p_charge numeric, p_tokens bigint[], p_outcome text, p_now timestamptz
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v events;
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
            v.model, v.sandbox, 0, exq_doubtful(p_outcome)::integer - exq_doubtful(v.outcome)::integer,
            p_tokens[1] - v.input, p_tokens[2] - v.cached, p_tokens[3] - v.cache_write, p_tokens[4] - v.cache_write_1h,
            p_tokens[5] - v.audio_input, p_tokens[6] - v.image_input, p_tokens[7] - v.output,
            p_tokens[8] - v.reasoning, p_tokens[9] - v.audio_output, p_tokens[10] - v.image_output,
            p_charge - v.charge);
END $$;

-- Books a batch under locks that are held: endings, reservations, what both move in counters and rates;
-- then crossings. w_*: what the admitted reservations want together of each rate. r_* (reservations) are parallel
-- arrays; r_counters: each as the text of an array. f_*: budgets and usage limits that refused.
CREATE FUNCTION exq_ledger_write(
    p_node uuid, p_epoch bigint, p_batch bigint, p_now timestamptz,
    e_orgs uuid[], e_ids uuid[], e_charges numeric[], e_tokens bigint[],
    e_outcomes text[], e_tiers text[], e_statuses integer[], e_firsts integer[], e_totals integer[],
    r_orgs uuid[], r_ids uuid[], r_projects uuid[], r_keys uuid[], r_members uuid[], r_models text[],
    r_prices uuid[], r_sandboxes boolean[], r_streams boolean[], r_bounds numeric[], r_counters text[],
    r_rates bigint[], r_tokens bigint[], r_day_starts timestamptz[], r_day_ends timestamptz[],
    w_rates bigint[], w_days timestamptz[], w_rate_requests bigint[], w_rate_tokens bigint[],
    p_late boolean, p_moves exq_move[], p_paces exq_pace[],
    f_counters bigint[], f_limits uuid[], f_amounts numeric[]
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v record;
BEGIN
    IF p_late THEN
        -- Before the endings below remove the intents.
        FOR v IN SELECT * FROM exq_ledger_late(e_orgs, e_ids, e_charges, e_outcomes) LOOP
            PERFORM exq_ledger_replace(v.org_id, v.id, v.charge, e_tokens[(v.place - 1) * 10 + 1 : v.place * 10],
                e_outcomes[v.place], p_now);
            UPDATE events e SET status = e_statuses[v.place], service_tier = e_tiers[v.place],
                first_token_ms = e_firsts[v.place], total_ms = e_totals[v.place]
                WHERE e.org_id = v.org_id AND e.id = v.id;
        END LOOP;
    END IF;
    IF cardinality(e_ids) > 0 THEN
        WITH gone AS (
            DELETE FROM intents i USING unnest(e_orgs, e_ids, e_charges, e_outcomes, e_tiers, e_statuses, e_firsts, e_totals)
                WITH ORDINALITY AS e (org_id, id, charge, outcome, tier, status, first_ms, total_ms, place)
            WHERE i.org_id = e.org_id AND i.id = e.id
            RETURNING i.*, e.charge, e.outcome, e.tier, e.status, e.first_ms, e.total_ms, (e.place - 1) * 10 AS at
        ), booked AS (
            INSERT INTO events (org_id, id, project_id, key_id, member_id, model, price_id, sandbox, streamed,
                outcome, status, service_tier, input, cached, cache_write, cache_write_1h, audio_input, image_input,
                output, reasoning, audio_output, image_output, charge, bound, counters, day_starts, day_ends,
                admitted_at, settled_at, first_token_ms, total_ms)
            SELECT g.org_id, g.id, g.project_id, g.key_id, g.member_id, g.model, g.price_id, g.sandbox, g.streamed,
                g.outcome, g.status, g.tier, e_tokens[g.at + 1], e_tokens[g.at + 2], e_tokens[g.at + 3],
                e_tokens[g.at + 4], e_tokens[g.at + 5], e_tokens[g.at + 6], e_tokens[g.at + 7], e_tokens[g.at + 8],
                e_tokens[g.at + 9], e_tokens[g.at + 10], g.charge, g.bound, g.counters, g.day_starts,
                g.day_ends, g.admitted_at, p_now, g.first_ms, g.total_ms
            FROM gone g WHERE g.outcome <> 'released'
            RETURNING *
        )
        INSERT INTO deltas (org_id, quarter, day_starts, day_ends, project_id, key_id, member_id, model,
            sandbox, requests, estimated, unpriced, input, cached, cache_write, cache_write_1h, audio_input,
            image_input, output, reasoning, audio_output, image_output, charge)
        SELECT b.org_id, exq_quarter(b.admitted_at), b.day_starts, b.day_ends, b.project_id, b.key_id,
            b.member_id, b.model, b.sandbox, count(*), count(*) FILTER (WHERE exq_doubtful(b.outcome)),
            count(*) - count(b.price_id), sum(b.input), sum(b.cached), sum(b.cache_write), sum(b.cache_write_1h),
            sum(b.audio_input), sum(b.image_input), sum(b.output), sum(b.reasoning), sum(b.audio_output),
            sum(b.image_output), sum(b.charge)
        FROM booked b GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9;
    END IF;
    IF cardinality(r_ids) > 0 THEN
        INSERT INTO intents (org_id, id, node_id, epoch, project_id, key_id, member_id, model, price_id,
            sandbox, streamed, bound, counters, rate_id, tokens, day_starts, day_ends, admitted_at)
        SELECT r.org_id, r.id, p_node, p_epoch, r.project_id, r.key_id, r.member_id, r.model, r.price_id,
            r.sandbox, r.streamed, r.bound, r.counters::bigint[], r.rate_id, r.tokens, r.day_starts, r.day_ends, p_now
        FROM unnest(r_orgs, r_ids, r_projects, r_keys, r_members, r_models, r_prices, r_sandboxes,
                r_streams, r_bounds, r_counters, r_rates, r_tokens, r_day_starts, r_day_ends)
            AS r (org_id, id, project_id, key_id, member_id, model, price_id, sandbox, streamed, bound, counters,
                rate_id, tokens, day_starts, day_ends);
        UPDATE rates r SET minute = GREATEST(r.minute, exq_minute(p_now)), day = GREATEST(r.day, w.day),
            minute_requests = CASE WHEN r.minute < exq_minute(p_now) THEN 0 ELSE r.minute_requests END + w.requests,
            minute_tokens = CASE WHEN r.minute < exq_minute(p_now) THEN 0 ELSE r.minute_tokens END + w.tokens,
            day_requests = CASE WHEN r.day < w.day THEN 0 ELSE r.day_requests END + w.requests,
            day_tokens = CASE WHEN r.day < w.day THEN 0 ELSE r.day_tokens END + w.tokens
        FROM unnest(w_rates, w_days, w_rate_requests, w_rate_tokens) AS w (id, day, requests, tokens) WHERE r.id = w.id;
    END IF;
    UPDATE counters k SET spent = k.spent + m.spent, held = k.held - m.back + m.bound,
        requests = k.requests + m.requests, running = k.running - m.ended + m.asked
    FROM unnest(p_moves) m WHERE k.id = m.id;
    IF p_paces IS NOT NULL THEN
        -- In a minute or day that is over they correct nothing.
        UPDATE rates r SET minute_requests = GREATEST(r.minute_requests + m.minute_requests, 0),
            minute_tokens = GREATEST(r.minute_tokens + m.minute_tokens, 0),
            day_requests = GREATEST(r.day_requests + m.day_requests, 0), day_tokens = GREATEST(r.day_tokens + m.day_tokens, 0)
        FROM (SELECT q.id, COALESCE(sum(p.requests) FILTER (WHERE p.minute = q.minute), 0) AS minute_requests,
                COALESCE(sum(p.tokens) FILTER (WHERE p.minute = q.minute), 0) AS minute_tokens,
                COALESCE(sum(p.requests) FILTER (WHERE p.day = q.day), 0) AS day_requests,
                COALESCE(sum(p.tokens) FILTER (WHERE p.day = q.day), 0) AS day_tokens
              FROM unnest(p_paces) p JOIN rates q ON q.id = p.rate GROUP BY q.id) m
        WHERE r.id = m.id;
    END IF;

    -- Most of the time nothing crosses.
    IF EXISTS (
        SELECT FROM unnest(p_moves) m JOIN counters k ON k.id = m.id
        JOIN thresholds t ON (t.org_id, t.scope, t.scope_id, t.period) = (k.org_id, k.scope, k.scope_id, k.period)
        LEFT JOIN budgets b ON (b.org_id, b.scope, b.scope_id, b.period) = (k.org_id, k.scope, k.scope_id, k.period)
        CROSS JOIN LATERAL (SELECT max(r.amount) AS amount FROM raises r
            WHERE r.org_id = b.org_id AND r.budget_id = b.id AND r.starts <= p_now AND p_now < r.ends) r
        CROSS JOIN LATERAL (SELECT COALESCE(t.amount, round(GREATEST(b.amount, r.amount) * t.percent / 100, 12)) AS fires_at) l
        WHERE m.spent > 0 AND k.spent >= l.fires_at
            AND NOT EXISTS (SELECT FROM crossings c WHERE (c.org_id, c.kind, c.subject_id, c.counter_id, c.fires_at)
                = (k.org_id, 'threshold', t.id, k.id, l.fires_at))
    ) THEN
        PERFORM exq_ledger_cross(ARRAY(SELECT m.id FROM unnest(p_moves) m), p_now);
    END IF;
    IF cardinality(f_counters) > 0 THEN
        PERFORM exq_ledger_blocked(f_counters, f_limits, f_amounts, p_now);
    END IF;
    UPDATE nodes n SET batch = p_batch, applied_at = p_now WHERE n.id = p_node;
END $$;

-- A whole batch in one call and one commit, if all its reservations fit together. Answers what the
-- reservations were measured against, and 'done', or what stands in the way, and then has written
-- nothing: 'contended' (the slow path decides in order of arrival), 'stale' (a window is over), or
-- an answer of exq_ledger_lock.
CREATE FUNCTION exq_ledger_batch(
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
    l record;
    m record;
BEGIN
    SELECT * INTO l FROM exq_ledger_lock(p_node, p_epoch, p_batch, e_orgs, e_ids, e_charges, e_used, e_outcomes,
        w_counters, w_bounds, w_requests, w_rates);
    status := l.status;
    at := exq_now();
    IF status <> 'ok' THEN
        RETURN;
    ELSIF at < p_from OR at >= p_until THEN
        status := 'stale';
        RETURN;
    END IF;
    IF cardinality(r_ids) > 0 THEN
        SELECT * INTO m FROM exq_ledger_read(at, r_orgs, l.moves, l.paces, w_rates, w_days, w_rate_requests, w_rate_tokens);
        quotas := m.quotas;
        crowds := m.crowds;
        paced := m.paced;
        IF NOT m.fits THEN
            status := 'contended';
            RETURN;
        END IF;
    END IF;
    PERFORM exq_ledger_write(p_node, p_epoch, p_batch, at,
        e_orgs, e_ids, e_charges, e_tokens, e_outcomes, e_tiers, e_statuses, e_firsts, e_totals,
        r_orgs, r_ids, r_projects, r_keys, r_members, r_models, r_prices, r_sandboxes,
        r_streams, r_bounds, r_counters, r_rates, r_tokens, r_day_starts, r_day_ends,
        w_rates, w_days, w_rate_requests, w_rate_tokens, l.late, l.moves, l.paces, '{}', '{}', '{}');
    status := 'done';
END $$;

-- Books intents that nobody owns any more at their bound, as the reaper has found and locked them.
CREATE FUNCTION exq_ledger_interrupt(p_orgs uuid[], p_ids uuid[], p_bounds numeric[], p_now timestamptz)
    RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    l record;
    v_many integer := cardinality(p_ids);
    v_outcomes text[] := array_fill('interrupted'::text, ARRAY[v_many]);
    v_none integer[] := array_fill(NULL::integer, ARRAY[v_many]);
BEGIN
    SELECT * INTO l FROM exq_ledger_lock(NULL, NULL, NULL, p_orgs, p_ids, p_bounds, v_none::bigint[], v_outcomes,
        '{}', '{}', '{}', '{}');
    -- A counter that is gone, which reconcile names, must not stop what the others hold.
    PERFORM exq_ledger_write(NULL, NULL, NULL, p_now,
        p_orgs, p_ids, p_bounds, array_fill(0::bigint, ARRAY[v_many * 10]), v_outcomes,
        array_fill('default'::text, ARRAY[v_many]), v_none, v_none, v_none,
        '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}',
        '{}', '{}', '{}', '{}', l.late, l.moves, l.paces, '{}', '{}', '{}');
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
