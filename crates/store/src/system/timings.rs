//! Folding timings into latencies.

use super::System;
use crate::StoreError;

/// Most timings of one statement.
pub const TIMED_AT_ONCE: u64 = 5_000;

impl System<'_> {
    /// Moves a slice of timings into the latencies; answers how many. As [`System::fold`], any node may do
    /// it at any time.
    pub async fn fold_timings(self) -> Result<u64, StoreError> {
        let mut tx = self.begin_taking().await?;
        let folded = sqlx::query_scalar!(
            r#"WITH slice AS (
                SELECT ctid FROM timings ORDER BY org_id, id LIMIT $1 FOR UPDATE SKIP LOCKED
            ), taken AS (
                DELETE FROM timings t WHERE t.ctid = ANY (ARRAY(SELECT ctid FROM slice)) RETURNING t.org_id, t.id
            ), finest AS (
                SELECT f.org_id, hour, day_starts, project_id, model, count(*) AS requests, sum(failed) AS failed,
                    sum(reading_us) AS reading_us, sum(reserving_us) AS reserving_us, sum(connecting_us) AS connecting_us,
                    sum(waiting_us) AS waiting_us, sum(answering_us) AS answering_us, sum(whole_us) AS whole_us,
                    sum(total_64) AS total_64, sum(total_256) AS total_256, sum(total_1024) AS total_1024,
                    sum(total_4096) AS total_4096, sum(total_more) AS total_more, sum(total_unknown) AS total_unknown,
                    sum(first_token) AS first_token, sum(speed) AS speed, sum(reserving) AS reserving
                FROM taken t CROSS JOIN LATERAL (
                    SELECT f.* FROM timed f WHERE f.org_id = t.org_id AND f.id = t.id OFFSET 0) f
                GROUP BY 1, 2, 3, 4, 5
            ), rolled AS (
                INSERT INTO latencies AS l (org_id, shape, at, project_id, model, requests, failed, reading_us,
                    reserving_us, connecting_us, waiting_us, answering_us, whole_us, total_64, total_256, total_1024,
                    total_4096, total_more, total_unknown, first_token, speed, reserving)
                SELECT f.org_id, s.shape, CASE WHEN s.hours THEN f.hour ELSE f.day_starts END,
                    CASE WHEN s.project THEN f.project_id ELSE '00000000-0000-0000-0000-000000000000' END, f.model,
                    sum(requests), sum(failed), sum(reading_us), sum(reserving_us), sum(connecting_us), sum(waiting_us),
                    sum(answering_us), sum(whole_us), sum(total_64), sum(total_256), sum(total_1024), sum(total_4096),
                    sum(total_more), sum(total_unknown), sum(first_token), sum(speed), sum(reserving)
                FROM finest f CROSS JOIN exq_latency_shapes() s GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
                ON CONFLICT (org_id, shape, at, project_id, model) DO UPDATE
                    SET requests = l.requests + excluded.requests, failed = l.failed + excluded.failed,
                        reading_us = l.reading_us + excluded.reading_us,
                        reserving_us = l.reserving_us + excluded.reserving_us,
                        connecting_us = l.connecting_us + excluded.connecting_us,
                        waiting_us = l.waiting_us + excluded.waiting_us,
                        answering_us = l.answering_us + excluded.answering_us, whole_us = l.whole_us + excluded.whole_us,
                        total_64 = l.total_64 + excluded.total_64, total_256 = l.total_256 + excluded.total_256,
                        total_1024 = l.total_1024 + excluded.total_1024, total_4096 = l.total_4096 + excluded.total_4096,
                        total_more = l.total_more + excluded.total_more,
                        total_unknown = l.total_unknown + excluded.total_unknown,
                        first_token = l.first_token + excluded.first_token, speed = l.speed + excluded.speed,
                        reserving = l.reserving + excluded.reserving
            )
            SELECT count(*) AS "count!" FROM taken"#,
            TIMED_AT_ONCE.cast_signed()
        )
        .fetch_one(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(u64::try_from(folded).unwrap_or(0))
    }
}
