-- Goes through the newest requests and answers with those that a filter lets through, and with the last that it
-- went through. It stops when it has enough: each part is in the order of ids, and so are they together.
-- $2: projects that are gone through one by one; none: the whole organization. $3 and $4: between these ids, which
-- are plain values, for behind row-level security no function's result would find a place in an index. $5: so many
-- are gone through at most, of each project. $6: so many are wanted.
SELECT s.id AS "id!", s.fits AS "fits!", s.place = $5 AS "last!"
FROM (
    SELECT n.id, n.place, ($7::uuid IS NULL OR n.key_id = $7) AND ($8::text IS NULL OR n.model = $8)
        AND ($9::text IS NULL OR n.outcome = $9) AND ($10::boolean IS NULL OR n.streamed = $10)
        AND ($11::boolean IS NULL OR n.sandbox = $11) AND ($12::text IS NULL OR COALESCE(t.tags @> ARRAY[$12], false))
        AND ($13::timestamptz IS NULL OR n.admitted_at >= $13)
        AND ($14::timestamptz IS NULL OR n.admitted_at < $14) AS fits
    FROM (
        SELECT e.*, row_number() OVER (ORDER BY e.id DESC) AS place FROM (
            (SELECT e.id, e.key_id, e.model, e.outcome, e.streamed, e.sandbox, e.admitted_at FROM events e
             WHERE e.org_id = $1 AND $2::uuid[] IS NULL
                AND ($9 IN ('estimated', 'unknown', 'interrupted', 'corrected')) IS NOT TRUE
                AND e.id < $3 AND e.id >= $4
             ORDER BY e.id DESC LIMIT $5)
            UNION ALL
            -- These have an index of their own, events_doubtful.
            (SELECT e.id, e.key_id, e.model, e.outcome, e.streamed, e.sandbox, e.admitted_at FROM events e
             WHERE e.org_id = $1 AND $2::uuid[] IS NULL
                AND $9 IN ('estimated', 'unknown', 'interrupted', 'corrected')
                AND e.outcome IN ('estimated', 'unknown', 'interrupted', 'corrected')
                AND e.id < $3 AND e.id >= $4
             ORDER BY e.id DESC LIMIT $5)
            UNION ALL
            (SELECT o.* FROM unnest($2::uuid[]) AS p (id) CROSS JOIN LATERAL (
                SELECT e.id, e.key_id, e.model, e.outcome, e.streamed, e.sandbox, e.admitted_at FROM events e
                WHERE e.org_id = $1 AND e.project_id = p.id AND e.id < $3 AND e.id >= $4
                ORDER BY e.id DESC LIMIT $5) o
             ORDER BY o.id DESC LIMIT $5)
        ) e
    ) n LEFT JOIN LATERAL (
        SELECT t.tags FROM stories t WHERE t.org_id = $1 AND t.id = n.id AND $12::text IS NOT NULL OFFSET 0
    ) t ON true
) s
WHERE s.fits OR s.place = $5
ORDER BY s.id DESC LIMIT $6
