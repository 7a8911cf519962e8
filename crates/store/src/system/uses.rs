//! When keys were last used.

use std::time::Instant;

use domain::{KeyId, OrgId};
use sqlx::types::Uuid;

use super::System;
use crate::StoreError;

impl System<'_> {
    /// Records when each key (a project's, a personal one in that organization, an admin key by the
    /// same number) was last used; earlier times than what is recorded change nothing. No other row
    /// is touched, so that no node forgets a key because it was used.
    pub async fn record_key_uses(self, uses: &[(OrgId, KeyId, Instant)]) -> Result<(), StoreError> {
        let now = Instant::now();
        let orgs: Vec<Uuid> = uses.iter().map(|(org, ..)| org.uuid()).collect();
        let keys: Vec<Uuid> = uses.iter().map(|(_, key, _)| key.uuid()).collect();
        let ages: Vec<f64> =
            uses.iter().map(|(.., at)| now.saturating_duration_since(*at).as_secs_f64()).collect();
        let mut tx = self.begin().await?;
        // In the order of keys, each once: nodes do not wait for each other in a ring.
        sqlx::query!(
            "INSERT INTO key_uses AS u (org_id, key_id, used_at)
             SELECT n.org_id, n.key_id, exq_now() - make_interval(secs => min(n.age))
             FROM unnest($1::uuid[], $2::uuid[], $3::float8[]) AS n (org_id, key_id, age)
             GROUP BY n.org_id, n.key_id ORDER BY n.org_id, n.key_id
             ON CONFLICT (org_id, key_id) DO UPDATE SET used_at = GREATEST(u.used_at, excluded.used_at)",
            &orgs,
            &keys,
            &ages
        )
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }
}
