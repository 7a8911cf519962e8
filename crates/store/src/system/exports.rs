//! Files that members asked for, written a piece at a time. Whoever begins a piece has two minutes for it;
//! a piece that two wrote counts once.

use domain::{ExportId, OrgId, UserId};
use sqlx::types::{Json, Uuid};

use super::System;
use crate::{Export, StoreError, exports::UsageFile};

/// So often a piece is begun before its file is given up.
const TRIES: i32 = 5;

/// The piece of a file that is next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Of which file.
    pub export: ExportId,
    /// In which organization.
    pub org: OrgId,
    /// Who asked for it, and whose eyes it is written with.
    pub user: UserId,
    /// What the file is made of.
    pub file: UsageFile,
    /// How many pieces stand before it.
    pub place: usize,
}

impl System<'_> {
    /// Begins the piece whose file waits the longest, unless there is none. A file whose piece was
    /// begun too often is given up.
    pub async fn begin_piece(self) -> Result<Option<Piece>, StoreError> {
        let mut tx = self.begin().await?;
        sqlx::query!(
            "UPDATE exports SET ended_at = exq_now() WHERE ended_at IS NULL AND turn_at <= exq_now() AND tries >= $1",
            TRIES
        )
        .execute(&mut *tx)
        .await?;
        let begun = sqlx::query!(
            r#"WITH next AS MATERIALIZED (
                SELECT org_id, id FROM exports WHERE ended_at IS NULL AND turn_at <= exq_now()
                ORDER BY turn_at LIMIT 1 FOR UPDATE SKIP LOCKED
             )
             UPDATE exports x SET tries = tries + 1, turn_at = exq_now() + interval '2 minutes'
             FROM next WHERE x.org_id = next.org_id AND x.id = next.id
             RETURNING x.org_id, x.id, x.user_id, x.written, x.ask AS "ask: Json<UsageFile>""#
        )
        .fetch_optional(&mut *tx)
        .await?;
        tx.commit().await?;
        let Some(begun) = begun else { return Ok(None) };
        Ok(Some(Piece {
            export: ExportId::from_uuid(begun.id),
            org: OrgId::from_uuid(begun.org_id),
            user: UserId::from_uuid(begun.user_id),
            file: begun.ask.0,
            place: usize::try_from(begun.written).unwrap_or_default(),
        }))
    }

    /// Keeps what was written of a piece, with its number of lines; false if another node did so before, or
    /// nobody wants the file any more.
    pub async fn end_piece(
        self,
        piece: &Piece,
        body: &[u8],
        lines: usize,
    ) -> Result<bool, StoreError> {
        let (org, export): (Uuid, Uuid) = (piece.org.uuid(), piece.export.uuid());
        let place = i32::try_from(piece.place).unwrap_or(i32::MAX);
        let mut tx = self.begin().await?;
        let ended = sqlx::query!(
            "UPDATE exports SET written = written + 1, tries = 0, turn_at = exq_now(), lines = lines + $4,
                bytes = bytes + $5, ended_at = CASE WHEN written + 1 = pieces THEN exq_now() END
             WHERE org_id = $1 AND id = $2 AND written = $3 AND ended_at IS NULL",
            org,
            export,
            place,
            i64::try_from(lines).unwrap_or(i64::MAX),
            i64::try_from(body.len()).unwrap_or(i64::MAX)
        )
        .execute(&mut *tx)
        .await?;
        if ended.rows_affected() == 0 {
            return Ok(false);
        }
        sqlx::query!(
            "INSERT INTO export_pieces (org_id, export_id, place, body) VALUES ($1, $2, $3, $4)",
            org,
            export,
            place,
            body
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Writes no more of its file.
    pub async fn give_up_export(self, piece: &Piece) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        sqlx::query!(
            "UPDATE exports SET ended_at = exq_now() WHERE org_id = $1 AND id = $2 AND ended_at IS NULL",
            piece.org.uuid(),
            piece.export.uuid()
        )
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }

    /// Forgets files that were asked for a week ago.
    pub async fn reap_exports(self) -> Result<u64, StoreError> {
        let mut tx = self.begin().await?;
        let reaped = sqlx::query!(
            "DELETE FROM exports WHERE asked_at < exq_now() - make_interval(days => $1)",
            i32::try_from(Export::KEPT.num_days()).unwrap_or(i32::MAX)
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(reaped.rows_affected())
    }
}
