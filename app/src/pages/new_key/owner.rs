//! Whose a new key shall be.

use domain::{Action, Name, ServiceAccountId};
use leptos::prelude::*;
use store::{KeyRules, NewOwner, Project, ServiceAccount};

use crate::{
    components::{Choice, Field, Group, Knob, Select},
    labels,
    web::{App, Draft, Failure, Member},
};

/// The service accounts that the person may give keys to.
pub(super) async fn accounts(app: &App, member: &Member) -> Result<Vec<ServiceAccount>, Failure> {
    let mut accounts = app.store.service_accounts(&member.caller).await?;
    accounts.retain(|account| {
        !account.project_archived && account.who.may(Action::EditServiceAccounts).is_ok()
    });
    Ok(accounts)
}

pub(super) async fn read(
    app: &App,
    member: &Member,
    project: &Project,
    draft: &mut Draft,
) -> Result<Option<NewOwner>, Failure> {
    match draft.value("owner").as_str() {
        "me" => return Ok(Some(NewOwner::Caller)),
        "service" => {}
        _ => {
            draft.refuse("owner", "Choose yourself or a service account.");
            return Ok(None);
        }
    }
    if project.who.may(Action::EditServiceAccounts).is_err() {
        draft.refuse("owner", "Only an owner of the project gives keys to its service accounts.");
        return Ok(None);
    }
    if draft.value("account").is_empty() {
        return Ok(draft.read::<Name>("account_name").map(NewOwner::NewServiceAccount));
    }
    let id: Option<ServiceAccountId> = draft.value("account").parse().ok();
    let account = accounts(app, member).await?.into_iter().find(|it| Some(it.id) == id);
    match account {
        Some(account) if account.project == project.id => {
            Ok(Some(NewOwner::ServiceAccount(account.id)))
        }
        Some(account) => {
            let sentence = format!(
                "This service account belongs to {}: choose that project, or another account.",
                account.project_name
            );
            draft.refuse("account", sentence);
            Ok(None)
        }
        None => {
            draft.refuse("account", "Choose a service account from the list.");
            Ok(None)
        }
    }
}

/// Nothing to choose for who may only make own keys.
pub(super) fn fields(
    draft: &Draft,
    rules: KeyRules,
    accounts: Vec<ServiceAccount>,
    may_serve: bool,
) -> AnyView {
    if !may_serve && !rules.service_keys_only {
        return view! { <input type="hidden" name="owner" value="me"/> }.into_any();
    }
    let kind = draft.value("owner");
    let me = (!rules.service_keys_only).then(|| {
        view! { <Knob name="owner" value="me" label=labels::YOU checked=kind == "me" help="For your own work. The key stops when you leave the project."/> }
    });
    let mut choices = vec![Choice::new("", labels::A_NEW_ONE)];
    choices.extend(accounts.into_iter().map(|account| {
        let text = format!("{}, {}", account.name, account.project_name);
        Choice::new(account.id.to_string(), text)
    }));
    let cols = view! {
        <div class="cols when-service">
            <Select name="account" label=labels::SERVICE_ACCOUNT choices value=draft.value("account") error=draft.error("account")/>
            <Field name="account_name" label="Name of a new one" value=draft.value("account_name") error=draft.error("account_name") maxlength=100 autocomplete="off"/>
        </div>
    }
    .into_any();
    let (error, service) = (draft.error("owner"), kind == "service");
    view! {
        <Group legend=labels::OWNER name="owner" error>
            {me}
            <Knob name="owner" value="service" label="A service account" checked=service help="For an application. The key outlives whoever makes it."/>
            {cols}
        </Group>
    }
    .into_any()
}
