//! What limits refused and providers did not serve, by model.

use std::collections::BTreeSet;

use domain::ProviderError;
use leptos::prelude::*;
use store::provider_errors::ProviderErrors;

use super::View;
use crate::components::{
    Card, CardFoot, Column, Count, Narrow, Precision, Table, count, share, time_text,
};
use crate::labels;

/// So many models have a row.
const LISTED: usize = 100;

/// A model's counts.
struct Row<'a> {
    model: &'a str,
    refused: u64,
    errors: ProviderErrors,
    /// All that was asked of it.
    asked: u64,
}

impl Row<'_> {
    fn total(&self) -> u64 {
        self.refused + self.errors.total()
    }
}

/// The models of which something was not served, those with most of it first.
fn rows(page: &View) -> Vec<Row<'_>> {
    let names: BTreeSet<_> = page.errors.keys().chain(page.refused.models.keys()).collect();
    let rows = names.into_iter().map(|model| {
        let known = page.latencies.models.iter().find(|(name, _)| name == model);
        let refused = page.refused.models.get(model).copied().unwrap_or_default().total();
        let errors = page.errors.get(model).copied().unwrap_or_default();
        let answered = known.map_or(0, |(_, latency)| latency.requests);
        Row { model, refused, errors, asked: refused + errors.total() + answered }
    });
    let mut rows: Vec<_> = rows.collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.total()));
    rows
}

pub(super) fn card(page: &View) -> Option<AnyView> {
    let rows = rows(page);
    if rows.is_empty() {
        return None;
    }
    let mut columns = vec![Column::text(labels::MODEL), Column::number("Refused by a limit")];
    columns.extend(ProviderError::ALL.map(|error| Column::number(label(error))));
    columns.push(Column::number("Share of its requests"));
    let left = rows.len().saturating_sub(LISTED);
    let listed = rows.iter().take(LISTED).map(cells).collect_view();
    let rest = (left > 0).then(|| format!("{} more models have no row. ", count(left as u64)));
    let receipts = receipts(page);
    let since = page.refused.since.map(|since| {
        let day = time_text(since, page.asked.stretch.zone, Precision::Day);
        format!(" Refusals before {day} are not all counted.")
    });
    Some(
        view! {
            <Card title="Not served" note=labels::NOTHING_WAS_CHARGED>
                <Table label="What was not served by model" columns narrow=Narrow::Pin dense=true>{listed}</Table>
                <CardFoot>
                    <p>
                        {rest}
                        "“Refused by a limit” means that a budget, the usage limit, a rate limit or a guard said no before anything was forwarded. "
                        <a href=receipts>"Receipts"</a>" say which. Refusals of models without a price are left out, unless the project lists these models."
                        {since}
                    </p>
                    <p>
                        "By the provider: “Unreachable” means that no connection could be made, “Busy” that its own limits said no (429), “Denied” that it does not accept the connection’s key (401 to 403), “Rejected” that what was asked for is wrong (other 4xx), “Broken” that it answered with 5xx or a redirect."
                    </p>
                </CardFoot>
            </Card>
        }
        .into_any(),
    )
}

/// The receipts of the same days and project; they know no model.
fn receipts(page: &View) -> String {
    let (stretch, project) = (&page.asked.stretch, &page.asked.question.project);
    let (from, to) = stretch.dates_of(&stretch.window());
    let mut pairs = vec![
        ("outcome", "refused".to_owned()),
        ("from", from.to_string()),
        ("to", to.to_string()),
        ("project", project.clone()),
    ];
    pairs.retain(|(_, value)| !value.is_empty());
    let query = serde_urlencoded::to_string(pairs).unwrap_or_default();
    format!("{}?{query}", page.path.replace("/latency", "/requests"))
}

const fn label(error: ProviderError) -> &'static str {
    match error {
        ProviderError::Unreachable => "Unreachable",
        ProviderError::Busy => "Busy",
        ProviderError::Denied => "Denied",
        ProviderError::Rejected => "Rejected",
        ProviderError::Broken => "Broken",
    }
}

fn cells(row: &Row<'_>) -> AnyView {
    let errors = ProviderError::ALL.map(|error| row.errors.of(error));
    let cells = std::iter::once(row.refused).chain(errors).map(|number| {
        view! { <td class="num"><Count number/></td> }
    });
    let (name, share) = (row.model.to_owned(), share(row.total().into(), row.asked.into()));
    view! {
        <tr>
            <th scope="row">{name}</th>
            {cells.collect_view()}
            <td class="num">{share}</td>
        </tr>
    }
    .into_any()
}
