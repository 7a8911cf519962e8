//! `/{org}`: what is spent, where it will end, which limit is near, what needs a person, who spends.

use axum::{extract::State, response::Response};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use domain::{Action, Period, Scope, Usd, window::Window};
use leptos::prelude::*;
use store::{
    BillingCycle, Budget, BudgetStatus, Crossing, Cycles, FirstSteps, NamedKey, Project, Standing,
    Threshold, UsageLimit,
    explore::Cut,
    slices::{Ask, Dimension, Grain, Only},
};

use super::{
    alerts::is_open,
    calendar::{stretch, until},
    limits as limits_page,
    notes::{Notes, budget_href, of_keys, of_projects},
    outlook::Outlook,
    question::Measure,
    sheet::{LARGEST, Sheet, by_span},
    stretch::Stretch,
};
use crate::{
    components::{Glyph, LinkButton, Notice, Tone, Weight, count, usd},
    labels,
    layouts::{Frame, NavItem, PageHead, Shell},
    render::Page,
    web::{App, Failure, Member},
};

mod alerts;
mod first;
mod hero;
mod limits;
mod reader;
mod set_up;
mod tops;

/// All that the page shows.
struct View {
    frame: Frame,
    /// The organization's path.
    org: String,
    zone: Tz,
    now: DateTime<Utc>,
    cycle: Window,
    /// The same by day.
    stretch: Stretch,
    /// Charges booked in the cycle, of what the person sees.
    spent: Usd,
    /// The organization's of the month.
    budget: Option<Budget>,
    /// What the installation lets the organization spend, for who sees the whole.
    limit: Option<UsageLimit>,
    /// The person sees the whole organization, else own projects alone.
    whole: bool,
    standings: Vec<Standing>,
    thresholds: Vec<Threshold>,
    /// Crossings of windows that are not over.
    open: Vec<Crossing>,
    used: Used,
    before: Option<Before>,
    steps: Vec<set_up::Step>,
    /// A reader's own keys.
    keys: Option<reader::Keys>,
    /// Remarks below the names of projects and keys.
    notes: Notes,
    /// The request to try first.
    example: String,
}

/// `GET`
pub(super) async fn show(State(app): State<App>, member: Member) -> Result<Response, Failure> {
    let view = read(&app, &member).await?;
    // Only the first request is there to be copied.
    let document = Page::new(labels::OVERVIEW);
    let document = if view.used() { document } else { document.islands() };
    Ok(member.visitor.look.page(document, || page(view)))
}

async fn read(app: &App, member: &Member) -> Result<View, Failure> {
    let (store, caller) = (&app.store, &member.caller);
    let whole = member.can(Action::SeeWhole);
    let cycles = store.cycles(caller).await?;
    let BillingCycle { window: cycle, zone } = cycles.current;
    let this = Stretch::cycle(cycles.current, None);
    let used = async {
        let projects = store.projects(caller).await?;
        let used = Used::read(app, member, &this, &projects).await?;
        Ok((projects, used))
    };
    // What does not depend on each other is read side by side, what takes longest first: at most seven things, of the
    // eight connections that two processors have.
    let ((projects, used), before, watched, own_keys) = tokio::try_join!(
        used,
        Before::read(app, member, &this, &cycles),
        Watched::read(app, member),
        reader::Keys::read(app, member),
    )?;
    let Watched { keys, standings, now, thresholds, mut open, own } = watched;
    open.retain(|crossing| !crossing.silent && is_open(crossing, zone, now));
    let ever = before.is_some() || store.ever_used(caller).await?;
    let org = format!("/{}", member.organization.id);
    let done = set_up::Done {
        billing: own.as_ref().is_some_and(|own| own.billing),
        project: projects.iter().any(|project| project.archived_at.is_none()),
        key: keys.iter().any(|key| !key.revoked),
        request: ever,
        budget: !standings.is_empty(),
        threshold: !thresholds.is_empty(),
        second_owner: own.as_ref().is_some_and(|own| own.first.second_owner),
        alerted: app.mails.then(|| own.as_ref().is_some_and(|own| own.first.alerted)),
    };
    let steps = steps(member, &org, &projects, &keys, done);
    let spent = match &own {
        Some(own) => own.status.spent,
        None => used.course.iter().copied().sum(),
    };
    let (budget, limit) = own.map_or((None, None), |own| (own.status.budget, Some(own.limit)));
    Ok(View {
        frame: member.frame(NavItem::Overview),
        steps,
        keys: own_keys,
        limit,
        whole,
        spent,
        budget,
        org,
        zone,
        now,
        cycle,
        stretch: this,
        standings,
        thresholds,
        open,
        used,
        before,
        notes: of_keys(&keys, &projects).into_iter().chain(of_projects(&projects)).collect(),
        example: first::example(&app.public_url, app.sandbox),
    })
}

