//! Service accounts: what owns keys in one project without being a person.

use chrono::{DateTime, Utc};
use domain::{
    Action, Caller, KeyId, Name, ProjectId, ProjectRole, ServiceAccountId, UserId, Who,
    audit::{Change, Kind},
};
use uuid::Uuid;

use crate::{
    Maker, Page, Part, Store, StoreError, key_rules::Rules, page::page_of, place::place, tx::Tx,
};

/// A service account that was not deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceAccount {
    /// Its id.
    pub id: ServiceAccountId,
    /// The project that it belongs to.
    pub project: ProjectId,
    /// That project's label.
    pub project_name: String,
    /// Whether that project is archived.
    pub project_archived: bool,
    /// Its label, one of its kind in the project.
    pub name: String,
    /// Who made it.
    pub maker: Maker,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Keys that were not revoked.
    pub keys: i64,
    /// The caller's place in its project.
    pub who: Who,
}

impl Store {
    /// Service accounts of the projects that the caller sees, by project and name.
    pub async fn service_accounts(
        &self,
        caller: &Caller,
    ) -> Result<Vec<ServiceAccount>, StoreError> {
        caller.may(Action::List)?;
        let mut tx = self.tenant(caller).await?;
        read(&mut tx, caller, None).await
    }

    /// Those of these service accounts that the caller sees.
    pub async fn service_accounts_among(
        &self,
        caller: &Caller,
        ids: &[ServiceAccountId],
    ) -> Result<Vec<ServiceAccount>, StoreError> {
        caller.may(Action::List)?;
        let ids: Vec<_> = ids.iter().map(|id| id.uuid()).collect();
        let mut tx = self.tenant(caller).await?;
        read(&mut tx, caller, Some(&ids)).await
    }

    /// A part of a project's service accounts, for who may look into it.
    pub async fn service_accounts_page(
        &self,
        caller: &Caller,
        project: ProjectId,
        page: &Page<ServiceAccountId>,
    ) -> Result<Part<ServiceAccount>, StoreError> {
        let tx = &mut self.tenant(caller).await?;
        place(tx, caller, project).await?.may(Action::SeeProject)?;
        let part = page_of!(
            tx,
            caller,
            page,
            "s.id",
            "service_accounts s WHERE s.org_id = $1 AND s.project_id = $6 AND s.deleted_at IS NULL",
            project.uuid()
        );
        let rows = read(tx, caller, Some(&part.rows)).await?;
        Ok(part.filled(rows, |account| account.id.uuid()))
    }

    /// One service account, for who may look into its project.
    pub async fn service_account(
        &self,
        caller: &Caller,
        id: ServiceAccountId,
    ) -> Result<ServiceAccount, StoreError> {
        let mut accounts = self.service_accounts_among(caller, &[id]).await?;
        let account = accounts.pop().ok_or(StoreError::NotFound)?;
        account.who.may(Action::SeeProject)?;
        Ok(account)
    }

    /// Makes a service account without a key, in a project that is not archived.
    pub async fn create_service_account(
        &self,
        caller: &Caller,
        project: ProjectId,
        name: &Name,
    ) -> Result<ServiceAccountId, StoreError> {
        let mut tx = self.change(caller).await?;
        place(&mut tx, caller, project).await?.may(Action::EditServiceAccounts)?;
        Rules::of(&mut tx, caller, project).await?.running()?;
        let (id, entry) = insert(&mut tx, caller, project, name).await?;
        tx.commit(entry).await?;
        Ok(id)
    }

    /// Renames a service account.
    pub async fn rename_service_account(
        &self,
        caller: &Caller,
        id: ServiceAccountId,
        name: &Name,
    ) -> Result<(), StoreError> {
        let mut tx = self.change(caller).await?;
        let (project, old) = open(&mut tx, caller, id).await?;
        if old == name.as_str() {
            return Ok(());
        }
        sqlx::query!(
            "UPDATE service_accounts SET name = $3 WHERE org_id = $1 AND id = $2",
            caller.org.uuid(),
            id.uuid(),
            name.as_str()
        )
        .execute(&mut **tx)
        .await?;
        let entry = Change::new(Kind::ServiceAccountUpdated, id).in_project(project);
        tx.commit(entry.personal("name", Some(old), Some(name))).await
    }

