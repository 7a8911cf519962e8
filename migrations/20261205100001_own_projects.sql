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
