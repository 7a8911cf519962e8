//! How far a budget is used.

use domain::Usd;
use leptos::prelude::*;

use super::{Tone, numbers::share, usd};

use crate::labels;

/// What a meter shows.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    pub spent: Usd,
    /// Held by requests that still run.
    pub reserved: Usd,
    pub limit: Usd,
    /// Where it will end, if that can be said.
    pub forecast: Option<Usd>,
    /// Amounts at which someone is told.
    pub thresholds: Vec<Usd>,
}

impl Reading {
    /// A place on the meter in hundredths of a percent, at most its end.
    fn place(&self, amount: Usd) -> u32 {
        if self.limit <= Usd::ZERO {
            return if amount > Usd::ZERO { 10_000 } else { 0 };
        }
        let amount = amount.pico().clamp(0, self.limit.pico());
        // Amounts are far below 2^113 pico-dollars, so this can't overflow.
        u32::try_from(amount.saturating_mul(10_000) / self.limit.pico()).unwrap_or(10_000)
    }

    /// The whole sentence, for those who can't see the meter.
    fn sentence(&self) -> String {
        let (spent, limit) = (self.spent.pico(), self.limit.pico());
        let mut text =
            format!("{} of {} spent, {}", usd(self.spent), usd(self.limit), share(spent, limit));
        if self.reserved > Usd::ZERO {
            text = format!("{text}; {} reserved", usd(self.reserved));
        }
        if let Some(forecast) = self.forecast {
            text = format!("{text}; forecast {}", usd(forecast));
        }
        text
    }
}

fn percent(place: u32) -> String {
    format!("{}.{:02}%", place / 100, place % 100)
}

/// Spent, reserved (chequered) and forecast (tinted) against a limit, with its thresholds below.
#[component]
pub fn Meter(
    /// Whose limit it is.
    #[prop(into)]
    label: String,
    reading: Reading,
    #[prop(default = Tone::Ok)] tone: Tone,
) -> impl IntoView {
    let tone = if tone == Tone::Plain { "ok" } else { tone.class() };
    let spent = reading.place(reading.spent);
    let held = reading.place(reading.spent.plus(reading.reserved)) - spent;
    let course = reading.forecast.map(|forecast| reading.place(forecast));
    let ahead = course.filter(|course| *course > spent).map(|course| {
        let width = percent(course - spent);
        view! { <rect class="course" x=percent(spent) y="5" width=width height="8"/> }
    });
    // Something held is always seen, be it ever so small.
    let cloth = (reading.reserved > Usd::ZERO && spent < 10_000).then(|| {
        let width = percent(held.max(70).min(10_000 - spent));
        let fill = format!("url(#cloth-{tone})");
        view! {
            <rect class="cloth" x=percent(spent) y="5" width=width.clone() height="8"/>
            <rect fill=fill x=percent(spent) y="5" width=width height="8"/>
        }
    });
    let ticks = reading.thresholds.iter().map(|threshold| {
        let class = if reading.spent >= *threshold { "tick passed" } else { "tick" };
        let x = percent(reading.place(*threshold));
        view! { <line class=class x1=x.clone() x2=x y1="14.5" y2="18"/> }
    });
    let pointer = course.map(|course| {
        view! { <svg class="mark" x=percent(course) overflow="visible"><path d="M-3.5-.5h7L0 4z"/></svg> }
    });
    let most = reading.limit.max(reading.spent);
    view! {
        <div
            class=format!("meter {tone}")
            role="meter"
            aria-label=label
            aria-valuemin="0"
            aria-valuemax=most.to_string()
            aria-valuenow=reading.spent.to_string()
            aria-valuetext=reading.sentence()
        >
            <svg aria-hidden="true">
                <rect class="track" y="5" width="100%" height="8" rx="1"/>
                {ahead}
                <rect class="spent" y="5" width=percent(spent) height="8" rx="1"/>
                {cloth}
                {ticks.collect_view()}
                {pointer}
            </svg>
        </div>
    }
    .into_any()
}

/// What the parts of a meter mean; once below a list of them.
#[component]
pub fn MeterLegend() -> impl IntoView {
    view! {
        <div class="legend">
            <span><svg aria-hidden="true"><rect class="f-ok" y="1" width="14" height="8" rx="1"/></svg>{labels::SPENT}</span>
            <span><svg aria-hidden="true"><rect fill="url(#cloth-ok)" y="1" width="14" height="8"/></svg>"Reserved by requests in flight"</span>
            <span><svg aria-hidden="true"><rect class="f-course" y="1" width="14" height="8"/></svg>"Forecast to the reset"</span>
            <span><svg class="meter" aria-hidden="true"><line class="tick" x1="7" x2="7" y1="0" y2="10"/></svg>"Threshold"</span>
            <span><svg class="meter" aria-hidden="true"><line class="tick passed" x1="7" x2="7" y1="0" y2="10"/></svg>"Threshold passed"</span>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_leaves_its_track() {
        let over = Reading {
            spent: Usd::from_dollars(1_500),
            reserved: Usd::from_dollars(10),
            limit: Usd::from_dollars(1_000),
            forecast: Some(Usd::from_dollars(9_000)),
            thresholds: vec![Usd::from_dollars(800)],
        };
        let html = view! { <Meter label="Over" reading=over tone=Tone::Bad/> }.to_html();
        assert!(html.contains(r#"aria-valuetext="$1,500.00 of $1,000.00 spent, 150.0%; $10.00 reserved; forecast $9,000.00""#), "{html}");
        assert!(html.contains(r#"<rect y="5" width="100.00%""#), "{html}");
        let none = view! { <Meter label="None" reading=Reading::default()/> }.to_html();
        assert!(none.contains(r#"width="0.00%""#), "{none}");
    }
}
