//! `/{org}/exports`: files that are written while nobody waits for them. One can leave and come back.

use std::io;

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::get,
};
use domain::{Caller, ExportId};
use futures_util::{Stream, stream};
use leptos::prelude::*;
use serde::Deserialize;
use store::{Export, ExportState, Store, StoreError};

use super::{
    question::Question,
    usage::{AT_ONCE, asked::Asked},
};
use crate::{
    components::{
        Badge, Card, CardFoot, Column, Empty, Glyph, LinkButton, Notice, PostButton, Precision,
        Progress, Table, Time, Toast, Tone, Weight, count, size, time_text,
    },
    islands::Waiting,
    labels,
    layouts::{NavItem, PageHead, Shell},
    render::Page,
    web::{App, Draft, Failure, Member, Path, Query, attachment, go, id, sentence},
};

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/{org}/exports", get(show).post(save))
        .route("/{org}/exports/{export}/state", get(state))
        .route("/{org}/exports/{export}/file", get(send))
}

#[derive(Deserialize)]
struct After {
    done: Option<String>,
}

/// `GET`
async fn show(
    State(app): State<App>,
    member: Member,
    Query(after): Query<After>,
) -> Result<Response, Failure> {
    let notice = match after.done.as_deref() {
        Some("removed") => Some(view! { <Toast lead="File removed." text=""/> }.into_any()),
        Some("asked") => Some(view! { <Toast lead="The file is being written." text="You can leave this page and come back."/> }.into_any()),
        _ => None,
    };
    page(&app, &member, notice, StatusCode::OK).await
}

/// `POST`: asks for the file of a question to the page of usage, or removes one.
async fn save(State(app): State<App>, member: Member, draft: Draft) -> Result<Response, Failure> {
    let (store, caller) = (&app.store, &member.caller);
    let done = match draft.value("deed").as_str() {
        "remove" => {
            match store.remove_export(caller, id(&draft.value("export"))?).await {
                // It was removed or forgotten before: what was wanted.
                Ok(()) | Err(StoreError::NotFound) => Ok("removed"),
                Err(error) => Err(error),
            }
        }
        "ask" => {
            let query = draft.value("query");
            let asked = Asked::read(&app, &member, Some(&query)).await?;
            if !asked.faults.is_empty() {
                return Ok(go(format!("{}?{}", member.path("usage"), address(&query))));
            }
            let (name, query) = (asked.file_name(), asked.question.query());
            store.ask_export(caller, &name, &query, &asked.file()).await.map(|_| "asked")
        }
        _ => return Err(Failure::BadRequest),
    };
    match done {
        Ok(done) => Ok(go(member.path(&format!("exports?done={done}")))),
        Err(StoreError::Conflict(rule)) => {
            let text = sentence(&rule.to_string());
            let notice = view! { <Notice tone=Tone::Bad lead="No file was asked for." text/> };
            page(&app, &member, Some(notice.into_any()), StatusCode::UNPROCESSABLE_ENTITY).await
        }
        Err(error) => Err(error.into()),
    }
}

/// A query as addresses may bear it, whatever was sent for one: the page says what is wrong with it.
fn address(query: &str) -> String {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap_or_default();
    serde_urlencoded::to_string(pairs).unwrap_or_default()
}

async fn page(
    app: &App,
    member: &Member,
    notice: Option<AnyView>,
    status: StatusCode,
) -> Result<Response, Failure> {
    let exports = app.store.exports(&member.caller).await?;
    let page = Page::new(labels::EXPORTS).status(status).islands();
    Ok(member.visitor.look.page(page, || {
        let above = (labels::USAGE, member.path("usage"));
        let (frame, list) = (member.frame(NavItem::Usage), list(member, &exports));
        view! {
            <Shell frame>
                <PageHead
                    title=labels::EXPORTS
                    sub="Files that you asked for. Large ones take a while; you can leave and come back."
                    above
                />
                {notice}
                {list}
            </Shell>
        }
    }))
}

fn list(member: &Member, exports: &[Export]) -> AnyView {
    if exports.is_empty() {
        let href = member.path("usage");
        let most = count(AT_ONCE);
        let text = format!(
            "“{}” on the page Usage answers a small file at once. A large one, of more than {most} lines, is written here.",
            labels::EXPORT_CSV
        );
        return view! {
            <Card title=labels::FILES>
                <Empty split=true title="No file was asked for" text>
                    <LinkButton href weight=Weight::Primary>{labels::SEE_USAGE}</LinkButton>
                </Empty>
            </Card>
        }
        .into_any();
    }
    let columns = vec![
        Column::text(labels::FILE),
        Column::text(labels::ASKED_FOR),
        Column::text(labels::STATE),
        Column::act(),
    ];
    let rows = exports.iter().map(|export| row(member, export)).collect_view();
    let days = Export::KEPT.num_days();
    view! {
        <Card title=labels::FILES>
            <Table label=labels::FILES columns>{rows}</Table>
            <CardFoot><span>{format!("Nobody else sees them. Each is forgotten {days} days after it was asked for.")}</span></CardFoot>
        </Card>
    }
    .into_any()
}

