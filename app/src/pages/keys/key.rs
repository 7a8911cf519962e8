//! `/{org}/keys/{key}`: all that is known of one key.

use axum::{Router, extract::State, response::Response, routing::get};
use domain::{KeyId, Permissions, api_key::ending};
use leptos::prelude::*;
use serde::Deserialize;
use store::{ApiKey, KeyActivity};

use super::{
    edit, masked, owner_view, removal,
    state::{KeyState, last_used},
};
use crate::{
    components::{
        Badge, Card, CardBody, Fact, Facts, Id, LinkButton, Money, Notice, Precision, Time, Toast,
        Tone, Weight,
    },
    islands::CopyButton,
    labels,
    layouts::{NavItem, PageHead, Shell},
    pages::{key_fields, key_limits},
    render::Page,
    web::{App, Draft, Failure, Member, Path, Query, id},
};

pub(super) fn router() -> Router<App> {
    Router::new().route("/{org}/keys/{key}", get(show).post(edit::edit))
}

#[derive(Deserialize)]
struct After {
    saved: Option<String>,
}

async fn show(
    State(app): State<App>,
    member: Member,
    Path((_, key)): Path<(String, String)>,
    Query(after): Query<After>,
) -> Result<Response, Failure> {
    page(&app, &member, id(&key)?, &Draft::default(), after.saved.is_some()).await
}

/// The page, with the form that came back; the others are as the key is.
pub(super) async fn page(
    app: &App,
    member: &Member,
    id: KeyId,
    draft: &Draft,
    saved: bool,
) -> Result<Response, Failure> {
    let key = app.store.api_key(&member.caller, id).await?;
    let mut activity = app.store.key_activity(&member.caller).await?;
    let activity = activity.remove(&id).unwrap_or_default();
    let now = app.store.system().now().await?;
    let state = KeyState::of(&key, &activity, now);
    let rules = app.store.key_rules(&member.caller).await?;
    let successor = match key.replaced_by {
        Some(id) => Some(app.store.api_key(&member.caller, id).await?),
        None => None,
    };
    let page = Page::new(key.name.clone()).status(draft.status()).islands();
    Ok(member.visitor.look.page(page, || {
        let above = (labels::API_KEYS, member.path("keys"));
        let (title, sub) = (key.name.clone(), format!("A key of the project {}.", key.project_name));
        let (facts, chain) = (facts(member, &key, &activity, state), chain(member, &key, successor));
        let actions = actions(member, &key, state);
        let forms = key.may_edit().then(|| edit::forms(member, &key, draft, rules.max_days));
        view! {
            <Shell frame=member.frame(NavItem::Keys)>
                <PageHead title sub above>{actions}</PageHead>
                {saved.then(|| view! { <Toast lead="Key saved." text=labels::IT_IS_IN_FORCE_ON_EVERY_NODE_WITHIN_A_SECOND/> })}
                {chain}
                <div class="grid two">{facts}{forms}</div>
            </Shell>
        }
    }))
}

/// What replaced it, and what it replaced.
fn chain(member: &Member, key: &ApiKey, successor: Option<ApiKey>) -> AnyView {
    let zone = member.organization.zone;
    let next = successor.map(|next| {
        let href = member.path(&format!("keys/{}", next.id));
        let text = match key.expires_at {
            Some(at) if !key.imported => format!(
                "This one is refused from {} on.",
                crate::components::time_text(at, zone, Precision::Minute)
            ),
            _ => String::new(),
        };
        let last = ending(&next.last_four);
        let lead = format!("A new key, {last}, was made in this one’s place.");
        view! { <Notice tone=Tone::Plain lead text><LinkButton href>"Open the new key"</LinkButton></Notice> }
    });
    let before = key.replaces.map(|id| {
        let href = member.path(&format!("keys/{id}"));
        view! { <Notice tone=Tone::Plain lead="It was made in the place of another key."><LinkButton href>"Open the old key"</LinkButton></Notice> }
    });
    view! { {next}{before} }.into_any()
}

fn actions(member: &Member, key: &ApiKey, state: KeyState) -> AnyView {
    if !key.may_edit() || key.revoked_at.is_some() {
        return ().into_any();
    }
    let path = |verb: &str| member.path(&format!("keys/{}/{verb}", key.id));
    let replace = key.imported.then(|| {
        let href = member.path(&format!("keys/new?replaces={}", key.id));
        view! { <LinkButton href weight=Weight::Primary>"Make a key in its place"</LinkButton> }
    });
    let rotates = key.may_rotate() && !key.imported && key.replaced_by.is_none();
    let rotate = (rotates && state != KeyState::Archived)
        .then(|| view! { <LinkButton href=path("rotate")>"Rotate…"</LinkButton> });
    let verb = removal(key);
    view! {
        {replace}
        {rotate}
        <LinkButton href=path("revoke") weight=Weight::Quiet>{verb}"…"</LinkButton>
    }
    .into_any()
}

