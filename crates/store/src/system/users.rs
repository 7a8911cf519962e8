//! Accounts of people.

use std::fmt;

use chrono::{DateTime, Utc};
use domain::{Email, Name, OrgId, UserId};
use sqlx::query;

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
    /// As stored at this moment.
    pub hash: PasswordHash,
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
            r#"SELECT email, name, operator, verified_at IS NOT NULL AS "verified!", default_org_id
               FROM users WHERE id = $1"#,
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
            })
        })
        .transpose()
    }

    /// The credentials of the account with this address.
    pub async fn credentials(self, email: &Email) -> Result<Option<Credentials>, StoreError> {
        let mut tx = self.begin().await?;
        let row = query!(
            r#"SELECT id, password_hash, exq_now() AS "now!" FROM users WHERE email = $1"#,
            email.as_str()
        )
        .fetch_optional(&mut *tx)
        .await?;
        Ok(row.map(|row| Credentials {
            user: UserId::from_uuid(row.id),
            hash: PasswordHash(row.password_hash),
            read_at: row.now,
        }))
    }

    /// The credentials of this account.
    pub async fn credentials_of(self, user: UserId) -> Result<Option<Credentials>, StoreError> {
        let mut tx = self.begin().await?;
        let row = query!(
            r#"SELECT password_hash, exq_now() AS "now!" FROM users WHERE id = $1"#,
            user.uuid()
        )
        .fetch_optional(&mut *tx)
        .await?;
        Ok(row.map(|row| Credentials {
            user,
            hash: PasswordHash(row.password_hash),
            read_at: row.now,
        }))
    }

    /// Stores the same password hashed anew. Whoever changed the password meanwhile wins.
    pub async fn rehash(self, old: &Credentials, new: &PasswordHash) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        swap_hash(&mut tx, old, new).await?;
        Ok(tx.commit().await?)
    }

    /// Changes the password and ends all sessions of the account; false, and nothing done, if the
    /// password is no longer the one that `old` was read with.
    pub async fn change_password(
        self,
        old: &Credentials,
        new: &PasswordHash,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        if !swap_hash(&mut tx, old, new).await? {
            return Ok(false);
        }
        query!("DELETE FROM sessions WHERE user_id = $1", old.user.uuid())
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(true)
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
