//! Who is in an organization, as what, and how somebody goes.

mod departure;
mod powers;
mod told;

use chrono::{DateTime, Utc};
pub use departure::{OwnKey, OwnKeys};
use domain::{
    Action, Caller, Email, Forbidden, ProjectId, ProjectRole, Role, UserId,
    audit::{Change, Kind},
};
pub use powers::Powers;
pub(crate) use powers::{Answerable, Of, answerable, stay_owner, withdraw};
use told::{News, tell};

use uuid::Uuid;

use crate::{Conflict, Page, Part, Store, StoreError, page::page_of, tx::Tx};

/// A member of the caller's organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The person.
    pub user: UserId,
    /// What the person is called.
    pub name: String,
    /// The person's address; only owners see those of others.
    pub email: Option<String>,
    /// The address is known to be the person's.
    pub verified: bool,
    /// What the person is here.
    pub role: Role,
    /// When the person became a member.
    pub added_at: DateTime<Utc>,
    /// The running projects that the person is in, by name; only owners see those of others.
    pub projects: Vec<MemberProject>,
}

/// A project that a member is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberProject {
    /// Its id.
    pub id: ProjectId,
    /// Its label.
    pub name: String,
    /// What the member is in it.
    pub role: ProjectRole,
}

impl Store {
    /// All members: owners first, then by name.
    pub async fn members(&self, caller: &Caller) -> Result<Vec<Member>, StoreError> {
        caller.may(Action::SeeMembers)?;
        let mut tx = self.tenant(caller).await?;
        read(&mut tx, caller, None).await
    }

    /// One member.
    pub async fn member(&self, caller: &Caller, user: UserId) -> Result<Member, StoreError> {
        self.members_among(caller, &[user]).await?.pop().ok_or(StoreError::NotFound)
    }

    /// Those of these people who are members.
    pub async fn members_among(
        &self,
        caller: &Caller,
        people: &[UserId],
    ) -> Result<Vec<Member>, StoreError> {
        caller.may(Action::SeeMembers)?;
        let people: Vec<_> = people.iter().map(|user| user.uuid()).collect();
        let mut tx = self.tenant(caller).await?;
        read(&mut tx, caller, Some(&people)).await
    }

    /// A part of the members, for who sees their addresses: those with one of these, or all.
    pub async fn members_page(
        &self,
        caller: &Caller,
        page: &Page<UserId>,
        emails: &[Email],
    ) -> Result<Part<Member>, StoreError> {
        caller.may(Action::EditMembers)?;
        let emails: Vec<_> = emails.iter().map(|email| email.as_str().to_owned()).collect();
        let tx = &mut self.tenant(caller).await?;
        let part = page_of!(
            tx,
            caller,
            page,
            "m.user_id",
            "memberships m JOIN users u ON u.id = m.user_id
             WHERE m.org_id = $1 AND (cardinality($6::text[]) = 0 OR u.email = ANY ($6))",
            &emails
        );
        let rows = read(tx, caller, Some(&part.rows)).await?;
        Ok(part.filled(rows, |member| member.user.uuid()))
    }

    /// Makes a member owner or reader; [`Conflict::LastOwner`] if no owner would be left.
    pub async fn set_member_role(
        &self,
        caller: &Caller,
        user: UserId,
        role: Role,
    ) -> Result<(), StoreError> {
        caller.may(Action::EditMembers)?;
        let mut tx = self.change(caller).await?;
        let place = lock(&mut tx, caller, user).await?;
        if place.role == role {
            return Ok(());
        }
        place.can_go()?;
        sqlx::query!(
            "UPDATE memberships SET role = $3 WHERE org_id = $1 AND user_id = $2",
            caller.org.uuid(),
            user.uuid(),
            role.as_str()
        )
        .execute(&mut **tx)
        .await?;
        for withdrawn in withdraw(&mut tx, caller.org, Of::Person(user)).await? {
            tx.also(withdrawn);
        }
        tell(&mut tx, caller, user, News::Role(role)).await?;
        let change = Change::new(Kind::UserUpdated, user);
        tx.commit(change.moved("role", place.role.as_str(), role.as_str())).await
    }
}

/// All members, or those of them whose ids are among these.
async fn read(
    tx: &mut Tx,
    caller: &Caller,
    only: Option<&[Uuid]>,
) -> Result<Vec<Member>, StoreError> {
    let all = caller.may(Action::EditMembers).is_ok();
    let me = caller.user().map(UserId::uuid);
    let rows = sqlx::query!(
        r#"SELECT m.user_id, u.name, u.email, u.verified_at IS NOT NULL AS "verified!", m.role, m.created_at
         FROM memberships m JOIN users u ON u.id = m.user_id
         WHERE m.org_id = $1 AND ($2::uuid[] IS NULL OR m.user_id = ANY ($2))
         ORDER BY m.role, lower(u.name), m.user_id"#,
        caller.org.uuid(),
        only
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut places = sqlx::query!(
        "SELECT m.user_id, m.project_id, p.name, m.role
         FROM project_members m JOIN projects p ON (p.org_id, p.id) = (m.org_id, m.project_id)
         WHERE m.org_id = $1 AND p.archived_at IS NULL AND ($2 OR m.user_id = $3)
             AND ($4::uuid[] IS NULL OR m.user_id = ANY ($4))
         ORDER BY lower(p.name), p.id",
        caller.org.uuid(),
        all,
        me,
        only
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Member {
            user: UserId::from_uuid(row.user_id),
            name: row.name,
            email: (all || me == Some(row.user_id)).then_some(row.email),
            verified: row.verified,
            role: Role::from_column(&row.role),
            added_at: row.created_at,
            projects: places
                .extract_if(.., |place| place.user_id == row.user_id)
                .map(|place| MemberProject {
                    id: ProjectId::from_uuid(place.project_id),
                    name: place.name,
                    role: ProjectRole::from_column(&place.role),
                })
                .collect(),
        })
        .collect())
}

/// What a member is, while nobody else changes who owns the organization.
struct Place {
    role: Role,
    others_own: bool,
}

impl Place {
    /// Stops if the organization would be left without an owner.
    const fn can_go(&self) -> Result<(), StoreError> {
        match (self.role, self.others_own) {
            (Role::Owner, false) => Err(StoreError::Conflict(Conflict::LastOwner)),
            _ => Ok(()),
        }
    }
}

/// Locks all owners and the member, in order of key: of two owners who demote each other at once one
/// waits here, finds the other's decision, and may no longer decide.
async fn lock(tx: &mut Tx, caller: &Caller, user: UserId) -> Result<Place, StoreError> {
    let rows = sqlx::query!(
        "SELECT user_id, role FROM memberships WHERE org_id = $1 AND (role = 'owner' OR user_id = $2)
         ORDER BY user_id FOR UPDATE",
        caller.org.uuid(),
        user.uuid()
    )
    .fetch_all(&mut **tx)
    .await?;
    let owns = |id: UserId| rows.iter().any(|row| row.role == "owner" && row.user_id == id.uuid());
    if let (Role::Owner, Some(me)) = (caller.role, caller.user())
        && !owns(me)
    {
        return Err(Forbidden.into());
    }
    let member = rows.iter().find(|row| row.user_id == user.uuid()).ok_or(StoreError::NotFound)?;
    Ok(Place {
        role: Role::from_column(&member.role),
        others_own: rows.iter().any(|row| row.role == "owner" && row.user_id != user.uuid()),
    })
}
