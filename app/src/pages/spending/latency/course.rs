//! The numbers of the stretch, their course as a chart, and the same as a table.

use chart::{Chart, Point, Series, Unit};
use domain::{Histogram, window::Window};
use leptos::prelude::*;

use super::{View, words};
use crate::{
    components::{
        Card, CardBody, CardFoot, Column, Count, Legend, Link, Narrow, Plot, Precision, Stat,
        Stats, Table, Time, share,
    },
    labels,
    pages::spending::stretch::Step,
};

/// The first card of the page.
pub(super) fn card(page: &View) -> AnyView {
    let (numbers, chart) = (numbers(page), chart(page));
    let series = vec![
        (1, Link::new(labels::HALF_OF_THEM_WITHIN, "#by-time")),
        (2, Link::new("95 of 100 within, so much more", "#by-time")),
    ];
    let (at, zone) = (page.asked.now, page.asked.stretch.zone);
    let opens =
        (!page.asked.hours()).then(|| view! { <span>{labels::A_BAR_OPENS_ITS_HOURS}</span> });
    view! {
        <Card>
            <CardBody>
                {numbers}
                <Plot chart/>
                <Legend series before=None/>
            </CardBody>
            <CardFoot>
                <span>"Complete to "<Time at zone precision=Precision::Second/></span>
                {opens}
                <span>"Times are within 9% of the true ones."</span>
            </CardFoot>
        </Card>
    }
    .into_any()
}

fn numbers(page: &View) -> AnyView {
    let whole = &page.whole;
    let total = whole.total();
    let slow = |histogram: &Histogram| match histogram.percentile(words::SLOW) {
        Some(value) => format!("95 of 100 within {}", words::micros(value).replace(' ', "\u{a0}")),
        None => "No stream".to_owned(),
    };
    let failed = match whole.failed {
        0 => String::new(),
        failed => format!("{} of all", share(failed.into(), whole.requests.into())),
    };
    let (half, half_note) = (words::time(&total, 50), slow(&total));
    let (first, first_note) = (words::time(&whole.first_token, 50), slow(&whole.first_token));
    let speed = words::speed(&whole.speed, 50);
    let (requests, unanswered) = (whole.requests, whole.failed);
    let (ours, ours_note) = (words::time(&whole.reserving, 50), slow(&whole.reserving));
    view! {
        <Stats>
            <Stat label=labels::WHOLE_ANSWER_HALF_WITHIN note=half_note>{half}</Stat>
            <Stat label=labels::FIRST_TOKEN_HALF_WITHIN note=first_note>{first}</Stat>
            <Stat label="Speed, half at least" note="Tokens a second, of streams">{speed}</Stat>
            <Stat label="Added by Exchequer" note=ours_note>{ours}</Stat>
            <Stat label=labels::REQUESTS><Count number=requests/></Stat>
            <Stat label=labels::WITHOUT_AN_ANSWER note=failed><Count number=unanswered/></Stat>
        </Stats>
    }
    .into_any()
}

/// The chart, of the same numbers as the table by time.
fn chart(page: &View) -> Chart {
    let (asked, stretch) = (&page.asked, &page.asked.stretch);
    let point = |(place, (span, tick)): (usize, (&Window, String))| {
        let histogram = at(page, place).map(|latency| asked.question.measure.of(latency));
        let percentile = |percent| histogram.as_ref().and_then(|it| it.percentile(percent));
        let (half, slow) = (percentile(50).unwrap_or(0), percentile(words::SLOW).unwrap_or(0));
        let begun = stretch.step != Step::Hour && span.starts <= asked.now;
        Point {
            label: stretch.label(span),
            tick,
            values: vec![half.into(), slow.saturating_sub(half).into()],
            before: None,
            link: begun.then(|| opened(page, span)),
        }
    };
    let step = stretch.step.word();
    let series = [(labels::HALF_OF_THEM_WITHIN, 1), ("95 of 100, so much more", 2)];
    Chart {
        label: format!(
            "{}: time within which half and 95 of 100 requests had it, by {step}, {}. The table by {step} has the same numbers.",
            asked.question.measure.label(),
            stretch.days()
        ),
        unit: Unit::Time,
        series: series.map(|(name, colour)| Series { name: name.to_owned(), colour }).to_vec(),
        points: stretch.spans.iter().zip(stretch.ticks()).enumerate().map(point).collect(),
    }
}

/// The hours of a day.
fn opened(page: &View, span: &Window) -> String {
    let (first, last) = page.asked.stretch.dates_of(span);
    let range = super::asked::Range::Dates(first.to_string(), last.to_string());
    page.asked.question.with_range(range).href(&page.path)
}

fn at(page: &View, place: usize) -> Option<&store::latencies::Latency> {
    let stretches = &page.latencies.stretches;
    stretches.iter().find(|(stretch, _)| *stretch == place).map(|(_, latency)| latency)
}

/// What has begun, the newest first.
pub(super) fn table(page: &View) -> AnyView {
    let stretch = &page.asked.stretch;
    let measure = page.asked.question.measure;
    let step = stretch.step.word();
    let first = if page.asked.hours() { labels::HOUR } else { labels::DAY };
    let columns = vec![
        Column::text(first),
        Column::number(labels::REQUESTS),
        Column::number(labels::WITHOUT_AN_ANSWER),
        Column::number(labels::HALF_WITHIN),
        Column::number("95 of 100"),
        Column::number("99 of 100"),
    ];
    let begun = stretch.spans.iter().enumerate().filter(|(_, span)| span.starts <= page.asked.now);
    let rows: Vec<_> = begun.rev().map(|(place, span)| row(page, place, span)).collect();
    let note = format!("{}: the numbers of the chart", measure.label());
    let label = format!("Latency by {step}");
    view! {
        <div id="by-time">
            <Card title=format!("By {step}") note>
                <Table label columns narrow=Narrow::Pin dense=true>{rows}</Table>
            </Card>
        </div>
    }
    .into_any()
}

fn row(page: &View, place: usize, span: &Window) -> AnyView {
    let stretch = &page.asked.stretch;
    let none = store::latencies::Latency::default();
    let latency = at(page, place).unwrap_or(&none);
    let histogram = page.asked.question.measure.of(latency);
    let exact = match stretch.step {
        Step::Hour => span.starts.with_timezone(&stretch.zone).to_rfc3339(),
        Step::Day | Step::Week | Step::Month => stretch.dates_of(span).0.to_string(),
    };
    let cells = [50, words::SLOW, 99].map(|percent| words::cell(&histogram, percent));
    let (requests, failed) = (latency.requests, latency.failed);
    view! {
        <tr>
            <th scope="row"><time datetime=exact>{stretch.name(span)}</time></th>
            <td class="num"><Count number=requests/></td>
            <td class="num"><Count number=failed/></td>
            {cells.into_iter().collect_view()}
        </tr>
    }
    .into_any()
}
