//! Raises that ended: their owners are told, and thresholds that the spend is over now are crossed.

use sqlx::types::Uuid;

use super::System;
use crate::{StoreError, tx::Tx};

impl System<'_> {
    /// Writes a mail to each verified owner for up to 100 raises that ended by themselves, each once,
    /// and crosses thresholds that are shares of an amount that has fallen to less than is spent.
    /// Answers how many raises there were.
    pub async fn tell_ended_raises(self) -> Result<u64, StoreError> {
        let mut tx = self.begin().await?;
        let due = sqlx::query!(
            r#"SELECT r.org_id, r.id, k.id AS "counter?" FROM raises r
             LEFT JOIN budgets b ON (b.org_id, b.id) = (r.org_id, r.budget_id)
             LEFT JOIN counters k ON (k.org_id, k.scope, k.scope_id, k.period)
                = (b.org_id, b.scope, b.scope_id, b.period) AND k.starts <= exq_now() AND exq_now() < k.ends
             WHERE r.ends <= exq_now() AND NOT r.ended_told ORDER BY r.ends LIMIT 100"#
        )
        .fetch_all(&mut *tx)
        .await?;
        let counters: Vec<i64> = due.iter().filter_map(|row| row.counter).collect();
        let orgs: Vec<Uuid> = due.iter().map(|row| row.org_id).collect();
        let ids: Vec<Uuid> = due.iter().map(|row| row.id).collect();
        // Before the raises, as the ledger does and whoever ends one by hand.
        sqlx::query!(
            "SELECT id FROM counters WHERE id = ANY ($1) ORDER BY id FOR UPDATE",
            &counters
        )
        .fetch_all(&mut *tx)
        .await?;
        let told = tell(&mut tx, &orgs, &ids).await?;
        if told > 0 && !counters.is_empty() {
            sqlx::query!("SELECT exq_ledger_cross($1, exq_now())", &counters)
                .fetch_one(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Ok(u64::try_from(told).unwrap_or(0))
    }
}

/// Marks those of the raises that nobody has told of meanwhile, and writes their mails.
async fn tell(tx: &mut Tx, orgs: &[Uuid], ids: &[Uuid]) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"WITH ended AS (
            UPDATE raises r SET ended_told = true
            FROM (SELECT r.org_id, r.id FROM raises r JOIN unnest($1::uuid[], $2::uuid[]) AS d (org_id, id) USING (org_id, id)
                WHERE r.ends <= exq_now() AND NOT r.ended_told ORDER BY r.id FOR UPDATE OF r SKIP LOCKED) d
            WHERE r.org_id = d.org_id AND r.id = d.id RETURNING r.*
         ), mailed AS (
            INSERT INTO outbox (org_id, id, template, params, recipient_id, recipient)
            SELECT e.org_id, exq_id(), 'raise_ended', jsonb_build_object(
                    'organization', o.name, 'zone', o.zone, 'scope', b.scope, 'scope_id', b.scope_id,
                    'scope_name', COALESCE(p.name, a.name, o.name), 'period', b.period,
                    'starts', COALESCE(k.starts, e.starts), 'ends', COALESCE(k.ends, e.ends),
                    'spent', COALESCE(k.spent, 0)::text, 'budget', b.amount::text, 'observe', b.observe,
                    'raised', e.amount::text, 'ended', e.ends, 'reason', e.reason),
                u.id, u.email
            FROM ended e
            JOIN budgets_in_force b ON (b.org_id, b.id) = (e.org_id, e.budget_id)
            JOIN organizations o ON o.org_id = e.org_id
            LEFT JOIN counters k ON (k.org_id, k.scope, k.scope_id, k.period)
                = (b.org_id, b.scope, b.scope_id, b.period) AND k.starts <= exq_now() AND exq_now() < k.ends
            LEFT JOIN projects p ON (p.org_id, p.id) = (b.org_id, b.scope_id)
            LEFT JOIN api_keys a ON (a.org_id, a.id) = (b.org_id, b.scope_id)
            JOIN memberships m ON m.org_id = e.org_id AND m.role = 'owner'
            JOIN users u ON u.id = m.user_id AND u.verified_at IS NOT NULL
         ) SELECT count(*) AS "told!" FROM ended"#,
        orgs,
        ids
    )
    .fetch_one(&mut **tx)
    .await?)
}
