-- no-transaction
-- Coarse rollups over more spans: 4 and 64 days of what is by day, six hours of what is by quarter of an hour, each of
-- the rollups that keep some of the dimensions; and by key over an hour and six, of which there is no rollup by quarter.
-- Sixteen days alone leave fifteen at a stretch's edges on average, and a week holds none. They are sums of what there
-- is, so nothing else is read. Who folds meanwhile waits or tries again, and comes to these tables in this order; who
-- erases comes in another one, and is let go first; a vacuum lets go of what is waited for longer than a second.
DO $do$
DECLARE
    done boolean;
BEGIN
    FOR attempt IN 1..300 LOOP
        BEGIN
            PERFORM set_config('lock_timeout', CASE WHEN attempt % 10 = 0 THEN '2s' ELSE '100ms' END, true);
            LOCK TABLE quarters, days, rollups, coarse_rollups IN EXCLUSIVE MODE;
            CREATE OR REPLACE FUNCTION exq_coarse(shape smallint, at timestamptz) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS $$
                SELECT date_bin(CASE WHEN shape < 10 THEN interval '16 days' WHEN shape < 20 THEN interval '1 hour'
                    WHEN shape < 30 THEN interval '4 days' WHEN shape < 40 THEN interval '6 hours'
                    ELSE interval '64 days' END, at, timestamptz '1970-01-01 00:00:00+00')
            $$;
            CREATE OR REPLACE FUNCTION exq_coarse_shapes(OUT shape smallint, OUT quarters boolean, OUT project boolean,
                OUT key boolean, OUT member boolean, OUT model boolean) RETURNS SETOF record LANGUAGE sql IMMUTABLE AS $$
                SELECT (s.shape + above)::smallint, s.quarters, s.project, s.key, s.member, s.model
                FROM exq_shapes() s, unnest(CASE WHEN s.quarters THEN '{0,20}'::smallint[] ELSE '{0,20,40}' END) above
                UNION ALL VALUES (0::smallint, false, true, true, true, true), (10::smallint, true, true, true, true, true),
                    (14::smallint, true, true, true, true, false), (34::smallint, true, true, true, true, false)
            $$;
            COMMENT ON TABLE coarse_rollups IS
                'Sums of rollups of the same dimensions over longer spans (exq_coarse): days over 16 (the same shape), 4 (20 more) and 64 (40 more), quarters over an hour (the same) and six (20 more). 0 and 10 are days and quarters, with all dimensions, 14 quarters by project, key and member.';
            SET LOCAL ROLE exq_system;
            DELETE FROM coarse_rollups WHERE shape = 14 OR shape > 20;
            INSERT INTO coarse_rollups
            SELECT org_id, of, exq_coarse(of, at), project_id, key_id, member_id, told, sandbox,
                sum(requests), sum(estimated), sum(unpriced), sum(input), sum(cached), sum(cache_write), sum(cache_write_1h),
                sum(audio_input), sum(image_input), sum(output), sum(reasoning), sum(audio_output), sum(image_output), sum(charge)
            FROM (SELECT (shape + 20)::smallint AS of, model AS told, * FROM rollups WHERE shape < 10
                UNION ALL SELECT (shape + 20)::smallint, model, * FROM coarse_rollups WHERE shape BETWEEN 11 AND 13
                UNION ALL SELECT (shape + 40)::smallint, model, * FROM coarse_rollups WHERE shape BETWEEN 1 AND 6
                UNION ALL SELECT k.of, '', c.* FROM coarse_rollups c, unnest('{14,34}'::smallint[]) k (of) WHERE shape = 10) r
            GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 ORDER BY 3, 1, 2, 4, 5, 6, 7, 8;
            -- The version before would not know what these are sums of. Who compares right now may not finish it either.
            UPDATE jobs j SET next_due = GREATEST(next_due, exq_now() + interval '12 hours'), until = NULL, node_id = NULL,
                attempt = j.attempt + 1 WHERE name = 'reconcile';
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
