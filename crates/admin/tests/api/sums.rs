//! For random usage, zones, days of clock changes, groups, filters and bounds: the API's sums are the
//! store's slices are the sum over the events, to the last digit, whether folded or not, corrected or not.

mod asked;
mod events;
mod world;

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use domain::{Period, window::Window};
use serde::Deserialize;
use serde_json::{Value, value::RawValue};
use store::{
    event_slices::EventAsk,
    slices::{Ask, Dimension, Grain, Only, Slice},
    usage::Totals,
};
use testkit::soak::{seeds, tell};

use self::{
    events::{Event, Names, Sums, sum},
    world::World,
};

/// Questions to the API of each organization, and to the store.
const QUESTIONS: u64 = 16;

#[tokio::test]
async fn what_is_told_is_the_sum_of_the_events() {
    let (mut events, mut questions, mut results) = (0, 0, 0);
    for seed in seeds(5, 300) {
        let mut world = World::new(seed).await;
        world.live().await;
        let used = world.events().await;
        for _ in 0..QUESTIONS {
            results += api(&mut world, &used).await;
            quarters(&mut world, &used).await;
            days(&mut world, &used).await;
            instants(&mut world, &used).await;
        }
        events += used.len();
        questions += QUESTIONS * 4;
    }
    assert!(results > questions, "most questions were about nothing");
    tell(
        &format!(
            "{questions} random questions about {events} events to the usage API and the store"
        ),
        &format!("{results} results of the API, each the sum over its events"),
    );
}

/// A page's part that is looked at.
#[derive(Deserialize)]
struct Page {
    data: Vec<Bucket>,
    next_page: Option<String>,
}

#[derive(Deserialize)]
struct Bucket {
    start_time: i64,
    end_time: i64,
    results: Vec<Box<RawValue>>,
}

#[derive(Deserialize)]
struct Amount {
    value: Box<RawValue>,
}

#[derive(Deserialize)]
struct Cost {
    amount: Amount,
}

/// All pages of a random question, against the events in the buckets; answers how many results they were.
async fn api(world: &mut World, used: &[Event]) -> u64 {
    let asked = world.question();
    let (mut page, mut found, mut next) = (String::new(), Vec::new(), asked.from);
    loop {
        let text = world.ask(&format!("{}{page}", asked.text)).await;
        let part: Page = serde_json::from_str(&text).unwrap();
        for bucket in part.data {
            assert_eq!(
                (bucket.start_time, bucket.end_time),
                (next, next + asked.seconds),
                "{asked:?}"
            );
            let results = bucket.results.iter().map(|row| (next, row.get().to_owned()));
            found.extend(results);
            next += asked.seconds;
        }
        match part.next_page {
            Some(cursor) => page = format!("&page={cursor}"),
            None => break,
        }
    }
    assert_eq!(next, asked.until, "{asked:?}");
    let names = |event: &Event| {
        let at = event.at.timestamp();
        let is_in = (asked.from..asked.until).contains(&at);
        let bucket = at - (at - asked.from).rem_euclid(asked.seconds);
        (is_in && asked.lets(event)).then(|| (bucket, asked.names(event)))
    };
    let wanted = sum(used, names);
    let found: BTreeMap<_, _> = found.iter().map(|(at, row)| told(*at, row)).collect();
    let wanted = wanted.into_iter().map(|(of, totals)| (of, asked.shown(totals)));
    assert_eq!(found, wanted.collect(), "{asked:?}");
    found.len() as u64
}

/// What a result says: of what, and its numbers as they are written.
fn told(at: i64, row: &str) -> ((i64, Names), Vec<(String, String)>) {
    let value: Value = serde_json::from_str(row).unwrap();
    let mut numbers = Vec::new();
    let mut names = Names::new();
    for (name, value) in value.as_object().unwrap() {
        match (name.as_str(), value) {
            ("object" | "quantity_unit", _) | (_, Value::Null) => {}
            ("amount", _) => {
                // As text: a float would round it.
                let cost: Cost = serde_json::from_str(row).unwrap();
                numbers.push((name.clone(), cost.amount.value.get().to_owned()));
            }
            (_, Value::Number(number)) => numbers.push((name.clone(), number.to_string())),
            (_, Value::String(word)) => {
                names.insert(name.clone(), word.clone());
            }
            (_, other) => {
                names.insert(name.clone(), other.to_string());
            }
        }
    }
    numbers.sort();
    ((at, names), numbers)
}

