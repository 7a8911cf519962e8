//! Projects.

use chrono::{DateTime, Utc};
use domain::{
    Action, Caller, Environment, Name, ProjectId, ProjectRole, UserId, Who,
    audit::{Change, Kind},
};

use crate::{Store, StoreError, place::place};

/// A project in the caller's organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// Its id, as API headers name it.
    pub id: ProjectId,
    /// Its label.
    pub name: String,
    /// What it is for.
    pub environment: Environment,
    /// The organization's default project, which stays.
    pub is_default: bool,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Since when its keys are refused.
    pub archived_at: Option<DateTime<Utc>>,
    /// What the caller is in it. [`Who::Reader`] knows only that it exists.
    pub who: Who,
}

impl Store {
    /// The projects that the caller sees: running ones by name, then archived ones.
    pub async fn projects(&self, caller: &Caller) -> Result<Vec<Project>, StoreError> {
        caller.may(Action::List)?;
        let mut tx = self.tenant(caller).await?;
        sqlx::query!(
            r#"SELECT p.id, p.name, p.environment, p.is_default, p.created_at, p.archived_at, m.role AS "role?"
             FROM projects p LEFT JOIN project_members m
                ON (m.org_id, m.project_id) = (p.org_id, p.id) AND m.user_id = $2
             WHERE p.org_id = $1 ORDER BY p.archived_at IS NOT NULL, lower(p.name), p.id"#,
            caller.org.uuid(),
            caller.user().map(UserId::uuid)
        )
        .fetch_all(&mut *tx)
        .await?
        .into_iter()
        .map(|row| {
            Ok(Project {
                id: ProjectId::from_uuid(row.id),
                name: row.name,
                environment: row
                    .environment
                    .parse()
                    .map_err(|_| StoreError::Damaged("an environment"))?,
                is_default: row.is_default,
                created_at: row.created_at,
                archived_at: row.archived_at,
                who: Who::new(caller.role, row.role.as_deref().map(ProjectRole::from_column)),
            })
        })
        .collect()
    }

    /// One project, for who may look into it.
    pub async fn project(&self, caller: &Caller, id: ProjectId) -> Result<Project, StoreError> {
        let projects = self.projects(caller).await?;
        let project =
            projects.into_iter().find(|project| project.id == id).ok_or(StoreError::NotFound)?;
        project.who.may(Action::SeeProject)?;
        Ok(project)
    }

    /// Makes a project, which a person who makes it owns.
    pub async fn create_project(
        &self,
        caller: &Caller,
        name: &Name,
        environment: Environment,
    ) -> Result<ProjectId, StoreError> {
        caller.may(match environment {
            Environment::Production => Action::MakeProduction,
            Environment::Staging | Environment::Development => Action::MakeProject,
        })?;
        let id = ProjectId::generate();
        let user = caller.user().map(UserId::uuid);
        let mut tx = self.change(caller).await?;
        sqlx::query!(
            "INSERT INTO projects (org_id, id, name, environment, created_by) VALUES ($1, $2, $3, $4, $5)",
            caller.org.uuid(),
            id.uuid(),
            name.as_str(),
            environment.as_str(),
            user
        )
        .execute(&mut **tx)
        .await?;
        if let Some(user) = user {
            sqlx::query!(
                "INSERT INTO project_members (org_id, project_id, user_id, role) VALUES ($1, $2, $3, 'owner')",
                caller.org.uuid(),
                id.uuid(),
                user
            )
            .execute(&mut **tx)
            .await?;
        }
        let made = Change::new(Kind::ProjectCreated, id).in_project(id).now("name", name);
        tx.commit(made.now("environment", environment.as_str())).await?;
        Ok(id)
    }

    /// Renames a project.
    pub async fn rename_project(
        &self,
        caller: &Caller,
        id: ProjectId,
        name: &Name,
    ) -> Result<(), StoreError> {
        let mut tx = self.change(caller).await?;
        place(&mut tx, caller, id).await?.may(Action::EditProject)?;
        let old = sqlx::query_scalar!(
            "SELECT name FROM projects WHERE org_id = $1 AND id = $2 FOR NO KEY UPDATE",
            caller.org.uuid(),
            id.uuid()
        )
        .fetch_one(&mut **tx)
        .await?;
        sqlx::query!(
            "UPDATE projects SET name = $3 WHERE org_id = $1 AND id = $2",
            caller.org.uuid(),
            id.uuid(),
            name.as_str()
        )
        .execute(&mut **tx)
        .await?;
        let change = Change::new(Kind::ProjectUpdated, id).in_project(id).moved("name", old, name);
        tx.commit(change).await
    }

    /// Archives a project: its keys stop at once, its usage stays. Archiving twice is the same.
    pub async fn archive_project(&self, caller: &Caller, id: ProjectId) -> Result<(), StoreError> {
        let mut tx = self.change(caller).await?;
        place(&mut tx, caller, id).await?.may(Action::EditProject)?;
        let archived = sqlx::query!(
            "UPDATE projects SET archived_at = exq_now() WHERE org_id = $1 AND id = $2 AND archived_at IS NULL",
            caller.org.uuid(),
            id.uuid()
        )
        .execute(&mut **tx)
        .await?;
        if archived.rows_affected() == 0 {
            return Ok(());
        }
        tx.commit(Change::new(Kind::ProjectArchived, id).in_project(id)).await
    }
}
