//! `/{org}/keys/personal`: members' personal keys, as owners see and refuse them.

use axum::{
    Router,
    extract::State,
    response::Response,
    routing::{get, post},
};
use chrono::{DateTime, Utc};
use domain::api_key::Opens;
use leptos::prelude::*;
use store::MemberKey;

use super::{Tab, tabs};
use crate::{
    components::{
        Badge, Card, Column, Empty, Notice, PostButton, Precision, Table, Time, Tone, Weight, ago,
    },
    labels,
    layouts::{NavItem, PageHead, Shell},
    render::Page,
    web::{App, Draft, Failure, Member, Path, go, id},
};

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/{org}/keys/personal", get(show))
        .route("/{org}/keys/personal/{key}", post(decide))
}

async fn show(State(app): State<App>, member: Member) -> Result<Response, Failure> {
    let keys = app.store.member_keys(&member.caller).await?;
    let rules = app.store.key_rules(&member.caller).await?;
    let now = app.store.system().now().await?;
    Ok(member.visitor.look.page(Page::new(labels::PERSONAL_KEYS), || {
        let tabs = tabs(&member, Tab::Personal);
        let rule = rules.service_keys_only.then(|| {
            view! { <Notice tone=Tone::Warn lead="All of them are refused." text="Only service accounts may have keys in this organization: its settings say so."/> }
        });
        let list = list(&member, keys, now);
        view! {
            <Shell frame=member.frame(NavItem::Keys)>
                <PageHead title=labels::PERSONAL_KEYS sub="Members’ own keys. Requests that name this organization, or whose person has it as the default one, are billed to it."/>
                {tabs}
                {rule}
                <Card>{list}</Card>
            </Shell>
        }
    }))
}

async fn decide(
    State(app): State<App>,
    member: Member,
    Path((_, key)): Path<(String, String)>,
    draft: Draft,
) -> Result<Response, Failure> {
    let blocked = match draft.value("action").as_str() {
        "block" => true,
        "allow" => false,
        _ => return Err(Failure::BadRequest),
    };
    app.store.set_personal_key_blocked(&member.caller, id(&key)?, blocked).await?;
    Ok(go(member.path("keys/personal")))
}

fn list(member: &Member, keys: Vec<MemberKey>, now: DateTime<Utc>) -> AnyView {
    if keys.is_empty() {
        return view! { <Empty title="No member has a personal key" text="Members make them under “Your account”. They are listed here, and you can have this organization refuse them."/> }
            .into_any();
    }
    let rows = keys.into_iter().map(|key| row(member, key, now)).collect_view();
    let columns = vec![
        Column::text(labels::PERSON),
        Column::text(labels::KEY),
        Column::text(labels::LAST_USED_HERE),
        Column::text(labels::EXPIRES),
        Column::act(),
    ];
    view! { <Table label=labels::PERSONAL_KEYS columns>{rows}</Table> }.into_any()
}

fn row(member: &Member, key: MemberKey, now: DateTime<Utc>) -> AnyView {
    let zone = member.organization.zone;
    let action = member.path(&format!("keys/personal/{}", key.id));
    let used = key.used_at.map_or_else(|| labels::NEVER.to_owned(), |at| ago(at, now, zone));
    let expires = match key.expires_at {
        Some(at) => view! { <Time at zone precision=Precision::Day/> }.into_any(),
        None => view! { <span class="faint">{labels::NEVER}</span> }.into_any(),
    };
    let blocked = key.blocked_at.is_some();
    let masked = Opens::Gateway.masked(&key.public_id, &key.last_four);
    let (verb, words) = if blocked { ("allow", "Allow key") } else { ("block", "Refuse key") };
    let fields = vec![("action", verb.to_owned())];
    let badge =
        blocked.then(|| view! { " "<Badge tone=Tone::Warn bare=true text=labels::REFUSED/> });
    view! {
        <tr>
            <th scope="row">{key.member_name}{badge}<small>{key.member_email}</small></th>
            <td data-l=labels::KEY class="mono small">{masked}</td>
            <td data-l=labels::LAST_USED_HERE>{used}</td>
            <td data-l=labels::EXPIRES>{expires}</td>
            <td class="act"><PostButton action fields weight=Weight::Quiet>{words}</PostButton></td>
        </tr>
    }
    .into_any()
}
