//! Row-level security stands on every tenant table, and nobody has more than the golden file says.

use chrono::TimeDelta;
use testkit::Database;

/// Tables without an organization, each with its reason in the migration that makes it.
const GLOBAL: [&str; 19] = [
    "_sqlx_migrations",
    "directory",
    "dropped_months",
    "email_changes",
    "erasures",
    "heartbeats",
    "jobs",
    "loops",
    "nodes",
    "occurrences",
    "personal_keys",
    "prices",
    "recovery_codes",
    "second_factors",
    "sessions",
    "settings",
    "throttles",
    "tiers",
    "users",
];

#[tokio::test]
async fn every_tenant_table_is_guarded() {
    let database = Database::new().await;
    let unguarded = database
        .look(
            "SELECT string_agg(c.relname, ' ' ORDER BY c.relname) FROM pg_class c
             WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
             AND NOT (c.relrowsecurity AND c.relforcerowsecurity)",
        )
        .await;
    let expected: Vec<&str> = GLOBAL.into_iter().filter(|table| *table != "users").collect();
    assert_eq!(unguarded, expected.join(" "));
}

#[tokio::test]
async fn every_tenant_table_begins_with_its_organization() {
    let database = Database::new().await;
    let others = database
        .look(
            "SELECT string_agg(c.relname, ' ' ORDER BY c.relname) FROM pg_class c
             WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT EXISTS (
                SELECT FROM pg_index i JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
                WHERE i.indrelid = c.oid AND i.indisprimary AND a.attname = 'org_id' AND a.attnotnull)",
        )
        .await;
    assert_eq!(others, GLOBAL.join(" "));
}

#[tokio::test]
async fn every_policy_checks_what_is_written() {
    let database = Database::new().await;
    let loose = database
        .look(
            "SELECT string_agg(tablename || '.' || policyname, ' ') FROM pg_policies
             WHERE roles = '{exq_tenant}' AND cmd <> 'SELECT'
             AND (with_check IS DISTINCT FROM qual OR qual NOT LIKE '%exq_org()%')",
        )
        .await;
    assert_eq!(loose, "");
}

#[tokio::test]
async fn roles_are_plain() {
    let database = Database::new().await;
    let strong = database
        .look(
            "SELECT string_agg(rolname, ' ') FROM pg_roles WHERE rolname IN ('exq_tenant', 'exq_system')
             AND (rolsuper OR rolbypassrls OR rolcanlogin OR rolcreaterole OR rolcreatedb
                OR EXISTS (SELECT FROM pg_class WHERE relowner = pg_roles.oid))",
        )
        .await;
    assert_eq!(strong, "");
}

#[tokio::test]
async fn privileges_are_the_golden_file() {
    let database = Database::new().await;
    let privileges = database
        .look(
            "SELECT string_agg(line, E'\\n' ORDER BY line) FROM (
                SELECT rpad(c.relname, 22) || rpad(r.rolname, 12) ||
                    string_agg(a.privilege_type, ' ' ORDER BY a.privilege_type) AS line
                FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a JOIN pg_roles r ON r.oid = a.grantee
                WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v')
                AND r.rolname LIKE 'exq\\_%' GROUP BY c.relname, r.rolname) lines",
        )
        .await;
    assert_eq!(privileges.trim(), include_str!("privileges.golden").trim());
}

#[tokio::test]
async fn functions_of_the_system_are_closed() {
    let database = Database::new().await;
    let open = database
        .look(
            "SELECT string_agg(p.proname, ' ' ORDER BY p.proname) FROM pg_proc p
             WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef
             AND (has_function_privilege('exq_tenant', p.oid, 'EXECUTE') OR p.proconfig IS NULL)",
        )
        .await;
    // It tells a reader's own projects: the policy of project_members asks it.
    assert_eq!(open, "exq_own_projects");
}

#[tokio::test]
async fn every_partition_has_every_index_of_the_events() {
    let database = Database::new().await;
    let missing = "SELECT string_agg(c.relname || ' ' || i.indexrelid::regclass, ', ') FROM pg_inherits h
         JOIN pg_class c ON c.oid = h.inhrelid JOIN pg_index i ON i.indrelid = h.inhparent
         WHERE h.inhparent = 'events'::regclass AND NOT EXISTS (SELECT FROM pg_inherits p JOIN pg_index x ON x.indexrelid = p.inhrelid
            WHERE p.inhparent = i.indexrelid AND x.indrelid = c.oid AND x.indisvalid)";
    assert_eq!(database.look(missing).await, "");
    let valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'events_project'::regclass";
    assert_eq!(database.look(valid).await, "true");
    database.advance(TimeDelta::days(200)).await;
    database.store.system().make_partitions().await.unwrap();
    assert_eq!(database.look(missing).await, "", "partitions that are made later");
}
