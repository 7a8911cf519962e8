//! The thresholds, and one more.

use domain::{Level, Usd};
use leptos::prelude::*;
use store::Threshold;

use super::{View, status::scope_label};
use crate::{
    components::{
        Badge, Button, Card, CardBody, Choice, Column, Empty, ErrorSummary, Field, Money,
        PostButton, Select, Table, TextArea, Time, Tone, Weight,
    },
    labels,
    pages::spending::outlook::level_text,
    web::Draft,
};

pub(super) fn card(view: &View) -> AnyView {
    let list = list(view);
    let form = view.subject.edits.then(|| form(view));
    view! {
        <div class="stack" id="thresholds">
            <Card title=labels::THRESHOLDS note="Notify, never block">
                {list}
                {form}
            </Card>
        </div>
    }
    .into_any()
}

/// Those of what is shown; for the whole organization, all.
fn shown(view: &View) -> impl Iterator<Item = &Threshold> {
    let scope = view.subject.scope;
    let whole = view.subject.is_whole();
    view.thresholds.iter().filter(move |threshold| whole || threshold.scope == scope)
}

fn list(view: &View) -> AnyView {
    if shown(view).next().is_none() {
        let text = if view.subject.edits && view.own.budget.is_none() {
            "Add one in US dollars: the owners get one e-mail when so much is spent. A percentage needs a budget."
        } else if view.subject.edits {
            "Add a threshold at 50, 80 or 100%: the owners get one e-mail when it is crossed."
        } else {
            "An owner of the organization or of the project can add a threshold: the owners of the organization get one e-mail when it is crossed."
        };
        let title = if view.own.budget.is_none() {
            labels::NO_THRESHOLD_IS_SET
        } else {
            "Nobody is told before the budget is reached"
        };
        return view! { <Empty split=true tone=Tone::Warn title text/> }.into_any();
    }
    let columns = vec![
        Column::text("Level"),
        Column::number(labels::AMOUNT_NOW),
        Column::text(labels::CROSSED),
        Column::act(),
    ];
    let rows: Vec<_> = shown(view).map(|threshold| row(view, threshold)).collect();
    view! { <Table label=labels::THRESHOLDS columns>{rows}</Table> }.into_any()
}

fn row(view: &View, threshold: &Threshold) -> AnyView {
    let what = match threshold.level {
        Level::Percent(_) => format!("of the {} budget", threshold.period.adjective()),
        Level::Amount(_) => format!("spent, {}", threshold.period.adjective()),
    };
    let scope = match view.names.get(&threshold.scope) {
        Some(name) => format!("{} {name}", scope_label(threshold.scope)),
        None => scope_label(threshold.scope).to_owned(),
    };
    let amount = match threshold.fires_at {
        Some(amount) => view! { <Money amount/> }.into_any(),
        None => view! { <span class="faint">"No budget"</span> }.into_any(),
    };
    let passed = if threshold.silent { "Passed, no mail" } else { "Passed" };
    let crossed = match threshold.crossed_at {
        Some(at) => view! {
            <Badge tone=Tone::Warn text=passed/>
            <small><Time at zone=view.zone/></small>
        }
        .into_any(),
        None => view! { <span class="faint">"Not yet"</span> }.into_any(),
    };
    let also = match threshold.addresses.as_slice() {
        [] => None,
        addresses => Some(format!("Also mails {}", addresses.join(", "))),
    };
    let also = also.map(|also| view! { <small>{also}</small> });
    let act = view.edits(threshold.scope).then(|| remove(view, threshold));
    view! {
        <tr>
            <th scope="row">{format!("{} {what}", level_text(threshold.level))}<small>{scope}</small>{also}</th>
            <td data-l=labels::AMOUNT_NOW class="num">{amount}</td>
            <td data-l=labels::CROSSED><div>{crossed}</div></td>
            <td class="act">{act}</td>
        </tr>
    }
    .into_any()
}

fn remove(view: &View, threshold: &Threshold) -> AnyView {
    let mut fields = view.fields("remove-threshold");
    fields.push(("threshold", threshold.id.to_string()));
    let which = format!(" {}", level_text(threshold.level));
    let action = view.path.clone();
    view! {
        <PostButton action weight=Weight::Quiet fields>
            {labels::REMOVE}<span class="vh">{which}</span>
        </PostButton>
    }
    .into_any()
}

fn form(view: &View) -> AnyView {
    let unit = if view.own.budget.is_some() { "percent" } else { "usd" };
    let draft =
        view.forms.threshold.clone().unwrap_or_else(|| Draft::with([("unit", unit.to_owned())]));
    let units = vec![
        Choice::new("percent", format!("% of the {}", view.subject.budget(view.period))),
        Choice::new("usd", format!("US dollars a {}", view.period.as_str())),
    ];
    let help = if view.own.spent > Usd::ZERO {
        "An amount that is already spent mails nobody in this window."
    } else {
        "One e-mail per amount and window."
    };
    let who = if view.whole {
        "Besides the owners; at most 10 addresses. Leave it empty for the owners alone."
    } else {
        "Besides the owners of the organization; at most 10 addresses, all of members. Leave it empty for the owners alone."
    };
    let action = view.path.clone();
    let hidden = view.hidden("add-threshold");
    view! {
        <CardBody split=true>
            <form class="form" method="post" action=action>
                {hidden}
                <ErrorSummary lead="Nothing was added" errors=draft.errors()/>
                <div class="cols">
                    <Field
                        name="level"
                        label="Notify at"
                        value=draft.value("level")
                        inputmode="decimal"
                        autocomplete="off"
                        help=help
                        error=draft.error("level")
                        required=true
                    />
                    <Select
                        name="unit"
                        label="Of what"
                        choices=units
                        value=draft.value("unit")
                        error=draft.error("unit")
                    />
                </div>
                <TextArea
                    name="addresses"
                    label=labels::MAIL_ALSO_TO
                    rows=2
                    value=draft.value("addresses")
                    help=who
                    error=draft.error("addresses")
                />
                <p><Button>"Add threshold"</Button></p>
            </form>
        </CardBody>
    }
    .into_any()
}
