//! Ways to look at usage that are kept under a name: a member's own, or everybody's.

use domain::{
    Action, Caller, Name, UserId, ViewId,
    audit::{Change, Kind},
};

use crate::{Conflict, Store, StoreError};

/// Most of one member, and of the organization.
pub(crate) const MOST: i64 = 30;

/// Longest question, in bytes.
const LONGEST: usize = 2_000;

/// A question to the usage page, under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageView {
    /// Its id.
    pub id: ViewId,
    /// What it is called.
    pub name: String,
    /// What follows the question mark of the page's address.
    pub query: String,
    /// Everybody in the organization has it.
    pub shared: bool,
}

impl Store {
    /// The caller's own views and those of the organization, by name.
    pub async fn views(&self, caller: &Caller) -> Result<Vec<UsageView>, StoreError> {
        caller.may(Action::List)?;
        let mut tx = self.tenant(caller).await?;
        let rows = sqlx::query!(
            r#"SELECT id, name, query, user_id IS NULL AS "shared!" FROM views
             WHERE org_id = $1 AND (user_id IS NULL OR user_id = $2) ORDER BY lower(name), id"#,
            caller.org.uuid(),
            caller.user().map(UserId::uuid)
        )
        .fetch_all(&mut *tx)
        .await?;
        Ok(rows
            .into_iter()
            .map(|row| UsageView {
                id: ViewId::from_uuid(row.id),
                name: row.name,
                query: row.query,
                shared: row.shared,
            })
            .collect())
    }

    /// Keeps a view for the caller, or, for those who edit the organization, for everybody; one of the
    /// same name becomes this one.
    pub async fn keep_view(
        &self,
        caller: &Caller,
        name: &Name,
        query: &str,
        shared: bool,
    ) -> Result<(), StoreError> {
        caller.may(if shared { Action::EditOrganization } else { Action::List })?;
        if query.len() > LONGEST {
            return Err(StoreError::Conflict(Conflict::LongView));
        }
        let user = caller.user().map(UserId::uuid).ok_or(StoreError::NotFound)?;
        let whose = (!shared).then_some(user);
        let mut tx = self.change(caller).await?;
        let id = sqlx::query_scalar!(
            "INSERT INTO views (org_id, id, user_id, name, query) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (org_id, COALESCE(user_id, '00000000-0000-0000-0000-000000000000'), name)
             DO UPDATE SET query = EXCLUDED.query RETURNING id",
            caller.org.uuid(),
            ViewId::generate().uuid(),
            whose,
            name.as_str(),
            query
        )
        .fetch_one(&mut **tx)
        .await?;
        let all = sqlx::query_scalar!(
            r#"SELECT count(*) AS "all!" FROM views WHERE org_id = $1 AND user_id IS NOT DISTINCT FROM $2"#,
            caller.org.uuid(),
            whose
        )
        .fetch_one(&mut **tx)
        .await?;
        if all > MOST {
            return Err(StoreError::Conflict(Conflict::TooManyViews));
        }
        let change = Change::new(Kind::ViewKept, ViewId::from_uuid(id));
        tx.commit(change.now("for", if shared { "everybody" } else { "oneself" })).await
    }

    /// Removes a view of the caller's, or, for those who edit the organization, one of everybody's.
    pub async fn remove_view(&self, caller: &Caller, id: ViewId) -> Result<(), StoreError> {
        caller.may(Action::List)?;
        let mut tx = self.change(caller).await?;
        let removed = sqlx::query!(
            "DELETE FROM views WHERE org_id = $1 AND id = $2 AND (user_id = $3 OR user_id IS NULL AND $4)",
            caller.org.uuid(),
            id.uuid(),
            caller.user().map(UserId::uuid),
            caller.may(Action::EditOrganization).is_ok()
        )
        .execute(&mut **tx)
        .await?;
        if removed.rows_affected() == 0 {
            return Err(StoreError::NotFound);
        }
        tx.commit(Change::new(Kind::ViewRemoved, id)).await
    }
}