fn facts(member: &Member, key: &ApiKey, activity: &KeyActivity, state: KeyState) -> AnyView {
    let zone = member.organization.zone;
    let time = move |at| view! { <Time at zone precision=Precision::Minute/> }.into_any();
    let used = match (key.used_at, last_used(key, activity)) {
        (Some(at), Some(last)) if at == last => time(at),
        (_, Some(at)) => view! { <Time at zone precision=Precision::Day/> }.into_any(),
        _ => labels::NEVER.into_any(),
    };
    let project = member.path(&format!("projects/{}", key.project));
    let tracked = if key.tracked {
        let requests = member.path(&format!("requests?key={}", key.id));
        view! { <a href=requests>"Tracked: see its requests"</a> }.into_any()
    } else {
        "Under “Untracked”".into_any()
    };
    let made_by = key.maker.to_string();
    let mut facts = vec![
        (labels::STATE, view! { <Badge tone=state.tone() text=state.label()/> }.into_any()),
        (labels::KEY, view! { <span class="mono">{masked(key)}</span> }.into_any()),
        (labels::PROJECT, view! { <a href=project>{key.project_name.clone()}</a> }.into_any()),
        (labels::OWNER, owner_view(key)),
        (labels::PERMISSIONS, permissions(&key.permissions).into_any()),
        (labels::USAGE, tracked),
        (labels::GUARDS, key_limits::guards_text(key.guards).into_any()),
        (labels::BUDGET, budget(member, key)),
        (labels::THIS_CYCLE, view! { <Money amount=activity.spent/> }.into_any()),
        (labels::MADE, time(key.created_at)),
        (labels::MADE_BY, made_by.into_any()),
        (labels::LAST_USED, used),
        (labels::EXPIRES, key.expires_at.map_or_else(|| labels::NEVER.into_any(), time)),
    ];
    let happened = [
        (labels::PAUSED, key.paused_at),
        ("Reported as leaked", key.leaked_at),
        (labels::REVOKED, key.revoked_at),
    ];
    facts.extend(happened.into_iter().filter_map(|(label, at)| Some((label, time(at?)))));
    let facts = facts.into_iter().map(|(label, words)| view! { <Fact label>{words}</Fact> });
    let (facts, id) = (facts.collect_view(), key.id.to_string());
    view! {
        <Card title=labels::KEY>
            <CardBody split=true>
                <Facts>{facts}</Facts>
                <div class="row"><Id text=id.clone()/><CopyButton text=id/></div>
            </CardBody>
        </Card>
    }
    .into_any()
}

/// Whether anything stops it, and the way to its own budgets.
fn budget(member: &Member, key: &ApiKey) -> AnyView {
    let href = member.path(&format!("budgets?scope={}", key.id));
    let text = if key.budgeted {
        "It or its project has one: see or change its own"
    } else {
        "Neither it nor its project has one: set its own"
    };
    view! { <a href=href>{text}</a> }.into_any()
}

/// `All`, `Restricted: Chat completions, Embeddings`.
pub(super) fn permissions(permissions: &Permissions) -> String {
    match permissions {
        Permissions::Restricted(endpoints) => {
            let names: Vec<_> = endpoints.iter().map(|endpoint| endpoint.label()).collect();
            format!("{}: {}", permissions.label(), names.join(", "))
        }
        _ => permissions.label().to_owned(),
    }
}

/// What the forms of a key begin with.
pub(super) fn begin(draft: &Draft, action: &str, key: &ApiKey, rule: Option<u16>) -> Draft {
    if draft.value("action") == action {
        return draft.clone();
    }
    let mut fresh = Draft::with([("name", key.name.clone())]);
    key_fields::keep_permissions(&mut fresh, &key.permissions);
    key_limits::keep_guards(&mut fresh, key.guards);
    // A key that does not expire goes on so, unless the organization has a rule.
    let expires = match (key.expires_at, rule) {
        (None, None) => "never".to_owned(),
        _ => key_fields::usual_expiry(rule),
    };
    fresh.keep("expires", &expires);
    fresh
}
