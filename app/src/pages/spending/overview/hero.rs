//! What is spent this cycle, and where it will end.

use chart::{Cap, Course, Unit};
use domain::{Usd, forecast::forecast};
use leptos::prelude::*;

use super::View;
use crate::{
    components::{
        Card, CardBody, CourseLegend, CoursePlot, Money, Precision, Stat, Stats, change, share,
        time_text, usd,
    },
    labels,
    pages::spending::{
        calendar::{last_day, month_name, place},
        sheet::adding,
    },
};

pub(super) fn card(view: &View) -> AnyView {
    let forecast = forecast(view.spent, view.cycle, view.now);
    let before = view.before.as_ref().map(|before| month_name(before.cycle));
    let plot = view! {
        <CoursePlot course=course(view, forecast)/>
        <CourseLegend before forecast=forecast.is_some()/>
    };
    let (amount, numbers) = (view.spent, numbers(view, forecast));
    let title =
        if view.whole { labels::SPENT_THIS_CYCLE } else { "Spent this cycle in your projects" };
    view! {
        <Card>
            <CardBody>
                <div class="row between">
                    <div>
                        <h2 class="muted">{title}</h2>
                        <p class="keep"><Money amount hero=true/></p>
                    </div>
                    {numbers}
                </div>
                {plot}
            </CardBody>
        </Card>
    }
    .into_any()
}

fn numbers(view: &View, forecast: Option<Usd>) -> AnyView {
    let limit = view.budget.as_ref().map(|budget| budget.amount);
    let ahead = forecast.map(|amount| {
        let label = format!("Forecast for {}", last_day(view.cycle, view.zone));
        let note = limit
            .map(|limit| format!("{} of budget", share(amount.pico(), limit.pico())))
            .unwrap_or_default();
        view! { <Stat label note><Money amount/></Stat> }
    });
    let past = view.before.as_ref().map(|before| {
        let amount = before.so_far;
        let label = format!("{}, same time", month_name(before.cycle));
        let note = match change(view.spent.pico(), amount.pico()).as_str() {
            "–" => String::new(),
            change => format!("{change} now"),
        };
        view! { <Stat label note><Money amount/></Stat> }
    });
    view! { <Stats>{ahead}{past}</Stats> }.into_any()
}

/// The sums day by day, with those of the cycle before and the organization's budget.
fn course(view: &View, forecast: Option<Usd>) -> Course {
    let days = &view.stretch.spans;
    let today = place(days, view.now);
    let spent = adding(view.used.course.iter().take(today + 1).map(|day| day.pico()));
    // A longer cycle's last days have no place beside this one's.
    let before = view
        .before
        .as_ref()
        .map(|before| adding(before.days.iter().take(days.len()).map(|day| day.pico())));
    let caps = view.budget.iter().map(|budget| Cap {
        words: format!("Organization budget {}, blocks", usd(budget.amount)),
        amount: budget.amount.pico(),
        near: true,
    });
    let ahead = forecast.map_or_else(String::new, |amount| {
        format!("; forecast {} on {}", usd(amount), last_day(view.cycle, view.zone))
    });
    let day = time_text(view.now, view.zone, Precision::Day);
    Course {
        label: format!("Spent so far {} on {day}{ahead}.", usd(view.spent)),
        unit: Unit::Dollars,
        ticks: view.stretch.ticks(),
        spent,
        forecast: forecast.map(Usd::pico),
        before: before.unwrap_or_default(),
        caps: caps.collect(),
    }
}
