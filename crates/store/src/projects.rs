//! Projects.

use chrono::{DateTime, Utc};
use domain::{
    Action, Caller, Environment, KeptDays, Models, Name, ProjectId, ProjectRole, UserId, Who,
    audit::{Change, Kind},
};
use uuid::Uuid;

use crate::{
    Conflict, Page, Part, Store, StoreError,
    bodies::kept,
    page::page_of,
    place::{place, stay},
    tx::Tx,
};

/// A project that the caller may look into.
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
    /// It reaches the sandbox alone and counts nowhere but in its own budgets. Never changes.
    pub rehearsal: bool,
    /// Fingerprints of its requests are kept, so that the advisor can tell repeated ones.
    pub fingerprints: bool,
    /// For how long prompts and answers of its requests are kept; none: not at all.
    pub bodies: Option<KeptDays>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Since when its keys are refused.
    pub archived_at: Option<DateTime<Utc>>,
    /// The models that its keys may ask; none for all.
    pub models: Option<Models>,
    /// How many people are in it.
    pub members: u64,
    /// What the caller is in it.
    pub who: Who,
}

/// All that a reader outside a project may know of it, if the organization lists its projects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedProject {
    /// Its label.
    pub name: String,
    /// What it is for.
    pub environment: Environment,
}

impl Store {
    /// The projects that the caller may look into: running ones by name, then archived ones.
    pub async fn projects(&self, caller: &Caller) -> Result<Vec<Project>, StoreError> {
        caller.may(Action::List)?;
        let mut tx = self.tenant(caller).await?;
        read(&mut tx, caller, None).await
    }

    /// A part of all projects, for who sees all of them; without the archived ones or with them.
    pub async fn projects_page(
        &self,
        caller: &Caller,
        page: &Page<ProjectId>,
        archived: bool,
    ) -> Result<Part<Project>, StoreError> {
        caller.may(Action::SeeWhole)?;
        let tx = &mut self.tenant(caller).await?;
        let part = page_of!(
            tx,
            caller,
            page,
            "p.id",
            "projects p WHERE p.org_id = $1 AND ($6 OR p.archived_at IS NULL)",
            archived
        );
        let rows = read(tx, caller, Some(&part.rows)).await?;
        Ok(part.filled(rows, |project| project.id.uuid()))
    }

    /// One project, for who may look into it; to everybody else there is none.
    pub async fn project(&self, caller: &Caller, id: ProjectId) -> Result<Project, StoreError> {
        caller.may(Action::List)?;
        let mut tx = self.tenant(caller).await?;
        read(&mut tx, caller, Some(&[id.uuid()])).await?.pop().ok_or(StoreError::NotFound)
    }

    /// The running projects that a reader is not in, by name, if the organization lists them.
    pub async fn listed_projects(&self, caller: &Caller) -> Result<Vec<ListedProject>, StoreError> {
        caller.may(Action::List)?;
        if caller.may(Action::SeeWhole).is_ok() {
            return Ok(Vec::new());
        }
        let mut tx = self.tenant(caller).await?;
        sqlx::query!(
            "SELECT p.name, p.environment FROM projects p
             WHERE p.org_id = $1 AND p.archived_at IS NULL AND NOT EXISTS (SELECT FROM project_members m
                 WHERE (m.org_id, m.project_id) = (p.org_id, p.id) AND m.user_id = $2)
             ORDER BY lower(p.name), p.id",
            caller.org.uuid(),
            caller.user().map(UserId::uuid)
        )
        .fetch_all(&mut *tx)
        .await?
        .into_iter()
        .map(|row| {
            Ok(ListedProject { name: row.name, environment: environment(&row.environment)? })
        })
        .collect()
    }

    /// Makes a project. Who makes a development or staging project owns it; a production project
    /// begins without members, who are chosen.
    pub async fn create_project(
        &self,
        caller: &Caller,
        name: &Name,
        environment: Environment,
    ) -> Result<ProjectId, StoreError> {
        self.make_project(caller, name, environment, false).await
    }

    /// The same for rehearsals: it reaches the sandbox's models alone, and what it spends is counted
    /// in its own and its keys' budgets, not in the organization's. That never changes.
    pub async fn create_rehearsal(
        &self,
        caller: &Caller,
        name: &Name,
        environment: Environment,
    ) -> Result<ProjectId, StoreError> {
        self.make_project(caller, name, environment, true).await
    }

