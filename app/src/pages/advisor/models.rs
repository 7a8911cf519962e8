//! The same tokens on other models, as a table.

use domain::Usd;
use leptos::prelude::*;

use super::{
    DAYS, View,
    others::{Compared, Used},
};
use crate::components::{Card, CardFoot, Column, Empty, Money, Table, Tokens, change, count};
use crate::labels;

/// So many models are shown.
const MOST: usize = 20;

pub(super) fn card(view: &View) -> AnyView {
    let compared = &view.compared;
    let title = "The same tokens on other models";
    let (note, foot) = (format!("Last {DAYS} days"), foot(compared));
    let list = if compared.used.is_empty() {
        let text = "No model that a project may ask would have cost less for what it used. A project’s list of models says which are compared; without a list it is what the organization used.";
        view! { <Empty split=true title="Nothing cheaper is known" text/> }.into_any()
    } else {
        let columns = vec![
            Column::text(labels::MODEL),
            Column::number(labels::TOKENS),
            Column::number(labels::CHARGED),
            Column::number(labels::AT_TODAYS_PRICE),
            Column::number(labels::DIFFERENCE),
        ];
        let rows = compared.used.iter().take(MOST).map(|used| rows(view, used)).collect_view();
        view! { <Table label=title columns>{rows}</Table> }.into_any()
    };
    view! {
        <Card title note>
            {list}
            <CardFoot><span>{foot}</span></CardFoot>
        </Card>
    }
    .into_any()
}

/// The model that was used, then what would have cost less.
fn rows(view: &View, used: &Used) -> AnyView {
    let query = [("project", used.project.to_string()), ("model", used.model.clone())];
    let query = serde_urlencoded::to_string(query).unwrap_or_default();
    let href = view.member.path(&format!("usage?range=30d&{query}"));
    let total = used.totals.tokens.total();
    let unpriced = (used.totals.unpriced > 0).then(|| {
        let many = u64::try_from(used.totals.unpriced).unwrap_or(0);
        view! { <small>{format!("{} unpriced", count(many))}</small> }
    });
    let today = match used.today {
        Some(amount) => view! { <Money amount/> }.into_any(),
        None => labels::NOT_KNOWN.into_any(),
    };
    let cheaper = used.cheaper.iter().map(|(model, cost)| instead(used.today, model, *cost));
    let cheaper = cheaper.collect_view();
    let charge = used.totals.charge;
    view! {
        <tr>
            <th scope="row"><a href=href>{used.model.clone()}</a><small>{used.project_name.clone()}</small></th>
            <td class="num" data-l=labels::TOKENS><Tokens number=total/></td>
            <td class="num" data-l=labels::CHARGED><div><Money amount=charge/>{unpriced}</div></td>
            <td class="num" data-l=labels::AT_TODAYS_PRICE>{today}</td>
            <td class="num" data-l=labels::DIFFERENCE>"–"</td>
        </tr>
        {cheaper}
    }
    .into_any()
}

fn instead(today: Option<Usd>, model: &str, cost: Usd) -> AnyView {
    let difference = today.map(|today| {
        let amount = cost.minus(today);
        view! { <div><Money amount/><small>{change(cost.pico(), today.pico())}</small></div> }
    });
    let difference = difference.map_or_else(|| "–".into_any(), IntoAny::into_any);
    view! {
        <tr>
            <th scope="row" class="instead">"On "{model.to_owned()}</th>
            <td class="num wide"></td>
            <td class="num wide"></td>
            <td class="num" data-l=labels::AT_TODAYS_PRICE><Money amount=cost/></td>
            <td class="num" data-l=labels::DIFFERENCE>{difference}</td>
        </tr>
    }
    .into_any()
}

fn foot(compared: &Compared) -> String {
    let more = compared.used.len().saturating_sub(MOST);
    let more =
        (more > 0).then(|| format!("{} more are not shown: choose a project.", count(more as u64)));
    let others = match compared.others {
        _ if compared.used.is_empty() => None,
        0 => None,
        1 => Some("For 1 more nothing cheaper is known.".to_owned()),
        many => Some(format!("For {} more nothing cheaper is known.", count(many as u64))),
    };
    let left_out: Vec<String> = compared
        .left_out
        .iter()
        .map(|(model, class)| match class {
            Some(class) => format!("{model} (no price for {})", class.replace('_', " ")),
            None => format!("{model} (no price)"),
        })
        .collect();
    let left_out = (!left_out.is_empty())
        .then(|| format!("Not compared everywhere: {}.", left_out.join(", ")));
    let basis = "At the prices in force, for short prompts. Another model may cut a text into more or fewer tokens, answer longer, and answer worse: try it before you move.";
    let parts = [more, others, left_out, Some(basis.to_owned())];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}
