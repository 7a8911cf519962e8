//! What must happen without anyone asking.

use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};

/// What happens at its times, once among all nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Job {
    /// Forget what is over: sessions, throttles, changes.
    Sweep,
    /// Raise usage tiers.
    Tiers,
    /// Mail the heads of audit logs.
    Heads,
    /// Make the events' partitions ahead.
    Partitions,
    /// Compare events, rollups and counters.
    Reconcile,
    /// Warn organizations.
    Watch,
    /// Drop the months whose requests are no longer kept one by one.
    Drop,
}

impl Job {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Sweep,
        Self::Tiers,
        Self::Heads,
        Self::Partitions,
        Self::Reconcile,
        Self::Watch,
        Self::Drop,
    ];

    /// The word for tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sweep => "sweep",
            Self::Tiers => "tiers",
            Self::Heads => "heads",
            Self::Partitions => "partitions",
            Self::Reconcile => "reconcile",
            Self::Watch => "watch",
            Self::Drop => "drop",
        }
    }

    /// What it does, for people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Sweep => {
                "Forget sessions, throttles, changes, fingerprints, prompts and answers that are over"
            }
            Self::Tiers => "Raise usage tiers that are earned",
            Self::Heads => "Mail the heads of audit logs",
            Self::Partitions => "Make room for the events of the months ahead",
            Self::Reconcile => "Compare events, rollups, counters and open requests",
            Self::Watch => "Warn owners of models, forecasts and unusual spend",
            Self::Drop => "Drop single requests that are older than is kept",
        }
    }

    /// When.
    pub const fn schedule(self) -> Schedule {
        match self {
            Self::Sweep | Self::Tiers => Schedule::every(TimeDelta::minutes(1)),
            Self::Heads => Schedule::every(TimeDelta::minutes(5)),
            Self::Watch => Schedule::every(TimeDelta::minutes(15)),
            Self::Partitions => Schedule::every(TimeDelta::hours(1)),
            Self::Reconcile => Schedule::every(TimeDelta::days(1)).at(TimeDelta::minutes(190)),
            // After the books were compared: what does not agree is not dropped.
            Self::Drop => Schedule::every(TimeDelta::days(1)).at(TimeDelta::minutes(280)),
        }
    }
}

/// What every node does all the time: whatever there is, whoever comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Loop {
    /// Fold deltas into rollups.
    Fold,
    /// Send mails.
    Deliver,
    /// Book what dead nodes left open.
    Reap,
    /// Tell owners of raises that ended.
    Tell,
    /// Write reports that are due.
    Report,
    /// Write files that members asked for.
    Export,
    /// Erase organizations that were closed long enough ago.
    Erase,
    /// Forget who deleted an account.
    Forget,
}

impl Loop {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Fold,
        Self::Deliver,
        Self::Reap,
        Self::Tell,
        Self::Report,
        Self::Export,
        Self::Erase,
        Self::Forget,
    ];

    /// The word for tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fold => "fold",
            Self::Deliver => "deliver",
            Self::Reap => "reap",
            Self::Tell => "tell",
            Self::Report => "report",
            Self::Export => "export",
            Self::Erase => "erase",
            Self::Forget => "forget",
        }
    }

    /// What it does, for people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Fold => "Fold usage into rollups",
            Self::Deliver => "Send mails",
            Self::Reap => "Book open requests of dead nodes",
            Self::Tell => "Tell owners of raises that ended",
            Self::Report => "Write reports of spend that are due",
            Self::Export => "Write files that members asked for",
            Self::Erase => "Erase organizations 30 days after they were closed",
            Self::Forget => "Erase deleted accounts from audit logs",
        }
    }

    /// How long it pauses when there is nothing left to do.
    pub const fn pause(self) -> TimeDelta {
        match self {
            Self::Fold | Self::Deliver | Self::Export => TimeDelta::seconds(1),
            Self::Reap | Self::Tell | Self::Report => TimeDelta::seconds(5),
            Self::Erase | Self::Forget => TimeDelta::minutes(1),
        }
    }
}

/// Times at even distances, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    every: TimeDelta,
    at: TimeDelta,
}

impl Schedule {
    /// At whole multiples of a distance that divides a day.
    pub const fn every(every: TimeDelta) -> Self {
        Self { every, at: TimeDelta::zero() }
    }

    /// So much later, within the distance.
    #[must_use]
    pub const fn at(self, at: TimeDelta) -> Self {
        Self { at, ..self }
    }

    /// The distance.
    pub const fn distance(self) -> TimeDelta {
        self.every
    }

    /// The last time up to and with an instant.
    pub fn last(self, now: DateTime<Utc>) -> DateTime<Utc> {
        (now - self.at).duration_trunc(self.every).map_or(now, |floor| floor + self.at)
    }

    /// The first time after one.
    pub fn next(self, after: DateTime<Utc>) -> DateTime<Utc> {
        self.last(after) + self.every
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(text).unwrap().to_utc()
    }

    #[test]
    fn books_are_compared_at_ten_past_three() {
        let nightly = Job::Reconcile.schedule();
        let night = at("2026-11-28T03:10:00Z");
        assert_eq!(nightly.last(night), night);
        assert_eq!(nightly.next(night), at("2026-11-29T03:10:00Z"));
        assert_eq!(nightly.last(at("2026-11-28T03:09:59Z")), at("2026-11-27T03:10:00Z"));
    }

    proptest! {
        #[test]
        fn each_instant_lies_between_its_last_and_its_next_time(seconds in 0_i64..4_000_000_000) {
            let now = DateTime::from_timestamp(seconds, 0).unwrap();
            for job in Job::ALL {
                let schedule = job.schedule();
                let (last, next) = (schedule.last(now), schedule.next(now));
                prop_assert!(last <= now && now < next, "{job:?}");
                prop_assert_eq!(next - last, schedule.distance());
                prop_assert_eq!(schedule.last(next), next);
            }
        }
    }
}