/// What was used in the cycle so far.
struct Used {
    /// What counts in the amount spent, by day.
    course: Vec<Usd>,
    sheets: Vec<(Dimension, Sheet)>,
}

/// What the tables at the end tell apart.
const APART: [Dimension; 3] = [Dimension::Project, Dimension::Key, Dimension::Model];

impl Used {
    async fn read(
        app: &App,
        member: &Member,
        cycle: &Stretch,
        projects: &[Project],
    ) -> Result<Self, Failure> {
        let (store, caller, size) = (&app.store, &member.caller, Measure::Cost.size());
        let (bounds, all) = (cycle.bounds(), Only::default());
        // What rehearsals spend is not the organization's.
        let rehearsals = projects.iter().filter(|project| project.rehearsal);
        let rehearsals = rehearsals.map(|project| project.id.uuid()).collect();
        let rehearsed = Only { projects: rehearsals, ..Only::default() };
        let is_apart = member.can(Action::SeeWhole) && !rehearsed.projects.is_empty();
        let of = |by, only| Ask { bounds: &bounds, grain: Grain::Days, by, only };
        let mut asks: Vec<_> = APART.iter().map(|by| of(std::slice::from_ref(by), &all)).collect();
        asks.extend(is_apart.then(|| of(&[], &rehearsed)));
        let mut cuts = store.cuts(caller, &asks, LARGEST, size).await?;
        let rehearsed = is_apart.then(|| cuts.pop()).flatten().unwrap_or_default().stretches;
        let shown = cuts.iter().flat_map(|cut| cut.groups.iter().take(LARGEST)).cloned();
        let names = store.names(caller, &shown.collect::<Vec<_>>()).await?;
        let sheet = |dimension, cut: &Cut| {
            Sheet::new(cycle.spans.clone(), cut, &[dimension], &names, Measure::Cost)
        };
        let sheets = APART.into_iter().zip(&cuts);
        let sheets: Vec<_> = sheets.map(|(by, cut)| (by, sheet(by, cut))).collect();
        let whole = sheets.first().map(|(_, sheet)| sheet.by_span.as_slice()).unwrap_or_default();
        let mut course: Vec<Usd> = whole.iter().map(|day| day.charge).collect();
        let rehearsed = by_span(course.len(), &rehearsed);
        for (day, apart) in course.iter_mut().zip(rehearsed) {
            *day = day.minus(apart.charge);
        }
        Ok(Self { course, sheets })
    }
}

/// The cycle before.
struct Before {
    cycle: Window,
    /// By day.
    days: Vec<Usd>,
    /// When it was as old as this one is now.
    so_far: Usd,
}

