//! Accounts of people.

use std::fmt;

use chrono::{DateTime, Utc};
use domain::{Email, Name, OrgId, UserId};
use sqlx::query;

use super::{Epoch, Notice, account_mails::notify, sessions::end_sessions};
use crate::{StoreError, System, tx::Tx};

/// A person who can log in, as pages show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: UserId,
    /// Identifies the account.
    pub email: Email,
    /// What the person is called.
    pub name: Name,
    /// Runs the installation.
    pub operator: bool,
    /// The address is known to be the person's.
    pub verified: bool,
    /// The organization that is opened after log-in.
    pub default_org: Option<OrgId>,
    /// Log-in asks for a code besides the password.
    pub factor: bool,
}

/// An Argon2id hash in PHC form; never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// From the PHC text.
    pub const fn new(phc: String) -> Self {
        Self(phc)
    }

    /// The PHC text.
    pub fn phc(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash")
    }
}

/// What is needed to check a password.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// Whose.
    pub user: UserId,
    /// The account's address.
    pub email: Email,
    /// As stored at this moment.
    pub hash: PasswordHash,
    /// The account may not log in before its address is verified.
    pub held: bool,
    /// Log-in asks for a code besides the password.
    pub factor: bool,
    /// What a session belongs to that is made with them.
    pub epoch: Epoch,
    /// This moment.
    pub read_at: DateTime<Utc>,
}

/// A person who gets an account.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// Identifies the account.
    pub email: Email,
    /// What the person is called.
    pub name: Name,
    /// Of the password.
    pub hash: PasswordHash,
    /// The address is known to be the person's.
    pub verified: bool,
    /// Runs the installation.
    pub operator: bool,
}

impl System<'_> {
    /// Makes an account; [`crate::Conflict::Email`] if the address has one. An operator's account
    /// closes the set-up page.
    pub async fn create_user(self, user: &NewUser) -> Result<UserId, StoreError> {
        let mut tx = self.begin().await?;
        if user.operator {
            query!("DELETE FROM settings WHERE name = 'setup'").execute(&mut *tx).await?;
        }
        let id = insert(&mut tx, user).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// The account, unless it is gone.
    pub async fn account(self, user: UserId) -> Result<Option<Account>, StoreError> {
        let mut tx = self.begin().await?;
        let row = query!(
            r#"SELECT email, name, operator, verified_at IS NOT NULL AS "verified!", default_org_id,
                   EXISTS (SELECT FROM second_factors f WHERE f.user_id = users.id AND f.confirmed_at IS NOT NULL) AS "factor!"
               FROM users WHERE id = $1 AND deleted_at IS NULL"#,
            user.uuid()
        )
        .fetch_optional(&mut *tx)
        .await?;
        row.map(|row| {
            Ok(Account {
                id: user,
                email: parse(&row.email, "an e-mail address is not one")?,
                name: parse(&row.name, "a person's name is not one")?,
                operator: row.operator,
                verified: row.verified,
                default_org: row.default_org_id.map(OrgId::from_uuid),
                factor: row.factor,
            })
        })
        .transpose()
    }

    /// The credentials of the account with this address.
    pub async fn credentials(self, email: &Email) -> Result<Option<Credentials>, StoreError> {
        let mut tx = self.begin().await?;
        let row = query!(
            r#"SELECT id, password_hash, held, epoch, exq_now() AS "now!",
                   EXISTS (SELECT FROM second_factors f WHERE f.user_id = users.id AND f.confirmed_at IS NOT NULL) AS "factor!" FROM users
               WHERE email = $1 AND deleted_at IS NULL"#,
            email.as_str()
        )
        .fetch_optional(&mut *tx)
        .await?;
        Ok(row.map(|row| Credentials {
            user: UserId::from_uuid(row.id),
            email: email.clone(),
            hash: PasswordHash(row.password_hash),
            held: row.held,
            factor: row.factor,
            epoch: Epoch(row.epoch),
            read_at: row.now,
        }))
    }

    /// The credentials of this account.
    pub async fn credentials_of(self, user: UserId) -> Result<Option<Credentials>, StoreError> {
        let mut tx = self.begin().await?;
        let row = query!(
            r#"SELECT email, password_hash, held, epoch, exq_now() AS "now!",
                   EXISTS (SELECT FROM second_factors f WHERE f.user_id = users.id AND f.confirmed_at IS NOT NULL) AS "factor!" FROM users
               WHERE id = $1 AND deleted_at IS NULL"#,
            user.uuid()
        )
        .fetch_optional(&mut *tx)
        .await?;
        row.map(|row| {
            Ok(Credentials {
                user,
                email: parse(&row.email, "an e-mail address is not one")?,
                hash: PasswordHash(row.password_hash),
                held: row.held,
                factor: row.factor,
                epoch: Epoch(row.epoch),
                read_at: row.now,
            })
        })
        .transpose()
    }

    /// Stores the same password hashed anew. Whoever changed the password meanwhile wins.
    pub async fn rehash(self, old: &Credentials, new: &PasswordHash) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        swap_hash(&mut tx, old, new).await?;
        Ok(tx.commit().await?)
    }

    /// Changes the password, ends all sessions of the account and tells its owner; answers the epoch
    /// that begins. None, and nothing done, if the password is no longer the one that `old` was read with. A change of
    /// address that was under way is void. With `verified` the address is the person's from now on.
    pub async fn change_password(
        self,
        old: &Credentials,
        new: &PasswordHash,
        verified: bool,
    ) -> Result<Option<Epoch>, StoreError> {
        let mut tx = self.begin().await?;
        if !swap_hash(&mut tx, old, new).await? {
            return Ok(None);
        }
        let user = old.user.uuid();
        if verified {
            disown(&mut tx, old.user).await?;
        }
        query!(
            "UPDATE users SET held = false, verified_at = CASE WHEN $2 THEN COALESCE(verified_at, exq_now())
                ELSE verified_at END WHERE id = $1",
            user,
            verified
        )
        .execute(&mut *tx)
        .await?;
        query!("DELETE FROM email_changes WHERE user_id = $1", user).execute(&mut *tx).await?;
        let (epoch, _) = end_sessions(&mut tx, old.user, None).await?;
        notify(&mut tx, old.user, Notice::PasswordChanged).await?;
        tx.commit().await?;
        Ok(Some(epoch))
    }

    /// Notes that the address is the person's, once; false if it was verified before, or if address
    /// or password are no longer those that `known` was read with: whoever signed up anew with the
    /// address meanwhile chose another password.
    pub async fn verify_email(self, known: &Credentials) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let verified = query!(
            "UPDATE users SET verified_at = exq_now(), held = false
             WHERE id = $1 AND email = $2 AND password_hash = $3 AND verified_at IS NULL AND deleted_at IS NULL",
            known.user.uuid(),
            known.email.as_str(),
            known.hash.phc()
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(verified.rows_affected() == 1)
    }

    /// Calls the person something else.
    pub async fn rename(self, user: UserId, name: &Name) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        query!("UPDATE users SET name = $2 WHERE id = $1", user.uuid(), name.as_str())
            .execute(&mut *tx)
            .await?;
        Ok(tx.commit().await?)
    }

    /// Opens this organization after log-in, or with `None` the first by name; the person must be
    /// a member ([`StoreError::NotFound`]).
    pub async fn set_default_org(self, user: UserId, org: Option<OrgId>) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let set = query!(
            "UPDATE users SET default_org_id = $2 WHERE id = $1 AND ($2::uuid IS NULL
                OR EXISTS (SELECT FROM memberships WHERE org_id = $2 AND user_id = $1))",
            user.uuid(),
            org.map(OrgId::uuid)
        )
        .execute(&mut *tx)
        .await?;
        if set.rows_affected() == 0 {
            return Err(StoreError::NotFound);
        }
        Ok(tx.commit().await?)
    }

    /// Forgets accounts from sign-up whose address nobody verified within a week; how many.
    pub async fn reap_held_users(self) -> Result<u64, StoreError> {
        let mut tx = self.begin().await?;
        let reaped =
            query!("DELETE FROM users WHERE held AND created_at < exq_now() - interval '7 days'")
                .execute(&mut *tx)
                .await?;
        tx.commit().await?;
        Ok(reaped.rows_affected())
    }

    /// Opens this organization after log-in, unless another one is opened already.
    pub async fn open_first(self, user: UserId, org: OrgId) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        query!(
            "UPDATE users SET default_org_id = $2 WHERE id = $1 AND default_org_id IS NULL",
            user.uuid(),
            org.uuid()
        )
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }
}

