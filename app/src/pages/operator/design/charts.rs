//! Charts with made-up numbers, each with its table.

use chart::{Cap, Chart, Course, Point, Series, Unit};
use domain::Usd;
use leptos::prelude::*;

use crate::components::{
    Card, CardBody, CardFoot, Column, CourseLegend, CoursePlot, Legend, Link, Money, Multiples,
    Named, Narrow, Plot, Seg, Stat, Stats, Table, Trend, count, share, tokens,
};

/// Colour, name, dollars on a working day.
const SERIES: [(u8, &str, i128); 8] = [
    (1, "Support copilot", 256),
    (2, "Document intake", 148),
    (3, "Route planner", 104),
    (4, "Customs classifier", 85),
    (5, "Data lab", 57),
    (6, "Search ranking", 44),
    (7, "Voice notes", 29),
    (8, "Other", 20),
];
const DAYS: i128 = 30;
const TODAY: i128 = 18;

fn pico(day: i128, colour: u8, daily: i128) -> i128 {
    let percent = match (day, day % 7) {
        (TODAY.., _) => 0,
        (_, 0 | 1) => 30,
        _ => 82 + (day * 7 + i128::from(colour) * 11) % 37,
    };
    daily * Usd::PICO * percent / 100
}

fn chart() -> Chart {
    let series = SERIES.map(|(colour, name, _)| Series { name: name.to_owned(), colour });
    let points = (1..=DAYS).map(|day| Point {
        label: format!("{day} Nov"),
        tick: if day == 1 { "1 Nov".to_owned() } else { day.to_string() },
        values: SERIES.map(|(colour, _, daily)| pico(day, colour, daily)).to_vec(),
        before: Some(pico((day + 3) % 17, 1, 700)),
        link: Some(format!("/org-8c1f2a/usage?day=2026-11-{day:02}")),
    });
    Chart {
        label: "Daily cost by project, 1 to 30 November 2026, one link a day. The table below has \
                the same numbers."
            .to_owned(),
        unit: Unit::Dollars,
        series: series.to_vec(),
        points: points.collect(),
    }
}

fn total(chart: &Chart, place: usize) -> i128 {
    chart.points.iter().filter_map(|point| point.values.get(place)).sum()
}

fn by_project(chart: &Chart) -> impl IntoView + use<> {
    let whole = chart.total();
    let row = |(place, (colour, name, _)): (usize, (u8, &'static str, i128))| {
        let amount = total(chart, place);
        let number = 815_850 / u64::from(colour);
        view! {
            <tr>
                <th scope="row"><Named colour name href="?"/></th>
                <td class="num">{count(number)}</td>
                <td class="num">{tokens(number * 2_450)}</td>
                <td class="num">{tokens(number * 441)}</td>
                <td class="num">{share(amount, whole)}</td>
                <td class="num"><Money amount=Usd::from_pico(amount)/></td>
            </tr>
        }
    };
    let rows = SERIES.into_iter().enumerate().map(row).collect_view();
    let columns = vec![
        Column::text("Project"),
        Column::number("Requests"),
        Column::number("Input tokens"),
        Column::number("Output tokens"),
        Column::number("Share"),
        Column::number("Cost").descending().link("?"),
    ];
    let foot = view! {
        <tr><th scope="row">"Total"</th><td class="num">"2,542,188"</td><td class="num">"6.06 B"</td><td class="num">"958.2 M"</td><td class="num">"100.0%"</td><td class="num"><Money amount=Usd::from_pico(whole)/></td></tr>
    }
    .into_any();
    view! {
        <Card title="By project" note="Cost before any credit">
            <Table label="Cost by project" columns narrow=Narrow::Pin foot>{rows}</Table>
        </Card>
    }
    .into_any()
}

fn picture(chart: Chart) -> impl IntoView {
    let whole = Usd::from_pico(chart.total());
    let measures =
        ["Cost", "Tokens", "Requests"].map(|text| Link::new(text, "?").current(text == "Cost"));
    let legend = SERIES.map(|(colour, name, _)| (colour, Link::new(name, "?")));
    view! {
        <Card>
            <CardBody>
                <div class="row between">
                    <Stats>
                        <Stat label="Cost" note="+13.1% on $9,950.31"><Money amount=whole/></Stat>
                        <Stat label="Requests" note="+8.2%">"2,542,188"</Stat>
                        <Stat label="Input tokens" note="32.1% cached">"6.06 B"</Stat>
                        <Stat label="Output tokens" note="+11.9%">"958.2 M"</Stat>
                    </Stats>
                    <Seg label="Measure" links=measures.to_vec()/>
                </div>
                <Plot chart/>
                <Legend series=legend.to_vec() before=Some("October, same day".to_owned())/>
            </CardBody>
            <CardFoot>
                <span>"Complete to "<time datetime="2026-11-18T14:32:07+01:00">"18 Nov 2026, 14:32:07"</time>". 31 requests still running."</span>
                <span>"Click a day for its hours"</span>
            </CardFoot>
        </Card>
    }
    .into_any()
}

fn zeros() -> Chart {
    let point = |day: u32| Point {
        label: format!("{day} Nov"),
        tick: day.to_string(),
        values: vec![0],
        ..Point::default()
    };
    Chart {
        label: "No cost from 12 to 18 November".to_owned(),
        unit: Unit::Dollars,
        series: vec![Series { name: "All".to_owned(), colour: 1 }],
        points: (12..=18).map(point).collect(),
    }
}

/// Dollars as they add up day by day.
fn sums(days: i128, daily: i128) -> Vec<i128> {
    let day = |day: i128| daily * Usd::PICO * (80 + day * 17 % 40) / 100;
    let adds = |sum: &mut i128, number| {
        *sum += day(number);
        Some(*sum)
    };
    (1..=days).scan(0, adds).collect()
}

fn course() -> Course {
    let cap = |words: &str, dollars: i64, near| Cap {
        words: words.to_owned(),
        amount: Usd::from_dollars(dollars).pico(),
        near,
    };
    Course {
        label: "Spent so far $11,256.72 on 18 November; forecast $18,097.06 on 30 November."
            .to_owned(),
        unit: Unit::Dollars,
        ticks: (1..=DAYS)
            .map(|day| if day == 1 { "1 Nov".to_owned() } else { day.to_string() })
            .collect(),
        spent: sums(TODAY, 625),
        forecast: Some(Usd::from_dollars(18_097).pico()),
        before: sums(DAYS, 590),
        caps: vec![
            cap("Organization budget $20,000.00, blocks", 20_000, true),
            cap("Usage limit $25,000.00, blocks", 25_000, false),
        ],
    }
}

/// Bars with their table.
pub(super) fn bars() -> AnyView {
    let chart = chart();
    let table = by_project(&chart);
    view! { {picture(chart)}{table} }.into_any()
}

/// Lines, small ones, and a chart of nothing.
pub(super) fn lines() -> AnyView {
    let hrefs = SERIES.map(|_| "?".to_owned()).to_vec();
    view! {
        <Card title="Course of a cycle">
            <CardBody>
                <CoursePlot course=course()/>
                <CourseLegend before=Some("October".to_owned()) forecast=true/>
            </CardBody>
        </Card>
        <Card title="Small multiples"><CardBody split=true><Multiples chart=chart() hrefs/></CardBody></Card>
        <div class="grid two">
            <Card title="A chart of nothing"><CardBody><Plot chart=zeros()/></CardBody></Card>
            <Card title="Trend"><CardBody><Trend label="Up, and down on two days" values=vec![5, 8, 9, 7, 2, 2, 8, 9, 6]/></CardBody></Card>
        </div>
    }
    .into_any()
}
