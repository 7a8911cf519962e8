//! What a table would change: old and new price side by side, each to be ticked.

use chrono::NaiveDate;
use domain::{
    TokenClass, Usd,
    price::{
        Rates, Variant, dollars,
        review::{Difference, Flag},
        table,
    },
};
use leptos::prelude::*;

use super::import::{Found, own_day};
use crate::{
    components::{
        Badge, Button, Card, CardBody, CardFoot, Column, Empty, ErrorSummary, Field, LinkButton,
        Table, Tone, Weight,
    },
    labels,
    pages::prices::rates::when,
    web::Draft,
};

pub(super) fn sheet(found: &Found, draft: &Draft, action: &'static str) -> AnyView {
    let left_out = left_out(found);
    if found.differences.is_empty() {
        let text = format!("All {} models cost what the price book says.", found.unchanged);
        return view! {
            <Card title=labels::REVIEW>
                <Empty split=true title="Nothing would change" text>
                    <LinkButton href=super::PATH>{labels::PRICE_BOOK}</LinkButton>
                </Empty>
            </Card>
            {left_out}
        }
        .into_any();
    }
    let was_sent = draft.has("table");
    let rows = found.differences.iter().enumerate().map(|(at, difference)| {
        let name = format!("take-{at}");
        // What looks like a mistake is for a person to tick.
        let ticked = if was_sent { draft.has(&name) } else { difference.flags.is_empty() };
        row(name, difference, found.today, ticked)
    });
    let rows = rows.collect_view();
    let columns = vec![
        Column::text(labels::TAKE_OVER),
        Column::text(labels::MODEL),
        Column::text("Price before, $ per 1M tokens"),
        Column::text("New price, $ per 1M tokens"),
    ];
    let (from, from_error) = (draft.value("from"), draft.error("from"));
    let summary = summary(found);
    view! {
        <form method="post" action=action class="stack">
            <input type="hidden" name="table" value=hidden(found)/>
            <ErrorSummary lead=labels::NOTHING_WAS_CHANGED errors=draft.errors()/>
            <Card title=labels::REVIEW note=summary>
                <Table label="Prices that would change" columns>{rows}</Table>
                <CardFoot><span>"What is flagged is not ticked: it looks like a mistake until you have looked at it."</span></CardFoot>
            </Card>
            <Card>
                <CardBody>
                    <Field name="from" label="Holds from (optional)" kind="date" value=from error=from_error
                        help="For lines without a day of their own. Empty: from now on. Else at the beginning of that day in UTC. No version that is there already is changed."/>
                    <div class="row">
                        <Button weight=Weight::Primary>"Add the ticked prices"</Button>
                        <LinkButton href=super::PATH weight=Weight::Quiet>{labels::CANCEL}</LinkButton>
                    </div>
                </CardBody>
            </Card>
        </form>
        {left_out}
    }
    .into_any()
}

fn summary(found: &Found) -> String {
    let added = found.differences.iter().filter(|one| one.old.is_none()).count();
    let flagged = found.differences.iter().filter(|one| !one.flags.is_empty()).count();
    let changed = found.differences.len() - added;
    let unchanged = found.unchanged;
    format!("{added} added, {changed} changed, {flagged} of them flagged, {unchanged} unchanged")
}

/// The rows as our own table, to come back with the ticks.
fn hidden(found: &Found) -> String {
    let rows = found.differences.iter().map(|difference| {
        let Difference { new, effective_from, source, .. } = difference.clone();
        table::Row { listed: new, effective_from, source }
    });
    table::write(rows)
}

fn row(name: String, difference: &Difference, today: NaiveDate, ticked: bool) -> AnyView {
    let Difference { new, effective_from, source, old, flags } = difference;
    let state = if old.is_some() { "Changed" } else { labels::ADDED };
    let flags = flags.iter().map(|flag| {
        let text = flag_text(*flag);
        view! { " "<Badge tone=Tone::Warn text/> }
    });
    let label = format!("Take over {}", new.model);
    let from = match own_day(effective_from, today) {
        _ if effective_from.is_empty() => None,
        Some(day) => Some(format!("From {day} on")),
        None => Some(format!("{effective_from} has begun: holds from the day below")),
    };
    let from = from.map(|from| view! { <small>{from}</small> });
    let source = (!source.is_empty()).then(|| format!(", from {source}"));
    let before = old.as_ref().map(|old| (&old.rates, &*old.variants, old.per_request));
    let now = lines(&new.rates, &new.variants, new.per_request);
    let was = before.map_or_else(Vec::new, |(rates, variants, fee)| lines(rates, variants, fee));
    let list = |lines: Vec<String>, none: &'static str| {
        if lines.is_empty() {
            return view! { <span class="faint">{none}</span> }.into_any();
        }
        let lines = lines.into_iter().map(|line| view! { <div>{line}</div> });
        lines.collect_view().into_any()
    };
    view! {
        <tr>
            <td data-l=labels::TAKE_OVER><input type="checkbox" name=name value="on" checked=ticked aria-label=label/></td>
            <th scope="row">
                {new.model.clone()}" "<Badge text=state/>{flags.collect_view()}
                <small>{new.provider.clone()}{source}</small>{from}
            </th>
            <td data-l="Price before, $ per 1M tokens"><div>{list(was, "Not in the price book")}</div></td>
            <td data-l="New price, $ per 1M tokens"><div>{list(now, "")}</div></td>
        </tr>
    }
    .into_any()
}

fn flag_text(flag: Flag) -> String {
    match flag {
        Flag::Leap(class) => format!("{}: more than 10 times apart", words(class)),
        Flag::PerToken(class) => format!("{}: per token instead of per 1M?", words(class)),
        Flag::Free => "Costs nothing".to_owned(),
    }
}

const fn words(class: TokenClass) -> &'static str {
    match class {
        TokenClass::Input => labels::INPUT,
        TokenClass::Cached => labels::CACHED_INPUT,
        TokenClass::CacheWrite => "Cache write, 5 min",
        TokenClass::CacheWrite1h => "Cache write, 1 h",
        TokenClass::AudioInput => labels::AUDIO_INPUT,
        TokenClass::ImageInput => "Picture input",
        TokenClass::Output => labels::OUTPUT,
        TokenClass::Reasoning => labels::REASONING,
        TokenClass::AudioOutput => labels::AUDIO_OUTPUT,
        TokenClass::ImageOutput => "Picture output",
    }
}

/// A price in lines.
fn lines(rates: &Rates, variants: &[Variant], per_request: Usd) -> Vec<String> {
    let all = |rates: &Rates| {
        let own = TokenClass::ALL
            .into_iter()
            .filter_map(|class| Some(format!("{} ${}", words(class), dollars(rates.own(class)?))));
        own.collect::<Vec<_>>()
    };
    let mut lines = all(rates);
    lines.extend(
        variants.iter().map(|one| format!("{}: {}", when(one), all(&one.rates).join(", "))),
    );
    if per_request > Usd::ZERO {
        lines.push(format!("Each request ${per_request}"));
    }
    lines
}

fn left_out(found: &Found) -> Option<AnyView> {
    if found.left_out.is_empty() {
        return None;
    }
    let rows = found.left_out.iter().map(|(model, why)| {
        view! { <tr><th scope="row">{model.clone()}</th><td data-l=labels::WHY>{why.clone()}</td></tr> }
    });
    let rows = rows.collect_view();
    let columns = vec![Column::text(labels::MODEL), Column::text(labels::WHY)];
    Some(
        view! { <Card title="Can’t be taken over"><Table label="Models left out" columns>{rows}</Table></Card> }
            .into_any(),
    )
}
