//! `/{org}/budgets`: what blocks, what notifies, and who is told.

use std::collections::HashMap;

use axum::{
    extract::{RawQuery, State},
    response::Response,
};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use domain::{BudgetId, Period, Scope, ThresholdId, Usd};
use leptos::prelude::*;
use store::{BudgetStatus, Recipient, Standing, StoreError, Threshold};

use super::{calendar::stretch, notes::names};
use crate::{
    layouts::{Frame, NavItem, PageHead, Shell},
    render::Page,
    web::{App, Draft, Failure, Member, go, id},
};

mod done;
mod form;
mod level;
mod list;
mod recipients;
mod status;
mod thresholds;

use done::Done;

/// All that the page shows.
struct View {
    frame: Frame,
    /// The page's path.
    path: String,
    zone: Tz,
    now: DateTime<Utc>,
    /// The organization and its month.
    own: BudgetStatus,
    standings: Vec<Standing>,
    thresholds: Vec<Threshold>,
    recipients: Vec<Recipient>,
    /// Labels of projects and keys.
    names: HashMap<Scope, String>,
    mails: bool,
    done: Option<Done>,
    forms: Forms,
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
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let view = read(&app, &member, Forms::default(), Done::read(query.as_deref())).await?;
    Ok(member.visitor.look.page(Page::new("Budgets"), || page(view)))
}

/// `POST`, one of the page's forms.
pub(super) async fn save(
    State(app): State<App>,
    member: Member,
    mut draft: Draft,
) -> Result<Response, Failure> {
    let done = match draft.value("action").as_str() {
        "set-budget" => set_budget(&app, &member, &mut draft).await?,
        "remove-budget" => {
            let budget = id::<BudgetId>(&draft.value("budget"))?;
            app.store.remove_budget(&member.caller, budget).await?;
            Some(Done::BudgetRemoved)
        }
        "add-threshold" => add_threshold(&app, &member, &mut draft).await?,
        "remove-threshold" => {
            let threshold = id::<ThresholdId>(&draft.value("threshold"))?;
            app.store.remove_threshold(&member.caller, threshold).await?;
            Some(Done::ThresholdRemoved)
        }
        _ => return Err(Failure::BadRequest),
    };
    if let Some(done) = done {
        return Ok(go(format!("{}?done={}", member.path("budgets"), done.as_str())));
    }
    let status = draft.status();
    let forms = if draft.value("action") == "set-budget" {
        Forms { budget: Some(draft), threshold: None }
    } else {
        Forms { budget: None, threshold: Some(draft) }
    };
    let view = read(&app, &member, forms, None).await?;
    Ok(member.visitor.look.page(Page::new("Budgets").status(status), || page(view)))
}

/// The organization and its billing cycle are what this page edits.
const fn own(member: &Member) -> (Scope, Period) {
    (Scope::Org(member.caller.org), Period::Month)
}

async fn set_budget(
    app: &App,
    member: &Member,
    draft: &mut Draft,
) -> Result<Option<Done>, Failure> {
    let Some(amount) = draft.read::<Usd>("amount") else { return Ok(None) };
    let (scope, period) = own(member);
    app.store.set_budget(&member.caller, scope, period, amount).await?;
    Ok(Some(Done::BudgetSet))
}

async fn add_threshold(
    app: &App,
    member: &Member,
    draft: &mut Draft,
) -> Result<Option<Done>, Failure> {
    let Some(level) = level::read(draft) else { return Ok(None) };
    let (scope, period) = own(member);
    match app.store.set_threshold(&member.caller, scope, period, level).await {
        Ok(set) if set.already_passed => Ok(Some(Done::ThresholdPassed)),
        Ok(_) => Ok(Some(Done::ThresholdSet)),
        Err(error @ StoreError::Conflict(_)) => draft.conflict("level", error).map(|()| None),
        Err(error) => Err(error.into()),
    }
}

async fn read(
    app: &App,
    member: &Member,
    forms: Forms,
    done: Option<Done>,
) -> Result<View, Failure> {
    let (store, caller) = (&app.store, &member.caller);
    let (scope, period) = own(member);
    let (standings, now) = store.standings(caller).await?;
    Ok(View {
        frame: member.frame(NavItem::Budgets),
        path: member.path("budgets"),
        zone: member.organization.zone,
        now,
        own: store.budget_status(caller, scope, period).await?,
        standings,
        thresholds: store.thresholds(caller).await?,
        recipients: store.recipients(caller).await?,
        names: names(store.projects(caller).await?, store.api_keys(caller).await?),
        mails: app.mails,
        done,
        forms,
    })
}

fn page(view: View) -> AnyView {
    let cycle = stretch(view.own.window, view.zone);
    let sub = format!(
        "A budget blocks when it is reached. A threshold only notifies. Cycle {cycle}, {}.",
        view.zone.name()
    );
    let content = view! {
        {view.done.map(Done::notice)}
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
