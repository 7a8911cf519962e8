//! What providers did not serve, by model.

use domain::ProviderError;
use leptos::prelude::*;
use store::provider_errors::ProviderErrors;

use super::View;
use crate::components::{Card, CardFoot, Column, Count, Narrow, Table, count, share};

/// So many models have a row.
const LISTED: usize = 100;

pub(super) fn card(page: &View) -> Option<AnyView> {
    if page.errors.is_empty() {
        return None;
    }
    let mut columns = vec![Column::text("Model")];
    columns.extend(ProviderError::ALL.map(|error| Column::number(label(error))));
    columns.push(Column::number("Share of its requests"));
    let mut models: Vec<_> = page.errors.iter().collect();
    models.sort_by_key(|(_, errors)| std::cmp::Reverse(errors.total()));
    let left = models.len().saturating_sub(LISTED);
    let rows = models.into_iter().take(LISTED).map(|(model, errors)| row(page, model, errors));
    let rows = rows.collect_view();
    let rest = (left > 0).then(|| format!("{} more models have no row. ", count(left as u64)));
    Some(
        view! {
            <Card title="Not served by the provider" note="Nothing was charged">
                <Table label="Errors of providers by model" columns narrow=Narrow::Pin dense=true>{rows}</Table>
                <CardFoot>
                    <span>
                        {rest}
                        "Unreachable: no connection could be made. Busy: the provider’s own limits (429). Denied: it does not accept the key of the connection (401 to 403). Rejected: what was asked for is wrong (other 4xx). Broken: 5xx, or a redirect."
                    </span>
                </CardFoot>
            </Card>
        }
        .into_any(),
    )
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

fn row(page: &View, model: &str, errors: &ProviderErrors) -> AnyView {
    let known = page.latencies.models.iter().find(|(name, _)| name == model);
    let all = errors.total() + known.map_or(0, |(_, latency)| latency.requests);
    let cells = ProviderError::ALL.map(|error| {
        let number = errors.of(error);
        view! { <td class="num"><Count number/></td> }
    });
    let (name, share) = (model.to_owned(), share(errors.total().into(), all.into()));
    view! {
        <tr>
            <th scope="row">{name}</th>
            {cells.into_iter().collect_view()}
            <td class="num">{share}</td>
        </tr>
    }
    .into_any()
}
