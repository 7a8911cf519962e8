//! `demo`: an organization with 90 days of plausible usage, so that a newcomer sees a living product.

use anyhow::Context as _;
use chrono::{DateTime, Datelike as _, TimeDelta, Timelike as _, Utc, Weekday};
use chrono_tz::{Europe::Oslo, Tz};
use domain::{
    Caller, Email, Environment, KeyId, Level, Outcome, Period, Price, ProjectId, Scope, Tokens, Usd,
};
use identity::{MintedKey, NewPassword, Password, Person};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use store::{
    BillingProfile, NewApiKey,
    system::{PastEvent, PastRefusals},
};

use crate::{database::Database, say, settings::Settings};

const ZONE: Tz = Oslo;
const EMAIL: &str = "ines.okafor@example.com";
const DAYS: i64 = 90;

/// A key with its habits.
struct Habit {
    project: &'static str,
    key: &'static str,
    model: &'static str,
    /// Requests on a weekday at the beginning.
    daily: f64,
    /// How much of that on a weekend's day.
    weekend: f64,
    /// Typical prompt and answer, in tokens.
    input: u64,
    output: u64,
    /// Hundredths of the prompt that the provider has cached.
    cached: u64,
}

const PROJECTS: [(&str, Environment); 5] = [
    ("Support assistant", Environment::Production),
    ("Freight search", Environment::Production),
    ("Document intake", Environment::Production),
    ("Pricing model", Environment::Staging),
    ("Research", Environment::Development),
];

#[rustfmt::skip]
const HABITS: [Habit; 9] = [
    Habit { project: "Support assistant", key: "Chat widget", model: "gpt-4.1-mini", daily: 210.0, weekend: 0.5, input: 20_800, output: 1_260, cached: 55 },
    Habit { project: "Support assistant", key: "E-mail drafts", model: "claude-sonnet-4-5", daily: 60.0, weekend: 0.2, input: 31_200, output: 2_700, cached: 30 },
    Habit { project: "Freight search", key: "Query rewriting", model: "gemini-2.5-flash", daily: 260.0, weekend: 0.4, input: 5_600, output: 540, cached: 20 },
    Habit { project: "Freight search", key: "Embeddings", model: "text-embedding-3-large", daily: 120.0, weekend: 0.7, input: 36_000, output: 0, cached: 0 },
    Habit { project: "Document intake", key: "Bills of lading", model: "gpt-4.1", daily: 75.0, weekend: 0.1, input: 56_000, output: 3_900, cached: 10 },
    Habit { project: "Document intake", key: "Nightly batch", model: "gpt-4o-mini", daily: 90.0, weekend: 1.0, input: 44_000, output: 2_100, cached: 45 },
    Habit { project: "Pricing model", key: "Backtests", model: "o4-mini", daily: 24.0, weekend: 0.1, input: 26_000, output: 12_600, cached: 5 },
    Habit { project: "Research", key: "Notebooks", model: "gpt-4o", daily: 18.0, weekend: 0.3, input: 19_200, output: 3_300, cached: 0 },
    Habit { project: "Research", key: "Agent trials", model: "claude-opus-4-1", daily: 6.0, weekend: 0.2, input: 88_000, output: 7_800, cached: 35 },
];

/// Makes it, or only a new password if it is there already, and prints the login.
pub async fn run(database: &Database, settings: &Settings) -> anyhow::Result<()> {
    let email: Email = EMAIL.parse()?;
    let password = MintedKey::new(&database.secrets)?.readable();
    let chosen = NewPassword::choose(Password::from(password.as_str()), &email, "")?;
    if let Some(token) = identity::reset_link(&database.store, &database.secrets, &email).await? {
        let password_text = Password::from(password.as_str());
        identity::reset_password(&database.store, &database.secrets, &token, password_text).await?;
        say::line("The demo organization is there already; its login has a new password.");
    } else {
        say::line(format!("Making {DAYS} days of usage; this takes a few seconds."));
        let person = Person {
            email: email.clone(),
            name: "Ines Okafor".parse()?,
            password: chosen,
            verified: true,
        };
        let user = identity::create_user(&database.store, &person, false).await?;
        fill(database, user, &email).await?;
    }
    say::line(format!("Sign in at  {}/sign-in", settings.public_url));
    say::line(format!("E-mail      {email}"));
    say::line(format!("Password    {password}"));
    Ok(())
}

