-- The two roles, which are cluster-wide and so can't be a migration: two databases of one cluster may
-- be made at the same moment. A role that exists already is as good as one just made.
DO $$ DECLARE role text; BEGIN
    FOREACH role IN ARRAY ARRAY['exq_tenant', 'exq_system'] LOOP
        BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
                EXECUTE format('CREATE ROLE %I NOLOGIN NOINHERIT NOBYPASSRLS', role);
            END IF;
            IF NOT pg_has_role(current_user, role, CASE
                WHEN current_setting('server_version_num')::integer >= 160000 THEN 'SET' ELSE 'MEMBER' END) THEN
                EXECUTE format('GRANT %I TO %I', role, current_user);
            END IF;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
        END;
    END LOOP;
END $$;
