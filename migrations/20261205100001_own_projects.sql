-- What a reader sees is asked of `exq_own_projects` alone. It was asked of `project_members`, which asked the function
-- by a policy of its own: ten parts of a plan, made ready and thrown away for each table of each statement, an owner's
-- as well. That was a third of the time that a page took in the database.
CREATE OR REPLACE PROCEDURE exq_narrow(target regclass, seen text) LANGUAGE plpgsql AS $$
DECLARE
    narrowed boolean := EXISTS (SELECT FROM pg_policy WHERE polrelid = target AND polname = 'reader');
BEGIN
    EXECUTE format(
        CASE WHEN narrowed THEN 'ALTER POLICY reader ON %s TO exq_tenant USING ((SELECT exq_sees_all()) OR %s)'
            ELSE 'CREATE POLICY reader ON %s AS RESTRICTIVE FOR SELECT TO exq_tenant USING ((SELECT exq_sees_all()) OR %s)' END,
        target, replace(seen, '$own', '(SELECT exq_own_projects())'));
END $$;
-- In the order of locks.
CALL exq_narrow('projects', 'id IN $own OR (SELECT o.projects_listed FROM organizations o WHERE o.org_id = (SELECT exq_org()))');
CALL exq_narrow('service_accounts', 'project_id IN $own');
CALL exq_narrow('api_keys', 'project_id IN $own');
CALL exq_narrow('counters', '(scope = ''project'' AND scope_id IN $own) OR (scope = ''key'' AND scope_id IN (SELECT k.id FROM api_keys k))');
CALL exq_narrow('rates', 'project_id IN $own');
CALL exq_narrow('rate_limits', 'project_id IN $own');
CALL exq_narrow('budgets', '(scope = ''project'' AND scope_id IN $own) OR (scope = ''key'' AND scope_id IN (SELECT k.id FROM api_keys k))');
CALL exq_narrow('thresholds', '(scope = ''project'' AND scope_id IN $own) OR (scope = ''key'' AND scope_id IN (SELECT k.id FROM api_keys k))');
CALL exq_narrow('intents', 'project_id IN $own');
CALL exq_narrow('events', 'project_id IN $own');
CALL exq_narrow('stories', 'project_id IN $own');
CALL exq_narrow('receipts', 'project_id IN $own');
CALL exq_narrow('refused_requests', 'project_id IN $own');
CALL exq_narrow('provider_errors', 'project_id IN $own');
CALL exq_narrow('fingerprints', 'project_id IN $own');
CALL exq_narrow('deltas', 'project_id IN $own');
CALL exq_narrow('quarters', 'project_id IN $own');
CALL exq_narrow('days', 'project_id IN $own');
CALL exq_narrow('rollups', 'project_id IN $own');
CALL exq_narrow('coarse_rollups', 'project_id IN $own');
CALL exq_narrow('timings', 'project_id IN $own');
CALL exq_narrow('latencies', 'project_id IN $own');
CALL exq_narrow('tag_deltas', 'project_id IN $own');
CALL exq_narrow('tag_rollups', 'project_id IN $own');
CALL exq_narrow('sealed_days', 'project_id IN $own');
