-- What was folded before there were coarse rollups, as a role that sees it. Who folds meanwhile waits, and comes to these
-- tables in this order; pages and requests go on. What the trigger has summed since is in the others as well, and is
-- summed with them.
SET LOCAL ROLE exq_system;
LOCK TABLE quarters, days, rollups, coarse_rollups IN EXCLUSIVE MODE;
DELETE FROM coarse_rollups;
INSERT INTO coarse_rollups
SELECT org_id, shape, exq_coarse(shape, at), project_id, key_id, member_id, model, sandbox,
    sum(requests), sum(estimated), sum(unpriced), sum(input), sum(cached), sum(cache_write), sum(cache_write_1h),
    sum(audio_input), sum(image_input), sum(output), sum(reasoning), sum(audio_output), sum(image_output), sum(charge)
FROM (SELECT org_id, shape, at, project_id, key_id, member_id, model, sandbox,
        requests, estimated, unpriced, input, cached, cache_write, cache_write_1h, audio_input, image_input, output,
        reasoning, audio_output, image_output, charge
    FROM rollups
    UNION ALL SELECT org_id, 0::smallint, day_starts, project_id, key_id, member_id, model, sandbox,
        requests, estimated, unpriced, input, cached, cache_write, cache_write_1h, audio_input, image_input, output,
        reasoning, audio_output, image_output, charge
    FROM days
    UNION ALL SELECT org_id, 10::smallint, quarter, project_id, key_id, member_id, model, sandbox,
        requests, estimated, unpriced, input, cached, cache_write, cache_write_1h, audio_input, image_input, output,
        reasoning, audio_output, image_output, charge
    FROM quarters) u
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8;
RESET ROLE;
