//! `/sign-up`: an account for whoever asks, where the operator allows that.

use axum::{Router, extract::State, response::Response, routing::get};
use identity::{SignUpError, SignedUp};
use leptos::prelude::*;
use serde::Deserialize;
use store::system::SignUpPolicy;
use tower_sessions::Session;

use super::person;
use crate::{
    components::{Button, ErrorSummary, LinkButton, Weight},
    labels,
    layouts::Door,
    render::Page,
    web::{App, Browser, Draft, Failure, Query, Stranger, go},
};

pub(super) fn router() -> Router<App> {
    Router::new().route("/sign-up", get(show).post(create))
}

#[derive(Deserialize)]
struct After {
    /// The form was sent.
    sent: Option<String>,
}

async fn show(
    State(app): State<App>,
    stranger: Stranger,
    Query(after): Query<After>,
) -> Result<Response, Failure> {
    if after.sent.is_some() {
        return Ok(stranger.look.page(Page::new(labels::CHECK_YOUR_MAIL), || sent(app.host())));
    }
    if stranger.signed_in {
        return Ok(go("/"));
    }
    page(&app, &stranger, &Draft::default()).await
}

async fn create(
    State(app): State<App>,
    stranger: Stranger,
    session: Session,
    Browser(device): Browser,
    mut draft: Draft,
) -> Result<Response, Failure> {
    if app.store.system().sign_up_policy().await? != SignUpPolicy::Open {
        return page(&app, &stranger, &draft).await;
    }
    if let Some(person) = person::read(&mut draft) {
        let signed_up =
            identity::sign_up(&app.store, &app.secrets, &session, &person, &device, app.mails);
        match signed_up.await {
            Ok(SignedUp::In(_)) => return Ok(go("/")),
            Ok(SignedUp::CheckMail) => return Ok(go("/sign-up?sent")),
            Err(error) => refuse(&mut draft, error)?,
        }
    }
    page(&app, &stranger, &draft).await
}

fn refuse(draft: &mut Draft, error: SignUpError) -> Result<(), Failure> {
    match error {
        SignUpError::Closed | SignUpError::Taken | SignUpError::Wait(_) | SignUpError::Busy(_) => {
            draft.refuse_with("email", &error);
            Ok(())
        }
        SignUpError::Store(error) => Err(error.into()),
        SignUpError::Session(error) => Err(error.into()),
    }
}

async fn page(app: &App, stranger: &Stranger, draft: &Draft) -> Result<Response, Failure> {
    let open = app.store.system().sign_up_policy().await? == SignUpPolicy::Open;
    let host = app.host();
    if !open {
        return Ok(stranger.look.page(Page::new(labels::SIGN_UP), || closed(host)));
    }
    Ok(stranger.look.page(Page::new(labels::SIGN_UP).status(draft.status()), || {
        let form = form(draft);
        view! {
            <Door title="Create an account" sub="It is yours alone; you make or join organizations with it." foot=host>
                {form}
                <p class="small muted">"You have an account? "<a href="/sign-in">{labels::SIGN_IN}</a>"."</p>
            </Door>
        }
    }))
}

/// The same whether or not the address had an account.
fn sent(host: String) -> AnyView {
    view! {
        <Door title=labels::CHECK_YOUR_MAIL sub="A mail is on its way to the address that you gave. It says how to go on." foot=host>
            <p>"Its link works for 24 hours. If nothing comes within a few minutes, look among the unwanted mails, then sign up once more."</p>
            <div class="row"><LinkButton href="/sign-in">{labels::SIGN_IN}</LinkButton></div>
        </Door>
    }
    .into_any()
}

fn closed(host: String) -> AnyView {
    view! {
        <Door title="Accounts are by invitation" foot=host>
            <p>"On this installation nobody can create an account alone. Ask an owner of your organization to invite you: the link in the invitation leads to your account. If your organization is not here yet, ask whoever runs the installation."</p>
            <div class="row"><LinkButton href="/sign-in">{labels::SIGN_IN}</LinkButton></div>
        </Door>
    }
    .into_any()
}

fn form(draft: &Draft) -> AnyView {
    view! {
        <form class="form" method="post" action="/sign-up">
            <ErrorSummary lead=labels::NO_ACCOUNT_WAS_MADE errors=draft.errors()/>
            {person::fields(draft)}
            <Button weight=Weight::Primary wide=true>"Create account"</Button>
        </form>
    }
    .into_any()
}
