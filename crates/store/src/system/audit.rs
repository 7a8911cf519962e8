//! What happens to audit logs without a caller: heads are mailed, and what is personal is erased.

use chrono::{DateTime, Utc};
use domain::{
    OrgId, UserId,
    audit::{Head, SignedHead},
};
use serde_json::json;

use super::System;
use crate::{StoreError, audit::head, tx::Tx};

/// Entries in one transaction.
const SLICE: u16 = 500;

impl System<'_> {
    /// The heads of the organizations whose owners must be mailed one: there is an entry from before
    /// today that no mailed head covers. Days are those of each organization's zone.
    pub async fn audit_heads_due(self) -> Result<Vec<Head>, StoreError> {
        let mut tx = self.begin().await?;
        let rows = sqlx::query!(
            r#"SELECT h.org_id, h.count, h.hash, n.now AS "now!"
             FROM audit_heads h JOIN organizations o USING (org_id)
             CROSS JOIN (SELECT exq_now() AS now) n
             LEFT JOIN LATERAL (SELECT m.day, m.count FROM audit_head_mails m WHERE m.org_id = h.org_id
                ORDER BY m.day DESC LIMIT 1) last ON true
             JOIN audit_entries e ON (e.org_id, e.seq) = (h.org_id, COALESCE(last.count, 0) + 1)
             WHERE (n.now AT TIME ZONE o.zone)::date > (e.at AT TIME ZONE o.zone)::date
                AND (last.day IS NULL OR (n.now AT TIME ZONE o.zone)::date > last.day)"#
        )
        .fetch_all(&mut *tx)
        .await?;
        let heads = rows.into_iter().filter_map(|row| {
            head(OrgId::from_uuid(row.org_id), row.count, &row.hash, row.now).transpose()
        });
        heads.collect()
    }

    /// Puts the mails with this head to the organization's owners into the outbox, unless another
    /// node has done so today; whether it did.
    pub async fn mail_audit_head(self, signed: &SignedHead) -> Result<bool, StoreError> {
        let Head { org, count, hash, at } = signed.head;
        let count = i64::try_from(count).map_err(|_| StoreError::Damaged("an audit log's head"))?;
        let mut tx = self.begin().await?;
        let first = sqlx::query!(
            "INSERT INTO audit_head_mails (org_id, day, count)
             SELECT org_id, ($2::timestamptz AT TIME ZONE zone)::date, $3 FROM organizations WHERE org_id = $1
             ON CONFLICT DO NOTHING",
            org.uuid(),
            at,
            count
        )
        .execute(&mut *tx)
        .await?;
        if first.rows_affected() == 0 {
            return Ok(false);
        }
        let said = json!({
            "entries": signed.head.count, "hash": hash, "at": at, "head": signed.to_string(),
        });
        sqlx::query!(
            "INSERT INTO outbox (org_id, id, template, params, recipient_id, recipient)
             SELECT o.org_id, exq_id(), 'audit_head',
                $2::jsonb || jsonb_build_object('organization', o.name, 'zone', o.zone), u.id, u.email
             FROM organizations o JOIN memberships m ON m.org_id = o.org_id AND m.role = 'owner'
             JOIN users u ON u.id = m.user_id AND u.verified_at IS NOT NULL
             WHERE o.org_id = $1",
            org.uuid(),
            said
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Erases a slice of what the audit logs hold of a person whose account was deleted a minute ago:
    /// address and program of what the person did, what was written about the person, and every value
    /// that was one of the person's addresses. The hashes in the chains stay, without the salts that
    /// they were made with; so the chains stay whole. Locks the entries of the slice and no end of a
    /// chain. False if there is nothing to erase that no other node is at.
    pub async fn erase_person(self) -> Result<bool, StoreError> {
        self.erase_person_slice(SLICE).await
    }

    /// As [`System::erase_person`], with at most so many entries.
    pub async fn erase_person_slice(self, most: u16) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        // Always by the index: the planner's idea of how many entries there are is from before the
        // last slices, and reading all of them for the last few takes too long.
        sqlx::query!("SELECT set_config('enable_seqscan', 'off', true)")
            .fetch_one(&mut *tx)
            .await?;
        // The oldest one or none: two persons may stand in the same entry.
        let row = sqlx::query!(
            "SELECT user_id, addresses, gathered, asked_at FROM erasures WHERE user_id = (
                SELECT user_id FROM erasures WHERE asked_at < exq_now() - interval '1 minute'
                ORDER BY asked_at, user_id LIMIT 1) FOR UPDATE SKIP LOCKED"
        )
        .fetch_optional(&mut *tx)
        .await?;
        let Some(row) = row else { return Ok(false) };
        let user = UserId::from_uuid(row.user_id);
        if row.gathered {
            let erased = erase(&mut tx, user, &row.addresses, (row.asked_at, most)).await?;
            if erased < u64::from(most) {
                sqlx::query!("DELETE FROM erasures WHERE user_id = $1", row.user_id)
                    .execute(&mut *tx)
                    .await?;
            }
        } else {
            gather(&mut tx, user).await?;
        }
        tx.commit().await?;
        Ok(true)
    }
}

/// Has what the audit logs hold of a person erased, who has this address.
pub(super) async fn ask_to_erase(
    tx: &mut Tx,
    user: UserId,
    address: &str,
) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO erasures (user_id, addresses) VALUES ($1, ARRAY[$2])",
        user.uuid(),
        address
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Adds the addresses that the person had earlier, before the entries that tell them are erased.
async fn gather(tx: &mut Tx, user: UserId) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE erasures SET gathered = true, addresses = addresses || ARRAY(
            SELECT DISTINCT e.personal #>> '{actor,value}' FROM audit_entries e
            WHERE exq_persons(e.actor, e.subject, e.personal) && ARRAY[$2]
                AND e.actor = $2 AND e.personal #>> '{actor,value}' IS NOT NULL)
         WHERE user_id = $1",
        user.uuid(),
        user.to_string()
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Erases a slice; of how many entries. An address may have another account since the person's was
/// deleted: what was written later is that one's.
async fn erase(
    tx: &mut Tx,
    user: UserId,
    addresses: &[String],
    (asked_at, most): (DateTime<Utc>, u16),
) -> Result<u64, StoreError> {
    let mut names = addresses.to_vec();
    names.push(user.to_string());
    let erased = sqlx::query!(
        "WITH found AS (
            SELECT e.org_id, e.seq, e.actor, e.subject, e.personal FROM audit_entries e
            WHERE exq_persons(e.actor, e.subject, e.personal) && $2
                AND (e.at <= $4 OR e.actor = $1 OR e.subject = $1)
            LIMIT $5
         ), erased AS (
            SELECT f.org_id, f.seq, jsonb_object_agg(v.key, CASE
                    WHEN v.key IN ('actor', 'address', 'agent') AND f.actor = $1 THEN 'null'
                    WHEN v.key NOT IN ('actor', 'address', 'agent') AND f.subject = $1 THEN 'null'
                    WHEN v.value ->> 'value' = ANY ($3) THEN 'null'
                    ELSE v.value END) AS personal
            FROM found f, jsonb_each(f.personal) v GROUP BY f.org_id, f.seq
         )
         UPDATE audit_entries e SET personal = erased.personal FROM erased
         WHERE (e.org_id, e.seq) = (erased.org_id, erased.seq)",
        user.to_string(),
        &names,
        addresses,
        asked_at,
        i64::from(most)
    )
    .execute(&mut **tx)
    .await?;
    Ok(erased.rows_affected())
}
