//! Where a budget will end if it goes on like this, and its state in words.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use domain::{
    Level, Usd,
    forecast::{forecast, reached_on},
};
use store::{BudgetStatus, Standing, Threshold};

use super::calendar::day_name;
use crate::components::{Reading, Tone};

/// What is said of a budget.
#[derive(Debug, Clone)]
pub(super) struct Outlook {
    pub(super) tone: Tone,
    /// The state in words.
    pub(super) state: String,
    pub(super) refuses: Refuses,
    pub(super) reading: Reading,
}

/// What a budget refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refuses {
    Nothing,
    /// It has refused what asked for more than was left, first at this instant; more than a tenth was left.
    Since(DateTime<Utc>),
    /// What does not fit in the little that is left.
    Nearly,
    Everything,
}

/// Thresholds of the same scope and window.
pub(super) fn thresholds_of<'a>(status: &BudgetStatus, all: &'a [Threshold]) -> Vec<&'a Threshold> {
    let Some(budget) = &status.budget else { return Vec::new() };
    let same = |threshold: &&Threshold| {
        threshold.scope == budget.scope && threshold.period == budget.period
    };
    all.iter().filter(same).collect()
}

/// A threshold's level in words: `80%`, `$4,000.00`.
pub(super) fn level_text(level: Level) -> String {
    match level {
        Level::Amount(amount) => crate::components::usd(amount),
        Level::Percent(percent) => format!("{percent}%"),
    }
}

impl Outlook {
    pub(super) fn of(standing: &Standing, all: &[Threshold], now: DateTime<Utc>, zone: Tz) -> Self {
        let status = &standing.status;
        let thresholds = thresholds_of(status, all);
        let limit = status.budget.as_ref().map_or(Usd::ZERO, |budget| budget.amount);
        let observed = status.budget.as_ref().is_some_and(|budget| budget.observe);
        let spent = status.spent >= limit;
        let reached = !observed && (spent || standing.blocked_at.is_some());
        let short = standing.short_at.filter(|_| !observed);
        let refuses = match short {
            _ if reached && spent => Refuses::Everything,
            _ if reached => Refuses::Nearly,
            Some(at) => Refuses::Since(at),
            None => Refuses::Nothing,
        };
        let forecast = forecast(status.spent, status.window, now).filter(|_| !reached && !spent);
        let raised = status.budget.as_ref().and_then(|budget| budget.raised_until);
        let mut passed: Vec<_> = thresholds
            .iter()
            .filter(|threshold| threshold.fires_at.is_some_and(|at| status.spent >= at))
            .collect();
        passed.sort_by_key(|threshold| threshold.fires_at);
        let (tone, state) = if reached && spent {
            (Tone::Bad, "Reached, refusing".to_owned())
        } else if reached {
            (Tone::Bad, "Nearly spent, refusing".to_owned())
        } else if spent {
            (Tone::Warn, "Reached, observed only".to_owned())
        } else if let Some(at) = reached_on(status.spent, limit, status.window, now) {
            let day = day_name(at.with_timezone(&zone).date_naive());
            (Tone::Warn, format!("Reached about {day}"))
        } else if let Some(threshold) = passed.last() {
            (Tone::Warn, format!("Past {}", level_text(threshold.level)))
        } else if short.is_some() {
            (Tone::Warn, "Refusing what does not fit".to_owned())
        } else if let Some(until) = raised {
            let day = day_name(until.with_timezone(&zone).date_naive());
            (Tone::Warn, format!("Raised until {day}"))
        } else if observed {
            (Tone::Plain, "Observed only".to_owned())
        } else if thresholds.is_empty() {
            // Others than of its window may well be set.
            let period = status.budget.as_ref().map_or("", |budget| budget.period.adjective());
            (Tone::Plain, format!("No {period} threshold"))
        } else {
            (Tone::Ok, "On course".to_owned())
        };
        let reading = Reading {
            spent: status.spent,
            reserved: status.held,
            limit,
            forecast,
            thresholds: thresholds.iter().filter_map(|threshold| threshold.fires_at).collect(),
        };
        Self { tone, state, refuses, reading }
    }
}

#[cfg(test)]
mod tests {
    use domain::{BudgetId, OrgId, Period, Scope, ThresholdId, window::Window};

    use super::*;

    fn now() -> DateTime<Utc> {
        "2026-11-16T00:00:00Z".parse().unwrap()
    }

    fn november() -> Window {
        Window::first(Period::Month, Tz::UTC, now())
    }

    fn dollars(amount: i64) -> Usd {
        Usd::from_dollars(amount)
    }

    fn state(spent: i64, amount: i64, percents: &[u32]) -> (Tone, String) {
        state_of(spent, amount, percents, None, |_| ())
    }

    fn state_of(
        spent: i64,
        amount: i64,
        percents: &[u32],
        short_at: Option<DateTime<Utc>>,
        change: impl Fn(&mut store::Budget),
    ) -> (Tone, String) {
        let scope = Scope::Org(OrgId::generate());
        let mut budget = store::Budget {
            id: BudgetId::generate(),
            scope,
            scope_name: "A".to_owned(),
            period: Period::Month,
            amount: dollars(amount),
            own_amount: dollars(amount),
            observe: false,
            raised_until: None,
            set_by: None,
            set_at: now(),
        };
        change(&mut budget);
        let thresholds: Vec<_> = percents
            .iter()
            .map(|percent| Threshold {
                id: ThresholdId::generate(),
                scope,
                period: Period::Month,
                level: Level::Percent(*percent),
                fires_at: dollars(amount).percent(*percent),
                crossed_at: None,
                silent: false,
                addresses: Vec::new(),
            })
            .collect();
        let status = BudgetStatus {
            budget: Some(budget),
            window: november(),
            spent: dollars(spent),
            held: Usd::ZERO,
            running: 0,
            requests: 1,
            refused: 0,
            observed: 0,
        };
        let standing = Standing { status, blocked_at: None, short_at };
        let outlook = Outlook::of(&standing, &thresholds, now(), Tz::UTC);
        (outlook.tone, outlook.state)
    }

    #[test]
    fn states_in_words() {
        let said = |tone, text: &str| (tone, text.to_owned());
        assert_eq!(state(10, 100, &[50]), said(Tone::Ok, "On course"));
        assert_eq!(state(10, 100, &[]), said(Tone::Plain, "No monthly threshold"));
        assert_eq!(state(40, 100, &[80, 20, 30]), said(Tone::Warn, "Past 30%"));
        assert_eq!(state(75, 100, &[50]), said(Tone::Warn, "Reached about 21 Nov"));
        assert_eq!(state(100, 100, &[50]), said(Tone::Bad, "Reached, refusing"));
        assert_eq!(state(0, 0, &[]), said(Tone::Bad, "Reached, refusing"));
        let observe = |budget: &mut store::Budget| budget.observe = true;
        let observed = state_of(100, 100, &[50], None, observe);
        assert_eq!(observed, said(Tone::Warn, "Reached, observed only"));
        assert_eq!(
            state_of(10, 100, &[50], Some(now()), observe),
            said(Tone::Plain, "Observed only")
        );
        let raise = |budget: &mut store::Budget| budget.raised_until = Some(november().ends);
        let short = |spent| state_of(spent, 100, &[50], Some(now()), |_| ());
        assert_eq!(short(10), said(Tone::Warn, "Refusing what does not fit"));
        assert_eq!(short(75), said(Tone::Warn, "Reached about 21 Nov"));
        assert_eq!(state_of(10, 100, &[50], None, raise), said(Tone::Warn, "Raised until 1 Dec"));
    }
}
