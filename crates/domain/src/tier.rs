//! Usage tiers: what an organization may spend in a month, and when that rises.

#[cfg(test)]
mod tests;

use crate::{Rates, Usd};

/// A usage tier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tier {
    /// Which one: 1 is where every organization begins.
    pub number: u16,
    /// What may be spent in a billing cycle, without the sandbox.
    pub usage_limit: Usd,
    /// Who was charged so much in all,
    pub charged: Usd,
    /// and sent the first request so many times 24 hours ago, rises to it.
    pub days: u32,
    /// How fast a project may use a model at most.
    pub rates: Rates,
}

/// What counts for rising.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Earned {
    /// Charges of all time, without the sandbox and without what was estimated or booked at its bound.
    pub charged: Usd,
    /// How many times 24 hours ago the first request was that did not go to the sandbox; none if there
    /// was none yet.
    pub days: Option<u32>,
}

/// What is missing to a tier; zero for what is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Missing {
    /// So much more must be charged.
    pub charged: Usd,
    /// So many days must pass, once there is a request.
    pub days: u32,
}

/// All tiers, lowest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tiers(Vec<Tier>);

/// Why tiers can't be so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TierError {
    /// More than the list may have.
    #[error("there are at most {} tiers", Tiers::MOST)]
    TooMany,
    /// The number is neither one that exists nor the next one.
    #[error("there is no such tier")]
    NoSuchTier,
    /// Every organization begins there.
    #[error("the first tier stays: every organization begins there")]
    FirstStays,
    /// Only the highest one can go: the others would change their numbers.
    #[error("only the highest tier can be removed")]
    NotHighest,
    /// Every organization begins there.
    #[error("nothing may be needed for the first tier, where every organization begins: write 0")]
    FirstNeedsNothing(&'static str),
    /// Not above the next lower one's.
    #[error("write more than tier {0} allows")]
    LimitAbove(u16),
    /// Not below the next higher one's.
    #[error("write less than tier {0} allows")]
    LimitBelow(u16),
    /// Less than the next lower one needs.
    #[error("write at least as much as tier {1} needs")]
    NeedsLess(&'static str, u16),
    /// More than the next higher one needs.
    #[error("write at most as much as tier {1} needs")]
    NeedsMore(&'static str, u16),
    /// Slower than the next lower one.
    #[error("write at least as much as tier {1} allows, or nothing for no limit")]
    Slower(&'static str, u16),
    /// Faster than the next higher one.
    #[error("write at most as much as tier {1} allows")]
    Faster(&'static str, u16),
}

impl TierError {
    /// The field of a tier that is wrong.
    pub const fn field(self) -> &'static str {
        match self {
            Self::FirstNeedsNothing(field)
            | Self::NeedsLess(field, _)
            | Self::NeedsMore(field, _)
            | Self::Slower(field, _)
            | Self::Faster(field, _) => field,
            Self::LimitAbove(_) | Self::LimitBelow(_) => "usage_limit",
            Self::TooMany | Self::NoSuchTier | Self::FirstStays | Self::NotHighest => "tier",
        }
    }
}

impl Tiers {
    /// The most there may be.
    pub const MOST: usize = 20;

    /// As they were kept, in any order.
    pub fn new(mut tiers: Vec<Tier>) -> Self {
        tiers.sort_by_key(|tier| tier.number);
        Self(tiers)
    }

    /// All of them, lowest first.
    pub fn all(&self) -> &[Tier] {
        &self.0
    }

    /// The tier of this number, or the next lower one.
    pub fn at(&self, number: u16) -> Option<&Tier> {
        self.0.iter().rfind(|tier| tier.number <= number)
    }

    /// The next higher one.
    pub fn after(&self, number: u16) -> Option<&Tier> {
        self.0.iter().find(|tier| tier.number > number)
    }

    /// The number that one more would have.
    pub fn next_number(&self) -> u16 {
        self.0.last().map_or(1, |tier| tier.number.saturating_add(1))
    }

    /// The highest tier above this one whose conditions are all met; several steps at once.
    pub fn rises_to(&self, number: u16, earned: Earned) -> Option<&Tier> {
        self.0
            .iter()
            .rfind(|tier| tier.number > number && earned.missing(tier) == Some(Missing::NOTHING))
    }

    /// These with one changed, or one more. Each is above the one before it in what it allows, and
    /// needs no less.
    pub fn with(&self, tier: Tier) -> Result<Self, TierError> {
        let mut tiers = self.0.clone();
        match tiers.iter().position(|other| other.number == tier.number) {
            Some(place) => tiers[place] = tier,
            None if tier.number != self.next_number() => return Err(TierError::NoSuchTier),
            None if tiers.len() >= Self::MOST => return Err(TierError::TooMany),
            None => tiers.push(tier),
        }
        let place = tiers.iter().position(|other| other.number == tier.number).unwrap_or_default();
        match place.checked_sub(1) {
            None if tier.charged > Usd::ZERO => {
                return Err(TierError::FirstNeedsNothing("charged"));
            }
            None if tier.days > 0 => return Err(TierError::FirstNeedsNothing("days")),
            None => {}
            Some(lower) => above(&tier, &tiers[lower])?,
        }
        if let Some(higher) = tiers.get(place + 1) {
            below(&tier, higher)?;
        }
        Ok(Self(tiers))
    }

    /// These without the highest one.
    pub fn without(&self, number: u16) -> Result<Self, TierError> {
        match self.0.as_slice() {
            [.., last] if last.number != number => Err(TierError::NotHighest),
            [] | [_] => Err(TierError::FirstStays),
            [rest @ .., _] => Ok(Self(rest.to_vec())),
        }
    }
}

fn above(tier: &Tier, lower: &Tier) -> Result<(), TierError> {
    let number = lower.number;
    if tier.usage_limit <= lower.usage_limit {
        return Err(TierError::LimitAbove(number));
    }
    if tier.charged < lower.charged {
        return Err(TierError::NeedsLess("charged", number));
    }
    if tier.days < lower.days {
        return Err(TierError::NeedsLess("days", number));
    }
    match slower(&tier.rates, &lower.rates) {
        Some(field) => Err(TierError::Slower(field, number)),
        None => Ok(()),
    }
}

fn below(tier: &Tier, higher: &Tier) -> Result<(), TierError> {
    let number = higher.number;
    if tier.usage_limit >= higher.usage_limit {
        return Err(TierError::LimitBelow(number));
    }
    if tier.charged > higher.charged {
        return Err(TierError::NeedsMore("charged", number));
    }
    if tier.days > higher.days {
        return Err(TierError::NeedsMore("days", number));
    }
    match slower(&higher.rates, &tier.rates) {
        Some(field) => Err(TierError::Faster(field, number)),
        None => Ok(()),
    }
}

/// The first rate of a higher tier that is below that of a lower one.
fn slower(higher: &Rates, lower: &Rates) -> Option<&'static str> {
    let pairs = higher.all().into_iter().zip(lower.all()).zip(Rates::NAMES);
    pairs.into_iter().find_map(|((higher, lower), name)| match (higher, lower) {
        (Some(_), None) => Some(name),
        (Some(higher), Some(lower)) if higher < lower => Some(name),
        _ => None,
    })
}

impl Earned {
    /// What is missing to a tier; none if there was no request yet, so that no day counts.
    pub fn missing(&self, tier: &Tier) -> Option<Missing> {
        let days = self.days?;
        Some(Missing {
            charged: tier.charged.left_after(self.charged),
            days: tier.days.saturating_sub(days),
        })
    }
}

impl Missing {
    /// Everything is there.
    pub const NOTHING: Self = Self { charged: Usd::ZERO, days: 0 };
}
