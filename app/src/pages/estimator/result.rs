//! What came of it: the costs by model, then the text in its tokens.

use domain::Usd;
use leptos::prelude::*;

use super::{Done, Estimate, text};
use crate::{
    components::{Badge, Card, CardFoot, Column, Count, Money, Table, count},
    labels,
    web::Member,
};

pub(super) fn cards(member: &Member, done: &Done) -> AnyView {
    let characters = done.asked.text.chars().count() as u64;
    let texts = done.cuts.iter().map(|cut| text::card(cut, characters)).collect_view();
    let rows = done.estimates.iter().map(|estimate| row(member, estimate)).collect_view();
    let columns = vec![
        Column::text(labels::MODEL),
        Column::number(labels::PROMPT_TOKENS),
        Column::number(labels::PROMPT),
        Column::number(labels::ANSWER),
        Column::number(labels::A_REQUEST),
        Column::number(labels::A_MONTH),
    ];
    let title = "What it costs";
    let note = format!(
        "Tokens of an answer: {}. Requests a month: {}",
        count(done.asked.output),
        count(done.asked.requests)
    );
    let guessed = done.estimates.iter().any(|estimate| !estimate.is_exact);
    let guessed = guessed.then_some(
        " An estimated count is by o200k_base, OpenAI’s newest: other providers cut texts by rules of their own, and may bill some tens of percent more or fewer tokens.",
    );
    let (usage, playground) = (member.path("usage?by=model"), member.path("playground"));
    view! {
        <div class="stack" id="result">
            <Card title note>
                <Table label=title columns=columns>{rows}</Table>
                <CardFoot>
                    <span>
                        "At the prices in force for this organization, without anything from a provider’s cache. A chat adds a few tokens per message; tools, pictures and sound add theirs."
                        {guessed}
                        " What was really used is on the "<a href=usage>"usage page"</a>"; the "<a href=playground>"playground"</a>" sends a prompt."
                    </span>
                </CardFoot>
            </Card>
            {texts}
        </div>
    }
    .into_any()
}

fn row(member: &Member, estimate: &Estimate) -> AnyView {
    let how = if estimate.is_exact { "Exact" } else { labels::ESTIMATED };
    let counted = format!("{how}, by {}", estimate.encoding.name());
    let notes = estimate.notes.iter().map(|note| view! { <small>{note.clone()}</small> });
    let query = serde_urlencoded::to_string([("model", &estimate.model)]).unwrap_or_default();
    let usage = member.path(&format!("usage?{query}"));
    let cells = match estimate.cost {
        Some(cost) => view! {
            <td class="num" data-l=labels::PROMPT>{fine(cost.input)}</td>
            <td class="num" data-l=labels::ANSWER>{fine(cost.output)}</td>
            <td class="num" data-l=labels::A_REQUEST>{fine(cost.request)}</td>
            <td class="num" data-l=labels::A_MONTH><strong>{month(cost.month)}</strong></td>
        }
        .into_any(),
        None => view! {
            <td class="num" data-l=labels::PROMPT>"–"</td>
            <td class="num" data-l=labels::ANSWER>"–"</td>
            <td class="num" data-l=labels::A_REQUEST>"–"</td>
            <td class="num" data-l=labels::A_MONTH><Badge text=labels::UNPRICED/></td>
        }
        .into_any(),
    };
    view! {
        <tr>
            <th scope="row"><a href=usage>{estimate.model.clone()}</a><small>{counted}</small>{notes.collect_view()}</th>
            <td class="num" data-l=labels::PROMPT_TOKENS><Count number=estimate.prompt/></td>
            {cells}
        </tr>
    }
    .into_any()
}

/// To the cent; what is less than one, with six decimals.
fn month(amount: Usd) -> AnyView {
    if amount < Usd::from_pico(Usd::PICO / 100) {
        return fine(amount);
    }
    view! { <Money amount/> }.into_any()
}

/// Six decimals, as for single requests; what is less than half of the last one is not shown as nothing.
fn fine(amount: Usd) -> AnyView {
    if amount > Usd::ZERO && amount < Usd::from_pico(500_000) {
        return view! { <data class="money" value=amount.to_string()>"< $0.000001"</data> }
            .into_any();
    }
    view! { <Money amount fine=true/> }.into_any()
}
