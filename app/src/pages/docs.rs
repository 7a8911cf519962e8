//! `/docs`: what `docs/` says, inside the product, so that it always tells of the version that runs.

mod book;
mod markdown;

use axum::{
    Router,
    extract::State,
    http::header,
    response::{IntoResponse as _, Response},
    routing::get,
};
use book::{BOOK, Hit, Leaf, Shelf};
use leptos::prelude::*;
use serde::Deserialize;

use crate::{
    components::{Button, Card, CardBody, Empty, Field, LinkButton},
    labels,
    layouts::{Frame, NavItem, Open, PageHead, Shell},
    render::{Look, Page},
    web::{App, Failure, Member, Path, Query, Visitor},
};

const PATH: &str = "/docs";
const FILES: &str = "/docs/pictures";
/// Whom the examples of `docs/` ask, to be read outside of any installation.
const EXAMPLES: &str = "http://127.0.0.1:3000";

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/docs", get(index))
        .route("/docs/{name}", get(guide))
        .route("/docs/reference/{name}", get(reference))
        .route("/docs/pictures/{name}", get(picture))
}

/// The guides, for other lists, as (address, title).
pub(super) fn titles() -> impl Iterator<Item = (String, &'static str)> {
    BOOK.leaves(Shelf::Guide).map(|leaf| (leaf.href(), leaf.title.as_str()))
}

/// Whoever reads: what stands around is that of the person's own organization, if there is a person.
struct Reader {
    look: Look,
    frame: Option<Frame>,
}

impl Reader {
    async fn of(app: &App, visitor: Result<Visitor, Failure>, look: Look) -> Result<Self, Failure> {
        let visitor = match visitor {
            Ok(visitor) => visitor,
            Err(Failure::SignedOut { .. } | Failure::Unused) => {
                return Ok(Self { look, frame: None });
            }
            Err(other) => return Err(other),
        };
        let home = Member::at_home(app, visitor).await?;
        Ok(Self { look, frame: home.map(|member| member.frame(NavItem::Help)) })
    }

    fn show(self, title: &str, head: AnyView, content: AnyView) -> Response {
        let Self { look, frame } = self;
        look.page(Page::new(title), || match frame {
            Some(frame) => view! { <Shell frame>{head}{content}</Shell> }.into_any(),
            None => view! { <Open>{head}{content}</Open> }.into_any(),
        })
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    q: String,
}

async fn index(
    State(app): State<App>,
    visitor: Result<Visitor, Failure>,
    look: Look,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let reader = Reader::of(&app, visitor, look).await?;
    let head = view! { <PageHead title=labels::HELP sub="How to send requests, hold what they cost, and run Exchequer."/> };
    let content = if asked.q.trim().is_empty() {
        view! { {shelf(Shelf::Guide)}{shelf(Shelf::Reference)}{shelf(Shelf::Inside)} }.into_any()
    } else {
        found(&asked.q, &app.public_url)
    };
    let content = view! {
        <form class="row search ends" role="search" method="get" action=PATH>
            <Field name="q" label="Words" kind="search" value=asked.q maxlength=100/>
            <Button>{labels::SEARCH_THE_HELP}</Button>
        </form>
        {content}
    };
    Ok(reader.show(labels::HELP, head.into_any(), content.into_any()))
}

fn shelf(shelf: Shelf) -> AnyView {
    let rows = BOOK.leaves(shelf).map(|leaf| {
        view! { <li><a href=leaf.href()>{leaf.title.clone()}</a><p>{leaf.lead.clone()}</p></li> }
    });
    view! { <Card title=shelf.words()><ul class="shelf">{rows.collect_view()}</ul></Card> }
        .into_any()
}

fn found(q: &str, public_url: &str) -> AnyView {
    let hits = BOOK.search(q);
    if hits.is_empty() {
        return view! {
            <Card title=labels::FOUND>
                <Empty split=true title="Nothing is said of this" text="No part of the help has all these words. Try fewer, or the name of a page.">
                    <LinkButton href=PATH>"All help pages"</LinkButton>
                </Empty>
            </Card>
        }
        .into_any();
    }
    let told = |hit: Hit| Hit { text: hit.text.replace(EXAMPLES, public_url), ..hit };
    let hits: Vec<_> = hits.into_iter().map(told).collect();
    let rows = hits.into_iter().map(|Hit { href, title, place, text }| {
        view! { <li><a href=href>{place.unwrap_or_else(|| title.clone())}</a><small>{title}</small><p>{text}</p></li> }
    });
    view! { <Card title=labels::FOUND><ul class="shelf">{rows.collect_view()}</ul></Card> }
        .into_any()
}

async fn guide(
    State(app): State<App>,
    visitor: Result<Visitor, Failure>,
    look: Look,
    Path(name): Path<String>,
) -> Result<Response, Failure> {
    leaf(&app, visitor, look, Shelf::Guide, &name).await
}

async fn reference(
    State(app): State<App>,
    visitor: Result<Visitor, Failure>,
    look: Look,
    Path(name): Path<String>,
) -> Result<Response, Failure> {
    leaf(&app, visitor, look, Shelf::Reference, &name).await
}

async fn leaf(
    app: &App,
    visitor: Result<Visitor, Failure>,
    look: Look,
    shelf: Shelf,
    name: &str,
) -> Result<Response, Failure> {
    let leaf = BOOK.leaf(shelf, name).ok_or(Failure::NotFound)?;
    let reader = Reader::of(app, visitor, look).await?;
    let head = view! { <PageHead title=leaf.title.clone() sub=leaf.lead.clone() above=(labels::HELP, PATH.to_owned())/> };
    Ok(reader.show(&leaf.title, head.into_any(), content(leaf, &app.public_url)))
}

/// Examples ask this installation, so that they can be pasted.
fn content(leaf: &'static Leaf, public_url: &str) -> AnyView {
    let html = leaf.html.replace(EXAMPLES, &public_url.replace('&', "&amp;"));
    let places = leaf.sections.iter().filter_map(|section| {
        let (id, title) = section.heading.clone()?;
        Some(view! { <li><a href=format!("#{id}")>{title}</a></li> })
    });
    let places = places.collect_view();
    view! {
        <div class="docs">
            <Card><CardBody><div class="prose" inner_html=html></div></CardBody></Card>
            <nav aria-label=labels::ON_THIS_PAGE>
                <h2>{labels::ON_THIS_PAGE}</h2>
                <ul>{places}</ul>
            </nav>
        </div>
    }
    .into_any()
}

async fn picture(Path(name): Path<String>) -> Result<Response, Failure> {
    let file = book::picture(&name).ok_or(Failure::NotFound)?;
    let head = [
        (header::CONTENT_TYPE, "image/png"),
        (header::CACHE_CONTROL, "public, max-age=3600"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    Ok((head, file).into_response())
}
