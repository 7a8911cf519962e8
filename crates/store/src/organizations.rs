//! Organizations and who is in them.

mod closing;
mod rules;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use domain::{
    Action, Actor, Caller, MostDays, Name, OrgId, Origin, ProjectId, Role, Rules, UserId,
    audit::{Change, Kind},
};

use crate::{Conflict, Store, StoreError, tx};

/// How long a closed organization can be reopened; as in the policies of `exq_erasable`.
pub(crate) const KEPT: TimeDelta = TimeDelta::days(30);

/// Most organizations that a person makes in a day.
const MOST_A_DAY: i64 = 10;

/// A tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// Its id, as API headers name it.
    pub id: OrgId,
    /// Its label.
    pub name: String,
    /// Its time zone.
    pub zone: Tz,
    /// Filled by `exchequer demo`.
    pub demo: bool,
    /// What its owners decided for all.
    pub rules: Rules,
    /// Since when it is closed: its keys are refused, and after 30 days it is erased.
    pub closed_at: Option<DateTime<Utc>>,
    /// Alerts of windows that run, of what the caller sees, that nobody sees to yet.
    pub unseen_alerts: u64,
}

impl Organization {
    /// When it is erased, if nobody reopens it.
    pub fn erased_at(&self) -> Option<DateTime<Utc>> {
        self.closed_at.map(|at| at + KEPT)
    }
}

/// One of a person's organizations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnOrganization {
    /// Its id.
    pub id: OrgId,
    /// Its label.
    pub name: String,
    /// What the person is there.
    pub role: Role,
}

impl Store {
    /// Makes an organization that the user owns, with a default project, and opens it after the
    /// user's next log-in if it is the first. [`StoreError::NotFound`] if the account is gone.
    pub async fn create_organization(
        &self,
        owner: UserId,
        name: &Name,
        zone: Tz,
        origin: Origin,
    ) -> Result<Caller, StoreError> {
        self.make(owner, (name, zone), origin, None).await
    }

    /// The same for a person who asks: at most ten in a day ([`Conflict::TooManyOrganizations`]),
    /// because each may mail invitations to strangers.
    pub async fn found_organization(
        &self,
        owner: UserId,
        name: &Name,
        zone: Tz,
        origin: Origin,
    ) -> Result<Caller, StoreError> {
        self.make(owner, (name, zone), origin, Some(MOST_A_DAY)).await
    }

    async fn make(
        &self,
        owner: UserId,
        (name, zone): (&Name, Tz),
        origin: Origin,
        most: Option<i64>,
    ) -> Result<Caller, StoreError> {
        let caller =
            Caller { actor: Actor::User(owner), org: OrgId::generate(), role: Role::Owner, origin };
        let project = ProjectId::generate();
        let mut tx = self.change(&caller).await?;
        sqlx::query!(
            "INSERT INTO organizations (org_id, name, zone) VALUES ($1, $2, $3)",
            caller.org.uuid(),
            name.as_str(),
            zone.name()
        )
        .execute(&mut **tx)
        .await?;
        sqlx::query!(
            "INSERT INTO memberships (org_id, user_id, role) VALUES ($1, $2, 'owner')",
            caller.org.uuid(),
            owner.uuid()
        )
        .execute(&mut **tx)
        .await?;
        sqlx::query!(
            "INSERT INTO projects (org_id, id, name, environment, is_default, created_by)
             VALUES ($1, $2, 'Default', 'development', true, $3)",
            caller.org.uuid(),
            project.uuid(),
            owner.uuid()
        )
        .execute(&mut **tx)
        .await?;
        sqlx::query!(
            "INSERT INTO project_members (org_id, project_id, user_id, role) VALUES ($1, $2, $3, 'owner')",
            caller.org.uuid(),
            project.uuid(),
            owner.uuid()
        )
        .execute(&mut **tx)
        .await?;
        tx::become_system(&mut tx).await?;
        if let Some(most) = most {
            tx::one_at_a_time(&mut tx, "organizations", owner.uuid()).await?;
            check_rate(&mut tx, &caller, most).await?;
        }
        open_first(&mut tx, owner, caller.org).await?;
        let made = Change::new(Kind::OrganizationCreated, caller.org).now("name", name);
        tx.commit(made.now("zone", zone)).await?;
        Ok(caller)
    }

