-- A row's place, for the table is not one of partitions.
DELETE FROM bodies WHERE ctid = ANY (ARRAY(
    (SELECT b.ctid FROM bodies b WHERE b.expires_at <= $1 ORDER BY b.expires_at LIMIT $2)
    UNION ALL
    (SELECT k.place FROM projects p CROSS JOIN LATERAL (
        SELECT b.ctid AS place FROM bodies b WHERE b.org_id = p.org_id AND b.project_id = p.id
            AND b.id < exq_id_floor($1::timestamptz - make_interval(hours => 24 * p.bodies_days))
        ORDER BY b.id LIMIT $2) k
     WHERE p.bodies_days IS NOT NULL LIMIT $2)))
