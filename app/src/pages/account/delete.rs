//! `/account/delete`: the end of an account.

use axum::{Router, extract::State, http::StatusCode, response::Response, routing::get};
use leptos::prelude::*;
use store::{OwnOrganization, system::Deletion};
use tower_sessions::Session;

use crate::{
    components::{Button, Card, CardBody, ErrorSummary, Field, LinkButton, Notice, Tone, Weight},
    labels,
    layouts::NavItem,
    pages::frame::Personal,
    render::Page,
    web::{App, Draft, Failure, Fresh, Member, Visitor, go},
};

pub(super) fn router() -> Router<App> {
    Router::new().route("/account/delete", get(show).post(delete))
}

async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Fresh(_): Fresh,
) -> Result<Response, Failure> {
    page(&app, visitor, &Draft::default(), None).await
}

async fn delete(
    State(app): State<App>,
    visitor: Visitor,
    Fresh(proof): Fresh,
    session: Session,
    mut draft: Draft,
) -> Result<Response, Failure> {
    if draft.value("email").trim().to_lowercase() != visitor.account.email.as_str() {
        draft.refuse("email", "Write the address of your account, to show that you mean it.");
        return page(&app, visitor, &draft, None).await;
    }
    match identity::delete_account(&app.store, &proof, &visitor.origin).await? {
        Deletion::Done => {
            identity::log_out(&session).await?;
            Ok(go("/sign-in?deleted"))
        }
        refused => page(&app, visitor, &draft, Some(refused)).await,
    }
}

async fn page(
    app: &App,
    visitor: Visitor,
    draft: &Draft,
    refused: Option<Deletion>,
) -> Result<Response, Failure> {
    let (look, email) = (visitor.look, visitor.account.email.to_string());
    let frame = Member::at_home(app, visitor).await?.map(|member| member.frame(NavItem::None));
    let status = if refused.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { draft.status() };
    Ok(look.page(Page::new(labels::DELETE_YOUR_ACCOUNT).status(status), || {
        let (refused, form) = (refused.map(why), form(&email, draft));
        view! {
            <Personal frame below=true title=labels::DELETE_YOUR_ACCOUNT sub="It can’t be undone.">
                {refused}
                <Card><CardBody>{form}</CardBody></Card>
            </Personal>
        }
    }))
}

fn why(refused: Deletion) -> AnyView {
    match refused {
        Deletion::Done => ().into_any(),
        Deletion::LastOperator => view! {
            <Notice tone=Tone::Bad lead=labels::YOUR_ACCOUNT_WAS_NOT_DELETED text="Nobody else runs this installation. Make another account an operator first."/>
        }
        .into_any(),
        Deletion::SoleOwner(organizations) => {
            let list: Vec<_> = organizations.into_iter().map(item).collect();
            view! {
                <Notice tone=Tone::Bad lead=labels::YOUR_ACCOUNT_WAS_NOT_DELETED text="You are the only owner of these organizations. Make another member of each an owner, or close it, first."/>
                <Card title="To hand over"><CardBody split=true><ul>{list}</ul></CardBody></Card>
            }
            .into_any()
        }
    }
}

fn item(organization: OwnOrganization) -> AnyView {
    let path = format!("/{}/team", organization.id);
    view! { <li><a href=path>{organization.name}</a></li> }.into_any()
}

fn form(email: &str, draft: &Draft) -> AnyView {
    let help = format!("Write {email} here.");
    view! {
        <p>"Your name, address, password and devices are erased. You are no longer a member of any organization, and the keys that are yours are refused from then on. What you made stays, under the name “Deleted account”."</p>
        <form class="form" method="post" action="/account/delete">
            <ErrorSummary lead="Your account was not deleted" errors=draft.errors()/>
            <Field name="email" label="The address of your account" value=draft.value("email") error=draft.error("email") help autocomplete="off" required=true/>
            <div class="row">
                <Button weight=Weight::Danger>{labels::DELETE_MY_ACCOUNT}</Button>
                <LinkButton href="/account" weight=Weight::Quiet>{labels::CANCEL}</LinkButton>
            </div>
        </form>
    }
    .into_any()
}
