//! `/{org}/keys`: the keys of the projects that a person sees.

mod edit;
mod filter;
mod import;
mod key;
mod members;
mod revoke;
mod rotate;
pub(super) mod state;

use axum::{Router, extract::State, response::Response, routing::get};
use domain::{Action, KeyId, api_key::Opens};
use filter::{Asked, Keys, owner};
use leptos::prelude::*;
use serde::Deserialize;
use state::{Hygiene, KeyState, last_used};
use store::{ApiKey, KeyOwner};

use crate::{
    components::{
        Badge, Card, Column, Empty, Glyph, Link, LinkButton, Money, Notice, Pager, Precision,
        Table, Tabs, Time, Toast, Tone, Weight, ago,
    },
    labels,
    layouts::{NavItem, PageHead, Shell},
    render::Page,
    web::{App, Failure, Member, Query},
};

/// Rows in one page.
const ROWS: usize = 100;

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/{org}/keys", get(show))
        .merge(import::router())
        .merge(key::router())
        .merge(members::router())
        .merge(revoke::router())
        .merge(rotate::router())
}

#[derive(Deserialize)]
struct After {
    done: Option<String>,
    key: Option<String>,
}

async fn show(
    State(app): State<App>,
    member: Member,
    Query(asked): Query<Asked>,
    Query(after): Query<After>,
) -> Result<Response, Failure> {
    let keys = Keys {
        all: app.store.api_keys(&member.caller).await?,
        activity: app.store.key_activity(&member.caller).await?,
        now: app.store.system().now().await?,
    };
    // Who can't fill it in is not told to.
    let billing = !member.can(Action::SeeBilling)
        || app.store.billing_profile(&member.caller).await?.is_some();
    Ok(member.visitor.look.page(Page::new(labels::API_KEYS), || {
        let no_billing = (!billing).then(|| no_billing(&member));
        let stored = stored(&member, &keys, &after);
        let (new_key, import) = (member.path("keys/new"), member.path("keys/import"));
        let tabs = tabs(&member, Tab::Keys);
        let hygiene = (!keys.all.is_empty()).then(|| hygiene(&member, &asked, &keys));
        let list = list(&member, &asked, &keys);
        // Before the first key the list asks for it.
        let make = (!keys.all.is_empty()).then(|| {
            view! { <LinkButton href=new_key weight=Weight::Primary glyph=Glyph::Plus>{labels::NEW_KEY}</LinkButton> }
        });
        view! {
            <Shell frame=member.frame(NavItem::Keys)>
                <PageHead title=labels::API_KEYS sub=labels::WHAT_A_KEY_IS>
                    <LinkButton href=import>{labels::IMPORT_LABELS}</LinkButton>
                    {make}
                </PageHead>
                {stored}
                {no_billing}
                {tabs}
                {hygiene}
                {list}
            </Shell>
        }
    }))
}

/// After a new key was shown, with the way to a budget of its own where one was left open.
fn stored(member: &Member, keys: &Keys, after: &After) -> Option<AnyView> {
    let key: KeyId = after.key.as_deref()?.parse().ok()?;
    keys.all.iter().find(|one| one.id == key)?;
    let done = after.done.as_deref().filter(|done| ["stored", "limited"].contains(done))?;
    let budget = (done == "stored" && member.can(Action::EditLimits)).then(|| {
        let href = member.path(&format!("budgets?scope={key}"));
        view! { <LinkButton href>{labels::SET_ITS_BUDGET}</LinkButton> }
    });
    let text = "Its requests count in its project’s usage and budgets.";
    Some(view! { <Toast lead="Key made." text>{budget}</Toast> }.into_any())
}

/// A list about keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tab {
    Keys,
    ServiceAccounts,
    Personal,
}

