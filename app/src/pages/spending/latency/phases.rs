//! Where the time of requests goes: their life in phases, by exact sums.

use leptos::prelude::*;
use store::latencies::Latency;

use super::{View, words};
use crate::components::{Card, CardBody, CardFoot, TimeBar, TimeKey, Whose, share};
use crate::labels;

/// A part of all time.
struct Phase {
    label: &'static str,
    /// Whose time it is.
    whose: Whose,
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
            <CardFoot><TimeKey/></CardFoot>
        </Card>
    }
    .into_any()
}

fn phases(whole: &Latency) -> [Phase; 6] {
    let (spent, ended) = (&whole.spent, whole.ended());
    let streams = whole.first_token.count();
    let phase = |label, whose, sum, requests| Phase { label, whose, sum, requests };
    [
        phase("Receive", Whose::Ours, spent.reading, ended),
        phase("Check and reserve", Whose::Ours, spent.reserving, ended),
        phase("Connect", Whose::Waiting, spent.connecting, ended),
        phase(labels::WAIT_FOR_FIRST_TOKEN, Whose::Waiting, spent.waiting, streams),
        phase("Generate", Whose::Answering, spent.answering, streams),
        phase("Whole, not streamed", Whose::Answering, spent.whole, ended.saturating_sub(streams)),
    ]
}

fn bar(phase: &Phase, from: u128, whole: u128) -> AnyView {
    let length = phase.sum;
    let mean = u64::try_from(length / u128::from(phase.requests.max(1))).unwrap_or(u64::MAX);
    let note = format!("{} each", words::micros(mean));
    let part = |sum: u128| i128::try_from(sum).unwrap_or(i128::MAX);
    let said = share(part(length), part(whole));
    view! { <TimeBar label=phase.label note whose=phase.whose from length whole said/> }.into_any()
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
        assert!(html.contains("600 ms each") && html.contains("60.0%"), "{html}");
    }
}
