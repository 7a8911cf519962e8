//! Files of usage that are written piece by piece, while nobody waits for them: see
//! [`crate::system::Piece`].

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    Action, Caller, ExportId, UserId,
    audit::{Change, Kind},
};
use serde::{Deserialize, Serialize};
use sqlx::types::{Json, Uuid};

use crate::{
    Conflict, Store, StoreError,
    slices::{Ask, Dimension, Grain, Only, may_ask},
};

/// Most of one member.
pub(crate) const MOST: i64 = 20;

/// What a file of usage is made of; nothing of it moves on with time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageFile {
    /// By which rollup.
    pub grain: Grain,
    /// What usage is told apart by.
    pub by: Vec<Dimension>,
    /// Of which usage.
    pub only: Only,
    /// Where each stretch begins, and the end of the last; rising. Each stretch is a piece.
    pub bounds: Vec<DateTime<Utc>>,
}

impl UsageFile {
    /// How many pieces it has.
    pub const fn pieces(&self) -> usize {
        self.bounds.len().saturating_sub(1)
    }

    /// What is asked for a piece.
    pub fn piece(&self, place: usize) -> Option<Ask<'_>> {
        let bounds = self.bounds.get(place..place + 2)?;
        Some(Ask { bounds, grain: self.grain, by: &self.by, only: &self.only })
    }
}

/// A file that a member asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    /// Its id.
    pub id: ExportId,
    /// What it is called.
    pub file: String,
    /// What the page of usage was asked, after the question mark.
    pub query: String,
    /// When it was asked for.
    pub asked_at: DateTime<Utc>,
    /// How far it is.
    pub state: ExportState,
}

/// How far a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportState {
    /// So many of its pieces are written.
    Writing {
        /// How many.
        written: u32,
        /// Of how many.
        of: u32,
    },
    /// It can be fetched.
    Ready {
        /// Of how many pieces it is.
        pieces: u32,
        /// Lines, without the one with the names of columns.
        lines: u64,
        /// Its size.
        bytes: u64,
        /// When it is forgotten.
        until: DateTime<Utc>,
    },
    /// One of its pieces could not be written, however often it was tried, or what its asker sees changed meanwhile.
    Failed,
    /// It was written, and something of it is hidden from its asker now.
    Hidden,
}

impl Export {
    /// So long a file is kept, from when it was asked for.
    pub const KEPT: TimeDelta = TimeDelta::days(7);
}

struct Row {
    id: Uuid,
    file: String,
    query: String,
    pieces: i32,
    written: i32,
    lines: i64,
    bytes: i64,
    asked_at: DateTime<Utc>,
    ended: bool,
    /// Nothing of it is hidden from its asker now.
    seen: bool,
}

impl From<Row> for Export {
    fn from(row: Row) -> Self {
        let state = match row.ended {
            false => ExportState::Writing {
                written: row.written.unsigned_abs(),
                of: row.pieces.unsigned_abs(),
            },
            true if row.written < row.pieces => ExportState::Failed,
            true if !row.seen => ExportState::Hidden,
            true => ExportState::Ready {
                pieces: row.pieces.unsigned_abs(),
                lines: row.lines.unsigned_abs(),
                bytes: row.bytes.unsigned_abs(),
                until: row.asked_at + Self::KEPT,
            },
        };
        let (id, file, query) = (ExportId::from_uuid(row.id), row.file, row.query);
        Self { id, file, query, asked_at: row.asked_at, state }
    }
}

impl Store {
    /// Files that the caller asked for, the newest first.
    pub async fn exports(&self, caller: &Caller) -> Result<Vec<Export>, StoreError> {
        self.exports_among(caller, None).await
    }

    /// One of them.
    pub async fn export(&self, caller: &Caller, id: ExportId) -> Result<Export, StoreError> {
        let found = self.exports_among(caller, Some(id)).await?;
        found.into_iter().next().ok_or(StoreError::NotFound)
    }

    async fn exports_among(
        &self,
        caller: &Caller,
        one: Option<ExportId>,
    ) -> Result<Vec<Export>, StoreError> {
        caller.may(Action::List)?;
        let mut tx = self.tenant(caller).await?;
        let rows = sqlx::query_as!(
            Row,
            r#"SELECT id, file, query, pieces, written, lines, bytes, asked_at, ended_at IS NOT NULL AS "ended!",
                exq_sees_all() OR COALESCE(projects <@ ARRAY(SELECT exq_own_projects()), false) AS "seen!"
             FROM exports WHERE org_id = $1 AND user_id = $2 AND ($3::uuid IS NULL OR id = $3) ORDER BY id DESC"#,
            caller.org.uuid(),
            caller.user().map(UserId::uuid),
            one.map(ExportId::uuid)
        )
        .fetch_all(&mut *tx)
        .await?;
        Ok(rows.into_iter().map(Export::from).collect())
    }