async fn fill(database: &Database, user: domain::UserId, email: &Email) -> anyhow::Result<()> {
    let store = &database.store;
    let caller = store
        .create_organization(user, &"Brackwater Freight".parse()?, ZONE, domain::Origin::default())
        .await?;
    let profile = BillingProfile {
        legal_name: "Brackwater Freight AS".to_owned(),
        email: email.to_string(),
        address: "Havnegata 7\n7010 Trondheim".to_owned(),
        country: "NO".to_owned(),
        tax_id: "NO 999 888 777 MVA".to_owned(),
        cost_centre: "4711".to_owned(),
    };
    store.set_billing_profile(&caller, &profile).await?;
    let prices = store.system().prices().await?;
    let mut streams = Vec::new();
    for (name, environment) in PROJECTS {
        let project = store.create_project(&caller, &name.parse()?, environment).await?;
        for habit in HABITS.iter().filter(|habit| habit.project == name) {
            let minted = MintedKey::new(&database.secrets)?;
            let new = NewApiKey::new(project, habit.key.parse()?, minted.stored());
            let key = store.create_api_key(&caller, &new).await?.id;
            let price = prices
                .iter()
                .find(|price| price.model == habit.model)
                .with_context(|| format!("the price book does not know {}", habit.model))?;
            streams.push((habit, project, key, price.clone()));
        }
    }
    let now = store.system().now().await?;
    let events: Vec<PastEvent> = streams
        .iter()
        .enumerate()
        .flat_map(|(seed, (habit, project, key, price))| {
            past(seed as u64, habit, *project, *key, price, now)
        })
        .collect();
    store.system().book_past(&caller, &events).await?;
    while store.system().fold().await? > 0 {}
    while store.system().fold_timings().await? > 0 {}
    while store.system().fold_tags().await? > 0 {}
    limits(database, &caller, streams[0].1).await?;
    let refusals = refusals(database, &caller, &streams[8], now).await?;
    say::line(format!(
        "{} requests in {} projects with {} keys, and {refusals} refused ones.",
        events.len(),
        PROJECTS.len(),
        HABITS.len()
    ));
    Ok(())
}

/// Budgets a little above what this month will cost, with thresholds.
async fn limits(database: &Database, caller: &Caller, project: ProjectId) -> anyhow::Result<()> {
    let store = &database.store;
    let spent = store.budget_status(caller, Scope::Org(caller.org), Period::Month).await?.spent;
    let hundreds = spent.pico() / Usd::PICO / 100;
    let budget = Usd::from_pico((hundreds + hundreds / 3 + 2) * 100 * Usd::PICO);
    let organization = Scope::Org(caller.org);
    store.set_budget(caller, organization, Period::Month, budget).await?;
    for percent in [50, 80, 100] {
        store.set_threshold(caller, organization, Period::Month, Level::Percent(percent)).await?;
    }
    let share = Usd::from_pico((hundreds / 2 + 1) * 100 * Usd::PICO);
    store.set_budget(caller, Scope::Project(project), Period::Month, share).await?;
    store.set_threshold(caller, Scope::Project(project), Period::Month, Level::Percent(80)).await?;
    Ok(())
}

/// A key that ran into its daily budget on some afternoons; answers how often it was refused.
async fn refusals(
    database: &Database,
    caller: &Caller,
    (habit, project, key, _): &(&Habit, ProjectId, KeyId, Price),
    now: DateTime<Utc>,
) -> anyhow::Result<i64> {
    let amount = Usd::from_dollars(40);
    let budget = database.store.set_budget(caller, Scope::Key(*key), Period::Day, amount).await?;
    let mut random = StdRng::seed_from_u64(7);
    let mut refused = 0;
    for day in [3, 9, 17, 24, 38, 52] {
        for quarter in 0..random.random_range(1..4) {
            let past = PastRefusals {
                at: now - TimeDelta::days(day) + TimeDelta::minutes(15 * quarter),
                budget,
                project: *project,
                key: *key,
                model: habit.model.to_owned(),
                amount,
                count: random.random_range(2..40),
            };
            refused += past.count;
            database.store.system().book_past_refusals(caller, &past).await?;
        }
    }
    Ok(refused)
}

