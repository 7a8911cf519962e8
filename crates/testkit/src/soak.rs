//! Long forms of tests: how often, with which random numbers (a seed makes a run anew), and what came
//! of it.

use std::{env, fs::File, io::Write as _, ops::Range};

/// A line of the table that `make soak` and `make chaos` print: what was done, and what was seen.
pub fn tell(what: &str, saw: &str) {
    #[expect(clippy::print_stdout, reason = "who runs it alone sees it at once")]
    {
        println!("{what}: {saw}");
    }
    if let Some(table) = env::var_os("EXCHEQUER_TABLE") {
        let mut table = File::options().append(true).create(true).open(table).unwrap();
        writeln!(table, "| {what} | {saw} |").unwrap();
    }
}

/// Whether the full numbers are asked for: hours rather than seconds.
pub fn is_full() -> bool {
    env::var_os("EXCHEQUER_SOAK").is_some()
}

/// The seeds of a test: so many in the small form, so many in the full one. `EXCHEQUER_SEEDS=5` runs
/// five, `EXCHEQUER_SEEDS=5..9` those from the sixth to the ninth, so that a long form can be run in
/// parts, and `EXCHEQUER_SEED=17` that one alone.
pub fn seeds(small: u64, full: u64) -> Range<u64> {
    let set = |name| env::var(name).ok();
    if let Some(one) = set("EXCHEQUER_SEED") {
        let one = one.parse().unwrap();
        return one..one + 1;
    }
    match set("EXCHEQUER_SEEDS").as_deref().map(|set| set.split_once("..").unwrap_or(("0", set))) {
        Some((from, to)) => from.parse().unwrap()..to.parse().unwrap(),
        None => 0..if is_full() { full } else { small },
    }
}

/// Random numbers that are the same for the same seed (`SplitMix64`).
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// One of a seed's streams.
    pub const fn new(seed: u64, stream: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ stream.rotate_left(32))
    }

    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number in the range.
    pub fn of(&mut self, range: Range<u64>) -> u64 {
        range.start + self.next() % (range.end - range.start)
    }

    /// A place in a list of so many; 0 in an empty one.
    pub fn index(&mut self, many: usize) -> usize {
        usize::try_from(self.of(0..many.max(1) as u64)).unwrap()
    }

    /// One of them.
    pub fn pick<T: Copy>(&mut self, among: &[T]) -> T {
        among[self.index(among.len())]
    }
}
