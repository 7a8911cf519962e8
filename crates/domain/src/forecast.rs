//! Where spending ends if it goes on like this.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{Usd, window::Window};

/// A millionth of a dollar.
const MICRO: i128 = 1_000_000;
/// A forecast needs this part of its window.
const LEAST: i32 = 30;

/// What will be spent at the window's end; none before there is enough to go by, and none when it is
/// over.
pub fn forecast(spent: Usd, window: Window, now: DateTime<Utc>) -> Option<Usd> {
    let (passed, whole) = (now - window.starts, window.ends - window.starts);
    if !window.contains(now) || spent <= Usd::ZERO || passed * LEAST < whole {
        return None;
    }
    let exact = scaled(spent.pico(), whole.num_seconds(), passed.num_seconds())?;
    // More digits than that would promise what no forecast knows.
    Some(Usd::from_pico(exact.div_euclid(MICRO) * MICRO).max(spent))
}

/// When the amount is reached at this pace, if in this window.
pub fn reached_on(
    spent: Usd,
    amount: Usd,
    window: Window,
    now: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    forecast(spent, window, now).filter(|end| *end >= amount)?;
    let passed = i128::from((now - window.starts).num_seconds());
    let seconds = amount.pico().checked_mul(passed)?.checked_div(spent.pico())?;
    let at = window.starts + TimeDelta::try_seconds(i64::try_from(seconds).ok()?)?;
    Some(at.max(now))
}

/// `value × numerator / denominator`, unless it does not fit.
fn scaled(value: i128, numerator: i64, denominator: i64) -> Option<i128> {
    value.checked_mul(numerator.into())?.checked_div(denominator.into())
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;

    use super::*;
    use crate::Period;

    #[test]
    fn half_the_window_is_half_the_spend() {
        let now: DateTime<Utc> = "2026-11-16T00:00:00Z".parse().unwrap();
        let november = Window::first(Period::Month, Tz::UTC, now);
        let dollars = Usd::from_dollars;
        assert_eq!(forecast(dollars(50), november, now), Some(dollars(100)));
        assert_eq!(forecast(Usd::ZERO, november, now), None);
        assert_eq!(forecast(dollars(50), november, november.starts), None);
        assert_eq!(forecast(dollars(50), november, november.ends), None);
        assert_eq!(forecast(Usd::from_pico(i128::MAX), november, now), None);
        let at = reached_on(dollars(50), dollars(75), november, now);
        assert_eq!(at, Some("2026-11-23T12:00:00Z".parse().unwrap()));
        assert_eq!(reached_on(dollars(50), dollars(101), november, now), None);
    }

    #[test]
    fn a_forecast_has_no_more_digits_than_it_knows() {
        let now: DateTime<Utc> = "2026-11-11T05:07:11Z".parse().unwrap();
        let november = Window::first(Period::Month, Tz::UTC, now);
        for spent in [1, 129_999, 130_000_000, 1_234_567_890_123] {
            let spent = Usd::from_pico(spent);
            let end = forecast(spent, november, now).unwrap();
            assert!(end >= spent, "{end} of {spent}");
            assert!(end == spent || end.pico() % MICRO == 0, "{end} of {spent}");
        }
    }
}
