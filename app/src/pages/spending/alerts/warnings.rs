//! What owners are warned of besides thresholds, and what they were.

use std::collections::BTreeSet;

use domain::Watch;
use leptos::prelude::*;
use store::Warning;

use super::{View, delivery::mailed};
use crate::{
    components::{Button, Card, CardBody, CardFoot, Column, Table, Tick, Time},
    labels,
    web::Draft,
};

/// What a form with these ticks asks for.
pub(super) fn ticked(draft: &Draft) -> BTreeSet<Watch> {
    Watch::ALL.into_iter().filter(|watch| draft.has(watch.as_str())).collect()
}

/// For owners.
pub(super) fn card(view: &View) -> Option<AnyView> {
    let watches = view.watches.as_ref()?;
    let ticks = Watch::ALL.map(|watch| {
        let (label, help) = said(watch);
        let checked = watches.contains(&watch);
        view! { <Tick name=watch.as_str() label checked help/> }
    });
    let action = format!("{}/alerts", view.org);
    let told = (!view.warnings.is_empty()).then(|| table(view));
    Some(
        view! {
            <Card title="Warnings" note="By mail to the owners; they block nothing">
                <CardBody>
                    <form class="form" method="post" action=action>
                        <input type="hidden" name="deed" value="watch"/>
                        {ticks.into_iter().collect_view()}
                        <div class="row"><Button>"Save warnings"</Button></div>
                    </form>
                </CardBody>
                {told}
                <CardFoot><span>"Looked at every quarter of an hour. Each is told once: of a model once a day, of a budget once in its window, of the organization’s spend once a day."</span></CardFoot>
            </Card>
        }
        .into_any(),
    )
}

const fn said(watch: Watch) -> (&'static str, &'static str) {
    match watch {
        Watch::Drift => (
            "A model does worse than before",
            "More requests fail or are refused, first tokens come later, answers take longer or requests cost more than in its own last 28 days.",
        ),
        Watch::Forecast => (
            "A budget will be spent before its window ends",
            "Weekly and monthly budgets, if spending goes on as it has since the window began.",
        ),
        Watch::Burn => (
            "A day costs much more than usual",
            "Twice the median of the last four same weekdays, and at least a dollar more.",
        ),
    }
}

fn table(view: &View) -> AnyView {
    let columns =
        vec![Column::text("Warning"), Column::text(labels::TOLD), Column::text(labels::DELIVERY)];
    let rows = view.warnings.iter().map(|warning| row(view, warning)).collect_view();
    view! {
        <div class="split">
            <Table label="Warnings that were told" columns>{rows}</Table>
        </div>
    }
    .into_any()
}

fn row(view: &View, warning: &Warning) -> AnyView {
    let subject = warning.subject.clone().unwrap_or_else(|| "The organization".to_owned());
    let (title, page) = match (warning.watch, warning.period) {
        (Watch::Drift, _) => (format!("{subject} did worse than before"), "latency?range=today"),
        (Watch::Burn, _) => (format!("{subject} spent more than usual"), "usage"),
        (Watch::Forecast, period) => {
            let which =
                period.map_or_else(String::new, |period| format!("{} ", period.adjective()));
            let title =
                format!("{subject}: the {which}budget will be spent before its window ends");
            (title, "budgets")
        }
    };
    let href = format!("{}/{page}", view.org);
    let (tone, words) = mailed(&warning.deliveries);
    view! {
        <tr>
            <th scope="row"><a href=href>{title}</a></th>
            <td data-l=labels::TOLD><Time at=warning.warned_at zone=view.zone/></td>
            <td data-l=labels::DELIVERY><span class=tone.class()>{words}</span></td>
        </tr>
    }
    .into_any()
}
