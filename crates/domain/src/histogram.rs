//! Fixed logarithmic histograms: percentiles of any number of values in little room.
//!
//! The buckets are the same everywhere and for ever: bucket `n` holds the values from 2^(n/4) up to and
//! not with 2^((n+1)/4), bucket 0 also zero. So histograms are added bucket by bucket, and a
//! percentile read from one is within 9.1 % of the true one (2^⅛ = 1.0905), rounding to whole units aside.
//! The last bucket also holds all that is larger: of values from 2^32 on nothing more is known.

/// How many buckets there are.
pub const BUCKETS: usize = 128;

/// How far a percentile may lie from the true one, in words.
pub const ERROR: &str = "within 9%";

/// How often values were in each bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Histogram {
    counts: [u64; BUCKETS],
}

impl Default for Histogram {
    fn default() -> Self {
        Self { counts: [0; BUCKETS] }
    }
}

/// 2^⅛, 2^⅜, 2^⅝ and 2^⅞ times 2^32, rounded: the middles of the buckets of an octave.
const MIDDLES: [u128; 4] = [4_683_695_048, 5_569_883_475, 6_623_745_059, 7_877_004_752];

/// The bucket that holds a value. Its fourth power tells it in whole numbers.
pub fn bucket(value: u64) -> usize {
    let value = u128::from(value.clamp(1, u32::MAX.into()));
    value.pow(4).ilog2() as usize
}

/// The smallest value of a bucket.
pub fn floor(bucket: usize) -> u64 {
    if bucket == 0 {
        return 0;
    }
    let (mut low, mut high) = (0, u64::from(u32::MAX));
    while low < high {
        let middle = u64::midpoint(low, high);
        if crate::histogram::bucket(middle) < bucket { low = middle + 1 } else { high = middle }
    }
    low
}

impl Histogram {
    /// From how often values were in each bucket; what goes beyond the last is none.
    pub fn from_counts(counts: impl IntoIterator<Item = u64>) -> Self {
        let mut histogram = Self::default();
        for (bucket, count) in histogram.counts.iter_mut().zip(counts) {
            *bucket = count;
        }
        histogram
    }

    /// Counts a value.
    pub fn add(&mut self, value: u64) {
        let count = &mut self.counts[bucket(value)];
        *count = count.saturating_add(1);
    }

    /// Both together.
    #[must_use]
    pub fn plus(mut self, other: &Self) -> Self {
        for (count, more) in self.counts.iter_mut().zip(other.counts) {
            *count = count.saturating_add(more);
        }
        self
    }

    /// How many values.
    pub fn count(&self) -> u64 {
        self.counts.iter().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// The value that so many of a hundred do not exceed, by the nearest rank; none if there are no values.
    pub fn percentile(&self, percent: u8) -> Option<u64> {
        let rank = (u128::from(self.count()) * u128::from(percent.min(100))).div_ceil(100).max(1);
        let mut seen = 0_u128;
        let holds = |count: &u64| {
            seen += u128::from(*count);
            seen >= rank
        };
        self.counts.iter().position(holds).map(middle)
    }
}

/// What stands for the values of a bucket: the middle on the logarithmic scale, and one of them.
fn middle(bucket: usize) -> u64 {
    let scaled = MIDDLES[bucket % 4] << (bucket / 4);
    let rounded = u64::try_from((scaled + (1 << 31)) >> 32).unwrap_or(u64::MAX);
    let least = floor(bucket);
    let most = if bucket + 1 < BUCKETS { (floor(bucket + 1) - 1).max(least) } else { u64::MAX };
    rounded.clamp(least, most)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(values: &[u64]) -> Histogram {
        let mut histogram = Histogram::default();
        for value in values {
            histogram.add(*value);
        }
        histogram
    }

    /// By the nearest rank, without any histogram.
    fn exact(values: &[u64], percent: usize) -> u64 {
        let mut sorted = values.to_vec();
        sorted.sort_unstable();
        sorted[(sorted.len() * percent).div_ceil(100).max(1) - 1]
    }

    /// Of all sizes.
    fn values() -> impl Strategy<Value = Vec<u64>> {
        let value = (0_u32..32, any::<u32>()).prop_map(|(shift, value)| u64::from(value >> shift));
        prop::collection::vec(value, 1..300)
    }

    proptest! {
        #[test]
        fn percentiles_are_as_near_as_is_said(values in values(), percent in 0_u8..=100) {
            let told = of(&values).percentile(percent).unwrap();
            let exact = exact(&values, usize::from(percent));
            // 9.06 %, and half a unit of rounding.
            prop_assert!(told.abs_diff(exact) * 10_000 <= exact * 906 + 10_000, "{told} for {exact}");
            prop_assert_eq!(bucket(told), bucket(exact));
        }

        #[test]
        fn sums_are_the_histogram_of_all(one in values(), other in values()) {
            let all = [one.clone(), other.clone()].concat();
            prop_assert_eq!(of(&one).plus(&of(&other)), of(&all));
            prop_assert_eq!(of(&all).count(), u64::try_from(all.len()).unwrap());
        }

        #[test]
        fn a_bucket_begins_at_its_floor(value in 0..u64::from(u32::MAX)) {
            let place = bucket(value);
            prop_assert!(floor(place) <= value);
            prop_assert!(place + 1 == BUCKETS || value < floor(place + 1));
        }
    }

    #[test]
    fn four_buckets_double_a_value() {
        for octave in 3..32 {
            let value = 1_u64 << octave;
            assert_eq!((bucket(value), floor(4 * octave)), (4 * octave, value));
            assert_eq!(bucket(value - 1), 4 * octave - 1);
        }
    }

    #[test]
    fn extremes_have_a_place() {
        assert_eq!((bucket(0), bucket(1), bucket(2)), (0, 0, 4));
        assert_eq!((bucket(u32::MAX.into()), bucket(u64::MAX)), (BUCKETS - 1, BUCKETS - 1));
        assert_eq!(Histogram::default().percentile(50), None);
        assert_eq!(of(&[0]).percentile(99), Some(1));
        let largest = of(&[u64::MAX]).percentile(0).unwrap();
        assert_eq!(bucket(largest), BUCKETS - 1);
        let full = Histogram::from_counts([u64::MAX; BUCKETS + 1]);
        assert_eq!((full.count(), full.plus(&of(&[7])).count()), (u64::MAX, u64::MAX));
    }
}
