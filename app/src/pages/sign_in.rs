//! `/sign-in`.

use axum::{Router, extract::State, response::Response, routing::get};
use domain::Email;
use identity::{LogInError, LoggedIn};
use leptos::prelude::*;
use serde::Deserialize;
use store::system::SignUpPolicy;
use tower_sessions::Session;

use crate::{
    components::{Button, ErrorSummary, Field, Notice, Tone, Weight},
    labels,
    layouts::Door,
    render::Page,
    web::{App, Browser, Draft, Failure, Query, Stranger, go, local, with_next},
};

pub(super) fn router() -> Router<App> {
    Router::new().route("/sign-in", get(show).post(enter))
}

#[derive(Deserialize)]
struct Asked {
    /// Where to go afterwards.
    next: Option<String>,
    /// The password was changed just now.
    changed: Option<String>,
    /// The account was deleted just now.
    deleted: Option<String>,
}

impl Asked {
    /// What was done just now.
    const fn done(&self) -> Option<(&'static str, &'static str)> {
        match self {
            Self { changed: Some(_), .. } => {
                Some((labels::PASSWORD_CHANGED, "Sign in with the new one."))
            }
            Self { deleted: Some(_), .. } => {
                Some(("Your account is deleted.", "You are signed out everywhere."))
            }
            _ => None,
        }
    }
}

async fn show(
    State(app): State<App>,
    stranger: Stranger,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    if stranger.signed_in {
        return Ok(go(local(asked.next.as_deref()).unwrap_or("/")));
    }
    page(&app, &stranger, &Draft::default(), asked.done()).await
}

async fn enter(
    State(app): State<App>,
    stranger: Stranger,
    session: Session,
    Browser(device): Browser,
    Query(asked): Query<Asked>,
    mut draft: Draft,
) -> Result<Response, Failure> {
    if let Some(email) = draft.read::<Email>("email") {
        let password = draft.value("password").into();
        match identity::log_in(&app.store, &app.secrets, &session, &email, &password, &device).await
        {
            Ok(done) => return Ok(onward(done, local(asked.next.as_deref()).unwrap_or("/"))),
            Err(error) => refuse(&mut draft, error)?,
        }
    }
    page(&app, &stranger, &draft, None).await
}

/// Where a right password leads.
pub(super) fn onward(done: LoggedIn, next: &str) -> Response {
    match done {
        LoggedIn::In(_) => go(next),
        LoggedIn::CodeNext => go(with_next("/sign-in/code", next)),
    }
}

fn refuse(draft: &mut Draft, error: LogInError) -> Result<(), Failure> {
    match error {
        LogInError::Wrong | LogInError::Wait(_) | LogInError::Busy(_) => {
            draft.refuse_with("password", &error);
            Ok(())
        }
        LogInError::Store(error) => Err(error.into()),
        LogInError::Session(error) => Err(error.into()),
    }
}

async fn page(
    app: &App,
    stranger: &Stranger,
    draft: &Draft,
    done: Option<(&'static str, &'static str)>,
) -> Result<Response, Failure> {
    let open = app.store.system().sign_up_policy().await? == SignUpPolicy::Open;
    let (host, mails) = (app.host(), app.mails);
    Ok(stranger.look.page(Page::new(labels::SIGN_IN).status(draft.status()), || {
        let form = form(draft);
        view! {
            <Door
                title=labels::SIGN_IN
                sub="See what your organization spends on language models, and decide where it stops."
                foot=host
            >
                {done.map(|(lead, text)| view! { <Notice tone=Tone::Ok lead text/> })}
                {form}
                {below(open, mails)}
            </Door>
        }
    }))
}

fn below(open: bool, mails: bool) -> AnyView {
    let account = if open {
        view! { "No account yet? "<a href="/sign-up">"Create one"</a>". " }.into_any()
    } else {
        view! { "No account yet? Accounts are by invitation here: ask an owner of your organization, or whoever runs this installation. " }.into_any()
    };
    let forgot = if mails {
        view! { "Forgot the password? "<a href="/forgot">"Choose a new one"</a>"." }.into_any()
    } else {
        "Forgot the password? Whoever runs this installation can make a link for you to set a new one."
            .into_any()
    };
    view! { <p class="small muted">{account}{forgot}</p> }.into_any()
}

fn form(draft: &Draft) -> AnyView {
    view! {
        <form class="form" method="post">
            <ErrorSummary lead=labels::YOU_ARE_NOT_SIGNED_IN errors=draft.errors()/>
            <Field name="email" label=labels::E_MAIL kind="email" value=draft.value("email") error=draft.error("email") autocomplete="username" required=true autofocus=true/>
            <Field name="password" label=labels::PASSWORD kind="password" error=draft.error("password") autocomplete="current-password" required=true/>
            <Button weight=Weight::Primary wide=true>{labels::SIGN_IN}</Button>
        </form>
    }
    .into_any()
}
