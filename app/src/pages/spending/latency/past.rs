//! Each model of today against its own past: what is out of the ordinary is said in words.

use chrono::Days;
use domain::{Caller, Usd, window::first_instant};
use leptos::prelude::*;
use store::{
    Store,
    latencies::{Ask, Latency},
    slices::{self, Dimension, Grain, Only},
};

use super::{View, asked::Asked, words};
use crate::{
    components::{Badge, Card, CardFoot, Column, Count, Table, Tone, share, usd_fine},
    web::Failure,
};

/// So many whole days are the past.
const PAST: u64 = 28;
/// Of fewer requests today, or in the past, nothing is said.
const LEAST_TODAY: u64 = 20;
const LEAST_BEFORE: u64 = 100;
/// So many models have a row.
const LISTED: usize = 20;

/// A model that was used today.
pub(super) struct Drift {
    model: String,
    today: Side,
    before: Side,
}

/// Today, or the past.
#[derive(Default)]
struct Side {
    latency: Latency,
    /// What one request cost on average, if its model has a price.
    cost: Option<Usd>,
}

/// The models of today with the most requests, each beside its past.
pub(super) async fn read(
    store: &Store,
    caller: &Caller,
    asked: &Asked,
) -> Result<Vec<Drift>, Failure> {
    let zone = asked.stretch.zone;
    let today = asked.now.with_timezone(&zone).date_naive();
    let [begins, since, ends] =
        [today - Days::new(PAST), today, today + Days::new(1)].map(|day| first_instant(day, zone));
    let (projects, models) = (asked.project_ids(), asked.models());
    let (recent, earlier) = ([since, ends], [begins, since]);
    let ask = |bounds| Ask { bounds, hours: false, projects, models };
    let now = store.latencies(caller, ask(&recent)).await?.models;
    if now.is_empty() {
        return Ok(Vec::new());
    }
    let mut past = store.latencies(caller, ask(&earlier)).await?.models;
    let only = Only { projects: projects.to_vec(), models: models.to_vec(), ..Only::default() };
    let bounds = [begins, since, ends];
    let by = [Dimension::Model];
    let costs = slices::Ask { bounds: &bounds, grain: Grain::Days, by: &by, only: &only };
    let costs = store.slices(caller, costs).await?;
    let cost = |stretch: usize, model: &str| {
        let slice = costs
            .iter()
            .find(|slice| slice.stretch == stretch && slice.model.as_deref() == Some(model))?;
        let priced = i128::from(slice.totals.requests - slice.totals.unpriced);
        (priced > 0).then(|| Usd::from_pico(slice.totals.charge.pico() / priced))
    };
    let drift = |(model, latency): (String, Latency)| {
        let before = past.iter().position(|(name, _)| *name == model);
        let before = before.map(|place| past.swap_remove(place).1).unwrap_or_default();
        Drift {
            today: Side { latency, cost: cost(1, &model) },
            before: Side { latency: before, cost: cost(0, &model) },
            model,
        }
    };
    Ok(now.into_iter().take(LISTED).map(drift).collect())
}

pub(super) fn card(page: &View) -> Option<AnyView> {
    if page.drifts.is_empty() {
        return None;
    }
    let columns = vec![
        Column::text("Model"),
        Column::number("Requests today"),
        Column::number("Without an answer"),
        Column::number("First token, half within"),
        Column::number("Whole answer, half within"),
        Column::number("Cost a request"),
        Column::text("In short"),
    ];
    let rows = page.drifts.iter().map(row).collect_view();
    let note = format!("Each model beside its own last {PAST} days, which stand below");
    let foot = format!(
        "Said is a median or a cost that grew to at least half as much again, and 5 more of 100 without an answer; from {LEAST_TODAY} requests today and {LEAST_BEFORE} before."
    );
    Some(
        view! {
            <Card title="Today against the past" note>
                <Table label="Models today against the past" columns>{rows}</Table>
                <CardFoot><span>{foot}</span></CardFoot>
            </Card>
        }
        .into_any(),
    )
}

