//! What the caller is in a project: asked before anything is done to what is in it.

use domain::{Action, Caller, KeyId, ProjectId, ProjectRole, ServiceAccountId, UserId, Who};

use crate::{StoreError, tx::Tx};

/// The caller's column of the table of rights for a project; [`StoreError::NotFound`] if the caller
/// must not know of it.
pub(crate) async fn place(
    tx: &mut Tx,
    caller: &Caller,
    project: ProjectId,
) -> Result<Who, StoreError> {
    let role = sqlx::query_scalar!(
        r#"SELECT m.role AS "role?" FROM projects p
         LEFT JOIN project_members m ON (m.org_id, m.project_id) = (p.org_id, p.id) AND m.user_id = $3
         WHERE p.org_id = $1 AND p.id = $2"#,
        caller.org.uuid(),
        project.uuid(),
        caller.user().map(UserId::uuid)
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(Who::new(caller.role, role.as_deref().map(ProjectRole::from_column)))
}

/// Keeps a person who is the caller a member until the transaction is over: whoever removes one finds
/// all that the person has made. [`StoreError::NotFound`] if no member any more.
pub(crate) async fn stay(tx: &mut Tx, caller: &Caller) -> Result<(), StoreError> {
    let Some(user) = caller.user() else { return Ok(()) };
    sqlx::query!(
        "SELECT user_id FROM memberships WHERE org_id = $1 AND user_id = $2 FOR KEY SHARE",
        caller.org.uuid(),
        user.uuid()
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(())
}

/// What a key belongs to, without a lock: a project and a service account that are locked before it.
pub(crate) async fn home(
    tx: &mut Tx,
    caller: &Caller,
    key: KeyId,
) -> Result<(ProjectId, Option<ServiceAccountId>), StoreError> {
    let row = sqlx::query!(
        "SELECT project_id, service_account_id FROM api_keys WHERE org_id = $1 AND id = $2",
        caller.org.uuid(),
        key.uuid()
    )
    .fetch_one(&mut **tx)
    .await?;
    let account = row.service_account_id.map(ServiceAccountId::from_uuid);
    Ok((ProjectId::from_uuid(row.project_id), account))
}

/// Stops unless the caller may edit a key, which own keys need less for, and locks it; its project.
pub(crate) async fn may_edit_key(
    tx: &mut Tx,
    caller: &Caller,
    key: KeyId,
) -> Result<ProjectId, StoreError> {
    let row = sqlx::query!(
        "SELECT project_id, owner_id, service_account_id FROM api_keys WHERE org_id = $1 AND id = $2 FOR NO KEY UPDATE",
        caller.org.uuid(),
        key.uuid()
    )
    .fetch_one(&mut **tx)
    .await?;
    let project = ProjectId::from_uuid(row.project_id);
    let own = row.owner_id.is_some() && row.owner_id == caller.user().map(UserId::uuid);
    place(tx, caller, project).await?.may(to_edit_key(own, row.service_account_id.is_some()))?;
    Ok(project)
}

/// What editing a key takes.
pub(crate) const fn to_edit_key(own: bool, of_service_account: bool) -> Action {
    match (own, of_service_account) {
        (true, _) => Action::EditOwnKeys,
        (false, true) => Action::EditServiceAccounts,
        (false, false) => Action::EditKeys,
    }
}
