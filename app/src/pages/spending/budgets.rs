//! `/{org}/budgets`: what blocks, what notifies, and who is told.

use std::collections::HashMap;

use axum::{extract::State, response::Response};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use domain::{Action, BudgetId, Period, Scope, ThresholdId, Usd};
use leptos::prelude::*;
use serde::Deserialize;
use store::{BudgetStatus, Recipient, Standing, StoreError, Threshold};

use super::{
    calendar::stretch,
    notes::{budget_href, names},
};
use crate::{
    components::{Button, Card, Choice, Empty, LinkButton, Select},
    layouts::{Frame, NavItem, PageHead, Shell},
    render::Page,
    web::{App, Draft, Failure, Member, Query, go, id},
};

mod done;
mod form;
mod level;
mod list;
mod recipients;
mod status;
mod subject;
mod thresholds;

use done::Done;
use subject::Subject;

/// All that the page shows.
struct View {
    frame: Frame,
    /// The page's path.
    path: String,
    zone: Tz,
    now: DateTime<Utc>,
    /// What is shown first and edited.
    subject: Subject,
    /// All that can be shown.
    subjects: Vec<Subject>,
    /// Its month.
    own: BudgetStatus,
    standings: Vec<Standing>,
    thresholds: Vec<Threshold>,
    recipients: Vec<Recipient>,
    /// Labels of projects and keys.
    names: HashMap<Scope, String>,
    mails: bool,
    /// The person sees what the whole organization spends, and who is told.
    whole: bool,
    done: Option<Done>,
    forms: Forms,
}

impl View {
    /// Whether the person may set budgets and thresholds of this.
    fn edits(&self, scope: Scope) -> bool {
        self.subjects.iter().any(|subject| subject.scope == scope && subject.edits)
    }
}

/// What the address asks for.
#[derive(Deserialize, Default)]
pub(super) struct Asked {
    scope: Option<String>,
    done: Option<String>,
}

/// What was typed; at most one of them is.
#[derive(Default)]
struct Forms {
    budget: Option<Draft>,
    threshold: Option<Draft>,
}

/// `GET`
pub(super) async fn show(
    State(app): State<App>,
    member: Member,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let done = asked.done.as_deref().and_then(Done::read);
    let look = member.visitor.look;
    Ok(match read(&app, &member, asked.scope.as_deref(), Forms::default(), done).await? {
        Some(view) => look.page(Page::new("Budgets"), || page(view)),
        None => look.page(Page::new("Budgets"), || none(&member)),
    })
}

/// `POST`, one of the page's forms.
pub(super) async fn save(
    State(app): State<App>,
    member: Member,
    mut draft: Draft,
) -> Result<Response, Failure> {
    let scope = scope(&app, &member, &draft.value("scope")).await?;
    let done = match draft.value("action").as_str() {
        "set-budget" => set_budget(&app, &member, scope, &mut draft).await?,
        "remove-budget" => {
            let budget = id::<BudgetId>(&draft.value("budget"))?;
            app.store.remove_budget(&member.caller, budget).await?;
            Some(Done::BudgetRemoved)
        }
        "add-threshold" => add_threshold(&app, &member, scope, &mut draft).await?,
        "remove-threshold" => {
            let threshold = id::<ThresholdId>(&draft.value("threshold"))?;
            app.store.remove_threshold(&member.caller, threshold).await?;
            Some(Done::ThresholdRemoved)
        }
        _ => return Err(Failure::BadRequest),
    };
    if let Some(done) = done {
        let path = member.path("budgets");
        let done = done.as_str();
        return Ok(go(match scope {
            Scope::Org(_) => format!("{path}?done={done}"),
            scope => format!("{}&done={done}", budget_href(&path, scope)),
        }));
    }
    let status = draft.status();
    let forms = if draft.value("action") == "set-budget" {
        Forms { budget: Some(draft), threshold: None }
    } else {
        Forms { budget: None, threshold: Some(draft) }
    };
    let view = read(&app, &member, Some(&scope.to_string()), forms, None).await?;
    let view = view.ok_or(Failure::NotFound)?;
    Ok(member.visitor.look.page(Page::new("Budgets").status(status), || page(view)))
}

