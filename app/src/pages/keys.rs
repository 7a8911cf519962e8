//! `/{org}/keys`: every key of every project, and the way to revoke one.

mod revoke;
mod state;

use std::collections::HashMap;

use axum::{
    Router,
    extract::{Query, State},
    response::Response,
    routing::get,
};
use domain::{Action, KeyId};
use leptos::prelude::*;
use serde::Deserialize;
use state::KeyState;
use store::{ApiKey, KeyActivity};

use crate::{
    components::{
        Badge, Card, Column, Empty, Glyph, Link, LinkButton, Money, Notice, Precision, Table, Tabs,
        Time, Tone, Weight,
    },
    layouts::{NavItem, PageHead, Shell},
    render::Page,
    web::{App, Failure, Member},
};

pub(super) fn router() -> Router<App> {
    Router::new().route("/{org}/keys", get(show)).merge(revoke::router())
}

#[derive(Deserialize)]
struct Asked {
    /// `revoked` for the revoked ones.
    state: Option<String>,
}

struct List {
    keys: Vec<ApiKey>,
    activity: HashMap<KeyId, KeyActivity>,
    /// Show the revoked ones.
    revoked: bool,
    billing: bool,
}

async fn show(
    State(app): State<App>,
    member: Member,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let found = List {
        keys: app.store.api_keys(&member.caller).await?,
        activity: app.store.key_activity(&member.caller).await?,
        revoked: asked.state.as_deref() == Some("revoked"),
        // Who can't fill it in is not told to.
        billing: !member.can(Action::SeeBilling)
            || app.store.billing_profile(&member.caller).await?.is_some(),
    };
    Ok(member.visitor.look.page(Page::new("API keys"), || {
        let new_key = member.path("keys/new");
        let no_billing = (!found.billing).then(|| no_billing(&member));
        let list = list(&member, found);
        view! {
            <Shell frame=member.frame(NavItem::Keys)>
                <PageHead title="API keys" sub="Every key of every project. A key is shown once, when it is made.">
                    <LinkButton href=new_key weight=Weight::Primary glyph=Glyph::Plus>"New key"</LinkButton>
                </PageHead>
                {no_billing}
                {list}
            </Shell>
        }
    }))
}

/// Said wherever keys are made, because such a key is of no use.
pub(super) fn no_billing(member: &Member) -> AnyView {
    let billing = member.path("billing");
    view! {
        <Notice
            tone=Tone::Warn
            lead="Requests are refused until billing is filled in."
            text="Keys can be made; the gateway answers them with 429 billing_not_active."
        >
            <LinkButton href=billing>"Fill in billing"</LinkButton>
        </Notice>
    }
    .into_any()
}

fn list(member: &Member, found: List) -> AnyView {
    let List { keys, activity, revoked, .. } = found;
    let (gone, live): (Vec<_>, Vec<_>) = keys.into_iter().partition(|key| key.revoked_at.is_some());
    let count = |keys: &[ApiKey]| u64::try_from(keys.len()).ok();
    let tabs = vec![
        (Link::new("Live", member.path("keys")).current(!revoked), count(&live)),
        (Link::new("Revoked", member.path("keys?state=revoked")).current(revoked), count(&gone)),
    ];
    let tabs = (!gone.is_empty()).then(|| view! { <Tabs label="Keys" links=tabs/> });
    let shown = if revoked { gone } else { live };
    if shown.is_empty() {
        let nothing = nothing(member, revoked);
        return view! { {tabs}<Card>{nothing}</Card> }.into_any();
    }
    let rows = shown.into_iter().map(|key| {
        let activity = activity.get(&key.id).cloned().unwrap_or_default();
        row(member, key, &activity)
    });
    let rows = rows.collect_view();
    let columns = vec![
        Column::text("Name"),
        Column::text("Project"),
        Column::text("Made by"),
        Column::text("Made"),
        Column::text("Last used"),
        Column::number("This cycle"),
        Column::act(),
    ];
    view! { {tabs}<Card><Table label="API keys" columns>{rows}</Table></Card> }.into_any()
}

fn nothing(member: &Member, revoked: bool) -> AnyView {
    if revoked {
        return view! { <Empty title="No key was revoked" text="Keys that are revoked stay listed here, because their usage stays, too."/> }
            .into_any();
    }
    let new_key = member.path("keys/new");
    view! {
        <Empty title="No keys yet" text="A key lets an application send requests for one project. It is shown once, when it is made.">
            <LinkButton href=new_key weight=Weight::Primary>"Make a key"</LinkButton>
        </Empty>
    }
    .into_any()
}

fn row(member: &Member, key: ApiKey, activity: &KeyActivity) -> AnyView {
    let zone = member.organization.zone;
    let badge = KeyState::of(&key, activity).map(|state| {
        let (tone, text) = state.badge();
        view! { " "<Badge tone bare=tone == Tone::Warn line=true text/> }
    });
    let used = match activity.last_day {
        Some(at) => view! { <Time at zone precision=Precision::Day/> }.into_any(),
        None => view! { <span class="faint">"Never"</span> }.into_any(),
    };
    let revoke = (key.revoked_at.is_none() && member.can(Action::EditKeys)).then(|| {
        let href = member.path(&format!("keys/{}/revoke", key.id));
        view! { <LinkButton href weight=Weight::Quiet>"Revoke…"</LinkButton> }
    });
    let masked = masked(&key);
    let project = member.path(&format!("projects/{}", key.project));
    view! {
        <tr>
            <th scope="row">{key.name}{badge}<small class="mono">{masked}</small></th>
            <td data-l="Project"><a href=project>{key.project_name}</a></td>
            <td data-l="Made by" class="muted">{key.created_by.unwrap_or_else(|| "A former member".to_owned())}</td>
            <td data-l="Made"><Time at=key.created_at zone precision=Precision::Day/></td>
            <td data-l="Last used">{used}</td>
            <td data-l="This cycle" class="num"><Money amount=activity.spent/></td>
            <td class="act">{revoke}</td>
        </tr>
    }
    .into_any()
}

/// What recognizes a key: its public id and its last four characters.
fn masked(key: &ApiKey) -> String {
    format!("sk-exq-{}…{}", key.public_id, key.last_four)
}
