//! What holds spending, and what is to be done.

use domain::Usd;
use leptos::prelude::*;

use crate::components::{
    Card, CardFoot, Limit, LimitRow, Meter, MeterLegend, Reading, Row, Step, Tone,
};

fn reading(spent: i64, reserved: i64, forecast: Option<i64>) -> Reading {
    Reading {
        spent: Usd::from_dollars(spent),
        reserved: Usd::from_dollars(reserved),
        limit: Usd::from_dollars(1_000),
        forecast: forecast.map(Usd::from_dollars),
        thresholds: [500, 800, 1_000].map(Usd::from_dollars).to_vec(),
    }
}

pub(super) fn limits() -> AnyView {
    let cases = [
        ("On course", Tone::Ok, reading(312, 12, Some(640))),
        ("Will be reached", Tone::Warn, reading(704, 26, Some(1_320))),
        ("Reached, refusing", Tone::Bad, reading(1_000, 0, None)),
    ];
    let limits = cases.into_iter().map(|(state, tone, reading)| {
        view! { <Limit title="Support copilot" href="?" reading tone state kind="Project, monthly"/> }
    });
    view! {
        <Card title="Limits" more=("All budgets", "?".to_owned())>
            <div class="body">{limits.collect_view()}</div>
        </Card>
        <Card title="Set-up">
            <ul class="rows todo">
                <Step title="First key" done=true href="?" verb="Make"/>
                <Step title="Alerts at 50, 80 and 100%" done=false href="?" verb="Set"/>
            </ul>
        </Card>
        <Card title="Open alerts">
            <ul class="rows">
                <Row tone=Tone::Bad title="Customs classifier reached 100%" href="?" text="$1,199.73 of $1,200.00. Mailed to 3 of 3.">"13:52"</Row>
            </ul>
        </Card>
    }
    .into_any()
}

/// The same on one scale, so that the eye compares.
pub(super) fn compared() -> AnyView {
    let rows = [
        ("Organization", Tone::Ok, "On course", reading(560, 2, Some(905))),
        ("Data lab", Tone::Warn, "Past 80%", reading(831, 90, Some(970))),
        ("Customs classifier", Tone::Bad, "Reached, refusing", reading(1_000, 0, None)),
    ]
    .map(|(title, tone, state, reading)| {
        view! { <LimitRow title href="?" kind="Project, production" reading tone state period="monthly" note="Resets 1 Dec, 00:00"/> }
    });
    view! {
        <Card title="Budgets compared">
            <ul class="budgets">{rows.into_iter().collect_view()}</ul>
            <CardFoot><MeterLegend/></CardFoot>
        </Card>
        <Card title="A meter of nothing"><div class="body"><Meter label="None" reading=reading(0, 0, None)/></div></Card>
    }
    .into_any()
}