/// What a form is about: what it says, else what the page shows first. Whether it may be limited is
/// the store's business.
async fn scope(app: &App, member: &Member, asked: &str) -> Result<Scope, Failure> {
    if !asked.is_empty() {
        return id(asked);
    }
    if member.can(Action::SeeWhole) {
        return Ok(Scope::Org(member.caller.org));
    }
    let projects = app.store.projects(&member.caller).await?;
    projects.first().map(|project| Scope::Project(project.id)).ok_or(Failure::Forbidden)
}

async fn set_budget(
    app: &App,
    member: &Member,
    scope: Scope,
    draft: &mut Draft,
) -> Result<Option<Done>, Failure> {
    let Some(amount) = draft.read::<Usd>("amount") else { return Ok(None) };
    app.store.set_budget(&member.caller, scope, Period::Month, amount).await?;
    Ok(Some(Done::BudgetSet))
}

async fn add_threshold(
    app: &App,
    member: &Member,
    scope: Scope,
    draft: &mut Draft,
) -> Result<Option<Done>, Failure> {
    let Some(level) = level::read(draft) else { return Ok(None) };
    match app.store.set_threshold(&member.caller, scope, Period::Month, level).await {
        Ok(set) if set.already_passed => Ok(Some(Done::ThresholdPassed)),
        Ok(_) => Ok(Some(Done::ThresholdSet)),
        Err(error @ StoreError::Conflict(_)) => draft.conflict("level", error).map(|()| None),
        Err(error) => Err(error.into()),
    }
}

/// Nothing for a reader who is in no project.
async fn read(
    app: &App,
    member: &Member,
    asked: Option<&str>,
    forms: Forms,
    done: Option<Done>,
) -> Result<Option<View>, Failure> {
    let (store, caller) = (&app.store, &member.caller);
    let (projects, keys) = (store.projects(caller).await?, store.api_keys(caller).await?);
    let subjects = Subject::all(member, &projects, &keys);
    let Some(subject) = Subject::find(&subjects, asked)? else { return Ok(None) };
    let (standings, now) = store.standings(caller).await?;
    Ok(Some(View {
        frame: member.frame(NavItem::Budgets),
        path: member.path("budgets"),
        zone: member.organization.zone,
        now,
        own: store.budget_status(caller, subject.scope, Period::Month).await?,
        subject,
        subjects,
        standings,
        thresholds: store.thresholds(caller).await?,
        recipients: store.recipients(caller).await?,
        names: names(projects, keys),
        mails: app.mails,
        whole: member.can(Action::SeeWhole),
        done,
        forms,
    }))
}

fn page(view: View) -> AnyView {
    let cycle = stretch(view.own.window, view.zone);
    let sub = format!(
        "A budget blocks when it is reached. A threshold only notifies. Cycle {cycle}, {}.",
        view.zone.name()
    );
    let choice = choice(&view);
    let content = view! {
        {view.done.map(Done::notice)}
        {choice}
        {status::card(&view)}
        <div class="grid main-side">
            {thresholds::card(&view)}
            <div class="stack">{form::card(&view)}{recipients::card(&view)}</div>
        </div>
        {list::card(&view)}
    };
    view! {
        <Shell frame=view.frame>
            <PageHead title="Budgets" sub=sub/>
            {content}
        </Shell>
    }
    .into_any()
}

/// Whose budget is shown.
fn choice(view: &View) -> Option<AnyView> {
    let listed = || view.subjects.iter().filter(|subject| subject.listed);
    if listed().count() < 2 {
        return None;
    }
    let choices: Vec<_> =
        listed().map(|subject| Choice::new(subject.scope.to_string(), subject.label())).collect();
    let value = view.subject.scope.to_string();
    let form = view! {
        <form class="inline" method="get" action=view.path.clone()>
            <Select name="scope" label="Budget of" choices value/>
            <Button>"Show"</Button>
        </form>
    };
    Some(form.into_any())
}

/// For a reader who is in no project.
fn none(member: &Member) -> AnyView {
    let href = member.path("projects");
    view! {
        <Shell frame=member.frame(NavItem::Budgets)>
            <PageHead title="Budgets" sub="A budget blocks when it is reached. A threshold only notifies."/>
            <Card title="Budgets of your projects">
                <Empty split=true title="You are in no project" text="Budgets of a project are shown to who is in it. An owner can add you.">
                    <LinkButton href>"See projects"</LinkButton>
                </Empty>
            </Card>
        </Shell>
    }
    .into_any()
}
