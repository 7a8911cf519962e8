//! Changes that meet wait for each other in one order (migrations/README.md): none is a deadlock's
//! victim, and none that waits for the audit log holds up a request.

use std::time::Duration;

use domain::{
    Caller, Environment, Expiry, FormId, Level, Name, Origin, Overlap, Period, ProjectId,
    ProjectRole, Role, Scope, Usd, UserId,
};
use sqlx::AssertSqlSafe;
use store::{
    Label, NewApiKey, NewKey, NewOwner, OwnKeys, Rotation, Store, StoreError,
    slices::{Ask, Dimension, Grain, Only},
    system::Suspect,
};
use testkit::{Database, Tenant};

use crate::{
    people::{member, person},
    support::{Running, answered, price, request},
};

const ROUNDS: usize = 25;

/// Until so many statements wait for a lock.
async fn waiting(database: &Database, statements: u32) {
    let waits = "SELECT count(*) >= STATEMENTS FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let waits = waits.replace("STATEMENTS", &statements.to_string());
    while database.look(&waits).await != "true" {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn who_waits_for_the_log_holds_up_no_request() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let (store, caller) = (&database.store, &tenant.caller);
    let node = Running::new(store).await;
    let dime = price(&database, "sandbox-dime").await;
    let (org, project) = (Scope::Org(tenant.org), Scope::Project(tenant.project));
    let budget = store.set_budget(caller, org, Period::Day, Usd::from_dollars(9)).await.unwrap();
    let level = Level::Percent(80);
    let threshold = store.set_threshold(caller, org, Period::Day, level).await.unwrap().id;

    let mut holder = database.admin.acquire().await.unwrap();
    let hold =
        format!("BEGIN; SELECT FROM audit_heads WHERE org_id = '{}' FOR UPDATE", tenant.org.uuid());
    sqlx::raw_sql(AssertSqlSafe(hold)).execute(&mut *holder).await.unwrap();
    let five = Usd::from_dollars(5);
    let (other, change) = (database.another().await, caller.clone());
    let changes = tokio::spawn(async move {
        let month = other.set_budget(&change, project, Period::Month, five);
        let week = other.set_threshold(&change, project, Period::Week, Level::Amount(five));
        let (removed, gone) =
            (other.remove_budget(&change, budget), other.remove_threshold(&change, threshold));
        let (month, week, removed, gone) = tokio::join!(month, week, removed, gone);
        (month.unwrap(), week.unwrap(), removed.unwrap(), gone.unwrap())
    });
    waiting(&database, 4).await;
    let held = node.ledger.reserve(request(&tenant, &dime, "0.10")).await.unwrap();
    assert!(held.settle(answered("0.10")).await);
    assert!(!changes.is_finished());
    sqlx::raw_sql("ROLLBACK").execute(&mut *holder).await.unwrap();
    changes.await.unwrap();
    node.finish().await;
    assert_eq!(store.system().reconcile().await.unwrap(), None);
}

#[tokio::test]
async fn a_removed_budgets_entry_tells_the_amount_that_was_removed() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let (store, caller, org) = (&database.store, &tenant.caller, Scope::Org(tenant.org));
    let nine = Usd::from_dollars(9);
    let budget = store.set_budget(caller, org, Period::Day, nine).await.unwrap();
    let mut holder = database.admin.begin().await.unwrap();
    sqlx::query("SELECT FROM audit_heads FOR UPDATE").execute(&mut *holder).await.unwrap();
    let (other, by) = (store.clone(), caller.clone());
    let removed = tokio::spawn(async move { other.remove_budget(&by, budget).await });
    waiting(&database, 1).await;
    // Somebody who was first.
    sqlx::query("UPDATE budgets SET amount = 7").execute(&mut *holder).await.unwrap();
    holder.commit().await.unwrap();
    removed.await.unwrap().unwrap();
    let told = "SELECT body::jsonb #>> '{changes,amount_usd,before}' FROM audit_entries ORDER BY seq DESC LIMIT 1";
    assert_eq!(database.look(told).await, Usd::from_dollars(7).to_string());
}

/// Whatever came of it, it was not the database that broke it off.
#[track_caller]
fn calm<T>(done: Result<T, StoreError>) {
    if let Err(error @ (StoreError::Database(_) | StoreError::Unavailable(_))) = done {
        unreachable!("{error:?}");
    }
}

/// Two nodes and a tenant.
struct Meeting {
    database: Database,
    other: Store,
    tenant: Tenant,
}

impl Meeting {
    async fn new() -> Self {
        let database = Database::new().await;
        let (other, tenant) = (database.another().await, Tenant::new(&database, "owner").await);
        Self { database, other, tenant }
    }

