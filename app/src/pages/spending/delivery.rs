//! Whether mails would reach anybody.

use leptos::prelude::*;
use store::Recipient;

use crate::components::{Notice, Tone};
use crate::labels;

/// Why a mail to these owners would reach nobody.
pub(super) fn warning(owners: &[Recipient], mails: bool) -> Option<AnyView> {
    let nobody = !owners.iter().any(|person| person.verified);
    let (lead, text) = match (nobody, mails) {
        (false, true) => return None,
        (true, _) => (
            "An alert would reach nobody.",
            "No owner’s address is verified. Alerts still show up in the list of alerts.",
        ),
        (false, false) => (
            labels::MAILS_WAIT_IN_THE_OUTBOX,
            "This installation has no mail server: whoever runs it sets EXCHEQUER_SMTP_URL, and the mails that wait are sent then.",
        ),
    };
    Some(view! { <Notice tone=Tone::Warn lead text/> }.into_any())
}
