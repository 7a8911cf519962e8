//! Second factors. What is sealed or hashed here, `identity` opens and makes.

use chrono::{DateTime, Utc};
use domain::UserId;
use sqlx::query;

use super::{Notice, SessionHash, System, account_mails::notify, sessions::end_sessions};
use crate::{StoreError, tx::Tx};

/// A second factor as it is stored.
#[derive(Debug, Clone)]
pub struct SecondFactor {
    /// What its codes are made from, sealed.
    pub sealed: Vec<u8>,
    /// Log-in asks for it; else it is being set up.
    pub confirmed: bool,
    /// Recovery codes that were not used.
    pub recovery_codes: i64,
    /// The moment at which this was read.
    pub read_at: DateTime<Utc>,
}

/// The hash of a recovery code.
pub type RecoveryHash = [u8; 32];

impl System<'_> {
    /// The account's second factor, confirmed or not.
    pub async fn second_factor(self, user: UserId) -> Result<Option<SecondFactor>, StoreError> {
        let mut tx = self.begin().await?;
        Ok(sqlx::query_as!(
            SecondFactor,
            r#"SELECT secret AS sealed, confirmed_at IS NOT NULL AS "confirmed!", exq_now() AS "read_at!",
                (SELECT count(*) FROM recovery_codes r WHERE r.user_id = f.user_id) AS "recovery_codes!"
             FROM second_factors f WHERE user_id = $1"#,
            user.uuid()
        )
        .fetch_optional(&mut *tx)
        .await?)
    }

    /// Begins to set one up, in place of one that was begun before; false, and nothing done, if
    /// there is a confirmed one.
    pub async fn begin_second_factor(
        self,
        user: UserId,
        sealed: &[u8],
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let begun = query!(
            "INSERT INTO second_factors AS f (user_id, secret) VALUES ($1, $2)
             ON CONFLICT (user_id) DO UPDATE SET secret = excluded.secret, last_step = 0, created_at = exq_now()
                WHERE f.confirmed_at IS NULL",
            user.uuid(),
            sealed
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(begun.rows_affected() == 1)
    }

    /// From now on log-in asks for a code; that of this step is used up. Ends the account's sessions
    /// but the one that is kept, none of which gave a code, and tells the owner. False if it is not,
    /// or no longer, this one that is being set up.
    pub async fn confirm_second_factor(
        self,
        user: UserId,
        sealed: &[u8],
        step: i64,
        codes: &[RecoveryHash],
        keep: Option<&SessionHash>,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        end_sessions(&mut tx, user, keep).await?;
        let confirmed = query!(
            "UPDATE second_factors SET confirmed_at = exq_now(), last_step = $3
             WHERE user_id = $1 AND secret = $2 AND confirmed_at IS NULL AND last_step < $3",
            user.uuid(),
            sealed,
            step
        )
        .execute(&mut *tx)
        .await?;
        if confirmed.rows_affected() == 0 {
            return Ok(false);
        }
        replace_codes(&mut tx, user, codes).await?;
        notify(&mut tx, user, Notice::FactorOn).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Uses up the code of a step, once, and those before it; of any number at the same moment one
    /// succeeds.
    pub async fn use_step(self, user: UserId, step: i64) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let used = query!(
            "UPDATE second_factors SET last_step = $2
             WHERE user_id = $1 AND confirmed_at IS NOT NULL AND last_step < $2",
            user.uuid(),
            step
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(used.rows_affected() == 1)
    }

    /// Uses up a recovery code that has one of these hashes, once, and tells the owner.
    pub async fn use_recovery_code(
        self,
        user: UserId,
        hashes: &[RecoveryHash],
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let hashes: Vec<Vec<u8>> = hashes.iter().map(|hash| hash.to_vec()).collect();
        let used = query!(
            "DELETE FROM recovery_codes WHERE user_id = $1 AND hash = ANY ($2)",
            user.uuid(),
            &hashes
        )
        .execute(&mut *tx)
        .await?;
        if used.rows_affected() == 0 {
            return Ok(false);
        }
        notify(&mut tx, user, Notice::RecoveryUsed).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// New recovery codes in place of all others, of which the owner is told; false if there is no confirmed second factor.
    pub async fn replace_recovery_codes(
        self,
        user: UserId,
        codes: &[RecoveryHash],
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let factor = query!(
            "SELECT user_id FROM second_factors WHERE user_id = $1 AND confirmed_at IS NOT NULL FOR UPDATE",
            user.uuid()
        )
        .fetch_optional(&mut *tx)
        .await?;
        if factor.is_none() {
            return Ok(false);
        }
        replace_codes(&mut tx, user, codes).await?;
        notify(&mut tx, user, Notice::RecoveryRenewed).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Takes a confirmed second factor off for somebody who can't give its codes any more: ends all
    /// sessions of the account, and tells its owner. False, and nothing done, if there is none.
    pub async fn lift_second_factor(self, user: UserId) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        end_sessions(&mut tx, user, None).await?;
        let lifted = query!(
            "DELETE FROM second_factors WHERE user_id = $1 AND confirmed_at IS NOT NULL",
            user.uuid()
        )
        .execute(&mut *tx)
        .await?;
        if lifted.rows_affected() == 0 {
            return Ok(false);
        }
        notify(&mut tx, user, Notice::FactorLifted).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// From now on log-in asks for the password alone. Tells the owner, if that is a change.
    pub async fn remove_second_factor(self, user: UserId) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let removed = query!(
            r#"DELETE FROM second_factors WHERE user_id = $1 RETURNING confirmed_at IS NOT NULL AS "confirmed!""#,
            user.uuid()
        )
        .fetch_optional(&mut *tx)
        .await?;
        if removed.is_some_and(|removed| removed.confirmed) {
            notify(&mut tx, user, Notice::FactorOff).await?;
        }
        Ok(tx.commit().await?)
    }
}

async fn replace_codes(
    tx: &mut Tx,
    user: UserId,
    codes: &[RecoveryHash],
) -> Result<(), StoreError> {
    let codes: Vec<Vec<u8>> = codes.iter().map(|hash| hash.to_vec()).collect();
    query!("DELETE FROM recovery_codes WHERE user_id = $1", user.uuid()).execute(&mut **tx).await?;
    query!(
        "INSERT INTO recovery_codes (user_id, hash) SELECT $1, unnest($2::bytea[])",
        user.uuid(),
        &codes
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
