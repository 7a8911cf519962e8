//! `/operator`: the area of who runs the installation. To everybody else there is no such page.

mod design;
mod installation;
mod jobs;
mod mails;
mod organizations;
mod people;
mod prices;
mod retention;
mod suspend;
mod tiers;

use axum::{Router, extract::FromRequestParts, http::request::Parts};
use chrono_tz::Tz;
use leptos::prelude::*;
use store::system::operator::Operator;

use crate::{
    components::{Button, CardFoot, Field, Link, Tabs},
    labels,
    layouts::{Door, Frame, NavItem, PageHead, Shell},
    render::Look,
    web::{App, Failure, Member, Visitor},
};

pub(super) fn router() -> Router<App> {
    Router::new()
        .merge(organizations::router())
        .merge(suspend::router())
        .merge(tiers::router())
        .merge(people::router())
        .merge(prices::router())
        .merge(mails::router())
        .merge(jobs::router())
        .merge(retention::router())
        .merge(installation::router())
        .merge(design::router())
}

/// Rows of a list that are shown at once.
const MOST: u16 = 50;
/// The installation has no zone of its own.
const ZONE: Tz = Tz::UTC;

/// An operator who is signed in; an extractor.
struct Runner {
    visitor: Visitor,
    frame: Option<Frame>,
}

impl FromRequestParts<App> for Runner {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let visitor = Visitor::from_request_parts(parts, app).await?;
        let runner = Self { visitor, frame: None };
        // Before anything else is looked at, so that all that is wrong is a page that is not there.
        runner.operator(app).await?;
        let home = Member::at_home(app, runner.visitor.clone()).await?;
        Ok(Self { frame: home.map(|member| member.frame(NavItem::None)), ..runner })
    }
}

impl Runner {
    /// Whom the store asks for.
    async fn operator<'a>(&self, app: &'a App) -> Result<Operator<'a>, Failure> {
        Ok(app.store.as_operator(self.visitor.account.id, self.visitor.origin.clone()).await?)
    }

    const fn look(&self) -> Look {
        self.visitor.look
    }
}

/// A page of the area.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Organizations,
    Tiers,
    People,
    Prices,
    Mails,
    Jobs,
    Retention,
    Installation,
}

impl Part {
    const ALL: [Self; 8] = [
        Self::Organizations,
        Self::Tiers,
        Self::People,
        Self::Prices,
        Self::Mails,
        Self::Jobs,
        Self::Retention,
        Self::Installation,
    ];

    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Organizations => ("/operator", labels::ORGANIZATIONS),
            Self::Tiers => ("/operator/tiers", labels::USAGE_TIERS),
            Self::People => ("/operator/users", labels::USERS),
            Self::Prices => ("/operator/prices", labels::PRICE_BOOK),
            Self::Mails => ("/operator/outbox", labels::OUTBOX),
            Self::Jobs => ("/operator/jobs", labels::JOBS),
            Self::Retention => ("/operator/retention", "Retention"),
            Self::Installation => ("/operator/installation", "Installation"),
        }
    }
}

/// Every page of the area, as (address, title).
pub(super) fn pages() -> impl Iterator<Item = (&'static str, &'static str)> {
    Part::ALL.into_iter().map(Part::words)
}

/// What stands around each page of the area.
fn around(frame: Option<Frame>, part: Part, content: AnyView) -> AnyView {
    let links = Part::ALL.map(|other| {
        let (path, words) = other.words();
        (Link::new(words, path).current(other == part), None)
    });
    let tabs = view! { <Tabs label=labels::OPERATOR links=links.to_vec()/> }.into_any();
    let sub =
        "What concerns the whole installation, never what is in an organization. Times in UTC.";
    match frame {
        Some(frame) => {
            view! { <Shell frame><PageHead title=labels::OPERATOR sub/>{tabs}{content}</Shell> }
                .into_any()
        }
        None => view! { <Door title=labels::OPERATOR sub>{tabs}{content}</Door> }.into_any(),
    }
}

/// A field to search a list by.
fn search(path: &'static str, label: &'static str, value: String) -> AnyView {
    view! {
        <form class="row search" method="get" action=path>
            <Field name="search" label=label kind="search" value maxlength=100/>
            <Button>{labels::SEARCH}</Button>
        </form>
    }
    .into_any()
}

/// The foot of a list: how many are shown, and where older ones are.
fn foot(shown: usize, path: &str, kept: (&str, &str), before: Option<String>) -> AnyView {
    let older = before.map(|before| {
        let pairs = [kept, ("before", &before)];
        let pairs = pairs.iter().filter(|(_, value)| !value.is_empty()).collect::<Vec<_>>();
        let query = serde_urlencoded::to_string(pairs).unwrap_or_default();
        view! { <a href=format!("{path}?{query}") rel="next">{labels::OLDER}</a> }
    });
    view! { <CardFoot><span>{shown}" shown, newest first"</span>{older}</CardFoot> }.into_any()
}

/// A list's address, read. What is no id begins at the newest.
#[derive(serde::Deserialize)]
struct Asked {
    #[serde(default)]
    search: String,
    before: Option<String>,
    done: Option<String>,
}

impl Asked {
    fn before<T: std::str::FromStr>(&self) -> Option<T> {
        self.before.as_deref().and_then(|id| id.parse().ok())
    }
}
