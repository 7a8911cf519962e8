//! What a budget would have stopped, had it been there: asked before it is set.

mod quarters;

use std::collections::HashMap;

use chrono::{DateTime, Days, NaiveDate, Utc};
use chrono_tz::Tz;
use domain::{
    Caller, EventId, Period, Replay, Scope, Usd, most,
    window::{Window, first_instant},
};
use futures_util::TryStreamExt as _;
use sqlx::types::Uuid;

use crate::{
    Store, StoreError, budgets::may_limit, event_slices::CLOCKS_DIFFER, kept::all_kept, money::usd,
    organizations::zone, slice_names::nameless, tx::Tx,
};

/// What is replayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PastStretch {
    /// So many days up to now, from rollups: the requests of a key in a quarter of an hour are taken
    /// at their average charge. It begins with the window that holds the first day.
    Days(u32),
    /// A local day, event by event, by what each had reserved.
    Day(NaiveDate),
}

/// What a budget would have stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WhatIf {
    /// From when on requests were replayed.
    pub from: DateTime<Utc>,
    /// Up to when.
    pub until: DateTime<Utc>,
    /// How many requests were replayed.
    pub requests: u64,
    /// How many of them it would have stopped.
    pub stopped: u64,
    /// When the first of them came; of rollups, the beginning of its quarter of an hour.
    pub first_at: Option<DateTime<Utc>>,
    /// In how many windows it would have stopped any.
    pub windows: u64,
    /// Whose they were: keys by their labels, most first.
    pub keys: Vec<(String, u64)>,
    /// Of a day: the budget would have been reached earlier in the same window, so that what was
    /// spent before the day is known from rollups alone.
    pub reached_before: bool,
    /// Of a day: it had more requests than [`most::REPLAYED`], and only so many were replayed.
    pub cut: bool,
}

/// The replay as it goes.
struct Run {
    amount: Usd,
    per: Period,
    zone: Tz,
    window: Window,
    replay: Replay,
    found: WhatIf,
    by_key: HashMap<Uuid, u64>,
    /// Quarters of an hour in which it stopped all; they are not in `by_key` yet.
    whole: Vec<DateTime<Utc>>,
    /// The window in which it stopped one last.
    stopped_in: Option<DateTime<Utc>>,
}

impl Run {
    fn new(amount: Usd, per: Period, zone: Tz, window: Window, until: DateTime<Utc>) -> Self {
        let found = WhatIf {
            from: window.starts,
            until,
            requests: 0,
            stopped: 0,
            first_at: None,
            windows: 0,
            keys: Vec::new(),
            reached_before: false,
            cut: false,
        };
        let replay = Replay::new(amount, Usd::ZERO);
        let (by_key, whole) = (HashMap::new(), Vec::new());
        Self { amount, per, zone, window, replay, found, by_key, whole, stopped_in: None }
    }

    /// Goes on to the window that holds the instant.
    fn to(&mut self, at: DateTime<Utc>) {
        while at >= self.window.ends {
            self.window = self.window.following(self.per, self.zone);
            self.replay = Replay::new(self.amount, Usd::ZERO);
        }
    }

    /// Notes what became of requests.
    fn count(&mut self, at: DateTime<Utc>, requests: u64, stopped: u64) {
        self.found.requests += requests;
        if stopped == 0 {
            return;
        }
        self.found.stopped += stopped;
        self.found.first_at.get_or_insert(at);
        if self.stopped_in.replace(self.window.starts) != Some(self.window.starts) {
            self.found.windows += 1;
        }
    }

    /// Notes whose they were.
    fn of_key(&mut self, key: Uuid, stopped: u64) {
        if stopped > 0 {
            *self.by_key.entry(key).or_default() += stopped;
        }
    }
}

