//! `/{org}/keys/{key}/rotate`: a new secret in an old key's place, shown in the answer to the form.

use axum::{Router, extract::State, response::Response, routing::get};
use domain::{Expiry, Forbidden, Overlap};
use identity::MintedKey;
use leptos::prelude::*;
use store::{ApiKey, Conflict, Rotation, StoreError};

use super::{masked, owner};
use crate::{
    components::{
        Button, DialogPage, ErrorSummary, Fact, Facts, Group, Knob, LinkButton, Precision, Weight,
        time_text,
    },
    labels,
    layouts::{NavItem, Shell},
    pages::{
        key_fields,
        new_key::{Shown, Waits, made_already},
    },
    render::Page,
    web::{App, Draft, Failure, Member, Path, id},
};

pub(super) fn router() -> Router<App> {
    Router::new().route("/{org}/keys/{key}/rotate", get(show).post(rotate))
}

async fn show(
    State(app): State<App>,
    member: Member,
    Path((_, key)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let key = find(&app, &member, &key).await?;
    let draft = Draft::with([("overlap", Overlap::Day.as_str().to_owned())]);
    page(&app, &member, &key, &draft).await
}

async fn rotate(
    State(app): State<App>,
    member: Member,
    Path((_, key)): Path<(String, String)>,
    mut draft: Draft,
) -> Result<Response, Failure> {
    let old = find(&app, &member, &key).await?;
    let form = key_fields::read_once(&draft)?;
    let Some(overlap) = draft.read::<Overlap>("overlap") else {
        return page(&app, &member, &old, &draft).await;
    };
    let minted = MintedKey::new(&app.secrets)?;
    let rotation = Rotation { old: old.id, overlap, form: Some(form), key: minted.stored() };
    match app.store.rotate_api_key(&member.caller, &rotation).await {
        Ok(made) => {
            let zone = member.organization.zone;
            let never = || labels::NEVER.to_owned();
            let date = |at| time_text(at, zone, Precision::Minute);
            let facts = vec![
                (labels::NAME, old.name.clone()),
                (labels::PROJECT, old.project_name.clone()),
                (labels::OWNER, owner(&old).1),
                (labels::EXPIRES, made.expires_at.map_or_else(never, date)),
                ("The old key is refused", overlap.label().to_owned()),
            ];
            let done = member.path(&format!("keys/{}", made.id));
            Ok(Shown {
                minted,
                facts,
                done,
                said: Vec::new(),
                permissions: old.permissions.clone(),
                organization: None,
                first: Some(Waits::for_key(&member, made.id)),
            }
            .of_member(&app, &member))
        }
        // The first of two who send the same form wins the place; the other one meets either rule.
        Err(StoreError::Conflict(Conflict::KeyMade | Conflict::KeyReplaced)) => {
            Ok(made_already(&member))
        }
        Err(error) => {
            draft.conflict("overlap", error)?;
            page(&app, &member, &old, &draft).await
        }
    }
}

async fn find(app: &App, member: &Member, key: &str) -> Result<ApiKey, Failure> {
    let key = app.store.api_key(&member.caller, id(key)?).await?;
    if key.may_rotate() { Ok(key) } else { Err(Forbidden.into()) }
}

async fn page(
    app: &App,
    member: &Member,
    key: &ApiKey,
    draft: &Draft,
) -> Result<Response, Failure> {
    let rules = app.store.key_rules(&member.caller).await?;
    let lives = match Expiry::of_successor(key.created_at, key.expires_at, rules.max_days) {
        Expiry::Days(days) => format!("{days} days, as the old one was meant to"),
        Expiry::Never | Expiry::At(_) => "Until it is revoked".to_owned(),
    };
    let title = format!("Rotate “{}”?", key.name);
    let page = Page::new(title.clone()).status(draft.status());
    Ok(member.visitor.look.page(page, || {
        let back = member.path(&format!("keys/{}", key.id));
        let action = format!("{back}/rotate");
        let chosen = draft.value("overlap");
        let knobs = Overlap::ALL.map(|overlap| {
            let value = overlap.as_str();
            view! { <Knob name="overlap" value label=overlap.label() checked=chosen == value/> }
        });
        let knobs = knobs.into_iter().collect_view();
        let foot = view! {
            <LinkButton href=back weight=Weight::Quiet>{labels::KEEP_KEY}</LinkButton>
            <Button weight=Weight::Primary>"Make the new key"</Button>
        }
        .into_any();
        let (once, errors, error) =
            (key_fields::once(draft), draft.errors(), draft.error("overlap"));
        let (masked, project) = (masked(key), key.project_name.clone());
        view! {
            <Shell frame=member.frame(NavItem::Keys)>
                <form method="post" action=action>
                    {once}
                    <DialogPage title text="A new key of the same name, owner, permissions and budgets is made and shown once. The old one goes on working until the moment chosen here, so that applications can change over." foot>
                        <ErrorSummary lead=labels::NO_KEY_WAS_MADE errors/>
                        <Facts>
                            <Fact label="Old key"><span class="mono">{masked}</span></Fact>
                            <Fact label=labels::PROJECT>{project}</Fact>
                            <Fact label="The new one lives">{lives}</Fact>
                        </Facts>
                        <Group legend="The old key expires" name="overlap" error>{knobs}</Group>
                    </DialogPage>
                </form>
            </Shell>
        }
    }))
}
