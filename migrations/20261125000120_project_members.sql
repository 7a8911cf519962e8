-- Of who is in a project a reader sees the rows of own projects. A policy that asked its own table
-- would recurse: the function asks for it, and tells only what app.sees lets the reader see anyway.
CREATE FUNCTION exq_own_projects() RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$ SELECT m.project_id FROM project_members m WHERE m.org_id = exq_org() AND m.user_id = exq_reader() $$;
REVOKE ALL ON FUNCTION exq_own_projects() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION exq_own_projects() TO exq_tenant;
GRANT CREATE ON SCHEMA public TO exq_system;
ALTER FUNCTION exq_own_projects() OWNER TO exq_system;
REVOKE CREATE ON SCHEMA public FROM exq_system;
CALL exq_narrow('project_members', 'project_id IN (SELECT exq_own_projects())');
