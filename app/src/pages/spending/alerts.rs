//! `/{org}/alerts`: what was crossed, who was told, and what the mail servers answered.

use std::collections::BTreeSet;

use axum::{extract::State, http::StatusCode, response::Response};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use domain::{Action, Period, ProjectId, Watch, window::Window};
use leptos::prelude::*;
use serde::Deserialize;
use store::{Crossing, Project, Recipient, StoreError, Threshold, Warning};

use super::delivery::warning;
use crate::{
    components::{Card, Empty, LinkButton, Notice, PostButton, Toast, Tone, Weight},
    labels,
    layouts::{Frame, NavItem, PageHead, Shell},
    render::Page,
    web::{App, Draft, Failure, Member, Query, go, id, sentence},
};

mod delivery;
mod earlier;
mod open;
mod warnings;

pub(super) use delivery::{delivered, title};

struct View {
    frame: Frame,
    /// The organization's path.
    org: String,
    zone: Tz,
    now: DateTime<Utc>,
    crossings: Vec<Crossing>,
    thresholds: Vec<Threshold>,
    mails: bool,
    /// The person is an owner, who sees what became of each mail.
    whole: bool,
    /// There is something that the person may set a threshold of.
    edits: bool,
    /// The projects whose budgets the person may set.
    own: Vec<ProjectId>,
    /// Who is mailed.
    recipients: Vec<Recipient>,
    /// What owners are warned of; none for others.
    watches: Option<BTreeSet<Watch>>,
    /// What they were warned of.
    warnings: Vec<Warning>,
    /// What was just done, or why it was not.
    notice: Option<AnyView>,
}

impl View {
    /// Whether the person may say to see to an alert.
    fn acknowledges(&self, crossing: &Crossing) -> bool {
        self.whole || crossing.project.is_some_and(|project| self.own.contains(&project))
    }
}

#[derive(Deserialize)]
pub(super) struct After {
    tested: Option<String>,
    saved: Option<String>,
}

/// `GET`
pub(super) async fn show(
    State(app): State<App>,
    member: Member,
    Query(after): Query<After>,
) -> Result<Response, Failure> {
    let said = match after {
        After { saved: Some(_), .. } => Some(("Warnings saved.", String::new())),
        After { tested: Some(_), .. } if app.mails => {
            let text = format!("It goes to {}.", member.visitor.account.email);
            Some(("A test alert is on its way.", text))
        }
        After { tested: Some(_), .. } => {
            let text = "It is sent once this installation has a mail server.".to_owned();
            Some(("A test alert waits in the outbox.", text))
        }
        After { .. } => None,
    };
    let notice = said.map(|(lead, text)| view! { <Toast lead text/> }.into_any());
    let view = read(&app, &member, notice).await?;
    Ok(member.visitor.look.page(Page::new(labels::ALERTS), || page(view)))
}

/// `POST`: somebody sees to an alert, or wants to see that alerts come.
pub(super) async fn save(
    State(app): State<App>,
    member: Member,
    draft: Draft,
) -> Result<Response, Failure> {
    let caller = &member.caller;
    match draft.value("deed").as_str() {
        "acknowledge" => {
            app.store.acknowledge(caller, id(&draft.value("alert"))?).await?;
            Ok(go(member.path("alerts")))
        }
        "watch" => {
            app.store.set_watches(caller, &warnings::ticked(&draft)).await?;
            Ok(go(member.path("alerts?saved")))
        }
        "test" => match app.store.send_test_alert(caller).await {
            Ok(()) => Ok(go(member.path("alerts?tested"))),
            Err(StoreError::Conflict(rule)) => {
                let text = sentence(&rule.to_string());
                let notice =
                    view! { <Notice tone=Tone::Bad lead=labels::NOTHING_WAS_SENT_SAID text/> };
                let view = read(&app, &member, Some(notice.into_any())).await?;
                let refused = Page::new(labels::ALERTS).status(StatusCode::UNPROCESSABLE_ENTITY);
                Ok(member.visitor.look.page(refused, || page(view)))
            }
            Err(error) => Err(error.into()),
        },
        _ => Err(Failure::BadRequest),
    }
}

async fn read(app: &App, member: &Member, notice: Option<AnyView>) -> Result<View, Failure> {
    let (store, caller) = (&app.store, &member.caller);
    let (_, now) = store.standings(caller).await?;
    let whole = member.can(Action::SeeWhole);
    let projects = if whole { Vec::new() } else { store.projects(caller).await? };
    let edits = |project: &Project| project.who.may(Action::EditProjectLimits).is_ok();
    let own: Vec<_> = projects.iter().filter(|it| edits(it)).map(|it| it.id).collect();
    Ok(View {
        frame: member.frame(NavItem::Alerts),
        org: format!("/{}", member.organization.id),
        zone: member.organization.zone,
        now,
        crossings: store.crossings(caller).await?,
        thresholds: store.thresholds(caller).await?,
        mails: app.mails,
        whole,
        edits: whole || !own.is_empty(),
        own,
        recipients: store.recipients(caller).await?,
        watches: if whole { Some(store.watches(caller).await?) } else { None },
        warnings: if whole { store.warnings(caller).await? } else { Vec::new() },
        notice,
    })
}

