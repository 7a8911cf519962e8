//! `/operator/outbox`: what became of each mail, without what is in it.

use axum::{Router, extract::State, response::Response, routing::get};
use domain::OutboxId;
use leptos::prelude::*;
use serde::Deserialize;
use store::system::operator::{MailRow, MailState, Rows};

use super::{MOST, Part, Runner, ZONE, around, foot};
use crate::{
    components::{
        Badge, Card, CardBody, Column, Empty, Link, Notice, PostButton, Seg, Table, Time, Toast,
        Tone, Weight,
    },
    labels,
    render::Page,
    web::{App, Draft, Failure, Query, go, id},
};

const PATH: &str = "/operator/outbox";

pub(super) fn router() -> Router<App> {
    Router::new().route(PATH, get(show).post(retry))
}

#[derive(Deserialize)]
struct Asked {
    state: Option<String>,
    before: Option<String>,
    done: Option<String>,
}

async fn show(
    State(app): State<App>,
    runner: Runner,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let operator = runner.operator(&app).await?;
    let state = asked.state.as_deref().and_then(|state| state.parse::<MailState>().ok());
    let before = asked.before.as_deref().and_then(|id| id.parse::<OutboxId>().ok());
    let rows = operator.mails(state, before, MOST).await?;
    let notices = notices(&app, asked.done.is_some());
    Ok(runner.look().page(Page::new("Outbox, operator"), || {
        let content = content(state, rows);
        around(runner.frame, Part::Mails, view! { {notices}{content} }.into_any())
    }))
}

async fn retry(State(app): State<App>, runner: Runner, draft: Draft) -> Result<Response, Failure> {
    let mail = id::<OutboxId>(&draft.value("mail"))?;
    runner.operator(&app).await?.retry_mail(mail).await?;
    Ok(go(format!("{PATH}?done")))
}

fn notices(app: &App, done: bool) -> AnyView {
    let done = done.then(|| {
        view! { <Toast lead="It is sent again." text="The mail waits for its turn, with all its tries before it."/> }
    });
    let waits = (!app.mails).then(|| {
        view! { <Notice tone=Tone::Warn lead=labels::MAILS_WAIT_IN_THE_OUTBOX text="There is no mail server: set EXCHEQUER_SMTP_URL and start again, and what waits is sent."/> }
    });
    view! { {done}{waits} }.into_any()
}

fn content(state: Option<MailState>, rows: Rows<MailRow>) -> AnyView {
    let all = Link::new(labels::ALL, PATH).current(state.is_none());
    let links = MailState::ALL.map(|other| {
        Link::new(other.label(), format!("{PATH}?state={}", other.as_str()))
            .current(state == Some(other))
    });
    let links = std::iter::once(all).chain(links).collect::<Vec<_>>();
    let last = rows.rows.last().filter(|_| rows.more).map(|row| row.id.to_string());
    let shown = rows.rows.len();
    let list = if shown == 0 {
        view! { <Empty split=true title="No mail here" text="Mails that must be sent, and those that were, are listed here with what the mail server answered."/> }
            .into_any()
    } else {
        let columns = vec![
            Column::text(labels::RECIPIENT),
            Column::text(labels::STATE),
            Column::text(labels::SERVERS_ANSWER),
            Column::text(labels::WRITTEN),
            Column::text(labels::DONE_OR_DUE),
            Column::act(),
        ];
        let rows = rows.rows.into_iter().map(row).collect_view();
        let kept = ("state", state.map_or("", MailState::as_str));
        let foot = foot(shown, PATH, kept, last);
        view! { <Table label=labels::OUTBOX columns>{rows}</Table>{foot} }.into_any()
    };
    view! { <Card title=labels::MAILS><CardBody><Seg label=labels::STATE links/></CardBody>{list}</Card> }
        .into_any()
}

/// What it is about.
fn kind(template: &str) -> String {
    match template {
        "blocked" => "Budget reached".to_owned(),
        "tier" => "Usage tier changed".to_owned(),
        other => {
            let words = other.replace('_', " ");
            let (first, rest) = words.split_at(words.len().min(1));
            first.to_uppercase() + rest
        }
    }
}

fn row(row: MailRow) -> AnyView {
    let tone = match row.state {
        MailState::Sent => Tone::Ok,
        MailState::Failed => Tone::Bad,
        MailState::Queued | MailState::Sending | MailState::Dropped => Tone::Plain,
    };
    let tries = match row.attempts {
        0 => "Not tried yet".to_owned(),
        1 => "1 try".to_owned(),
        more => format!("{more} tries"),
    };
    let unanswered = (row.unsure > 0).then(|| format!(", {} unanswered", row.unsure));
    let again = (row.state == MailState::Failed).then(|| {
        let fields = vec![("mail", row.id.to_string())];
        view! { <PostButton action=PATH fields weight=Weight::Quiet>"Send again"</PostButton> }
    });
    let until = row.finished_at.unwrap_or(row.due_at);
    view! {
        <tr>
            <th scope="row">{row.recipient}<small>{kind(&row.template)}</small></th>
            <td data-l=labels::STATE><span><Badge tone text=row.state.label()/><small>{tries}{unanswered}</small></span></td>
            <td data-l=labels::SERVERS_ANSWER class="muted anywhere">{row.answer.unwrap_or_default()}</td>
            <td data-l=labels::WRITTEN><Time at=row.created_at zone=ZONE/></td>
            <td data-l=labels::DONE_OR_DUE><Time at=until zone=ZONE/></td>
            <td class="act">{again}</td>
        </tr>
    }
    .into_any()
}
