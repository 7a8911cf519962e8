//! Every method of the store, asked by an owner of one organization about things of another: nothing
//! is seen, nothing is changed. A method that is missing here fails the test.

use std::{collections::BTreeSet, fmt::Debug, fs, path::PathBuf};

use chrono::{TimeDelta, Utc};
use chrono_tz::Tz;
use domain::{
    Addresses, AuditId, Caller, CrossingId, Environment, Expiry, FormId, KeptDays, KeyId, Level,
    Name, Overlap, Period, Permissions, PriceId, ProjectRole, Rate, Rates, Rhythm, Role, Rules,
    Scope, ViewId,
};
use store::{
    AuditFilter, BillingProfile, Guards, Label, ModelPage, NewAdminKey, NewApiKey, NewKey,
    NewOwner, NewRaise, OwnKeys, Page, PastStretch, Rotation, Store, StoreError, Until, UsageFile,
    event_slices::EventAsk,
    latencies,
    requests::Filter,
    slices::{Ask, Dimension, Grain, Only},
};
use testkit::{Database, Furniture, Tenant};

use crate::support::usd;

const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src");

/// Methods of the store that ask for a caller, as its sources have them. What the system does, it
/// does without one.
fn methods() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![PathBuf::from(SOURCES)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("system") {
                folders.push(path);
            } else if path.extension().is_some_and(|ext| ext == "rs") {
                found.extend(asking(&fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found
}

fn asking(source: &str) -> Vec<String> {
    let methods = source.split("pub async fn ").skip(1).filter_map(|rest| {
        let (name, rest) = rest.split_once('(')?;
        let arguments = rest.split_whitespace().collect::<Vec<_>>().join(" ");
        let asks = arguments.starts_with("&self, caller: &Caller");
        asks.then(|| name.split('<').next().unwrap_or_default().to_owned())
    });
    methods.collect()
}

/// What an organization owns, as one text.
async fn belongings(database: &Database, tenant: &Tenant) -> String {
    let tables = database
        .look(
            "SELECT string_agg(c.relname, ' ' ORDER BY c.relname) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
             WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
             AND a.attname = 'org_id' AND c.relname NOT IN ('changes')",
        )
        .await;
    let mut all = String::new();
    for table in tables.split(' ') {
        let org = tenant.org.uuid();
        let query = format!(
            "SELECT string_agg(t::text, E'\\n' ORDER BY t::text) FROM {table} t WHERE org_id = '{org}'"
        );
        all.push_str(&database.look(&query).await);
    }
    all
}

/// Nothing of theirs may be in an answer; an error is one that a stranger to the id would get.
fn judge<T: Debug>(name: &str, answer: Result<T, StoreError>) {
    match answer {
        Ok(found) => {
            let text = format!("{found:?}");
            assert!(!text.contains("theirs"), "{name}: {text}");
        }
        Err(error) => assert!(
            matches!(
                error,
                StoreError::NotFound | StoreError::Conflict(_) | StoreError::Forbidden(_)
            ),
            "{name}: {error:?}"
        ),
    }
}

macro_rules! ask {
    ($store:ident, $caller:ident, $asked:ident: $($name:ident($($argument:expr),*);)+) => {
        $(
            judge(stringify!($name), $store.$name($caller, $($argument),*).await);
            $asked.insert(stringify!($name).to_owned());
        )+
    };
}

#[tokio::test]
async fn another_organizations_things_are_out_of_every_methods_reach() {
    let database = Database::new().await;
    let ours = Tenant::new(&database, "ours").await;
    let theirs = Tenant::new(&database, "theirs").await;
    let things = Furniture::new(
        &database,
        (theirs.org, theirs.user),
        "theirs",
        ("theirspublic", "00", "0000"),
    )
    .await;
    let before = belongings(&database, &theirs).await;
    assert!(before.contains("theirs project") && before.contains("theirs-guest@example.com"));
    // One of ours that is asked for theirs, and one that claims to be of their people as well.
    let forged = Caller { actor: domain::Actor::User(theirs.user), ..ours.caller.clone() };
    for caller in [&ours.caller, &forged] {
        let asked = everything(&database, caller, &theirs, &things).await;
        assert_eq!(asked, methods());
    }
    assert_eq!(belongings(&database, &theirs).await, before);
}

/// As much of a list as there can be.
const fn page<I>() -> Page<I> {
    Page { after: None, before: None, newest_first: false, limit: u16::MAX }
}

async fn everything(
    database: &Database,
    caller: &Caller,
    theirs: &Tenant,
    things: &Furniture,
) -> BTreeSet<String> {
    let mut asked = BTreeSet::new();
    look(&database.store, caller, things, &mut asked).await;
    count(&database.store, caller, theirs, things, &mut asked).await;
    requested(&database.store, caller, things, &mut asked).await;
    people(&database.store, caller, theirs, things, &mut asked).await;
    projects(&database.store, caller, things, &mut asked).await;
    keys(&database.store, caller, things, &mut asked).await;
    log(&database.store, caller, &mut asked).await;
    asked
}

type Asked = BTreeSet<String>;

async fn look(store: &Store, caller: &Caller, things: &Furniture, asked: &mut Asked) {
    ask! { store, caller, asked:
        organization();
        billing_profile();
        members();
        members_page(&page(), &[]);
        recipients();
        projects();
        projects_page(&page(), true);
        listed_projects();
        project(things.project);
        project_members(things.project);
        project_members_page(things.project, &page());
        project_candidates(things.project);
        api_keys();
        named_keys();
        api_keys_page(things.project, &page(), None);
        api_key(things.key);
        key_activity();
        key_rules();
        service_accounts();
        service_accounts_among(&[things.account]);
        service_accounts_page(things.project, &page());
        service_account(things.account);
        member_keys();
        admin_keys();
        admin_keys_page(&page());
        admin_key(things.admin_key);
        budgets();
        standings();
        raises();
        thresholds();
        reports();
        watches();
        warnings();
        crossings();
        usage_limit();
        rate_limits(things.project, &ModelPage { limit: 100, ..ModelPage::default() });
        rate_limit(things.project, "sandbox-dime");
        receipt(things.receipt);
        doubtful(None);
        doubtful_one(things.request);
        ever_used();
        first_steps();
        ever_timed();
        clock();
        cycles();
        statements();
    }
}

async fn count(
    store: &Store,
    caller: &Caller,
    theirs: &Tenant,
    things: &Furniture,
    asked: &mut Asked,
) {
    let month = store.cycles(caller).await.unwrap().current.window;
    let raise = NewRaise {
        amount: usd("99"),
        starts: None,
        ends: Utc::now() + TimeDelta::days(1),
        reason: "Mine".parse().unwrap(),
    };
    let (bounds, theirs_only) = (
        [month.starts, month.ends],
        Only { projects: vec![things.project.uuid()], ..Only::default() },
    );
    let ask = Ask { bounds: &bounds, grain: Grain::Days, by: &Dimension::ALL, only: &theirs_only };
    let events = EventAsk {
        bounds: &bounds,
        by: &Dimension::ALL,
        by_tier: true,
        only: &theirs_only,
        batch: None,
    };
    ask! { store, caller, asked:
        latencies(latencies::Ask { bounds: &bounds, hours: false, projects: &theirs_only.projects, models: &[] });
        provider_errors(latencies::Ask { bounds: &bounds, hours: false, projects: &theirs_only.projects, models: &[] });
        refused_requests(latencies::Ask { bounds: &bounds, hours: false, projects: &theirs_only.projects, models: &[] });
        drifts((Tz::UTC, bounds[0]), &theirs_only.projects, &[]);
        slices(ask);
        tag_keys();
        event_slices(events);
        names(&[]);
        cuts(&[ask], 7, |totals| totals.charge.pico());
        explore(ask, 7, |totals| totals.charge.pico());
        past(ask, Until { day: month.starts, quarter: month.ends });
    }
    for scope in [Scope::Org(theirs.org), Scope::Project(things.project), Scope::Key(things.key)] {
        ask! { store, caller, asked:
            refused(scope, month.starts, month.ends);
            budget_status(scope, Period::Month);
            set_budget(scope, Period::Month, usd("1"));
            save_budget(scope, Period::Month, usd("1"), Some(true));
            what_if(scope, Period::Month, usd("1"), PastStretch::Days(30));
            add_threshold(scope, Period::Month, Level::Percent(50), &[]);
            set_threshold(scope, Period::Month, Level::Percent(50));
            spend_alerts(scope, &page());
            spend_alert(scope, things.threshold);
            edit_spend_alert(scope, things.threshold, usd("2"), &[]);
        }
    }
    ask! { store, caller, asked:
        raise_budget(things.budget, &raise);
        end_raise(things.raise);
        remove_budget(things.budget);
        budget_refusals(things.budget);
        remove_threshold(things.threshold);
    }
}

async fn requested(store: &Store, caller: &Caller, things: &Furniture, asked: &mut Asked) {
    let theirs = Filter { project: Some(things.project), ..Filter::default() };
    ask! { store, caller, asked:
        requests(&Filter::default(), None);
        requests(&theirs, None);
        refusals(&theirs, None);
        request(things.request);
        kept_since();
        not_kept(things.request);
        correct_charge(things.request, usd("1"), &"Mine".parse().unwrap());
    }
}

async fn people(
    store: &Store,
    caller: &Caller,
    theirs: &Tenant,
    things: &Furniture,
    asked: &mut Asked,
) {
    let name: Name = "Mine".parse().unwrap();
    let bounds = ["2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z"].map(|at| at.parse().unwrap());
    let file = UsageFile {
        grain: Grain::Quarters,
        by: vec![Dimension::Project],
        only: Only::default(),
        bounds: bounds.to_vec(),
    };
    let addresses: Addresses = "new@example.com".parse().unwrap();
    ask! { store, caller, asked:
        set_report(Rhythm::Weekly, &[]);
        send_report(Rhythm::Weekly);
        send_test_alert();
        views();
        keep_view(&"Mine".parse().unwrap(), "by=key", true);
        remove_view(ViewId::generate());
        exports();
        export(things.export);
        ask_export("mine.csv", "", &file);
        export_piece(things.export, 0);
        sees_export_as_asked(things.export);
        remove_export(things.export);
        acknowledge(CrossingId::generate());
        remove_report(Rhythm::Weekly);
        set_watches(&BTreeSet::new());
        edit_organization(&name, Tz::UTC);
        set_billing_profile(&BillingProfile::default());
        member(theirs.user);
        members_among(&[theirs.user]);
        members_among(&[theirs.user]);
        set_member_role(theirs.user, Role::Reader);
        invite(&addresses, Role::Reader, &[(things.project, ProjectRole::Member)]);
        resend_invitation(things.invitation);
        revoke_invitation(things.invitation);
        add_project_member(things.project, theirs.user, ProjectRole::Owner);
        set_project_role(things.project, theirs.user, ProjectRole::Owner);
        remove_project_member(things.project, theirs.user);
        set_personal_key_blocked(things.personal, true);
        invitations();
        invitations_page(&page());
        project_member(things.project, theirs.user);
        invitation(things.invitation);
        keys_of(theirs.user);
        powers_of(theirs.user);
        remove_member(theirs.user, OwnKeys::Revoked);
        leave(OwnKeys::Revoked);
    }
}

async fn projects(store: &Store, caller: &Caller, things: &Furniture, asked: &mut Asked) {
    let name: Name = "Mine".parse().unwrap();
    ask! { store, caller, asked:
        findings(Some(things.project));
        create_project(&name, Environment::Staging);
        create_rehearsal(&name, Environment::Staging);
        rename_project(things.project, &name);
        set_project_environment(things.project, Environment::Staging);
        set_project_models(things.project, None);
        set_default_project(things.project);
        set_fingerprints(things.project, true);
        set_bodies(things.project, KeptDays::new(1));
        keeping(things.request);
        open_body(things.request);
        set_rate_limit(things.project, "theirs", Rates { requests_per_minute: Rate::new(1), ..Rates::default() });
        archive_project(things.project);
        create_service_account(things.project, &name);
        rename_service_account(things.account, &name);
        delete_service_account(things.account);
    }
}

async fn keys(store: &Store, caller: &Caller, things: &Furniture, asked: &mut Asked) {
    let name: Name = "Mine".parse().unwrap();
    let public_id = KeyId::generate().to_string();
    let key = NewKey { public_id: &public_id, secret_hash: &[0; 32], last_four: "0000" };
    let new = NewApiKey {
        project: things.project,
        name: name.clone(),
        owner: NewOwner::Caller,
        permissions: Permissions::All,
        expiry: Expiry::Never,
        tracked: true,
        guards: Guards::default(),
        budget: None,
        form: None,
        in_place_of: None,
        key,
    };
    let rotation = Rotation { old: things.key, overlap: Overlap::None, form: None, key };
    let admin = NewAdminKey { name: name.clone(), lifetime: None, form: None, key };
    let labels = [Label { name: name.clone(), last_four: String::new() }];
    ask! { store, caller, asked:
        create_api_key(&new);
        rotate_api_key(&rotation);
        import_api_keys(things.project, FormId::generate(), &labels);
        rename_api_key(things.key, &name);
        set_key_permissions(things.key, &Permissions::All);
        set_key_expiry(things.key, Expiry::Never);
        set_key_guards(things.key, Guards { max_request: None, max_running: Some(1) });
        set_key_paused(things.key, true);
        track_api_key(things.key);
        revoke_api_key(things.key);
        create_admin_key(&admin);
        revoke_admin_key(things.admin_key);
    }
}

async fn log(store: &Store, caller: &Caller, asked: &mut Asked) {
    let filter = AuditFilter::default();
    let entry = AuditId::generate();
    let month = store.cycles(caller).await.unwrap().current.window.label;
    ask! { store, caller, asked:
        statement(month);
        close_cycle(month);
        keep_invoice(month, &[]);
        remove_invoice(month);
        audit_log(&filter, None, 100);
        audit_log_newer(&filter, 0, 100);
        audit_seq(entry);
        audit_head();
        audit_chunk(0, 1_000, 100);
        begin_audit_export();
        set_rules(&Rules::default());
        own_prices();
        book_prices();
        prices_in_force();
        set_own_price("gpt-4o", None, None);
        take_back_own_price(PriceId::generate());
        unpriced_pass();
        let_unpriced_pass(true);
        close_organization();
        reopen_organization();
    }
}
