-- What was told before there were the triggers. The last statement sees one instant: what the triggers have written
-- up to it goes, and is counted again from stories and events; what they write after it stays. So nothing is counted
-- twice or lost, and neither requests nor pages wait. Whoever folds does so before or after.
-- Whoever migrates sees no row of these tables.
SET LOCAL ROLE exq_system;
SELECT pg_advisory_xact_lock(hashtext('exq_fold_tags'));
DELETE FROM tag_rollups;
WITH unfolded AS (
    DELETE FROM tag_deltas
), tagged AS (
    SELECT e.org_id, exq_quarter(e.admitted_at) AS quarter, e.day_starts, exq_tag_key(g.tag) AS tag_key,
        exq_tag_value(g.tag) AS tag_value, e.project_id, e.model, e.sandbox, count(*) AS requests,
        count(*) FILTER (WHERE exq_doubtful(e.outcome)) AS estimated, count(*) - count(e.price_id) AS unpriced,
        sum(e.input) AS input, sum(e.cached) AS cached, sum(e.cache_write) AS cache_write,
        sum(e.cache_write_1h) AS cache_write_1h, sum(e.audio_input) AS audio_input, sum(e.image_input) AS image_input,
        sum(e.output) AS output, sum(e.reasoning) AS reasoning, sum(e.audio_output) AS audio_output,
        sum(e.image_output) AS image_output, sum(e.charge) AS charge
    FROM stories t JOIN events e ON e.org_id = t.org_id AND e.id = t.id CROSS JOIN unnest(t.tags) AS g (tag)
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
), named AS (
    SELECT t.*, dense_rank() OVER (PARTITION BY org_id, tag_key, day_starts ORDER BY tag_value) <= 1000 AS own FROM tagged t
)
INSERT INTO tag_rollups (org_id, shape, tag_key, at, tag_value, project_id, model, sandbox, requests, estimated,
    unpriced, input, cached, cache_write, cache_write_1h, audio_input, image_input, output, reasoning, audio_output,
    image_output, charge)
SELECT n.org_id, s.shape, n.tag_key,
    CASE s.span WHEN 'day' THEN n.day_starts WHEN 'quarter' THEN n.quarter ELSE '-infinity' END,
    CASE WHEN s.value AND n.own THEN n.tag_value ELSE '' END,
    CASE WHEN s.project THEN n.project_id ELSE '00000000-0000-0000-0000-000000000000' END,
    CASE WHEN s.model THEN n.model ELSE '' END, n.sandbox, sum(n.requests), sum(n.estimated), sum(n.unpriced),
    sum(n.input), sum(n.cached), sum(n.cache_write), sum(n.cache_write_1h), sum(n.audio_input), sum(n.image_input),
    sum(n.output), sum(n.reasoning), sum(n.audio_output), sum(n.image_output), sum(n.charge)
FROM named n CROSS JOIN exq_tag_shapes() s GROUP BY 1, 2, 3, 4, 5, 6, 7, 8;
RESET ROLE;
