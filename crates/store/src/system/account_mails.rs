//! Mails about accounts. Their organization is the nil UUID: no tenant sees them. A row names what
//! happened and whom it concerns; the link's token is made while it is sent.

use domain::{Email, OrgId, UserId};
use sqlx::{query, types::Uuid};

use super::{NewUser, System};
use crate::{StoreError, tx::Tx};

/// Stands for the installation where an organization would stand.
pub(crate) const INSTALLATION: OrgId = OrgId::from_uuid(Uuid::nil());

/// Something that happened to an account, of which its owner is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// The password is another one.
    PasswordChanged,
    /// Log-in now asks for a code.
    FactorOn,
    /// It no longer does.
    FactorOff,
    /// It no longer does, because the operator took it off.
    FactorLifted,
    /// A recovery code stood in for a code.
    RecoveryUsed,
    /// There are new recovery codes.
    RecoveryRenewed,
    /// The account is gone.
    Deleted,
}

impl Notice {
    const fn template(self) -> &'static str {
        match self {
            Self::PasswordChanged => "password_changed",
            Self::FactorOn => "factor_on",
            Self::FactorOff => "factor_off",
            Self::FactorLifted => "factor_lifted",
            Self::RecoveryUsed => "recovery_used",
            Self::RecoveryRenewed => "recovery_renewed",
            Self::Deleted => "account_deleted",
        }
    }
}

impl System<'_> {
    /// Makes an account that can't log in before its address is verified, and mails the link for
    /// that; if the address has an account that is in use, mails that instead. The same work either
    /// way, and the same answer.
    pub async fn sign_up(self, user: &NewUser) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        query!(
            "WITH made AS (
                INSERT INTO users (id, email, name, password_hash, held) VALUES ($1, $2, $3, $4, true)
                ON CONFLICT (email) DO UPDATE SET name = excluded.name, password_hash = excluded.password_hash,
                    created_at = exq_now() WHERE users.held
                RETURNING id
            )
            INSERT INTO outbox (org_id, id, template, params, recipient)
            SELECT $5, exq_id(), CASE WHEN made.id IS NULL THEN 'account_exists' ELSE 'verify' END,
                jsonb_strip_nulls(jsonb_build_object('user', made.id)), $2
            FROM (SELECT) one LEFT JOIN made ON true",
            UserId::generate().uuid(),
            user.email.as_str(),
            user.name.as_str(),
            user.hash.phc(),
            INSTALLATION.uuid()
        )
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }

    /// Mails the link that verifies the account's address, unless it is verified.
    pub async fn mail_verification(self, user: UserId) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        query!(
            "INSERT INTO outbox (org_id, id, template, params, recipient)
             SELECT $2, exq_id(), 'verify', jsonb_build_object('user', id), email
             FROM users WHERE id = $1 AND verified_at IS NULL",
            user.uuid(),
            INSTALLATION.uuid()
        )
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }

    /// Mails a reset link to this address. Whether it has an account is asked when the mail is
    /// sent: here nothing depends on it.
    pub async fn mail_reset(self, email: &Email) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        query!(
            "INSERT INTO outbox (org_id, id, template, params, recipient)
             VALUES ($2, exq_id(), 'reset', '{}', $1)",
            email.as_str(),
            INSTALLATION.uuid()
        )
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }
}

/// Tells the account's owner, in the transaction that did it.
pub(super) async fn notify(tx: &mut Tx, user: UserId, notice: Notice) -> Result<(), StoreError> {
    query!(
        "INSERT INTO outbox (org_id, id, template, params, recipient)
         SELECT $2, exq_id(), $3, '{}', email FROM users WHERE id = $1",
        user.uuid(),
        INSTALLATION.uuid(),
        notice.template()
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
