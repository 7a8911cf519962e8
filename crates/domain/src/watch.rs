//! What an organization can be warned of before a threshold or a budget says anything.

use crate::Usd;

/// What is watched; each is on or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Watch {
    /// A model does worse than in its own past.
    Drift,
    /// A weekly or monthly budget will be spent before its window ends.
    Forecast,
    /// Today costs much more than the same weekday usually does.
    Burn,
}

impl Watch {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Drift, Self::Forecast, Self::Burn];

    /// The word in tables and forms.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Drift => "drift",
            Self::Forecast => "forecast",
            Self::Burn => "burn",
        }
    }

    /// By its word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|watch| watch.as_str() == word)
    }
}

/// The same weekdays that today is compared with.
pub const WEEKS: usize = 4;

/// Less than this above what is usual is nothing to warn of.
const LEAST: Usd = Usd::from_dollars(1);

/// What the same weekday usually costs, the median of the last four, where today has cost at least
/// twice as much, and a dollar more. Where nothing is usual there is nothing to compare with.
pub fn unusual(today: Usd, mut before: [Usd; WEEKS]) -> Option<Usd> {
    before.sort_unstable();
    let usual = Usd::from_pico(i128::midpoint(before[1].pico(), before[2].pico()));
    let is_unusual = usual > Usd::ZERO
        && today.pico() / 2 >= usual.pico()
        && today.pico() - usual.pico() >= LEAST.pico();
    is_unusual.then_some(usual)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twice_the_median_and_a_dollar_more_is_unusual() {
        let said = |today: &str, before: [&str; 4]| {
            unusual(today.parse().unwrap(), before.map(|text| text.parse().unwrap()))
                .map(|usual| usual.to_string())
        };
        let usual = ["10", "30", "12", "8"];
        assert_eq!(said("22", usual), Some("11.00".to_owned()));
        assert_eq!(said("21.99", usual), None);
        assert_eq!(said("0.90", ["0.10"; 4]), None, "a few cents");
        assert_eq!(said("1.10", ["0.10"; 4]), Some("0.10".to_owned()));
        assert_eq!(said("500", ["0", "0", "0", "900"]), None, "nothing is usual");
        assert_eq!(said("500", ["0", "0", "2", "900"]), Some("1.00".to_owned()));
    }
}
