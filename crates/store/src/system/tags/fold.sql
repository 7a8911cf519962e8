-- $1: so many deltas at most. $2: so many values of a key have rows of their own in a day: those that have any
-- (kept), then those that came first.
WITH slice AS (
    SELECT ctid FROM tag_deltas ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED
), taken AS (
    DELETE FROM tag_deltas d WHERE d.ctid = ANY (ARRAY(SELECT ctid FROM slice)) RETURNING d.*
), said AS (
    SELECT t.*, exq_tag_key(g.tag) AS tag_key, exq_tag_value(g.tag) AS tag_value
    FROM taken t CROSS JOIN unnest(t.tags) AS g (tag)
), days AS (
    SELECT org_id, tag_key, day_starts FROM said GROUP BY 1, 2, 3
), kept AS (
    SELECT DISTINCT d.org_id, d.tag_key, d.day_starts, r.tag_value FROM days d CROSS JOIN LATERAL (
        SELECT tag_value FROM tag_rollups r WHERE r.org_id = d.org_id AND r.shape = 1 AND r.tag_key = d.tag_key
            AND r.at = d.day_starts AND r.tag_value <> '' OFFSET 0) r
), came AS (
    SELECT org_id, tag_key, day_starts, tag_value, row_number() OVER (PARTITION BY org_id, tag_key, day_starts
        ORDER BY min(id)) AS place
    FROM said t WHERE NOT EXISTS (SELECT FROM kept k WHERE (k.org_id, k.tag_key, k.day_starts, k.tag_value)
        = (t.org_id, t.tag_key, t.day_starts, t.tag_value))
    GROUP BY 1, 2, 3, 4
), many AS (
    SELECT org_id, tag_key, day_starts, count(*) AS many FROM kept GROUP BY 1, 2, 3
), own AS (
    SELECT org_id, tag_key, day_starts, tag_value FROM kept
    UNION ALL
    SELECT org_id, tag_key, day_starts, tag_value FROM came LEFT JOIN many USING (org_id, tag_key, day_starts)
    WHERE place <= $2 - COALESCE(many, 0)
), finest AS (
    SELECT t.org_id, t.quarter, t.day_starts, t.tag_key, COALESCE(o.tag_value, '') AS tag_value, t.project_id,
        t.model, t.sandbox, sum(requests) AS requests, sum(estimated) AS estimated, sum(unpriced) AS unpriced,
        sum(input) AS input, sum(cached) AS cached, sum(cache_write) AS cache_write,
        sum(cache_write_1h) AS cache_write_1h, sum(audio_input) AS audio_input, sum(image_input) AS image_input,
        sum(output) AS output, sum(reasoning) AS reasoning, sum(audio_output) AS audio_output,
        sum(image_output) AS image_output, sum(charge) AS charge
    FROM said t LEFT JOIN own o USING (org_id, tag_key, day_starts, tag_value)
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
), rolled AS (
    INSERT INTO tag_rollups AS r (org_id, shape, tag_key, at, tag_value, project_id, model, sandbox, requests,
        estimated, unpriced, input, cached, cache_write, cache_write_1h, audio_input, image_input, output,
        reasoning, audio_output, image_output, charge)
    SELECT f.org_id, s.shape, f.tag_key,
        CASE s.span WHEN 'day' THEN f.day_starts WHEN 'quarter' THEN f.quarter ELSE '-infinity' END,
        CASE WHEN s.value THEN f.tag_value ELSE '' END,
        CASE WHEN s.project THEN f.project_id ELSE '00000000-0000-0000-0000-000000000000' END,
        CASE WHEN s.model THEN f.model ELSE '' END, f.sandbox, sum(requests), sum(estimated), sum(unpriced),
        sum(input), sum(cached), sum(cache_write), sum(cache_write_1h), sum(audio_input), sum(image_input),
        sum(output), sum(reasoning), sum(audio_output), sum(image_output), sum(charge)
    FROM finest f CROSS JOIN exq_tag_shapes() s GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 ORDER BY 1, 2, 3, 4, 5, 6, 7, 8
    ON CONFLICT (org_id, shape, tag_key, at, tag_value, project_id, model, sandbox) DO UPDATE
        SET requests = r.requests + excluded.requests, estimated = r.estimated + excluded.estimated,
            unpriced = r.unpriced + excluded.unpriced, input = r.input + excluded.input,
            cached = r.cached + excluded.cached, cache_write = r.cache_write + excluded.cache_write,
            cache_write_1h = r.cache_write_1h + excluded.cache_write_1h,
            audio_input = r.audio_input + excluded.audio_input,
            image_input = r.image_input + excluded.image_input, output = r.output + excluded.output,
            reasoning = r.reasoning + excluded.reasoning,
            audio_output = r.audio_output + excluded.audio_output,
            image_output = r.image_output + excluded.image_output, charge = r.charge + excluded.charge
)
SELECT count(*) AS "count!" FROM taken
