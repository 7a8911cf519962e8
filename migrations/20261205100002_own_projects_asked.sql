-- no-transaction
-- The same for the tables that there are. One after the other, each in a transaction of its own: pages and requests must
-- not wait for more than one of them, nor long for that one, which a report may be reading. A page that began before sees
-- the same rows by the policy of before.
DO $$
DECLARE
    scoped CONSTANT text := '(scope = ''project'' AND scope_id IN $own) OR (scope = ''key'' AND scope_id IN (SELECT k.id FROM api_keys k))';
    target text;
    done boolean;
BEGIN
    FOREACH target IN ARRAY ARRAY['projects', 'service_accounts', 'api_keys', 'counters', 'budgets', 'thresholds', 'rates',
        'rate_limits', 'intents', 'events', 'stories', 'receipts', 'refused_requests', 'provider_errors', 'fingerprints',
        'deltas', 'quarters', 'days', 'rollups', 'coarse_rollups', 'timings', 'latencies', 'tag_deltas', 'tag_rollups',
        'sealed_days']
    LOOP
        FOR attempt IN 1..300 LOOP
            BEGIN
                PERFORM set_config('lock_timeout', '100ms', true);
                CALL exq_narrow(target::regclass, CASE
                    WHEN target = 'projects'
                        THEN 'id IN $own OR (SELECT o.projects_listed FROM organizations o WHERE o.org_id = (SELECT exq_org()))'
                    WHEN target IN ('counters', 'budgets', 'thresholds') THEN scoped
                    ELSE 'project_id IN $own' END);
                done := true;
            EXCEPTION WHEN lock_not_available THEN
                done := false;
            END;
            COMMIT;
            EXIT WHEN done;
            PERFORM pg_sleep(1);
        END LOOP;
        IF NOT done THEN
            RAISE EXCEPTION 'somebody has been reading % for five minutes', target;
        END IF;
    END LOOP;
END $$;
