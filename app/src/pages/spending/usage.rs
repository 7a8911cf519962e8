//! What was used and what it cost, looked at from all sides.

use std::collections::HashMap;

use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
    response::Response,
};
use domain::Action;
use leptos::prelude::*;
use store::{
    Names, UsageView,
    explore::Explored,
    slices::{Apart, Ask, Slice},
    usage::Totals,
};
use tower_sessions::Session;

use self::{asked::Asked, choices::Choices};
use super::{
    calendar::cycle_name,
    notes::{Notes, of_keys, of_projects, project_href},
    question::{Filter, Question},
    sheet::{LARGEST, LISTED, Part, Sheet, adding, by_span, sum},
    stretch::{Kind, Stretch},
};
use crate::{
    components::{Card, Empty, Glyph, LinkButton, Notice, PostButton, Tone, Weight},
    labels,
    layouts::{Frame, NavItem, PageHead, Shell},
    render::Page,
    web::{App, Draft, Failure, Member},
};

pub(super) mod asked;
mod by_group;
mod by_span;
mod choices;
pub(super) mod file;
mod picture;
pub(super) mod views;
mod ways;

/// So many lines of a file are written while somebody waits.
pub(super) const AT_ONCE: u64 = 10_000;

/// All that the page shows.
struct View {
    frame: Frame,
    /// The page's path.
    path: String,
    asked: Asked,
    sheet: Sheet,
    before: Option<Before>,
    explored: Explored,
    names: Names,
    choices: Choices,
    /// A remark below the name of a group.
    notes: Notes,
    /// Whether there ever was a request.
    ever: bool,
    /// The person sees the whole organization, else own projects alone.
    whole: bool,
    /// What is kept under names.
    views: Vec<UsageView>,
    /// The form that keeps another one.
    keeping: Draft,
    /// The person keeps views for everybody.
    edits: bool,
    /// What was done to a view just before.
    done: Option<views::Done>,
}

/// The time before.
struct Before {
    stretch: Stretch,
    /// Its totals, by the place of the span.
    spans: Vec<Totals>,
    /// What each group used up to the same age as now.
    groups: HashMap<Apart, Totals>,
    /// All of it.
    so_far: Totals,
}

/// `/{org}/usage`
pub(super) async fn show(
    State(app): State<App>,
    member: Member,
    session: Session,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let page = read(&app, &member, query.as_deref()).await?;
    let done = views::Done::take(&session, &member).await?;
    Ok(respond(&member, View { done, ..page }))
}

fn respond(member: &Member, page: View) -> Response {
    let title = format!("Usage, {}", page.asked.stretch.title());
    let wrong = !page.asked.faults.is_empty();
    let status = if wrong { StatusCode::UNPROCESSABLE_ENTITY } else { page.keeping.status() };
    member.visitor.look.page(Page::new(title).status(status).islands(), || view(page))
}

async fn read(app: &App, member: &Member, query: Option<&str>) -> Result<View, Failure> {
    let (store, caller) = (&app.store, &member.caller);
    let asked = Asked::read(app, member, query).await?;
    let (bounds, by, only) = (asked.stretch.bounds(), asked.question.dimensions(), asked.only());
    let ask = Ask { bounds: &bounds, grain: asked.stretch.grain, by: &by, only: &only };
    let measure = asked.question.measure;
    // What does not depend on each other is read side by side.
    let explore = async { Ok(store.explore(caller, ask, LARGEST, measure.size()).await?) };
    let around = async {
        Ok(tokio::try_join!(store.projects(caller), store.named_keys(caller), store.views(caller))?)
    };
    let (explored, before, (projects, keys, views)) =
        tokio::try_join!(explore, before(app, member, &asked), around)?;
    // Names are asked for what has a line and for what is filtered by.
    let groups = &explored.cut.groups;
    let filters = asked.question.filters.iter().map(Filter::apart);
    let named: Vec<Slice> = groups[..groups.len().min(LISTED)]
        .iter()
        .cloned()
        .chain(filters.map(|group| Slice::of(0, group, Totals::default())))
        .collect();
    let name = async { Ok(store.names(caller, &named).await?) };
    let (names, choices) =
        tokio::try_join!(name, Choices::read(app, member, &asked, &projects, &keys))?;
    let sheet = Sheet::new(asked.stretch.spans.clone(), &explored.cut, &by, &names, measure);
    let whole = member.can(Action::SeeWhole);
    Ok(View {
        frame: member.frame(NavItem::Usage),
        path: member.path("usage"),
        ever: !sheet.is_empty() || before.is_some() || store.ever_used(caller).await?,
        choices,
        notes: of_keys(&keys, &projects).into_iter().chain(of_projects(&projects)).collect(),
        asked,
        sheet,
        before,
        explored,
        names,
        whole,
        views,
        keeping: Draft::with([]),
        edits: views::edits(member),
        done: None,
    })
}

