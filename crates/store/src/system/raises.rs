//! Raises that ended: their owners are told.

use super::System;
use crate::StoreError;

impl System<'_> {
    /// Writes a mail to each verified owner for up to 100 raises that ended by themselves, each once.
    /// Answers how many raises there were.
    pub async fn tell_ended_raises(self) -> Result<u64, StoreError> {
        let mut tx = self.begin().await?;
        let told = sqlx::query_scalar!(
            r#"WITH ended AS (
                UPDATE raises r SET ended_told = true
                FROM (SELECT org_id, id FROM raises WHERE ends <= exq_now() AND NOT ended_told
                    ORDER BY ends LIMIT 100 FOR UPDATE SKIP LOCKED) d
                WHERE r.org_id = d.org_id AND r.id = d.id RETURNING r.*
             ), mailed AS (
                INSERT INTO outbox (org_id, id, template, params, recipient_id, recipient)
                SELECT e.org_id, exq_id(), 'raise_ended', jsonb_build_object(
                        'organization', o.name, 'zone', o.zone, 'scope', b.scope, 'scope_id', b.scope_id,
                        'scope_name', COALESCE(p.name, a.name, o.name), 'period', b.period,
                        'starts', COALESCE(k.starts, e.starts), 'ends', COALESCE(k.ends, e.ends),
                        'spent', COALESCE(k.spent, 0)::text, 'budget', b.amount::text,
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
             ) SELECT count(*) AS "told!" FROM ended"#
        )
        .fetch_one(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(u64::try_from(told).unwrap_or(0))
    }
}
