//! Since when an organization's requests are kept one by one.

use chrono::{DateTime, Utc};
use domain::{Action, Caller, EventId};

use crate::{Conflict, Store, StoreError, tx::Tx};

impl Store {
    /// Since when they are, if earlier ones that the caller would see were dropped; only sums are left
    /// of these.
    pub async fn kept_since(&self, caller: &Caller) -> Result<Option<DateTime<Utc>>, StoreError> {
        caller.may(Action::List)?;
        let mut tx = self.tenant(caller).await?;
        Ok(sqlx::query_scalar!(
            r#"SELECT (SELECT max(m.ends) FROM dropped_months m) AS since
             WHERE EXISTS (SELECT FROM sealed_days s WHERE s.org_id = $1)"#,
            caller.org.uuid()
        )
        .fetch_optional(&mut *tx)
        .await?
        .flatten())
    }

    /// The same for who looks for a request that is not there; [`StoreError::NotFound`] if it would
    /// still be kept.
    pub async fn not_kept(
        &self,
        caller: &Caller,
        request: EventId,
    ) -> Result<DateTime<Utc>, StoreError> {
        let since = self.kept_since(caller).await?;
        since.filter(|since| request < EventId::floor(*since)).ok_or(StoreError::NotFound)
    }
}

/// Whether all requests of a stretch that the caller sees are still kept; else [`Conflict::NotKept`]. Comes
/// after they were read, for they may be dropped meanwhile.
pub(crate) async fn all_kept(
    tx: &mut Tx,
    caller: &Caller,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<(), StoreError> {
    // No day is longer than the three that are looked through before.
    let since = sqlx::query_scalar!(
        r#"SELECT (SELECT max(m.ends) FROM dropped_months m) AS since
         WHERE EXISTS (SELECT FROM sealed_days s WHERE s.org_id = $1
            AND s.day_starts >= $2::timestamptz - interval '72 hours' AND s.day_starts < $3 AND s.day_ends > $2)"#,
        caller.org.uuid(),
        from,
        until
    )
    .fetch_optional(&mut **tx)
    .await?
    .flatten();
    match since {
        Some(since) => Err(StoreError::Conflict(Conflict::NotKept(since.date_naive()))),
        None => Ok(()),
    }
}
