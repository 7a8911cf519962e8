//! The numbers of the stretch and their chart.

use chart::{Chart, Point, Series};
use domain::Usd;
use leptos::prelude::*;
use store::usage::Totals;

use super::{Before, View, by_span::number, ways::opens};
use crate::{
    components::{
        Card, CardBody, CardFoot, Count, Legend, Link, Money, Multiples, Plot, Precision, Stat,
        Stats, Time, Tokens, change, count, share, usd,
    },
    labels,
    pages::spending::{question::Measure, sheet::Part, stretch::Step},
};

/// The first card of the page.
pub(super) fn card(page: &View) -> AnyView {
    let parts = page.parts();
    let chart = chart(page, &parts);
    let pictures =
        if page.asked.question.apart { apart(chart) } else { stacked(page, chart, &parts) };
    let (numbers, foot) = (numbers(page), foot(page));
    view! { <Card><CardBody>{numbers}{pictures}</CardBody>{foot}</Card> }.into_any()
}

/// All groups on each other, and the time before behind them.
fn stacked(page: &View, chart: Chart, parts: &[Part]) -> AnyView {
    let link = |(place, part): (usize, &Part)| {
        (part.colour, Link::new(part.name.clone(), format!("#{}", anchor(place))))
    };
    let series: Vec<_> = parts.iter().enumerate().map(link).collect();
    let step = page.asked.stretch.step.word();
    let before =
        page.before.as_ref().map(|before| format!("{}, same {step}", before.stretch.short_title()));
    view! { <Plot chart/><Legend series before/> }.into_any()
}

/// A small chart for each group; the words that a chart has for those who can't see it stand above all.
fn apart(chart: Chart) -> AnyView {
    let hrefs = (0..chart.series.len()).map(|place| format!("#{}", anchor(place))).collect();
    let words = format!("{} All charts have one scale.", chart.label);
    view! { <p class="small muted">{words}</p><Multiples chart hrefs/> }.into_any()
}

/// The id of a group's row, by the group's place; the first row of the others stands for all.
pub(super) fn anchor(place: usize) -> String {
    format!("group-{}", place + 1)
}

/// The chart, of the same parts as the table by time.
fn chart(page: &View, parts: &[Part]) -> Chart {
    let (stretch, question) = (&page.asked.stretch, &page.asked.question);
    let measure = page.sheet.measure;
    let before = page.before_values();
    let point = |(place, (span, tick)): (usize, (&domain::window::Window, String))| {
        // What has not begun has nothing to open; an hour has nothing shorter.
        let opened = stretch.step != Step::Hour && place < page.asked.begun();
        let (first, last) = stretch.dates_of(span);
        Point {
            label: stretch.label(span),
            tick,
            values: parts.iter().map(|part| part.values[place]).collect(),
            before: before.as_ref().and_then(|before| before.get(place).copied()),
            link: opened.then(|| question.with_dates(first, last).href(&page.path)),
        }
    };
    let step = stretch.step.word();
    let added = if question.added { ", added up" } else { "" };
    Chart {
        label: format!(
            "{} by {} and {step}{added}, {}. The table by {step} has the same numbers.",
            measure.label(),
            question.words(),
            stretch.days()
        ),
        unit: measure.unit(),
        series: parts
            .iter()
            .map(|part| Series { name: part.name.clone(), colour: part.colour })
            .collect(),
        points: stretch.spans.iter().zip(stretch.ticks()).enumerate().map(point).collect(),
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
    let refused = if let Some(refused) = page.explored.refused {
        let note = refused_note(refused, asked);
        view! { <Stat label=labels::REFUSED note><Count number=refused/></Stat> }.into_any()
    } else {
        let note = "Not known of these filters";
        view! { <Stat label=labels::REFUSED note>"–"</Stat> }.into_any()
    };
    // What is counted is the large number, and the others stand beside it.
    let measure = page.sheet.measure;
    let (large, note) = match measure {
        Measure::Cost => (view! { <Money amount=now.charge hero=true/> }.into_any(), cost.clone()),
        Measure::Tokens => {
            (large(number(measure, measure.of(now))), against(|it| Measure::Tokens.of(it)))
        }
        Measure::Requests => (large(number(measure, measure.of(now))), requests.clone()),
    };
    let charge = now.charge;
    let costs = (measure != Measure::Cost).then(|| {
        view! { <Stat label=labels::COST note=cost><Money amount=charge/></Stat> }
    });
    let requests = (measure != Measure::Requests).then(|| {
        view! { <Stat label=labels::REQUESTS note=requests><Count number=asked/></Stat> }
    });
    view! {
        <div class="row between">
            <div>
                <h2 class="muted">{measure.label()}</h2>
                <p class="keep">{large}</p>
                <p class="small muted">{note}</p>
            </div>
            <Stats>
                {costs}
                {requests}
                <Stat label=labels::INPUT_TOKENS note=cached_note(cached, input)><Tokens number=input/></Stat>
                <Stat label=labels::OUTPUT_TOKENS note=outputs><Tokens number=output/></Stat>
                {refused}
            </Stats>
        </div>
    }
    .into_any()
}

/// A count as the one large number of the page.
fn large(number: AnyView) -> AnyView {
    view! { <span class="hero">{number}</span> }.into_any()
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
    let running = match page.explored.running {
        0 => "; no request is running.".to_owned(),
        1 => "; 1 request still running.".to_owned(),
        many => format!("; {} requests still running.", count(many)),
    };
    let compared = page.before.as_ref().filter(|_| page.is_running()).map(|before| {
        let then = before.stretch.short_title();
        view! { <span>{format!("Compared with the same part of {then}.")}</span> }
    });
    let opens = opens(page.asked.stretch.step).filter(|_| !page.asked.question.apart);
    let opens = opens.map(|text| view! { <span>{text}</span> });
    let (at, zone) = (page.asked.now, page.asked.stretch.zone);
    view! {
        <CardFoot>
            <span>"Complete to "<Time at zone precision=Precision::Second/>{running}</span>
            {compared}
            {opens}
        </CardFoot>
    }
    .into_any()
}
