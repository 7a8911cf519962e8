//! Folding deltas into rollups.

use super::System;
use crate::StoreError;

/// Most deltas of one statement.
pub const FOLDED_AT_ONCE: u64 = 5_000;

impl System<'_> {
    /// Moves a slice of deltas into the rollups; answers how many. Any node may do it at any time:
    /// each delta counts exactly once, because the statement that adds it removes it.
    pub async fn fold(self) -> Result<u64, StoreError> {
        let mut tx = self.begin_taking().await?;
        let folded = sqlx::query_scalar!(
            r#"WITH slice AS (
                SELECT ctid FROM deltas ORDER BY org_id, id LIMIT $1 FOR UPDATE SKIP LOCKED
            ), taken AS (
                DELETE FROM deltas d WHERE d.ctid = ANY (ARRAY(SELECT ctid FROM slice)) RETURNING d.*
            ), by_quarter AS (
                INSERT INTO quarters AS r (org_id, quarter, project_id, key_id, member_id, model, sandbox,
                    requests, estimated, unpriced, input, cached, cache_write, cache_write_1h, audio_input,
                    image_input, output, reasoning, audio_output, image_output, charge)
                SELECT org_id, quarter, project_id, key_id, member_id, model, sandbox, sum(requests),
                    sum(estimated), sum(unpriced), sum(input), sum(cached), sum(cache_write), sum(cache_write_1h),
                    sum(audio_input), sum(image_input), sum(output), sum(reasoning), sum(audio_output),
                    sum(image_output), sum(charge)
                FROM taken GROUP BY 1, 2, 3, 4, 5, 6, 7 ORDER BY 1, 2, 3, 4, 5, 6, 7
                ON CONFLICT (org_id, quarter, project_id, key_id, member_id, model, sandbox) DO UPDATE
                    SET requests = r.requests + excluded.requests, estimated = r.estimated + excluded.estimated,
                        unpriced = r.unpriced + excluded.unpriced, input = r.input + excluded.input,
                        cached = r.cached + excluded.cached, cache_write = r.cache_write + excluded.cache_write,
                        cache_write_1h = r.cache_write_1h + excluded.cache_write_1h,
                        audio_input = r.audio_input + excluded.audio_input,
                        image_input = r.image_input + excluded.image_input, output = r.output + excluded.output,
                        reasoning = r.reasoning + excluded.reasoning,
                        audio_output = r.audio_output + excluded.audio_output,
                        image_output = r.image_output + excluded.image_output, charge = r.charge + excluded.charge
            ), by_day AS (
                INSERT INTO days AS r (org_id, day_starts, day_ends, project_id, key_id, member_id, model,
                    sandbox, requests, estimated, unpriced, input, cached, cache_write, cache_write_1h, audio_input,
                    image_input, output, reasoning, audio_output, image_output, charge)
                SELECT org_id, day_starts, max(day_ends), project_id, key_id, member_id, model, sandbox,
                    sum(requests), sum(estimated), sum(unpriced), sum(input), sum(cached), sum(cache_write),
                    sum(cache_write_1h), sum(audio_input), sum(image_input), sum(output), sum(reasoning),
                    sum(audio_output), sum(image_output), sum(charge)
                FROM taken GROUP BY org_id, day_starts, project_id, key_id, member_id, model, sandbox
                ORDER BY org_id, day_starts, project_id, key_id, member_id, model, sandbox
                ON CONFLICT (org_id, day_starts, project_id, key_id, member_id, model, sandbox) DO UPDATE
                    SET requests = r.requests + excluded.requests, estimated = r.estimated + excluded.estimated,
                        unpriced = r.unpriced + excluded.unpriced, input = r.input + excluded.input,
                        cached = r.cached + excluded.cached, cache_write = r.cache_write + excluded.cache_write,
                        cache_write_1h = r.cache_write_1h + excluded.cache_write_1h,
                        audio_input = r.audio_input + excluded.audio_input,
                        image_input = r.image_input + excluded.image_input, output = r.output + excluded.output,
                        reasoning = r.reasoning + excluded.reasoning,
                        audio_output = r.audio_output + excluded.audio_output,
                        image_output = r.image_output + excluded.image_output, charge = r.charge + excluded.charge
            )
            SELECT count(*) AS "count!" FROM taken"#,
            FOLDED_AT_ONCE.cast_signed()
        )
        .fetch_one(&mut *tx)
        .await?;
        failpoint::at("store::folding");
        tx.commit().await?;
        Ok(u64::try_from(folded).unwrap_or(0))
    }
}
