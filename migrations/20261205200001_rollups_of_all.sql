-- no-transaction
-- What an organization uses in all, by day and by quarter of an hour, which most pages draw: it was summed from a row for
-- each model. What was folded before is summed from what keeps the project, as a role that sees it. Who folds meanwhile
-- waits, and comes to these tables in this order; who erases comes in another one, and is let go first.
DO $do$
DECLARE
    nil CONSTANT uuid := '00000000-0000-0000-0000-000000000000';
    done boolean;
BEGIN
    FOR attempt IN 1..300 LOOP
        BEGIN
            PERFORM set_config('lock_timeout', '100ms', true);
            LOCK TABLE quarters, days, rollups, coarse_rollups IN EXCLUSIVE MODE;
            CREATE OR REPLACE FUNCTION exq_shapes(OUT shape smallint, OUT quarters boolean, OUT project boolean,
                OUT key boolean, OUT member boolean, OUT model boolean) RETURNS SETOF record LANGUAGE sql IMMUTABLE AS $$
                VALUES (1::smallint, false, true, false, false, false), (2::smallint, false, false, false, false, true),
                    (3::smallint, false, true, false, false, true), (4::smallint, false, true, true, true, false),
                    (5::smallint, false, false, false, true, false), (6::smallint, false, false, false, false, false),
                    (11::smallint, true, true, false, false, false), (12::smallint, true, false, false, false, true),
                    (13::smallint, true, false, false, false, false)
            $$;
            SET LOCAL ROLE exq_system;
            DELETE FROM rollups WHERE shape IN (6, 13);
            INSERT INTO rollups
            SELECT org_id, CASE shape WHEN 1 THEN 6 ELSE 13 END, at, nil, nil, nil, '', sandbox,
                sum(requests), sum(estimated), sum(unpriced), sum(input), sum(cached), sum(cache_write), sum(cache_write_1h),
                sum(audio_input), sum(image_input), sum(output), sum(reasoning), sum(audio_output), sum(image_output), sum(charge)
            FROM rollups
            WHERE shape IN (1, 11) GROUP BY 1, 2, 3, sandbox;
            DELETE FROM coarse_rollups WHERE shape IN (6, 13);
            INSERT INTO coarse_rollups
            SELECT org_id, CASE shape WHEN 1 THEN 6 ELSE 13 END, at, nil, nil, nil, '', sandbox,
                sum(requests), sum(estimated), sum(unpriced), sum(input), sum(cached), sum(cache_write), sum(cache_write_1h),
                sum(audio_input), sum(image_input), sum(output), sum(reasoning), sum(audio_output), sum(image_output), sum(charge)
            FROM coarse_rollups
            WHERE shape IN (1, 11) GROUP BY 1, 2, 3, sandbox;
            RESET ROLE;
            done := true;
        EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
            done := false;
        END;
        COMMIT;
        EXIT WHEN done;
        PERFORM pg_sleep(1);
    END LOOP;
    IF NOT done THEN
        RAISE EXCEPTION 'somebody has been writing rollups for five minutes';
    END IF;
END $do$;
