//! Who is mailed when a threshold is crossed or a budget blocks.

use leptos::prelude::*;

use super::View;
use crate::components::{Badge, Card, CardBody, Fact, Facts, Notice, Tone};

pub(super) fn card(view: &View) -> AnyView {
    if !view.whole {
        return owners(view);
    }
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
        <Card title="Who is mailed" note="Every owner with a verified address, and a threshold’s own addresses">
            <div class="body split stack">
                {warning}
                <Facts>{people}</Facts>
            </div>
        </Card>
    }
    .into_any()
}

/// For readers, who see names.
fn owners(view: &View) -> AnyView {
    let names: Vec<_> = view.recipients.iter().map(|person| person.name.as_str()).collect();
    let names = names.join(", ");
    view! {
        <Card title="Who is mailed">
            <CardBody split=true>
                <p>"The owners of the organization: "{names}"."</p>
            </CardBody>
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
