//! The end of an account. Its row stays, so that what it made still has a maker; nothing personal
//! stays in it.

use domain::{
    Actor, Caller, KeyId, OrgId, Origin, ProjectId, Role, UserId,
    audit::{Change, Kind},
};
use sqlx::{query, types::Uuid};

use super::{Notice, System, account_mails::notify, audit, sessions::end_sessions};
use crate::{
    OwnOrganization, StoreError,
    audit::append,
    members::{Of, withdraw},
    tx::Tx,
};

/// What came of deleting an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deletion {
    /// It is gone.
    Done,
    /// Nothing was done: these organizations would be left without an owner.
    SoleOwner(Vec<OwnOrganization>),
    /// Nothing was done: nobody else runs the installation.
    LastOperator,
}

impl System<'_> {
    /// Deletes an account: its memberships, with an entry in each organization's audit log; its own
    /// keys are refused from now on, and stay listed; name, address, password, second factor and
    /// sessions are erased. What the audit logs hold of the person is erased by
    /// [`System::erase_person`] soon after. Of two owners who delete theirs at once one stays.
    pub async fn delete_account(
        self,
        user: UserId,
        origin: &Origin,
    ) -> Result<Deletion, StoreError> {
        // Each round fails because a membership came or went.
        loop {
            if let Some(done) = self.try_delete(user, origin).await? {
                return Ok(done);
            }
        }
    }

    /// None if a membership came or went before the account was locked. The locks are taken in the
    /// order of a departure: memberships, then the account. Whoever makes a membership locks the
    /// account, too, so none comes afterwards.
    async fn try_delete(
        self,
        user: UserId,
        origin: &Origin,
    ) -> Result<Option<Deletion>, StoreError> {
        let mut tx = self.begin().await?;
        let (places, sole) = places(&mut tx, user).await?;
        let person = lock(&mut tx, user).await?;
        if count_places(&mut tx, user).await? != places.len() {
            return Ok(None);
        }
        if !sole.is_empty() {
            return Ok(Some(Deletion::SoleOwner(sole)));
        }
        if person.last_operator {
            return Ok(Some(Deletion::LastOperator));
        }
        notify(&mut tx, user, Notice::Deleted).await?;
        query!("DELETE FROM memberships WHERE user_id = $1", user.uuid()).execute(&mut *tx).await?;
        let mut entries = Vec::new();
        for (org, role) in places {
            for (key, project) in revoke_keys(&mut tx, org, user).await? {
                entries.push((org, role, Change::new(Kind::KeyDeleted, key).in_project(project)));
            }
            for withdrawn in withdraw(&mut tx, org, Of::Person(user)).await? {
                entries.push((org, role, withdrawn));
            }
            let gone = Change::new(Kind::UserDeleted, user).gone("role", role.as_str());
            entries.push((org, role, gone.personal("email", Some(&person.email), None::<String>)));
        }
        forget(&mut tx, user).await?;
        audit::ask_to_erase(&mut tx, user, &person.email).await?;
        // The ends of the chains are locked last, in the order of the organizations.
        for (org, role, change) in entries {
            append(&mut tx, &caller(user, (org, role), origin), &change).await?;
        }
        // After the entries, which name who went. The row is locked.
        erase(&mut tx, user).await?;
        tx.commit().await?;
        Ok(Some(Deletion::Done))
    }
}

fn caller(user: UserId, (org, role): (OrgId, Role), origin: &Origin) -> Caller {
    Caller { actor: Actor::User(user), org, role, origin: origin.clone() }
}

