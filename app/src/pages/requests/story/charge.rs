//! What it cost: tokens by price, line by line.

use domain::{Outcome, Usd};
use leptos::prelude::*;
use store::requests::{ChargedBy, Told};

use super::words;
use crate::{
    components::{
        Card, CardBody, CardFoot, Column, Money, Narrow, Precision, Table, count, time_text,
        usd_fine,
    },
    labels,
    web::Member,
};

pub(super) fn card(member: &Member, told: &Told) -> AnyView {
    let Some(by) = &told.by else { return unpriced(told) };
    let zone = member.organization.zone;
    let book = if by.own { "Own price" } else { labels::PRICE_BOOK };
    let since = time_text(by.from, zone, Precision::Day);
    let note = format!("{book}, in force since {since}");
    let rows = rows(told, by);
    let foot = foot(told);
    let columns = vec![
        Column::text("Class"),
        Column::number(labels::TOKENS),
        Column::number("Per million"),
        Column::number(labels::AMOUNT),
    ];
    let (reserved, remark) = (reserved(told), remark(told, by));
    view! {
        <Card title=labels::CHARGE note>
            <Table label=labels::CHARGE columns narrow=Narrow::Pin foot>{rows}</Table>
            {remark.map(|text| view! { <CardBody split=true><p class="muted">{text}</p></CardBody> })}
            <CardFoot><span>{reserved}</span></CardFoot>
        </Card>
    }
    .into_any()
}

fn unpriced(told: &Told) -> AnyView {
    let tokens = format!(
        "{} in, {} out",
        words::tokens(told.line.tokens.prompt()),
        words::tokens(told.line.tokens.generated())
    );
    view! {
        <Card title=labels::CHARGE>
            <CardBody split=true>
                <p>{labels::UNPRICED}</p>
                <p class="muted">{tokens}". No price was known for this model when it was asked, so nothing was charged and no budget counts it."</p>
            </CardBody>
        </Card>
    }
    .into_any()
}

/// What the request was charged at first.
fn booked(told: &Told) -> Usd {
    told.booked.unwrap_or(told.line.charge)
}

/// Whether tokens by price are what it was charged: else it was its bound.
fn is_by_tokens(told: &Told, by: &ChargedBy) -> bool {
    by.price.charge(told.line.tokens, told.service_tier) == booked(told)
}

fn rows(told: &Told, by: &ChargedBy) -> AnyView {
    if !is_by_tokens(told, by) {
        return line("The most it could cost", None, None, booked(told));
    }
    let tokens = told.line.tokens;
    let rates = by.price.rates(told.service_tier, tokens.prompt());
    let lines = rates.lines(tokens).map(|it| {
        let rate = Usd::from_pico(i128::from(it.rate));
        line(words::class(it.class), Some(it.count), Some(rate), it.amount)
    });
    let request = (by.price.per_request != Usd::ZERO)
        .then(|| line("Each request", None, None, by.price.per_request));
    view! { {lines.collect_view()}{request} }.into_any()
}

fn line(label: &'static str, tokens: Option<u64>, rate: Option<Usd>, amount: Usd) -> AnyView {
    let rate = rate.map(|rate| format!("${rate}"));
    view! {
        <tr>
            <th scope="row">{label}</th>
            <td class="num">{tokens.map(count)}</td>
            <td class="num muted">{rate}</td>
            <td class="num"><Money amount fine=true/></td>
        </tr>
    }
    .into_any()
}

fn foot(told: &Told) -> AnyView {
    let line = &told.line;
    let (total, amount) = (count(line.tokens.total()), line.charge);
    let before = told.booked.map(|amount| {
        view! { <tr><th scope="row">"Charged at first"</th><td></td><td></td><td class="num"><Money amount fine=true/></td></tr> }
    });
    let label = if told.booked.is_some() { "Corrected by an owner to" } else { labels::CHARGE };
    view! {
        {before}
        <tr>
            <th scope="row">{label}</th>
            <td class="num">{total}</td>
            <td></td>
            <td class="num"><Money amount fine=true/></td>
        </tr>
    }
    .into_any()
}

/// What the lines do not say by themselves.
fn remark(told: &Told, by: &ChargedBy) -> Option<String> {
    let prompt = told.line.tokens.prompt();
    let known = by.price.knows(told.line.tokens, told.service_tier);
    match told.line.outcome {
        Outcome::Unknown | Outcome::Interrupted => Some(
            "What it used is not known, so what it could cost at most is charged until an owner corrects it or the provider’s answer comes late."
                .to_owned(),
        ),
        Outcome::Estimated if !known => Some(
            "Some of these tokens have no rate of their own: the dearest one of their side stands in."
                .to_owned(),
        ),
        Outcome::Estimated => Some(format!(
            "The provider told no usable count. The prompt’s {} are the most they can have been, and the answer’s are counted by what was seen, or at their most where it was cut off.",
            words::tokens(prompt)
        )),
        _ => None,
    }
}

fn reserved(told: &Told) -> String {
    let (bound, charge) = (told.bound, told.line.charge);
    let reserved = usd_fine(bound);
    match bound.minus(charge) {
        rest if rest < Usd::ZERO => {
            format!(
                "Reserved {reserved}, which was too little by {}",
                usd_fine(charge.minus(bound))
            )
        }
        Usd::ZERO => format!("Reserved {reserved}, all of it charged"),
        rest => format!("Reserved {reserved}, returned {}", usd_fine(rest)),
    }
}
