//! Projects.

use chrono::{DateTime, Utc};
use domain::{Action, Caller, Environment, Name, ProjectId};

use crate::{Store, StoreError};

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
}

impl Store {
    /// All projects: running ones by name, then archived ones.
    pub async fn projects(&self, caller: &Caller) -> Result<Vec<Project>, StoreError> {
        caller.may(Action::SeeProjects)?;
        let mut tx = self.tenant(caller).await?;
        sqlx::query!(
            "SELECT id, name, environment, is_default, created_at, archived_at FROM projects
             WHERE org_id = $1 ORDER BY archived_at IS NOT NULL, lower(name), id",
            caller.org.uuid()
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
            })
        })
        .collect()
    }

    /// One project.
    pub async fn project(&self, caller: &Caller, id: ProjectId) -> Result<Project, StoreError> {
        let projects = self.projects(caller).await?;
        projects.into_iter().find(|project| project.id == id).ok_or(StoreError::NotFound)
    }

    /// Makes a project.
    pub async fn create_project(
        &self,
        caller: &Caller,
        name: &Name,
        environment: Environment,
    ) -> Result<ProjectId, StoreError> {
        caller.may(Action::EditProjects)?;
        let id = ProjectId::generate();
        let mut tx = self.tenant(caller).await?;
        sqlx::query!(
            "INSERT INTO projects (org_id, id, name, environment, created_by) VALUES ($1, $2, $3, $4, $5)",
            caller.org.uuid(),
            id.uuid(),
            name.as_str(),
            environment.as_str(),
            caller.user.uuid()
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Renames a project.
    pub async fn rename_project(
        &self,
        caller: &Caller,
        id: ProjectId,
        name: &Name,
    ) -> Result<(), StoreError> {
        caller.may(Action::EditProjects)?;
        let mut tx = self.tenant(caller).await?;
        let renamed = sqlx::query!(
            "UPDATE projects SET name = $3 WHERE org_id = $1 AND id = $2",
            caller.org.uuid(),
            id.uuid(),
            name.as_str()
        )
        .execute(&mut *tx)
        .await?;
        if renamed.rows_affected() == 0 {
            return Err(StoreError::NotFound);
        }
        Ok(tx.commit().await?)
    }

    /// Archives a project: its keys stop at once, its usage stays. Archiving twice is the same.
    pub async fn archive_project(&self, caller: &Caller, id: ProjectId) -> Result<(), StoreError> {
        caller.may(Action::EditProjects)?;
        let mut tx = self.tenant(caller).await?;
        let archived = sqlx::query!(
            "UPDATE projects SET archived_at = COALESCE(archived_at, exq_now()) WHERE org_id = $1 AND id = $2",
            caller.org.uuid(),
            id.uuid()
        )
        .execute(&mut *tx)
        .await?;
        if archived.rows_affected() == 0 {
            return Err(StoreError::NotFound);
        }
        Ok(tx.commit().await?)
    }
}
