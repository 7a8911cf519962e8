//! The pages of what went wrong. Which one: nothing is there, somebody else may, or it is a fault of ours.

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts as _, Request, State},
    http::Method,
    middleware::Next,
    response::Response,
};
use domain::{FaultId, Role};
use leptos::prelude::*;
use tracing::Instrument as _;

use super::{App, Failure, Member};
use crate::{
    components::{Card, Empty, Id, LinkButton, Tone},
    labels,
    layouts::{Door, NavItem, PageHead, Shell},
    render::{Look, Page},
};

/// A middleware around all pages that shows a failure as a page. What is logged meanwhile bears the id that the page of
/// a fault shows.
pub async fn show_failures(look: Look, request: Request, next: Next) -> Response {
    let id = FaultId::generate().to_string();
    // What was sent is not kept, so only a page can be asked for again.
    let again = (request.method() == Method::GET)
        .then(|| request.uri().path_and_query().map(ToString::to_string).unwrap_or_default());
    let response = next.run(request).instrument(tracing::error_span!("page", id)).await;
    let failure = match Failure::of(&response) {
        Some(failure) => failure,
        // A layer below answers in its own way: a session that was not written.
        None if response.status().is_server_error() => Arc::new(Failure::Internal),
        None => return response,
    };
    let (title, text) = failure.words();
    look.page(Page::new(title).status(failure.status()), || {
        let fault = failure.may_pass().then(|| {
            view! { <p class="small muted">"Whoever runs this installation finds it in the log as "<Id text=id/>"."</p> }
        });
        let retry = again.filter(|_| failure.may_pass()).map(|href| {
            view! { <LinkButton href>"Try again"</LinkButton> }
        });
        view! {
            <Door title sub=text>
                {fault}
                <div class="row">{retry}<LinkButton href="/">{labels::GO_TO_THE_OVERVIEW}</LinkButton></div>
            </Door>
        }
    })
}

/// A middleware behind the session: who may not do something in an organization is told whom to ask.
pub async fn name_owners(State(app): State<App>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let response = next.run(Request::from_parts(parts.clone(), body)).await;
    if !matches!(Failure::of(&response).as_deref(), Some(Failure::Forbidden)) {
        return response;
    }
    let Ok(member) = Member::from_request_parts(&mut parts, &app).await else { return response };
    if member.caller.role == Role::Owner {
        // It is nobody's to do for others, so there is nobody to ask.
        return response;
    }
    let Ok(people) = app.store.members(&member.caller).await else { return response };
    let owners = people.into_iter().filter(|one| one.role == Role::Owner).map(|one| one.name);
    forbidden(&member, &owners.collect::<Vec<_>>())
}

/// More names help nobody.
const MOST: usize = 5;

fn forbidden(member: &Member, owners: &[String]) -> Response {
    let (title, text) = Failure::Forbidden.words();
    let named = owners.iter().take(MOST).cloned().collect::<Vec<_>>().join(", ");
    let ask = match owners.len() {
        0 | 1 => format!("{text} {named}, the owner of {}, may.", member.organization.name),
        _ => format!("{text} The owners of {} may: {named}.", member.organization.name),
    };
    let page = Page::new(title).status(Failure::Forbidden.status());
    member.visitor.look.page(page, || {
        let (home, team) = (member.frame(NavItem::None).org_path, member.path("team"));
        view! {
            <Shell frame=member.frame(NavItem::None)>
                <PageHead title/>
                <Card title="Whom to ask">
                    <Empty split=true title="Somebody else may do this" text=ask tone=Tone::Warn>
                        <LinkButton href=team>{labels::SEE_THE_TEAM}</LinkButton>
                        <LinkButton href=home>{labels::GO_TO_THE_OVERVIEW}</LinkButton>
                    </Empty>
                </Card>
            </Shell>
        }
    })
}
