//! `/account`: who the person is, and what guards the account.

mod delete;
mod devices;
mod email;
mod password;
mod profile;
mod second_factor;

use axum::{Router, extract::State, response::Response, routing::get};
use chrono_tz::Tz;
use identity::{AskError, Device};
use leptos::prelude::*;
use serde::Deserialize;
use tower_sessions::Session;

use super::frame::Personal;
use crate::{
    components::{
        Badge, Card, CardBody, ErrorSummary, Fact, Facts, LinkButton, PostButton, Toast, Tone,
        Weight,
    },
    labels,
    layouts::NavItem,
    render::Page,
    web::{App, Browser, Draft, Failure, Member, Query, Visitor, go, id},
};

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/account", get(show).post(edit))
        .merge(delete::router())
        .merge(email::router())
        .merge(second_factor::router())
}

#[derive(Deserialize)]
struct After {
    saved: Option<String>,
}

impl After {
    /// What was done.
    fn words(&self) -> Option<(&'static str, &'static str)> {
        Some(match self.saved.as_deref()? {
            "profile" => ("Profile saved.", ""),
            "devices" => (labels::SIGNED_OUT, "That device is signed out now."),
            "others" => (labels::SIGNED_OUT, "All other devices are signed out now."),
            "mailed" => ("A mail is on its way.", "Its link works for 24 hours."),
            "email" => ("E-mail address changed.", labels::YOU_ARE_SIGNED_OUT_ON_ALL_OTHER_DEVICES),
            _ => (labels::PASSWORD_CHANGED, labels::YOU_ARE_SIGNED_OUT_ON_ALL_OTHER_DEVICES),
        })
    }
}

async fn show(
    State(app): State<App>,
    visitor: Visitor,
    session: Session,
    Query(after): Query<After>,
) -> Result<Response, Failure> {
    page(&app, visitor, &session, &Draft::default(), &after).await
}

async fn edit(
    State(app): State<App>,
    visitor: Visitor,
    session: Session,
    Browser(device): Browser,
    mut draft: Draft,
) -> Result<Response, Failure> {
    let account = &visitor.account;
    let next = match draft.value("action").as_str() {
        "leave" => {
            app.store.system().delete_sessions_of(account.id).await?;
            identity::log_out(&session).await?;
            return Ok(go("/sign-in"));
        }
        "others" => {
            identity::end_other_sessions(&app.store, &session, account).await?;
            "/account?saved=others"
        }
        "end" => {
            let id = id(&draft.value("session"))?;
            // One that is over already is as good as ended.
            identity::end_session(&app.store, account, id).await?;
            "/account?saved=devices"
        }
        "profile" => {
            profile::save(&app, account, &mut draft).await?;
            "/account?saved=profile"
        }
        "password" => {
            password::change(&app, account, &session, &device, &mut draft).await?;
            "/account?saved"
        }
        "verify" => {
            verify(&app, &visitor, &device, &mut draft).await?;
            "/account?saved=mailed"
        }
        _ => return Err(Failure::BadRequest),
    };
    if draft.errors().is_empty() {
        return Ok(go(next));
    }
    page(&app, visitor, &session, &draft, &After { saved: None }).await
}

/// Mails the link that verifies the address, once more.
async fn verify(
    app: &App,
    visitor: &Visitor,
    device: &Device,
    draft: &mut Draft,
) -> Result<(), Failure> {
    if !visitor.unverified {
        return Ok(());
    }
    match identity::ask_verification(&app.store, &app.secrets, &visitor.account, device).await {
        Ok(()) => Ok(()),
        Err(AskError::Store(error)) => Err(error.into()),
        Err(error @ AskError::Wait(_)) => {
            draft.refuse_with("email", &error);
            Ok(())
        }
    }
}

async fn page(
    app: &App,
    visitor: Visitor,
    session: &Session,
    draft: &Draft,
    after: &After,
) -> Result<Response, Failure> {
    let (look, account, unverified) = (visitor.look, visitor.account.clone(), visitor.unverified);
    let own = app.store.system().organizations_of(account.id).await?;
    let sessions = identity::sessions(&app.store, session, &account).await?;
    let home = Member::at_home(app, visitor).await?;
    let zone = home.as_ref().map_or(Tz::UTC, |member| member.organization.zone);
    let frame = home.map(|member| member.frame(NavItem::None));
    Ok(look.page(Page::new(labels::YOUR_ACCOUNT).status(draft.status()), || {
        let draft = |action: &str| {
            if draft.value("action") == action { draft.clone() } else { Draft::default() }
        };
        let done = after.words();
        let profile = profile::card(&account, &own, &draft("profile"));
        let email = email_card(account.email.to_string(), unverified, &draft("verify"));
        let guards = guards(account.factor);
        let devices = devices::card(sessions, zone);
        let password = password::card(&account, &draft("password"));
        view! {
            <Personal frame title=labels::YOUR_ACCOUNT sub="The same in every organization that you are a member of.">
                {done.map(|(lead, text)| view! { <Toast lead text/> })}
                <div class="grid two">
                    <div class="stack">{profile}{password}</div>
                    <div class="stack">{email}{guards}{keys()}</div>
                </div>
                {devices}
                <div class="row"><LinkButton href="/account/delete" weight=Weight::Danger>{labels::DELETE_MY_ACCOUNT}</LinkButton></div>
            </Personal>
        }
    }))
}

fn email_card(email: String, unverified: bool, draft: &Draft) -> AnyView {
    let state = unverified.then(|| view! { " "<Badge tone=Tone::Warn text=labels::NOT_VERIFIED/> });
    let again = unverified.then(|| {
        let fields = vec![("action", "verify".to_owned())];
        view! { <PostButton action="/account" fields>{labels::SEND_IT_AGAIN}</PostButton> }
    });
    let errors = draft.errors();
    view! {
        <Card title=labels::E_MAIL>
            <CardBody split=true>
                <ErrorSummary lead=labels::NO_MAIL_WAS_SENT errors/>
                <Facts><Fact label=labels::ADDRESS><span id="f-email">{email}</span>{state}</Fact></Facts>
                <p class="muted">{labels::YOU_SIGN_IN_WITH_IT_AND_ALERTS_GO_THERE}</p>
                <div class="row">
                    {again}
                    <LinkButton href="/account/email">{labels::CHANGE_E_MAIL}</LinkButton>
                </div>
            </CardBody>
        </Card>
    }
    .into_any()
}

/// The way to what else is the person's own.
fn keys() -> AnyView {
    view! {
        <Card title=labels::PERSONAL_KEYS>
            <CardBody split=true>
                <p class="muted">"For scripts and tools that you run yourself. They stop when you leave."</p>
                <div class="row"><LinkButton href="/account/keys">"See personal keys"</LinkButton></div>
            </CardBody>
        </Card>
    }
    .into_any()
}

/// What else guards the account.
fn guards(factor: bool) -> AnyView {
    let state = if factor {
        view! { <Badge tone=Tone::Ok text=labels::ON/> }
    } else {
        view! { <Badge text=labels::OFF/> }
    };
    view! {
        <Card title=labels::SECOND_FACTOR>
            <CardBody split=true>
                <Facts><Fact label="Codes from an app">{state}</Fact></Facts>
                <p class="muted">"With it, your password alone is not enough to sign in."</p>
                <div class="row">
                    <LinkButton href="/account/second-factor">{if factor { "Manage it" } else { labels::SET_IT_UP }}</LinkButton>
                </div>
            </CardBody>
        </Card>
    }
    .into_any()
}
