//! Reading the audit log.

use chrono::{DateTime, Utc};
use domain::{
    Action, AuditId, Caller, ProjectId,
    audit::{Change, Entry, Hash, Head, Kind, Personal},
};

use super::head;
use crate::{Store, StoreError};

/// Which entries; what is empty lets all through.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// What was done.
    pub kinds: Vec<Kind>,
    /// By whom: ids, or `operator`.
    pub actors: Vec<String>,
    /// The projects that the subjects belong to.
    pub projects: Vec<ProjectId>,
    /// The ids of what was changed.
    pub subjects: Vec<String>,
    /// Not before.
    pub from: Option<DateTime<Utc>>,
    /// Before.
    pub until: Option<DateTime<Utc>>,
}

/// Some entries of the log, and whether there are more beyond.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditPage {
    /// The newest first, each with its number in the chain.
    pub entries: Vec<(u64, Entry)>,
    /// There are older ones.
    pub more: bool,
}

/// The rows on one side of an entry that a filter lets through, the next to it first, and one more
/// than is wanted. A statement for each direction, so that each has its index.
macro_rules! entries {
    ($tx:expr, $caller:expr, $filter:expr, $side:literal, $seq:expr, $order:literal, $most:expr) => {{
        let kinds: Vec<_> = $filter.kinds.iter().map(|kind| kind.as_str().to_owned()).collect();
        let projects: Vec<_> = $filter.projects.iter().map(|id| id.uuid()).collect();
        sqlx::query_as!(
            Row,
            r#"SELECT seq AS "seq!", body AS "body!", personal AS "personal!", hash AS "hash!" FROM audit_entries
             WHERE org_id = $1 AND "# + $side + "
                AND (cardinality($3::text[]) = 0 OR action = ANY ($3))
                AND (cardinality($4::text[]) = 0 OR actor = ANY ($4))
                AND (cardinality($5::uuid[]) = 0 OR project_id = ANY ($5))
                AND (cardinality($6::text[]) = 0 OR subject = ANY ($6))
                AND ($7::timestamptz IS NULL OR at >= $7) AND ($8::timestamptz IS NULL OR at < $8)
             ORDER BY seq " + $order + " LIMIT $9",
            $caller.org.uuid(),
            $seq,
            &kinds,
            &$filter.actors,
            &projects,
            &$filter.subjects,
            $filter.from,
            $filter.until,
            i64::from($most) + 1
        )
        .fetch_all(&mut *$tx)
        .await?
    }};
}

impl Store {
    /// Up to `most` entries that the filter lets through and that are older than the entry `before`;
    /// the newest first.
    pub async fn audit_log(
        &self,
        caller: &Caller,
        filter: &AuditFilter,
        before: Option<u64>,
        most: u16,
    ) -> Result<AuditPage, StoreError> {
        caller.may(Action::SeeAudit)?;
        let mut tx = self.tenant(caller).await?;
        let seq = number(before.unwrap_or(u64::MAX));
        page(entries!(tx, caller, filter, "seq < $2", seq, "DESC", most), most)
    }

    /// Of the entries that the filter lets through and that are newer than the entry `after` up to
    /// `most`, those next to it; the newest first, and whether there are still newer ones.
    pub async fn audit_log_newer(
        &self,
        caller: &Caller,
        filter: &AuditFilter,
        after: u64,
        most: u16,
    ) -> Result<AuditPage, StoreError> {
        caller.may(Action::SeeAudit)?;
        let mut tx = self.tenant(caller).await?;
        let seq = number(after);
        let mut page = page(entries!(tx, caller, filter, "seq > $2", seq, "ASC", most), most)?;
        page.entries.reverse();
        Ok(page)
    }

    /// The number in the chain of an entry.
    pub async fn audit_seq(&self, caller: &Caller, id: AuditId) -> Result<u64, StoreError> {
        caller.may(Action::SeeAudit)?;
        let mut tx = self.tenant(caller).await?;
        let seq = sqlx::query_scalar!(
            "SELECT seq FROM audit_entries WHERE org_id = $1 AND id = $2",
            caller.org.uuid(),
            id.uuid()
        )
        .fetch_one(&mut *tx)
        .await?;
        u64::try_from(seq).map_err(|_| StoreError::Damaged("an audit entry"))
    }

    /// Begins an export, which is itself a change that the log tells of. What it covers is the head:
    /// the entries up to it are read with [`Store::audit_chunk`].
    pub async fn begin_audit_export(&self, caller: &Caller) -> Result<Head, StoreError> {
        caller.may(Action::SeeAudit)?;
        let tx = self.change(caller).await?;
        tx.commit(Change::new(Kind::AuditExported, caller.org)).await?;
        self.audit_head(caller).await?.ok_or(StoreError::NotFound)
    }

    /// The end of the chain as it is now; none if there is no entry.
    pub async fn audit_head(&self, caller: &Caller) -> Result<Option<Head>, StoreError> {
        caller.may(Action::SeeAudit)?;
        let mut tx = self.tenant(caller).await?;
        let row = sqlx::query!(
            r#"SELECT count, hash, exq_now() AS "at!" FROM audit_heads WHERE org_id = $1"#,
            caller.org.uuid()
        )
        .fetch_optional(&mut *tx)
        .await?;
        row.map_or(Ok(None), |row| head(caller.org, row.count, &row.hash, row.at))
    }

    /// Up to `most` entries behind the entry `after`, up to and with the entry `last`, in the order
    /// of the chain.
    pub async fn audit_chunk(
        &self,
        caller: &Caller,
        after: u64,
        last: u64,
        most: u16,
    ) -> Result<Vec<Entry>, StoreError> {
        caller.may(Action::SeeAudit)?;
        let mut tx = self.tenant(caller).await?;
        let rows = sqlx::query_as!(
            Row,
            r#"SELECT seq AS "seq!", body AS "body!", personal AS "personal!", hash AS "hash!" FROM audit_entries
             WHERE org_id = $1 AND seq > $2 AND seq <= $3 ORDER BY seq LIMIT $4"#,
            caller.org.uuid(),
            number(after),
            number(last),
            i64::from(most)
        )
        .fetch_all(&mut *tx)
        .await?;
        rows.into_iter().map(|row| Ok(row.entry()?.1)).collect()
    }
}

/// The rows without the one too many, which tells that there are more.
fn page(mut rows: Vec<Row>, most: u16) -> Result<AuditPage, StoreError> {
    let more = rows.len() > usize::from(most);
    rows.truncate(most.into());
    let entries = rows.into_iter().map(Row::entry).collect::<Result<_, _>>()?;
    Ok(AuditPage { entries, more })
}

struct Row {
    seq: i64,
    body: String,
    personal: serde_json::Value,
    hash: Vec<u8>,
}

impl Row {
    fn entry(self) -> Result<(u64, Entry), StoreError> {
        let damaged = || StoreError::Damaged("an audit entry");
        let personal: Personal = serde_json::from_value(self.personal).map_err(|_| damaged())?;
        let hash = Hash::try_from(&self.hash[..]).map_err(|_| damaged())?;
        let seq = u64::try_from(self.seq).map_err(|_| damaged())?;
        Ok((seq, Entry { body: self.body, personal, hash }))
    }
}

/// An entry's number for a statement; beyond the last possible one there is none.
fn number(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}