impl Before {
    /// None if nothing was used in it.
    async fn read(
        app: &App,
        member: &Member,
        this: &Stretch,
        cycles: &Cycles,
    ) -> Result<Option<Self>, Failure> {
        let (store, caller) = (&app.store, &member.caller);
        let Some(cycle) = cycles.earlier.first().copied() else { return Ok(None) };
        let stretch = Stretch::cycle(cycle, None);
        let (bounds, only) = (stretch.bounds(), Only::default());
        let ask = Ask { bounds: &bounds, grain: Grain::Days, by: &[], only: &only };
        let past = store.past(caller, ask, stretch.until(this, cycles.now)).await?;
        let days = by_span(stretch.spans.len(), &past.stretches);
        Ok((!past.stretches.is_empty()).then(|| Self {
            cycle: cycle.window,
            days: days.iter().map(|day| day.charge).collect(),
            so_far: past.so_far.iter().map(|slice| slice.totals.charge).sum(),
        }))
    }
}

/// What is watched, and by what.
struct Watched {
    keys: Vec<NamedKey>,
    standings: Vec<Standing>,
    /// When they stood so.
    now: DateTime<Utc>,
    thresholds: Vec<Threshold>,
    open: Vec<Crossing>,
    own: Option<Own>,
}

impl Watched {
    async fn read(app: &App, member: &Member) -> Result<Self, Failure> {
        let (store, caller) = (&app.store, &member.caller);
        let (keys, (standings, now), thresholds, open) = tokio::try_join!(
            store.named_keys(caller),
            store.standings(caller),
            store.thresholds(caller),
            store.crossings(caller),
        )?;
        let own = Own::read(app, member).await?;
        Ok(Self { keys, standings, now, thresholds, open, own })
    }
}

/// What only those see who see the whole organization.
struct Own {
    status: BudgetStatus,
    limit: UsageLimit,
    /// Whether it is known who pays.
    billing: bool,
    first: FirstSteps,
}

impl Own {
    async fn read(app: &App, member: &Member) -> Result<Option<Self>, Failure> {
        let (store, caller) = (&app.store, &member.caller);
        if !member.can(Action::SeeWhole) {
            return Ok(None);
        }
        let (status, limit, billing, first) = tokio::try_join!(
            store.budget_status(caller, Scope::Org(caller.org), Period::Month),
            store.usage_limit(caller),
            store.billing_profile(caller),
            store.first_steps(caller),
        )?;
        Ok(Some(Self { status, limit, billing: billing.is_some(), first }))
    }
}

/// What there is to do: for an owner in the organization, for a reader in own projects.
fn steps(
    member: &Member,
    org: &str,
    projects: &[Project],
    keys: &[NamedKey],
    done: set_up::Done,
) -> Vec<set_up::Step> {
    if member.can(Action::SeeWhole) {
        return set_up::steps(done, org);
    }
    // Who only looks needs no key.
    let works = |project: &Project| project.who.may(Action::EditOwnKeys).is_ok();
    let key = (projects.is_empty() || projects.iter().any(works))
        .then(|| keys.iter().any(|key| key.own && !key.revoked));
    set_up::own_steps(done.project, key, done.request, org)
}

impl View {
    /// Every budget with its state, the worst first.
    fn outlooks(&self) -> Vec<(&Standing, Outlook)> {
        let outlook =
            |standing| (standing, Outlook::of(standing, &self.thresholds, self.now, self.zone));
        let mut all: Vec<_> = self.standings.iter().map(outlook).collect();
        all.sort_by_key(|(_, outlook)| match outlook.tone {
            Tone::Bad => 0,
            Tone::Warn => 1,
            Tone::Ok | Tone::Plain => 2,
        });
        all
    }

    /// Whether there ever was a request.
    fn used(&self) -> bool {
        self.steps.iter().any(|step| step.first_request && step.done)
    }
}

