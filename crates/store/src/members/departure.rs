//! How somebody goes, and what becomes of the keys.

use domain::{
    Action, Caller, KeyId, Name, ProjectId, ServiceAccountId, Usd, UserId,
    audit::{Change, Kind},
};

use super::{News, Of, lock, tell, withdraw};
use crate::{Store, StoreError, money::usd, tx};

/// A key that works as long as its owner is a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnKey {
    /// Its id.
    pub id: KeyId,
    /// Its label.
    pub name: String,
    /// Its last four characters.
    pub last_four: String,
    /// The project that it sends requests for.
    pub project: ProjectId,
    /// That project's label.
    pub project_name: String,
    /// Its forwarded requests of the last seven days, to a quarter of an hour.
    pub requests: i64,
    /// What they cost.
    pub spent: Usd,
}

/// What becomes of the keys of a member who goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OwnKeys {
    /// They are refused from now on.
    Revoked,
    /// They go on, owned by a service account in each of their projects: one of these if it is the
    /// project's, else a new one.
    HandedOver(Vec<ServiceAccountId>),
}

struct Key {
    id: KeyId,
    project: ProjectId,
}

impl Store {
    /// The keys that a member owns and that are not revoked, the busiest first: of oneself, or of
    /// anybody for an owner.
    pub async fn keys_of(&self, caller: &Caller, user: UserId) -> Result<Vec<OwnKey>, StoreError> {
        if caller.user() != Some(user) {
            caller.may(Action::EditMembers)?;
        }
        let mut tx = self.tenant(caller).await?;
        let rows = sqlx::query!(
            r#"WITH used AS (
                SELECT key_id, sum(requests)::bigint AS requests, sum(charge) AS charge FROM (
                    SELECT key_id, requests, charge FROM quarters
                    WHERE org_id = $1 AND quarter >= (SELECT exq_now()) - interval '7 days'
                    UNION ALL SELECT key_id, requests, charge FROM deltas
                    WHERE org_id = $1 AND quarter >= (SELECT exq_now()) - interval '7 days'
                ) all_of_it GROUP BY key_id
             )
             SELECT k.id, k.name, k.last_four, k.project_id, p.name AS project_name,
                COALESCE(used.requests, 0) AS "requests!", COALESCE(used.charge, 0) AS "charge!"
             FROM api_keys k JOIN projects p ON (p.org_id, p.id) = (k.org_id, k.project_id)
             LEFT JOIN used ON used.key_id = k.id
             WHERE k.org_id = $1 AND k.owner_id = $2 AND k.revoked_at IS NULL
             ORDER BY COALESCE(used.requests, 0) DESC, k.id"#,
            caller.org.uuid(),
            user.uuid()
        )
        .fetch_all(&mut *tx)
        .await?;
        rows.into_iter()
            .map(|row| {
                Ok(OwnKey {
                    id: KeyId::from_uuid(row.id),
                    name: row.name,
                    last_four: row.last_four,
                    project: ProjectId::from_uuid(row.project_id),
                    project_name: row.project_name,
                    requests: row.requests,
                    spent: usd(&row.charge)?,
                })
            })
            .collect()
    }

    /// Removes a member, with what becomes of the person's keys in the same transaction;
    /// [`crate::Conflict::LastOwner`] if no owner would be left.
    pub async fn remove_member(
        &self,
        caller: &Caller,
        user: UserId,
        keys: OwnKeys,
    ) -> Result<(), StoreError> {
        caller.may(Action::EditMembers)?;
        self.depart(caller, user, keys).await
    }

    /// Removes the caller, as [`Store::remove_member`] does. Keys are handed over by owners alone.
    pub async fn leave(&self, caller: &Caller, keys: OwnKeys) -> Result<(), StoreError> {
        if matches!(keys, OwnKeys::HandedOver(_)) {
            caller.may(Action::EditServiceAccounts)?;
        }
        let me = caller.user().ok_or(StoreError::NotFound)?;
        self.depart(caller, me, keys).await
    }

    async fn depart(&self, caller: &Caller, user: UserId, keys: OwnKeys) -> Result<(), StoreError> {
        let mut tx = self.change(caller).await?;
        let place = lock(&mut tx, caller, user).await?;
        place.can_go()?;
        // A reader who leaves may own keys in projects that the reader no longer sees.
        tx::become_system(&mut tx).await?;
        let person = sqlx::query!("SELECT name, email FROM users WHERE id = $1", user.uuid())
            .fetch_one(&mut **tx)
            .await?;
        // As long as the membership tells whom.
        tell(&mut tx, caller, user, News::Removed).await?;
        sqlx::query!(
            "DELETE FROM memberships WHERE org_id = $1 AND user_id = $2",
            caller.org.uuid(),
            user.uuid()
        )
        .execute(&mut **tx)
        .await?;
        sqlx::query!(
            "UPDATE users SET default_org_id = NULL WHERE id = $2 AND default_org_id = $1",
            caller.org.uuid(),
            user.uuid()
        )
        .execute(&mut **tx)
        .await?;
        match keys {
            OwnKeys::Revoked => revoke(&mut tx, caller, user).await?,
            OwnKeys::HandedOver(heirs) => {
                hand_over(&mut tx, caller, user, &person.name, &heirs).await?;
            }
        }
        for withdrawn in withdraw(&mut tx, caller.org, Of::Person(user)).await? {
            tx.also(withdrawn);
        }
        let gone = Change::new(Kind::UserDeleted, user).gone("role", place.role.as_str()).personal(
            "email",
            Some(person.email),
            None::<String>,
        );
        tx.commit(gone).await
    }
}

