-- What a request is measured against is read once and kept in the rows that its batch locks anyway:
-- amount, guard and next threshold in the counter, limits in the rate. What changes one of these makes
-- the rows forget it, by trigger, so that no way around it is left; the next batch reads it anew. What comes
-- from the table of tiers, which concerns everybody, they forget by themselves after a second.
ALTER TABLE counters
    ADD COLUMN known_until timestamptz NOT NULL DEFAULT '-infinity',
    ADD COLUMN amount numeric(30, 12),
    ADD COLUMN budget_id uuid,
    ADD COLUMN revision integer NOT NULL DEFAULT 0,
    ADD COLUMN observe boolean NOT NULL DEFAULT false,
    ADD COLUMN most_running integer,
    ADD COLUMN alarm_at numeric(30, 12);
COMMENT ON COLUMN counters.known_until IS 'The following columns are right before this instant; then they are read anew.';
COMMENT ON COLUMN counters.amount IS 'The budget''s amount with its raises, or the usage limit; none for no limit.';
COMMENT ON COLUMN counters.revision IS 'Of the budget; of a usage limit, the tier.';
COMMENT ON COLUMN counters.most_running IS 'The guard of a key, in its counters of a day.';
COMMENT ON COLUMN counters.alarm_at IS 'The least spend that crosses a threshold which is not crossed yet.';
ALTER TABLE rates
    ADD COLUMN known_until timestamptz NOT NULL DEFAULT '-infinity',
    ADD COLUMN limit_revision integer NOT NULL DEFAULT 0,
    ADD COLUMN most_minute_requests bigint,
    ADD COLUMN most_minute_tokens bigint,
    ADD COLUMN most_day_requests bigint,
    ADD COLUMN most_day_tokens bigint;
COMMENT ON COLUMN rates.known_until IS 'The following columns are right before this instant; then they are read anew.';
COMMENT ON COLUMN rates.limit_revision IS 'Of the project''s own limit; 0 for none.';

-- It asks for rows whose window is not over, not for those that know something: a batch may be learning it
-- at this moment, and then this waits for it.
CREATE FUNCTION exq_forget() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v record;
BEGIN
    IF TG_OP = 'DELETE' THEN
        v := OLD;
    ELSE
        v := NEW;
    END IF;
    CASE TG_TABLE_NAME
        WHEN 'budgets', 'thresholds' THEN
            UPDATE counters k SET known_until = '-infinity' WHERE k.ends > exq_now()
                AND (k.org_id, k.scope, k.scope_id, k.period) = (v.org_id, v.scope, v.scope_id, v.period);
        WHEN 'raises' THEN
            UPDATE counters k SET known_until = '-infinity' FROM budgets b
                WHERE k.ends > exq_now() AND (b.org_id, b.id) = (v.org_id, v.budget_id)
                AND (k.org_id, k.scope, k.scope_id, k.period) = (b.org_id, b.scope, b.scope_id, b.period);
        WHEN 'api_keys' THEN
            UPDATE counters k SET known_until = '-infinity' WHERE k.ends > exq_now()
                AND (k.org_id, k.scope, k.scope_id, k.period) = (v.org_id, 'key', v.id, 'day');
        WHEN 'rate_limits' THEN
            UPDATE rates r SET known_until = '-infinity'
                WHERE (r.org_id, r.project_id, r.model) = (v.org_id, v.project_id, v.model);
        WHEN 'organizations' THEN
            UPDATE counters k SET known_until = '-infinity' WHERE k.ends > exq_now()
                AND (k.org_id, k.scope, k.scope_id, k.period) = (v.org_id, 'usage', v.org_id, 'month');
    END CASE;
    RETURN NULL;
END $$;
CREATE TRIGGER forget AFTER INSERT OR UPDATE OR DELETE ON budgets FOR EACH ROW EXECUTE FUNCTION exq_forget();
CREATE TRIGGER forget AFTER INSERT OR UPDATE OR DELETE ON thresholds FOR EACH ROW EXECUTE FUNCTION exq_forget();
CREATE TRIGGER forget AFTER INSERT OR UPDATE OR DELETE ON raises FOR EACH ROW EXECUTE FUNCTION exq_forget();
CREATE TRIGGER forget AFTER INSERT OR UPDATE OR DELETE ON rate_limits FOR EACH ROW EXECUTE FUNCTION exq_forget();
CREATE TRIGGER forget AFTER UPDATE OF max_running ON api_keys FOR EACH ROW
    WHEN (OLD.max_running IS DISTINCT FROM NEW.max_running) EXECUTE FUNCTION exq_forget();
CREATE TRIGGER forget AFTER UPDATE OF tier ON organizations FOR EACH ROW
    WHEN (OLD.tier IS DISTINCT FROM NEW.tier) EXECUTE FUNCTION exq_forget();

