//! A random organization: what it used, when, and what is asked about it.

use std::fmt::Write as _;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use domain::{
    Caller, Environment, EventId, KeyId, Outcome, Period, ProjectId, ServiceTier, Tokens, Usd,
    UserId, window::Window,
};
use sqlx::types::Uuid;
use store::{
    Store,
    slices::{Dimension, Only},
};
use testkit::{Tenant, soak::Random};

use super::{
    asked::Asked,
    events::{self, Event},
};
use crate::{
    clock::at,
    spender::{Spender, Used},
    support::{Api, Org},
};

/// A zone, and a time after which its clocks change, if they do.
const PLACES: [(Tz, &str); 9] = [
    // Half an hour.
    (Tz::Australia__Lord_Howe, "2026-04-03T09:00:00Z"),
    (Tz::Asia__Kathmandu, "2026-05-30T09:00:00Z"),
    (Tz::Europe__Oslo, "2026-03-27T21:00:00Z"),
    // At midnight.
    (Tz::America__Santiago, "2026-09-04T21:00:00Z"),
    (Tz::America__New_York, "2026-10-30T21:00:00Z"),
    (Tz::Asia__Kolkata, "2026-02-27T12:00:00Z"),
    (Tz::Australia__Lord_Howe, "2026-10-02T09:00:00Z"),
    (Tz::Pacific__Chatham, "2026-04-03T09:00:00Z"),
    (Tz::UTC, "2026-06-29T12:00:00Z"),
];
const MODELS: [&str; 6] = [
    "gpt-4.1",
    "sandbox-tokens",
    "sandbox-embed",
    "text-embedding-3-small",
    "house-model",
    "bge-m3",
];
/// Moments at which something is used.
const MOMENTS: u64 = 40;

pub(crate) struct World {
    api: Api,
    org: Org,
    spender: Spender,
    pub(crate) random: Random,
    pub(crate) zone: Tz,
    pub(crate) begin: DateTime<Utc>,
    pub(crate) end: DateTime<Utc>,
    projects: Vec<ProjectId>,
    keys: Vec<KeyId>,
    members: Vec<UserId>,
    /// What may be corrected, and at most to what.
    doubtful: Vec<(EventId, Usd)>,
}

impl World {
    pub(crate) async fn new(seed: u64) -> Self {
        let (zone, begin) = PLACES[usize::try_from(seed).unwrap() % PLACES.len()];
        let begin = at(begin);
        let api = Api::limited(admin::Limits::new(60_000_000)).await;
        api.database.stop_clock(begin).await;
        let org = api.org("acme").await;
        let set = format!("UPDATE organizations SET zone = '{}'", zone.name());
        api.database.tamper(&set).await;
        let tenant = &org.tenant;
        let name = "Support".parse().unwrap();
        let other = api.store().create_project(&tenant.caller, &name, Environment::Staging).await;
        let (projects, members) =
            (vec![tenant.project, other.unwrap()], vec![tenant.user, UserId::generate()]);
        // The last two are personal keys.
        let (key, _) = Tenant::key(api.store(), &tenant.caller, projects[1]).await;
        let personal = tenant.personal_key(&api.database).await.0;
        let keys = vec![tenant.key, key, personal, tenant.personal_key(&api.database).await.0];
        let spender = Spender::new(&api.database).await;
        let (random, end) = (Random::new(seed, 0), begin);
        Self {
            api,
            org,
            spender,
            random,
            zone,
            begin,
            end,
            projects,
            keys,
            members,
            doubtful: vec![],
        }
    }

    pub(crate) fn store(&self) -> &Store {
        self.api.store()
    }

    pub(crate) fn caller(&self) -> &Caller {
        &self.org.tenant.caller
    }

