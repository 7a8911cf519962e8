//! What happens to audit logs without a caller: heads are mailed, and what is personal is erased.

use domain::{
    OrgId, UserId,
    audit::{Head, SignedHead},
};
use serde_json::json;

use super::System;
use crate::{StoreError, audit::head, tx::Tx};

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

    /// Erases from all audit logs what is personal about somebody: address and program of what the
    /// person did, what was written about the person, and every value that is one of the person's
    /// addresses. The hashes in the chains stay, without the salts that they were made with; so the
    /// chains stay whole. How many entries held something. Reads all logs.
    pub async fn erase_person(self, user: UserId) -> Result<u64, StoreError> {
        let mut tx = self.begin().await?;
        let erased = erase(&mut tx, user).await?;
        tx.commit().await?;
        Ok(erased)
    }
}

/// As [`System::erase_person`], in a transaction that does more.
pub(super) async fn erase(tx: &mut Tx, user: UserId) -> Result<u64, StoreError> {
    let erased = sqlx::query!(
            r#"WITH known AS (
                SELECT email AS address FROM users WHERE id = $1
                UNION SELECT personal #>> '{actor,value}' FROM audit_entries WHERE actor = $2
             ),
             found AS (
                SELECT e.org_id, e.seq, jsonb_object_agg(v.key, CASE
                        WHEN v.key IN ('actor', 'address', 'agent') AND e.actor = $2 THEN 'null'
                        WHEN v.key NOT IN ('actor', 'address', 'agent') AND e.subject = $2 THEN 'null'
                        WHEN v.value ->> 'value' IN (SELECT address FROM known) THEN 'null'
                        ELSE v.value END) AS personal
                FROM audit_entries e, jsonb_each(e.personal) v GROUP BY e.org_id, e.seq
             )
             UPDATE audit_entries e SET personal = found.personal FROM found
             WHERE (e.org_id, e.seq) = (found.org_id, found.seq) AND e.personal <> found.personal"#,
            user.uuid(),
            user.to_string()
        )
        .execute(&mut **tx)
        .await?;
    Ok(erased.rows_affected())
}
