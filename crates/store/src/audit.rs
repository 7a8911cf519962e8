//! The audit log: see the migration of `audit_entries`, and `domain::audit` for what stands in an
//! entry.

mod log;

use chrono::{DateTime, Utc};
use domain::{
    AuditId, Caller, OrgId, UserId,
    audit::{Change, End, Hash, Head},
};
pub use log::{AuditFilter, AuditPage};
use serde_json::json;
use uuid::Uuid;

use crate::{StoreError, tx::Tx};

/// Locks the end of an organization's chain until the transaction is over. Nothing is locked behind
/// it but counters.
pub(crate) async fn hold(tx: &mut Tx, org: OrgId) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO audit_heads AS h (org_id, count, hash) VALUES ($1, 0, '')
         ON CONFLICT (org_id) DO UPDATE SET count = h.count",
        org.uuid()
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Adds an entry to the end of the caller's organization's chain, which it locks as [`hold`] does.
pub(crate) async fn append(
    tx: &mut Tx,
    caller: &Caller,
    change: &Change,
) -> Result<(), StoreError> {
    let head = sqlx::query!(
        r#"INSERT INTO audit_heads AS h (org_id, count, hash) VALUES ($1, 0, '')
           ON CONFLICT (org_id) DO UPDATE SET count = h.count
           RETURNING count, hash, exq_now() AS "now!", (SELECT email FROM users WHERE id = $2) AS email,
               ARRAY(SELECT gen_random_uuid() FROM generate_series(1, $3::integer)) AS "salts!""#,
        caller.org.uuid(),
        caller.user().map(UserId::uuid),
        i32::try_from(End::most_salts(change)).unwrap_or(i32::MAX)
    )
    .fetch_one(&mut **tx)
    .await?;
    let end = end(head.count, &head.hash)?;
    let id = AuditId::generate();
    let salts = head.salts.into_iter().map(|salt: Uuid| salt.simple().to_string());
    let entry = end
        .follow(caller, change, id, head.now, head.email, salts)
        .map_err(|_| StoreError::Damaged("an audit entry"))?;
    sqlx::query!(
        "WITH moved AS (UPDATE audit_heads SET count = $2, hash = $11 WHERE org_id = $1)
         INSERT INTO audit_entries (org_id, seq, id, at, action, subject, actor, project_id, body, personal, hash)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        caller.org.uuid(),
        head.count + 1,
        id.uuid(),
        head.now,
        change.kind.as_str(),
        change.subject,
        caller.actor.to_string(),
        change.project.map(domain::ProjectId::uuid),
        entry.body,
        json!(entry.personal),
        &entry.hash.0[..]
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The end of a chain, as its row has it.
fn end(count: i64, hash: &[u8]) -> Result<End, StoreError> {
    let damaged = || StoreError::Damaged("the end of an audit log");
    let count = u64::try_from(count).map_err(|_| damaged())?;
    let hash = (count > 0).then(|| Hash::try_from(hash)).transpose().map_err(|_| damaged())?;
    Ok(End { count, hash })
}

/// The head of a chain, as its row has it; none of an empty one.
pub(crate) fn head(
    org: OrgId,
    count: i64,
    hash: &[u8],
    at: DateTime<Utc>,
) -> Result<Option<Head>, StoreError> {
    let End { count, hash } = end(count, hash)?;
    Ok(hash.map(|hash| Head { org, count, hash, at }))
}