    /// Three and a half days, of which the clocks change on one; another organization uses the same.
    pub(crate) async fn live(&mut self) {
        let theirs = self.api.org("other").await;
        for _ in 0..MOMENTS {
            self.pass();
            self.api.database.set_clock(self.end).await;
            for _ in 0..=self.random.of(0..4) {
                let used = self.used();
                // Clocks of nodes are not the database's.
                let off = i64::try_from(self.random.of(0..2_000_000)).unwrap() - 1_000_000;
                let made = self.end + TimeDelta::milliseconds(off);
                let id = self.spender.book(made, &used).await;
                if matches!(used.outcome, Outcome::Estimated | Outcome::Unknown) {
                    self.doubtful.push((id, used.charge));
                }
                if self.random.of(0..8) == 0 {
                    let Tenant { org, project, key, .. } = theirs.tenant;
                    self.spender.book(made, &Used { org, project, key, ..used }).await;
                }
            }
            match self.random.of(0..6) {
                0 => while self.store().system().fold().await.unwrap() > 0 {},
                1 => self.correct().await,
                _ => {}
            }
        }
        assert_eq!(self.store().system().reconcile().await.unwrap(), None);
    }

    /// Time passes: seconds, hours, or to the very edge of an hour.
    fn pass(&mut self) {
        let most = [90, 4_000, 14_000][self.random.index(3)];
        let passed = i64::try_from(self.random.of(1..most)).unwrap();
        self.end += TimeDelta::seconds(passed) + TimeDelta::microseconds(passed);
        let hour = TimeDelta::seconds(3_600 - self.end.timestamp() % 3_600)
            - TimeDelta::microseconds(i64::from(self.end.timestamp_subsec_micros()));
        match self.random.of(0..8) {
            0 => self.end += hour,
            1 => self.end += hour - self.shy(self.end + hour),
            _ => {}
        }
    }

    /// How far before an hour's end nearly is: the node's clock goes on while the database's stands, so
    /// that it must not be at the very end of a window.
    fn shy(&self, edge: DateTime<Utc>) -> TimeDelta {
        let ends = |zone| Window::first(Period::Day, zone, edge).starts == edge;
        if ends(self.zone) || ends(Tz::UTC) {
            TimeDelta::seconds(5)
        } else {
            TimeDelta::microseconds(1)
        }
    }

    fn used(&mut self) -> Used {
        let model = self.random.pick(&MODELS);
        let outcomes = [Outcome::Answered, Outcome::Answered, Outcome::Estimated, Outcome::Unknown];
        let priced = !["house-model", "bge-m3"].contains(&model);
        let pico = if priced { i128::from(self.random.of(0..30_000_000_000)) } else { 0 };
        let member = self.random.pick(&self.members);
        let place = self.random.index(self.projects.len());
        let key = if self.random.of(0..3) == 0 { 2 + self.random.index(2) } else { place };
        Used {
            org: self.org.tenant.org,
            project: self.projects[place],
            key: self.keys[key],
            member: (self.random.of(0..4) > 0).then_some(member),
            tracked: self.random.of(0..4) > 0,
            model: model.to_owned(),
            tier: self.random.pick(&ServiceTier::ALL),
            outcome: self.random.pick(&outcomes),
            tokens: Tokens::from_classes(std::array::from_fn(|_| self.random.of(0..9))),
            charge: Usd::from_pico(pico),
        }
    }

    /// An owner corrects a charge.
    async fn correct(&mut self) {
        let Some((id, most)) = self.doubtful.pop() else { return };
        let part = i128::from(self.random.of(0..101));
        let charge = Usd::from_pico(most.pico() * part / 100);
        let reason = "Invoice".parse().unwrap();
        self.store().correct_charge(self.caller(), id, charge, &reason).await.unwrap();
    }

    pub(crate) async fn events(&self) -> Vec<Event> {
        events::read(&self.api.database, self.org.tenant.org.uuid()).await
    }

    pub(crate) async fn ask(&self, path: &str) -> String {
        let answer = self.api.ask(&self.org, &format!("GET {path}"), &[], None).await;
        assert_eq!(answer.status, 200, "{path} {}", answer.body);
        answer.text
    }

    /// True, false or neither.
    pub(crate) fn maybe(&mut self) -> Option<bool> {
        self.random.pick(&[None, None, None, Some(true), Some(false)])
    }

    pub(crate) fn dimensions(&mut self) -> Vec<Dimension> {
        Dimension::ALL.into_iter().filter(|_| self.random.of(0..3) == 0).collect()
    }

