//! `/sign-in/code`: the second step of signing in.

use axum::{Router, extract::State, response::Response, routing::get};
use identity::{CodeError, SecondStepError};
use leptos::prelude::*;
use serde::Deserialize;
use tower_sessions::Session;

use crate::{
    components::{Button, ErrorSummary, Field, Weight},
    labels,
    layouts::Door,
    render::{Look, Page},
    web::{App, Browser, Draft, Failure, Query, go, local, with_next},
};

pub(super) fn router() -> Router<App> {
    Router::new().route("/sign-in/code", get(show).post(enter))
}

#[derive(Deserialize)]
struct Asked {
    /// Where to go afterwards.
    next: Option<String>,
}

impl Asked {
    fn next(&self) -> &str {
        local(self.next.as_deref()).unwrap_or("/")
    }

    /// The first step once more.
    fn again(&self) -> String {
        with_next("/sign-in", self.next())
    }
}

async fn show(
    State(app): State<App>,
    look: Look,
    session: Session,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    if identity::awaits_code(&app.store, &session).await? {
        Ok(page(look, &asked, &Draft::default()))
    } else {
        Ok(go(asked.again()))
    }
}

async fn enter(
    State(app): State<App>,
    look: Look,
    session: Session,
    Browser(device): Browser,
    Query(asked): Query<Asked>,
    mut draft: Draft,
) -> Result<Response, Failure> {
    let code = draft.value("code").into();
    match identity::log_in_with_code(&app.store, &app.secrets, &session, &code, &device).await {
        Ok(_) => Ok(go(asked.next())),
        Err(SecondStepError::Over) => Ok(go(asked.again())),
        Err(SecondStepError::Code(CodeError::Store(error))) => Err(error.into()),
        Err(SecondStepError::Session(error)) => Err(error.into()),
        Err(error @ SecondStepError::Code(_)) => {
            draft.refuse_with("code", &error);
            Ok(page(look, &asked, &draft))
        }
    }
}

fn page(look: Look, asked: &Asked, draft: &Draft) -> Response {
    let again = asked.again();
    look.page(Page::new(labels::ENTER_YOUR_CODE).status(draft.status()), || {
        let form = form(draft);
        view! {
            <Door title=labels::ENTER_YOUR_CODE sub="Your password was right. Your account also asks for the code that your app shows now.">
                {form}
                <p class="small muted">"The phone is lost? Use one of your recovery codes. "<a href=again>"Begin again"</a>"."</p>
            </Door>
        }
    })
}

fn form(draft: &Draft) -> AnyView {
    view! {
        <form class="form" method="post">
            <ErrorSummary lead=labels::YOU_ARE_NOT_SIGNED_IN errors=draft.errors()/>
            <Field name="code" label=labels::CODE error=draft.error("code") help="Six digits, or a recovery code." autocomplete="one-time-code" required=true autofocus=true maxlength=40/>
            <Button weight=Weight::Primary wide=true>{labels::SIGN_IN}</Button>
        </form>
    }
    .into_any()
}
