//! Round numbers for the axes.

use crate::Unit;

/// The lines of the vertical axis: 0, `step`, … up to `top`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Axis {
    pub(crate) step: i128,
    pub(crate) top: i128,
}

/// At most so many lines above zero.
const LINES: i128 = 5;
/// At most so many labels below the base: what fits a phone.
const LABELS: usize = 7;

impl Axis {
    /// The shortest axis of round steps that holds `most`.
    pub(crate) fn over(most: i128, unit: Unit) -> Self {
        // No ledger comes near the limit; with it nothing below can overflow.
        let most = if most > 0 { most.min(i128::MAX / 1_000) } else { unit.least_top() };
        let mut power = unit.least_step();
        loop {
            for factor in [1, 2, 5] {
                let step = power.saturating_mul(factor);
                let lines = most / step + i128::from(most % step != 0);
                if lines <= LINES {
                    return Self { step, top: step.saturating_mul(lines) };
                }
            }
            power = power.saturating_mul(10);
        }
    }

    /// The values at which a line stands, zero first.
    pub(crate) fn lines(self) -> impl Iterator<Item = i128> {
        (0..=self.top / self.step).map(move |line| line * self.step)
    }
}

/// The labels that are shown, evenly spread from the first on.
pub(crate) fn labelled<'a>(ticks: &[&'a str]) -> impl Iterator<Item = (usize, &'a str)> {
    let every = ticks.len().div_ceil(LABELS).max(1);
    ticks.iter().copied().enumerate().step_by(every)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn holds_the_highest_bar_in_few_round_steps(most in 1..i128::MAX / 1_000) {
            for unit in [Unit::Dollars, Unit::Requests] {
                let Axis { step, top } = Axis::over(most, unit);
                prop_assert!(top >= most && top - most < step);
                prop_assert!((1..=LINES).contains(&(top / step)) && top % step == 0);
            }
        }
    }
}
