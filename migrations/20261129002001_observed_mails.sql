-- A threshold's mail says whether the budget is observed only: then it refuses nothing. The rest of the
-- function stays as it was.
CREATE OR REPLACE FUNCTION exq_ledger_cross(p_counters bigint[], p_now timestamptz) RETURNS void
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
            'starts', k.starts, 'ends', k.ends, 'spent', k.spent::text, 'budget', GREATEST(b.amount, r.amount)::text, 'observe', COALESCE(b.observe, false),
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