    /// A key of the tenant's project, or none where something stands in the way.
    async fn make(
        &self,
        owner: NewOwner,
        form: impl FnOnce(&mut NewApiKey<'_>),
    ) -> Result<(), StoreError> {
        let (secret, hash) = Tenant::secret();
        let parts = domain::api_key::parse(&secret).unwrap();
        let key = NewKey { public_id: parts.public_id, secret_hash: &hash, last_four: "abcd" };
        let mut new =
            NewApiKey { owner, ..NewApiKey::new(self.tenant.project, name("key", 0), key) };
        form(&mut new);
        self.database.store.create_api_key(&self.tenant.caller, &new).await.map(drop)
    }
}

fn name(of: &str, round: usize) -> Name {
    format!("{of} {round}").parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_in_a_labels_place_and_the_label() {
    let meeting = Meeting::new().await;
    let Meeting { database, other, tenant } = &meeting;
    for round in 0..ROUNDS {
        let labels = [Label { name: name("label", round), last_four: String::new() }];
        let listed = database.store.import_api_keys(
            &tenant.caller,
            tenant.project,
            FormId::generate(),
            &labels,
        );
        listed.await.unwrap();
        let keys = database.store.api_keys(&tenant.caller).await.unwrap();
        let label = keys.iter().find(|key| key.imported && key.revoked_at.is_none()).unwrap().id;
        let new_name = name("renamed", round);
        let (made, renamed) = tokio::join!(
            meeting
                .make(NewOwner::NewServiceAccount(name("robot", round)), |new| new.in_place_of =
                    Some(label)),
            other.rename_api_key(&tenant.caller, label, &new_name),
        );
        calm(made);
        calm(renamed);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_and_invitations_of_projects_and_the_default_one() {
    let meeting = Meeting::new().await;
    let Meeting { database, other, tenant } = &meeting;
    let (store, caller) = (&database.store, &tenant.caller);
    let second =
        store.create_project(caller, &name("Second", 0), Environment::Staging).await.unwrap();
    let both = [(tenant.project, ProjectRole::Member), (second, ProjectRole::Member)];
    for round in 0..ROUNDS {
        let default: ProjectId = if round % 2 == 0 { tenant.project } else { second };
        let guest = format!("guest{round}@example.com").parse().unwrap();
        let (made, chosen, invited, expiry) = tokio::join!(
            meeting.make(NewOwner::Caller, |_| ()),
            other.set_default_project(caller, default),
            store.invite(caller, &guest, Role::Reader, &both),
            other.set_key_expiry(
                caller,
                tenant.key,
                Expiry::Days(30 + u16::try_from(round).unwrap())
            ),
        );
        calm(made);
        calm(chosen);
        calm(invited);
        calm(expiry);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_account_that_is_deleted_while_its_key_is_rotated() {
    let meeting = Meeting::new().await;
    let Meeting { database, other, tenant } = &meeting;
    let (store, caller) = (&database.store, &tenant.caller);
    for round in 0..ROUNDS {
        let account = store
            .create_service_account(caller, tenant.project, &name("robot", round))
            .await
            .unwrap();
        meeting.make(NewOwner::ServiceAccount(account), |_| ()).await.unwrap();
        let old = store.api_keys(caller).await.unwrap()[0].id;
        let (secret, hash) = Tenant::secret();
        let public_id = domain::api_key::parse(&secret).unwrap().public_id;
        let key = NewKey { public_id, secret_hash: &hash, last_four: "abcd" };
        let rotation = Rotation { old, overlap: Overlap::Day, form: None, key };
        let (deleted, rotated) = tokio::join!(
            other.delete_service_account(caller, account),
            store.rotate_api_key(caller, &rotation),
        );
        calm(deleted);
        calm(rotated);
        // Whoever was first: no key of it goes on.
        let live = format!(
            "SELECT count(*) FROM api_keys WHERE service_account_id = '{}' AND revoked_at IS NULL",
            account.uuid()
        );
        assert_eq!(database.look(&live).await, "0");
    }
}

async fn leaked(store: &Store, secret: &str) -> Suspect {
    let public_id = domain::api_key::parse(secret).unwrap().public_id.to_owned();
    store.system().suspects(&[public_id]).await.unwrap().remove(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_is_deleted_while_its_key_is_reported_and_its_address_moves() {
    let database = Database::new().await;
    let other = database.another().await;
    let tenant = Tenant::new(&database, "owner").await;
    let (store, origin) = (&database.store, Origin::default());
    for round in 0..ROUNDS {
        let (user, _) = member(&database, &tenant, &format!("mei{round}"), Role::Reader).await;
        let of = Tenant { user, ..tenant.clone() };
        let (_, secret) = of.personal_key(&database).await;
        let suspect = leaked(store, &secret).await;
        let address = format!("mei-{round}@example.com").parse().unwrap();
        store.system().begin_email_change(user, &address).await.unwrap();
        let change = database
            .look(&format!("SELECT id FROM email_changes WHERE user_id = '{}'", user.uuid()))
            .await;
        let change = change.parse().unwrap();
        let (deleted, disabled, moved) = tokio::join!(
            store.system().delete_account(user, &origin),
            other.system().disable_leaked(&suspect, &origin),
            other.system().finish_email_change(change, user, None),
        );
        calm(deleted);
        calm(disabled);
        calm(moved);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_who_goes_while_keys_are_made_and_accounts_are_deleted() {
    let meeting = Meeting::new().await;
    let Meeting { database, other, tenant } = &meeting;
    let store = &database.store;
    for round in 0..ROUNDS {
        let kofi: UserId = person(database, &format!("kofi{round}")).await;
        database
            .tamper(&format!(
                "UPDATE users SET name = 'Kofi' WHERE id = '{user}';
                 INSERT INTO memberships (org_id, user_id, role) VALUES ('{org}', '{user}', 'owner')",
                user = kofi.uuid(),
                org = tenant.org.uuid()
            ))
            .await;
        let caller = store.caller(kofi, tenant.org).await.unwrap();
        Tenant::key(store, &caller, tenant.project).await;
        let heirs = store.service_accounts(&tenant.caller).await.unwrap();
        let goes = async {
            match heirs.first() {
                Some(heir) => other.delete_service_account(&tenant.caller, heir.id).await,
                None => Ok(()),
            }
        };
        let (left, deleted, made) = tokio::join!(
            store.remove_member(&tenant.caller, kofi, OwnKeys::HandedOver(Vec::new())),
            goes,
            Tenant::try_key(&database.store, &caller, tenant.project),
        );
        calm(left);
        calm(deleted);
        calm(made);
        let orphans = format!("SELECT count(*) FROM api_keys WHERE owner_id = '{}'", kofi.uuid());
        assert_eq!(database.look(&orphans).await, "0");
    }
}

/// What fills rollups after an upgrade.
const FILLS: [&str; 3] = [
    include_str!("../../../../migrations/20261204200002_coarse_rollups_filled.sql"),
    include_str!("../../../../migrations/20261205200001_rollups_of_all.sql"),
    include_str!("../../../../migrations/20261206100001_spans.sql"),
];

const UNFOLDED: &str = "
    INSERT INTO deltas (org_id, quarter, day_starts, day_ends, project_id, key_id, member_id, model, sandbox, requests,
        estimated, input, cached, output, charge)
    SELECT o.org_id, d, d, d + interval '1 day', md5('project')::uuid, md5('key' || k)::uuid, md5('member')::uuid, 'model', true,
        1, 0, 1, 0, 1, 0.1
    FROM organizations o, generate_series(timestamptz '2026-07-01 22:00+00', '2026-10-08 22:00+00', '1 day') d,
        generate_series(1, 100) k";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn migrations_that_fill_rollups_wait_for_who_folds() {
    let database = Database::new().await;
    let _tenant = Tenant::new(&database, "owner").await;
    database.tamper(UNFOLDED).await;
    let fold = |store: Store| async move { while store.system().fold().await.unwrap() > 0 {} };
    let folding: Vec<_> = (0..3).map(|_| tokio::spawn(fold(database.store.clone()))).collect();
    for fill in FILLS.repeat(3) {
        database.migrate_by_hand(fill).await;
    }
    for task in folding {
        task.await.unwrap();
    }
    for fill in FILLS {
        database.migrate_by_hand(fill).await;
    }
    for rollups in ["rollups", "coarse_rollups"] {
        let differ = format!(
            "SELECT count(*) FROM (SELECT shape, sum(requests) AS n FROM {rollups} GROUP BY 1) c WHERE n <> 10000"
        );
        assert_eq!(database.look(&differ).await, "0", "{rollups}");
    }
}

/// What has policies ask a function.
const NARROW: &str = include_str!("../../../../migrations/20261205100002_own_projects_asked.sql");

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_migration_that_changes_policies_lets_pages_and_folds_go_on() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    database.tamper(UNFOLDED).await;
    let cycle = database.store.cycles(&tenant.caller).await.unwrap().current.window;
    let page = |store: Store, caller: Caller| async move {
        let (bounds, only) = ([cycle.starts, cycle.ends], Only::default());
        for grain in [Grain::Days, Grain::Quarters].repeat(20) {
            let ask = Ask { bounds: &bounds, grain, by: &[Dimension::Key], only: &only };
            store.explore(&caller, ask, 7, |totals| totals.charge.pico()).await.unwrap();
        }
    };
    let mut others: Vec<_> =
        (0..2).map(|_| tokio::spawn(page(database.store.clone(), tenant.caller.clone()))).collect();
    let store = database.store.clone();
    others.push(tokio::spawn(async move { while store.system().fold().await.unwrap() > 0 {} }));
    for _ in 0..3 {
        database.migrate_by_hand(NARROW).await;
    }
    for other in others {
        other.await.unwrap();
    }
}
