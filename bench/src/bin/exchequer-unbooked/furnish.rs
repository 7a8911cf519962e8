//! An organization with keys and budgets that hold: large enough that nothing is refused.

use std::{fs, path::Path};

use domain::{Email, Environment, Origin, Period, Scope, Usd};
use identity::{MintedKey, NewPassword, Password, Person};
use server::{database::Database, settings::Settings};
use store::{BillingProfile, NewApiKey};

/// Makes them, and writes the keys into a file, one in each line.
pub(crate) async fn furnish(settings: &Settings, keys: usize, file: &Path) -> anyhow::Result<()> {
    let database = Database::open(settings).await?;
    let made = make(&database, keys, file).await;
    database.close().await;
    made
}

async fn make(database: &Database, keys: usize, file: &Path) -> anyhow::Result<()> {
    let store = &database.store;
    let email: Email = "bench@example.com".parse()?;
    let password = MintedKey::new(&database.secrets)?.readable();
    let person = Person {
        name: "Bench".parse()?,
        password: NewPassword::choose(Password::from(password.as_str()), &email, "")?,
        email,
        verified: true,
    };
    let user = identity::create_user(store, &person, false).await?;
    let name = "Bench".parse()?;
    let caller = store.create_organization(user, &name, chrono_tz::UTC, Origin::default()).await?;
    let profile = BillingProfile {
        legal_name: name.to_string(),
        email: person.email.to_string(),
        address: "Not given".to_owned(),
        country: "US".to_owned(),
        ..BillingProfile::default()
    };
    store.set_billing_profile(&caller, &profile).await?;
    let project = store.create_project(&caller, &name, Environment::Production).await?;
    let amount = Usd::from_dollars(1_000_000_000);
    for scope in [Scope::Org(caller.org), Scope::Project(project)] {
        store.set_budget(&caller, scope, Period::Month, amount).await?;
    }
    let mut secrets = String::new();
    for number in 1..=keys {
        let minted = MintedKey::new(&database.secrets)?;
        let new = NewApiKey::new(project, format!("Key {number}").parse()?, minted.stored());
        let key = store.create_api_key(&caller, &new).await?.id;
        store.set_budget(&caller, Scope::Key(key), Period::Month, amount).await?;
        secrets += secrecy::ExposeSecret::expose_secret(&minted.secret);
        secrets.push('\n');
    }
    fs::write(file, secrets)?;
    Ok(())
}
