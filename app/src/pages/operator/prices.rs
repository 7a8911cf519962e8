//! `/operator/prices`: the price book, and taking over a table of prices.

mod import;
mod review;

use axum::{Router, extract::State, response::Response, routing::get};
use domain::TokenClass;
use leptos::prelude::*;
use serde::Deserialize;
use store::system::operator::{BookStanding, BookVersion};

use super::{Part, Runner, ZONE, around, search};
use crate::{
    components::{
        Badge, Card, CardBody, Column, Empty, LinkButton, Pager, Precision, Table, Time, Toast,
        Tone, Weight, count,
    },
    labels,
    pages::prices::rates::{others, rate, when},
    render::Page,
    web::{App, Failure, Query},
};

const PATH: &str = "/operator/prices";
/// Versions in one page.
const ROWS: u16 = 50;

pub(super) fn router() -> Router<App> {
    Router::new().route(PATH, get(show)).merge(import::router())
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    search: String,
    /// Which fifty, from 1.
    page: Option<String>,
    added: Option<u64>,
}

impl Asked {
    fn page(&self) -> u32 {
        let page = self.page.as_deref().and_then(|page| page.parse().ok());
        page.unwrap_or(1).clamp(1, 1_000_000)
    }

    fn on_page(&self, page: u32) -> String {
        let pairs = [("search", self.search.clone()), ("page", page.to_string())];
        let pairs = pairs.iter().filter(|(_, value)| !value.is_empty()).collect::<Vec<_>>();
        format!("{PATH}?{}", serde_urlencoded::to_string(pairs).unwrap_or_default())
    }
}

async fn show(
    State(app): State<App>,
    runner: Runner,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let skipped = (asked.page() - 1) * u32::from(ROWS);
    // One more tells whether there are more.
    let versions =
        runner.operator(&app).await?.price_book(&asked.search, skipped, ROWS + 1).await?;
    Ok(runner.look().page(Page::new("Price book, operator"), || {
        around(runner.frame, Part::Prices, content(asked, &versions))
    }))
}

fn content(asked: Asked, versions: &[BookVersion]) -> AnyView {
    let added = asked.added.map(|added| {
        let lead = match added {
            1 => "1 version added.".to_owned(),
            n => format!("{} versions added.", count(n)),
        };
        let text = "Each holds from its day on, on every node within 5 seconds. Requests before keep their price.";
        view! { <Toast lead text/> }
    });
    let shown = versions.len().min(ROWS.into());
    let list = if shown == 0 && asked.page() > 1 {
        let href = asked.on_page(1);
        view! {
            <Empty split=true title=labels::THERE_IS_NO_SUCH_PAGE text="The price book ends before it.">
                <LinkButton href>"See the first page"</LinkButton>
            </Empty>
        }
        .into_any()
    } else if shown == 0 {
        view! { <Empty split=true title=labels::NOTHING_IS_FOUND text="The price book has no provider or model with this in its name."/> }
            .into_any()
    } else {
        let columns = vec![
            Column::text(labels::MODEL),
            Column::text(labels::HOLDS_FROM),
            Column::number("Input per 1M tokens"),
            Column::number("Cached input per 1M tokens"),
            Column::number("Output per 1M tokens"),
            Column::text(labels::BESIDES),
            Column::text(labels::SOURCE),
        ];
        let rows = versions.iter().take(shown).map(row).collect_view();
        let page = asked.page();
        let previous = (page > 1).then(|| asked.on_page(page - 1));
        let next = (versions.len() > shown).then(|| asked.on_page(page + 1));
        let first = (page - 1) * u32::from(ROWS) + 1;
        let last = first + u32::try_from(shown).unwrap_or(0) - 1;
        let shown = format!("Versions {first} to {last}. US dollars. A version is never changed.");
        view! {
            <Table label=labels::PRICE_BOOK columns>{rows}</Table>
            <Pager shown previous next/>
        }
        .into_any()
    };
    view! {
        {added}
        <Card>
            <CardBody>
                <div class="row between">
                    {search(PATH, "Provider or model", asked.search)}
                    <LinkButton href=import::PATH weight=Weight::Primary>{labels::IMPORT_PRICES}</LinkButton>
                </div>
            </CardBody>
            {list}
        </Card>
    }
    .into_any()
}

fn row(version: &BookVersion) -> AnyView {
    let price = &version.price;
    let cell = |class| rate(&price.rates, class);
    let (tone, text) = match version.standing {
        BookStanding::Planned => (Tone::Plain, labels::PLANNED),
        BookStanding::InForce => (Tone::Ok, labels::IN_FORCE),
        BookStanding::Over => (Tone::Plain, "Over"),
    };
    let fee = (price.per_request > domain::Usd::ZERO)
        .then(|| format!("${} per request", price.per_request));
    let variants = price.variants.iter().map(|variant| {
        let (input, output) = (TokenClass::Input, TokenClass::Output);
        format!(
            "{}: input {}, output {}",
            when(variant),
            rate(&variant.rates, input),
            rate(&variant.rates, output)
        )
    });
    let besides = [others(&price.rates), fee.unwrap_or_default()].into_iter().chain(variants);
    let besides = besides.filter(|text| !text.is_empty()).collect::<Vec<_>>().join("; ");
    view! {
        <tr>
            <th scope="row">{price.model.clone()}<small>{price.provider.clone()}</small></th>
            <td data-l=labels::HOLDS_FROM><Time at=version.from zone=ZONE precision=Precision::Minute/>" "<Badge tone text/></td>
            <td class="num" data-l="Input per 1M tokens">{cell(TokenClass::Input)}</td>
            <td class="num" data-l="Cached input per 1M tokens">{cell(TokenClass::Cached)}</td>
            <td class="num" data-l="Output per 1M tokens">{cell(TokenClass::Output)}</td>
            <td data-l=labels::BESIDES>{besides}</td>
            <td data-l=labels::SOURCE>{version.source.clone()}</td>
        </tr>
    }
    .into_any()
}
