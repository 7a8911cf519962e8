//! `/{org}/requests`: what was forwarded, request by request; `/requests/{request}`: how one went.

mod filter;
mod first;
mod form;
mod kept;
mod list;
mod refused;
pub(super) mod story;
pub(super) mod words;

use axum::{
    Router,
    extract::{RawQuery, State},
    response::Response,
    routing::get,
};
use chrono::{DateTime, Utc};
use domain::EventId;
use leptos::prelude::*;
use store::{
    NamedKey, Project,
    requests::{Lines, Next, RefusalsPart},
};

use self::filter::Filter;
use crate::{
    components::LinkButton,
    labels,
    layouts::{NavItem, PageHead, Shell},
    render::Page,
    web::{App, Failure, Member, go},
};

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/{org}/requests", get(show))
        .route("/{org}/requests/first", get(first::show))
        .route("/requests/{request}", get(story::show).post(story::open))
}

/// What is shown.
struct View {
    member: Member,
    filter: Filter,
    shown: Shown,
    /// Since when requests are kept, where older ones would come next.
    since: Option<DateTime<Utc>>,
    /// For the choices of the filter, and to tell what is chosen.
    projects: Vec<Project>,
    keys: Vec<NamedKey>,
}

/// The list: of requests, or of what was refused.
enum Shown {
    Requests(Lines),
    Refused(RefusalsPart),
}

async fn show(
    State(app): State<App>,
    member: Member,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let (store, caller) = (&app.store, &member.caller);
    let mut filter = Filter::read(query.as_deref(), member.organization.zone);
    if let Some(id) = filter.search() {
        return Ok(go(format!("/requests/{id}")));
    }
    let shown = match (&filter.before, filter.refused) {
        // A filter that can't be read lets nothing through: all requests would look like its answer.
        _ if !filter.is_right() => Shown::Requests(Lines { rows: Vec::new(), next: Next::End }),
        (before, true) => {
            let before = before.parse().ok();
            Shown::Refused(store.refusals(caller, &filter.asked, before).await?)
        }
        (before, false) => {
            // What is no request's id begins at the newest.
            let before = before.parse::<EventId>().ok();
            Shown::Requests(store.requests(caller, &filter.asked, before).await?)
        }
    };
    let since = kept::since(store, caller, &filter, &shown).await?;
    let (projects, keys) = tokio::try_join!(store.projects(caller), store.named_keys(caller))?;
    let view = View { member, filter, shown, since, projects, keys };
    let page = Page::new(labels::REQUESTS).status(view.filter.draft.status());
    Ok(view.member.visitor.look.page(page, || {
        let (form, list) = (form::card(&view), list::card(&view));
        let older = view.since.map(|since| kept::notice(&view.member, since));
        let frame = view.member.frame(NavItem::Requests);
        let what = match view.shown {
            Shown::Requests(_) => {
                "What was forwarded, request by request, without prompts and answers"
            }
            Shown::Refused(_) => "What was refused, by limit, key and quarter of an hour",
        };
        let sub = format!("{what}. Times in {}.", view.member.organization.zone.name());
        // With what is asked of both.
        let (other, outcome) = match view.shown {
            Shown::Requests(_) => (labels::REFUSED_REQUESTS, filter::REFUSED),
            Shown::Refused(_) => (labels::ALL_REQUESTS, ""),
        };
        let href = view.filter.href(&view.member.path("requests"), "outcome", outcome);
        view! {
            <Shell frame>
                <PageHead title=labels::REQUESTS sub=sub><LinkButton href>{other}</LinkButton></PageHead>
                {form}
                {list}
                {older}
            </Shell>
        }
    }))
}
