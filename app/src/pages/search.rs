//! `/{org}/search`: pages, projects, keys, people and actions by their names; `shell.js` shows its list above any page.

mod entries;

use axum::{Router, extract::State, response::Response, routing::get};
use entries::{Entries, Entry, Kind};
use leptos::prelude::*;
use serde::Deserialize;

use crate::{
    components::{Button, Card, CardBody, Empty, Field, Icon, LinkButton, Weight},
    labels,
    layouts::{NavItem, PageHead, Shell},
    render::Page,
    web::{App, Failure, Member, Query},
};

/// So many of a kind are shown, of those that grow.
const MOST: usize = 8;

pub(super) fn router() -> Router<App> {
    Router::new().route("/{org}/search", get(show))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    q: String,
    /// `list` for the results without a page around them.
    part: String,
}

async fn show(
    State(app): State<App>,
    member: Member,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let found = Entries::read(&app, &member).await?.matching(&asked.q);
    if asked.part == "list" {
        return Ok(member.visitor.look.part(|| list(&found, &asked.q)));
    }
    Ok(member.visitor.look.page(Page::new(labels::SEARCH), || {
        let (list, action) = (list(&found, &asked.q), member.path("search"));
        let title = if found.is_empty() { labels::NOTHING_IS_FOUND } else { labels::FOUND };
        view! {
            <Shell frame=member.frame(NavItem::Search)>
                <PageHead title=labels::SEARCH sub="Pages, projects, keys, people and actions of this organization."/>
                <form class="row search ends" role="search" method="get" action=action>
                    <Field name="q" label="Words of a name" kind="search" value=asked.q.clone() maxlength=100 autofocus=true/>
                    <Button weight=Weight::Primary>{labels::SEARCH}</Button>
                </form>
                <Card title><CardBody split=true>{list}</CardBody></Card>
            </Shell>
        }
    }))
}

/// The results by kind; said when there are none.
fn list(found: &[(Kind, Vec<Entry>)], q: &str) -> AnyView {
    if found.is_empty() {
        let words = serde_urlencoded::to_string([("q", q.trim())]).unwrap_or_default();
        return view! {
            <Empty title="Nothing has such a name" text=format!("No page, project, key or person that you see is called “{}”.", q.trim())>
                <LinkButton href=format!("/docs?{words}")>{labels::SEARCH_THE_HELP}</LinkButton>
            </Empty>
        }
        .into_any();
    }
    let group = |(kind, entries): &(Kind, Vec<Entry>)| {
        let most = if kind.grows() { MOST } else { entries.len() };
        let more = entries.len().saturating_sub(most);
        let rows = entries.iter().take(most).map(row).collect_view();
        let more = (more > 0).then(
            || view! { <li class="faint">{format!("{more} more; add a word to narrow them")}</li> },
        );
        view! {
            <section aria-label=kind.words()>
                <h2>{kind.words()}</h2>
                <ul>{rows}{more}</ul>
            </section>
        }
    };
    view! { <div class="found">{found.iter().map(group).collect_view()}</div> }.into_any()
}

fn row(entry: &Entry) -> impl IntoView + use<> {
    let Entry { title, note, href, glyph, .. } = entry.clone();
    view! {
        <li><a href=href><Icon glyph/><span>{title}</span><small>{note}</small></a></li>
    }
}
