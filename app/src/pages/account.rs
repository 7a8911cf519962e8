//! `/account`: who the person is, the password, and the way out on all devices.

use axum::{
    Router,
    extract::{Query, State},
    response::Response,
    routing::get,
};
use identity::{Device, NewPassword, ProveError};
use leptos::prelude::*;
use serde::Deserialize;
use store::system::Account;
use tower_sessions::Session;

use super::{frame::Personal, person::PASSWORD_HELP};
use crate::{
    components::{
        Button, Card, CardBody, ErrorSummary, Fact, Facts, Field, Notice, PostButton, Tone, Weight,
    },
    layouts::NavItem,
    render::Page,
    web::{App, Browser, Draft, Failure, Member, Visitor, go},
};

pub(super) fn router() -> Router<App> {
    Router::new().route("/account", get(show).post(edit))
}

#[derive(Deserialize)]
struct After {
    saved: Option<String>,
}

async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Query(after): Query<After>,
) -> Result<Response, Failure> {
    page(&app, visitor, &Draft::default(), after.saved.is_some()).await
}

async fn edit(
    State(app): State<App>,
    visitor: Visitor,
    session: Session,
    Browser(device): Browser,
    draft: Draft,
) -> Result<Response, Failure> {
    match draft.value("action").as_str() {
        "leave" => {
            app.store.system().delete_sessions_of(visitor.account.id).await?;
            identity::log_out(&session).await?;
            Ok(go("/sign-in"))
        }
        "password" => change(&app, visitor, &session, &device, draft).await,
        _ => Err(Failure::BadRequest),
    }
}

async fn change(
    app: &App,
    visitor: Visitor,
    session: &Session,
    device: &Device,
    mut draft: Draft,
) -> Result<Response, Failure> {
    let account = &visitor.account;
    let new =
        match NewPassword::choose(draft.value("new").into(), &account.email, account.name.as_str())
        {
            Ok(new) => new,
            Err(error) => {
                draft.refuse_with("new", &error);
                return page(app, visitor, &draft, false).await;
            }
        };
    let current = draft.value("current").into();
    let changed = identity::change_password(
        &app.store,
        &app.secrets,
        session,
        account,
        (&current, &new),
        device,
    );
    match changed.await {
        Ok(()) => Ok(go("/account?saved")),
        Err(ProveError::Store(error)) => Err(error.into()),
        Err(ProveError::Session(error)) => Err(error.into()),
        Err(error @ (ProveError::Wrong | ProveError::Wait(_) | ProveError::Busy(_))) => {
            draft.refuse_with("current", &error);
            page(app, visitor, &draft, false).await
        }
    }
}

async fn page(
    app: &App,
    visitor: Visitor,
    draft: &Draft,
    saved: bool,
) -> Result<Response, Failure> {
    let (look, account) = (visitor.look, visitor.account.clone());
    let frame = Member::at_home(app, visitor).await?.map(|member| member.frame(NavItem::None));
    Ok(look.page(Page::new("Your account").status(draft.status()), || {
        let (form, person) = (form(&account, draft), person(&account));
        view! {
            <Personal frame title="Your account" sub="The same in every organization that you are a member of.">
                {saved.then(|| view! { <Notice tone=Tone::Ok lead="Password changed." text="You are signed out on all other devices."/> })}
                <div class="grid two">
                    <Card title="Password"><CardBody split=true>{form}</CardBody></Card>
                    {person}
                </div>
            </Personal>
        }
    }))
}

/// The address goes along hidden, so that a password manager knows whose password it is.
fn form(account: &Account, draft: &Draft) -> AnyView {
    view! {
        <form class="form" method="post" action="/account">
            <ErrorSummary lead="The password was not changed" errors=draft.errors()/>
            <input type="hidden" name="action" value="password"/>
            <input type="text" name="username" value=account.email.to_string() autocomplete="username" hidden/>
            <Field name="current" label="Current password" kind="password" error=draft.error("current") autocomplete="current-password" required=true/>
            <Field name="new" label="New password" kind="password" error=draft.error("new") help=PASSWORD_HELP autocomplete="new-password" required=true/>
            <div class="row"><Button weight=Weight::Primary>"Change password"</Button></div>
            <p class="muted">"Signs you out everywhere but here."</p>
        </form>
    }
    .into_any()
}

fn person(account: &Account) -> AnyView {
    let leave = vec![("action", "leave".to_owned())];
    let (name, email) = (account.name.to_string(), account.email.to_string());
    view! {
        <Card title="Signed in as">
            <CardBody split=true>
                <Facts>
                    <Fact label="Name">{name}</Fact>
                    <Fact label="E-mail">{email}</Fact>
                </Facts>
                <p class="muted">"A device lost, or signed in where you should not be? Sign out on all devices, this one too."</p>
                <PostButton action="/account" fields=leave>"Sign out everywhere"</PostButton>
            </CardBody>
        </Card>
    }
    .into_any()
}
