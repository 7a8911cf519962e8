//! What an owner whom no mail reaches must know.

use leptos::prelude::*;

use crate::components::{Notice, PostButton, Tone};
use crate::labels;

/// Above every page until the person's address is verified, where mails are sent.
#[component]
#[expect(clippy::needless_pass_by_value, reason = "a component owns its props")]
pub(super) fn Unverified(email: String) -> impl IntoView {
    view! {
        <Notice
            tone=Tone::Warn
            lead="Your e-mail address is not verified."
            text=format!("Alerts do not reach you. Open the link in the mail to {email}.")
        >
            <PostButton action="/account" fields=vec![("action", "verify".to_owned())]>
                {labels::SEND_IT_AGAIN}
            </PostButton>
        </Notice>
    }
    .into_any()
}
