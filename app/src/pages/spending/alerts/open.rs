//! An alert of a window that is not over.

use leptos::prelude::*;
use store::{Acknowledged, Crossing, Delivery};

use super::{
    View,
    delivery::{state, title},
    resets_at,
};
use crate::{
    components::{
        Badge, CardBody, CardFoot, Column, Glyph, Icon, LinkButton, Money, PostButton, Precision,
        Stat, Stats, Table, Time, Tone, time_text, usd,
    },
    labels,
    pages::spending::{calendar::until, notes::budget_href},
};

pub(super) fn card(view: &View, crossing: &Crossing) -> AnyView {
    let (glyph, tone) =
        if crossing.stops() { (Glyph::Stop, Tone::Bad) } else { (Glyph::Warn, Tone::Warn) };
    let resets = resets_at(crossing.period, view.zone, view.now);
    let of = format!("of {} {}", usd(crossing.fires_at), crossing.period.adjective());
    let day = time_text(crossing.crossed_at, view.zone, Precision::Day);
    let local = crossing.crossed_at.with_timezone(&view.zone);
    let href = if crossing.usage_limit {
        format!("{}/limits", view.org)
    } else {
        budget_href(&format!("{}/budgets", view.org), crossing.scope, crossing.period)
    };
    let label = match (crossing.blocked, crossing.stops()) {
        (true, true) => "Began to refuse",
        (true, false) => "Refused a request",
        (false, _) => labels::CROSSED,
    };
    let verb = match (crossing.usage_limit, crossing.blocked && view.whole) {
        (true, _) => labels::SEE_LIMITS,
        (false, true) => labels::RAISE_BUDGET,
        (false, false) => labels::SEE_BUDGET,
    };
    let (exact, clock) = (local.to_rfc3339(), local.format("%H:%M:%S").to_string());
    let (spent, zone, wait) = (crossing.spent, view.zone, until(resets, view.now, view.zone));
    view! {
        <section class="card">
            <header>
                <h2 class="named"><Icon glyph class=tone.class()/>{title(crossing)}</h2>
                <LinkButton href>{verb}</LinkButton>
            </header>
            <CardBody>
                <Stats>
                    <Stat label=label note=day>
                        <time datetime=exact>{clock}</time>
                    </Stat>
                    <Stat label=labels::SPENT_THEN note=of><Money amount=spent/></Stat>
                    <Stat label=labels::RESETS note=wait><Time at=resets zone/></Stat>
                </Stats>
            </CardBody>
            {view.whole.then(|| mails(crossing))}
            {seen_to(view, crossing)}
        </section>
    }
    .into_any()
}

/// Who sees to it, or the button to say so.
fn seen_to(view: &View, crossing: &Crossing) -> Option<AnyView> {
    if let Some(Acknowledged { by, at }) = &crossing.acknowledged {
        let said = match by {
            Some(name) => format!("{name} sees to it since "),
            None => "Somebody who is gone saw to it from ".to_owned(),
        };
        let (at, zone) = (*at, view.zone);
        let note = view! { <CardFoot><span>{said}<Time at zone/></span></CardFoot> };
        return Some(note.into_any());
    }
    view.acknowledges(crossing).then(|| {
        let action = format!("{}/alerts", view.org);
        let fields = vec![("deed", "acknowledge".to_owned()), ("alert", crossing.id.to_string())];
        let which = format!(": {}", title(crossing));
        view! {
            <CardFoot>
                <span>"Tells the others that somebody does. What refuses goes on refusing."</span>
                <PostButton action fields>
                    "I see to it"<span class="vh">{which}</span>
                </PostButton>
            </CardFoot>
        }
        .into_any()
    })
}

fn mails(crossing: &Crossing) -> AnyView {
    if crossing.deliveries.is_empty() {
        return view! { <footer class="warn">"Nobody was mailed: no owner had a verified address."</footer> }
            .into_any();
    }
    let columns = vec![
        Column::text(labels::RECIPIENT),
        Column::text(labels::DELIVERY),
        Column::text(labels::THE_SERVER_SAID),
    ];
    let rows: Vec<_> = crossing.deliveries.iter().map(row).collect();
    let label = format!("Deliveries: {}", title(crossing));
    view! {
        <div class="split">
            <Table label columns>{rows}</Table>
        </div>
    }
    .into_any()
}

fn row(delivery: &Delivery) -> AnyView {
    let (tone, glyph, words) = state(delivery);
    let badge = match glyph {
        Some(glyph) => view! { <Badge tone glyph text=words/> }.into_any(),
        None => view! { <Badge tone text=words/> }.into_any(),
    };
    let answer = delivery.answer.clone().unwrap_or_else(|| "–".to_owned());
    view! {
        <tr>
            <th scope="row">{delivery.recipient.clone()}</th>
            <td data-l=labels::DELIVERY>{badge}</td>
            <td data-l=labels::THE_SERVER_SAID class="mono muted small">{answer}</td>
        </tr>
    }
    .into_any()
}
