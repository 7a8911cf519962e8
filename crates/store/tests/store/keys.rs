//! API keys: who may do what to whose, the rules for new ones, rotation, labels, and what is sent
//! twice.

use std::fmt::Write as _;

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    Actor, AdminKeyId, Caller, Expiry, ExpiryError, FormId, KeyId, Level, Origin, Overlap, Period,
    Permissions, ProjectId, Role, Scope, ServiceAccountId, Usd, UserId,
};
use ledger::{Refusal, Request};
use store::{
    Conflict, Label, MadeKey, Maker, NewApiKey, NewKey, NewOwner, NewRaise, OwnKeys, Rotation,
    Store, StoreError,
};
use testkit::{Database, Tenant};

use crate::support::{Running, answered, price, request};

/// The public part of a key that nobody has the secret of.
fn public_id() -> String {
    KeyId::generate().uuid().simple().to_string().split_off(20)
}

const fn stored(public_id: &str) -> NewKey<'_> {
    NewKey { public_id, secret_hash: &[7; 32], last_four: "d41c" }
}

async fn make(
    store: &Store,
    caller: &Caller,
    project: ProjectId,
    change: impl FnOnce(&mut NewApiKey<'_>),
) -> Result<MadeKey, StoreError> {
    let public_id = public_id();
    let mut new = NewApiKey::new(project, "web".parse().unwrap(), stored(&public_id));
    change(&mut new);
    store.create_api_key(caller, &new).await
}

async fn rotate(
    store: &Store,
    caller: &Caller,
    old: KeyId,
    overlap: Overlap,
) -> Result<MadeKey, StoreError> {
    let public_id = public_id();
    let rotation = Rotation { old, overlap, form: None, key: stored(&public_id) };
    store.rotate_api_key(caller, &rotation).await
}

#[track_caller]
fn conflict<T: std::fmt::Debug>(result: Result<T, StoreError>) -> Conflict {
    match result {
        Err(StoreError::Conflict(conflict)) => conflict,
        other => unreachable!("{other:?}"),
    }
}

/// A member of the tenant's organization, perhaps with a role in its project.
async fn member(database: &Database, tenant: &Tenant, role: Role, place: Option<&str>) -> Caller {
    let user = UserId::generate();
    let (id, org, project) = (user.uuid(), tenant.org.uuid(), tenant.project.uuid());
    let role_text = role.as_str();
    database
        .tamper(&format!(
            "INSERT INTO users (id, email, name, password_hash) VALUES ('{id}', '{id}@example.com', 'Somebody', '!');
             INSERT INTO memberships (org_id, user_id, role) VALUES ('{org}', '{id}', '{role_text}')"
        ))
        .await;
    if let Some(place) = place {
        database
            .tamper(&format!(
                "INSERT INTO project_members (org_id, project_id, user_id, role) VALUES ('{org}', '{project}', '{id}', '{place}')"
            ))
            .await;
    }
    Caller { actor: Actor::User(user), org: tenant.org, role, origin: Origin::default() }
}

#[derive(Debug, Clone, Copy)]
enum Whose {
    Own,
    Other,
    Service,
}

/// A fresh key in the tenant's project.
async fn key_of(
    database: &Database,
    tenant: &Tenant,
    caller: &Caller,
    account: ServiceAccountId,
    whose: Whose,
) -> KeyId {
    let key = make(&database.store, &tenant.caller, tenant.project, |new| {
        new.tracked = false;
        if matches!(whose, Whose::Service) {
            new.owner = NewOwner::ServiceAccount(account);
        }
    });
    let key = key.await.unwrap().id;
    if matches!(whose, Whose::Own) {
        let (user, id) = (caller.user().unwrap().uuid(), key.uuid());
        let own = format!("UPDATE api_keys SET owner_id = '{user}' WHERE id = '{id}'");
        database.tamper(&own).await;
    }
    key
}

const TABLE: &str = "\
operation    key      owner  project owner  project member  project viewer  reader
rename       Own      yes    yes            yes             no              404
rename       Other    yes    yes            no              no              404
rename       Service  yes    yes            no              no              404
permissions  Own      yes    yes            yes             no              404
permissions  Other    yes    yes            no              no              404
permissions  Service  yes    yes            no              no              404
expiry       Own      yes    yes            yes             no              404
expiry       Other    yes    yes            no              no              404
expiry       Service  yes    yes            no              no              404
pause        Own      yes    yes            yes             no              404
pause        Other    yes    yes            no              no              404
pause        Service  yes    yes            no              no              404
track        Own      yes    yes            yes             no              404
track        Other    yes    yes            no              no              404
track        Service  yes    yes            no              no              404
rotate       Own      yes    yes            yes             no              404
rotate       Other    no     no             no              no              404
rotate       Service  yes    yes            no              no              404
revoke       Own      yes    yes            yes             no              404
revoke       Other    yes    yes            no              no              404
revoke       Service  yes    yes            no              no              404
make         Own      yes    yes            yes             no              404
make         Service  yes    yes            no              no              404
import       Own      yes    yes            yes             no              404
";

async fn attempt(
    store: &Store,
    caller: &Caller,
    project: ProjectId,
    operation: &str,
    (key, whose): (KeyId, Whose),
) -> Result<(), StoreError> {
    match operation {
        "rename" => store.rename_api_key(caller, key, &"new".parse().unwrap()).await,
        "permissions" => store.set_key_permissions(caller, key, &Permissions::ReadOnly).await,
        "expiry" => store.set_key_expiry(caller, key, Expiry::Days(30)).await,
        "pause" => store.set_key_paused(caller, key, true).await,
        "track" => store.track_api_key(caller, key).await,
        "rotate" => rotate(store, caller, key, Overlap::Hour).await.map(drop),
        "revoke" => store.revoke_api_key(caller, key).await,
        "make" => {
            let owner = match whose {
                Whose::Service => {
                    let name = public_id();
                    NewOwner::NewServiceAccount(name.parse().unwrap())
                }
                _ => NewOwner::Caller,
            };
            make(store, caller, project, |new| new.owner = owner).await.map(drop)
        }
        _ => {
            let label = Label { name: "old".parse().unwrap(), last_four: String::new() };
            store.import_api_keys(caller, project, FormId::generate(), &[label]).await
        }
    }
}

#[tokio::test]
async fn who_may_do_what_to_whose_key() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "acme").await;
    let store = &database.store;
    let name = "bot".parse().unwrap();
    let account =
        store.create_service_account(&tenant.caller, tenant.project, &name).await.unwrap();
    let columns = [
        (Role::Owner, None),
        (Role::Reader, Some("owner")),
        (Role::Reader, Some("member")),
        (Role::Reader, Some("viewer")),
        (Role::Reader, None),
    ];
    let mut callers = Vec::new();
    for (role, place) in columns {
        callers.push(member(&database, &tenant, role, place).await);
    }
    let mut table = String::from(TABLE.lines().next().unwrap());
    table.push('\n');
    for line in TABLE.lines().skip(1) {
        let mut words = line.split_whitespace();
        let operation = words.next().unwrap();
        let whose = match words.next().unwrap() {
            "Own" => Whose::Own,
            "Other" => Whose::Other,
            _ => Whose::Service,
        };
        let mut cells = Vec::new();
        for caller in &callers {
            let key = key_of(&database, &tenant, caller, account, whose).await;
            let before = database.look("SELECT count(*) FROM audit_entries").await;
            let done = attempt(store, caller, tenant.project, operation, (key, whose)).await;
            let after = database.look("SELECT count(*) FROM audit_entries").await;
            // What was done is in the audit log, what was not isn't.
            assert_eq!(done.is_ok(), before != after, "{line} {done:?}");
            cells.push(match done {
                Ok(()) => "yes",
                Err(StoreError::Forbidden(_)) => "no",
                Err(StoreError::NotFound) => "404",
                Err(other) => unreachable!("{line}: {other}"),
            });
        }
        let whose = format!("{whose:?}");
        writeln!(
            table,
            "{operation:<12} {whose:<8} {:<6} {:<14} {:<15} {:<15} {}",
            cells[0], cells[1], cells[2], cells[3], cells[4]
        )
        .unwrap();
    }
    assert_eq!(table, TABLE);
}

