//! `/{org}/keys/new`: makes a key and shows it, in the answer to the form and nowhere else. That
//! answer is a page and not a redirect, because nothing keeps the key between two requests; the form
//! carries an id, so that who sends it again is told that the key exists, and makes no second one.

mod form;
mod owner;
mod shown;

use axum::{Router, extract::State, response::Response, routing::get};
use domain::{Action, KeyId, Name, ProjectId};
use identity::MintedKey;
use serde::Deserialize;
pub(super) use shown::{Shown, Waits, made_already};
use store::{ApiKey, Conflict, KeyBudget, MadeKey, NewApiKey, Project, StoreError};

use crate::{
    components::{Choice, Precision, time_text, usd},
    labels,
    pages::{key_fields, key_limits},
    web::{App, Draft, Failure, Member, Query},
};

pub(super) fn router() -> Router<App> {
    Router::new().route("/{org}/keys/new", get(show).post(create))
}

#[derive(Deserialize)]
struct Asked {
    project: Option<String>,
    /// A service account.
    account: Option<String>,
    /// An imported label, to be replaced.
    replaces: Option<String>,
}

async fn show(
    State(app): State<App>,
    member: Member,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let mut draft = Draft::with([("project", asked.project.unwrap_or_default())]);
    if let Some(account) = asked.account {
        draft.keep("owner", "service");
        draft.keep("account", &account);
    }
    if let Some(label) = label(&app, &member, asked.replaces.as_deref()).await? {
        draft = Draft::with([
            ("project", label.project.to_string()),
            ("name", label.name),
            ("replaces", label.id.to_string()),
        ]);
    }
    form::page(&app, &member, draft).await
}

/// The imported label that the key shall stand in the place of.
async fn label(app: &App, member: &Member, id: Option<&str>) -> Result<Option<ApiKey>, Failure> {
    let Some(id) = id.filter(|id| !id.is_empty()) else { return Ok(None) };
    let id: KeyId = crate::web::id(id)?;
    let label = app.store.api_key(&member.caller, id).await?;
    if label.imported { Ok(Some(label)) } else { Err(Failure::NotFound) }
}

/// Whether the key may be made with this budget of its own.
fn may_set(draft: &mut Draft, budget: Option<KeyBudget>, project: Option<&Project>) -> bool {
    let refused = budget.is_some()
        && project.is_some_and(|project| project.who.may(Action::EditProjectLimits).is_err());
    if refused {
        let why = "Only owners of the project set budgets of its keys: leave it empty.";
        draft.refuse("budget_amount", why);
    }
    !refused
}

async fn create(
    State(app): State<App>,
    member: Member,
    mut draft: Draft,
) -> Result<Response, Failure> {
    let once = key_fields::read_once(&draft)?;
    let label = label(&app, &member, Some(&draft.value("replaces"))).await?;
    let rules = app.store.key_rules(&member.caller).await?;
    form::begin(&mut draft, rules);
    let name = draft.read::<Name>("name");
    let project = project(&app, &member, &mut draft).await?;
    let owner = match &project {
        Some(project) => owner::read(&app, &member, project, &mut draft).await?,
        None => None,
    };
    let permissions = key_fields::read_permissions(&mut draft);
    let expiry = key_fields::read_expiry(&mut draft, member.organization.zone);
    let (guards, budget) =
        (key_limits::read_guards(&mut draft), key_limits::read_budget(&mut draft));
    let budget = budget.ok().filter(|budget| may_set(&mut draft, *budget, project.as_ref()));
    let (
        Some(name),
        Some(project),
        Some(owner),
        Some(permissions),
        Some(expiry),
        Some(guards),
        Some(budget),
    ) = (name, project, owner, permissions, expiry, guards, budget)
    else {
        return form::page(&app, &member, draft).await;
    };
    let minted = MintedKey::new(&app.secrets)?;
    let new = NewApiKey {
        owner: owner.clone(),
        permissions,
        expiry,
        tracked: draft.value("tracked") != "no",
        guards,
        budget,
        form: Some(once),
        in_place_of: label.map(|label| label.id),
        ..NewApiKey::new(project.id, name, minted.stored())
    };
    match app.store.create_api_key(&member.caller, &new).await {
        Ok(made) => {
            let facts = facts(&app, &member, &new, &project, &made).await?;
            let done = member.path("keys");
            let permissions = new.permissions.clone();
            let first = Some(Waits::for_key(&member, made.id));
            // What it may spend is the next question, unless it was answered.
            let stored = if new.budget.is_none() { "stored" } else { "limited" };
            let said = vec![("done", stored.to_owned()), ("key", made.id.to_string())];
            let organization = None;
            let shown = Shown { minted, facts, done, said, permissions, organization, first };
            Ok(shown.of_member(&app, &member))
        }
        Err(StoreError::Conflict(Conflict::KeyMade)) => Ok(made_already(&member)),
        Err(error) => {
            let field = field(&draft, &error);
            draft.conflict(field, error)?;
            form::page(&app, &member, draft).await
        }
    }
}