    /// Asks for a file of this name, which the scheduler writes. `query` leads back to the page.
    pub async fn ask_export(
        &self,
        caller: &Caller,
        name: &str,
        query: &str,
        file: &UsageFile,
    ) -> Result<ExportId, StoreError> {
        may_ask(caller, &file.by, &file.only)?;
        let user = caller.user().ok_or(StoreError::NotFound)?;
        let pieces = i32::try_from(file.pieces()).map_err(|_| StoreError::NotFound)?;
        let id = ExportId::generate();
        let mut tx = self.change(caller).await?;
        // Of several at once each counts those before it.
        tx.hold_end().await?;
        sqlx::query!(
            "INSERT INTO exports (org_id, id, user_id, file, query, ask, pieces, projects)
             VALUES ($1, $2, $3, $4, $5, $6, $7, CASE WHEN NOT exq_sees_all()
                THEN ARRAY(SELECT own.id FROM exq_own_projects() AS own (id) ORDER BY own.id) END)",
            caller.org.uuid(),
            id.uuid(),
            user.uuid(),
            name,
            query,
            Json(file) as _,
            pieces
        )
        .execute(&mut **tx)
        .await?;
        let all = sqlx::query_scalar!(
            r#"SELECT count(*) AS "all!" FROM exports WHERE org_id = $1 AND user_id = $2"#,
            caller.org.uuid(),
            user.uuid()
        )
        .fetch_one(&mut **tx)
        .await?;
        if all > MOST {
            return Err(StoreError::Conflict(Conflict::TooManyExports));
        }
        tx.commit(Change::new(Kind::ExportAsked, id).now("file", name)).await?;
        Ok(id)
    }

    /// Whether the asker sees now what was seen at asking, no more and no less: else the file would have parts of two
    /// views.
    pub async fn sees_export_as_asked(
        &self,
        caller: &Caller,
        id: ExportId,
    ) -> Result<bool, StoreError> {
        caller.may(Action::List)?;
        let mut tx = self.tenant(caller).await?;
        let same = sqlx::query_scalar!(
            r#"SELECT COALESCE(CASE WHEN exq_sees_all() THEN projects IS NULL ELSE
                projects = ARRAY(SELECT own.id FROM exq_own_projects() AS own (id) ORDER BY own.id) END, false) AS "same!"
             FROM exports WHERE org_id = $1 AND user_id = $2 AND id = $3"#,
            caller.org.uuid(),
            caller.user().map(UserId::uuid),
            id.uuid()
        )
        .fetch_optional(&mut *tx)
        .await?;
        Ok(same.unwrap_or(false))
    }

    /// A piece of a file that is ready; none behind its last.
    pub async fn export_piece(
        &self,
        caller: &Caller,
        id: ExportId,
        place: u32,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        caller.may(Action::List)?;
        let mut tx = self.tenant(caller).await?;
        Ok(sqlx::query_scalar!(
            "SELECT p.body FROM exports x JOIN export_pieces p ON p.org_id = x.org_id AND p.export_id = x.id
             WHERE x.org_id = $1 AND x.user_id = $2 AND x.id = $3 AND x.written = x.pieces AND p.place = $4
                AND (exq_sees_all() OR x.projects <@ ARRAY(SELECT exq_own_projects()))",
            caller.org.uuid(),
            caller.user().map(UserId::uuid),
            id.uuid(),
            i32::try_from(place).unwrap_or(i32::MAX)
        )
        .fetch_optional(&mut *tx)
        .await?)
    }

    /// Removes a file, written or not.
    pub async fn remove_export(&self, caller: &Caller, id: ExportId) -> Result<(), StoreError> {
        caller.may(Action::List)?;
        let mut tx = self.change(caller).await?;
        let removed = sqlx::query_scalar!(
            "DELETE FROM exports WHERE org_id = $1 AND user_id = $2 AND id = $3 RETURNING file",
            caller.org.uuid(),
            caller.user().map(UserId::uuid),
            id.uuid()
        )
        .fetch_optional(&mut **tx)
        .await?
        .ok_or(StoreError::NotFound)?;
        tx.commit(Change::new(Kind::ExportRemoved, id).gone("file", removed)).await
    }
}