#[tokio::test]
async fn the_organizations_rules_hold_for_new_keys_and_changed_ones() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "acme").await;
    let (store, caller, project) = (&database.store, &tenant.caller, tenant.project);
    database.tamper("UPDATE organizations SET key_max_days = 60").await;
    let too_long = Conflict::Expiry(ExpiryError::TooLong(60));
    for expiry in [Expiry::Never, Expiry::Days(61)] {
        let made = make(store, caller, project, |new| new.expiry = expiry).await;
        assert_eq!(conflict(made), too_long);
    }
    let key = make(store, caller, project, |new| new.expiry = Expiry::Days(10)).await.unwrap().id;
    database.advance(TimeDelta::days(5)).await;
    assert_eq!(conflict(store.set_key_expiry(caller, key, Expiry::Days(56)).await), too_long);
    assert_eq!(conflict(store.set_key_expiry(caller, key, Expiry::Never).await), too_long);
    store.set_key_expiry(caller, key, Expiry::Days(54)).await.unwrap();
    // The key that was there before the rule has no expiry; its successor has one.
    let made = rotate(store, caller, tenant.key, Overlap::None).await.unwrap();
    assert!(made.expires_at.is_some());
    database.tamper("UPDATE organizations SET service_keys_only = true").await;
    let own = make(store, caller, project, |new| new.expiry = Expiry::Days(10)).await;
    assert_eq!(conflict(own), Conflict::ServiceKeysOnly);
    let rotated = rotate(store, caller, key, Overlap::None).await;
    assert_eq!(conflict(rotated), Conflict::ServiceKeysOnly);
    let service = make(store, caller, project, |new| {
        new.expiry = Expiry::Days(10);
        new.owner = NewOwner::NewServiceAccount("bot".parse().unwrap());
    });
    assert!(service.await.unwrap().service_account.is_some());
}