/// Where a rule that the store upheld is said.
fn field(draft: &Draft, error: &StoreError) -> &'static str {
    match error {
        StoreError::Conflict(Conflict::Expiry(_)) => key_fields::expiry_field(draft),
        StoreError::Conflict(Conflict::ServiceKeysOnly) => "owner",
        StoreError::Conflict(Conflict::ServiceAccountName) => "account_name",
        StoreError::Conflict(Conflict::KeyReplaced) => "name",
        _ => "project",
    }
}

async fn facts(
    app: &App,
    member: &Member,
    new: &NewApiKey<'_>,
    project: &Project,
    made: &MadeKey,
) -> Result<Vec<(&'static str, String)>, Failure> {
    let zone = member.organization.zone;
    let expires = |at| time_text(at, zone, Precision::Minute);
    let owner = match made.service_account {
        None => labels::YOU.to_owned(),
        Some(id) => {
            let account = app.store.service_account(&member.caller, id).await?;
            format!("Service account {}", account.name)
        }
    };
    Ok(vec![
        (labels::NAME, new.name.to_string()),
        (labels::PROJECT, format!("{}, {}", project.name, project.environment.as_str())),
        (labels::OWNER, owner),
        (labels::PERMISSIONS, new.permissions.label().to_owned()),
        (labels::EXPIRES, made.expires_at.map_or_else(|| labels::NEVER.to_owned(), expires)),
        (labels::GUARDS, key_limits::guards_text(new.guards)),
        (labels::ITS_OWN_BUDGET, budget_text(new)),
    ])
}

/// `$5.00 a day`, `None`.
fn budget_text(new: &NewApiKey<'_>) -> String {
    new.budget.map_or_else(
        || labels::NONE.to_owned(),
        |budget| format!("{} a {}", usd(budget.amount), budget.period.as_str()),
    )
}

/// The project that was chosen, of those that take keys.
pub(super) async fn project(
    app: &App,
    member: &Member,
    draft: &mut Draft,
) -> Result<Option<Project>, Failure> {
    let id: Option<ProjectId> = draft.value("project").parse().ok();
    let project = open_projects(app, member).await?.into_iter().find(|p| Some(p.id) == id);
    if project.is_none() {
        draft.refuse("project", "Choose a project from the list.");
    }
    Ok(project)
}

async fn open_projects(app: &App, member: &Member) -> Result<Vec<Project>, Failure> {
    let mut projects = app.store.projects(&member.caller).await?;
    projects.retain(|project| {
        project.archived_at.is_none() && project.who.may(Action::EditOwnKeys).is_ok()
    });
    // The one that is chosen when nothing else is said.
    projects.sort_by_key(|project| !project.is_default);
    Ok(projects)
}

/// Those projects, for a form.
pub(super) async fn choices(app: &App, member: &Member) -> Result<Vec<Choice>, Failure> {
    let choice = |project: Project| {
        let text = format!("{}, {}", project.name, project.environment.as_str());
        Choice::new(project.id.to_string(), text)
    };
    Ok(open_projects(app, member).await?.into_iter().map(choice).collect())
}
