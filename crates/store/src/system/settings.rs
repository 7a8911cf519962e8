//! Settings of the installation: who may sign up, and its set-up.

use domain::UserId;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::{query, query_scalar};
use uuid::Uuid;

use super::{System, users, users::NewUser};
use crate::{Conflict, StoreError};

/// Who may make an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignUpPolicy {
    /// Everyone.
    Open,
    /// Who was invited.
    Invited,
}

/// How far the installation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Installation {
    /// There is an account: pages are served.
    pub used: bool,
    /// There is an operator: set-up is over.
    pub operated: bool,
}

impl System<'_> {
    /// Whether anybody is here yet.
    pub async fn installation(self) -> Result<Installation, StoreError> {
        let mut tx = self.begin().await?;
        Ok(sqlx::query_as!(
            Installation,
            r#"SELECT EXISTS (SELECT FROM users) AS "used!", EXISTS (SELECT FROM users WHERE operator) AS "operated!""#
        )
        .fetch_one(&mut *tx)
        .await?)
    }

    /// The number that this installation's set-up link is made from, the same on all nodes; `None`
    /// when an operator exists.
    pub async fn setup_number(self) -> Result<Option<Uuid>, StoreError> {
        let mut tx = self.begin().await?;
        query!(
            "INSERT INTO settings (name, value) SELECT 'setup', to_jsonb(exq_id())
             WHERE NOT EXISTS (SELECT FROM users WHERE operator) ON CONFLICT (name) DO NOTHING"
        )
        .execute(&mut *tx)
        .await?;
        let number = query_scalar!(
            r#"SELECT (value #>> '{}')::uuid AS "number!" FROM settings WHERE name = 'setup'"#
        )
        .fetch_optional(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(number)
    }

    /// Makes the first operator; [`Conflict::SetUp`] if the number is not, or no longer, the one of
    /// [`System::setup_number`]. Of calls at the same moment one succeeds.
    pub async fn set_up(self, number: Uuid, operator: &NewUser) -> Result<UserId, StoreError> {
        let mut tx = self.begin().await?;
        let open = query!(
            "DELETE FROM settings WHERE name = 'setup' AND value = to_jsonb($1::uuid)",
            number
        )
        .execute(&mut *tx)
        .await?;
        // A number that was made while another call succeeded is void as well.
        let operated =
            query_scalar!(r#"SELECT EXISTS (SELECT FROM users WHERE operator) AS "operated!""#)
                .fetch_one(&mut *tx)
                .await?;
        if open.rows_affected() == 0 || operated {
            return Err(StoreError::Conflict(Conflict::SetUp));
        }
        let id = users::insert(&mut tx, operator).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Who may sign up; nobody uninvited until something is set.
    pub async fn sign_up_policy(self) -> Result<SignUpPolicy, StoreError> {
        let mut tx = self.begin().await?;
        let value = query_scalar!("SELECT value FROM settings WHERE name = 'signup'")
            .fetch_optional(&mut *tx)
            .await?;
        value.map_or(Ok(SignUpPolicy::Invited), |value| {
            serde_json::from_value(value).map_err(|_| StoreError::Damaged("the sign-up policy"))
        })
    }

    /// Sets who may sign up, unless that was set before: the environment gives the initial value.
    pub async fn init_sign_up_policy(self, policy: SignUpPolicy) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        query!(
            "INSERT INTO settings (name, value) VALUES ('signup', $1) ON CONFLICT (name) DO NOTHING",
            json!(policy)
        )
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }

    /// Sets who may sign up.
    pub async fn set_sign_up_policy(self, policy: SignUpPolicy) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        query!(
            "INSERT INTO settings (name, value) VALUES ('signup', $1)
             ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            json!(policy)
        )
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }
}
