//! Who is told about an alert.

use domain::{Action, Caller};

use crate::{Store, StoreError};

/// An owner, who is mailed once the address is verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// What the person is called.
    pub name: String,
    /// The address.
    pub email: String,
    /// The address is known to be the person's.
    pub verified: bool,
}

impl Store {
    /// The organization's owners, who may raise a budget and are told about alerts.
    pub async fn recipients(&self, caller: &Caller) -> Result<Vec<Recipient>, StoreError> {
        caller.may(Action::List)?;
        let mut tx = self.tenant(caller).await?;
        Ok(sqlx::query_as!(
            Recipient,
            r#"SELECT u.name, u.email, u.verified_at IS NOT NULL AS "verified!"
             FROM memberships m JOIN users u ON u.id = m.user_id
             WHERE m.org_id = $1 AND m.role = 'owner' ORDER BY lower(u.name), u.email"#,
            caller.org.uuid()
        )
        .fetch_all(&mut *tx)
        .await?)
    }
}
