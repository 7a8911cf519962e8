//! `/{org}/budgets`: what blocks, what notifies, and who is told.

use std::collections::HashMap;

use axum::{extract::State, response::Response};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use domain::{Action, Period, Scope, Usd};
use leptos::prelude::*;
use serde::Deserialize;
use store::{BudgetRefusals, BudgetStatus, Raise, Recipient, Standing, Threshold};
use tower_sessions::Session;

use super::{
    calendar::stretch,
    notes::{budget_href, names},
};
use crate::{
    components::{Button, Card, Choice, Empty, Link, LinkButton, Seg, Select},
    labels,
    layouts::{Frame, NavItem, PageHead, Shell},
    render::Page,
    web::{App, Draft, Failure, Member, Query},
};

mod done;
mod form;
mod level;
mod list;
mod preview;
mod raise;
mod recipients;
mod refusals;
mod removed;
mod save;
mod status;
mod subject;
mod thresholds;

use done::{Again, Done};
use preview::Preview;
use removed::Removed;
pub(super) use save::save;
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
    /// Of its windows, which.
    period: Period,
    /// That window.
    own: BudgetStatus,
    raises: Vec<Raise>,
    /// What that budget refused last.
    refusals: Vec<BudgetRefusals>,
    /// What the budget that was typed would have stopped.
    preview: Option<Preview>,
    standings: Vec<Standing>,
    /// What the usage tier allows in a month; for owners.
    tier: Option<Usd>,
    thresholds: Vec<Threshold>,
    recipients: Vec<Recipient>,
    /// Labels of projects and keys.
    names: HashMap<Scope, String>,
    mails: bool,
    /// The person sees what the whole organization spends, and who is told.
    whole: bool,
    done: Option<Done>,
    /// What the person removed just before.
    removed: Option<Removed>,
    forms: Forms,
}

impl View {
    /// `this month`, `today`.
    const fn now_words(&self) -> &'static str {
        match self.period {
            Period::Day => "today",
            Period::Week => "this week",
            Period::Month => "this month",
        }
    }

    /// What is shown, as a title.
    fn title(&self) -> String {
        self.subject.title(self.period)
    }

    /// Where what is shown lies.
    fn href(&self) -> String {
        budget_href(&self.path, self.subject.scope, self.period)
    }

    /// What sets again what was removed.
    fn again(&self) -> Option<Again> {
        self.removed.as_ref()?.again(&self.path, self.own.budget.is_some())
    }

    /// What every form of the page sends: what it does, to what.
    fn fields(&self, action: &str) -> Vec<(&'static str, String)> {
        vec![
            ("action", action.to_owned()),
            ("scope", self.subject.scope.to_string()),
            ("window", self.period.as_str().to_owned()),
        ]
    }

    /// The same, for a form with more fields.
    fn hidden(&self, action: &str) -> AnyView {
        let fields = self.fields(action).into_iter();
        let field = |(name, value)| view! { <input type="hidden" name=name value=value/> };
        fields.map(field).collect_view().into_any()
    }

    /// Whether the person may set budgets and thresholds of this.
    fn edits(&self, scope: Scope) -> bool {
        self.subjects.iter().any(|subject| subject.scope == scope && subject.edits)
    }
}

/// What the address asks for.
#[derive(Deserialize, Default)]
pub(super) struct Asked {
    scope: Option<String>,
    window: Option<String>,
    done: Option<String>,
}

/// What was typed; at most one of them is.
#[derive(Default)]
struct Forms {
    budget: Option<Draft>,
    raise: Option<Draft>,
    threshold: Option<Draft>,
}

impl Forms {
    /// What was typed into the form that does this.
    fn of(action: &str, draft: Draft) -> Self {
        let mut forms = Self::default();
        match action {
            "raise" => forms.raise = Some(draft),
            "add-threshold" => forms.threshold = Some(draft),
            _ => forms.budget = Some(draft),
        }
        forms
    }
}

/// `GET`
pub(super) async fn show(
    State(app): State<App>,
    member: Member,
    session: Session,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let done = asked.done.as_deref().and_then(Done::read);
    let period = period(asked.window.as_deref().unwrap_or_default())?;
    let look = member.visitor.look;
    let forms = Forms::default();
    let view = read(&app, &member, (asked.scope.as_deref(), period), forms, done).await?;
    let Some(mut view) = view else {
        return Ok(look.page(Page::new(labels::BUDGETS), || none(&member)));
    };
    if view.done.is_some_and(Done::is_removal) {
        view.removed = Removed::take(&session, view.subject.scope, period).await?;
    }
    Ok(look.page(Page::new(labels::BUDGETS), || page(view)))
}

/// The window that is asked for; the month if none is.
fn period(word: &str) -> Result<Period, Failure> {
    if word.is_empty() { Ok(Period::Month) } else { word.parse().map_err(|_| Failure::NotFound) }
}

