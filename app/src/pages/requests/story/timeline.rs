//! The timeline: our part of the time against the provider's. Every bar's length stands beside it.

use domain::Story;
use leptos::prelude::*;
use store::requests::Told;

use super::{
    phases::{Course, Phase, speed},
    words,
};
use crate::components::{Card, CardFoot, TimeBar, TimeKey, count, usd_fine};
use crate::labels;

pub(super) fn card(told: &Told, story: &Story) -> AnyView {
    let (line, moments) = (&told.line, &story.moments);
    // Both ends by the database's clock, less what the node saw of it.
    let whole = words::micros(told.settled_at - line.at);
    let course = Course {
        moments,
        streamed: line.streamed,
        broken: line.outcome == domain::Outcome::Unknown,
        tokens: line.tokens,
        reserved: usd_fine(told.bound),
        settling: whole.saturating_sub(moments.last.saturating_sub(moments.admitted)),
    };
    let end = course.end();
    let bars = course.phases().iter().map(|phase| bar(phase, end)).collect_view();
    let note = format!(
        "{} before forwarding, {} after the last byte; the rest is the provider",
        words::milliseconds(course.before()),
        words::milliseconds(course.settling)
    );
    let said = course.explained().join(" ");
    let speed = speed(moments, line.tokens.generated())
        .map(|rate| view! { <span>{format!("{} tokens/s", count(rate))}</span> });
    view! {
        <Card title=labels::TIMELINE note>
            <ol class="timeline split">{bars}</ol>
            <div class="body split"><p class="muted">{said}</p></div>
            <CardFoot><TimeKey/>{speed}</CardFoot>
        </Card>
    }
    .into_any()
}

fn bar(phase: &Phase, end: u64) -> AnyView {
    let (label, said) = (phase.label.clone(), words::milliseconds(phase.length()));
    let [from, length, whole] = [phase.from, phase.length(), end].map(u128::from);
    view! { <TimeBar label whose=phase.whose from length whole said/> }.into_any()
}
