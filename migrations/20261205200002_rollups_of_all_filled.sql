-- What was folded before there were rollups without dimensions, from those by project, as a role that sees them. Who
-- folds meanwhile waits, and comes to these tables in this order. What the trigger has summed since is in those by project
-- as well, and is summed with them.
SET LOCAL ROLE exq_system;
LOCK TABLE quarters, days, rollups, coarse_rollups IN EXCLUSIVE MODE;
DELETE FROM rollups WHERE shape IN (6, 13);
INSERT INTO rollups
SELECT org_id, CASE shape WHEN 1 THEN 6 ELSE 13 END, at, n.nil, n.nil, n.nil, '', sandbox,
    sum(requests), sum(estimated), sum(unpriced), sum(input), sum(cached), sum(cache_write), sum(cache_write_1h),
    sum(audio_input), sum(image_input), sum(output), sum(reasoning), sum(audio_output), sum(image_output), sum(charge)
FROM rollups CROSS JOIN (SELECT '00000000-0000-0000-0000-000000000000'::uuid AS nil) n
WHERE shape IN (1, 11) GROUP BY 1, 2, 3, 4, sandbox;
DELETE FROM coarse_rollups WHERE shape IN (6, 13);
INSERT INTO coarse_rollups
SELECT org_id, CASE shape WHEN 1 THEN 6 ELSE 13 END, at, n.nil, n.nil, n.nil, '', sandbox,
    sum(requests), sum(estimated), sum(unpriced), sum(input), sum(cached), sum(cache_write), sum(cache_write_1h),
    sum(audio_input), sum(image_input), sum(output), sum(reasoning), sum(audio_output), sum(image_output), sum(charge)
FROM coarse_rollups CROSS JOIN (SELECT '00000000-0000-0000-0000-000000000000'::uuid AS nil) n
WHERE shape IN (1, 11) GROUP BY 1, 2, 3, 4, sandbox;
RESET ROLE;