fn row(member: &Member, export: &Export) -> AnyView {
    let (at, zone, name) = (export.asked_at, member.organization.zone, export.file.clone());
    let usage = format!("{}?{}", member.path("usage"), export.query);
    let fields = vec![("deed", "remove".to_owned()), ("export", export.id.to_string())];
    let (action, which) = (member.path("exports"), format!(" {name}"));
    let state = match export.state {
        ExportState::Writing { written, of } => {
            let href = member.path(&format!("exports/{}/state", export.id));
            let bare = format!(
                "{written} of {of} parts are written. Reload the page to see how far it is."
            );
            view! { <Waiting href asking="It is being written…".to_owned() bare/> }.into_any()
        }
        _ => ended(member, export),
    };
    view! {
        <tr>
            <th scope="row"><a href=usage>{name}</a><small>{of(&export.query)}</small></th>
            <td data-l=labels::ASKED_FOR><Time at zone precision=Precision::Minute/></td>
            <td data-l=labels::STATE>{state}</td>
            <td class="act">
                <PostButton action fields weight=Weight::Quiet>{labels::REMOVE}<span class="vh">{which}</span></PostButton>
            </td>
        </tr>
    }
    .into_any()
}

/// What tells it from others of the same days.
fn of(query: &str) -> String {
    let question = Question::read(Some(query));
    let filters = question.filters.len() + usize::from(question.sandbox.is_some());
    let filters = match filters {
        0 => String::new(),
        1 => ", 1 filter".to_owned(),
        many => format!(", {many} filters"),
    };
    format!("By {}{filters}", question.words())
}

/// How it is, once nothing more is written.
fn ended(member: &Member, export: &Export) -> AnyView {
    let ExportState::Ready { lines, bytes, until, .. } = export.state else {
        let (badge, why) = match export.state {
            ExportState::Hidden => (
                "Hidden",
                "It has more than you see of the organization now. Open it in Usage, and export what you see.",
            ),
            _ => (
                "Not written",
                "It was tried five times, or what you see of the organization changed meanwhile. Open it in Usage, and export it again.",
            ),
        };
        return view! { <div><Badge tone=Tone::Bad text=badge/><small>{why}</small></div> }
            .into_any();
    };
    let href = member.path(&format!("exports/{}/file", export.id));
    let until = time_text(until, member.organization.zone, Precision::Day);
    let lines = if lines == 1 { "1 line".to_owned() } else { format!("{} lines", count(lines)) };
    let facts = format!("{lines}, {}, until {until}", size(bytes));
    let which = format!(" {}", export.file);
    view! {
        <div class="row">
            <LinkButton href glyph=Glyph::Download>"Download"<span class="vh">{which}</span></LinkButton>
            <small>{facts}</small>
        </div>
    }
    .into_any()
}

/// `GET`: how far a file is, as a part of a page: 202 while it is written.
async fn state(
    State(app): State<App>,
    member: Member,
    Path((_, export)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let export = app.store.export(&member.caller, id(&export)?).await?;
    let look = member.visitor.look;
    Ok(match export.state {
        ExportState::Writing { written: parts, of } => {
            let part = look.part(|| view! { <Progress done="are written" parts of/> });
            (StatusCode::ACCEPTED, part).into_response()
        }
        _ => look.part(|| ended(&member, &export)),
    })
}

/// `GET`: the file, once all of it is written.
async fn send(
    State(app): State<App>,
    member: Member,
    Path((_, export)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let export = app.store.export(&member.caller, id(&export)?).await?;
    let ExportState::Ready { pieces, bytes, .. } = export.state else {
        return Ok(go(member.path("exports")));
    };
    let stream = stream(app.store, member.caller, export.id, pieces);
    let mut answer = attachment(&export.file, Body::from_stream(stream));
    answer.headers_mut().insert(header::CONTENT_LENGTH, bytes.into());
    Ok(answer)
}

/// No more than one piece is in memory. A file that is removed meanwhile breaks off.
fn stream(
    store: Store,
    caller: Caller,
    id: ExportId,
    pieces: u32,
) -> impl Stream<Item = io::Result<Bytes>> {
    stream::try_unfold(0, move |place| {
        let (store, caller) = (store.clone(), caller.clone());
        async move {
            if place == pieces {
                return Ok(None);
            }
            let read = store.export_piece(&caller, id, place).await.map_err(io::Error::other)?;
            let piece = read.ok_or(io::ErrorKind::NotFound)?;
            Ok(Some((Bytes::from(piece), place + 1)))
        }
    })
}
