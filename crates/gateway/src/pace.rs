//! What is left, in headers: of the rate limits as OpenAI names them, of the tightest budget as we do.

use std::fmt;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use http::{HeaderMap, HeaderName, HeaderValue};
use ledger::{PaceLeft, RateLimited, Standing, TooMany};

use crate::headers;

/// A rate limit refused.
#[derive(Debug)]
pub(crate) struct TooFast {
    pub(crate) limit: RateLimited,
    /// Where the receipt is shown.
    pub(crate) receipt_url: String,
}

impl TooFast {
    /// Whole seconds until the window's end, at least one.
    pub(crate) fn retry_after(&self) -> u32 {
        let left = (self.limit.resets_at - self.limit.at).max(TimeDelta::zero());
        let seconds = u64::try_from(left.num_milliseconds()).unwrap_or(0).div_ceil(1_000);
        u32::try_from(seconds.max(1)).unwrap_or(u32::MAX)
    }

    /// The limit that was reached.
    pub(crate) fn set(&self, head: &mut HeaderMap) {
        let limit = &self.limit;
        let left = PaceLeft {
            limit: limit.limit,
            remaining: limit.limit.saturating_sub(limit.used),
            at: limit.at,
            resets_at: limit.resets_at,
        };
        paced(head, limit.pace.unit(), &left);
    }
}

impl fmt::Display for TooFast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let RateLimited { model, pace, limit, used, wanted, .. } = &self.limit;
        let (unit, window) = (pace.unit(), pace.window());
        write!(f, "Rate limit reached for {model} in this project on {unit} per {window}: ")?;
        write!(f, "limit {limit}, used {used}, requested {wanted}. ")?;
        if *limit == 0 {
            write!(f, "Nothing passes until the limit is raised. ")?;
        } else if wanted > limit {
            write!(f, "It never fits: ask for fewer tokens, or have the limit raised. ")?;
        } else {
            write!(f, "Try again in {}. ", Span(self.limit.resets_at - self.limit.at))?;
        }
        write!(
            f,
            "An owner of the project may change it, up to what the organization's tier allows. Receipt: {}",
            self.receipt_url
        )
    }
}

/// The key's guard refused.
#[derive(Debug)]
pub(crate) struct TooManyRunning {
    pub(crate) guard: TooMany,
    /// Where the receipt is shown.
    pub(crate) receipt_url: String,
}

impl fmt::Display for TooManyRunning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "This API key may have {} requests at once, and {} run. Try again when one is done. Who may edit the \
             key changes its guard. Receipt: {}",
            self.guard.most, self.guard.running, self.receipt_url
        )
    }
}

/// What an admitted request leaves.
pub(crate) fn left(head: &mut HeaderMap, standing: &Standing) {
    if let Some(budget) = &standing.budget {
        set(head, headers::BUDGET_REMAINING, budget.remaining.to_string());
        set(head, headers::BUDGET_RESET, instant(budget.resets_at));
    }
    if let Some(left) = &standing.requests {
        paced(head, "requests", left);
    }
    if let Some(left) = &standing.tokens {
        paced(head, "tokens", left);
    }
}

fn paced(head: &mut HeaderMap, unit: &str, left: &PaceLeft) {
    for (what, value) in [
        ("limit", left.limit.to_string()),
        ("remaining", left.remaining.to_string()),
        ("reset", Span(left.resets_at - left.at).to_string()),
    ] {
        if let Ok(name) = HeaderName::try_from(format!("x-ratelimit-{what}-{unit}")) {
            set(head, name, value);
        }
    }
}

fn set(head: &mut HeaderMap, name: HeaderName, value: String) {
    if let Ok(value) = HeaderValue::try_from(value) {
        head.insert(name, value);
    }
}

fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// A length of time as OpenAI writes it: `17ms`, `59.2s`, `6m0s`, `23h59m1s`.
struct Span(TimeDelta);

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = u64::try_from(self.0.num_milliseconds()).unwrap_or(0);
        let (hours, minutes, ms) = (all / 3_600_000, all / 60_000 % 60, all % 60_000);
        if all < 1_000 {
            return write!(f, "{all}ms");
        }
        if hours > 0 {
            write!(f, "{hours}h")?;
        }
        if hours > 0 || minutes > 0 {
            write!(f, "{minutes}m")?;
        }
        match ms % 1_000 {
            0 => write!(f, "{}s", ms / 1_000),
            rest => {
                let rest = format!("{rest:03}");
                write!(f, "{}.{}s", ms / 1_000, rest.trim_end_matches('0'))
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use domain::{KeyId, ProjectId, ReceiptId};
    use ledger::Pace;

    use super::*;

    pub(crate) fn too_fast(pace: Pace, wanted: u64) -> TooFast {
        let receipt: ReceiptId = "rcpt_01936e5a00007000800000000000000c".parse().unwrap();
        let at = DateTime::parse_from_rfc3339("2026-11-28T10:00:00.800Z").unwrap().to_utc();
        TooFast {
            limit: RateLimited {
                project: ProjectId::generate(),
                model: "gpt-4o".to_owned(),
                revision: 1,
                pace,
                limit: 60,
                used: 60,
                wanted,
                at,
                resets_at: at + TimeDelta::milliseconds(59_200),
                receipt,
            },
            receipt_url: format!("http://localhost:3000/receipts/{receipt}"),
        }
    }

    pub(crate) fn too_many() -> TooManyRunning {
        let receipt: ReceiptId = "rcpt_01936e5a00007000800000000000000c".parse().unwrap();
        TooManyRunning {
            guard: TooMany { key: KeyId::generate(), most: 4, running: 4, receipt },
            receipt_url: format!("http://localhost:3000/receipts/{receipt}"),
        }
    }

    #[test]
    fn spans_are_written_as_openai_does() {
        for (ms, text) in [
            (0, "0ms"),
            (17, "17ms"),
            (1_000, "1s"),
            (59_200, "59.2s"),
            (360_000, "6m0s"),
            (86_341_000, "23h59m1s"),
            (-5, "0ms"),
        ] {
            assert_eq!(Span(TimeDelta::milliseconds(ms)).to_string(), text);
        }
    }

    #[test]
    fn waits_to_the_end_of_the_window() {
        let refused = too_fast(Pace::RequestsPerMinute, 1);
        assert_eq!(refused.retry_after(), 60);
        let mut head = HeaderMap::new();
        refused.set(&mut head);
        assert_eq!(head["x-ratelimit-remaining-requests"], "0");
        assert_eq!(head["x-ratelimit-reset-requests"], "59.2s");
    }
}