/// The lists that the person may see.
pub(super) fn tabs(member: &Member, current: Tab) -> AnyView {
    let mut tabs = vec![
        (Tab::Keys, "Keys of projects", "keys"),
        (Tab::ServiceAccounts, labels::SERVICE_ACCOUNTS, "service-accounts"),
    ];
    if member.can(Action::EditPersonalKeys) {
        tabs.push((Tab::Personal, labels::PERSONAL_KEYS, "keys/personal"));
    }
    let link = |(tab, text, path): (Tab, &'static str, &'static str)| {
        (Link::new(text, member.path(path)).current(tab == current), None)
    };
    let links = tabs.into_iter().map(link).collect();
    view! { <Tabs label=labels::KEYS links/> }.into_any()
}

/// Said wherever keys are made, because such a key is of no use.
pub(super) fn no_billing(member: &Member) -> AnyView {
    let billing = member.path("billing");
    view! {
        <Notice
            tone=Tone::Warn
            lead=labels::REQUESTS_ARE_REFUSED_UNTIL_BILLING_IS_FILLED_IN
            text="Keys can be made; the gateway answers them with 429 billing_not_active."
        >
            <LinkButton href=billing>{labels::FILL_IN_BILLING}</LinkButton>
        </Notice>
    }
    .into_any()
}

/// What might be tidied up, each with the way to it.
fn hygiene(member: &Member, asked: &Asked, keys: &Keys) -> AnyView {
    let tiles = Hygiene::ALL.map(|it| {
        let href = member.path(&format!("keys?hygiene={}", it.as_str()));
        let current = (asked.hygiene == it.as_str()).then_some("true");
        view! {
            <a class="card tile" href=href aria-current=current><b>{keys.with(it)}</b>{it.label()}</a>
        }
    });
    view! { <div class="tiles">{tiles.into_iter().collect_view()}</div> }.into_any()
}

fn list(member: &Member, asked: &Asked, keys: &Keys) -> AnyView {
    if keys.all.is_empty() {
        let new_key = member.path("keys/new");
        return view! {
            <Card>
                <Empty title="No keys yet" text="Make one for each application, so that its requests are counted and limited on their own.">
                    <LinkButton href=new_key weight=Weight::Primary glyph=Glyph::Plus>{labels::NEW_KEY}</LinkButton>
                </Empty>
            </Card>
        }
        .into_any();
    }
    let form = asked.form(member, keys);
    let found: Vec<_> = keys.all.iter().filter(|key| asked.takes(keys, key)).collect();
    if found.is_empty() {
        let clear = member.path("keys");
        return view! {
            {form}
            <Card>
                <Empty title="No such key" text="No key fits these filters. Keys that are revoked stay listed under the state “Revoked”, because their usage stays, too.">
                    <LinkButton href=clear>{labels::CLEAR_FILTERS}</LinkButton>
                </Empty>
            </Card>
        }
        .into_any();
    }
    let first = (asked.page() - 1) * ROWS;
    let rows = found.iter().skip(first).take(ROWS).map(|key| row(member, keys, key));
    let rows = rows.collect_view();
    let columns = vec![
        Column::text(labels::NAME),
        Column::text(labels::PROJECT),
        Column::text(labels::OWNER),
        Column::text(labels::PERMISSIONS),
        Column::text(labels::MADE),
        Column::text(labels::LAST_USED),
        Column::text(labels::EXPIRES),
        Column::number(labels::THIS_CYCLE),
        Column::act(),
    ];
    let pager = pager(member, asked, found.len(), keys.all.len());
    view! { {form}<Card><Table label=labels::API_KEYS columns>{rows}</Table>{pager}</Card> }
        .into_any()
}

fn pager(member: &Member, asked: &Asked, found: usize, all: usize) -> AnyView {
    let page = asked.page();
    let shown = found.saturating_sub((page - 1) * ROWS).min(ROWS);
    let previous = (page > 1).then(|| asked.on_page(member, page - 1));
    let next = (page * ROWS < found).then(|| asked.on_page(member, page + 1));
    view! { <Pager shown=format!("{shown} of {all} keys") previous next/> }.into_any()
}

