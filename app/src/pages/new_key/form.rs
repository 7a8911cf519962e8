//! The form for a new key.

use axum::response::Response;
use domain::Action;
use leptos::prelude::*;
use store::{KeyRules, ServiceAccount};

use super::{choices, open_projects, owner};
use crate::{
    components::{
        Button, Card, CardBody, Choice, ErrorSummary, Field, Group, Knob, LinkButton, Notice,
        Select, Tone, Weight,
    },
    labels,
    layouts::{NavItem, PageHead, Shell},
    pages::{key_fields, key_limits, keys::no_billing},
    render::Page,
    web::{App, Draft, Failure, Member},
};

/// Fills in what was not chosen.
pub(super) fn begin(draft: &mut Draft, rules: KeyRules) {
    draft.keep("owner", if rules.service_keys_only { "service" } else { "me" });
    draft.keep("permissions", "all");
    draft.keep("expires", &key_fields::usual_expiry(rules.max_days));
    draft.keep("tracked", "yes");
}

pub(super) async fn page(
    app: &App,
    member: &Member,
    mut draft: Draft,
) -> Result<Response, Failure> {
    let rules = app.store.key_rules(&member.caller).await?;
    begin(&mut draft, rules);
    let accounts = owner::accounts(app, member).await?;
    let may_limit = open_projects(app, member)
        .await?
        .iter()
        .any(|project| project.who.may(Action::EditProjectLimits).is_ok());
    let may_serve = open_projects(app, member)
        .await?
        .iter()
        .any(|project| project.who.may(Action::EditServiceAccounts).is_ok());
    let projects = choices(app, member).await?;
    let billing = !member.can(Action::SeeBilling)
        || app.store.billing_profile(&member.caller).await?.is_some();
    Ok(member.visitor.look.page(Page::new(labels::NEW_KEY).status(draft.status()), || {
        let above = (labels::API_KEYS, member.path("keys"));
        let no_billing = (!billing).then(|| no_billing(member));
        let stuck = (rules.service_keys_only && !may_serve).then(|| {
            view! { <Notice tone=Tone::Warn lead="You can’t make a key here." text="In this organization only service accounts may have new keys, and only owners of a project give them keys: ask one."/> }
        });
        let form = form(member, &draft, rules, projects, (accounts, may_serve, may_limit));
        view! {
            <Shell frame=member.frame(NavItem::Keys)>
                <PageHead title=labels::NEW_KEY sub=labels::THE_KEY_ITSELF_IS_SHOWN_ON_THE_NEXT_PAGE_THIS_ONCE above/>
                {no_billing}
                {stuck}
                <Card><CardBody>{form}</CardBody></Card>
            </Shell>
        }
    }))
}

fn form(
    member: &Member,
    draft: &Draft,
    rules: KeyRules,
    projects: Vec<Choice>,
    (accounts, may_serve, may_limit): (Vec<ServiceAccount>, bool, bool),
) -> AnyView {
    let tracked = draft.value("tracked");
    let replaces = draft.value("replaces");
    let replaces = (!replaces.is_empty()).then(|| {
        view! {
            <input type="hidden" name="replaces" value=replaces/>
            <p class="muted">"It takes the place of an imported label, which is removed from the list."</p>
        }
    });
    let owner = owner::fields(draft, rules, accounts, may_serve);
    view! {
        <form class="form" method="post" action=member.path("keys/new")>
            <ErrorSummary lead=labels::NO_KEY_WAS_MADE errors=draft.errors()/>
            {key_fields::once(draft)}
            {replaces}
            <Field
                name="name"
                label=labels::NAME
                value=draft.value("name")
                error=draft.error("name")
                help="What will use it, like support-web or nightly-import. One key for each application makes revoking easy."
                required=true
                autofocus=true
                maxlength=100
                autocomplete="off"
            />
            <Select name="project" label=labels::PROJECT choices=projects value=draft.value("project") error=draft.error("project") help="Its requests count in this project’s usage and budgets."/>
            {owner}
            {key_fields::permissions(draft)}
            {key_fields::expiry(draft, rules.max_days)}
            {key_limits::guards(draft)}
            {may_limit.then(|| key_limits::budget(draft))}
            <Group legend=labels::USAGE>
                <Knob name="tracked" value="yes" label="Tracked" checked=tracked != "no" help="Usage shows what this key spent."/>
                <Knob name="tracked" value="no" label=labels::UNTRACKED checked=tracked == "no" help="It counts in the project and stands under “Untracked”. Tracking can be started later, for what comes then."/>
            </Group>
            <div class="row">
                <Button weight=Weight::Primary>{labels::MAKE_KEY}</Button>
                <LinkButton href=member.path("keys") weight=Weight::Quiet>{labels::CANCEL}</LinkButton>
            </div>
        </form>
    }
    .into_any()
}
