//! Reads the tables every 10 ms while load runs: no budget may be exceeded but for a reason that
//! docs/ledger.md names, and what counters hold must be the sum of the open requests' bounds.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    time::{Duration, Instant},
};

use domain::{OrgId, Usd};
use sqlx::PgPool;
use tokio::{
    task::JoinHandle,
    time::{MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;

/// How often.
const EVERY: Duration = Duration::from_millis(10);

/// All counters of an organization in one snapshot: what they count, their budget as it is now, and
/// what the open requests' rows say is held.
const SAMPLE: &str = "
SELECT k.id, k.scope || ' per ' || k.period, k.spent::text, k.held::text, b.id || ' ' || b.revision, b.amount::text,
    COALESCE(i.held, 0)::text
FROM counters k
LEFT JOIN budgets_in_force b ON (b.org_id, b.scope, b.scope_id, b.period) = (k.org_id, k.scope, k.scope_id, k.period)
    AND NOT b.observe
LEFT JOIN LATERAL (SELECT sum(i.bound) AS held FROM intents i
    WHERE i.org_id = k.org_id AND k.id = ANY (i.counters)) i ON true
WHERE k.org_id = $1";

type Row = (i64, String, String, String, Option<String>, Option<String>, String);

/// What costs beyond their bounds come to, and corrections.
const BEYOND: &str = "SELECT COALESCE(sum(charge - bound) FILTER (WHERE outcome <> 'corrected' AND charge > bound), 0)::text,
        COALESCE(sum(charge) FILTER (WHERE outcome = 'corrected'), 0)::text
    FROM events WHERE org_id = $1 AND $2 = ANY (counters)";

/// Why a budget was exceeded, as docs/ledger.md names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reason {
    /// A person set it below what was spent and held.
    Lowered,
    /// A raise ended.
    RaiseEnded,
    /// A correction added spend.
    Corrected,
    /// A request cost more than its bound.
    Beyond,
}

/// What was read.
#[derive(Debug, Default)]
pub(crate) struct Samples {
    pub(crate) taken: u64,
    /// Budgets that were compared in them.
    pub(crate) compared: u64,
    /// The longest time between two samples.
    pub(crate) gap: Duration,
    /// Comparisons in which a budget was exceeded, by the reason.
    pub(crate) exceeded: BTreeMap<Reason, u64>,
    /// What no reason explains.
    pub(crate) faults: Vec<String>,
    budgets: HashMap<i64, Known>,
}

/// A budget as it was last seen.
#[derive(Debug, Clone)]
struct Known {
    /// Which budget, and how often people have set it.
    revision: String,
    amount: Usd,
    /// What was spent and held above the amount when it had become less, and why; it can only fall.
    above: Option<(Usd, Reason)>,
}

impl Samples {
    pub(crate) fn add(&mut self, other: Self) {
        self.taken += other.taken;
        self.compared += other.compared;
        self.gap = self.gap.max(other.gap);
        for (reason, times) in other.exceeded {
            *self.exceeded.entry(reason).or_default() += times;
        }
        self.faults.extend(other.faults);
    }

    async fn take(&mut self, pool: &PgPool, org: OrgId) {
        let rows: Vec<Row> = sqlx::query_as(SAMPLE).bind(org.uuid()).fetch_all(pool).await.unwrap();
        self.taken += 1;
        for (id, what, spent, held, revision, amount, intents) in rows {
            let (spent, held) = (usd(&spent), usd(&held));
            if held != usd(&intents) {
                self.faults.push(format!("{what} holds {held}, its requests {intents}"));
            }
            let (Some(revision), Some(amount)) = (revision, amount) else { continue };
            self.compared += 1;
            let (amount, total) = (usd(&amount), spent.plus(held));
            let last = self.budgets.get(&id);
            let became_less = match last {
                Some(last) if last.revision == revision => {
                    (amount < last.amount).then_some(Reason::RaiseEnded)
                }
                _ => Some(Reason::Lowered),
            };
            // What was above the amount may stay there, and only fall.
            let above = match became_less {
                Some(reason) => Some((total, reason)),
                None => last.and_then(|last| last.above),
            };
            let above = above.filter(|(most, _)| *most > amount);
            let reason = self.judge(pool, org, id, (amount, total), above).await;
            match reason {
                Some(reason) => *self.exceeded.entry(reason).or_default() += 1,
                None if total <= amount => {}
                None => self.faults.push(format!("{what}: {spent} + {held} of {amount}")),
            }
            let above = reason.filter(|_| total > amount).map(|reason| (total, reason));
            self.budgets.insert(id, Known { revision, amount, above });
        }
    }

    /// Why more than the amount is spent and held; none if that is not so, or for no reason.
    async fn judge(
        &self,
        pool: &PgPool,
        org: OrgId,
        counter: i64,
        (amount, total): (Usd, Usd),
        above: Option<(Usd, Reason)>,
    ) -> Option<Reason> {
        if total <= amount {
            return None;
        }
        if let Some((most, reason)) = above
            && total <= most
        {
            return Some(reason);
        }
        let (beyond, corrected): (String, String) =
            sqlx::query_as(BEYOND).bind(org.uuid()).bind(counter).fetch_one(pool).await.unwrap();
        let (beyond, corrected) = (usd(&beyond), usd(&corrected));
        let most = above.map_or(amount, |(most, _)| most);
        if total <= most.plus(beyond) {
            Some(Reason::Beyond)
        } else {
            (total <= most.plus(beyond).plus(corrected)).then_some(Reason::Corrected)
        }
    }
}

impl fmt::Display for Samples {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let gap = self.gap.as_millis();
        write!(
            f,
            "{} samples, at most {gap} ms apart; {} budgets compared; ",
            self.taken, self.compared
        )?;
        let times = |reason| self.exceeded.get(&reason).copied().unwrap_or(0);
        write!(
            f,
            "exceeded because a person lowered it {}, a raise ended {}, a correction added spend {}, a cost was above \
             its bound {}, for no reason {}",
            times(Reason::Lowered),
            times(Reason::RaiseEnded),
            times(Reason::Corrected),
            times(Reason::Beyond),
            self.faults.len()
        )
    }
}

/// Samples until it is told to stop.
pub(crate) struct Sampler {
    stop: CancellationToken,
    task: JoinHandle<Samples>,
}

impl Sampler {
    pub(crate) fn start(pool: &PgPool, org: OrgId) -> Self {
        let (stop, pool) = (CancellationToken::new(), pool.clone());
        let stopped = stop.clone();
        let task = tokio::spawn(async move {
            let (mut samples, mut last) = (Samples::default(), Instant::now());
            let mut ticks = interval(EVERY);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
            while !stopped.is_cancelled() {
                ticks.tick().await;
                samples.take(&pool, org).await;
                samples.gap = samples.gap.max(last.elapsed());
                last = Instant::now();
            }
            samples
        });
        Self { stop, task }
    }

    pub(crate) async fn finish(self) -> Samples {
        self.stop.cancel();
        self.task.await.unwrap()
    }
}

fn usd(text: &str) -> Usd {
    text.parse().unwrap()
}
