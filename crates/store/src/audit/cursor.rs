//! Places in the audit log, and what is newer than one.

use domain::{Action, AuditId, Caller};

use super::log::{AuditFilter, AuditPage, Row, number};
use crate::{Store, StoreError};

impl Store {
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
        let kinds: Vec<_> = filter.kinds.iter().map(|kind| kind.as_str().to_owned()).collect();
        let projects: Vec<_> = filter.projects.iter().map(|id| id.uuid()).collect();
        let mut tx = self.tenant(caller).await?;
        let rows = sqlx::query_as!(
            Row,
            r#"SELECT seq AS "seq!", body AS "body!", personal AS "personal!", hash AS "hash!" FROM audit_entries
             WHERE org_id = $1 AND seq > $2
                AND (cardinality($3::text[]) = 0 OR action = ANY ($3))
                AND (cardinality($4::text[]) = 0 OR actor = ANY ($4))
                AND (cardinality($5::uuid[]) = 0 OR project_id = ANY ($5))
                AND (cardinality($6::text[]) = 0 OR subject = ANY ($6))
                AND ($7::timestamptz IS NULL OR at >= $7) AND ($8::timestamptz IS NULL OR at < $8)
             ORDER BY seq LIMIT $9"#,
            caller.org.uuid(),
            number(after),
            &kinds,
            &filter.actors,
            &projects,
            &filter.subjects,
            filter.from,
            filter.until,
            i64::from(most) + 1
        )
        .fetch_all(&mut *tx)
        .await?;
        let more = rows.len() > usize::from(most);
        let entries = rows.into_iter().take(usize::from(most)).map(Row::entry);
        let mut entries = entries.collect::<Result<Vec<_>, _>>()?;
        entries.reverse();
        Ok(AuditPage { entries, more })
    }
}