fn row(drift: &Drift) -> AnyView {
    let (today, before) = (&drift.today, &drift.before);
    let both = |of: fn(&Side) -> String| {
        let (now, then) = (of(today), of(before));
        view! { <div>{now}<br/><small class="muted">{then}</small></div> }
    };
    let failed = both(failed);
    let first = both(|side| words::time(&side.latency.first_token, 50));
    let total = both(|side| words::time(&side.latency.total(), 50));
    let cost = both(|side| side.cost.map_or_else(|| "–".to_owned(), usd_fine));
    let (requests, past) = (today.latency.requests, before.latency.requests);
    let said = match drift.said() {
        None => view! { <span class="faint">"Too few to tell"</span> }.into_any(),
        Some(said) if said.is_empty() => {
            view! { <Badge tone=Tone::Ok line=true text="As before"/> }.into_any()
        }
        Some(said) => {
            let said = said.into_iter().map(|text| {
                view! { <Badge tone=Tone::Warn line=true text/>" " }
            });
            said.collect_view().into_any()
        }
    };
    view! {
        <tr>
            <th scope="row">{drift.model.clone()}</th>
            <td data-l="Requests today" class="num">
                <div><Count number=requests/><br/><small class="muted"><Count number=past/></small></div>
            </td>
            <td data-l="Without an answer" class="num">{failed}</td>
            <td data-l="First token, half within" class="num">{first}</td>
            <td data-l="Whole answer, half within" class="num">{total}</td>
            <td data-l="Cost a request" class="num">{cost}</td>
            <td data-l="In short"><div>{said}</div></td>
        </tr>
    }
    .into_any()
}

fn failed(side: &Side) -> String {
    share(side.latency.failed.into(), side.latency.requests.into())
}

impl Drift {
    /// What is worse than before; none if there are too few requests to tell.
    fn said(&self) -> Option<Vec<&'static str>> {
        let (now, then) = (&self.today.latency, &self.before.latency);
        if now.requests < LEAST_TODAY || then.requests < LEAST_BEFORE {
            return None;
        }
        let half = |side: &Side| side.latency.total().percentile(50).map(u128::from);
        let first = |side: &Side| side.latency.first_token.percentile(50).map(u128::from);
        let cost = |side: &Side| side.cost.and_then(|cost| u128::try_from(cost.pico()).ok());
        let permille = |side: &Latency| u128::from(side.failed) * 1_000 / u128::from(side.requests);
        let grew = |of: fn(&Side) -> Option<u128>| match (of(&self.today), of(&self.before)) {
            (Some(now), Some(then)) => then > 0 && now * 2 >= then * 3,
            _ => false,
        };
        let worse = [
            (permille(now) >= permille(then) + 50, "More without an answer"),
            (grew(first), "First token later"),
            (grew(half), "Slower"),
            (grew(cost), "Dearer"),
        ];
        Some(worse.into_iter().filter(|(is_so, _)| *is_so).map(|(_, said)| said).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side(requests: u64, failed: u64, micros: u64, pico: i128) -> Side {
        let mut latency = Latency { requests, failed, ..Latency::default() };
        for _ in failed..requests {
            latency.first_token.add(micros / 10);
            latency.totals[1].add(micros);
        }
        Side { latency, cost: Some(Usd::from_pico(pico)) }
    }

    #[test]
    fn what_is_worse_is_said_and_nothing_of_few_requests() {
        let said = |today, before| Drift { model: "m".to_owned(), today, before }.said();
        let past = || side(1_000, 10, 1_000_000, 100);
        assert_eq!(said(side(50, 0, 1_000_000, 100), past()), Some(vec![]));
        // A bucket more is no more than the error.
        assert_eq!(said(side(50, 0, 1_180_000, 149), past()), Some(vec![]));
        assert_eq!(said(side(50, 0, 200_000, 1), past()), Some(vec![]), "better is not said");
        assert_eq!(
            said(side(50, 3, 2_000_000, 150), past()),
            Some(vec!["More without an answer", "First token later", "Slower", "Dearer"])
        );
        assert_eq!(said(side(19, 19, 1, 1), past()), None);
        assert_eq!(said(side(50, 9, 9_000_000, 900), side(99, 0, 1_000_000, 100)), None);
        let unpriced = Side { cost: None, ..past() };
        assert_eq!(said(side(50, 0, 1_000_000, 900), unpriced), Some(vec![]));
    }
}
