//! Alerts of windows that are not over.

use leptos::prelude::*;
use store::Crossing;

use super::View;
use crate::{
    components::{Card, CardFoot, Precision, Row, Tone, time_text, usd},
    labels,
    pages::spending::alerts::{delivered, title},
};

/// So many fit.
const MOST: usize = 4;

pub(super) fn card(view: &View) -> Option<AnyView> {
    if view.open.is_empty() {
        return None;
    }
    let href = format!("{}/alerts", view.org);
    let rows: Vec<_> =
        view.open.iter().take(MOST).map(|crossing| row(view, &href, crossing)).collect();
    let rest = view.open.len().saturating_sub(MOST);
    let rest = (rest > 0).then(|| {
        view! { <CardFoot><span>{format!("{rest} more in this cycle")}</span></CardFoot> }
    });
    let card = view! {
        <Card title=labels::OPEN_ALERTS more=("All alerts", href.clone())>
            <ul class="rows">{rows}</ul>
            {rest}
        </Card>
    };
    Some(card.into_any())
}

fn row(view: &View, href: &str, crossing: &Crossing) -> AnyView {
    let tone = if crossing.stops() { Tone::Bad } else { Tone::Warn };
    let spent = usd(crossing.spent);
    // Who was mailed is for owners.
    let text = if view.whole {
        format!("{spent} spent then. {}.", delivered(crossing).1)
    } else {
        format!("{spent} spent then.")
    };
    let seen_to = crossing.acknowledged.as_ref().map(|seen| match &seen.by {
        Some(name) => format!(" {name} sees to it."),
        None => " Somebody who is gone saw to it.".to_owned(),
    });
    let text = text + &seen_to.unwrap_or_default();
    let local = crossing.crossed_at.with_timezone(&view.zone);
    let today = local.date_naive() == view.now.with_timezone(&view.zone).date_naive();
    let when = if today {
        local.format("%H:%M").to_string()
    } else {
        time_text(crossing.crossed_at, view.zone, Precision::Day)
    };
    view! {
        <Row tone title=title(crossing) href=href.to_owned() text>
            <time datetime=local.to_rfc3339()>{when}</time>
        </Row>
    }
    .into_any()
}