#[tokio::test]
async fn a_rotated_key_ends_after_the_overlap_and_has_one_successor() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "acme").await;
    let (store, caller) = (&database.store, &tenant.caller);
    let scopes = ["chat".to_owned()];
    let old = make(store, caller, tenant.project, |new| {
        new.expiry = Expiry::Days(90);
        new.permissions = Permissions::parse("restricted", &scopes);
        new.tracked = false;
    });
    let old = old.await.unwrap().id;
    database.advance(TimeDelta::days(30)).await;
    let new = rotate(store, caller, old, Overlap::Day).await.unwrap().id;
    let (before, after) =
        (store.api_key(caller, old).await.unwrap(), store.api_key(caller, new).await.unwrap());
    // The test's clock runs on inside a transaction.
    let lives = |from: DateTime<Utc>, until: Option<DateTime<Utc>>| {
        (until.unwrap() - from + TimeDelta::minutes(1)).num_hours()
    };
    assert_eq!(lives(after.created_at, before.expires_at), 24);
    assert_eq!(lives(after.created_at, after.expires_at), 90 * 24);
    assert_eq!((before.replaced_by, after.replaces), (Some(new), Some(old)));
    assert_eq!(
        (&after.name, &after.owner, &after.permissions, after.tracked),
        (&before.name, &before.owner, &before.permissions, before.tracked)
    );
    let again = rotate(store, caller, old, Overlap::Day).await;
    assert_eq!(conflict(again), Conflict::KeyReplaced);
    store.set_key_paused(caller, old, true).await.unwrap();
    database.advance(TimeDelta::days(30) + TimeDelta::hours(25)).await;
    let late = store.set_key_expiry(caller, old, Expiry::Days(30)).await;
    assert_eq!(conflict(late), Conflict::KeyExpired);
    // Its end is not put off by a longer overlap.
    database.advance(TimeDelta::days(118)).await;
    rotate(store, caller, new, Overlap::Week).await.unwrap();
    assert_eq!(store.api_key(caller, new).await.unwrap().expires_at, after.expires_at);
    store.revoke_api_key(caller, new).await.unwrap();
    assert_eq!(conflict(rotate(store, caller, new, Overlap::None).await), Conflict::KeyRevoked);
}

#[tokio::test]
async fn what_is_sent_at_once_is_done_once() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "acme").await;
    let (store, caller, project) = (&database.store, &tenant.caller, tenant.project);
    let form = FormId::generate();
    let sent = (0..8).map(|_| {
        let (store, caller) = (store.clone(), caller.clone());
        tokio::spawn(
            async move { make(&store, &caller, project, |new| new.form = Some(form)).await },
        )
    });
    let mut made = 0;
    for sent in sent.collect::<Vec<_>>() {
        match sent.await.unwrap() {
            Ok(_) => made += 1,
            other => assert_eq!(conflict(other), Conflict::KeyMade),
        }
    }
    assert_eq!(made, 1);
    let sent = (0..8).map(|_| {
        let (store, caller, key) = (store.clone(), caller.clone(), tenant.key);
        tokio::spawn(async move { rotate(&store, &caller, key, Overlap::Hour).await })
    });
    let mut made = 0;
    for sent in sent.collect::<Vec<_>>() {
        match sent.await.unwrap() {
            Ok(_) => made += 1,
            other => assert_eq!(conflict(other), Conflict::KeyReplaced),
        }
    }
    assert_eq!(made, 1);
    // The same form in another organization is another form.
    let other = Tenant::new(&database, "other").await;
    make(store, &other.caller, other.project, |new| new.form = Some(form)).await.unwrap();
}

