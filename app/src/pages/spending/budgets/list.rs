//! Budgets besides the one that is shown: of projects, keys, weeks and days.

use leptos::prelude::*;
use store::Standing;

use super::{View, status::scope_label};
use crate::{
    components::{Card, CardFoot, LimitRow, MeterLegend, Precision, count, time_text},
    pages::spending::{notes::budget_href, outlook::Outlook},
};

pub(super) fn card(view: &View) -> Option<AnyView> {
    let own = view.own.budget.as_ref().map(|budget| budget.id);
    let others: Vec<_> = view
        .standings
        .iter()
        .filter(|standing| standing.status.budget.as_ref().map(|budget| budget.id) != own)
        .filter_map(|standing| row(view, standing))
        .collect();
    if others.is_empty() {
        return None;
    }
    let card = view! {
        <Card title="More budgets">
            <ul class="budgets split">{others}</ul>
            <CardFoot><MeterLegend/></CardFoot>
        </Card>
    };
    Some(card.into_any())
}

fn row(view: &View, standing: &Standing) -> Option<AnyView> {
    let status = &standing.status;
    let budget = status.budget.as_ref()?;
    let outlook = Outlook::of(standing, &view.thresholds, view.now, view.zone);
    let resets = time_text(status.window.ends, view.zone, Precision::Minute).replace(' ', "\u{a0}");
    let note = match (status.observed, status.refused) {
        (0, 0) => format!("Resets {resets}"),
        (0, 1) => format!("1 request refused; resets {resets}"),
        (0, many) => format!("{} requests refused; resets {resets}", count(many)),
        (many, _) => format!("Would have refused {}; resets {resets}", count(many)),
    };
    let href = budget_href(&view.path, budget.scope, budget.period);
    let row = view! {
        <LimitRow
            title=budget.scope_name.clone()
            href=href
            kind=scope_label(budget.scope)
            reading=outlook.reading
            tone=outlook.tone
            state=outlook.state
            period=budget.period.adjective()
            note=note
        />
    };
    Some(row.into_any())
}