impl Store {
    /// What a budget of this amount would have stopped in the past. Nothing is changed.
    /// [`crate::Conflict::NotKept`] for a day whose requests are no longer kept.
    pub async fn what_if(
        &self,
        caller: &Caller,
        on: Scope,
        per: Period,
        amount: Usd,
        past: PastStretch,
    ) -> Result<WhatIf, StoreError> {
        let mut tx = match past {
            PastStretch::Days(_) => self.glimpse(caller).await?,
            // That its requests are still kept is asked after they were read.
            PastStretch::Day(_) => self.tenant(caller).await?,
        };
        may_limit(&mut tx, caller, on).await?;
        let row = sqlx::query!(
            r#"SELECT zone, exq_now() AS "now!" FROM organizations WHERE org_id = $1"#,
            caller.org.uuid()
        )
        .fetch_one(&mut *tx)
        .await?;
        let (zone, now) = (zone(&row.zone)?, row.now);
        let (project, key) = match on {
            Scope::Org(_) => (None, None),
            Scope::Project(id) => (Some(id.uuid()), None),
            Scope::Key(id) => (None, Some(id.uuid())),
        };
        let of = (project, key);
        let mut run = match past {
            PastStretch::Days(days) => {
                let window = Window::first(per, zone, now - Days::new(days.into()));
                let mut run = Run::new(amount, per, zone, window, now);
                quarters::replay(&mut tx, caller, of, (window.starts, now), &mut run).await?;
                run
            }
            PastStretch::Day(date) => {
                let day = Window {
                    label: date,
                    starts: first_instant(date, zone),
                    ends: first_instant(date.succ_opt().unwrap_or(date), zone),
                };
                let window = Window::first(per, zone, day.starts);
                let mut run = Run::new(amount, per, zone, window, day.ends.min(now));
                let before = (window.starts, day.starts);
                quarters::replay(&mut tx, caller, of, before, &mut run).await?;
                let reached_before = run.found.stopped > 0;
                let replay = run.replay;
                run = Run::new(amount, per, zone, window, day.ends.min(now));
                (run.replay, run.found.from) = (replay, day.starts);
                run.found.reached_before = reached_before;
                events(&mut tx, caller, of, day, &mut run).await?;
                all_kept(&mut tx, caller, day.starts, day.ends).await?;
                run
            }
        };
        quarters::name(&mut tx, caller, of, &mut run).await?;
        run.found.keys = named(&mut tx, caller, run.by_key).await?;
        Ok(run.found)
    }
}

/// A scope, as columns: a project, a key, or neither.
type Of = (Option<Uuid>, Option<Uuid>);

/// Replays a day's events in the order in which they were admitted.
async fn events(
    tx: &mut Tx,
    caller: &Caller,
    (project, key): Of,
    day: Window,
    run: &mut Run,
) -> Result<(), StoreError> {
    // One more is read than is replayed.
    let mut rows = sqlx::query!(
        r#"SELECT admitted_at, key_id, bound, charge FROM events e
         WHERE org_id = $1 AND id >= $7 AND id < $8 AND admitted_at >= $2 AND admitted_at < $3
            AND ($4::uuid IS NULL OR project_id = $4) AND ($5::uuid IS NULL OR key_id = $5)
            AND ($4 IS NOT NULL OR $5 IS NOT NULL
                OR project_id NOT IN (SELECT p.id FROM projects p WHERE p.org_id = $1 AND p.rehearsal))
         ORDER BY admitted_at, id LIMIT $6"#,
        caller.org.uuid(),
        day.starts,
        day.ends,
        project,
        key,
        i64::from(most::REPLAYED) + 1,
        EventId::floor(day.starts - CLOCKS_DIFFER).uuid(),
        EventId::floor(day.ends + CLOCKS_DIFFER).uuid()
    )
    .fetch(&mut **tx);
    while let Some(row) = rows.try_next().await? {
        if run.found.requests == u64::from(most::REPLAYED) {
            (run.found.cut, run.found.until) = (true, row.admitted_at);
            break;
        }
        run.to(row.admitted_at);
        let admitted = run.replay.offer(usd(&row.bound)?, usd(&row.charge)?);
        run.count(row.admitted_at, 1, u64::from(!admitted));
        run.of_key(row.key_id, u64::from(!admitted));
    }
    Ok(())
}

/// Keys by their labels, most stopped first.
async fn named(
    tx: &mut Tx,
    caller: &Caller,
    by_key: HashMap<Uuid, u64>,
) -> Result<Vec<(String, u64)>, StoreError> {
    let ids: Vec<Uuid> = by_key.keys().copied().collect();
    let names: HashMap<Uuid, String> = sqlx::query!(
        "SELECT id, name FROM api_keys WHERE org_id = $1 AND id = ANY ($2)",
        caller.org.uuid(),
        &ids
    )
    .fetch_all(&mut **tx)
    .await?
    .into_iter()
    .map(|row| (row.id, row.name))
    .collect();
    let mut keys: Vec<_> = by_key
        .into_iter()
        .map(|(id, count)| {
            (names.get(&id).map_or_else(|| nameless(id), String::as_str).to_owned(), count)
        })
        .collect();
    keys.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    Ok(keys)
}
