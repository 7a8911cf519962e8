//! Alerts of windows that are over, and those that mailed nobody.

use leptos::prelude::*;
use store::Crossing;

use super::{
    View,
    delivery::{delivered, title},
};
use crate::components::{Card, Column, Money, Table, Time, usd};
use crate::labels;

pub(super) fn card(view: &View, crossings: &[&Crossing]) -> Option<AnyView> {
    if crossings.is_empty() {
        return None;
    }
    let mut columns = vec![Column::text("Alert"), Column::text(labels::CROSSED)];
    if view.whole {
        columns.push(Column::text(labels::DELIVERY));
    }
    columns.push(Column::number(labels::SPENT_THEN));
    let rows: Vec<_> = crossings.iter().map(|crossing| row(view, crossing)).collect();
    let card = view! {
        <Card title=labels::EARLIER_ALERTS note="Windows that are over, and amounts that were passed when set">
            <Table label=labels::EARLIER_ALERTS columns>{rows}</Table>
        </Card>
    };
    Some(card.into_any())
}

fn row(view: &View, crossing: &Crossing) -> AnyView {
    let delivery = view.whole.then(|| {
        let (tone, words) = delivered(crossing);
        view! { <td data-l=labels::DELIVERY><span class=tone.class()>{words}</span></td> }
    });
    let note = format!("{} {}", usd(crossing.fires_at), crossing.period.adjective());
    view! {
        <tr>
            <th scope="row">{title(crossing)}<small>{note}</small></th>
            <td data-l=labels::CROSSED><Time at=crossing.crossed_at zone=view.zone/></td>
            {delivery}
            <td data-l=labels::SPENT_THEN class="num"><Money amount=crossing.spent/></td>
        </tr>
    }
    .into_any()
}
