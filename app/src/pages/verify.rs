//! `/verify/{token}`: from the mail that verifies an address. Nothing happens before the button is
//! pressed, because mail programs open links to look at them.

use axum::{Router, extract::State, response::Response, routing::get};
use identity::{ProveError, VerifyError};
use leptos::prelude::*;
use secrecy::SecretString;
use tower_sessions::Session;

use super::sign_in::onward;
use crate::{
    components::{Button, ErrorSummary, Field, LinkButton, Weight},
    labels,
    layouts::Door,
    render::{Look, Page},
    web::{App, Browser, Draft, Failure, Path},
};

pub(super) fn router() -> Router<App> {
    Router::new().route("/verify/{token}", get(show).post(verify))
}

async fn show(
    State(app): State<App>,
    look: Look,
    session: Session,
    Path(token): Path<String>,
) -> Result<Response, Failure> {
    page(&app, look, &session, &token.into(), &Draft::default()).await
}

async fn verify(
    State(app): State<App>,
    look: Look,
    session: Session,
    Browser(device): Browser,
    Path(token): Path<String>,
    mut draft: Draft,
) -> Result<Response, Failure> {
    let (token, password) = (SecretString::from(token), draft.value("password").into());
    let verified =
        identity::verify_email(&app.store, &app.secrets, &session, &token, &password, &device);
    match verified.await {
        Ok(done) => Ok(onward(done, "/")),
        Err(VerifyError::Invalid) => Ok(look.page(Page::new(labels::LINK_NOT_VALID), invalid)),
        Err(VerifyError::Store(error) | VerifyError::Unproven(ProveError::Store(error))) => {
            Err(error.into())
        }
        Err(VerifyError::Session(error) | VerifyError::Unproven(ProveError::Session(error))) => {
            Err(error.into())
        }
        Err(error @ VerifyError::Unproven(_)) => {
            draft.refuse_with("password", &error);
            page(&app, look, &session, &token, &draft).await
        }
    }
}

async fn page(
    app: &App,
    look: Look,
    session: &Session,
    token: &SecretString,
    draft: &Draft,
) -> Result<Response, Failure> {
    let account = identity::current_user(&app.store, session).await?;
    let own = account.map(|account| account.id) == identity::verification_of(token);
    Ok(look.page(Page::new("Verify your address").status(draft.status()), || {
        let sub = if own {
            "From then on alerts reach you."
        } else {
            "Give the password that you chose for your account, so that nobody else’s account gets your address."
        };
        let form = form(own, draft);
        view! { <Door title="Verify your e-mail address" sub>{form}</Door> }
    }))
}

fn form(own: bool, draft: &Draft) -> AnyView {
    let password = (!own).then(|| {
        view! { <Field name="password" label=labels::PASSWORD kind="password" error=draft.error("password") autocomplete="current-password" required=true/> }
    });
    view! {
        <form class="form" method="post">
            <ErrorSummary lead="The address was not verified" errors=draft.errors()/>
            {password}
            <Button weight=Weight::Primary wide=true>"Verify the address"</Button>
        </form>
    }
    .into_any()
}

fn invalid() -> AnyView {
    view! {
        <Door title=labels::THIS_LINK_IS_NOT_VALID sub="It works once and for 24 hours. Nothing was changed.">
            <p>"Your address may be verified already: sign in. If you can’t, choose a new password by mail, or sign up once more."</p>
            <div class="row">
                <LinkButton href="/sign-in" weight=Weight::Primary>{labels::SIGN_IN}</LinkButton>
                <LinkButton href="/forgot">{labels::CHOOSE_A_NEW_PASSWORD}</LinkButton>
            </div>
        </Door>
    }
    .into_any()
}
