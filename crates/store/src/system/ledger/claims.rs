//! What a batch writes, summed by what the node remembers of the requests that it ends. The function
//! compares that with their intents, and where one differs it writes nothing.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use domain::{KeyId, OrgId, Outcome, ProjectId, TokenClass, Usd, UserId};
use ledger::{Admitted, Batch, Realm, Reserving, Settlement};
use sqlx::types::Uuid;

use super::{
    arrays::{count, milliseconds},
    rows::{Delta, Ending, Move, Reservation, Story, Turn},
    stories,
};
use crate::money::numeric;

/// The parameters of `exq_ledger_record`.
pub(super) struct Claims {
    pub(super) endings: Vec<Ending>,
    pub(super) reservations: Vec<Reservation>,
    /// These two in order of their rows, as they are locked.
    pub(super) moves: Vec<Move>,
    pub(super) turns: Vec<Turn>,
    pub(super) deltas: Vec<Delta>,
    pub(super) stories: Vec<Story>,
}

impl Claims {
    /// None where an ending is not known or comes twice, or a sum of money or tokens does not fit: the
    /// slow path tells it apart.
    pub(super) fn of(batch: &Batch) -> Option<Self> {
        let released = Settlement::released();
        let settled = batch.settlements.iter().map(|it| (it.org, it.id, &it.settlement));
        let endings = settled.chain(batch.releases.iter().map(|(org, id)| (*org, *id, &released)));
        let (mut sums, mut rows, mut told) = (Sums::default(), Vec::new(), Vec::new());
        let mut seen = HashSet::new();
        for (org, id, settlement) in endings {
            let admitted = batch.admitted.get(&id).filter(|it| it.reserving.request.org == org)?;
            if !seen.insert(id) {
                return None;
            }
            sums.end(admitted, settlement)?;
            rows.push(ending(admitted, settlement));
            if let Some(story) = &settlement.story {
                told.push(stories::row(org, id, admitted.reserving.request.project, story));
            }
        }
        for reserving in &batch.reservations {
            sums.reserve(reserving)?;
        }
        Some(Self {
            endings: rows,
            reservations: batch.reservations.iter().map(reservation).collect(),
            moves: sums.moves.into_iter().map(|(id, moved)| moved.row(id)).collect(),
            turns: sums.turns.into_values().collect(),
            deltas: sums.deltas.into_iter().map(|(group, rolled)| rolled.row(&group)).collect(),
            stories: told,
        })
    }
}

#[derive(Default)]
struct Sums<'a> {
    moves: BTreeMap<i64, Moved>,
    turns: BTreeMap<i64, Turn>,
    deltas: HashMap<Group<'a>, Rolled>,
}

#[derive(Default)]
struct Moved {
    spent: Usd,
    back: Usd,
    requests: i64,
    ended: i64,
    bound: Usd,
    asked: i64,
}

/// What a delta is told apart by.
#[derive(PartialEq, Eq, Hash)]
struct Group<'a> {
    org: OrgId,
    /// The first instant of its quarter of an hour.
    quarter: DateTime<Utc>,
    day: (DateTime<Utc>, DateTime<Utc>),
    project: ProjectId,
    key: Option<KeyId>,
    member: Option<UserId>,
    model: &'a str,
    sandbox: bool,
}

#[derive(Default)]
struct Rolled {
    requests: i64,
    estimated: i64,
    unpriced: i64,
    tokens: [i64; TokenClass::COUNT],
    charge: Usd,
}

impl<'a> Sums<'a> {
    fn end(&mut self, admitted: &'a Admitted, settlement: &Settlement) -> Option<()> {
        let (reserving, charge) = (&admitted.reserving, settlement.charge);
        let is_released = settlement.outcome == Outcome::Released;
        for counter in &reserving.counters {
            let moved = self.moves.entry(counter.id).or_default();
            moved.spent = moved.spent.checked_add(charge)?;
            moved.back = moved.back.checked_add(reserving.request.bound)?;
            moved.requests += i64::from(!is_released);
            moved.ended += 1;
        }
        let estimate = count(reserving.request.tokens);
        let back = if is_released {
            Some((-1, -estimate))
        } else {
            settlement.used().map(|used| (0, count(used) - estimate))
        };
        if let Some(back) = back {
            self.turn(reserving).give_back(admitted, back);
        }
        if !is_released {
            self.deltas.entry(Group::of(admitted)).or_default().add(reserving, settlement)?;
        }
        Some(())
    }

    fn reserve(&mut self, reserving: &Reserving) -> Option<()> {
        for counter in &reserving.counters {
            let moved = self.moves.entry(counter.id).or_default();
            moved.bound = moved.bound.checked_add(reserving.request.bound)?;
            moved.asked += 1;
        }
        let turn = self.turn(reserving);
        turn.day = turn.day.max(Some(reserving.day().starts));
        turn.requests += 1;
        turn.tokens = turn.tokens.checked_add(count(reserving.request.tokens))?;
        Some(())
    }

    fn turn(&mut self, reserving: &Reserving) -> &mut Turn {
        let id = reserving.rate;
        self.turns.entry(id).or_insert_with(|| Turn { id, ..Turn::default() })
    }
}

