//! Who is mailed when a threshold is crossed or a budget blocks.

use leptos::prelude::*;

use super::View;
use crate::components::{Badge, Card, Fact, Facts, Notice, Tone};

pub(super) fn card(view: &View) -> AnyView {
    let people = view.recipients.iter().map(|person| {
        let badge = if person.verified {
            view! { <Badge tone=Tone::Ok text="Verified"/> }
        } else {
            view! { <Badge tone=Tone::Warn text="Address not verified, not mailed"/> }
        };
        let email = person.email.clone();
        view! {
            <Fact label=person.name.clone()><span class="row">{email}{badge}</span></Fact>
        }
    });
    let people = people.collect_view();
    let warning = warning(view);
    view! {
        <Card title="Who is mailed" note="Every owner with a verified address">
            <div class="body split stack">
                {warning}
                <Facts>{people}</Facts>
            </div>
        </Card>
    }
    .into_any()
}

/// Why a mail would reach nobody.
fn warning(view: &View) -> Option<AnyView> {
    let nobody = !view.recipients.iter().any(|person| person.verified);
    let (lead, text) = match (nobody, view.mails) {
        (false, true) => return None,
        (true, _) => (
            "An alert would reach nobody.",
            "No owner’s address is verified. Alerts still show up in the list of alerts.",
        ),
        (false, false) => (
            "Mails wait in the outbox.",
            "This installation has no mail server: whoever runs it sets EXCHEQUER_SMTP_URL, and the mails that wait are sent then.",
        ),
    };
    Some(view! { <Notice tone=Tone::Warn lead text/> }.into_any())
}
