//! The timeline: our part of the time against the provider's. Every bar's length stands beside it.

use domain::Story;
use leptos::prelude::*;
use store::requests::Told;

use super::{
    phases::{Course, Phase, Whose, speed},
    words,
};
use crate::components::{Card, CardFoot, count, usd_fine};

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
        <Card title="Timeline" note>
            <ol class="timeline split">{bars}</ol>
            <div class="body split"><p class="muted">{said}</p></div>
            <CardFoot>{legend()}{speed}</CardFoot>
        </Card>
    }
    .into_any()
}

fn bar(phase: &Phase, end: u64) -> AnyView {
    let class = match phase.whose {
        Whose::Ours => "ours",
        Whose::Waiting => "wait",
        Whose::Answering => "gen",
    };
    // However short, it is seen, and never beyond the end.
    let width = permille(phase.length(), end).max(3);
    let from = permille(phase.from, end).min(1_000 - width);
    let (x, width) = (percent(from), percent(width));
    let label = phase.label.clone();
    let time = words::milliseconds(phase.length());
    view! {
        <li>
            <span>{label}</span>
            <svg aria-hidden="true">
                <rect class="lane" y="5" width="100%" height="2"/>
                <rect class=class x=x width=width height="12" rx="1.5"/>
            </svg>
            <span class="num">{time}</span>
        </li>
    }
    .into_any()
}

fn permille(part: u64, whole: u64) -> u64 {
    let share = u128::from(part) * 1_000 / u128::from(whole.max(1));
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
    fn a_bar_is_seen_and_stays_within() {
        let phase = |from, until| Phase {
            label: "Wait <b>".to_owned(),
            whose: Whose::Waiting,
            from,
            until,
        };
        let html = bar(&phase(999_999, 1_000_000), 1_000_000).to_html();
        assert!(html.contains(r#"x="99.7%" width="0.3%""#), "{html}");
        assert!(html.contains("Wait &lt;b&gt;") && html.contains("0.00 ms"), "{html}");
        let html = bar(&phase(0, 500_000), 1_000_000).to_html();
        assert!(html.contains(r#"x="0.0%" width="50.0%""#), "{html}");
        assert!(!bar(&phase(0, 0), 0).to_html().contains("style"));
    }
}
