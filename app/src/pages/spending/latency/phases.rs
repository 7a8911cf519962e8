//! Where the time of requests goes: their life in phases, by exact sums.

use leptos::prelude::*;
use store::latencies::Latency;

use super::{View, words};
use crate::components::{Card, CardBody, CardFoot, share};

/// A part of all time.
struct Phase {
    label: &'static str,
    /// Whose time it is, as the timeline of one request has it.
    class: &'static str,
    /// In microseconds, over all requests that have it.
    sum: u128,
    /// How many have it.
    requests: u64,
}

pub(super) fn card(page: &View) -> AnyView {
    let phases = phases(&page.whole);
    let total = page.whole.spent.total();
    let mut from = 0;
    let bars: Vec<_> = phases
        .iter()
        .filter(|phase| phase.sum > 0)
        .map(|phase| {
            let bar = bar(phase, from, total);
            from += phase.sum;
            bar
        })
        .collect();
    view! {
        <Card title="Where the time goes" note="Shares of all the time that requests took">
            <ol class="timeline split">{bars}</ol>
            <CardBody split=true>
                <p class="muted">
                    "A request is received, checked and its cost reserved; a connection to the provider is made or reused; there it waits its turn and its prompt is read, until the first token; then the answer is generated, token by token. Long prompts and busy providers show as waiting, long answers as generating. Without a stream the provider sends nothing before the answer is whole, so both are one."
                </p>
            </CardBody>
            <CardFoot>{legend()}</CardFoot>
        </Card>
    }
    .into_any()
}

fn phases(whole: &Latency) -> [Phase; 6] {
    let (spent, ended) = (&whole.spent, whole.ended());
    let streams = whole.first_token.count();
    let phase = |label, class, sum, requests| Phase { label, class, sum, requests };
    [
        phase("Receive", "ours", spent.reading, ended),
        phase("Check and reserve", "ours", spent.reserving, ended),
        phase("Connect", "wait", spent.connecting, ended),
        phase("Wait for first token", "wait", spent.waiting, streams),
        phase("Generate", "gen", spent.answering, streams),
        phase("Whole, not streamed", "gen", spent.whole, ended.saturating_sub(streams)),
    ]
}

fn bar(phase: &Phase, from: u128, total: u128) -> AnyView {
    // However short, it is seen, and never beyond the end.
    let width = permille(phase.sum, total).max(3);
    let from = permille(from, total).min(1_000 - width);
    let (x, width) = (percent(from), percent(width));
    let mean = u64::try_from(phase.sum / u128::from(phase.requests.max(1))).unwrap_or(u64::MAX);
    let mean = format!("{} each", words::micros(mean));
    let part = |sum: u128| i128::try_from(sum).unwrap_or(i128::MAX);
    let share = share(part(phase.sum), part(total));
    view! {
        <li>
            <span>{phase.label}<br/><small class="muted">{mean}</small></span>
            <svg aria-hidden="true">
                <rect class="lane" y="5" width="100%" height="2"/>
                <rect class=phase.class x=x width=width height="12" rx="1.5"/>
            </svg>
            <span class="num">{share}</span>
        </li>
    }
    .into_any()
}

fn permille(part: u128, whole: u128) -> u64 {
    let share = part.saturating_mul(1_000) / whole.max(1);
    u64::try_from(share).unwrap_or(1_000).min(1_000)
}

fn percent(permille: u64) -> String {
    format!("{}.{}%", permille / 10, permille % 10)
}

fn legend() -> AnyView {
    let kinds =
        [("ours", "Exchequer"), ("wait", "Waiting for the provider"), ("gen", "The answer comes")];
    let items = kinds.into_iter().map(|(class, text)| {
        view! { <span><svg viewBox="0 0 14 10" aria-hidden="true"><path class=class d="M0 1h14v8H0z"/></svg>{text}</span> }
    });
    view! { <div class="legend timeline-key">{items.collect_view()}</div> }.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_are_all_of_the_time_and_stay_within() {
        let mut whole = Latency { requests: 3, failed: 1, ..Latency::default() };
        whole.spent.reading = 1;
        whole.spent.waiting = 600_000;
        whole.spent.whole = 399_999;
        whole.first_token.add(600_000);
        let phases = phases(&whole);
        assert_eq!(phases.iter().map(|phase| phase.sum).sum::<u128>(), whole.spent.total());
        assert_eq!(
            phases.iter().map(|phase| phase.requests).collect::<Vec<_>>(),
            [2, 2, 2, 1, 1, 1]
        );
        let html = bar(&phases[3], 1, 1_000_000).to_html();
        assert!(html.contains(r#"x="0.0%" width="60.0%""#) && html.contains("60.0%"), "{html}");
        assert!(html.contains("600 ms each"), "{html}");
        let html = bar(&phases[5], 1_000_000, 1_000_000).to_html();
        assert!(html.contains(r#"x="60.1%""#) && !html.contains("style"), "{html}");
    }
}
