//! A part of a time, as a bar of a timeline; its length stands beside it.

use leptos::prelude::*;

use crate::labels;

/// Whose time it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// Exchequer's.
    Ours,
    /// The provider is waited for.
    Waiting,
    /// The answer comes.
    Answering,
}

impl Whose {
    const ALL: [Self; 3] = [Self::Ours, Self::Waiting, Self::Answering];

    const fn class(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Waiting => "wait",
            Self::Answering => "gen",
        }
    }

    const fn label(self) -> &'static str {
        match self {
            Self::Ours => labels::EXCHEQUER,
            Self::Waiting => "Waiting for the provider",
            Self::Answering => "The answer comes",
        }
    }
}

/// One of a timeline's items.
#[component]
pub fn TimeBar(
    #[prop(into)] label: String,
    /// Below the label.
    #[prop(optional, into)]
    note: Option<String>,
    whose: Whose,
    /// Where it begins.
    from: u128,
    length: u128,
    /// How long the whole timeline is.
    whole: u128,
    /// How long it is, in words.
    #[prop(into)]
    said: String,
) -> impl IntoView {
    // However short, it is seen, and never beyond the end.
    let width = permille(length, whole).max(3);
    let from = permille(from, whole).min(1_000 - width);
    let (x, width) = (percent(from), percent(width));
    let note = note.map(|note| view! { <br/><small class="muted">{note}</small> });
    view! {
        <li>
            <span>{label}{note}</span>
            <svg aria-hidden="true">
                <rect class="lane" y="5" width="100%" height="2"/>
                <rect class=whose.class() x=x width=width height="12" rx="1.5"/>
            </svg>
            <span class="num">{said}</span>
        </li>
    }
    .into_any()
}

/// What the colours of a timeline mean.
#[component]
pub fn TimeKey() -> impl IntoView {
    let items = Whose::ALL.map(|whose| {
        view! {
            <span>
                <svg viewBox="0 0 14 10" aria-hidden="true"><path class=whose.class() d="M0 1h14v8H0z"/></svg>
                {whose.label()}
            </span>
        }
    });
    view! { <div class="legend timeline-key">{items.into_iter().collect_view()}</div> }.into_any()
}

fn permille(part: u128, whole: u128) -> u64 {
    let share = part.saturating_mul(1_000) / whole.max(1);
    u64::try_from(share).unwrap_or(1_000).min(1_000)
}

fn percent(permille: u64) -> String {
    format!("{}.{}%", permille / 10, permille % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_seen_and_stays_within() {
        let bar = |from, length, whole| {
            let bar = view! { <TimeBar label="Wait <b>" note="1 ms" whose=Whose::Waiting from length whole said="0.00 ms"/> };
            bar.into_any().to_html()
        };
        let html = bar(999_999, 1, 1_000_000);
        assert!(html.contains(r#"x="99.7%" width="0.3%""#), "{html}");
        assert!(html.contains("Wait &lt;b&gt;") && html.contains("0.00 ms"), "{html}");
        let html = bar(0, 500_000, 1_000_000);
        assert!(html.contains(r#"x="0.0%" width="50.0%""#) && html.contains("1 ms"), "{html}");
        let html = bar(1_000_000, 600_000, 1_000_000);
        assert!(html.contains(r#"x="40.0%" width="60.0%""#), "{html}");
        assert!(!bar(0, 0, 0).contains("style"));
    }
}
