-- What the newest requests have in common that costs or takes more than it has to. $2: projects that are gone
-- through one by one; none: the whole organization. $3: from this id on, which is a plain value, for behind
-- row-level security no function's result would find a place in an index. $4: so many are gone
-- through at most, of each project if there are several. $5: so many are of each finding named at most. $6: so many
-- milliseconds are long.
WITH seen AS MATERIALIZED (
    (SELECT e.id, e.project_id, e.key_id, e.model, e.streamed, e.outcome, e.charge, e.bound, e.price_id, e.total_ms,
        e.admitted_at, e.output + e.reasoning + e.audio_output + e.image_output AS generated
     FROM events e
     WHERE e.org_id = $1 AND $2::uuid[] IS NULL AND e.id >= $3
     ORDER BY e.id DESC LIMIT $4)
    UNION ALL
    (SELECT o.* FROM unnest($2::uuid[]) AS p (id) CROSS JOIN LATERAL (
        SELECT e.id, e.project_id, e.key_id, e.model, e.streamed, e.outcome, e.charge, e.bound, e.price_id, e.total_ms,
            e.admitted_at, e.output + e.reasoning + e.audio_output + e.image_output AS generated
        FROM events e
        WHERE e.org_id = $1 AND e.project_id = p.id AND e.id >= $3
        ORDER BY e.id DESC LIMIT $4) o)
), told AS MATERIALIZED (
    -- Only of what was answered is it known what it used.
    SELECT s.*, t.max_output, t.choices, t.stops, t.endpoint = '/chat/completions' AS chat,
        p.fingerprint, row_number() OVER (PARTITION BY s.project_id, p.fingerprint ORDER BY s.id) AS time,
        row_number() OVER (PARTITION BY t.endpoint, s.project_id, s.key_id, s.model,
            date_trunc('second', s.admitted_at, 'UTC') ORDER BY s.id) AS place
    FROM seen s CROSS JOIN LATERAL (
        SELECT t.endpoint, t.max_output, t.choices, t.stops FROM stories t
        WHERE t.org_id = $1 AND t.id = s.id AND t.id >= $3 OFFSET 0) t
    LEFT JOIN LATERAL (
        SELECT p.fingerprint FROM fingerprints p WHERE p.org_id = $1 AND p.id = s.id OFFSET 0) p ON true
    WHERE s.outcome IN ('answered', 'estimated')
), found AS (
    SELECT f.kind, f.weight, t.* FROM told t CROSS JOIN LATERAL (VALUES
        ('longest', t.chat AND t.generated > 0, t.generated::numeric),
        ('unbounded', t.chat AND t.max_output IS NULL, t.bound - t.charge),
        ('several', t.choices > 1, t.generated),
        ('endless', t.chat AND NOT t.stops, t.generated),
        ('repeated', t.fingerprint IS NOT NULL AND t.time > 1, t.charge),
        ('unstreamed', t.chat AND NOT t.streamed AND t.total_ms >= $6, t.total_ms),
        -- Untracked keys are not told apart: whether such requests came from one program nobody knows.
        ('single', NOT t.chat AND t.place > 1 AND t.key_id <> '00000000-0000-0000-0000-000000000000', t.total_ms)
    ) f (kind, applies, weight) WHERE f.applies
)
SELECT k.kind AS "kind!", count(f.id) AS "requests!", COALESCE(sum(f.generated), 0)::bigint AS "generated!",
    COALESCE(sum(f.charge), 0) AS "charge!", COALESCE(sum(GREATEST(f.bound - f.charge, 0)), 0) AS "spare!",
    COALESCE(sum(f.total_ms), 0)::bigint AS "milliseconds!",
    count(f.id) FILTER (WHERE f.price_id IS NULL) AS "unpriced!",
    count(f.id) FILTER (WHERE f.generated >= f.max_output * f.choices) AS "at_maximum!",
    COALESCE((array_agg(f.id ORDER BY f.weight DESC NULLS LAST, f.id DESC) FILTER (WHERE f.id IS NOT NULL))[1:$5], '{}') AS "ids!",
    (SELECT count(*) FROM seen) AS "seen!", (SELECT count(*) FROM told) AS "told!",
    (SELECT min(s.admitted_at) FROM seen s) AS since,
    EXISTS (SELECT FROM seen s GROUP BY CASE WHEN $2::uuid[] IS NOT NULL THEN s.project_id END
        HAVING count(*) >= $4) AS "stopped!"
FROM unnest(ARRAY['longest', 'unbounded', 'several', 'endless', 'unstreamed', 'repeated', 'single']) WITH ORDINALITY AS k (kind, place)
LEFT JOIN found f ON f.kind = k.kind
GROUP BY k.kind, k.place ORDER BY k.place