/// None if nothing was used then.
async fn before(app: &App, member: &Member, asked: &Asked) -> Result<Option<Before>, Failure> {
    let Some(stretch) = asked.before.clone() else { return Ok(None) };
    let (bounds, by, only) = (stretch.bounds(), asked.question.dimensions(), asked.only());
    let ask = Ask { bounds: &bounds, grain: stretch.grain, by: &by, only: &only };
    let until = stretch.until(&asked.stretch, asked.now);
    let past = app.store.past(&member.caller, ask, until).await?;
    Ok((!past.stretches.is_empty()).then(|| Before {
        spans: by_span(stretch.spans.len(), &past.stretches),
        groups: past.so_far.iter().map(|slice| (slice.apart(), slice.totals)).collect(),
        so_far: sum(past.so_far.iter().map(|slice| &slice.totals)),
        stretch,
    }))
}

impl View {
    /// Whether the stretch is not over yet.
    fn is_running(&self) -> bool {
        self.asked.stretch.window().contains(self.asked.now)
    }

    /// What bars are made of, as they are shown: added up, if that is asked for.
    fn parts(&self) -> Vec<Part> {
        let added =
            |part: Part| Part { values: self.added(part.values, self.asked.begun()), ..part };
        self.sheet.parts().into_iter().map(added).collect()
    }

    /// The time before, by the measure, in the same way.
    fn before_values(&self) -> Option<Vec<i128>> {
        let before = self.before.as_ref()?;
        let values: Vec<_> = before.spans.iter().map(|span| self.sheet.measure.of(span)).collect();
        let all = values.len();
        Some(self.added(values, all))
    }

    /// What has not begun has no sum.
    fn added(&self, mut values: Vec<i128>, begun: usize) -> Vec<i128> {
        if self.asked.question.added {
            values = adding(values);
            values.iter_mut().skip(begun).for_each(|value| *value = 0);
        }
        values
    }
}

fn view(page: View) -> AnyView {
    let stretch = &page.asked.stretch;
    let what = match (stretch.kind, page.whole) {
        (Kind::Cycle(_), true) => ", billing cycle",
        (Kind::Cycle(_), false) => ", billing cycle of your projects",
        (Kind::Dates(..), true) => "",
        (Kind::Dates(..), false) => " of your projects",
    };
    let sub = format!("{}{what}, {}", stretch.days(), stretch.zone.name());
    let content = if page.ever { content(&page) } else { first(&page) };
    let act = page.ever.then(|| actions(&page));
    let clean = page.asked.question.href(&page.path);
    let done = page.done.clone().map(|done| done.told(&page.path, clean));
    view! {
        <Shell frame=page.frame>
            <PageHead title=labels::USAGE sub=sub>{act}</PageHead>
            {done}
            {content}
        </Shell>
    }
    .into_any()
}

