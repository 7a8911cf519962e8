//! A new password.

use identity::{Device, NewPassword, ProveError};
use leptos::prelude::*;
use store::system::Account;
use tower_sessions::Session;

use crate::{
    components::{Button, Card, CardBody, ErrorSummary, Field, Weight},
    labels,
    pages::person::PASSWORD_HELP,
    web::{App, Draft, Failure},
};

/// Changes it, or notes what is wrong.
pub(super) async fn change(
    app: &App,
    account: &Account,
    session: &Session,
    device: &Device,
    draft: &mut Draft,
) -> Result<(), Failure> {
    let typed = draft.value("new").into();
    let new = match NewPassword::choose(typed, &account.email, account.name.as_str()) {
        Ok(new) => new,
        Err(error) => {
            draft.refuse_with("new", &error);
            return Ok(());
        }
    };
    let current = draft.value("current").into();
    let changed = identity::change_password(
        &app.store,
        &app.secrets,
        session,
        account,
        (&current, &new),
        device,
    );
    match changed.await {
        Ok(()) => Ok(()),
        Err(ProveError::Store(error)) => Err(error.into()),
        Err(ProveError::Session(error)) => Err(error.into()),
        Err(error) => {
            draft.refuse_with("current", &error);
            Ok(())
        }
    }
}

/// The address goes along hidden, so that a password manager knows whose password it is.
pub(super) fn card(account: &Account, draft: &Draft) -> AnyView {
    let form = view! {
        <form class="form" method="post" action="/account">
            <ErrorSummary lead=labels::THE_PASSWORD_WAS_NOT_CHANGED errors=draft.errors()/>
            <input type="hidden" name="action" value="password"/>
            <input type="text" name="username" value=account.email.to_string() autocomplete="username" hidden/>
            <Field name="current" label="Current password" kind="password" error=draft.error("current") autocomplete="current-password" required=true/>
            <Field name="new" label=labels::NEW_PASSWORD kind="password" error=draft.error("new") help=PASSWORD_HELP autocomplete="new-password" required=true/>
            <div class="row"><Button weight=Weight::Primary>{labels::CHANGE_PASSWORD}</Button></div>
            <p class="muted">"Signs you out everywhere but here."</p>
        </form>
    };
    view! { <Card title=labels::PASSWORD><CardBody split=true>{form}</CardBody></Card> }.into_any()
}
