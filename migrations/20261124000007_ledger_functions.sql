-- The ledger's batch. Every statement of a PL/pgSQL function takes a new snapshot, so amounts and
-- thresholds are read as they are after the wait for the locks (READ COMMITTED).

-- Locks what a batch touches, in the one order: node, intents by id, counters by id.
-- Answers 'ok', 'superseded' (another epoch), 'void' (the number is taken) or 'missing'.
CREATE FUNCTION exq_ledger_lock(
    p_node uuid, p_epoch bigint, p_batch bigint,
    p_end_orgs uuid[], p_ends uuid[], p_counters bigint[],
    OUT status text, OUT counters bigint[]
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_node nodes;
    v_count bigint;
BEGIN
    SELECT * INTO v_node FROM nodes n WHERE n.id = p_node FOR UPDATE;
    IF v_node IS NULL OR v_node.epoch <> p_epoch THEN
        status := 'superseded';
        RETURN;
    ELSIF v_node.batch <> p_batch - 1 THEN
        status := 'void';
        RETURN;
    END IF;

    PERFORM 1 FROM intents i JOIN unnest(p_end_orgs, p_ends) AS e (org_id, id) USING (org_id, id)
        ORDER BY i.id FOR UPDATE OF i;
    -- What the ending intents hold is told by their rows, not by the caller's memory.
    SELECT array_agg(DISTINCT c.id) INTO counters FROM (
        SELECT unnest(p_counters) AS id
        UNION SELECT unnest(i.counters) FROM intents i
            JOIN unnest(p_end_orgs, p_ends) AS e (org_id, id) USING (org_id, id)
        UNION SELECT unnest(v.counters) FROM events v
            JOIN unnest(p_end_orgs, p_ends) AS e (org_id, id) USING (org_id, id)
    ) c;
    counters := COALESCE(counters, '{}');
    WITH locked AS (
        SELECT k.id FROM counters k WHERE k.id = ANY (exq_ledger_lock.counters) ORDER BY k.id FOR UPDATE
    ) SELECT count(*) INTO v_count FROM locked;
    status := CASE WHEN v_count = cardinality(counters) THEN 'ok' ELSE 'missing' END;
END $$;

-- Whether all reservations of a batch fit together, after what its endings give back: then no order
-- of arrival matters and the fast path may book them all.
CREATE FUNCTION exq_ledger_fits(
    s_orgs uuid[], s_ids uuid[], s_charges numeric[], x_orgs uuid[], x_ids uuid[],
    r_bounds numeric[], r_counters bigint[]
) RETURNS boolean LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH wanted AS (
        SELECT c.id, sum(r_bounds[(c.place - 1) / 9 + 1]) AS bound
        FROM unnest(r_counters) WITH ORDINALITY AS c (id, place) GROUP BY c.id
    ), back AS (
        SELECT c.id, sum(e.charge) AS spent, sum(i.bound) AS held
        FROM (SELECT * FROM unnest(s_orgs, s_ids, s_charges) AS s (org_id, id, charge)
              UNION ALL SELECT x.org_id, x.id, 0 FROM unnest(x_orgs, x_ids) AS x (org_id, id)) e
        JOIN intents i USING (org_id, id) CROSS JOIN unnest(i.counters) AS c (id) GROUP BY c.id
    )
    SELECT COALESCE(bool_and(
        k.spent + COALESCE(back.spent, 0) < b.amount
        AND k.spent + COALESCE(back.spent, 0) + k.held - COALESCE(back.held, 0) + wanted.bound <= b.amount
    ), true)
    FROM wanted JOIN counters k ON k.id = wanted.id
    JOIN budgets b ON (b.org_id, b.scope, b.scope_id, b.period) = (k.org_id, k.scope, k.scope_id, k.period)
    LEFT JOIN back ON back.id = k.id
$$;

-- Crossings of the given counters, by level, and one mail per counter and verified owner that names
-- all thresholds crossed at once. Called wherever spend, an amount or a threshold moved.
CREATE FUNCTION exq_ledger_cross(p_counters bigint[], p_now timestamptz) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH crossed AS (
        INSERT INTO crossings (org_id, id, kind, subject_id, counter_id, fires_at, spent, crossed_at)
        SELECT k.org_id, exq_id(), 'threshold', t.id, k.id, l.fires_at, k.spent, p_now
        FROM counters k
        JOIN thresholds t ON (t.org_id, t.scope, t.scope_id, t.period) = (k.org_id, k.scope, k.scope_id, k.period)
        LEFT JOIN budgets b ON (b.org_id, b.scope, b.scope_id, b.period) = (k.org_id, k.scope, k.scope_id, k.period)
        CROSS JOIN LATERAL (SELECT COALESCE(t.amount, round(b.amount * t.percent / 100, 12)) AS fires_at) l
        WHERE k.id = ANY (p_counters) AND k.spent > 0 AND k.spent >= l.fires_at
        ORDER BY t.id
        ON CONFLICT ON CONSTRAINT crossings_once DO NOTHING
        RETURNING *
    )
    INSERT INTO outbox (org_id, id, template, params, recipient_id, recipient)
    SELECT k.org_id, exq_id(), 'threshold', jsonb_build_object(
            'organization', o.name, 'zone', o.zone, 'scope', k.scope, 'scope_id', k.scope_id,
            'scope_name', COALESCE(p.name, a.name, o.name), 'period', k.period,
            'starts', k.starts, 'ends', k.ends, 'spent', k.spent::text, 'budget', b.amount::text,
            'thresholds', c.thresholds, 'crossings', c.crossings),
        u.id, u.email
    FROM (SELECT crossed.org_id, crossed.counter_id, jsonb_agg(jsonb_build_object(
            'fires_at', crossed.fires_at::text, 'percent', t.percent) ORDER BY crossed.fires_at) AS thresholds,
            jsonb_agg(crossed.id) AS crossings
          FROM crossed JOIN thresholds t ON (t.org_id, t.id) = (crossed.org_id, crossed.subject_id)
          GROUP BY crossed.org_id, crossed.counter_id) c
    JOIN counters k ON k.id = c.counter_id
    JOIN organizations o ON o.org_id = k.org_id
    LEFT JOIN projects p ON (p.org_id, p.id) = (k.org_id, k.scope_id)
    LEFT JOIN api_keys a ON (a.org_id, a.id) = (k.org_id, k.scope_id)
    LEFT JOIN budgets b ON (b.org_id, b.scope, b.scope_id, b.period) = (k.org_id, k.scope, k.scope_id, k.period)
    JOIN memberships m ON m.org_id = k.org_id AND m.role = 'owner'
    JOIN users u ON u.id = m.user_id AND u.verified_at IS NOT NULL
$$;

-- The first refusal by a budget in a window is an alert by itself; by a raised amount, a new one. A
-- request too large while more than a tenth is left must not use up the alert that the budget is
-- as good as spent.
CREATE FUNCTION exq_ledger_blocked(p_counters bigint[], p_budgets uuid[], p_now timestamptz) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH blocked AS (
        INSERT INTO crossings (org_id, id, kind, subject_id, counter_id, fires_at, spent, crossed_at)
        SELECT DISTINCT ON (b.id, k.id) k.org_id, exq_id(), CASE WHEN (b.amount - k.spent) * 10 > b.amount THEN 'refused' ELSE 'blocked' END,
            b.id, k.id, b.amount, k.spent, p_now
        FROM unnest(p_counters, p_budgets) AS w (counter_id, budget_id)
        JOIN counters k ON k.id = w.counter_id
        JOIN budgets b ON (b.org_id, b.id) = (k.org_id, w.budget_id)
        ORDER BY b.id, k.id
        ON CONFLICT ON CONSTRAINT crossings_once DO NOTHING
        RETURNING *
    )
    INSERT INTO outbox (org_id, id, template, params, recipient_id, recipient)
    SELECT k.org_id, exq_id(), 'blocked', jsonb_build_object(
            'organization', o.name, 'zone', o.zone, 'scope', k.scope, 'scope_id', k.scope_id,
            'scope_name', COALESCE(p.name, a.name, o.name), 'period', k.period,
            'starts', k.starts, 'ends', k.ends, 'spent', k.spent::text, 'budget', b.amount::text,
            'since', p_now, 'crossings', jsonb_build_array(blocked.id)),
        u.id, u.email
    FROM blocked
    JOIN counters k ON k.id = blocked.counter_id
    JOIN budgets b ON (b.org_id, b.id) = (blocked.org_id, blocked.subject_id)
    JOIN organizations o ON o.org_id = k.org_id
    LEFT JOIN projects p ON (p.org_id, p.id) = (k.org_id, k.scope_id)
    LEFT JOIN api_keys a ON (a.org_id, a.id) = (k.org_id, k.scope_id)
    JOIN memberships m ON m.org_id = k.org_id AND m.role = 'owner'
    JOIN users u ON u.id = m.user_id AND u.verified_at IS NOT NULL
$$;

-- The rest of the quarter-of-an-hour of an instant.
CREATE FUNCTION exq_quarter(at timestamptz) RETURNS timestamptz LANGUAGE sql IMMUTABLE
    AS $$ SELECT date_bin('15 minutes', at, timestamptz '2000-01-01 00:00:00Z') $$;

-- A settlement whose intent is gone: an event that was booked at its bound is replaced and the
-- difference booked; a final one stays.
CREATE FUNCTION exq_ledger_late(
    p_org uuid, p_id uuid, p_charge numeric, p_input bigint, p_cached bigint, p_output bigint,
    p_outcome text, p_status integer, p_first integer, p_total integer, p_now timestamptz
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v events;
BEGIN
    SELECT * INTO v FROM events e WHERE e.org_id = p_org AND e.id = p_id FOR UPDATE;
    IF v IS NULL OR v.outcome NOT IN ('interrupted', 'unknown') OR p_outcome IN ('interrupted', 'unknown') THEN
        RETURN;
    END IF;
    UPDATE events e SET charge = p_charge, input = p_input, cached = p_cached, output = p_output,
        outcome = p_outcome, status = p_status, first_token_ms = p_first, total_ms = p_total, settled_at = p_now
        WHERE e.org_id = p_org AND e.id = p_id;
    INSERT INTO deltas (org_id, quarter, day_starts, day_ends, project_id, key_id, member_id, model,
            sandbox, requests, estimated, input, cached, output, charge)
        VALUES (p_org, exq_quarter(v.admitted_at), v.day_starts, v.day_ends, v.project_id, v.key_id,
            v.member_id, v.model, v.sandbox, 0, CASE WHEN p_outcome = 'answered' THEN -1 ELSE 0 END,
            p_input - v.input, p_cached - v.cached, p_output - v.output, p_charge - v.charge);
    UPDATE counters k SET spent = k.spent + p_charge - v.charge WHERE k.id = ANY (v.counters);
END $$;

-- Books a batch under locks that are held: settlements, releases, reservations; then crossings.
-- Every reservation brings nine counters; s_*, x_* and r_* are parallel arrays.
CREATE FUNCTION exq_ledger_apply(
    p_node uuid, p_epoch bigint, p_batch bigint, p_now timestamptz, p_counters bigint[],
    s_orgs uuid[], s_ids uuid[], s_charges numeric[], s_inputs bigint[], s_cacheds bigint[], s_outputs bigint[],
    s_outcomes text[], s_statuses integer[], s_firsts integer[], s_totals integer[],
    x_orgs uuid[], x_ids uuid[],
    r_orgs uuid[], r_ids uuid[], r_projects uuid[], r_keys uuid[], r_members uuid[], r_models text[],
    r_prices uuid[], r_sandboxes boolean[], r_streams boolean[], r_bounds numeric[], r_counters bigint[],
    r_day_starts timestamptz[], r_day_ends timestamptz[],
    b_counters bigint[], b_budgets uuid[]
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_late record;
BEGIN
    -- Before the endings below remove the intents: which settlements come too late for one.
    FOR v_late IN
        SELECT s.* FROM unnest(s_orgs, s_ids, s_charges, s_inputs, s_cacheds, s_outputs, s_outcomes,
                s_statuses, s_firsts, s_totals)
            AS s (org_id, id, charge, input, cached, output, outcome, status, first_ms, total_ms)
        WHERE NOT EXISTS (SELECT FROM intents i WHERE (i.org_id, i.id) = (s.org_id, s.id))
        ORDER BY s.id
    LOOP
        PERFORM exq_ledger_late(v_late.org_id, v_late.id, v_late.charge, v_late.input, v_late.cached,
            v_late.output, v_late.outcome, v_late.status, v_late.first_ms, v_late.total_ms, p_now);
    END LOOP;

    WITH settled AS (
        SELECT * FROM unnest(s_orgs, s_ids, s_charges, s_inputs, s_cacheds, s_outputs, s_outcomes,
                s_statuses, s_firsts, s_totals)
            AS s (org_id, id, charge, input, cached, output, outcome, status, first_ms, total_ms)
    ), gone AS (
        DELETE FROM intents i USING settled s WHERE i.org_id = s.org_id AND i.id = s.id
        RETURNING i.*, s.charge, s.input, s.cached, s.output, s.outcome, s.status, s.first_ms, s.total_ms
    ), released AS (
        DELETE FROM intents i USING unnest(x_orgs, x_ids) AS x (org_id, id)
        WHERE i.org_id = x.org_id AND i.id = x.id RETURNING i.counters, i.bound
    ), reserved AS (
        INSERT INTO intents (org_id, id, node_id, epoch, project_id, key_id, member_id, model, price_id,
            sandbox, streamed, bound, counters, day_starts, day_ends, admitted_at)
        SELECT r.org_id, r.id, p_node, p_epoch, r.project_id, r.key_id, r.member_id, r.model, r.price_id,
            r.sandbox, r.streamed, r.bound,
            r_counters[(r.place - 1) * 9 + 1 : r.place * 9], r.day_starts, r.day_ends, p_now
        FROM unnest(r_orgs, r_ids, r_projects, r_keys, r_members, r_models, r_prices, r_sandboxes,
                r_streams, r_bounds, r_day_starts, r_day_ends) WITH ORDINALITY
            AS r (org_id, id, project_id, key_id, member_id, model, price_id, sandbox, streamed, bound,
                day_starts, day_ends, place)
        RETURNING counters, bound
    ), booked AS (
        INSERT INTO events (org_id, id, project_id, key_id, member_id, model, price_id, sandbox, streamed,
            outcome, status, input, cached, output, charge, bound, counters, day_starts, day_ends,
            admitted_at, settled_at, first_token_ms, total_ms)
        SELECT g.org_id, g.id, g.project_id, g.key_id, g.member_id, g.model, g.price_id, g.sandbox, g.streamed,
            g.outcome, g.status, g.input, g.cached, g.output, g.charge, g.bound, g.counters, g.day_starts,
            g.day_ends, g.admitted_at, p_now, g.first_ms, g.total_ms
        FROM gone g
    ), summed AS (
        INSERT INTO deltas (org_id, quarter, day_starts, day_ends, project_id, key_id, member_id, model,
            sandbox, requests, estimated, input, cached, output, charge)
        SELECT g.org_id, exq_quarter(g.admitted_at), g.day_starts, g.day_ends, g.project_id, g.key_id,
            g.member_id, g.model, g.sandbox, count(*), count(*) FILTER (WHERE g.outcome <> 'answered'),
            sum(g.input), sum(g.cached), sum(g.output), sum(g.charge)
        FROM gone g GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
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
        PERFORM exq_ledger_blocked(b_counters, b_budgets, p_now);
    END IF;
    UPDATE nodes n SET batch = p_batch, applied_at = p_now WHERE n.id = p_node;
END $$;

-- A whole batch in one call and one commit, if all its reservations fit together.
-- Answers 'done', or what stands in the way, and then has written nothing: 'contended' (the slow
-- path decides in order of arrival), 'stale' (a window is over), or an answer of exq_ledger_lock.
CREATE FUNCTION exq_ledger_batch(
    p_node uuid, p_epoch bigint, p_batch bigint, p_from timestamptz, p_until timestamptz, p_counters bigint[],
    s_orgs uuid[], s_ids uuid[], s_charges numeric[], s_inputs bigint[], s_cacheds bigint[], s_outputs bigint[],
    s_outcomes text[], s_statuses integer[], s_firsts integer[], s_totals integer[],
    x_orgs uuid[], x_ids uuid[],
    r_orgs uuid[], r_ids uuid[], r_projects uuid[], r_keys uuid[], r_members uuid[], r_models text[],
    r_prices uuid[], r_sandboxes boolean[], r_streams boolean[], r_bounds numeric[], r_counters bigint[],
    r_day_starts timestamptz[], r_day_ends timestamptz[],
    OUT status text, OUT at timestamptz
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_counters bigint[];
BEGIN
    SELECT l.status, l.counters INTO status, v_counters
        FROM exq_ledger_lock(p_node, p_epoch, p_batch, s_orgs || x_orgs, s_ids || x_ids, p_counters) l;
    at := exq_now();
    IF status <> 'ok' THEN
        RETURN;
    ELSIF at < p_from OR at >= p_until THEN
        status := 'stale';
    ELSIF NOT exq_ledger_fits(s_orgs, s_ids, s_charges, x_orgs, x_ids, r_bounds, r_counters) THEN
        status := 'contended';
    ELSE
        PERFORM exq_ledger_apply(p_node, p_epoch, p_batch, at, v_counters,
            s_orgs, s_ids, s_charges, s_inputs, s_cacheds, s_outputs, s_outcomes, s_statuses, s_firsts, s_totals,
            x_orgs, x_ids, r_orgs, r_ids, r_projects, r_keys, r_members, r_models, r_prices, r_sandboxes,
            r_streams, r_bounds, r_counters, r_day_starts, r_day_ends, '{}', '{}');
        status := 'done';
    END IF;
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