/// Locks the keys that the user owns. The membership is locked: no other is made meanwhile.
async fn own_keys(
    tx: &mut tx::Change,
    caller: &Caller,
    user: UserId,
) -> Result<Vec<Key>, StoreError> {
    let rows = sqlx::query!(
        "SELECT id, project_id FROM api_keys WHERE org_id = $1 AND owner_id = $2 AND revoked_at IS NULL
         ORDER BY id FOR NO KEY UPDATE",
        caller.org.uuid(),
        user.uuid()
    )
    .fetch_all(&mut ***tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Key {
            id: KeyId::from_uuid(row.id),
            project: ProjectId::from_uuid(row.project_id),
        })
        .collect())
}

async fn revoke(tx: &mut tx::Change, caller: &Caller, user: UserId) -> Result<(), StoreError> {
    let own = own_keys(tx, caller, user).await?;
    sqlx::query!(
        "UPDATE api_keys SET revoked_at = exq_now() WHERE org_id = $1 AND owner_id = $2 AND revoked_at IS NULL",
        caller.org.uuid(),
        user.uuid()
    )
    .execute(&mut ***tx)
    .await?;
    for key in own {
        tx.also(Change::new(Kind::KeyDeleted, key.id).in_project(key.project));
    }
    Ok(())
}

async fn hand_over(
    tx: &mut tx::Change,
    caller: &Caller,
    user: UserId,
    name: &str,
    wanted: &[ServiceAccountId],
) -> Result<(), StoreError> {
    let projects = sqlx::query_scalar!(
        "SELECT DISTINCT project_id FROM api_keys WHERE org_id = $1 AND owner_id = $2 AND revoked_at IS NULL
         ORDER BY project_id",
        caller.org.uuid(),
        user.uuid()
    )
    .fetch_all(&mut ***tx)
    .await?;
    // Service accounts are locked before keys.
    let mut heirs = Vec::with_capacity(projects.len());
    for project in projects.into_iter().map(ProjectId::from_uuid) {
        let heir = match chosen(tx, caller, project, wanted).await? {
            Some(chosen) => chosen,
            None => made(tx, caller, project, name).await?,
        };
        heirs.push((project, heir));
    }
    let own = own_keys(tx, caller, user).await?;
    for (project, heir) in heirs {
        sqlx::query!(
            "UPDATE api_keys SET owner_id = NULL, service_account_id = $4
             WHERE org_id = $1 AND owner_id = $2 AND project_id = $3 AND revoked_at IS NULL",
            caller.org.uuid(),
            user.uuid(),
            project.uuid(),
            heir.uuid()
        )
        .execute(&mut ***tx)
        .await?;
        for key in own.iter().filter(|key| key.project == project) {
            let moved = Change::new(Kind::KeyUpdated, key.id).in_project(project);
            tx.also(moved.moved("owner", user, heir));
        }
    }
    Ok(())
}

/// Which of these goes on with somebody's keys in the project, locked.
async fn chosen(
    tx: &mut tx::Change,
    caller: &Caller,
    project: ProjectId,
    wanted: &[ServiceAccountId],
) -> Result<Option<ServiceAccountId>, StoreError> {
    let wanted: Vec<_> = wanted.iter().map(|heir| heir.uuid()).collect();
    let chosen = sqlx::query_scalar!(
        "SELECT id FROM service_accounts
         WHERE org_id = $1 AND project_id = $2 AND id = ANY($3) AND deleted_at IS NULL
         ORDER BY id LIMIT 1 FOR SHARE",
        caller.org.uuid(),
        project.uuid(),
        &wanted
    )
    .fetch_optional(&mut ***tx)
    .await?;
    Ok(chosen.map(ServiceAccountId::from_uuid))
}

/// A service account that goes on with somebody's keys, locked; one that is there from an earlier
/// time will do.
async fn made(
    tx: &mut tx::Change,
    caller: &Caller,
    project: ProjectId,
    person: &str,
) -> Result<ServiceAccountId, StoreError> {
    let of = " (handed over)";
    let name: String = person.chars().take(Name::LONGEST - of.len()).chain(of.chars()).collect();
    let id = ServiceAccountId::generate();
    loop {
        let made = sqlx::query!(
            "INSERT INTO service_accounts (org_id, id, project_id, name, created_by) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (org_id, project_id, lower(name)) WHERE deleted_at IS NULL DO NOTHING",
            caller.org.uuid(),
            id.uuid(),
            project.uuid(),
            name,
            caller.user().map(UserId::uuid)
        )
        .execute(&mut ***tx)
        .await?;
        if made.rows_affected() == 1 {
            let made = Change::new(Kind::ServiceAccountCreated, id).in_project(project);
            tx.also(made.personal("name", None::<String>, Some(name)));
            return Ok(id);
        }
        let known = sqlx::query_scalar!(
            "SELECT id FROM service_accounts
             WHERE org_id = $1 AND project_id = $2 AND lower(name) = lower($3) AND deleted_at IS NULL FOR SHARE",
            caller.org.uuid(),
            project.uuid(),
            name
        )
        .fetch_optional(&mut ***tx)
        .await?;
        // None if it was deleted this moment.
        if let Some(known) = known {
            return Ok(ServiceAccountId::from_uuid(known));
        }
    }
}
