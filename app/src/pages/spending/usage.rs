//! What was used in a billing cycle and what it cost.

use axum::{
    extract::{RawQuery, State},
    response::Response,
};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use domain::{Action, window::Window};
use leptos::prelude::*;
use store::{
    Past,
    usage::{Group, Totals},
};

use super::{
    calendar::{cycle_name, days, place, same_age, stretch},
    notes::{Notes, of_keys, of_projects},
    question::Question,
    sheet::Sheet,
};
use crate::{
    components::{Card, Empty, LinkButton, Weight},
    layouts::{Frame, NavItem, PageHead, Shell},
    render::Page,
    web::{App, Failure, Member},
};

mod by_day;
mod by_group;
mod picture;
mod ways;

/// All that the page shows.
pub(super) struct View {
    frame: Frame,
    /// The page's path.
    path: String,
    question: Question,
    /// All cycles, the newest first.
    cycles: Vec<Window>,
    cycle: Window,
    zone: Tz,
    sheet: Sheet,
    before: Option<Before>,
    sandbox: Totals,
    refused: u64,
    running: u64,
    complete_to: DateTime<Utc>,
    /// A remark below the name of a group.
    notes: Notes,
    /// Whether there ever was a request.
    ever: bool,
    /// The person sees the whole organization, else own projects alone.
    whole: bool,
}

/// The cycle before.
struct Before {
    cycle: Window,
    /// The totals of its days, by the place of the day.
    days: Vec<Totals>,
    /// Up to the same age as this cycle's.
    so_far: Totals,
}

impl Before {
    fn new(cycle: Window, zone: Tz, past: &Past) -> Self {
        let windows = days(cycle, zone);
        let mut days = vec![Totals::default(); windows.len()];
        for (at, totals) in &past.days {
            if let Some(day) = days.get_mut(place(&windows, *at)) {
                *day = day.plus(*totals);
            }
        }
        Self { cycle, days, so_far: past.so_far }
    }
}

/// `/{org}/usage`
pub(super) async fn show(
    State(app): State<App>,
    member: Member,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let page = read(&app, &member, Question::read(query.as_deref())).await?;
    let title = format!("Usage, {}", cycle_name(page.cycle));
    Ok(member.visitor.look.page(Page::new(title).islands(), || view(page)))
}

async fn read(app: &App, member: &Member, question: Question) -> Result<View, Failure> {
    let (store, caller) = (&app.store, &member.caller);
    let cycles = store.cycles(caller).await?;
    let number = question.among(&cycles).ok_or(Failure::NotFound)?;
    let cycle = *cycles.get(number).ok_or(Failure::NotFound)?;
    let zone = store.cycle_zone(caller, cycle).await?;
    let usage = store.usage(caller, cycle.starts, cycle.ends, question.by).await?;
    let sheet = Sheet::new(days(cycle, zone), &usage.cells, question.measure);
    let before = match cycles.get(number + 1) {
        None => None,
        Some(before) => {
            let cut = same_age(cycle, *before, usage.complete_to);
            let past = store.past(caller, *before, cut).await?;
            let zone = store.cycle_zone(caller, *before).await?;
            (!past.days.is_empty()).then(|| Before::new(*before, zone, &past))
        }
    };
    Ok(View {
        frame: member.frame(NavItem::Usage),
        path: member.path("usage"),
        sandbox: store.sandbox_usage(caller, cycle).await?,
        notes: notes(app, member, question.by).await?,
        ever: !sheet.is_empty() || before.is_some() || store.ever_used(caller).await?,
        whole: member.can(Action::SeeWhole),
        refused: usage.refused,
        running: usage.running,
        complete_to: usage.complete_to,
        question,
        cycles,
        cycle,
        zone,
        sheet,
        before,
    })
}

async fn notes(app: &App, member: &Member, by: Group) -> Result<Notes, Failure> {
    let (store, caller) = (&app.store, &member.caller);
    Ok(match by {
        Group::Model => Notes::new(),
        Group::Project => of_projects(store.projects(caller).await?),
        Group::Key => of_keys(store.api_keys(caller).await?, &store.projects(caller).await?),
    })
}

fn view(page: View) -> AnyView {
    let of = if page.whole { "" } else { " of your projects" };
    let sub =
        format!("{}, billing cycle{of}, {}", stretch(page.cycle, page.zone), page.zone.name());
    let content = if page.ever { content(&page) } else { first(&page) };
    view! {
        <Shell frame=page.frame>
            <PageHead title="Usage" sub=sub/>
            {content}
        </Shell>
    }
    .into_any()
}

fn content(page: &View) -> AnyView {
    let tables = if page.sheet.is_empty() {
        nothing(page)
    } else {
        view! {
            {by_group::table(page)}
            {by_day::table(page)}
        }
        .into_any()
    };
    view! {
        {ways::choices(page)}
        {picture::card(page)}
        {tables}
    }
    .into_any()
}

/// Before the first request of what the person sees.
fn first(page: &View) -> AnyView {
    let org = page.path.trim_end_matches("/usage").to_owned();
    let keys = format!("{org}/keys");
    let text = if page.whole {
        "Point an application at Exchequer with a key of any project. Its requests, tokens and cost show up here within a second."
    } else {
        "Point an application at Exchequer with a key of one of your projects. Requests, tokens and cost of your projects show up here within a second."
    };
    view! {
        <Card title="No request yet">
            <Empty
                split=true
                title="Send your first request"
                text=text
            >
                <LinkButton href=keys weight=Weight::Primary>"Make a key"</LinkButton>
                <LinkButton href=org>"See how"</LinkButton>
            </Empty>
        </Card>
    }
    .into_any()
}

/// No request in this cycle.
fn nothing(page: &View) -> AnyView {
    let at = page.cycles.iter().position(|cycle| *cycle == page.cycle);
    let older = at.and_then(|at| page.cycles.get(at + 1)).map(|cycle| {
        let href = page.question.with_cycle(Some(*cycle)).href(&page.path);
        let words = format!("Show {}", cycle_name(*cycle));
        view! { <LinkButton href>{words}</LinkButton> }
    });
    view! {
        <Card title=cycle_name(page.cycle)>
            <Empty
                split=true
                title="Nothing was used"
                text="No request was forwarded in this cycle, so there is nothing to charge."
            >
                {older}
            </Empty>
        </Card>
    }
    .into_any()
}