fn page(view: View) -> AnyView {
    let sub = format!(
        "Cycle {}, {} · resets {}",
        stretch(view.cycle, view.zone),
        view.zone.name(),
        until(view.cycle.ends, view.now, view.zone)
    );
    let used = view.used();
    let content = if used { content(&view) } else { first::content(&view) };
    // Before the first request there is something else to do first.
    let weight = if used { Weight::Primary } else { Weight::Plain };
    let (usage, budgets) = (format!("{}/usage", view.org), format!("{}/budgets", view.org));
    let verb = match (view.whole, &view.budget) {
        (false, _) => labels::SEE_BUDGETS,
        (true, Some(_)) => "Edit budget",
        (true, None) => labels::SET_A_BUDGET,
    };
    view! {
        <Shell frame=view.frame>
            <PageHead title=labels::OVERVIEW sub=sub>
                <LinkButton href=usage glyph=Glyph::Usage>"Explore usage"</LinkButton>
                <LinkButton href=budgets weight>{verb}</LinkButton>
            </PageHead>
            {content}
        </Shell>
    }
    .into_any()
}

fn content(view: &View) -> AnyView {
    let set_up = set_up::card(view);
    let below = match (alerts::card(view), set_up) {
        (None, None) => None,
        (Some(card), None) | (None, Some(card)) => Some(card),
        (Some(alerts), Some(steps)) => {
            Some(view! { <div class="grid two fill">{alerts}{steps}</div> }.into_any())
        }
    };
    view! {
        {stopped(view)}
        <div class="grid main-side fill">
            {hero::card(view)}
            {limits::card(view)}
        </div>
        {below}
        {reader::card(view)}
        {tops::cards(view)}
    }
    .into_any()
}

/// So many of those that refuse are said one by one.
const STOPPED: usize = 3;

/// What refuses requests now, said first.
fn stopped(view: &View) -> Vec<AnyView> {
    let bad = |(standing, outlook): (&Standing, Outlook)| {
        let budget = standing.status.budget.as_ref().filter(|_| outlook.tone == Tone::Bad)?;
        let refused = match standing.status.refused {
            0 => String::new(),
            1 => " 1 request has been refused.".to_owned(),
            many => format!(" {} requests have been refused.", count(many)),
        };
        let budget_of = format!("{} budget", budget.period.adjective());
        let text = if standing.status.spent >= budget.amount {
            format!("reached its {budget_of}.{refused}")
        } else {
            format!("has nearly spent its {budget_of} and refuses what does not fit.{refused}")
        };
        let href = budget_href(&format!("{}/budgets", view.org), budget.scope, budget.period);
        let notice = view! {
            <Notice tone=Tone::Bad lead=budget.scope_name.clone() text>
                <LinkButton href>{labels::SEE_BUDGET}</LinkButton>
            </Notice>
        };
        Some(notice.into_any())
    };
    let usage = view.limit.as_ref().filter(|limit| limits_page::state(limit).0 == Tone::Bad);
    let usage = usage.map(|limit| {
        let text = format!(
            "Requests to providers beyond {} a month are refused until the next cycle, or until the tier rises.",
            usd(limit.amount())
        );
        let lead = if limit.spent >= limit.amount() {
            "The usage limit is reached."
        } else {
            "The usage limit is nearly spent."
        };
        let href = format!("{}/limits", view.org);
        view! {
            <Notice tone=Tone::Bad lead text>
                <LinkButton href>{labels::SEE_LIMITS}</LinkButton>
            </Notice>
        }
        .into_any()
    });
    let mut all: Vec<_> =
        usage.into_iter().chain(view.outlooks().into_iter().filter_map(bad)).collect();
    // The numbers of the page are not pushed out of sight.
    if all.len() > STOPPED + 1 {
        let lead = format!("{} more budgets refuse requests.", all.len() - STOPPED);
        let href = format!("{}/budgets", view.org);
        all.truncate(STOPPED);
        let more = view! {
            <Notice tone=Tone::Bad lead text="All of them are on the page Budgets.">
                <LinkButton href>{labels::BUDGETS}</LinkButton>
            </Notice>
        };
        all.push(more.into_any());
    }
    all
}