/// The requests of one key: more in office hours, fewer at weekends, more every week.
fn past(
    seed: u64,
    habit: &Habit,
    project: ProjectId,
    key: KeyId,
    price: &Price,
    now: DateTime<Utc>,
) -> Vec<PastEvent> {
    let mut random = StdRng::seed_from_u64(20_261_124 + seed);
    let mut events = Vec::new();
    let mut hour = now - TimeDelta::days(DAYS);
    while hour < now {
        let local = hour.with_timezone(&ZONE);
        let age = (hour - (now - TimeDelta::days(DAYS))).num_hours();
        let mut mean =
            habit.daily * rhythm(local.hour(), habit.key == "Nightly batch") * growth(age);
        if matches!(local.weekday(), Weekday::Sat | Weekday::Sun) {
            mean *= habit.weekend;
        }
        mean *= random.random_range(0.7..1.3);
        let count = whole(mean, random.random_range(0.0..1.0));
        for _ in 0..count {
            let at = hour + TimeDelta::milliseconds(random.random_range(0..3_600_000));
            if at < now {
                events.push(event(&mut random, habit, project, key, price, at));
            }
        }
        hour += TimeDelta::hours(1);
    }
    events
}

fn event(
    random: &mut StdRng,
    habit: &Habit,
    project: ProjectId,
    key: KeyId,
    price: &Price,
    at: DateTime<Utc>,
) -> PastEvent {
    let around =
        |random: &mut StdRng, typical: u64| typical * random.random_range(40_u64..210) / 100;
    let prompt = around(random, habit.input);
    let cached = prompt * habit.cached * random.random_range(0_u64..150) / 10_000;
    let output = around(random, habit.output);
    let estimated = random.random_range(0..400) == 0;
    PastEvent {
        at,
        project,
        key,
        price: price.clone(),
        tokens: Tokens {
            input: prompt.saturating_sub(cached),
            cached: cached.min(prompt),
            output,
            ..Tokens::default()
        },
        outcome: if estimated { Outcome::Estimated } else { Outcome::Answered },
        streamed: habit.output > 0 && random.random_range(0..3) > 0,
        total_ms: i32::try_from(300 + output * pace(&price.model)).unwrap_or(i32::MAX),
    }
}

/// Milliseconds a token: small models are fast.
fn pace(model: &str) -> u64 {
    let is_small = ["mini", "nano", "haiku", "flash"].iter().any(|word| model.contains(word));
    if is_small { 7 } else { 19 }
}

/// The share of a day's requests that falls into an hour.
fn rhythm(hour: u32, nightly: bool) -> f64 {
    let weight = |hour: u32| match (nightly, hour) {
        (true, 1..=4) => 20.0,
        (false, 9..=11 | 13..=16) => 9.0,
        (false, 8 | 12 | 17) => 6.0,
        (false, 7 | 18..=21) => 3.0,
        _ => 1.0,
    };
    let day: f64 = (0..24).map(weight).sum();
    weight(hour) / day
}

/// Four parts in ten more over the whole time.
fn growth(hours: i64) -> f64 {
    let share = f64::from(i32::try_from(hours).unwrap_or(0))
        / f64::from(i32::try_from(DAYS * 24).unwrap_or(1));
    0.8 + 0.4 * share
}

/// A whole number that has `mean` as its mean; `chance` is between 0 and 1.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a small count of requests"
)]
fn whole(mean: f64, chance: f64) -> u32 {
    let floor = mean.floor();
    floor as u32 + u32::from(chance < mean - floor)
}