impl Turn {
    /// Of several minutes or days in a batch only the last can be the current one.
    fn give_back(&mut self, admitted: &Admitted, (requests, tokens): (i64, i64)) {
        let (minute, day) = (floor(admitted.at, 1), admitted.reserving.day().starts);
        if self.back_minute < Some(minute) {
            (self.back_minute, self.minute_requests, self.minute_tokens) = (Some(minute), 0, 0);
        }
        if self.back_minute == Some(minute) {
            self.minute_requests += requests;
            self.minute_tokens = self.minute_tokens.saturating_add(tokens);
        }
        if self.back_day < Some(day) {
            (self.back_day, self.day_requests, self.day_tokens) = (Some(day), 0, 0);
        }
        if self.back_day == Some(day) {
            self.day_requests += requests;
            self.day_tokens = self.day_tokens.saturating_add(tokens);
        }
    }
}

impl Moved {
    fn row(self, id: i64) -> Move {
        let Self { spent, back, requests, ended, bound, asked } = self;
        let (spent, back, bound) = (numeric(spent), numeric(back), numeric(bound));
        Move { id, spent, back, requests, ended, bound, asked }
    }
}

impl<'a> Group<'a> {
    fn of(admitted: &'a Admitted) -> Self {
        let (reserving, request) = (&admitted.reserving, &admitted.reserving.request);
        Self {
            org: request.org,
            quarter: floor(admitted.at, 15),
            day: (reserving.day().starts, reserving.day().ends),
            project: request.project,
            key: request.tracked.then_some(request.key),
            member: request.member,
            model: &request.model,
            sandbox: request.realm != Realm::Provider,
        }
    }
}

impl Rolled {
    fn add(&mut self, reserving: &Reserving, settlement: &Settlement) -> Option<()> {
        let is_estimated = matches!(
            settlement.outcome,
            Outcome::Estimated | Outcome::Unknown | Outcome::Interrupted
        );
        self.requests += 1;
        self.estimated += i64::from(is_estimated);
        self.unpriced += i64::from(reserving.request.price.is_none());
        for (sum, tokens) in self.tokens.iter_mut().zip(settlement.tokens.by_class()) {
            *sum = sum.checked_add(count(tokens))?;
        }
        self.charge = self.charge.checked_add(settlement.charge)?;
        Some(())
    }

    fn row(self, group: &Group<'_>) -> Delta {
        let [input, cached, cache_write, cache_write_1h, audio_input, image_input, ..] =
            self.tokens;
        let [.., output, reasoning, audio_output, image_output] = self.tokens;
        Delta {
            org_id: group.org.uuid(),
            at: group.quarter,
            day_starts: group.day.0,
            day_ends: group.day.1,
            project_id: group.project.uuid(),
            key_id: group.key.map_or(Uuid::nil(), KeyId::uuid),
            member_id: group.member.map_or(Uuid::nil(), UserId::uuid),
            model: group.model.to_owned(),
            sandbox: group.sandbox,
            requests: self.requests,
            estimated: self.estimated,
            unpriced: self.unpriced,
            input,
            cached,
            cache_write,
            cache_write_1h,
            audio_input,
            image_input,
            output,
            reasoning,
            audio_output,
            image_output,
            charge: numeric(self.charge),
        }
    }
}

fn ending(admitted: &Admitted, settlement: &Settlement) -> Ending {
    let request = &admitted.reserving.request;
    let tokens = settlement.tokens.by_class().map(count);
    let [input, cached, cache_write, cache_write_1h, audio_input, image_input, ..] = tokens;
    let [.., output, reasoning, audio_output, image_output] = tokens;
    Ending {
        org_id: request.org.uuid(),
        id: request.id.uuid(),
        outcome: settlement.outcome.as_str().to_owned(),
        service_tier: settlement.service_tier.as_str().to_owned(),
        status: settlement.status.map(i32::from),
        input,
        cached,
        cache_write,
        cache_write_1h,
        audio_input,
        image_input,
        output,
        reasoning,
        audio_output,
        image_output,
        charge: numeric(settlement.charge),
        first_token_ms: settlement.first_token_ms.map(milliseconds),
        total_ms: settlement.total_ms.map(milliseconds),
        held: reservation(&admitted.reserving),
        admitted_at: admitted.at,
    }
}

fn reservation(reserving: &Reserving) -> Reservation {
    let request = &reserving.request;
    Reservation {
        org_id: request.org.uuid(),
        id: request.id.uuid(),
        project_id: request.project.uuid(),
        key_id: if request.tracked { request.key.uuid() } else { Uuid::nil() },
        member_id: request.member.map_or(Uuid::nil(), UserId::uuid),
        model: request.model.clone(),
        price_id: request.price.as_ref().map(|price| price.id.uuid()),
        sandbox: request.realm != Realm::Provider,
        streamed: request.streamed,
        bound: numeric(request.bound),
        counters: reserving.counters.iter().map(|counter| counter.id).collect(),
        rate_id: reserving.rate,
        tokens: count(request.tokens),
        day_starts: reserving.day().starts,
        day_ends: reserving.day().ends,
    }
}

/// The last whole multiple of so many minutes.
fn floor(at: DateTime<Utc>, minutes: i64) -> DateTime<Utc> {
    at.duration_trunc(TimeDelta::minutes(minutes)).unwrap_or(at)
}
