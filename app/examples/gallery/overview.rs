//! An overview with made-up numbers.

use app::{
    components::{
        Card, CardBody, Column, CourseLegend, CoursePlot, Glyph, Limit, LinkButton, Money, Narrow,
        Notice, Reading, Stat, Stats, Table, Tone, Trend, Weight,
    },
    layouts::{Frame, PageHead, Shell},
};
use chart::{Cap, Course, Unit};
use domain::Usd;
use leptos::prelude::*;

fn sums(days: i128, daily: i128) -> Vec<i128> {
    let day = |day: i128| daily * Usd::PICO * (80 + day * 17 % 40) / 100;
    (1..=days)
        .scan(0, |sum, number| {
            *sum += day(number);
            Some(*sum)
        })
        .collect()
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
        ticks: (1..=30)
            .map(|day| if day == 1 { "1 Nov".to_owned() } else { day.to_string() })
            .collect(),
        spent: sums(18, 625),
        forecast: Some(Usd::from_dollars(18_097).pico()),
        before: sums(30, 590),
        caps: vec![
            cap("Organization budget $20,000.00, blocks", 20_000, true),
            cap("Usage limit $25,000.00, blocks", 25_000, false),
        ],
    }
}

fn projects() -> impl IntoView {
    let rows = ["Support copilot", "Document intake", "Route planner"].map(|name| {
        view! {
            <tr>
                <th scope="row"><a href="?">{name}</a><small>"production"</small></th>
                <td><Trend label=format!("Daily spend of {name}") values=vec![5, 8, 9, 7, 2, 2, 8, 9, 6]/></td>
                <td class="num"><Money amount=Usd::from_dollars(3_916)/><small>"34.8%"</small></td>
            </tr>
        }
    });
    let columns = vec![Column::text("Project"), Column::text("Trend"), Column::number("Spent")];
    view! {
        <Card title="Projects" more=("All projects", "?".to_owned())>
            <Table label="Projects with the highest spend" columns narrow=Narrow::Pin>{rows.collect_view()}</Table>
        </Card>
    }
}

pub(super) fn page(frame: Frame) -> impl IntoView {
    let reading = |limit| Reading {
        spent: Usd::from_dollars(11_256),
        reserved: Usd::from_dollars(21),
        limit: Usd::from_dollars(limit),
        forecast: Some(Usd::from_dollars(18_097)),
        thresholds: vec![Usd::from_dollars(limit / 2), Usd::from_dollars(limit * 4 / 5)],
    };
    view! {
        <Shell frame>
            <PageHead title="Overview" sub="Cycle 1–30 Nov 2026, Europe/Oslo · resets in 12 days">
                <LinkButton href="?" glyph=Glyph::Usage>"Explore usage"</LinkButton>
                <LinkButton href="?" weight=Weight::Primary>"Set a budget"</LinkButton>
            </PageHead>
            <Notice tone=Tone::Bad lead="Customs classifier" text="reached its budget today at 13:52. 38 requests have been refused since.">
                <LinkButton href="?">"See why"</LinkButton>
            </Notice>
            <div class="grid main-side fill">
                <Card>
                    <CardBody>
                        <div class="row between">
                            <div><h2 class="muted">"Spent this cycle"</h2><p class="keep"><Money amount=Usd::from_pico(11_256_720_000_000_000) hero=true/></p></div>
                            <Stats>
                                <Stat label="Forecast for 30 Nov" note="90.5% of budget"><Money amount=Usd::from_dollars(18_097)/></Stat>
                                <Stat label="October, same time" note="+13.1% now"><Money amount=Usd::from_dollars(9_950)/></Stat>
                            </Stats>
                        </div>
                        <CoursePlot course=course()/>
                        <CourseLegend before=Some("October".to_owned()) forecast=true/>
                    </CardBody>
                </Card>
                <Card title="Limits" more=("All budgets", "?".to_owned())>
                    <div class="body">
                        <Limit title="Usage limit" href="?" reading=reading(25_000) tone=Tone::Ok state="On course" kind="Tier 4"/>
                        <Limit title="Organization budget" href="?" reading=reading(20_000) tone=Tone::Ok state="On course" kind="Monthly"/>
                    </div>
                </Card>
            </div>
            <div class="grid two">{projects()}</div>
        </Shell>
    }
}