/// Whether the window in which it was crossed is not over.
pub(super) fn is_open(crossing: &Crossing, zone: Tz, now: DateTime<Utc>) -> bool {
    Window::first(crossing.period, zone, now).starts <= crossing.crossed_at
}

/// The end of the window in which it was crossed.
fn resets_at(period: Period, zone: Tz, now: DateTime<Utc>) -> DateTime<Utc> {
    Window::first(period, zone, now).ends
}

fn page(view: View) -> AnyView {
    let of = if view.whole { "" } else { "Alerts of your projects. " };
    let sub = format!(
        "{of}One e-mail per amount and window, to every owner with a verified address. Times in {}.",
        view.zone.name()
    );
    let (open, over): (Vec<_>, Vec<_>) = view
        .crossings
        .iter()
        .partition(|crossing| !crossing.silent && is_open(crossing, view.zone, view.now));
    let cards: Vec<_> = open.iter().map(|crossing| open::card(&view, crossing)).collect();
    let content = if view.crossings.is_empty() {
        nothing(&view)
    } else {
        view! {
            {cards}
            {earlier::card(&view, &over)}
        }
        .into_any()
    };
    let budgets = format!("{}/budgets#thresholds", view.org);
    let reports = view.whole.then(|| {
        let href = format!("{}/reports", view.org);
        view! { <LinkButton href>"Reports by mail"</LinkButton> }
    });
    let verb = if view.edits { "Edit thresholds" } else { "See thresholds" };
    let warning = view.whole.then(|| warning(&view.recipients, view.mails)).flatten();
    let test = view.whole.then(|| {
        let (action, fields) = (format!("{}/alerts", view.org), vec![("deed", "test".to_owned())]);
        view! { <div id="test"><PostButton action fields>{labels::SEND_ME_A_TEST_ALERT}</PostButton></div> }
    });
    let warnings = warnings::card(&view);
    view! {
        <Shell frame=view.frame>
            <PageHead title=labels::ALERTS sub=sub>
                {test}
                {reports}
                <LinkButton href=budgets>{verb}</LinkButton>
            </PageHead>
            {view.notice}
            {warning}
            {content}
            {warnings}
        </Shell>
    }
    .into_any()
}

fn nothing(view: &View) -> AnyView {
    let href = format!("{}/budgets#thresholds", view.org);
    let (title, text, verb) = if view.thresholds.is_empty() && !view.edits {
        (
            labels::NO_THRESHOLD_IS_SET,
            "Nobody is told before a budget of your projects blocks. An owner of the organization or of a project can add thresholds.",
            labels::SEE_BUDGETS,
        )
    } else if view.thresholds.is_empty() {
        (
            labels::NO_THRESHOLD_IS_SET,
            "Nobody is told before a budget blocks. Add thresholds at 50, 80 and 100% of it.",
            labels::ADD_A_THRESHOLD,
        )
    } else {
        (
            "Nothing was crossed yet",
            "When spend reaches a threshold, or a budget begins to refuse, it is listed here.",
            "See the thresholds",
        )
    };
    let tone = if view.thresholds.is_empty() { Tone::Warn } else { Tone::Plain };
    view! {
        <Card title=labels::OPEN_ALERTS>
            <Empty split=true tone title text>
                <LinkButton href weight=Weight::Primary>{verb}</LinkButton>
            </Empty>
        </Card>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use domain::{CrossingId, OrgId, Scope, Usd};

    use super::*;

    #[test]
    fn an_alert_is_open_until_its_window_is_over() {
        let now: DateTime<Utc> = "2026-11-18T12:00:00Z".parse().unwrap();
        let crossing = |period, at: &str| Crossing {
            id: CrossingId::generate(),
            blocked: false,
            usage_limit: false,
            scope: Scope::Org(OrgId::generate()),
            scope_name: "A".to_owned(),
            project: None,
            period,
            fires_at: Usd::from_dollars(1),
            spent: Usd::from_dollars(1),
            crossed_at: at.parse().unwrap(),
            silent: false,
            deliveries: Vec::new(),
            acknowledged: None,
        };
        let open = |period, at| is_open(&crossing(period, at), Tz::UTC, now);
        assert!(open(Period::Month, "2026-11-01T00:00:00Z"));
        assert!(!open(Period::Month, "2026-10-31T23:59:59Z"));
        assert!(!open(Period::Day, "2026-11-17T23:59:59Z"));
        assert!(open(Period::Week, "2026-11-16T00:00:00Z"));
        assert_eq!(
            resets_at(Period::Day, Tz::UTC, now),
            "2026-11-19T00:00:00Z".parse::<DateTime<Utc>>().unwrap()
        );
    }
}
