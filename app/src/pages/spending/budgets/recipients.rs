//! Who is mailed when a threshold is crossed or a budget blocks.

use leptos::prelude::*;

use super::View;
use crate::{
    components::{Badge, Card, CardBody, Fact, Facts, Tone},
    labels,
    pages::spending::delivery,
};

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
            <Fact label=person.name.clone()><span class="row">{badge}</span><small>{email}</small></Fact>
        }
    });
    let people = people.collect_view();
    let warning = delivery::warning(&view.recipients, view.mails);
    view! {
        <Card title=labels::WHO_IS_MAILED note="Every owner with a verified address, and a threshold’s own addresses">
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
        <Card title=labels::WHO_IS_MAILED>
            <CardBody split=true>
                <p>"The owners of the organization: "{names}"."</p>
            </CardBody>
        </Card>
    }
    .into_any()
}