/// Beside the title: the project that the page is about, the files that were asked for, and this one.
fn actions(page: &View) -> AnyView {
    let about = match &page.asked.question.filters[..] {
        [one] => project_href(&page.frame.org_path, &one.value),
        _ => None,
    };
    let about = about.map(|href| view! { <LinkButton href>"Open project"</LinkButton> });
    let exports = format!("{}/exports", page.frame.org_path);
    view! {
        {about}
        <LinkButton href=exports weight=Weight::Quiet>{labels::EXPORTS}</LinkButton>
        {export(page)}
    }
    .into_any()
}

/// A small file is answered at once; a large one is written while the person does something else.
fn export(page: &View) -> AnyView {
    let question = &page.asked.question;
    let groups = page.sheet.lines.len() + page.sheet.rest.as_ref().map_or(0, |(groups, _)| *groups);
    let most = u64::try_from(groups * page.asked.begun()).unwrap_or(u64::MAX);
    if most <= AT_ONCE {
        let href = question.href(&format!("{}.csv", page.path));
        return view! { <LinkButton href glyph=Glyph::Download>{labels::EXPORT_CSV}</LinkButton> }
            .into_any();
    }
    let action = format!("{}/exports", page.frame.org_path);
    let fields = vec![("deed", "ask".to_owned()), ("query", question.query())];
    view! { <PostButton action fields glyph=Glyph::Download>{labels::EXPORT_CSV}</PostButton> }
        .into_any()
}

fn content(page: &View) -> AnyView {
    let tables = if page.sheet.is_empty() {
        nothing(page)
    } else {
        view! {
            {by_group::table(page)}
            {by_span::table(page)}
        }
        .into_any()
    };
    let faults = page.asked.faults.iter().map(|fault| {
        view! { <Notice tone=Tone::Warn lead=labels::NOT_AS_ASKED text=fault.clone()/> }
    });
    view! {
        {faults.collect_view()}
        {ways::choices(page)}
        {picture::card(page)}
        {tables}
    }
    .into_any()
}

/// Before the first request of what the person sees.
fn first(page: &View) -> AnyView {
    let org = page.path.trim_end_matches("/usage").to_owned();
    let keys = format!("{org}/keys/new");
    let text = if page.whole {
        "Point an application at Exchequer with a key of any project. Its requests, tokens and cost show up here within a second."
    } else {
        "Point an application at Exchequer with a key of one of your projects. Requests, tokens and cost of your projects show up here within a second."
    };
    view! {
        <Card title=labels::NO_REQUEST_YET>
            <Empty
                split=true
                title=labels::SEND_YOUR_FIRST_REQUEST
                text=text
            >
                <LinkButton href=keys weight=Weight::Primary>{labels::MAKE_A_KEY}</LinkButton>
                <LinkButton href="/docs/first-request">{labels::SEE_HOW}</LinkButton>
            </Empty>
        </Card>
    }
    .into_any()
}

/// No request in this stretch.
fn nothing(page: &View) -> AnyView {
    let question = &page.asked.question;
    let is_filtered = !question.filters.is_empty() || question.sandbox.is_some();
    let (text, next) = if is_filtered {
        let href = question.unfiltered().href(&page.path);
        let next = view! { <LinkButton href>{labels::CLEAR_FILTERS}</LinkButton> }.into_any();
        ("No request that the filters let through was forwarded in this time.", Some(next))
    } else {
        let next = page.asked.older_cycle().map(|cycle| {
            let href = question.with_cycle(cycle).href(&page.path);
            let words = format!("Show {}", cycle_name(cycle));
            view! { <LinkButton href>{words}</LinkButton> }.into_any()
        });
        ("No request was forwarded in this time, so there is nothing to charge.", next)
    };
    view! {
        <Card title=page.asked.stretch.title()>
            <Empty split=true title=labels::NOTHING_WAS_USED text>{next}</Empty>
        </Card>
    }
    .into_any()
}
