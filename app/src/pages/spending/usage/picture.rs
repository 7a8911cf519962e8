//! The numbers of the cycle and their chart.

use chart::{Chart, Point, Series};
use domain::Usd;
use leptos::prelude::*;
use store::usage::Totals;

use super::{Before, View};
use crate::{
    components::{
        Card, CardBody, CardFoot, Count, Legend, Link, Money, Plot, Precision, Stat, Stats, Time,
        Tokens, change, count, share, usd,
    },
    pages::spending::{
        calendar::{day_name, month_name, stretch, ticks},
        question::group_label,
        sheet::Part,
    },
};

/// The first card of the page.
pub(super) fn card(page: &View) -> AnyView {
    let parts = page.sheet.parts();
    let chart = chart(page, &parts);
    let link = |(place, part): (usize, &Part)| {
        (part.colour, Link::new(part.name.clone(), format!("#{}", anchor(place))))
    };
    let series: Vec<_> = parts.iter().enumerate().map(link).collect();
    let before =
        page.before.as_ref().map(|before| format!("{}, same day", month_name(before.cycle)));
    let (numbers, foot) = (numbers(page), foot(page));
    view! {
        <Card>
            <CardBody>
                {numbers}
                <Plot chart/>
                <Legend series before/>
            </CardBody>
            {foot}
        </Card>
    }
    .into_any()
}

/// The id of a group's row, by the group's place; the first row of the others stands for all.
pub(super) fn anchor(place: usize) -> String {
    format!("group-{}", place + 1)
}

/// The chart, of the same parts as the table by day.
pub(super) fn chart(page: &View, parts: &[Part]) -> Chart {
    let sheet = &page.sheet;
    let measure = sheet.measure;
    let before = |day: usize| {
        page.before.as_ref().and_then(|before| before.days.get(day)).map(|day| measure.of(day))
    };
    let ticks = ticks(&sheet.days);
    let points = sheet.days.iter().zip(ticks).enumerate().map(|(day, (window, tick))| Point {
        label: day_name(window.label),
        tick,
        values: parts.iter().map(|part| part.values.get(day).copied().unwrap_or(0)).collect(),
        before: before(day),
        link: None,
    });
    Chart {
        label: format!(
            "{} by {} and day, {}. The table by day has the same numbers.",
            measure.label(),
            group_label(page.question.by),
            stretch(page.cycle, page.zone)
        ),
        unit: measure.unit(),
        series: parts
            .iter()
            .map(|part| Series { name: part.name.clone(), colour: part.colour })
            .collect(),
        points: points.collect(),
    }
}

fn numbers(page: &View) -> AnyView {
    let now = &page.sheet.total;
    let past = page.before.as_ref();
    let against = |of: fn(&Totals) -> i128| {
        past.map(|before| change(of(now), of(&before.so_far))).unwrap_or_default()
    };
    let (cached, output) = (now.tokens.cached, now.tokens.generated());
    let input = now.tokens.prompt();
    let asked = u64::try_from(now.requests).unwrap_or(0);
    let cost = past.map(|before| cost_note(now.charge, before)).unwrap_or_default();
    let cost = match now.unpriced {
        0 => cost,
        n => format!("{cost} Without {n} of the requests: their models have no known price.")
            .trim()
            .to_owned(),
    };
    let requests = against(|totals| totals.requests.into());
    let outputs = against(|totals| totals.tokens.generated().into());
    let (amount, refused) = (now.charge, page.refused);
    view! {
        <div class="row between">
            <div>
                <h2 class="muted">"Cost"</h2>
                <p class="keep"><Money amount hero=true/></p>
                <p class="small muted">{cost}</p>
            </div>
            <Stats>
                <Stat label="Requests" note=requests><Count number=asked/></Stat>
                <Stat label="Input tokens" note=cached_note(cached, input)><Tokens number=input/></Stat>
                <Stat label="Output tokens" note=outputs><Tokens number=output/></Stat>
                <Stat label="Refused" note=refused_note(refused, asked)><Count number=refused/></Stat>
            </Stats>
        </div>
    }
    .into_any()
}

fn cost_note(now: Usd, before: &Before) -> String {
    let past = before.so_far.charge;
    match change(now.pico(), past.pico()).as_str() {
        "–" => String::new(),
        change => format!("{change} on {}", usd(past)),
    }
}

fn cached_note(cached: u64, input: u64) -> String {
    if input == 0 {
        String::new()
    } else {
        format!("{} cached", share(cached.into(), input.into()))
    }
}

fn refused_note(refused: u64, asked: u64) -> String {
    let all = asked.saturating_add(refused);
    if refused == 0 {
        String::new()
    } else {
        format!("{} of all", share(refused.into(), all.into()))
    }
}

fn foot(page: &View) -> AnyView {
    let running = match page.running {
        0 => "; no request is running.".to_owned(),
        1 => "; 1 request still running.".to_owned(),
        many => format!("; {} requests still running.", count(many)),
    };
    let compared = page.before.as_ref().filter(|_| page.cycle.contains(page.complete_to)).map(|before| {
        view! { <span>{format!("Compared with the same stretch of {}.", month_name(before.cycle))}</span> }
    });
    let (at, zone) = (page.complete_to, page.zone);
    view! {
        <CardFoot>
            <span>"Complete to "<Time at zone precision=Precision::Second/>{running}</span>
            {compared}
        </CardFoot>
    }
    .into_any()
}
