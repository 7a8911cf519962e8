//! `admin …`: what the dashboard does, for programs.

use std::io::Read as _;

use anyhow::{Context as _, bail};
use chrono_tz::Tz;
use domain::{Level, Name, OrgId, Origin, Period, Scope};
use identity::{MintedKey, NewPassword, Password, Person};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use store::{BillingProfile, NewAdminKey, NewApiKey, system::SetTier};

use crate::{
    cli::{Admin, AdminKey, Budget, Key, LevelArgs, Org, Project, Threshold, Tier, User},
    database::Database,
    say,
    settings::Settings,
};

/// Runs the command and prints its JSON object.
pub async fn run(database: &Database, settings: &Settings, command: &Admin) -> anyhow::Result<()> {
    let answer = match command {
        Admin::User(user) => self::user(database, settings, user).await?,
        Admin::Org(org) => self::org(database, org).await?,
        Admin::Project(project) => self::project(database, project).await?,
        Admin::Key(Key::Create { project, name }) => key(database, *project, name).await?,
        Admin::Adminkey(AdminKey::Create { org, name }) => admin_key(database, *org, name).await?,
        Admin::Budget(Budget::Set { scope, window, usd }) => {
            let caller = database.store.system().operator(*scope).await.context("no such scope")?;
            json!({ "id": database.store.set_budget(&caller, *scope, *window, *usd).await? })
        }
        Admin::Threshold(Threshold::Set { scope, level }) => {
            threshold(database, *scope, level).await?
        }
        Admin::Tier(Tier::Set { org, tier, hold, reason }) => {
            let set = SetTier { number: *tier, held: *hold, reason: reason.as_str() };
            let done = database.store.system().set_tier(*org, set).await;
            done.context("no such organization or tier")?;
            json!({ "id": org, "tier": tier, "held": hold })
        }
        Admin::Usage { scope } => usage(database, *scope).await?,
    };
    say::json(&answer)
}

async fn project(database: &Database, project: &Project) -> anyhow::Result<Value> {
    let Project::Create { org, name, environment, rehearsal } = project;
    let store = &database.store;
    let caller = store.system().operator(Scope::Org(*org)).await;
    let caller = caller.context("no such organization")?;
    let id = if *rehearsal {
        store.create_rehearsal(&caller, name, *environment).await?
    } else {
        store.create_project(&caller, name, *environment).await?
    };
    Ok(json!({ "id": id }))
}

async fn user(database: &Database, settings: &Settings, user: &User) -> anyhow::Result<Value> {
    match user {
        User::Create { email, password_stdin: _, verified, operator } => {
            let mut password = String::new();
            std::io::stdin()
                .read_to_string(&mut password)
                .context("the password could not be read")?;
            let password = Password::from(password.trim_end_matches(['\r', '\n']));
            let name = email.as_str().split('@').next().unwrap_or_default();
            let person = Person {
                email: email.clone(),
                name: name.parse::<Name>()?,
                password: NewPassword::choose(password, email, "")?,
                verified: *verified,
            };
            let id = identity::create_user(&database.store, &person, *operator).await?;
            Ok(json!({ "id": id, "email": email }))
        }
        User::ResetLink { email } => {
            let token = identity::reset_link(&database.store, &database.secrets, email).await?;
            let token = token.with_context(|| format!("nobody has the address {email}"))?;
            Ok(json!({ "url": format!("{}/reset/{}", settings.public_url, token.expose_secret()) }))
        }
        User::RemoveFactor { email } => {
            let system = database.store.system();
            let known = system.credentials(email).await?;
            let id = known.with_context(|| format!("nobody has the address {email}"))?.user;
            if !system.lift_second_factor(id).await? {
                bail!("{email} has no second factor")
            }
            Ok(json!({ "id": id, "email": email }))
        }
    }
}

async fn org(database: &Database, org: &Org) -> anyhow::Result<Value> {
    let Org::Create { name, owner, billing } = org;
    let system = database.store.system();
    let Some(known) = system.credentials(owner).await? else {
        bail!("nobody has the address {owner}")
    };
    let caller =
        database.store.create_organization(known.user, name, Tz::UTC, Origin::default()).await?;
    if *billing {
        let profile = BillingProfile {
            legal_name: name.to_string(),
            email: owner.to_string(),
            address: "Not given".to_owned(),
            country: "US".to_owned(),
            ..BillingProfile::default()
        };
        database.store.set_billing_profile(&caller, &profile).await?;
    }
    Ok(json!({ "id": caller.org }))
}

async fn key(
    database: &Database,
    project: domain::ProjectId,
    name: &Name,
) -> anyhow::Result<Value> {
    let caller = database
        .store
        .system()
        .operator(Scope::Project(project))
        .await
        .context("no such project")?;
    let minted = MintedKey::new(&database.secrets)?;
    let new = NewApiKey::new(project, name.clone(), minted.stored());
    let id = database.store.create_api_key(&caller, &new).await?.id;
    Ok(json!({ "id": id, "secret": minted.secret.expose_secret() }))
}

async fn admin_key(database: &Database, org: OrgId, name: &Name) -> anyhow::Result<Value> {
    let caller =
        database.store.system().operator(Scope::Org(org)).await.context("no such organization")?;
    let minted = MintedKey::admin(&database.secrets)?;
    let new = NewAdminKey { name: name.clone(), lifetime: None, form: None, key: minted.stored() };
    let id = database.store.create_admin_key(&caller, &new).await?;
    Ok(json!({ "id": id, "secret": minted.secret.expose_secret() }))
}

async fn threshold(database: &Database, scope: Scope, level: &LevelArgs) -> anyhow::Result<Value> {
    let level = match (level.percent, level.usd) {
        (Some(percent), _) => Level::Percent(percent),
        (None, Some(amount)) => Level::Amount(amount),
        (None, None) => bail!("give --percent or --usd"),
    };
    let caller = database.store.system().operator(scope).await.context("no such scope")?;
    let set = database.store.set_threshold(&caller, scope, Period::Month, level).await?;
    Ok(json!({ "id": set.id }))
}

async fn usage(database: &Database, scope: Scope) -> anyhow::Result<Value> {
    let caller = database.store.system().operator(scope).await.context("no such scope")?;
    let status = database.store.budget_status(&caller, scope, Period::Month).await?;
    let refused =
        database.store.refused(&caller, scope, status.window.starts, status.window.ends).await?;
    Ok(json!({
        "spent_usd": status.spent,
        "requests": status.requests,
        "refused": refused,
        "held_usd": status.held,
    }))
}