#[tokio::test]
async fn a_deleted_service_account_keeps_no_key() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "acme").await;
    let (store, caller, project) = (&database.store, &tenant.caller, tenant.project);
    for round in 0..8 {
        let name = format!("bot-{round}").parse().unwrap();
        let account = store.create_service_account(caller, project, &name).await.unwrap();
        let key = make(store, caller, project, |new| new.owner = NewOwner::ServiceAccount(account));
        let (key, deleted) = tokio::join!(key, store.delete_service_account(caller, account));
        deleted.unwrap();
        assert!(matches!(key, Ok(_) | Err(StoreError::NotFound)), "{key:?}");
    }
    let live =
        "SELECT count(*) FROM api_keys WHERE service_account_id IS NOT NULL AND revoked_at IS NULL";
    assert_eq!(database.look(live).await, "0");
    // Nor is one of another project taken.
    let account =
        store.create_service_account(caller, project, &"bot".parse().unwrap()).await.unwrap();
    let default = store.projects(caller).await.unwrap().into_iter().find(|it| it.id != project);
    let strange = make(store, caller, default.unwrap().id, |new| {
        new.owner = NewOwner::ServiceAccount(account);
    });
    assert!(matches!(strange.await, Err(StoreError::NotFound)));
}

#[tokio::test]
async fn a_key_tells_whether_its_owner_has_access() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "acme").await;
    let store = &database.store;
    let remo = member(&database, &tenant, Role::Reader, Some("member")).await;
    let key = make(store, &remo, tenant.project, |_| {}).await.unwrap().id;
    let access = async || store.api_key(&tenant.caller, key).await.unwrap().owner_has_access;
    assert!(access().await);
    let user = remo.user().unwrap().uuid();
    let place = format!("UPDATE project_members SET role = 'viewer' WHERE user_id = '{user}'");
    database.tamper(&place).await;
    assert!(!access().await);
    database
        .tamper(&format!("UPDATE memberships SET role = 'owner' WHERE user_id = '{user}'"))
        .await;
    assert!(access().await);
}

#[tokio::test]
async fn a_label_is_no_key() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "acme").await;
    let (store, caller, project) = (&database.store, &tenant.caller, tenant.project);
    let label = |name: &str| Label { name: name.parse().unwrap(), last_four: "3f9K".to_owned() };
    let form = FormId::generate();
    let labels = [label("one"), label("two")];
    store.import_api_keys(caller, project, form, &labels).await.unwrap();
    let again = store.import_api_keys(caller, project, form, &labels).await;
    assert_eq!(conflict(again), Conflict::KeyMade);
    let keys = store.api_keys(caller).await.unwrap();
    let ids: Vec<_> = keys.iter().filter(|key| key.imported).map(|key| key.id).collect();
    assert_eq!(ids.len(), 2);
    for refused in [
        store.set_key_paused(caller, ids[0], true).await,
        store.track_api_key(caller, ids[0]).await,
        store.set_key_expiry(caller, ids[0], Expiry::Never).await,
        rotate(store, caller, ids[0], Overlap::None).await.map(drop),
    ] {
        assert_eq!(conflict(refused), Conflict::KeyImported);
    }
    make(store, caller, project, |new| new.in_place_of = Some(ids[0])).await.unwrap();
    let twice = make(store, caller, project, |new| new.in_place_of = Some(ids[0])).await;
    assert_eq!(conflict(twice), Conflict::KeyReplaced);
    // A key is not replaced as if it were a label.
    let key = make(store, caller, project, |new| new.in_place_of = Some(tenant.key)).await;
    assert_eq!(conflict(key), Conflict::KeyReplaced);
    store.revoke_api_key(caller, ids[1]).await.unwrap();
    let hashes =
        "SELECT string_agg(DISTINCT length(secret_hash)::text, ',') FROM api_keys WHERE imported";
    assert_eq!(database.look(hashes).await, "0");
}

