//! Organizations, from outside.

use chrono::{DateTime, Utc};
use domain::{
    Actor, Caller, OrgId, Origin, Role, Usd,
    audit::{Change, Kind},
};
use uuid::Uuid;

use super::{Operator, Rows, pattern};
use crate::{StoreError, audit::append, money::usd};

/// An organization, as the operator sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationRow {
    /// Its id.
    pub id: OrgId,
    /// Its label.
    pub name: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// How many people are in it.
    pub members: u64,
    /// How many projects it has that are not archived.
    pub projects: u64,
    /// Charges of its current billing cycle.
    pub spent: Usd,
    /// Requests of that cycle.
    pub requests: u64,
    /// Filled by `exchequer demo`.
    pub demo: bool,
    /// Since when its requests are refused, and why.
    pub suspended: Option<(DateTime<Utc>, String)>,
    /// Since when it is closed.
    pub closed_at: Option<DateTime<Utc>>,
}

impl Operator<'_> {
    /// Up to `most` organizations whose name or id has `search` in it, made before `before`; the
    /// newest first.
    pub async fn organizations(
        &self,
        search: &str,
        before: Option<OrgId>,
        most: u16,
    ) -> Result<Rows<OrganizationRow>, StoreError> {
        let rows = self.find(search, before, None, i64::from(most) + 1).await?;
        Ok(Rows::new(rows, most))
    }

    /// One organization.
    pub async fn organization(&self, id: OrgId) -> Result<OrganizationRow, StoreError> {
        self.find("", None, Some(id), 1).await?.pop().ok_or(StoreError::NotFound)
    }

    async fn find(
        &self,
        search: &str,
        before: Option<OrgId>,
        one: Option<OrgId>,
        most: i64,
    ) -> Result<Vec<OrganizationRow>, StoreError> {
        let id = search.trim().parse::<OrgId>().ok();
        let mut tx = self.system().begin().await?;
        let rows = sqlx::query!(
            r#"SELECT o.org_id, o.name, o.created_at, o.demo, o.suspended_at, o.suspended_reason, o.closed_at,
                (SELECT count(*) FROM memberships m WHERE m.org_id = o.org_id) AS "members!",
                (SELECT count(*) FROM projects p WHERE p.org_id = o.org_id AND p.archived_at IS NULL) AS "projects!",
                COALESCE(k.spent, 0) AS "spent!", COALESCE(k.requests, 0) AS "requests!"
             FROM organizations o LEFT JOIN LATERAL (
                SELECT c.spent, c.requests FROM counters c WHERE c.org_id = o.org_id AND c.scope = 'org'
                    AND c.scope_id = o.org_id AND c.period = 'month'
                    AND c.starts <= (SELECT exq_now()) AND c.ends > (SELECT exq_now()) LIMIT 1) k ON true
             WHERE ($1::uuid IS NULL OR o.org_id < $1) AND ($2::uuid IS NULL OR o.org_id = $2)
                AND (lower(o.name) LIKE $3 OR o.org_id = $4)
             ORDER BY o.org_id DESC LIMIT $5"#,
            before.map(OrgId::uuid),
            one.map(OrgId::uuid),
            pattern(search),
            id.map(OrgId::uuid),
            most
        )
        .fetch_all(&mut *tx)
        .await?;
        rows.into_iter()
            .map(|row| {
                Ok(OrganizationRow {
                    id: OrgId::from_uuid(row.org_id),
                    name: row.name,
                    created_at: row.created_at,
                    members: u64::try_from(row.members).unwrap_or(0),
                    projects: u64::try_from(row.projects).unwrap_or(0),
                    spent: usd(&row.spent)?,
                    requests: u64::try_from(row.requests).unwrap_or(0),
                    demo: row.demo,
                    suspended: row
                        .suspended_at
                        .map(|since| (since, row.suspended_reason.unwrap_or_default())),
                    closed_at: row.closed_at,
                })
            })
            .collect()
    }

    /// Refuses an organization's requests from now on. The reason stands in its audit log. Doing so
    /// twice is the same.
    pub async fn suspend(&self, org: OrgId, reason: &str) -> Result<(), StoreError> {
        let mut tx = self.system().begin().await?;
        let suspended = sqlx::query_scalar!(
            "UPDATE organizations SET suspended_at = exq_now(), suspended_reason = $2
             WHERE org_id = $1 AND suspended_at IS NULL RETURNING org_id",
            org.uuid(),
            reason
        )
        .fetch_optional(&mut *tx)
        .await?;
        let change = Change::new(Kind::OrganizationSuspended, org).now("reason", reason);
        self.conclude(tx, org, suspended, &change).await
    }

    /// Lets its requests through again. Doing so twice is the same.
    pub async fn resume(&self, org: OrgId) -> Result<(), StoreError> {
        let mut tx = self.system().begin().await?;
        let old = sqlx::query!(
            r#"WITH old AS (SELECT org_id, suspended_reason FROM organizations
                WHERE org_id = $1 AND suspended_at IS NOT NULL FOR NO KEY UPDATE)
             UPDATE organizations o SET suspended_at = NULL, suspended_reason = NULL FROM old
             WHERE o.org_id = old.org_id RETURNING o.org_id, old.suspended_reason AS reason"#,
            org.uuid()
        )
        .fetch_optional(&mut *tx)
        .await?;
        let (resumed, reason) = old.map_or((None, None), |old| (Some(old.org_id), old.reason));
        let change =
            Change::new(Kind::OrganizationResumed, org).maybe("reason", reason, None::<&str>);
        self.conclude(tx, org, resumed, &change).await
    }

    /// Writes the entry of what was changed; nothing if it was so already.
    async fn conclude(
        &self,
        mut tx: crate::tx::Tx,
        org: OrgId,
        changed: Option<Uuid>,
        change: &Change,
    ) -> Result<(), StoreError> {
        if changed.is_none() {
            sqlx::query_scalar!("SELECT org_id FROM organizations WHERE org_id = $1", org.uuid())
                .fetch_one(&mut *tx)
                .await?;
            return Ok(());
        }
        // Owners learn that it was the operator. Which person, and from where, is the operator's own
        // business, and stands in the operator's own log.
        let caller =
            Caller { actor: Actor::Operator, org, role: Role::Owner, origin: Origin::default() };
        append(&mut tx, &caller, change).await?;
        tx.commit().await?;
        tracing::info!(
            operator = %self.user, organization = %org, action = change.kind.as_str(),
            address = self.origin.address.map(tracing::field::display),
            "an operator changed an organization"
        );
        Ok(())
    }
}
