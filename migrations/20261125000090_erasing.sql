-- An organization that was closed 30 days ago is erased with all that belongs to it. exq_system may
-- delete from these tables only then: the database itself keeps what is not over, the log above all.
CREATE PROCEDURE exq_erasable(target regclass) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('GRANT DELETE ON %s TO exq_system', target);
    EXECUTE format('CREATE POLICY over ON %s AS RESTRICTIVE FOR DELETE TO exq_system USING (org_id IN (
        SELECT o.org_id FROM organizations o WHERE o.closed_at < (SELECT exq_now()) - interval ''30 days''))', target);
END $$;
CALL exq_erasable('admin_keys');
CALL exq_erasable('api_keys');
CALL exq_erasable('audit_entries');
CALL exq_erasable('audit_head_mails');
CALL exq_erasable('audit_heads');
CALL exq_erasable('billing_profiles');
CALL exq_erasable('invitations');
CALL exq_erasable('key_uses');
CALL exq_erasable('projects');
CALL exq_erasable('service_accounts');
GRANT DELETE ON organizations, directory TO exq_system;
CREATE POLICY over ON organizations AS RESTRICTIVE FOR DELETE TO exq_system
    USING (closed_at < (SELECT exq_now()) - interval '30 days');

-- Deletes a slice of what belongs to an organization that is over, from every table that names one;
-- true when nothing is left. What others refer to goes last, the organization last of all. A new
-- table needs no mention here, but DELETE for exq_system: a test says so.
CREATE FUNCTION exq_erase(org uuid, most integer) RETURNS boolean LANGUAGE plpgsql
    SET search_path = public, pg_temp AS $$
DECLARE
    last text[] := ARRAY['memberships', 'service_accounts', 'projects', 'organizations'];
    target record;
    gone bigint;
BEGIN
    PERFORM FROM organizations o WHERE o.org_id = org AND o.closed_at < exq_now() - interval '30 days' FOR UPDATE;
    IF NOT FOUND THEN
        RETURN true;
    END IF;
    UPDATE users SET default_org_id = NULL WHERE default_org_id = org;
    FOR target IN
        SELECT c.oid::regclass AS name, CASE c.relkind WHEN 'p' THEN 'id' ELSE 'ctid' END AS place
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'org_id' AND NOT a.attisdropped
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
            AND c.relname <> 'changes' -- its rows tell the nodes of all this, and go by themselves
        ORDER BY array_position(last, c.relname::text) NULLS FIRST, c.relname
    LOOP
        -- A row's place is unique in a table, not in one of partitions.
        EXECUTE format('DELETE FROM %1$s WHERE org_id = $1 AND %2$I = ANY (ARRAY(
            SELECT %2$I FROM %1$s WHERE org_id = $1 LIMIT $2))', target.name, target.place) USING org, most;
        GET DIAGNOSTICS gone = ROW_COUNT;
        IF gone >= most THEN
            RETURN false;
        END IF;
    END LOOP;
    RETURN true;
END $$;
REVOKE ALL ON FUNCTION exq_erase(uuid, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION exq_erase(uuid, integer) TO exq_system;
