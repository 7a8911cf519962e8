-- The newest requests that a filter lets through. $2: projects that are gone through one by one; none: the
-- whole organization. $3 and $4: between these ids, which are plain values, for behind row-level security
-- no function's result would find a place in an index. $5: so many are gone through at most, of each
-- project. $6: so many are wanted.
WITH seen AS MATERIALIZED (
    (SELECT e.id, e.key_id, e.model, e.outcome, e.streamed, e.sandbox, e.admitted_at FROM events e
     WHERE e.org_id = $1 AND $2::uuid[] IS NULL AND e.id < $3 AND e.id >= $4
     ORDER BY e.id DESC LIMIT $5)
    UNION ALL
    (SELECT o.* FROM unnest($2::uuid[]) AS p (id) CROSS JOIN LATERAL (
        SELECT e.id, e.key_id, e.model, e.outcome, e.streamed, e.sandbox, e.admitted_at FROM events e
        WHERE e.org_id = $1 AND e.project_id = p.id AND e.id < $3 AND e.id >= $4
        ORDER BY e.id DESC LIMIT $5) o
     ORDER BY o.id DESC LIMIT $5)
)
SELECT f.ids AS "ids!",
    CASE WHEN cardinality(f.ids) < $6 THEN (SELECT count(*) FROM seen) END AS seen,
    CASE WHEN cardinality(f.ids) < $6 THEN (SELECT s.id FROM seen s ORDER BY s.id LIMIT 1) END AS oldest
FROM (SELECT ARRAY(
    SELECT s.id FROM seen s LEFT JOIN LATERAL (
        SELECT t.tags FROM stories t WHERE t.org_id = $1 AND t.id = s.id AND $12::text IS NOT NULL OFFSET 0
    ) t ON true
    WHERE ($7::uuid IS NULL OR s.key_id = $7) AND ($8::text IS NULL OR s.model = $8)
        AND ($9::text IS NULL OR s.outcome = $9) AND ($10::boolean IS NULL OR s.streamed = $10)
        AND ($11::boolean IS NULL OR s.sandbox = $11)
        AND ($12 IS NULL OR t.tags @> ARRAY[$12])
        AND ($13::timestamptz IS NULL OR s.admitted_at >= $13)
        AND ($14::timestamptz IS NULL OR s.admitted_at < $14)
    ORDER BY s.id DESC LIMIT $6) AS ids OFFSET 0) f
