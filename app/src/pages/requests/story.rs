//! `/requests/{request}`: how one request went. The header `x-request-id` of its answer leads here.
//! Sent as a form, it shows prompt and answer as well, where they are kept.

pub(in crate::pages) mod body;
mod charge;
mod facts;
mod phases;
mod texts;
mod timeline;

use axum::{extract::State, http::StatusCode, response::Response};
use domain::EventId;
use leptos::prelude::*;
use store::{
    StoreError,
    requests::{Found, Running, Told},
};

use self::body::{Body, Opened};
use super::{filter, kept, words};
use crate::{
    components::{
        Badge, Card, Empty, Fact, Facts, Money, Precision, Time, Tone, time_text, usd_fine,
    },
    labels,
    layouts::{NavItem, PageHead, Shell},
    render::Page,
    web::{App, Failure, Member, Path, Visitor, go},
};

/// `GET`. Whoever may not see it is told that there is none, or that it would not be kept any more.
pub(super) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Path(request): Path<String>,
) -> Result<Response, Failure> {
    let (member, found, request) = match find(&app, visitor.clone(), &request).await {
        Err(Failure::NotFound) => return gone(&app, visitor, &request).await,
        found => found?,
    };
    let body = match &found {
        Found::Running(_) => None,
        Found::Told(_) => Some(Body::Kept(app.store.keeping(&member.caller, request).await?)),
    };
    Ok(page(&member, &found, body.as_ref(), request))
}

/// What is so old that it would not be kept: the same whether there was such a request or not.
async fn gone(app: &App, visitor: Visitor, request: &str) -> Result<Response, Failure> {
    let id = filter::id(request).ok_or(Failure::NotFound)?;
    let store = &app.store;
    let look = |caller| async move { store.not_kept(&caller, id).await };
    let (member, since) = Member::seeing(app, visitor, look).await?;
    let page = Page::new(labels::NOT_KEPT).status(StatusCode::GONE);
    Ok(member.visitor.look.page(page, || {
        let above = (labels::REQUESTS, member.path("requests"));
        let (frame, notice) = (member.frame(NavItem::Requests), kept::notice(&member, since));
        view! {
            <Shell frame>
                <PageHead title="This request is not kept any more" sub=id.to_string() above/>
                {notice}
            </Shell>
        }
    }))
}

/// `POST`: the same with prompt and answer. What is not kept any more leads back, where it says why.
pub(super) async fn open(
    State(app): State<App>,
    visitor: Visitor,
    Path(request): Path<String>,
) -> Result<Response, Failure> {
    let (member, found, request) = find(&app, visitor, &request).await?;
    let caller = &member.caller;
    match app.store.open_body(caller, request).await {
        Ok(sealed) => {
            let body = Body::Opened(Opened::new(&app.secrets, (caller.org, request), &sealed));
            Ok(page(&member, &found, Some(&body), request))
        }
        Err(StoreError::NotFound) => Ok(go(format!("/requests/{request}"))),
        Err(error) => Err(error.into()),
    }
}

async fn find(
    app: &App,
    visitor: Visitor,
    request: &str,
) -> Result<(Member, Found, EventId), Failure> {
    let id = filter::id(request).ok_or(Failure::NotFound)?;
    let look = |caller| async move { app.store.request(&caller, id).await };
    let (member, found) = Member::seeing(app, visitor, look).await?;
    Ok((member, found, id))
}

fn page(member: &Member, found: &Found, body: Option<&Body>, id: EventId) -> Response {
    let (title, at) = match found {
        Found::Running(running) => ("Still running".to_owned(), running.at),
        Found::Told(told) => (title(told), told.line.at),
    };
    let look = member.visitor.look;
    let page = Page::new(title.clone());
    // Texts can be copied.
    let page = if matches!(body, Some(Body::Opened(_))) { page.islands() } else { page };
    look.page(page, || {
        let zone = member.organization.zone;
        let when = time_text(at, zone, Precision::Milli).replace(' ', "\u{a0}");
        let sub = format!("{id} · {when}, {}", zone.name());
        let above = (labels::REQUESTS, member.path("requests"));
        let content = match found {
            Found::Running(running) => unended(member, running),
            Found::Told(told) => ended(member, told, body),
        };
        let frame = member.frame(NavItem::Requests);
        view! {
            <Shell frame>
                <PageHead title sub above/>
                {content}
            </Shell>
        }
    })
}

/// `Answered in 4.52 s for $0.020648`.
fn title(told: &Told) -> String {
    let line = &told.line;
    let (word, _, _) = words::outcome(line.outcome);
    // As the client saw it; of a request without a story, what was kept: from its admission on.
    let told = told.story.as_ref().map(|story| words::duration(story.moments.last));
    let time = told.or_else(|| line.total_ms.map(words::time));
    let time = time.map(|time| format!(" in {time}")).unwrap_or_default();
    let charge = if line.priced { usd_fine(line.charge) } else { "an unknown price".to_owned() };
    match line.outcome {
        domain::Outcome::Answered => format!("{word}{time} for {charge}"),
        domain::Outcome::Released => word.to_owned(),
        _ => format!("{word}, charged {charge}"),
    }
}

fn ended(member: &Member, told: &Told, body: Option<&Body>) -> AnyView {
    let timeline = match &told.story {
        Some(story) => timeline::card(told, story),
        None => untold(told),
    };
    let (charge, facts) = (charge::card(member, told), facts::card(member, told, body));
    let body = body.and_then(|body| body::card(member, told.line.id, body));
    view! {
        {timeline}
        {body}
        <div class="grid two">{charge}{facts}</div>
    }
    .into_any()
}

/// Nobody wrote down how it went.
fn untold(told: &Told) -> AnyView {
    let text = match told.line.outcome {
        domain::Outcome::Interrupted => {
            "The server that forwarded it died meanwhile, and with it what it knew of the times. What is below was in the ledger before."
        }
        _ => {
            "Only its totals were kept: it was forwarded by an older version of Exchequer, or was cut off when its server stopped."
        }
    };
    view! { <Card title=labels::TIMELINE><Empty title="Its story is not known" text=text/></Card> }
        .into_any()
}

fn unended(member: &Member, running: &Running) -> AnyView {
    let (at, zone, amount) = (running.at, member.organization.zone, running.bound);
    let key = words::key(&running.key);
    let (project, model) = (running.project_name.clone(), running.model.clone());
    view! {
        <Card title=labels::REQUEST>
            <div class="body stack">
                <p><Badge tone=Tone::Plain line=true text=labels::RUNNING/></p>
                <p class="muted">"It was forwarded and has not ended. Load this page again for its charge and its timeline; what it can cost at most is reserved meanwhile."</p>
                <Facts>
                    <Fact label="Admitted"><Time at zone precision=Precision::Milli/></Fact>
                    <Fact label=labels::PROJECT>{project}</Fact>
                    <Fact label=labels::API_KEY>{key}</Fact>
                    <Fact label=labels::MODEL>{model}</Fact>
                    <Fact label=labels::RESERVED><Money amount fine=true/></Fact>
                </Facts>
            </div>
        </Card>
    }
    .into_any()
}