/// Nothing for a reader who is in no project.
async fn read(
    app: &App,
    member: &Member,
    (asked, period): (Option<&str>, Period),
    forms: Forms,
    done: Option<Done>,
) -> Result<Option<View>, Failure> {
    let (store, caller) = (&app.store, &member.caller);
    let (projects, keys) = (store.projects(caller).await?, store.named_keys(caller).await?);
    let subjects = Subject::all(member, &projects, &keys);
    let Some(subject) = Subject::find(&subjects, asked)? else { return Ok(None) };
    let (standings, now) = store.standings(caller).await?;
    let own = store.budget_status(caller, subject.scope, period).await?;
    let refusals = match &own.budget {
        Some(budget) => store.budget_refusals(caller, budget.id).await?,
        None => Vec::new(),
    };
    let whole = member.can(Action::SeeWhole);
    let tier = if whole { Some(store.usage_limit(caller).await?.amount()) } else { None };
    Ok(Some(View {
        frame: member.frame(NavItem::Budgets),
        path: member.path("budgets"),
        zone: member.organization.zone,
        now,
        period,
        own,
        refusals,
        raises: store.raises(caller).await?,
        preview: None,
        subject,
        subjects,
        standings,
        tier,
        thresholds: store.thresholds(caller).await?,
        recipients: store.recipients(caller).await?,
        names: names(projects, keys),
        mails: app.mails,
        whole,
        done,
        removed: None,
        forms,
    }))
}

fn page(view: View) -> AnyView {
    let window = stretch(view.own.window, view.zone);
    let sub = format!(
        "A budget blocks when it is reached. A threshold only notifies. {}: {window}, {}.",
        match view.period {
            Period::Day => labels::DAY,
            Period::Week => labels::WEEK,
            Period::Month => "Cycle",
        },
        view.zone.name()
    );
    let (choice, windows) = (choice(&view), windows(&view));
    let content = view! {
        {view.done.map(|done| done.told(view.href(), view.again()))}
        <div class="row between ends">{choice}{windows}</div>
        {status::card(&view)}
        {cards(&view)}
        {refusals::card(&view)}
        {list::card(&view)}
    };
    view! {
        <Shell frame=view.frame>
            <PageHead title=labels::BUDGETS sub=sub/>
            {content}
        </Shell>
    }
    .into_any()
}

/// What blocks beside what notifies; for who may set nothing, only the latter where there is no raise.
fn cards(view: &View) -> AnyView {
    let (thresholds, recipients) = (thresholds::card(view), recipients::card(view));
    match (form::card(view), raise::card(view)) {
        (None, None) => view! { <div class="grid two">{thresholds}{recipients}</div> }.into_any(),
        (form, raise) => view! {
            <div class="grid main-side">
                <div class="stack">{form}{raise}</div>
                <div class="stack">{thresholds}{recipients}</div>
            </div>
        }
        .into_any(),
    }
}

/// Whose budget is shown.
fn choice(view: &View) -> Option<AnyView> {
    // What only a link leads to is listed while it is shown.
    let listed = |subject: &&Subject| subject.listed || subject.scope == view.subject.scope;
    let choice = |subject: &Subject| Choice::new(subject.scope.to_string(), subject.label());
    let choices: Vec<_> = view.subjects.iter().filter(listed).map(choice).collect();
    if choices.len() < 2 {
        return None;
    }
    let value = view.subject.scope.to_string();
    let window = view.period.as_str();
    let form = view! {
        <form class="inline" method="get" action=view.path.clone()>
            <Select name="scope" label="Budget of" choices value/>
            <input type="hidden" name="window" value=window/>
            <Button>{labels::SHOW}</Button>
        </form>
    };
    Some(form.into_any())
}

/// Of which window: each has a budget of its own.
fn windows(view: &View) -> AnyView {
    let links = Period::ALL.into_iter().map(|period| {
        let text = match period {
            Period::Day => labels::DAY,
            Period::Week => labels::WEEK,
            Period::Month => labels::MONTH,
        };
        let href = budget_href(&view.path, view.subject.scope, period);
        Link::new(text, href).current(period == view.period)
    });
    view! { <Seg label="Window of the budget" links=links.collect()/> }.into_any()
}

/// For a reader who is in no project.
fn none(member: &Member) -> AnyView {
    let href = member.path("projects");
    view! {
        <Shell frame=member.frame(NavItem::Budgets)>
            <PageHead title=labels::BUDGETS sub="A budget blocks when it is reached. A threshold only notifies."/>
            <Card title="Budgets of your projects">
                <Empty split=true title="You are in no project" text="Budgets of a project are shown to who is in it. An owner can add you.">
                    <LinkButton href>"See projects"</LinkButton>
                </Empty>
            </Card>
        </Shell>
    }
    .into_any()
}
