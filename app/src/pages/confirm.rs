//! `/confirm?next=…`: asks who is signed in for the password again, before something dangerous.

use axum::{Router, extract::State, response::Response, routing::get};
use identity::{CodeError, ProveError};
use leptos::prelude::*;
use serde::Deserialize;
use store::system::Account;
use tower_sessions::Session;

use crate::{
    components::{Button, ErrorSummary, Field, LinkButton, Weight},
    labels,
    layouts::Door,
    render::Page,
    web::{App, Browser, Draft, Failure, Query, Visitor, go, local},
};

pub(super) fn router() -> Router<App> {
    Router::new().route("/confirm", get(show).post(confirm))
}

#[derive(Deserialize)]
struct Asked {
    /// Where to go afterwards.
    next: Option<String>,
}

impl Asked {
    fn next(&self) -> &str {
        local(self.next.as_deref()).unwrap_or("/account")
    }
}

async fn show(
    State(app): State<App>,
    visitor: Visitor,
    session: Session,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    if identity::proof(&app.store, &session).await?.is_some() {
        return Ok(go(asked.next()));
    }
    Ok(page(&visitor, &Draft::default()))
}

async fn confirm(
    State(app): State<App>,
    visitor: Visitor,
    session: Session,
    Browser(device): Browser,
    Query(asked): Query<Asked>,
    mut draft: Draft,
) -> Result<Response, Failure> {
    let typed = (draft.value("password").into(), draft.value("code").into());
    let typed = (&typed.0, &typed.1);
    let account = &visitor.account;
    match identity::prove(&app.store, &app.secrets, &session, account, typed, &device).await {
        Ok(()) => return Ok(go(asked.next())),
        Err(ProveError::Store(error) | ProveError::Code(CodeError::Store(error))) => {
            return Err(error.into());
        }
        Err(ProveError::Session(error)) => return Err(error.into()),
        Err(error @ ProveError::Code(_)) => draft.refuse_with("code", &error),
        Err(error) => draft.refuse_with("password", &error),
    }
    Ok(page(&visitor, &draft))
}

fn page(visitor: &Visitor, draft: &Draft) -> Response {
    visitor.look.page(Page::new(labels::CONFIRM_THAT_IT_IS_YOU).status(draft.status()), || {
        let form = form(&visitor.account, draft);
        view! {
            <Door
                title=labels::CONFIRM_THAT_IT_IS_YOU
                sub="What you are about to do can’t easily be undone, so your password is asked for again. It then counts for ten minutes."
            >
                {form}
            </Door>
        }
    })
}

/// The address goes along hidden, so that a password manager knows whose password it is.
fn form(account: &Account, draft: &Draft) -> AnyView {
    let code = account.factor.then(|| {
        view! { <Field name="code" label=labels::CODE error=draft.error("code") help="Six digits that your app shows now, or a recovery code." autocomplete="one-time-code" required=true maxlength=40/> }
    });
    view! {
        <form class="form" method="post">
            <ErrorSummary lead="Nothing was done" errors=draft.errors()/>
            <input type="text" name="username" value=account.email.to_string() autocomplete="username" hidden/>
            <Field name="password" label=labels::PASSWORD kind="password" error=draft.error("password") autocomplete="current-password" required=true autofocus=true/>
            {code}
            <Button weight=Weight::Primary wide=true>"Confirm"</Button>
            <LinkButton href="/" wide=true>{labels::CANCEL}</LinkButton>
        </form>
    }
    .into_any()
}
