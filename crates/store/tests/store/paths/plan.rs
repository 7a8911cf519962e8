//! Random plans: limits of every kind, and batches that meet them.

use domain::Period;
use ledger::Realm;
use testkit::soak::Random;

/// What people change, and one batch.
#[derive(Debug)]
pub(super) struct Step {
    /// Seconds that go by before it; together less than the two days in which a request may run.
    pub(super) pass: i64,
    /// In place of all limits there were.
    pub(super) limits: Option<Limits>,
    /// Which of the open requests end.
    pub(super) endings: Vec<(usize, Ending)>,
    pub(super) asked: Vec<Asked>,
}

/// All limits of an organization; money in cents.
#[derive(Debug, Clone)]
pub(super) struct Limits {
    pub(super) usage_limit: u64,
    /// Of the tier, in the order of `Pace::ALL`.
    pub(super) tier: [Option<u64>; 4],
    /// The project's own, by model.
    pub(super) own: [Option<[Option<u64>; 4]>; 2],
    /// By key.
    pub(super) guards: [Option<u32>; 2],
    pub(super) budgets: Vec<Budget>,
    pub(super) thresholds: Vec<Threshold>,
}

#[derive(Debug, Clone)]
pub(super) struct Budget {
    pub(super) on: On,
    pub(super) period: Period,
    pub(super) amount: u64,
    pub(super) observed: bool,
    pub(super) revision: i32,
    pub(super) raises: Vec<Raise>,
}

#[derive(Debug, Clone)]
pub(super) struct Raise {
    pub(super) amount: u64,
    /// Seconds from now; it may be over, or to come.
    pub(super) from: i64,
    pub(super) until: i64,
}

#[derive(Debug, Clone)]
pub(super) struct Threshold {
    pub(super) on: On,
    pub(super) period: Period,
    /// Of the budget; else an amount.
    pub(super) is_percent: bool,
    pub(super) level: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum On {
    Org,
    Project,
    Key(usize),
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Ending {
    /// With a charge and so many tokens.
    Answered {
        charge: u64,
        tokens: u64,
        estimated: bool,
    },
    Unknown,
    Released,
}

/// A reservation.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) key: usize,
    pub(super) model: usize,
    pub(super) realm: Realm,
    pub(super) bound: u64,
    pub(super) tokens: u64,
    /// Whether its price is known, and its usage told apart by key.
    pub(super) priced: bool,
    pub(super) tracked: bool,
}

/// Some steps, one after the other; the same for the same seed.
pub(super) fn random(seed: u64) -> Vec<Step> {
    let mut random = Random::new(seed, 0);
    let steps = 3 + random.of(0..2);
    (0..steps).map(|at| step(&mut random, at)).collect()
}

fn step(random: &mut Random, at: u64) -> Step {
    let (endings, asked) = (random.of(0..5), random.of(0..7));
    let pass = random.pick(&[0, 0, 5, 20, 40, 75, 3_600, 40_000]);
    // Mostly, what is there before any limit fits.
    let limits = (at == 1 || random.of(0..3) == 0).then(|| limits(random));
    Step {
        // A tier's rates are in force within a second.
        pass: if limits.is_some() { pass.max(2) } else { pass },
        limits,
        endings: (0..endings).map(|_| (random.index(1_000), ending(random))).collect(),
        asked: (0..asked).map(|_| self::asked(random)).collect(),
    }
}

fn limits(random: &mut Random) -> Limits {
    let (budgets, thresholds) = (random.of(0..4), random.of(0..3));
    let mut limits = Limits {
        usage_limit: if random.of(0..3) == 0 { random.of(0..150) } else { 100_000 },
        tier: rates(random),
        own: [(); 2].map(|()| (random.of(0..3) == 0).then(|| rates(random))),
        guards: [(); 2].map(|()| (random.of(0..3) == 0).then(|| small(random))),
        budgets: Vec::new(),
        thresholds: Vec::new(),
    };
    for _ in 0..budgets {
        let budget = budget(random);
        let is_there = |one: &Budget| (one.on, one.period) == (budget.on, budget.period);
        if !limits.budgets.iter().any(is_there) {
            limits.budgets.push(budget);
        }
    }
    for _ in 0..thresholds {
        let (on, period) = place(random);
        let threshold = Threshold {
            on,
            period,
            is_percent: random.of(0..2) == 0,
            level: 1 + random.of(0..100),
        };
        limits.thresholds.push(threshold);
    }
    limits
}

fn budget(random: &mut Random) -> Budget {
    let (on, period) = place(random);
    let amount = random.of(0..200);
    let raises = random.of(0..6).saturating_sub(3);
    Budget {
        on,
        period,
        amount,
        observed: random.of(0..4) == 0,
        revision: small(random).cast_signed(),
        raises: (0..raises)
            .map(|_| {
                let from = random.pick(&[-100, -50, 0, 30]);
                let until = from + random.pick(&[20, 50, 100, 4_000]);
                Raise { amount: 1 + random.of(0..300), from, until }
            })
            .collect(),
    }
}

fn small(random: &mut Random) -> u32 {
    u32::try_from(1 + random.of(0..8)).unwrap()
}

fn place(random: &mut Random) -> (On, Period) {
    let on = random.pick(&[On::Org, On::Project, On::Key(0), On::Key(1)]);
    (on, random.pick(&Period::ALL))
}

fn rates(random: &mut Random) -> [Option<u64>; 4] {
    let mut one = |most| (random.of(0..4) == 0).then(|| 1 + random.of(0..most));
    [one(12), one(300), one(15), one(400)]
}

fn ending(random: &mut Random) -> Ending {
    match random.of(0..5) {
        0 => Ending::Released,
        1 => Ending::Unknown,
        _ => Ending::Answered {
            charge: random.of(0..45),
            tokens: random.of(0..6),
            estimated: random.of(0..4) == 0,
        },
    }
}

fn asked(random: &mut Random) -> Asked {
    Asked {
        key: random.index(2),
        model: random.index(2),
        realm: random.pick(&[Realm::Provider, Realm::Provider, Realm::Sandbox, Realm::Rehearsal]),
        bound: random.of(0..40),
        tokens: random.of(0..50),
        priced: random.of(0..5) > 0,
        tracked: random.of(0..5) > 0,
    }
}