pub(super) async fn insert(tx: &mut Tx, user: &NewUser) -> Result<UserId, StoreError> {
    // One that was never verified holds the address against nobody.
    query!("DELETE FROM users WHERE email = $1 AND held", user.email.as_str())
        .execute(&mut **tx)
        .await?;
    let id = UserId::generate();
    query!(
        "INSERT INTO users (id, email, name, password_hash, verified_at, operator)
         VALUES ($1, $2, $3, $4, CASE WHEN $5 THEN exq_now() END, $6)",
        id.uuid(),
        user.email.as_str(),
        user.name.as_str(),
        user.hash.phc(),
        user.verified,
        user.operator
    )
    .execute(&mut **tx)
    .await?;
    Ok(id)
}

/// Whoever set up an account whose address was never proved may have been somebody else: what that
/// person left behind must not outlast the proof.
async fn disown(tx: &mut Tx, user: UserId) -> Result<(), StoreError> {
    query!(
        "DELETE FROM second_factors WHERE user_id = $1
            AND EXISTS (SELECT FROM users WHERE id = $1 AND verified_at IS NULL)",
        user.uuid()
    )
    .execute(&mut **tx)
    .await?;
    query!(
        "UPDATE personal_keys SET revoked_at = exq_now() WHERE user_id = $1 AND revoked_at IS NULL
            AND EXISTS (SELECT FROM users WHERE id = $1 AND verified_at IS NULL)",
        user.uuid()
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn swap_hash(tx: &mut Tx, old: &Credentials, new: &PasswordHash) -> Result<bool, StoreError> {
    let swapped = query!(
        "UPDATE users SET password_hash = $3 WHERE id = $1 AND password_hash = $2",
        old.user.uuid(),
        old.hash.phc(),
        new.phc()
    )
    .execute(&mut **tx)
    .await?;
    Ok(swapped.rows_affected() == 1)
}

fn parse<T: std::str::FromStr>(text: &str, damage: &'static str) -> Result<T, StoreError> {
    text.parse().map_err(|_| StoreError::Damaged(damage))
}