    /// The caller for a logged-in user in an organization; [`StoreError::NotFound`] if not a member.
    pub async fn caller(&self, user: UserId, org: OrgId) -> Result<Caller, StoreError> {
        let mut tx = tx::lobby(&self.pool, org).await?;
        let role = sqlx::query_scalar!(
            "SELECT role FROM memberships WHERE org_id = $1 AND user_id = $2",
            org.uuid(),
            user.uuid()
        )
        .fetch_optional(&mut *tx)
        .await?
        .ok_or(StoreError::NotFound)?;
        Ok(Caller {
            actor: Actor::User(user),
            org,
            role: Role::from_column(&role),
            origin: Origin::default(),
        })
    }

    /// The caller's organization.
    pub async fn organization(&self, caller: &Caller) -> Result<Organization, StoreError> {
        caller.may(Action::SeeOrganization)?;
        let mut tx = self.tenant(caller).await?;
        let row = sqlx::query!(
            r#"SELECT name, zone, demo, projects_listed, key_max_days, service_keys_only, closed_at,
                (SELECT count(*) FROM crossings c JOIN counters k ON (k.org_id, k.id) = (c.org_id, c.counter_id)
                 WHERE c.org_id = o.org_id AND c.crossed_at >= (SELECT exq_now()) - interval '40 days' AND NOT c.silent
                    AND c.crossed_at >= date_trunc(k.period, exq_now() AT TIME ZONE o.zone) AT TIME ZONE o.zone
                    AND NOT EXISTS (SELECT FROM acknowledged a WHERE (a.org_id, a.crossing_id) = (c.org_id, c.id)))
                AS "unseen_alerts!"
             FROM organizations o WHERE org_id = $1"#,
            caller.org.uuid()
        )
        .fetch_one(&mut *tx)
        .await?;
        Ok(Organization {
            id: caller.org,
            name: row.name,
            zone: zone(&row.zone)?,
            demo: row.demo,
            rules: Rules {
                projects_listed: row.projects_listed,
                key_max_days: row.key_max_days.and_then(|days| MostDays::new(days.into())),
                service_keys_only: row.service_keys_only,
            },
            closed_at: row.closed_at,
            unseen_alerts: row.unseen_alerts.unsigned_abs(),
        })
    }

    /// Changes name and zone. The zone concerns the next day, week and month: windows that have
    /// begun stay.
    pub async fn edit_organization(
        &self,
        caller: &Caller,
        name: &Name,
        zone: Tz,
    ) -> Result<(), StoreError> {
        caller.may(Action::EditOrganization)?;
        let mut tx = self.change(caller).await?;
        let old = sqlx::query!(
            "SELECT name, zone FROM organizations WHERE org_id = $1 FOR NO KEY UPDATE",
            caller.org.uuid()
        )
        .fetch_one(&mut **tx)
        .await?;
        sqlx::query!(
            "UPDATE organizations SET name = $2, zone = $3 WHERE org_id = $1",
            caller.org.uuid(),
            name.as_str(),
            zone.name()
        )
        .execute(&mut **tx)
        .await?;
        let change = Change::new(Kind::OrganizationUpdated, caller.org)
            .moved("name", old.name, name)
            .moved("zone", old.zone, zone);
        tx.commit(change).await
    }
}

async fn check_rate(tx: &mut tx::Change, caller: &Caller, most: i64) -> Result<(), StoreError> {
    let made = sqlx::query_scalar!(
        r#"SELECT count(*) AS "made!" FROM audit_entries WHERE actor = $1 AND action = 'organization.created'
           AND at > (SELECT exq_now()) - interval '1 day'"#,
        caller.actor.to_string()
    )
    .fetch_one(&mut ***tx)
    .await?;
    if made >= most {
        return Err(StoreError::Conflict(Conflict::TooManyOrganizations));
    }
    Ok(())
}

/// Opens the organization after log-in, unless another one is opened already. Locks the account's
/// row, as its deletion does: whichever comes first, nobody who is gone owns an organization.
async fn open_first(tx: &mut tx::Change, owner: UserId, org: OrgId) -> Result<(), StoreError> {
    let opened = sqlx::query!(
        "UPDATE users SET default_org_id = COALESCE(default_org_id, $2) WHERE id = $1 AND deleted_at IS NULL",
        owner.uuid(),
        org.uuid()
    )
    .execute(&mut ***tx)
    .await?;
    if opened.rows_affected() == 0 {
        return Err(StoreError::NotFound);
    }
    Ok(())
}

pub(crate) fn zone(name: &str) -> Result<Tz, StoreError> {
    name.parse().map_err(|_| StoreError::Damaged("an unknown time zone"))
}