    /// Deletes a service account and revokes its keys for ever, with an entry for each. Their usage
    /// stays.
    pub async fn delete_service_account(
        &self,
        caller: &Caller,
        id: ServiceAccountId,
    ) -> Result<(), StoreError> {
        let mut tx = self.change(caller).await?;
        let (project, name) = open(&mut tx, caller, id).await?;
        sqlx::query!(
            "UPDATE service_accounts SET deleted_at = exq_now() WHERE org_id = $1 AND id = $2",
            caller.org.uuid(),
            id.uuid()
        )
        .execute(&mut **tx)
        .await?;
        let revoked = sqlx::query!(
            "WITH live AS (
                SELECT id FROM api_keys WHERE org_id = $1 AND service_account_id = $2 AND revoked_at IS NULL
                ORDER BY id FOR NO KEY UPDATE
             )
             UPDATE api_keys k SET revoked_at = exq_now() FROM live WHERE k.org_id = $1 AND k.id = live.id
             RETURNING k.id, k.name",
            caller.org.uuid(),
            id.uuid()
        )
        .fetch_all(&mut **tx)
        .await?;
        for key in revoked {
            let gone = Change::new(Kind::KeyDeleted, KeyId::from_uuid(key.id)).in_project(project);
            tx.also(gone.gone("name", key.name));
        }
        let entry = Change::new(Kind::ServiceAccountDeleted, id).in_project(project);
        tx.commit(entry.personal("name", Some(name), None::<&str>)).await
    }
}

/// All that the caller sees, or those whose ids are among these.
async fn read(
    tx: &mut Tx,
    caller: &Caller,
    only: Option<&[Uuid]>,
) -> Result<Vec<ServiceAccount>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT s.id AS "id!", s.project_id AS "project_id!", p.name AS "project_name!",
            p.archived_at IS NOT NULL AS "archived!", s.name AS "name!", s.created_by AS "created_by?",
            CASE WHEN $4 THEN u.email ELSE u.name END AS "maker?",
            s.created_at AS "created_at!", m.role AS "role?",
            (SELECT count(*) FROM api_keys k
             WHERE k.org_id = $1 AND k.service_account_id = s.id AND k.revoked_at IS NULL) AS "keys!"
         FROM service_accounts s JOIN projects p ON (p.org_id, p.id) = (s.org_id, s.project_id)
         LEFT JOIN users u ON u.id = s.created_by
         LEFT JOIN project_members m
            ON (m.org_id, m.project_id) = (s.org_id, s.project_id) AND m.user_id = $2
         WHERE s.org_id = $1 AND s.deleted_at IS NULL AND ($3::uuid[] IS NULL OR s.id = ANY ($3))
         ORDER BY lower(p.name), p.id, lower(s.name), s.id"#,
        caller.org.uuid(),
        caller.user().map(UserId::uuid),
        only,
        caller.may(Action::EditMembers).is_ok()
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| ServiceAccount {
            id: ServiceAccountId::from_uuid(row.id),
            project: ProjectId::from_uuid(row.project_id),
            project_name: row.project_name,
            project_archived: row.archived,
            name: row.name,
            maker: Maker::of(row.created_by, row.maker, Maker::AdminKey),
            created_at: row.created_at,
            keys: row.keys,
            who: Who::new(caller.role, row.role.as_deref().map(ProjectRole::from_column)),
        })
        .collect())
}

/// Locks a service account that the caller may edit and that was not deleted; project and name.
async fn open(
    tx: &mut Tx,
    caller: &Caller,
    id: ServiceAccountId,
) -> Result<(ProjectId, String), StoreError> {
    let row = sqlx::query!(
        "SELECT project_id, name FROM service_accounts
         WHERE org_id = $1 AND id = $2 AND deleted_at IS NULL FOR NO KEY UPDATE",
        caller.org.uuid(),
        id.uuid()
    )
    .fetch_one(&mut **tx)
    .await?;
    let project = ProjectId::from_uuid(row.project_id);
    place(tx, caller, project).await?.may(Action::EditServiceAccounts)?;
    Ok((project, row.name))
}

/// Keeps a service account of the project from being deleted until the transaction is over.
pub(crate) async fn lock(
    tx: &mut Tx,
    caller: &Caller,
    id: ServiceAccountId,
    project: ProjectId,
) -> Result<(), StoreError> {
    let row = sqlx::query!(
        "SELECT id FROM service_accounts
         WHERE org_id = $1 AND id = $2 AND project_id = $3 AND deleted_at IS NULL FOR SHARE",
        caller.org.uuid(),
        id.uuid(),
        project.uuid()
    )
    .fetch_optional(&mut **tx)
    .await?;
    row.map(drop).ok_or(StoreError::NotFound)
}

/// Makes one, and what the audit log tells of it.
pub(crate) async fn insert(
    tx: &mut Tx,
    caller: &Caller,
    project: ProjectId,
    name: &Name,
) -> Result<(ServiceAccountId, Change), StoreError> {
    let id = ServiceAccountId::generate();
    sqlx::query!(
        "INSERT INTO service_accounts (org_id, id, project_id, name, created_by) VALUES ($1, $2, $3, $4, $5)",
        caller.org.uuid(),
        id.uuid(),
        project.uuid(),
        name.as_str(),
        caller.user().map(UserId::uuid)
    )
    .execute(&mut **tx)
    .await?;
    let entry = Change::new(Kind::ServiceAccountCreated, id).in_project(project);
    Ok((id, entry.personal("name", None::<&str>, Some(name))))
}
