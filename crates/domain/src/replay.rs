//! What a budget would have stopped: the ledger's rule, applied to requests of the past.

use crate::Usd;

/// One window of a budget, as its requests come. The rule is the ledger's: nothing is admitted once
/// the amount is spent, and nothing whose bound does not fit beside what is spent. Each request is
/// taken to be settled before the next one comes, so none is stopped for what others only hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replay {
    amount: Usd,
    spent: Usd,
}

/// Requests of some keys together. Those of each key are taken as by [`Replay::offer_even`]; `most` and `least` may be
/// told of parts of keys, such as their models.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Groups {
    /// How many.
    pub count: u64,
    /// What they cost.
    pub charge: Usd,
    /// The same without parts that cost less than nothing.
    pub most: Usd,
    /// The least that a request of any part cost on the average, rounded down.
    pub least: Usd,
}

impl Replay {
    /// A window that begins, or of which something is spent already.
    pub const fn new(amount: Usd, spent: Usd) -> Self {
        Self { amount, spent }
    }

    /// What the admitted requests have spent.
    pub const fn spent(&self) -> Usd {
        self.spent
    }

    /// Whether a request of this bound is admitted; if so, its charge is spent.
    pub fn offer(&mut self, bound: Usd, charge: Usd) -> bool {
        let fits = self.spent.checked_add(bound).is_some_and(|all| all <= self.amount);
        let admitted = self.spent < self.amount && fits;
        if admitted {
            self.spent = self.spent.plus(charge);
        }
        admitted
    }

    /// How many of `count` requests are stopped that cost `charge` together: each is taken to have
    /// cost the average, and to have been reserved at that.
    pub fn offer_even(&mut self, count: u64, charge: Usd) -> u64 {
        let Some(many) = Some(i128::from(count)).filter(|many| *many > 0) else { return 0 };
        let left = self.amount.minus(self.spent).pico();
        if left <= 0 {
            return count;
        }
        if charge.pico() <= left {
            self.spent = self.spent.plus(charge);
            return 0;
        }
        // Rounded up, so that they never seem to fit when they do not.
        let each = (charge.pico() + many - 1).div_euclid(many);
        let admitted = (left / each).min(many);
        self.spent = self.spent.plus(Usd::from_pico(each.saturating_mul(admitted)));
        u64::try_from(many - admitted).unwrap_or(count)
    }

    /// How many are stopped, if it is all or none in whatever order the keys come. `None` if that can't be told, and
    /// nothing is spent: then each key has to be offered.
    pub fn offer_groups(&mut self, groups: &Groups) -> Option<u64> {
        let left = self.amount.minus(self.spent);
        if left <= Usd::ZERO || groups.least > left {
            return Some(groups.count);
        }
        // When nothing is left, the next one is stopped even if it costs nothing.
        (groups.most < left).then(|| {
            self.spent = self.spent.plus(groups.charge);
            0
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pico(amount: i128) -> Usd {
        Usd::from_pico(amount)
    }

    #[test]
    fn fifty_of_a_thousand_dimes_fit_into_five_dollars() {
        let (dime, five) = (pico(Usd::PICO / 10), Usd::from_dollars(5));
        let mut replay = Replay::new(five, Usd::ZERO);
        let admitted = (0..1_000).filter(|_| replay.offer(dime, dime)).count();
        assert_eq!((admitted, replay.spent()), (50, five));
        let mut replay = Replay::new(five, Usd::ZERO);
        assert_eq!(replay.offer_even(1_000, Usd::from_dollars(100)), 950);
        assert_eq!((replay.spent(), replay.offer_even(3, Usd::ZERO)), (five, 3));
    }

    #[test]
    fn a_spent_budget_stops_a_request_that_costs_nothing() {
        assert!(!Replay::new(Usd::ZERO, Usd::ZERO).offer(Usd::ZERO, Usd::ZERO));
        assert!(Replay::new(pico(1), Usd::ZERO).offer(Usd::ZERO, Usd::ZERO));
        assert!(!Replay::new(pico(1), Usd::ZERO).offer(pico(2), pico(1)));
    }

    proptest! {
        /// Many of one price at once are stopped like one after the other.
        #[test]
        fn even_requests_are_stopped_one_by_one(
            amount in 0_i128..500, spent in 0_i128..200, each in 0_i128..40, count in 0_u64..60,
        ) {
            let (mut at_once, mut singly) = (
                Replay::new(pico(amount), pico(spent)),
                Replay::new(pico(amount), pico(spent)),
            );
            let stopped = at_once.offer_even(count, pico(each * i128::from(count)));
            let plainly = (0..count).filter(|_| !singly.offer(pico(each), pico(each))).count();
            prop_assert_eq!(stopped, plainly as u64);
            prop_assert_eq!(at_once.spent(), singly.spent());
        }

        /// Where all or none is stopped, keys that are offered one by one come to the same.
        #[test]
        fn keys_together_are_stopped_like_one_by_one(
            amount in 0_i128..500, spent in 0_i128..200,
            keys in prop::collection::vec(prop::collection::vec((1_u64..9, -20_i128..90), 1..4), 1..5),
        ) {
            let (mut at_once, mut singly) = (
                Replay::new(pico(amount), pico(spent)),
                Replay::new(pico(amount), pico(spent)),
            );
            let parts = || keys.iter().flatten();
            let groups = Groups {
                count: parts().map(|(count, _)| count).sum(),
                charge: pico(parts().map(|(_, charge)| charge).sum()),
                most: pico(parts().map(|(_, charge)| charge.max(&0)).sum()),
                least: pico(parts().map(|(n, all)| all.div_euclid(i128::from(*n))).min().unwrap()),
            };
            let before = at_once;
            let Some(stopped) = at_once.offer_groups(&groups) else {
                prop_assert_eq!(at_once, before);
                return Ok(());
            };
            let offer = |key: &Vec<(u64, i128)>| {
                let charge = key.iter().map(|(_, charge)| charge).sum();
                singly.offer_even(key.iter().map(|(count, _)| count).sum(), pico(charge))
            };
            prop_assert_eq!(stopped, keys.iter().map(offer).sum::<u64>());
            prop_assert_eq!(at_once.spent(), singly.spent());
        }

        /// What is admitted never spends more than the amount, unless it was spent before.
        #[test]
        fn the_amount_holds(
            amount in 0_i128..500, offers in prop::collection::vec((0_u64..9, 0_i128..90), 0..40),
        ) {
            let mut replay = Replay::new(pico(amount), Usd::ZERO);
            for (count, charge) in offers {
                replay.offer_even(count, pico(charge));
                prop_assert!(replay.spent() <= pico(amount));
            }
        }
    }
}
