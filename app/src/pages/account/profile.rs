//! What a person is called, and which organization is opened first.

use domain::{Name, OrgId};
use leptos::prelude::*;
use store::{OwnOrganization, StoreError, system::Account};

use crate::{
    components::{Button, Card, CardBody, Choice, ErrorSummary, Field, Select, Weight},
    labels,
    web::{App, Draft, Failure},
};

/// Saves what was typed, or notes what is wrong with it.
pub(super) async fn save(app: &App, account: &Account, draft: &mut Draft) -> Result<(), Failure> {
    let name = draft.read::<Name>("name");
    let chosen = draft.value("organization");
    let org: Option<OrgId> = chosen.parse().ok();
    if org.is_none() && !chosen.is_empty() {
        draft.refuse("organization", NOT_OWN);
    }
    let Some(name) = name.filter(|_| draft.errors().is_empty()) else { return Ok(()) };
    match app.store.system().set_default_org(account.id, org).await {
        Ok(()) => app.store.system().rename(account.id, &name).await?,
        Err(StoreError::NotFound) => draft.refuse("organization", NOT_OWN),
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

const NOT_OWN: &str = "Choose an organization from the list.";

pub(super) fn card(account: &Account, own: &[OwnOrganization], draft: &Draft) -> AnyView {
    let first = Choice::new("", "None: the first by name is opened");
    let own = own.iter().map(|own| Choice::new(own.id.to_string(), own.name.clone()));
    let choices: Vec<_> = std::iter::once(first).chain(own).collect();
    let mut draft = draft.clone();
    draft.keep("name", account.name.as_str());
    draft.keep("organization", &account.default_org.map_or_else(String::new, |id| id.to_string()));
    let form = view! {
        <form class="form" method="post" action="/account">
            <ErrorSummary lead=labels::NOTHING_WAS_SAVED errors=draft.errors()/>
            <input type="hidden" name="action" value="profile"/>
            <Field name="name" label=labels::NAME value=draft.value("name") error=draft.error("name") help="Other members see it." autocomplete="name" required=true maxlength=100/>
            <Select name="organization" label="Default organization" choices value=draft.value("organization") error=draft.error("organization") help="Opened after signing in; your personal keys are billed to it unless a request says otherwise. Without one, each of their requests must."/>
            <div class="row"><Button weight=Weight::Primary>"Save profile"</Button></div>
        </form>
    };
    view! { <Card title="Profile"><CardBody split=true>{form}</CardBody></Card> }.into_any()
}
