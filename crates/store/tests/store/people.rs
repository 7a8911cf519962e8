//! People with a role in a tenant's organization and project.

use domain::{Caller, ProjectId, ProjectRole, Role, UserId};
use testkit::{Database, Tenant};

/// Somebody with an account and nothing else.
pub(crate) async fn person(database: &Database, name: &str) -> UserId {
    let user = UserId::generate();
    database
        .tamper(&format!(
            "INSERT INTO users (id, email, name, password_hash, verified_at)
             VALUES ('{}', '{name}@example.com', '{name}', '!', exq_now())",
            user.uuid()
        ))
        .await;
    user
}

/// A member of the tenant's organization.
pub(crate) async fn member(
    database: &Database,
    tenant: &Tenant,
    name: &str,
    role: Role,
) -> (UserId, Caller) {
    let user = person(database, name).await;
    database
        .tamper(&format!(
            "INSERT INTO memberships (org_id, user_id, role) VALUES ('{}', '{}', '{}')",
            tenant.org.uuid(),
            user.uuid(),
            role.as_str()
        ))
        .await;
    (user, database.store.caller(user, tenant.org).await.unwrap())
}

/// Puts somebody into a project.
pub(crate) async fn put(
    database: &Database,
    tenant: &Tenant,
    project: ProjectId,
    user: UserId,
    role: ProjectRole,
) {
    database
        .tamper(&format!(
            "INSERT INTO project_members (org_id, project_id, user_id, role) VALUES ('{}', '{}', '{}', '{}')",
            tenant.org.uuid(),
            project.uuid(),
            user.uuid(),
            role.as_str()
        ))
        .await;
}
