//! The fields of a person who gets an account.

use domain::{Email, Name};
use identity::{NewPassword, Person};
use leptos::prelude::*;

use crate::{components::Field, labels, web::Draft};

/// What helps to choose a password.
pub(super) const PASSWORD_HELP: &str =
    "At least 8 characters. Long is better than odd: a few words that nobody says.";

pub(super) fn fields(draft: &Draft) -> AnyView {
    view! {
        <Field name="name" label=labels::YOUR_NAME value=draft.value("name") error=draft.error("name") autocomplete="name" required=true autofocus=true maxlength=100/>
        <Field name="email" label=labels::E_MAIL kind="email" value=draft.value("email") error=draft.error("email") autocomplete="username" required=true/>
        <Field name="password" label=labels::PASSWORD kind="password" error=draft.error("password") help=PASSWORD_HELP autocomplete="new-password" required=true/>
    }
    .into_any()
}

/// The person, or sentences about what is wrong.
pub(super) fn read(draft: &mut Draft) -> Option<Person> {
    let name = draft.read::<Name>("name");
    let email = draft.read::<Email>("email");
    // Without an address the password is still judged, so that all that is wrong is said at once.
    let known = email.clone().or_else(|| "nobody@example.com".parse().ok())?;
    let typed = draft.value("password").into();
    let password = match NewPassword::choose(typed, &known, &draft.value("name")) {
        Ok(password) => Some(password),
        Err(error) => {
            draft.refuse_with("password", &error);
            None
        }
    };
    // Where mails are sent, signing up asks for a proof of the address; elsewhere an owner whom no
    // alert reaches would be worse.
    Some(Person { email: email?, name: name?, password: password?, verified: true })
}