    async fn make_project(
        &self,
        caller: &Caller,
        name: &Name,
        environment: Environment,
        rehearsal: bool,
    ) -> Result<ProjectId, StoreError> {
        caller.may(match environment {
            Environment::Production => Action::MakeProduction,
            Environment::Staging | Environment::Development => Action::MakeProject,
        })?;
        let id = ProjectId::generate();
        let user = caller.user().map(UserId::uuid);
        let mut tx = self.change(caller).await?;
        stay(&mut tx, caller).await?;
        sqlx::query!(
            "INSERT INTO projects (org_id, id, name, environment, created_by, rehearsal)
             VALUES ($1, $2, $3, $4, $5, $6)",
            caller.org.uuid(),
            id.uuid(),
            name.as_str(),
            environment.as_str(),
            user,
            rehearsal
        )
        .execute(&mut **tx)
        .await?;
        if let Some(user) = user.filter(|_| environment != Environment::Production) {
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
        let made = made.now("environment", environment.as_str());
        tx.commit(if rehearsal { made.now("rehearsal", "yes") } else { made }).await?;
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
        if old == name.as_str() {
            return Ok(());
        }
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

    /// Changes what a project is for.
    pub async fn set_project_environment(
        &self,
        caller: &Caller,
        id: ProjectId,
        environment: Environment,
    ) -> Result<(), StoreError> {
        let mut tx = self.change(caller).await?;
        place(&mut tx, caller, id).await?.may(Action::EditProject)?;
        let old = sqlx::query_scalar!(
            "SELECT environment FROM projects WHERE org_id = $1 AND id = $2 FOR NO KEY UPDATE",
            caller.org.uuid(),
            id.uuid()
        )
        .fetch_one(&mut **tx)
        .await?;
        if old == environment.as_str() {
            return Ok(());
        }
        sqlx::query!(
            "UPDATE projects SET environment = $3 WHERE org_id = $1 AND id = $2",
            caller.org.uuid(),
            id.uuid(),
            environment.as_str()
        )
        .execute(&mut **tx)
        .await?;
        let change = Change::new(Kind::ProjectUpdated, id).in_project(id);
        tx.commit(change.moved("environment", old, environment.as_str())).await
    }

    /// Chooses whether fingerprints of a project's requests are kept from now on.
    pub async fn set_fingerprints(
        &self,
        caller: &Caller,
        id: ProjectId,
        fingerprints: bool,
    ) -> Result<(), StoreError> {
        let mut tx = self.change(caller).await?;
        place(&mut tx, caller, id).await?.may(Action::EditProject)?;
        let changed = sqlx::query!(
            "UPDATE projects SET fingerprints = $3 WHERE org_id = $1 AND id = $2 AND fingerprints <> $3",
            caller.org.uuid(),
            id.uuid(),
            fingerprints
        )
        .execute(&mut **tx)
        .await?;
        if changed.rows_affected() == 0 {
            return Ok(());
        }
        let change = Change::new(Kind::ProjectUpdated, id).in_project(id);
        tx.commit(change.moved("fingerprints", !fingerprints, fingerprints)).await
    }

    /// Chooses the models that a project's keys may ask; none for all.
    pub async fn set_project_models(
        &self,
        caller: &Caller,
        id: ProjectId,
        models: Option<&Models>,
    ) -> Result<(), StoreError> {
        let mut tx = self.change(caller).await?;
        place(&mut tx, caller, id).await?.may(Action::EditProject)?;
        let new: Option<Vec<String>> =
            models.map(|models| models.names().map(ToOwned::to_owned).collect());
        let old = sqlx::query_scalar!(
            "SELECT models FROM projects WHERE org_id = $1 AND id = $2 FOR NO KEY UPDATE",
            caller.org.uuid(),
            id.uuid()
        )
        .fetch_one(&mut **tx)
        .await?;
        if old == new {
            return Ok(());
        }
        sqlx::query!(
            "UPDATE projects SET models = $3 WHERE org_id = $1 AND id = $2",
            caller.org.uuid(),
            id.uuid(),
            new.as_deref()
        )
        .execute(&mut **tx)
        .await?;
        let words = |models: Option<Vec<String>>| {
            models.map_or_else(|| "all".to_owned(), |models| models.join(", "))
        };
        let change = Change::new(Kind::ProjectUpdated, id).in_project(id);
        tx.commit(change.moved("models", words(old), words(new))).await
    }

    /// Makes a project the organization's default one: there is always exactly one. An archived one
    /// can't be, nor one for rehearsals.
    pub async fn set_default_project(
        &self,
        caller: &Caller,
        id: ProjectId,
    ) -> Result<(), StoreError> {
        let mut tx = self.change(caller).await?;
        place(&mut tx, caller, id).await?.may(Action::EditOrganization)?;
        // Whoever else chooses waits here, and then sees what was chosen.
        sqlx::query!(
            "SELECT org_id FROM organizations WHERE org_id = $1 FOR NO KEY UPDATE",
            caller.org.uuid()
        )
        .fetch_one(&mut **tx)
        .await?;
        let both = sqlx::query!(
            r#"SELECT id, is_default, rehearsal, archived_at IS NOT NULL AS "archived!" FROM projects
             WHERE org_id = $1 AND (id = $2 OR is_default) ORDER BY id FOR NO KEY UPDATE"#,
            caller.org.uuid(),
            id.uuid()
        )
        .fetch_all(&mut **tx)
        .await?;
        let new = both.iter().find(|row| row.id == id.uuid()).ok_or(StoreError::NotFound)?;
        if new.archived {
            return Err(StoreError::Conflict(Conflict::ProjectArchived));
        }
        if new.rehearsal {
            return Err(StoreError::Conflict(Conflict::RehearsalDefault));
        }
        if new.is_default {
            return Ok(());
        }
        let old = sqlx::query_scalar!(
            "UPDATE projects SET is_default = false WHERE org_id = $1 AND is_default RETURNING id",
            caller.org.uuid()
        )
        .fetch_optional(&mut **tx)
        .await?;
        sqlx::query!(
            "UPDATE projects SET is_default = true WHERE org_id = $1 AND id = $2",
            caller.org.uuid(),
            id.uuid()
        )
        .execute(&mut **tx)
        .await?;
        let change = Change::new(Kind::OrganizationUpdated, caller.org);
        let old = old.map(ProjectId::from_uuid);
        tx.commit(change.maybe("default_project", old, Some(id))).await
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

/// All that the caller may look into, or those whose ids are among these.
async fn read(
    tx: &mut Tx,
    caller: &Caller,
    only: Option<&[Uuid]>,
) -> Result<Vec<Project>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT p.id AS "id!", p.name AS "name!", p.environment AS "environment!", p.is_default AS "is_default!",
            p.rehearsal AS "rehearsal!", p.fingerprints AS "fingerprints!", p.bodies_days AS "bodies_days?", p.created_at AS "created_at!", p.archived_at AS "archived_at?", p.models AS "models?", m.role AS "role?",
            (SELECT count(*) FROM project_members o WHERE (o.org_id, o.project_id) = (p.org_id, p.id)) AS "members!"
         FROM projects p LEFT JOIN project_members m
            ON (m.org_id, m.project_id) = (p.org_id, p.id) AND m.user_id = $2
         WHERE p.org_id = $1 AND ($3::uuid[] IS NULL OR p.id = ANY ($3))
         ORDER BY p.archived_at IS NOT NULL, lower(p.name), p.id"#,
        caller.org.uuid(),
        caller.user().map(UserId::uuid),
        only
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut projects = Vec::with_capacity(rows.len());
    for row in rows {
        let who = Who::new(caller.role, row.role.as_deref().map(ProjectRole::from_column));
        // One that the organization lists for readers is not one to look into.
        if who.may(Action::SeeProject).is_err() {
            continue;
        }
        projects.push(Project {
            id: ProjectId::from_uuid(row.id),
            name: row.name,
            environment: environment(&row.environment)?,
            is_default: row.is_default,
            rehearsal: row.rehearsal,
            fingerprints: row.fingerprints,
            bodies: kept(row.bodies_days),
            created_at: row.created_at,
            archived_at: row.archived_at,
            models: row
                .models
                .map(Models::new)
                .transpose()
                .map_err(|_| StoreError::Damaged("a list of models"))?,
            members: u64::try_from(row.members).unwrap_or(0),
            who,
        });
    }
    Ok(projects)
}

fn environment(text: &str) -> Result<Environment, StoreError> {
    text.parse().map_err(|_| StoreError::Damaged("an environment"))
}
