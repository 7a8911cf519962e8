//! Who is in a project. A project may have no owner: the organization's owners run it then.

use chrono::{DateTime, Utc};
use domain::{
    Action, Caller, ProjectId, ProjectRole, Role, UserId,
    audit::{Change, Kind},
};
use uuid::Uuid;

use crate::{Conflict, Page, Part, Store, StoreError, page::page_of, place::place, tx::Tx};

/// Somebody in a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectMember {
    /// The person.
    pub user: UserId,
    /// What the person is called.
    pub name: String,
    /// The address; for who may edit members alone.
    pub email: Option<String>,
    /// What the person is in the project.
    pub role: ProjectRole,
    /// What the person is in the organization: an owner may do everything here whatever the role.
    pub org_role: Role,
    /// Since when.
    pub added_at: DateTime<Utc>,
}

/// Somebody in the organization who could be added to a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The person.
    pub user: UserId,
    /// What the person is called.
    pub name: String,
    /// The address, for who may see the members' addresses: owners of the organization.
    pub email: Option<String>,
}

impl Store {
    /// The members of a project, by name.
    pub async fn project_members(
        &self,
        caller: &Caller,
        project: ProjectId,
    ) -> Result<Vec<ProjectMember>, StoreError> {
        let mut tx = self.tenant(caller).await?;
        let who = place(&mut tx, caller, project).await?;
        who.may(Action::SeeProjectMembers)?;
        read(&mut tx, caller, project, None).await
    }

    /// One member of a project.
    pub async fn project_member(
        &self,
        caller: &Caller,
        project: ProjectId,
        user: UserId,
    ) -> Result<ProjectMember, StoreError> {
        let mut tx = self.tenant(caller).await?;
        place(&mut tx, caller, project).await?.may(Action::SeeProjectMembers)?;
        let mut rows = read(&mut tx, caller, project, Some(&[user.uuid()])).await?;
        rows.pop().ok_or(StoreError::NotFound)
    }

    /// A part of the members of a project.
    pub async fn project_members_page(
        &self,
        caller: &Caller,
        project: ProjectId,
        page: &Page<UserId>,
    ) -> Result<Part<ProjectMember>, StoreError> {
        let tx = &mut self.tenant(caller).await?;
        place(tx, caller, project).await?.may(Action::SeeProjectMembers)?;
        let part = page_of!(
            tx,
            caller,
            page,
            "p.user_id",
            "project_members p WHERE p.org_id = $1 AND p.project_id = $6",
            project.uuid()
        );
        let rows = read(tx, caller, project, Some(&part.rows)).await?;
        Ok(part.filled(rows, |member| member.user.uuid()))
    }

    /// The members of the organization who are not in the project, by name.
    pub async fn project_candidates(
        &self,
        caller: &Caller,
        project: ProjectId,
    ) -> Result<Vec<Candidate>, StoreError> {
        let mut tx = self.tenant(caller).await?;
        place(&mut tx, caller, project).await?.may(Action::EditProjectMembers)?;
        let sees = caller.may(Action::EditMembers).is_ok();
        let rows = sqlx::query!(
            r#"SELECT u.id AS "id!", u.name AS "name!", u.email AS "email!"
             FROM memberships m JOIN users u ON u.id = m.user_id
             WHERE m.org_id = $1 AND NOT EXISTS (SELECT FROM project_members p
                 WHERE p.org_id = $1 AND p.project_id = $2 AND p.user_id = m.user_id)
             ORDER BY lower(u.name), u.email"#,
            caller.org.uuid(),
            project.uuid()
        )
        .fetch_all(&mut *tx)
        .await?;
        let people = rows.into_iter().map(|row| Candidate {
            user: UserId::from_uuid(row.id),
            name: row.name,
            email: sees.then_some(row.email),
        });
        Ok(people.collect())
    }

    /// Adds a member of the organization. Adding twice is the same; who is in the project already as
    /// something else stays that: [`Conflict::ProjectMember`].
    pub async fn add_project_member(
        &self,
        caller: &Caller,
        project: ProjectId,
        user: UserId,
        role: ProjectRole,
    ) -> Result<(), StoreError> {
        let mut tx = self.change(caller).await?;
        place(&mut tx, caller, project).await?.may(Action::EditProjectMembers)?;
        // Whoever leaves the organization now waits, and then leaves the project, too.
        let email = sqlx::query_scalar!(
            "SELECT u.email FROM memberships m JOIN users u ON u.id = m.user_id
             WHERE m.org_id = $1 AND m.user_id = $2 FOR KEY SHARE OF m",
            caller.org.uuid(),
            user.uuid()
        )
        .fetch_one(&mut **tx)
        .await?;
        hold(&mut tx, caller, project, user).await?;
        place(&mut tx, caller, project).await?.may(Action::EditProjectMembers)?;
        let added = sqlx::query!(
            "INSERT INTO project_members (org_id, project_id, user_id, role) VALUES ($1, $2, $3, $4)
             ON CONFLICT DO NOTHING",
            caller.org.uuid(),
            project.uuid(),
            user.uuid(),
            role.as_str()
        )
        .execute(&mut **tx)
        .await?;
        if added.rows_affected() == 0 {
            let Found { role: there, .. } = find(&mut tx, caller, project, user).await?;
            return if there == role {
                Ok(())
            } else {
                Err(StoreError::Conflict(Conflict::ProjectMember))
            };
        }
        let change = Change::new(Kind::ProjectUserAdded, user).in_project(project);
        tx.commit(change.now("role", role.as_str()).personal("email", None::<&str>, Some(email)))
            .await
    }

