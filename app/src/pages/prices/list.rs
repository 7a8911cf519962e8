//! The prices that hold, and those that are planned.

use domain::{Price, TokenClass};
use leptos::prelude::*;
use store::OwnPrice;

use super::{
    View,
    rates::{others, rate, when},
};
use crate::{
    components::{
        Badge, Button, Card, CardBody, CardFoot, Column, Empty, Field, PostButton, Precision,
        Table, Time, Tone, Weight,
    },
    labels,
    web::Member,
};

/// Models of the price book that are shown at once.
const MOST: usize = 50;

fn columns() -> Vec<Column> {
    vec![
        Column::text(labels::MODEL),
        Column::number("Input per 1M tokens"),
        Column::number("Cached input per 1M tokens"),
        Column::number("Output per 1M tokens"),
        Column::text(labels::BESIDES),
        Column::act(),
    ]
}

/// The organization's own.
pub(super) fn own(member: &Member, view: &View) -> AnyView {
    if view.own.is_empty() {
        return view! {
            <Card title=labels::YOUR_OWN_PRICES>
                <Empty split=true title="No price of your own" text="Every model costs what the price book says, unless you set another price below."/>
            </Card>
        }
        .into_any();
    }
    let rows = view.own.iter().map(|own| own_row(member, own)).collect_view();
    view! {
        <Card title=labels::YOUR_OWN_PRICES note="They hold instead of the price book’s">
            <Table label=labels::YOUR_OWN_PRICES columns=columns()>{rows}</Table>
        </Card>
    }
    .into_any()
}

fn own_row(member: &Member, own: &OwnPrice) -> AnyView {
    let (zone, at) = (member.organization.zone, own.from);
    let precision = if own.planned { Precision::Day } else { Precision::Minute };
    let tone = if own.planned { Tone::Plain } else { Tone::Ok };
    let state = if own.planned { labels::PLANNED } else { labels::IN_FORCE };
    let act = if own.planned {
        let (action, fields) =
            (member.path("prices/take-back"), vec![("price", own.id.to_string())]);
        view! { <PostButton action fields weight=Weight::Quiet>{labels::TAKE_BACK}</PostButton> }
            .into_any()
    } else {
        change(member, &own.model)
    };
    let cell = |class| own.terms.map_or_else(|| "–".to_owned(), |(rates, _)| rate(&rates, class));
    let besides = match own.terms {
        None => "As in the price book".to_owned(),
        Some((rates, fee)) => {
            let fee = (fee > domain::Usd::ZERO).then(|| format!("${fee} per request"));
            let all = [others(&rates), fee.unwrap_or_default()];
            all.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(", ")
        }
    };
    view! {
        <tr>
            <th scope="row">
                {own.model.clone()}" "<Badge tone text=state/>
                <small>"From "<Time at zone precision/></small>
            </th>
            <td class="num" data-l="Input per 1M tokens">{cell(TokenClass::Input)}</td>
            <td class="num" data-l="Cached input per 1M tokens">{cell(TokenClass::Cached)}</td>
            <td class="num" data-l="Output per 1M tokens">{cell(TokenClass::Output)}</td>
            <td data-l=labels::BESIDES>{besides}</td>
            <td class="act">{act}</td>
        </tr>
    }
    .into_any()
}

fn change(member: &Member, model: &str) -> AnyView {
    let query = serde_urlencoded::to_string([("model", model)]).unwrap_or_default();
    let href = format!("{}?{query}#set", member.path("prices"));
    view! { <a href=href>{labels::CHANGE}</a> }.into_any()
}

/// The price book's.
pub(super) fn book(member: &Member, view: &View) -> AnyView {
    let wanted = view.search.trim().to_lowercase();
    let found: Vec<&Price> = view
        .book
        .iter()
        .filter(|price| {
            price.model.to_lowercase().contains(&wanted) || price.provider.contains(&wanted)
        })
        .collect();
    let all = found.len();
    let rows = found.into_iter().take(MOST).map(|price| book_row(member, price)).collect_view();
    let list = if all == 0 {
        view! { <Empty split=true title=labels::NOTHING_IS_FOUND text="The price book has no model with this in its name."/> }
            .into_any()
    } else {
        let shown = all.min(MOST);
        view! {
            <Table label=labels::PRICE_BOOK columns=columns()>{rows}</Table>
            <CardFoot><span>{format!("{shown} of {all} models shown; search for the others. Whoever runs this installation keeps the price book.")}</span></CardFoot>
        }
        .into_any()
    };
    let action = member.path("prices");
    let value = view.search.clone();
    view! {
        <Card title=labels::PRICE_BOOK>
            <CardBody>
                <form class="row search" method="get" action=action>
                    <Field name="search" label="Model or provider" kind="search" value maxlength=100/>
                    <Button>{labels::SEARCH}</Button>
                </form>
            </CardBody>
            {list}
        </Card>
    }
    .into_any()
}

fn book_row(member: &Member, price: &Price) -> AnyView {
    let cell = |class| rate(&price.rates, class);
    let variants = price.variants.iter().map(|variant| {
        format!(
            "{}: input {}, output {}",
            when(variant),
            rate(&variant.rates, TokenClass::Input),
            rate(&variant.rates, TokenClass::Output)
        )
    });
    let besides = [others(&price.rates)].into_iter().chain(variants);
    let besides = besides.filter(|text| !text.is_empty()).collect::<Vec<_>>().join("; ");
    view! {
        <tr>
            <th scope="row"><span class="keep">{price.model.clone()}</span><small>{price.provider.clone()}</small></th>
            <td class="num" data-l="Input per 1M tokens">{cell(TokenClass::Input)}</td>
            <td class="num" data-l="Cached input per 1M tokens">{cell(TokenClass::Cached)}</td>
            <td class="num" data-l="Output per 1M tokens">{cell(TokenClass::Output)}</td>
            <td data-l=labels::BESIDES>{besides}</td>
            <td class="act">{change(member, &price.model)}</td>
        </tr>
    }
    .into_any()
}