/// The user's organizations and what the user is there; and those that nobody else owns. Locks the
/// owners of all of them in order of key, as every change of owners does.
async fn places(
    tx: &mut Tx,
    user: UserId,
) -> Result<(Vec<(OrgId, Role)>, Vec<OwnOrganization>), StoreError> {
    let rows = query!(
        "SELECT m.org_id, m.user_id, m.role, o.name, o.closed_at IS NOT NULL AS \"closed!\"
         FROM memberships m JOIN organizations o ON o.org_id = m.org_id
         WHERE m.org_id IN (SELECT n.org_id FROM memberships n WHERE n.user_id = $1)
            AND (m.role = 'owner' OR m.user_id = $1)
         ORDER BY m.org_id, m.user_id FOR UPDATE OF m",
        user.uuid()
    )
    .fetch_all(&mut **tx)
    .await?;
    let others_own = |org: Uuid| {
        rows.iter()
            .any(|row| row.org_id == org && row.user_id != user.uuid() && row.role == "owner")
    };
    let mut places = Vec::new();
    let mut sole = Vec::new();
    for row in rows.iter().filter(|row| row.user_id == user.uuid()) {
        let (id, role) = (OrgId::from_uuid(row.org_id), Role::from_column(&row.role));
        places.push((id, role));
        if role == Role::Owner && !row.closed && !others_own(row.org_id) {
            sole.push(OwnOrganization { id, name: row.name.clone(), role });
        }
    }
    Ok((places, sole))
}

/// How many organizations the user is in by now. Those that were locked can't go.
async fn count_places(tx: &mut Tx, user: UserId) -> Result<usize, StoreError> {
    let rows = query!("SELECT org_id FROM memberships WHERE user_id = $1", user.uuid())
        .fetch_all(&mut **tx)
        .await?;
    Ok(rows.len())
}

/// Somebody who goes.
struct Person {
    email: String,
    /// Nobody else runs the installation.
    last_operator: bool,
}

/// Locks the account, and with an operator's those of all operators.
async fn lock(tx: &mut Tx, user: UserId) -> Result<Person, StoreError> {
    let rows = query!(
        "SELECT id, email, operator FROM users WHERE deleted_at IS NULL
            AND (id = $1 OR operator AND EXISTS (SELECT FROM users u WHERE u.id = $1 AND u.operator))
         ORDER BY id FOR UPDATE",
        user.uuid()
    )
    .fetch_all(&mut **tx)
    .await?;
    let alone = rows.len() == 1;
    let person = rows.into_iter().find(|row| row.id == user.uuid()).ok_or(StoreError::NotFound)?;
    Ok(Person { email: person.email, last_operator: alone && person.operator })
}

async fn revoke_keys(
    tx: &mut Tx,
    org: OrgId,
    user: UserId,
) -> Result<Vec<(KeyId, ProjectId)>, StoreError> {
    let rows = query!(
        "UPDATE api_keys SET revoked_at = exq_now()
         WHERE org_id = $1 AND owner_id = $2 AND revoked_at IS NULL RETURNING id, project_id",
        org.uuid(),
        user.uuid()
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (KeyId::from_uuid(row.id), ProjectId::from_uuid(row.project_id)))
        .collect())
}

/// Ends what the account could be used with.
async fn forget(tx: &mut Tx, user: UserId) -> Result<(), StoreError> {
    query!(
        "UPDATE personal_keys SET revoked_at = exq_now() WHERE user_id = $1 AND revoked_at IS NULL",
        user.uuid()
    )
    .execute(&mut **tx)
    .await?;
    query!("DELETE FROM second_factors WHERE user_id = $1", user.uuid()).execute(&mut **tx).await?;
    query!("DELETE FROM email_changes WHERE user_id = $1", user.uuid()).execute(&mut **tx).await?;
    end_sessions(tx, user, None).await?;
    Ok(())
}

/// Leaves a row whose address no mail can go to and nobody can have.
async fn erase(tx: &mut Tx, user: UserId) -> Result<(), StoreError> {
    query!(
        "UPDATE users SET name = 'Deleted account', email = 'deleted-' || id || '@invalid', password_hash = '!',
            verified_at = NULL, operator = false, default_org_id = NULL, deleted_at = exq_now() WHERE id = $1",
        user.uuid()
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