    /// Changes what a member is in the project. Their keys stop or work again with it.
    pub async fn set_project_role(
        &self,
        caller: &Caller,
        project: ProjectId,
        user: UserId,
        role: ProjectRole,
    ) -> Result<(), StoreError> {
        let mut tx = self.change(caller).await?;
        hold(&mut tx, caller, project, user).await?;
        place(&mut tx, caller, project).await?.may(Action::EditProjectMembers)?;
        let Found { role: before, email } = find(&mut tx, caller, project, user).await?;
        if before == role {
            return Ok(());
        }
        sqlx::query!(
            "UPDATE project_members SET role = $4 WHERE org_id = $1 AND project_id = $2 AND user_id = $3",
            caller.org.uuid(),
            project.uuid(),
            user.uuid(),
            role.as_str()
        )
        .execute(&mut **tx)
        .await?;
        let change = Change::new(Kind::ProjectUserUpdated, user).in_project(project).moved(
            "role",
            before.as_str(),
            role.as_str(),
        );
        tx.commit(change.personal("email", None::<&str>, Some(email))).await
    }

    /// Takes a member out of the project. Their keys stay listed and are refused. Doing it twice is
    /// the same; [`StoreError::NotFound`] for who is not in the organization.
    pub async fn remove_project_member(
        &self,
        caller: &Caller,
        project: ProjectId,
        user: UserId,
    ) -> Result<(), StoreError> {
        let mut tx = self.change(caller).await?;
        hold(&mut tx, caller, project, user).await?;
        place(&mut tx, caller, project).await?.may(Action::EditProjectMembers)?;
        let email = sqlx::query_scalar!(
            "SELECT u.email FROM memberships m JOIN users u ON u.id = m.user_id
             WHERE m.org_id = $1 AND m.user_id = $2",
            caller.org.uuid(),
            user.uuid()
        )
        .fetch_one(&mut **tx)
        .await?;
        let role = sqlx::query_scalar!(
            "DELETE FROM project_members WHERE org_id = $1 AND project_id = $2 AND user_id = $3 RETURNING role",
            caller.org.uuid(),
            project.uuid(),
            user.uuid()
        )
        .fetch_optional(&mut **tx)
        .await?;
        let Some(role) = role else { return Ok(()) };
        let change =
            Change::new(Kind::ProjectUserDeleted, user).in_project(project).gone("role", role);
        tx.commit(change.personal("email", Some(email), None::<&str>)).await
    }
}

/// All members of a project, or those whose ids are among these.
async fn read(
    tx: &mut Tx,
    caller: &Caller,
    project: ProjectId,
    only: Option<&[Uuid]>,
) -> Result<Vec<ProjectMember>, StoreError> {
    let sees = caller.may(Action::EditMembers).is_ok();
    let rows = sqlx::query!(
        r#"SELECT p.user_id AS "user_id!", u.name AS "name!", u.email AS "email!", p.role AS "role!",
            m.role AS "org_role!", p.added_at AS "added_at!"
         FROM project_members p JOIN memberships m USING (org_id, user_id) JOIN users u ON u.id = p.user_id
         WHERE p.org_id = $1 AND p.project_id = $2 AND ($3::uuid[] IS NULL OR p.user_id = ANY ($3))
         ORDER BY lower(u.name), u.email"#,
        caller.org.uuid(),
        project.uuid(),
        only
    )
    .fetch_all(&mut **tx)
    .await?;
    let members = rows.into_iter().map(|row| ProjectMember {
        user: UserId::from_uuid(row.user_id),
        name: row.name,
        email: sees.then_some(row.email),
        role: ProjectRole::from_column(&row.role),
        org_role: Role::from_column(&row.org_role),
        added_at: row.added_at,
    });
    Ok(members.collect())
}

/// A row that is locked until it is changed.
struct Found {
    role: ProjectRole,
    email: String,
}

/// Locks the rows of the caller and of whom it changes, in one order: who loses the project at this
/// moment either has changed it before, or is refused.
async fn hold(
    tx: &mut Tx,
    caller: &Caller,
    project: ProjectId,
    user: UserId,
) -> Result<(), StoreError> {
    let rows: Vec<_> = caller.user().into_iter().chain([user]).map(UserId::uuid).collect();
    sqlx::query!(
        "SELECT user_id FROM project_members WHERE org_id = $1 AND project_id = $2 AND user_id = ANY ($3)
         ORDER BY user_id FOR NO KEY UPDATE",
        caller.org.uuid(),
        project.uuid(),
        &rows
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(())
}

async fn find(
    tx: &mut Tx,
    caller: &Caller,
    project: ProjectId,
    user: UserId,
) -> Result<Found, StoreError> {
    let row = sqlx::query!(
        "SELECT p.role, u.email FROM project_members p JOIN users u ON u.id = p.user_id
         WHERE p.org_id = $1 AND p.project_id = $2 AND p.user_id = $3 FOR NO KEY UPDATE OF p",
        caller.org.uuid(),
        project.uuid(),
        user.uuid()
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(Found { role: ProjectRole::from_column(&row.role), email: row.email })
}
