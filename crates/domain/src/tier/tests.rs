use super::*;
use crate::Rate;

fn tier(number: u16, usage_limit: i64, charged: i64, days: u32) -> Tier {
    Tier {
        number,
        usage_limit: Usd::from_dollars(usage_limit),
        charged: Usd::from_dollars(charged),
        days,
        rates: Rates::default(),
    }
}

/// The requirement's.
fn tiers() -> Tiers {
    Tiers::new(vec![
        tier(5, 200_000, 1_000, 30),
        tier(1, 100, 0, 0),
        tier(2, 500, 50, 7),
        tier(3, 1_000, 100, 7),
        tier(4, 5_000, 250, 14),
    ])
}

fn earned(charged: &str, days: u32) -> Earned {
    Earned { charged: charged.parse().unwrap(), days: Some(days) }
}

#[test]
fn rises_by_exactly_the_tables_conditions_and_never_falls() {
    for (from, charged, days, to) in [
        (1, "49.999999999999", 400, None),
        (1, "50", 6, None),
        (1, "50", 7, Some(2)),
        (1, "99.999999999999", 7, Some(2)),
        (1, "100", 7, Some(3)),
        (1, "100000", 0, None),
        (1, "1000", 29, Some(4)),
        (1, "1000", 30, Some(5)),
        (2, "249.99", 14, Some(3)),
        (3, "250", 13, None),
        (3, "250", 14, Some(4)),
        (4, "50", 400, None),
        (5, "1000000", 4_000, None),
        // The operator's own tier, above all that are listed.
        (9, "1000000", 4_000, None),
    ] {
        let rises = tiers().rises_to(from, earned(charged, days)).map(|tier| tier.number);
        assert_eq!(rises, to, "from {from} with ${charged} and {days} days");
    }
    let never = Earned { charged: Usd::from_dollars(5_000), days: None };
    assert_eq!(tiers().rises_to(1, never), None, "nobody who never sent a request");
}

#[test]
fn what_is_missing_is_told_and_is_enough() {
    let tiers = tiers();
    let next = tiers.after(1).unwrap();
    let missing = earned("37.60", 4).missing(next).unwrap();
    assert_eq!(missing, Missing { charged: "12.40".parse().unwrap(), days: 3 });
    let later = Earned { charged: "50".parse().unwrap(), days: Some(4 + missing.days) };
    assert_eq!(later.missing(next), Some(Missing::NOTHING));
    assert_eq!(tiers.rises_to(1, later), Some(next));
    assert_eq!(Earned::default().missing(next), None);
}

#[test]
fn a_number_that_is_not_listed_stands_for_the_next_lower_one() {
    assert_eq!(tiers().at(9).map(|tier| tier.number), Some(5));
    assert_eq!(tiers().at(0), None);
    assert_eq!(tiers().after(5), None);
}

#[test]
fn each_tier_allows_more_than_the_one_before_and_needs_no_less() {
    let tiers = tiers();
    let with = |change: fn(&mut Tier), number: usize| {
        let mut tier = tiers.all()[number - 1];
        change(&mut tier);
        tiers.with(tier).map(|_| ()).map_err(|error| (error.field(), error))
    };
    assert_eq!(with(|t| t.usage_limit = Usd::from_dollars(600), 2), Ok(()));
    for (change, number, error) in [
        (
            (|t| t.charged = Usd::from_pico(1)) as fn(&mut Tier),
            1,
            TierError::FirstNeedsNothing("charged"),
        ),
        (|t| t.days = 1, 1, TierError::FirstNeedsNothing("days")),
        (|t| t.usage_limit = Usd::from_dollars(100), 2, TierError::LimitAbove(1)),
        (|t| t.usage_limit = Usd::from_dollars(1_000), 2, TierError::LimitBelow(3)),
        (|t| t.charged = Usd::from_dollars(49), 3, TierError::NeedsLess("charged", 2)),
        (|t| t.charged = Usd::from_dollars(101), 2, TierError::NeedsMore("charged", 3)),
        (|t| t.days = 6, 3, TierError::NeedsLess("days", 2)),
        (|t| t.days = 31, 4, TierError::NeedsMore("days", 5)),
        // The others have no limit.
        (|t| t.rates.tokens_per_day = Rate::new(1), 5, TierError::Slower("tokens_per_day", 4)),
        (|t| t.number = 7, 5, TierError::NoSuchTier),
    ] {
        assert_eq!(with(change, number), Err((error.field(), error)), "tier {number}");
    }
    let slow = tiers.with(Tier {
        rates: Rates { requests_per_minute: Rate::new(5), ..Rates::default() },
        ..tier(1, 100, 0, 0)
    });
    let faster = Tier {
        rates: Rates { requests_per_minute: Rate::new(4), ..Rates::default() },
        ..tier(2, 500, 50, 7)
    };
    assert_eq!(slow.unwrap().with(faster), Err(TierError::Slower("requests_per_minute", 1)));
}

#[test]
fn tiers_are_added_and_removed_at_the_top() {
    let six = tiers().with(tier(6, 900_000, 5_000, 60)).unwrap();
    assert_eq!(six.without(6), Ok(tiers()));
    assert_eq!(six.without(5), Err(TierError::NotHighest));
    assert_eq!(Tiers::new(vec![tier(1, 100, 0, 0)]).without(1), Err(TierError::FirstStays));
    let mut many = tiers();
    for number in 6..=20 {
        many = many.with(tier(number, i64::from(number) * 100_000, 2_000, 60)).unwrap();
    }
    assert_eq!(many.with(tier(21, 9_000_000, 2_000, 60)), Err(TierError::TooMany));
}
