-- What was folded before there was the trigger, again: …01110002 saw no row, because whoever migrates sees none of
-- these tables. Where nothing was folded before, it writes what is there. Who folds meanwhile waits.
SET LOCAL ROLE exq_system;
LOCK TABLE days, quarters, rollups IN EXCLUSIVE MODE;
DELETE FROM rollups;
INSERT INTO rollups
SELECT d.org_id, s.shape, d.day_starts, CASE WHEN s.project THEN d.project_id ELSE n.nil END,
    CASE WHEN s.key THEN d.key_id ELSE n.nil END, CASE WHEN s.member THEN d.member_id ELSE n.nil END,
    CASE WHEN s.model THEN d.model ELSE '' END, d.sandbox, sum(d.requests), sum(d.estimated), sum(d.unpriced),
    sum(d.input), sum(d.cached), sum(d.cache_write), sum(d.cache_write_1h), sum(d.audio_input), sum(d.image_input),
    sum(d.output), sum(d.reasoning), sum(d.audio_output), sum(d.image_output), sum(d.charge)
FROM days d CROSS JOIN exq_shapes() s CROSS JOIN (SELECT '00000000-0000-0000-0000-000000000000'::uuid AS nil) n
WHERE NOT s.quarters GROUP BY 1, 2, 3, 4, 5, 6, 7, 8;
INSERT INTO rollups
SELECT d.org_id, s.shape, d.quarter, CASE WHEN s.project THEN d.project_id ELSE n.nil END,
    CASE WHEN s.key THEN d.key_id ELSE n.nil END, CASE WHEN s.member THEN d.member_id ELSE n.nil END,
    CASE WHEN s.model THEN d.model ELSE '' END, d.sandbox, sum(d.requests), sum(d.estimated), sum(d.unpriced),
    sum(d.input), sum(d.cached), sum(d.cache_write), sum(d.cache_write_1h), sum(d.audio_input), sum(d.image_input),
    sum(d.output), sum(d.reasoning), sum(d.audio_output), sum(d.image_output), sum(d.charge)
FROM quarters d CROSS JOIN exq_shapes() s CROSS JOIN (SELECT '00000000-0000-0000-0000-000000000000'::uuid AS nil) n
WHERE s.quarters GROUP BY 1, 2, 3, 4, 5, 6, 7, 8;
RESET ROLE;
