//! What somebody who was invited can do next.

use domain::Role;
use leptos::prelude::*;
use store::system::{Account, OpenInvitation};

use crate::{
    components::{
        Button, ErrorSummary, Field, LinkButton, Notice, Precision, Tone, Weight, time_text,
    },
    labels,
    pages::person::PASSWORD_HELP,
    web::Draft,
};

/// Who invites whom as what, and until when.
pub(super) fn words(invitation: &OpenInvitation) -> String {
    let inviter = invitation.inviter.as_deref().unwrap_or("An owner");
    let role = match invitation.role {
        Role::Owner => "an owner, who may do everything",
        Role::Reader => "a reader, who makes requests and runs own projects",
    };
    let until = time_text(invitation.expires_at, invitation.zone, Precision::Minute);
    format!(
        "{inviter} invites {} to become {role}. The invitation works once, until {until} ({}).",
        invitation.email, invitation.zone
    )
}

/// For who is not signed in: the same two ways whether or not the address has an account.
pub(super) fn both(invitation: &OpenInvitation, path: &str, draft: &Draft) -> AnyView {
    let next = serde_urlencoded::to_string([("next", path)]).unwrap_or_default();
    view! {
        <section class="stack">
            <h2>"You have an account"</h2>
            <LinkButton href=format!("/sign-in?{next}") weight=Weight::Primary wide=true>"Sign in and join"</LinkButton>
        </section>
        <section class="stack">
            <h2>"You are new here"</h2>
            <form class="form" method="post" action=path.to_owned()>
                <ErrorSummary lead=labels::NO_ACCOUNT_WAS_MADE errors=draft.errors()/>
                <input type="text" name="username" value=invitation.email.to_string() autocomplete="username" hidden/>
                <Field name="name" label=labels::YOUR_NAME value=draft.value("name") error=draft.error("name") autocomplete="name" required=true maxlength=100/>
                <Field name="password" label=labels::PASSWORD kind="password" error=draft.error("password") help=PASSWORD_HELP autocomplete="new-password" required=true/>
                <Button wide=true name="action" value="join">"Create account and join"</Button>
            </form>
        </section>
    }
    .into_any()
}

/// For who is signed in with the invited address.
pub(super) fn join(path: &str) -> AnyView {
    view! {
        <form class="form" method="post" action=path.to_owned()>
            <Button weight=Weight::Primary wide=true name="action" value="accept">"Join"</Button>
            <LinkButton href="/" wide=true>"Not now"</LinkButton>
        </form>
    }
    .into_any()
}

/// For who is signed in with another address.
pub(super) fn switch(invitation: &OpenInvitation, account: &Account, path: &str) -> AnyView {
    let text = format!(
        "You are signed in as {}, but {} is invited. Sign out, then sign in or make an account with that address; or ask an owner to invite the address that you use.",
        account.email, invitation.email
    );
    view! {
        <Notice tone=Tone::Warn lead="This invitation is for another address." text/>
        <form class="form" method="post" action=path.to_owned()>
            <Button weight=Weight::Primary wide=true name="action" value="switch">"Sign out and continue"</Button>
            <LinkButton href="/" wide=true>"Stay signed in"</LinkButton>
        </form>
    }
    .into_any()
}
