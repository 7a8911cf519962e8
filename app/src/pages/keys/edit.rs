//! The forms on a key's page.

use axum::{extract::State, response::Response};
use domain::{KeyId, Name};
use leptos::prelude::*;
use store::{ApiKey, StoreError};

use super::key::{begin, page};
use crate::{
    components::{Button, Card, CardBody, ErrorSummary, Field, PostButton},
    labels,
    pages::{key_fields, key_limits},
    web::{App, Draft, Failure, Member, Path, go, id},
};

pub(super) async fn edit(
    State(app): State<App>,
    member: Member,
    Path((_, key)): Path<(String, String)>,
    mut draft: Draft,
) -> Result<Response, Failure> {
    let key: KeyId = id(&key)?;
    // Who may not know of it is told so, whatever was typed.
    app.store.api_key(&member.caller, key).await?;
    let (field, done) = match draft.value("action").as_str() {
        "rename" => ("name", rename(&app, &member, key, &mut draft).await),
        "permissions" => ("permissions", permissions(&app, &member, key, &mut draft).await),
        "expiry" => {
            let field = key_fields::expiry_field(&draft);
            (field, expiry(&app, &member, key, &mut draft).await)
        }
        "guards" => ("max_request", guards(&app, &member, key, &mut draft).await),
        "pause" => ("state", app.store.set_key_paused(&member.caller, key, true).await),
        "resume" => ("state", app.store.set_key_paused(&member.caller, key, false).await),
        "track" => ("track", app.store.track_api_key(&member.caller, key).await),
        _ => return Err(Failure::BadRequest),
    };
    if let Err(error) = done {
        draft.conflict(field, error)?;
    }
    if draft.errors().is_empty() {
        return Ok(go(member.path(&format!("keys/{key}?saved"))));
    }
    page(&app, &member, key, &draft, false).await
}

async fn rename(
    app: &App,
    member: &Member,
    key: KeyId,
    draft: &mut Draft,
) -> Result<(), StoreError> {
    match draft.read::<Name>("name") {
        Some(name) => app.store.rename_api_key(&member.caller, key, &name).await,
        None => Ok(()),
    }
}

async fn permissions(
    app: &App,
    member: &Member,
    key: KeyId,
    draft: &mut Draft,
) -> Result<(), StoreError> {
    match key_fields::read_permissions(draft) {
        Some(permissions) => app.store.set_key_permissions(&member.caller, key, &permissions).await,
        None => Ok(()),
    }
}

async fn expiry(
    app: &App,
    member: &Member,
    key: KeyId,
    draft: &mut Draft,
) -> Result<(), StoreError> {
    match key_fields::read_expiry(draft, member.organization.zone) {
        Some(expiry) => app.store.set_key_expiry(&member.caller, key, expiry).await,
        None => Ok(()),
    }
}

async fn guards(
    app: &App,
    member: &Member,
    key: KeyId,
    draft: &mut Draft,
) -> Result<(), StoreError> {
    match key_limits::read_guards(draft) {
        Some(guards) => app.store.set_key_guards(&member.caller, key, guards).await,
        None => Ok(()),
    }
}

/// All forms that fit the key's state, as one column.
pub(super) fn forms(member: &Member, key: &ApiKey, draft: &Draft, rule: Option<u16>) -> AnyView {
    let action = member.path(&format!("keys/{}", key.id));
    let begin = |form: &str| begin(draft, form, key, rule);
    let lives = key.revoked_at.is_none() && !key.imported;
    let rename = rename_form(&action, &begin("rename"));
    let more = lives.then(|| {
        let pause = pause(&action, key, draft);
        let track = (!key.tracked).then(|| track(&action, draft));
        let permissions = permissions_form(&action, &begin("permissions"));
        let expiry = expiry_form(&action, &begin("expiry"), rule);
        let guards = guards_form(&action, &begin("guards"));
        view! { {pause}{track}{permissions}{expiry}{guards} }
    });
    view! { <div class="stack">{rename}{more}</div> }.into_any()
}

fn rename_form(action: &str, draft: &Draft) -> AnyView {
    let field = view! {
        <Field name="name" label=labels::NAME value=draft.value("name") error=draft.error("name") required=true maxlength=100 autocomplete="off"/>
    };
    form((labels::NAME, "rename", labels::RENAME_KEY), action, draft, field.into_any())
}

fn permissions_form(action: &str, draft: &Draft) -> AnyView {
    let fields = key_fields::permissions(draft);
    form(("What it may ask for", "permissions", "Save permissions"), action, draft, fields)
}

fn expiry_form(action: &str, draft: &Draft, rule: Option<u16>) -> AnyView {
    let fields = key_fields::expiry(draft, rule);
    form(("Expiry", "expiry", "Change expiry"), action, draft, fields)
}

fn guards_form(action: &str, draft: &Draft) -> AnyView {
    let fields = key_limits::guards(draft);
    form((labels::GUARDS, "guards", "Save guards"), action, draft, fields)
}

/// A card with a form: its heading, what it does, and its button.
fn form(
    (title, verb, words): (&'static str, &'static str, &'static str),
    action: &str,
    draft: &Draft,
    fields: AnyView,
) -> AnyView {
    let form = view! {
        <form class="form" method="post" action=action.to_owned()>
            <ErrorSummary lead=labels::NOTHING_WAS_SAVED errors=draft.errors()/>
            <input type="hidden" name="action" value=verb/>
            {fields}
            <div class="row"><Button>{words}</Button></div>
        </form>
    }
    .into_any();
    view! { <Card title><CardBody split=true>{form}</CardBody></Card> }.into_any()
}

fn pause(action: &str, key: &ApiKey, draft: &Draft) -> AnyView {
    let error = draft.error("state");
    if key.paused_at.is_some() {
        let text = "It is paused: its requests are refused with 403 key_paused.";
        press((labels::RESUME, "resume", "Resume key"), action, text, error)
    } else {
        let text = "Its requests are refused with 403 key_paused until it is resumed. Nothing else changes.";
        press(("Pause", "pause", "Pause key"), action, text, error)
    }
}

fn track(action: &str, draft: &Draft) -> AnyView {
    let text = "Its usage counts in the project and stands under “Untracked”. Tracking tells it apart from now on and can’t be ended; what was used before stays under “Untracked”.";
    press(("Tracking", "track", "Start tracking"), action, text, draft.error("track"))
}

/// A card with a button.
fn press(
    (title, verb, words): (&'static str, &'static str, &'static str),
    action: &str,
    text: &'static str,
    error: Option<String>,
) -> AnyView {
    let (action, fields) = (action.to_owned(), vec![("action", verb.to_owned())]);
    let error = error.map(|error| view! { <p class="error" role="alert">{error}</p> });
    view! {
        <Card title>
            <CardBody split=true>
                {error}
                <p class="muted">{text}</p>
                <PostButton action fields>{words}</PostButton>
            </CardBody>
        </Card>
    }
    .into_any()
}
