//! The fast path: a batch whose reservations fit together is one call and one commit.

use ledger::{Applied, Batch, BookError};
use sqlx::PgConnection;

use super::{Measure, claims::Claims, from_sqlx, from_store, rows};

pub(super) async fn apply(line: &mut PgConnection, batch: &Batch) -> Result<Applied, BookError> {
    let Some(claims) = Claims::of(batch) else {
        return Ok(Applied::Contended);
    };
    let (from, until) = batch.valid();
    // No session state: the function runs as exq_system by itself.
    let row = sqlx::query!(
        r#"SELECT status AS "status!", at, quotas AS "quotas: Vec<rows::Quota>", crowds AS "crowds: Vec<rows::Crowd>",
            paced AS "paced: Vec<rows::Rate>"
         FROM exq_ledger_record($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"#,
        batch.node.uuid(),
        batch.epoch,
        batch.number,
        from,
        until,
        &claims.endings as &[rows::Ending],
        &claims.reservations as &[rows::Reservation],
        &claims.moves as &[rows::Move],
        &claims.turns as &[rows::Turn],
        &claims.deltas as &[rows::Delta],
        &claims.stories as &[rows::Story]
    )
    .fetch_one(line)
    .await
    .map_err(from_sqlx)?;
    failpoint::at("store::batch_committed");
    let measure = Measure { quotas: row.quotas, crowds: row.crowds, paced: row.paced };
    Ok(match (row.status.as_str(), row.at) {
        ("done", Some(at)) => Applied::Done(measure.found(at).map_err(from_store)?),
        ("contended", _) => Applied::Contended,
        ("different", _) => {
            tracing::error!(
                batch = batch.number,
                "a request is not written as this node remembers it; what is written counts"
            );
            Applied::Contended
        }
        ("superseded", _) => Applied::Superseded,
        _ => Applied::Void,
    })
}