#[tokio::test]
async fn a_list_tells_who_made_a_key() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let (store, caller, project) = (&database.store, &tenant.caller, tenant.project);
    let left = member(&database, &tenant, Role::Owner, None).await;
    make(store, &left, project, |_| ()).await.unwrap();
    store.remove_member(caller, left.user().unwrap(), OwnKeys::Revoked).await.unwrap();
    let command = Caller { actor: Actor::Operator, ..caller.clone() };
    make(store, &command, project, |_| ()).await.unwrap();
    let program = AdminKeyId::generate();
    let program = Caller { actor: Actor::AdminKey(program), ..caller.clone() };
    let robot = "robot".parse().unwrap();
    let robot = store.create_service_account(&program, project, &robot).await.unwrap();
    let of_robot = NewOwner::ServiceAccount(robot);
    make(store, &program, project, |new| new.owner = of_robot).await.unwrap();
    let makers = store.api_keys(caller).await.unwrap().into_iter().map(|key| key.maker);
    let owner = Maker::Member("owner@example.com".to_owned());
    let all = [Maker::AdminKey, Maker::Operator, owner, Maker::Former];
    assert_eq!(makers.collect::<Vec<_>>(), all);
    assert_eq!(store.service_account(caller, robot).await.unwrap().maker, Maker::AdminKey);
}

#[tokio::test]
async fn a_rotated_key_does_not_escape_its_budgets() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "acme").await;
    let (store, owner) = (&database.store, &tenant.caller);
    // Who rotates may set no budget.
    let member = member(&database, &tenant, Role::Reader, Some("member")).await;
    let old = make(store, &member, tenant.project, |_| ()).await.unwrap().id;
    let usd = |dollars| Usd::from_dollars(dollars);
    let on = Scope::Key(old);
    store.set_budget(owner, on, Period::Day, usd(5)).await.unwrap();
    store.save_budget(owner, on, Period::Month, usd(50), Some(true)).await.unwrap();
    let budgets = store.budgets(owner).await.unwrap();
    let daily = budgets.iter().find(|it| it.period == Period::Day).unwrap().id;
    let ends = Utc::now() + TimeDelta::hours(1);
    let reason = "Launch".parse().unwrap();
    let raise = NewRaise { amount: usd(20), starts: None, ends, reason };
    store.raise_budget(owner, daily, &raise).await.unwrap();
    let addresses = ["boss@elsewhere.example".parse().unwrap()];
    let level = Level::Percent(80);
    store.add_threshold(owner, on, Period::Day, level, &addresses).await.unwrap();
    store.set_threshold(owner, on, Period::Week, Level::Amount(usd(9))).await.unwrap();

    let (node, dime) = (Running::new(store).await, price(&database, "sandbox-dime").await);
    let ask = |key, bound| Request { key, ..request(&tenant, &dime, bound) };
    node.ledger.reserve(ask(old, "19.95")).await.unwrap().settle(answered("19.95")).await;

    let new = rotate(store, &member, old, Overlap::Day).await.unwrap().id;
    // It goes on where the old one was.
    let refused = node.ledger.reserve(ask(new, "0.10")).await;
    assert!(matches!(refused, Err(Refusal::Spent(_))));
    node.ledger.reserve(ask(new, "0.05")).await.unwrap().settle(answered("0.05")).await;
    let status = store.budget_status(owner, Scope::Key(new), Period::Day).await.unwrap();
    assert_eq!(status.spent, usd(20));
    assert_eq!(store.key_activity(owner).await.unwrap()[&new].spent.to_string(), "0.05");
    assert_eq!(store.system().reconcile().await.unwrap(), None);
    // 80% of $20 and $9 a week were told of when the old one crossed them, to both people.
    let mails = "SELECT count(*) FROM outbox WHERE template = 'threshold'";
    let mailed = database.look(mails).await;
    node.finish().await;
    assert_eq!(mailed, "3");
    let told = async |on: Scope| {
        let budgets = store.budgets(owner).await.unwrap();
        let budgets = budgets.into_iter().filter(|it| it.scope == on);
        let budgets = budgets.map(|it| {
            (it.period, it.own_amount, it.amount, it.observe, it.raised_until, it.set_by)
        });
        let thresholds = store.thresholds(owner).await.unwrap();
        let thresholds = thresholds.into_iter().filter(|it| it.scope == on);
        let thresholds = thresholds
            .map(|it| (it.period, it.level, it.fires_at, it.addresses))
            .collect::<Vec<_>>();
        (budgets.collect::<Vec<_>>(), thresholds)
    };
    let (budgets, thresholds) = told(Scope::Key(new)).await;
    assert_eq!((budgets.len(), thresholds.len()), (2, 2));
    assert_eq!((budgets, thresholds), told(on).await);
    let entries = "SELECT count(*) FILTER (WHERE action = 'budget.set') || ' '
        || count(*) FILTER (WHERE action = 'threshold.set') FROM audit_entries";
    assert_eq!(database.look(entries).await, "4 4");
}