fn row(member: &Member, keys: &Keys, key: &ApiKey) -> AnyView {
    let zone = member.organization.zone;
    let (activity, state) = (keys.activity(key), keys.state(key));
    let href = member.path(&format!("keys/{}", key.id));
    let project = member.path(&format!("projects/{}", key.project));
    let revoke = (key.revoked_at.is_none() && key.may_edit()).then(|| {
        let (verb, href) = (removal(key), format!("{href}/revoke"));
        view! { <LinkButton href weight=Weight::Quiet>{verb}"…"</LinkButton> }
    });
    let expires = match key.expires_at {
        Some(at) => view! { <Time at zone precision=Precision::Day/> }.into_any(),
        None => view! { <span class="faint">{labels::NEVER}</span> }.into_any(),
    };
    view! {
        <tr>
            <th scope="row">
                <a href=href>{key.name.clone()}</a>
                {badges(keys, key, state)}
                <small class="mono">{masked(key)}</small>
            </th>
            <td data-l=labels::PROJECT><a href=project>{key.project_name.clone()}</a></td>
            <td data-l=labels::OWNER class="muted">{owner_view(key)}</td>
            <td data-l=labels::PERMISSIONS class="muted wide">{key.permissions.label()}</td>
            <td data-l=labels::MADE class="wide"><Time at=key.created_at zone precision=Precision::Day/></td>
            <td data-l=labels::LAST_USED>{used(keys, key, member)}</td>
            <td data-l=labels::EXPIRES>{expires}</td>
            <td data-l=labels::THIS_CYCLE class="num"><Money amount=activity.spent/></td>
            <td class="act">{revoke}</td>
        </tr>
    }
    .into_any()
}

/// The state, unless the key is simply used; then what else a person should know.
fn badges(keys: &Keys, key: &ApiKey, state: KeyState) -> AnyView {
    let never = Hygiene::NeverUsed.concerns(key, &keys.activity(key), keys.now);
    let state = match state {
        KeyState::Active if never => Some((Tone::Warn, labels::NEVER_USED)),
        KeyState::Active => None,
        other => Some((other.tone(), other.label())),
    };
    let state =
        state.map(|(tone, text)| view! { " "<Badge tone bare=tone == Tone::Warn line=true text/> });
    let untracked = (!key.tracked && !key.imported)
        .then(|| view! { " "<Badge line=true text=labels::UNTRACKED/> });
    view! { {state}{untracked} }.into_any()
}

/// Whose a key is.
fn owner_view(key: &ApiKey) -> AnyView {
    let words = owner(key).1;
    match &key.owner {
        KeyOwner::ServiceAccount { .. } => {
            view! { <span><span class="mono">{words}</span><small>{labels::SERVICE_ACCOUNT}</small></span> }
                .into_any()
        }
        _ => words.into_any(),
    }
}

fn used(keys: &Keys, key: &ApiKey, member: &Member) -> AnyView {
    let zone = member.organization.zone;
    let activity = keys.activity(key);
    match (key.used_at, last_used(key, &activity)) {
        (Some(at), Some(last)) if at == last => ago(at, keys.now, zone).into_any(),
        (_, Some(at)) => view! { <Time at zone precision=Precision::Day/> }.into_any(),
        _ => view! { <span class="faint">{labels::NEVER}</span> }.into_any(),
    }
}

/// What tells a key from others.
pub(super) fn masked(key: &ApiKey) -> String {
    match (key.imported, key.last_four.is_empty()) {
        (true, true) => "at the provider".to_owned(),
        (true, false) => format!("…{}", key.last_four),
        (false, _) => Opens::Gateway.masked(&key.public_id, &key.last_four),
    }
}

/// The verb for what ends a key.
const fn removal(key: &ApiKey) -> &'static str {
    if key.imported { labels::REMOVE } else { labels::REVOKE }
}