/// What slices are of, without the person that keys are named after.
fn of_slices(slices: Vec<Slice>) -> Sums<usize> {
    let mut sums = Sums::new();
    for slice in slices {
        let ids = [("project", slice.project), ("key", slice.key), ("member", slice.member)];
        let ids = ids.into_iter().filter_map(|(name, id)| Some((name.to_owned(), id?.to_string())));
        let model = slice.model.map(|model| ("model".to_owned(), model));
        let before = sums.insert((slice.stretch, ids.chain(model).collect()), slice.totals);
        assert_eq!(before, None, "two slices of the same");
    }
    sums
}

/// The events between bounds, as slices have them.
fn of_events(
    used: &[Event],
    bounds: &[DateTime<Utc>],
    by: &[Dimension],
    only: &Only,
) -> Sums<usize> {
    sum(used, |event| {
        let stretch = bounds.partition_point(|bound| *bound <= event.at).checked_sub(1)?;
        let is_in = stretch + 1 < bounds.len() && event.is_in(only);
        is_in.then(|| (stretch, event.by(by)))
    })
}

async fn sliced(
    world: &World,
    used: &[Event],
    bounds: &[DateTime<Utc>],
    grain: Grain,
    what: (&[Dimension], &Only),
) {
    let (by, only) = what;
    let ask = Ask { bounds, grain, by, only };
    let found = world.store().slices(world.caller(), ask).await.unwrap();
    assert_eq!(of_slices(found), of_events(used, bounds, by, only), "{} {ask:?}", world.zone);
}

/// Stretches of random length from random quarters of an hour on.
async fn quarters(world: &mut World, used: &[Event]) {
    let (by, only) = (world.dimensions(), world.only());
    let bounds = world.bounds(TimeDelta::minutes(15));
    sliced(world, used, &bounds, Grain::Quarters, (&by, &only)).await;
}

/// The organization's days: half of an hour off, 23, 24 and 25 hours long.
async fn days(world: &mut World, used: &[Event]) {
    let (by, only) = (world.dimensions(), world.only());
    let mut day = Window::first(Period::Day, world.zone, world.begin);
    let mut bounds = vec![day.starts];
    while day.ends <= world.end {
        bounds.push(day.ends);
        day = day.following(Period::Day, world.zone);
    }
    bounds.push(day.ends);
    sliced(world, used, &bounds, Grain::Days, (&by, &only)).await;
    let whole: Totals = of_events(used, &bounds, &[], &Only::default())
        .into_values()
        .fold(Totals::default(), Totals::plus);
    let all = used.iter().fold(Totals::default(), |sum, event| sum.plus(event.totals));
    assert_eq!(whole, all, "a day is missing");
}

/// Stretches from any instant on, read from the events, by tier and by batch.
async fn instants(world: &mut World, used: &[Event]) {
    let (by, only) = (world.dimensions(), world.only());
    let bounds = world.bounds(TimeDelta::microseconds(1));
    let (by_tier, batch) = (world.random.of(0..2) == 0, world.maybe());
    let ask = EventAsk { bounds: &bounds, by: &by, by_tier, only: &only, batch };
    let found = world.store().event_slices(world.caller(), ask).await.unwrap();
    let mut sums = BTreeMap::new();
    for one in found {
        let tier = one.tier.map(|tier| tier.as_str().to_owned());
        let of = of_slices(vec![one.slice]);
        sums.extend(of.into_iter().map(|(of, totals)| ((of, tier.clone()), totals)));
    }
    let tiers: Vec<_> = if by_tier {
        domain::ServiceTier::ALL.map(|tier| Some(tier.as_str().to_owned())).to_vec()
    } else {
        vec![None]
    };
    let mut wanted = BTreeMap::new();
    for tier in tiers {
        let lets = |event: &&Event| {
            tier.as_ref().is_none_or(|tier| *tier == event.tier)
                && batch.is_none_or(|batch| batch == (event.tier == "batch"))
        };
        let some: Vec<Event> = used.iter().filter(lets).cloned().collect();
        let of = of_events(&some, &bounds, &by, &only);
        wanted.extend(of.into_iter().map(|(of, totals)| ((of, tier.clone()), totals)));
    }
    assert_eq!(sums, wanted, "{} {ask:?}", world.zone);
}
