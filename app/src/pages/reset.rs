//! `/reset/{token}`: a new password for who forgot the old one.

use axum::{Router, extract::State, response::Response, routing::get};
use identity::ResetError;
use leptos::prelude::*;
use secrecy::SecretString;

use super::person::PASSWORD_HELP;
use crate::{
    components::{Button, ErrorSummary, Field, LinkButton, Weight},
    labels,
    layouts::Door,
    render::{Look, Page},
    web::{App, Draft, Failure, Path, go},
};

pub(super) fn router() -> Router<App> {
    Router::new().route("/reset/{token}", get(show).post(reset))
}

async fn show(look: Look) -> Response {
    page(look, &Draft::default())
}

async fn reset(
    State(app): State<App>,
    look: Look,
    Path(token): Path<String>,
    mut draft: Draft,
) -> Result<Response, Failure> {
    let token = SecretString::from(token);
    let password = draft.value("password").into();
    match identity::reset_password(&app.store, &app.secrets, &token, password).await {
        Ok(_) => Ok(go("/sign-in?changed")),
        Err(ResetError::Invalid) => {
            Ok(look.page(Page::new(labels::LINK_NOT_VALID), move || invalid(app.mails)))
        }
        Err(ResetError::Store(error)) => Err(error.into()),
        Err(error @ (ResetError::Password(_) | ResetError::Busy(_))) => {
            draft.refuse_with("password", &error);
            Ok(page(look, &draft))
        }
    }
}

fn page(look: Look, draft: &Draft) -> Response {
    look.page(Page::new(labels::NEW_PASSWORD).status(draft.status()), || {
        let form = form(draft);
        view! {
            <Door title=labels::CHOOSE_A_NEW_PASSWORD sub="It replaces the old one and signs you out on every device.">
                {form}
            </Door>
        }
    })
}

fn invalid(mails: bool) -> AnyView {
    let again = if mails {
        view! { <p><a href="/forgot">"Ask for a new one"</a>"."</p> }.into_any()
    } else {
        view! { <p>"Ask whoever runs this installation for a new one."</p> }.into_any()
    };
    view! {
        <Door title=labels::THIS_LINK_IS_NOT_VALID sub="It works once and for one hour. Nothing was changed.">
            {again}
            <div class="row"><LinkButton href="/sign-in">{labels::SIGN_IN}</LinkButton></div>
        </Door>
    }
    .into_any()
}

fn form(draft: &Draft) -> AnyView {
    view! {
        <form class="form" method="post">
            <ErrorSummary lead=labels::THE_PASSWORD_WAS_NOT_CHANGED errors=draft.errors()/>
            <Field name="password" label=labels::NEW_PASSWORD kind="password" error=draft.error("password") help=PASSWORD_HELP autocomplete="new-password" required=true/>
            <Button weight=Weight::Primary wide=true>{labels::CHANGE_PASSWORD}</Button>
        </form>
    }
    .into_any()
}