    /// Some of what there is, mostly all; now and then what nobody has.
    pub(crate) fn only(&mut self) -> Only {
        let (projects, keys) = (ids(&self.projects), ids(&self.keys));
        let members = ids(&self.members);
        let models: Vec<String> = MODELS.map(str::to_owned).to_vec();
        Only {
            projects: self.some(&projects),
            keys: self.some(&keys),
            models: self.some(&models),
            members: self.some(&members),
            sandbox: self.maybe(),
            tag: None,
        }
    }

    fn some<T: Clone>(&mut self, of: &[T]) -> Vec<T> {
        if self.random.of(0..3) > 0 {
            return Vec::new();
        }
        of.iter().filter(|_| self.random.of(0..2) == 0).cloned().collect()
    }

    /// Two to nine instants from before the beginning to after the end, at whole steps.
    pub(crate) fn bounds(&mut self, step: TimeDelta) -> Vec<DateTime<Utc>> {
        let step = step.num_microseconds().unwrap();
        let whole = |at: DateTime<Utc>| at.timestamp_micros() / step;
        let margin = TimeDelta::hours(3);
        let (from, until) = (whole(self.begin - margin), whole(self.end + margin));
        let count = 2 + self.random.of(0..8);
        let mut steps: Vec<i64> = (0..count)
            .map(|_| {
                from + i64::try_from(self.random.of(0..(until - from).cast_unsigned())).unwrap()
            })
            .collect();
        steps.sort_unstable();
        steps.dedup();
        steps.iter().map(|at| DateTime::from_timestamp_micros(at * step).unwrap()).collect()
    }

    /// A random question to the API.
    pub(crate) fn question(&mut self) -> Asked {
        let (path, widths, words) = self.random.pick(&ADDRESSES);
        let (width, seconds, most, days) = self.random.pick(widths);
        // Of minutes some hours, so that there are few pages.
        let all = (self.end - self.begin).num_seconds().cast_unsigned();
        let (after, length) = if days {
            (0, all + 100_000)
        } else {
            (self.random.of(0..all), 60 + self.random.of(0..30_000))
        };
        let start = self.begin.timestamp() - 4_000 + i64::try_from(after).unwrap();
        let end = start + i64::try_from(length).unwrap();
        let open = self.random.of(0..4) == 0;
        let by: Vec<&str> = words.iter().copied().filter(|_| self.random.of(0..3) == 0).collect();
        let (only, batch) = (self.only(), self.maybe().filter(|_| words.contains(&"batch")));
        let mut text = format!("{path}?start_time={start}&bucket_width={width}");
        if !open {
            write!(text, "&end_time={end}").unwrap();
        }
        write!(text, "&limit={}", 1 + most / (1 + self.random.of(0..3))).unwrap();
        let now = self.end.timestamp();
        let after = |at: i64| at - at.rem_euclid(seconds) + seconds;
        let until = if open { after(now) } else { after(end - 1).min(after(now)) };
        let asked =
            Asked { path, text, from: after(start) - seconds, until, seconds, by, only, batch };
        asked.written()
    }
}

fn ids<I: Into<Uuid> + Copy>(ids: &[I]) -> Vec<Uuid> {
    let none = (ids.len() > 2).then(Uuid::nil);
    ids.iter().map(|id| (*id).into()).chain(none).collect()
}

/// An address, its widths (word, seconds, most buckets of a page; whether all days are asked for) and its groups.
type Address = (&'static str, &'static [(&'static str, i64, u64, bool)], &'static [&'static str]);

const ADDRESSES: [Address; 3] = [
    (
        "/usage/completions",
        &[("1m", 60, 1_439, false), ("1h", 3_600, 167, true), ("1d", 86_400, 30, true)],
        &["project_id", "user_id", "api_key_id", "model", "batch", "service_tier"],
    ),
    (
        "/usage/embeddings",
        &[("1m", 60, 1_439, false), ("1h", 3_600, 167, true), ("1d", 86_400, 30, true)],
        &["project_id", "user_id", "api_key_id", "model"],
    ),
    (
        "/costs",
        &[("1h", 3_600, 167, true), ("1d", 86_400, 179, true)],
        &["project_id", "line_item", "api_key_id", "user_id", "model"],
    ),
];
