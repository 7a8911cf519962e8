//! How often an organization's programs may ask.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::{Duration, Instant},
};

use domain::OrgId;
use http::{HeaderMap, HeaderName, HeaderValue};

const MINUTE: Duration = Duration::from_mins(1);
/// From so many organizations on those that are at rest are forgotten.
const MANY: usize = 1_000;

/// What each organization's admin keys have asked lately: together, because keys make keys. Every node
/// counts by itself. An organization has a bucket of requests that fills up evenly within a minute;
/// all that is kept is when it will be full again. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Limits {
    per_minute: u32,
    buckets: Arc<Mutex<Buckets>>,
}

#[derive(Debug)]
struct Buckets {
    full_at: HashMap<OrgId, Instant>,
    /// At how many to look for those at rest: with twice as many as were left, so seldom.
    sweep_at: usize,
}

impl Default for Limits {
    /// 600 a minute.
    fn default() -> Self {
        Self::new(600)
    }
}

/// How an organization stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    limit: u32,
    remaining: u32,
    /// Until nothing is counted any more.
    reset: Duration,
}

/// Where the extractor that counts leaves word for the one who writes the answer.
pub(crate) type Slot = Arc<OnceLock<Standing>>;

impl Limits {
    /// So many requests a minute for each organization; at least one.
    pub fn new(per_minute: u32) -> Self {
        let buckets = Buckets { full_at: HashMap::new(), sweep_at: MANY };
        Self { per_minute: per_minute.max(1), buckets: Arc::new(Mutex::new(buckets)) }
    }

    /// Counts a request; the second is for how long to wait if it is one too many.
    pub(crate) fn count(&self, org: OrgId, now: Instant) -> (Standing, Option<Duration>) {
        let each = MINUTE / self.per_minute;
        let mut all = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if all.full_at.len() >= all.sweep_at {
            all.full_at.retain(|_, full_at| *full_at > now);
            all.sweep_at = MANY.max(2 * all.full_at.len());
        }
        let full_at = all.full_at.entry(org).or_insert(now);
        let owed = full_at.saturating_duration_since(now);
        let too_many = (owed + each).checked_sub(MINUTE).filter(|wait| !wait.is_zero());
        let owed = if too_many.is_some() { owed } else { owed + each };
        *full_at = now + owed;
        let left = MINUTE.saturating_sub(owed).as_nanos() / each.as_nanos();
        let remaining = u32::try_from(left).unwrap_or(u32::MAX);
        (Standing { limit: self.per_minute, remaining, reset: owed }, too_many)
    }
}

impl Standing {
    /// As OpenAI names it.
    pub(crate) fn write(self, head: &mut HeaderMap) {
        let mut put = |name, value| head.insert(HeaderName::from_static(name), value);
        put("x-ratelimit-limit-requests", self.limit.into());
        put("x-ratelimit-remaining-requests", self.remaining.into());
        // Digits and a letter are always a header's value.
        if let Ok(reset) = HeaderValue::try_from(format!("{}ms", self.reset.as_millis())) {
            put("x-ratelimit-reset-requests", reset);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_fills_up_within_a_minute() {
        let (limits, org, start) = (Limits::new(3), OrgId::generate(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        let count = |seconds| {
            let (standing, wait) = limits.count(org, at(seconds));
            (standing.remaining, standing.reset.as_secs(), wait.map(|wait| wait.as_secs()))
        };
        assert_eq!(count(0), (2, 20, None));
        assert_eq!(count(0), (1, 40, None));
        assert_eq!(count(0), (0, 60, None));
        assert_eq!(count(5), (0, 55, Some(15)));
        assert_eq!(count(20), (0, 60, None));
        assert_eq!(count(21), (0, 59, Some(19)));
        assert_eq!(count(1_000), (2, 20, None));
        let other = limits.count(OrgId::generate(), at(21)).1;
        assert_eq!(other, None);
    }
}