-- Reads anew what locked counters remember of what their scope and window is compared with, where they
-- do not know it (any more). A change that is not committed yet may have missed a counter that is new. So
-- before its first request has ended, and in the first minute of its window, it remembers for a second
-- only, like the usage limit at any time. In a window that is over it remembers nothing.
CREATE FUNCTION exq_ledger_recall(p_counters bigint[], p_now timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    WITH forgot AS MATERIALIZED (
        SELECT k.id, k.org_id, k.scope, k.scope_id, k.period, k.starts, k.ends, k.requests FROM counters k
        WHERE k.id = ANY (p_counters) AND k.known_until <= p_now
    ), limited AS MATERIALIZED (
        SELECT f.*, b.id AS budget_id, COALESCE(b.revision, o.tier, 0) AS revision, COALESCE(b.observe, false) AS observe,
            COALESCE(GREATEST(b.amount, r.amount), u.usage_limit) AS amount, r.moves_at
        FROM forgot f
        LEFT JOIN budgets b ON (b.org_id, b.scope, b.scope_id, b.period) = (f.org_id, f.scope, f.scope_id, f.period)
        CROSS JOIN LATERAL (
            SELECT max(r.amount) FILTER (WHERE r.starts <= p_now) AS amount,
                min(CASE WHEN r.starts <= p_now THEN r.ends ELSE r.starts END) AS moves_at
            FROM raises r WHERE r.org_id = b.org_id AND r.budget_id = b.id AND p_now < r.ends
        ) r
        LEFT JOIN organizations o ON f.scope = 'usage' AND o.org_id = f.org_id
        LEFT JOIN LATERAL (
            SELECT t.usage_limit FROM tiers t WHERE t.tier <= o.tier ORDER BY t.tier DESC LIMIT 1
        ) u ON true
    )
    UPDATE counters k SET amount = l.amount, budget_id = l.budget_id, revision = l.revision, observe = l.observe,
        most_running = (SELECT a.max_running FROM api_keys a
            WHERE l.scope = 'key' AND l.period = 'day' AND a.org_id = l.org_id AND a.id = l.scope_id),
        alarm_at = (SELECT min(f.fires_at) FROM thresholds t
            CROSS JOIN LATERAL (SELECT COALESCE(t.amount, round(l.amount * t.percent / 100, 12)) AS fires_at) f
            WHERE (t.org_id, t.scope, t.scope_id, t.period) = (l.org_id, l.scope, l.scope_id, l.period)
            AND NOT EXISTS (SELECT FROM crossings c WHERE (c.org_id, c.kind, c.subject_id, c.counter_id, c.fires_at)
                = (l.org_id, 'threshold', t.id, l.id, f.fires_at))),
        known_until = CASE WHEN p_now < l.ends THEN LEAST(l.ends, l.moves_at,
                CASE WHEN l.scope = 'usage' OR l.requests = 0 OR p_now < l.starts + interval '1 minute'
                    THEN p_now + interval '1 second' END)
            ELSE '-infinity' END
    FROM limited l WHERE k.id = l.id;
END $$;

-- The same of locked rates, which remember it for a second.
CREATE FUNCTION exq_ledger_recall_rates(p_rates bigint[], p_now timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE rates r SET limit_revision = COALESCE(l.revision, 0),
        most_minute_requests = LEAST(l.requests_per_minute, t.requests_per_minute),
        most_minute_tokens = LEAST(l.tokens_per_minute, t.tokens_per_minute),
        most_day_requests = LEAST(l.requests_per_day, t.requests_per_day),
        most_day_tokens = LEAST(l.tokens_per_day, t.tokens_per_day),
        known_until = p_now + interval '1 second'
    FROM (SELECT q.id, q.org_id, q.project_id, q.model FROM rates q
          WHERE q.id = ANY (p_rates) AND q.known_until <= p_now OFFSET 0) q
    JOIN organizations o ON o.org_id = q.org_id
    LEFT JOIN LATERAL (SELECT * FROM tiers t WHERE t.tier <= o.tier ORDER BY t.tier DESC LIMIT 1) t ON true
    LEFT JOIN rate_limits l ON (l.org_id, l.project_id, l.model) = (q.org_id, q.project_id, q.model)
    WHERE r.id = q.id;
END $$;

-- One index for all who look for charges that are not what the provider told, or were not: each condition
-- of an index costs every batch that books.
DROP INDEX events_uncertain;
DROP INDEX events_doubtful;
CREATE INDEX events_doubtful ON events (org_id, id) INCLUDE (sandbox, charge, booked)
    WHERE outcome IN ('estimated', 'unknown', 'interrupted', 'corrected');
COMMENT ON INDEX events_doubtful IS 'Finds requests that were booked at their bound or estimated, corrected or not.';
