//! `/forgot`: a mail with a reset link, for who forgot the password. The answer is the same whether
//! or not the address has an account.

use axum::{Router, extract::State, http::StatusCode, response::Response, routing::get};
use domain::Email;
use identity::AskError;
use leptos::prelude::*;
use serde::Deserialize;

use crate::{
    components::{Button, ErrorSummary, Field, LinkButton, Weight},
    labels,
    layouts::Door,
    render::Page,
    web::{App, Browser, Draft, Failure, Query, Stranger, go},
};

pub(super) fn router() -> Router<App> {
    Router::new().route("/forgot", get(show).post(ask))
}

#[derive(Deserialize)]
struct After {
    /// The form was sent.
    sent: Option<String>,
}

async fn show(State(app): State<App>, stranger: Stranger, Query(after): Query<After>) -> Response {
    if !app.mails {
        return by_hand(&stranger, StatusCode::OK);
    }
    if after.sent.is_some() {
        return stranger.look.page(Page::new(labels::CHECK_YOUR_MAIL), sent);
    }
    page(&stranger, &Draft::default())
}

async fn ask(
    State(app): State<App>,
    stranger: Stranger,
    Browser(device): Browser,
    mut draft: Draft,
) -> Result<Response, Failure> {
    if !app.mails {
        return Ok(by_hand(&stranger, StatusCode::UNPROCESSABLE_ENTITY));
    }
    if let Some(email) = draft.read::<Email>("email") {
        match identity::ask_reset(&app.store, &app.secrets, &email, &device).await {
            Ok(()) => return Ok(go("/forgot?sent")),
            Err(AskError::Store(error)) => return Err(error.into()),
            Err(error @ AskError::Wait(_)) => draft.refuse_with("email", &error),
        }
    }
    Ok(page(&stranger, &draft))
}

fn page(stranger: &Stranger, draft: &Draft) -> Response {
    stranger.look.page(Page::new(labels::FORGOT_THE_PASSWORD).status(draft.status()), || {
        let form = form(draft);
        view! {
            <Door
                title="Forgot the password?"
                sub="Write the address of your account. A link to choose a new password goes there."
            >
                {form}
                <p class="small muted">"You know it after all? "<a href="/sign-in">{labels::SIGN_IN}</a>"."</p>
            </Door>
        }
    })
}

fn form(draft: &Draft) -> AnyView {
    view! {
        <form class="form" method="post" action="/forgot">
            <ErrorSummary lead=labels::NO_MAIL_WAS_SENT errors=draft.errors()/>
            <Field name="email" label=labels::E_MAIL kind="email" value=draft.value("email") error=draft.error("email") autocomplete="username" required=true autofocus=true/>
            <Button weight=Weight::Primary wide=true>"Send the link"</Button>
        </form>
    }
    .into_any()
}

fn sent() -> AnyView {
    view! {
        <Door title=labels::CHECK_YOUR_MAIL sub="If there is an account with that address, a link is on its way.">
            <p>"It works once, for an hour. If nothing comes within a few minutes, look among the unwanted mails, or at whether it was the right address."</p>
            <div class="row"><LinkButton href="/sign-in">{labels::SIGN_IN}</LinkButton></div>
        </Door>
    }
    .into_any()
}

/// Where no mail is sent, whatever the address.
fn by_hand(stranger: &Stranger, status: StatusCode) -> Response {
    stranger.look.page(Page::new(labels::FORGOT_THE_PASSWORD).status(status), || {
        view! {
            <Door title="Forgot the password?" sub="This installation sends no mail.">
                <p>"Whoever runs it can make a link for you to choose a new password."</p>
                <div class="row"><LinkButton href="/sign-in">{labels::SIGN_IN}</LinkButton></div>
            </Door>
        }
    })
}
