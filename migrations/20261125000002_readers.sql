-- What a reader sees: rows of own projects, by the database itself. A transaction names in app.sees
-- whom it reads for: 'all' for an owner, else the reader's id. Nothing named: nothing seen.
CREATE FUNCTION exq_sees_all() RETURNS boolean LANGUAGE sql STABLE
    AS $$ SELECT COALESCE(current_setting('app.sees', true), '') = 'all' $$;
CREATE FUNCTION exq_reader() RETURNS uuid LANGUAGE sql STABLE
    AS $$ SELECT NULLIF(NULLIF(current_setting('app.sees', true), ''), 'all')::uuid $$;

-- Restrictive: it narrows what the tenant's policy lets through.
CREATE PROCEDURE exq_narrow(target regclass, seen text) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE POLICY reader ON %s AS RESTRICTIVE FOR SELECT TO exq_tenant USING ((SELECT exq_sees_all()) OR %s)',
        target, replace(seen, '$own',
            '(SELECT m.project_id FROM project_members m WHERE m.org_id = (SELECT exq_org()) AND m.user_id = (SELECT exq_reader()))'));
END $$;
CALL exq_narrow('projects', 'id IN $own OR (SELECT o.projects_listed FROM organizations o WHERE o.org_id = (SELECT exq_org()))');
CALL exq_narrow('api_keys', 'project_id IN $own');
CALL exq_narrow('service_accounts', 'project_id IN $own');
CALL exq_narrow('days', 'project_id IN $own');
CALL exq_narrow('quarters', 'project_id IN $own');
CALL exq_narrow('deltas', 'project_id IN $own');
CALL exq_narrow('events', 'project_id IN $own');
CALL exq_narrow('intents', 'project_id IN $own');
CALL exq_narrow('receipts', 'project_id IN $own');
CALL exq_narrow('counters', '(scope = ''project'' AND scope_id IN $own) OR (scope = ''key'' AND scope_id IN (SELECT k.id FROM api_keys k))');
CALL exq_narrow('budgets', '(scope = ''project'' AND scope_id IN $own) OR (scope = ''key'' AND scope_id IN (SELECT k.id FROM api_keys k))');
CALL exq_narrow('thresholds', '(scope = ''project'' AND scope_id IN $own) OR (scope = ''key'' AND scope_id IN (SELECT k.id FROM api_keys k))');
CALL exq_narrow('crossings', 'counter_id IN (SELECT k.id FROM counters k)');
-- For owners alone.
CALL exq_narrow('outbox', 'false');
CALL exq_narrow('billing_profiles', 'false');
CALL exq_narrow('invitations', 'false');
CALL exq_narrow('admin_keys', 'false');
CALL exq_narrow('personal_key_blocks', 'false');
