//! `/{org}/settings/close`: the end of an organization, and the way back from it.

use axum::{
    Router,
    extract::State,
    response::Response,
    routing::{get, post},
};
use domain::Action;
use leptos::prelude::*;

use crate::{
    components::{
        Button, Card, CardBody, DialogPage, ErrorSummary, Field, LinkButton, PostButton, Precision,
        Weight, time_text,
    },
    labels,
    layouts::{NavItem, Shell},
    render::Page,
    web::{App, Draft, Failure, Fresh, Member, go},
};

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/{org}/settings/close", get(ask).post(close))
        .route("/{org}/settings/reopen", post(reopen))
}

async fn ask(member: Member, fresh: Result<Fresh, Failure>) -> Result<Response, Failure> {
    member.may(Action::CloseOrganization)?;
    if member.organization.closed_at.is_some() {
        return Ok(go(member.path("settings")));
    }
    fresh?;
    Ok(page(&member, &Draft::default()))
}

async fn close(
    State(app): State<App>,
    member: Member,
    fresh: Result<Fresh, Failure>,
    mut draft: Draft,
) -> Result<Response, Failure> {
    member.may(Action::CloseOrganization)?;
    fresh?;
    if draft.value("name").trim() != member.organization.name {
        draft.refuse("name", "This is not the organization’s name. Write it as it stands above.");
        return Ok(page(&member, &draft));
    }
    app.store.close_organization(&member.caller).await?;
    Ok(go(member.path("settings")))
}

async fn reopen(State(app): State<App>, member: Member) -> Result<Response, Failure> {
    member.may(Action::CloseOrganization)?;
    app.store.reopen_organization(&member.caller).await?;
    Ok(go(member.path("settings?reopened")))
}

fn page(member: &Member, draft: &Draft) -> Response {
    let name = member.organization.name.clone();
    let title = format!("Close {name}?");
    let page = Page::new(title.clone()).status(draft.status());
    member.visitor.look.page(page, || {
        let (errors, typed, error) = (draft.errors(), draft.value("name"), draft.error("name"));
        let (action, audit) = (member.path("settings/close"), member.path("audit"));
        let foot = view! {
            <LinkButton href=member.path("settings") weight=Weight::Quiet>"Keep it open"</LinkButton>
            <Button weight=Weight::Danger>{labels::CLOSE_ORGANIZATION}</Button>
        }
        .into_any();
        view! {
            <Shell frame=member.frame(NavItem::Settings)>
                <form method="post" action=action>
                    <DialogPage title text="Every request of every key is refused from now on, in all projects." foot>
                        <ErrorSummary lead="Nothing was closed" errors/>
                        <p>"All that is here can still be seen, and any owner can reopen the organization within 30 days."</p>
                            <p>"After 30 days it is erased: projects, keys, members, budgets, usage and the audit log. Nobody can bring that back."</p>
                            <p>"What you must keep, export before: "<a href=audit>"the audit log"</a>"."</p>
                        <p>"To close it, write its name: "<strong>{name}</strong></p>
                        <Field name="name" label="Name of the organization" value=typed error required=true autocomplete="off"/>
                    </DialogPage>
                </form>
            </Shell>
        }
    })
}

pub(super) fn card(member: &Member) -> AnyView {
    let zone = member.organization.zone;
    let closing = member.organization.closed_at.zip(member.organization.erased_at());
    let body = match closing {
        None => view! {
            <p class="muted">"Its keys stop at once. It can be reopened for 30 days, then it is erased."</p>
            <div class="row"><LinkButton href=member.path("settings/close") weight=Weight::Danger>{labels::CLOSE_ORGANIZATION}</LinkButton></div>
        }
        .into_any(),
        Some((closed, erased)) => {
            let text = format!(
                "Closed on {}. Unless somebody reopens it, it is erased on {} ({zone}).",
                time_text(closed, zone, Precision::Minute),
                time_text(erased, zone, Precision::Minute)
            );
            view! {
                <p>{text}</p>
                <div class="row"><PostButton action=member.path("settings/reopen") weight=Weight::Primary>"Reopen organization"</PostButton></div>
            }
            .into_any()
        }
    };
    view! { <Card title=labels::CLOSE_ORGANIZATION><CardBody split=true>{body}</CardBody></Card> }
        .into_any()
}
