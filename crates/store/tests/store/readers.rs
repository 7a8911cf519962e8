//! What a reader sees: own projects and nothing else, whatever is asked.

use domain::{Caller, Environment, KeyId, Level, Period, ProjectId, ProjectRole, Role, Scope, Usd};
use store::{
    Conflict, Receipt, RefusedBy, StoreError, Until,
    explore::Explored,
    slices::{Ask, Dimension, Grain, Only, Slice},
    system::receipts::{Cause, ReceiptRow},
};
use testkit::{Database, Tenant};

use crate::{
    people::{member, put},
    support::{Running, answered, price, request, usd},
};

/// A tenant with two projects that both were used, limited, alerted about and refused.
struct Scene {
    database: Database,
    tenant: Tenant,
    own: (ProjectId, KeyId),
    other: (ProjectId, KeyId),
}

impl Scene {
    async fn new() -> Self {
        let database = Database::new().await;
        let tenant = Tenant::new(&database, "ours").await;
        let (store, caller) = (&database.store, &tenant.caller);
        let name = "Secret".parse().unwrap();
        let project = store.create_project(caller, &name, Environment::Production).await.unwrap();
        let (key, _) = Tenant::key(store, caller, project).await;
        let (own, other) = ((tenant.project, tenant.key), (project, key));
        let node = Running::new(store).await;
        let dime = price(&database, "sandbox-dime").await;
        for (project, key, charge, refused) in
            [(own.0, own.1, "0.30", "5"), (other.0, other.1, "0.70", "9")]
        {
            for scope in [Scope::Project(project), Scope::Key(key)] {
                store.set_budget(caller, scope, Period::Month, usd("2")).await.unwrap();
                let level = Level::Percent(10);
                store.set_threshold(caller, scope, Period::Month, level).await.unwrap();
            }
            let asked = |bound| {
                let mut request = request(&tenant, &dime, bound);
                (request.project, request.key) = (project, key);
                request
            };
            node.ledger.reserve(asked(charge)).await.unwrap().settle(answered(charge)).await;
            let limit = match node.ledger.reserve(asked(refused)).await {
                Err(ledger::Refusal::Spent(limit)) => Some(limit),
                _ => None,
            };
            let cause = Cause::Amount { limit: limit.unwrap(), bound: usd(refused) };
            let row = ReceiptRow { org: tenant.org, project, key, cause, count: 3 };
            store.system().flush_receipts(&[row]).await.unwrap();
        }
        node.finish().await;
        Self { database, tenant, own, other }
    }

    /// What a page about the cycle shows a caller.
    async fn explored(&self, caller: &Caller, by: &[Dimension], grain: Grain) -> Explored {
        let store = &self.database.store;
        let cycle = store.cycles(caller).await.unwrap().current.window;
        let (bounds, only) = ([cycle.starts, cycle.ends], Only::default());
        let ask = Ask { bounds: &bounds, grain, by, only: &only };
        store.explore(caller, ask, 1, |totals| totals.charge.pico()).await.unwrap()
    }

    /// What a caller sees of charges, told apart in several ways, and of the cycle's other sums.
    async fn charges(&self, caller: &Caller) -> Vec<Usd> {
        let store = &self.database.store;
        let cycle = store.cycles(caller).await.unwrap().current.window;
        let charge = |slices: &[Slice]| slices.iter().map(|slice| slice.totals.charge).sum();
        let mut sums = Vec::new();
        for (grain, by) in [Grain::Quarters, Grain::Days].into_iter().zip(SLICED) {
            let explored = self.explored(caller, by, grain).await;
            sums.extend([charge(&explored.cut.groups), charge(&explored.cut.stretches)]);
            sums.push(explored.cut.sandbox.charge);
            let (bounds, only) = ([cycle.starts, cycle.ends], Only::default());
            let ask = Ask { bounds: &bounds, grain, by, only: &only };
            sums.push(charge(&store.slices(caller, ask).await.unwrap()));
            let until = Until { day: cycle.ends, quarter: cycle.ends };
            let past = store.past(caller, ask, until).await.unwrap();
            sums.extend([charge(&past.stretches), charge(&past.so_far)]);
        }
        sums
    }
}

/// How many sums there are.
const SUMS: usize = 12;

/// What usage is told apart by, by quarters and by days.
const SLICED: [&[Dimension]; 2] = [&[], &[Dimension::Project, Dimension::Key, Dimension::Model]];

#[tokio::test]
async fn a_reader_with_one_project_of_two_sees_that_one() {
    let scene = Scene::new().await;
    let Scene { database, tenant, own, other } = &scene;
    let store = &database.store;
    for role in ProjectRole::ALL {
        let (user, reader) = member(database, tenant, role.as_str(), Role::Reader).await;
        assert_eq!(scene.charges(&reader).await, [Usd::ZERO; SUMS]);
        put(database, tenant, own.0, user, role).await;
        // Folded or not.
        assert_eq!(scene.charges(&reader).await, [usd("0.30"); SUMS]);
        store.system().fold().await.unwrap();
        assert_eq!(scene.charges(&reader).await, [usd("0.30"); SUMS]);

        let explored = scene.explored(&reader, &[Dimension::Project], Grain::Days).await;
        let named = store.names(&reader, &explored.cut.groups).await.unwrap();
        let labels = explored.cut.groups.iter().map(|it| named.label(Dimension::Project, it));
        assert_eq!(labels.collect::<Vec<_>>(), ["Search"]);
        assert_eq!((explored.refused, explored.running), (Some(3), 0));
        let ids: Vec<_> = store.projects(&reader).await.unwrap().iter().map(|p| p.id).collect();
        assert_eq!(ids, [own.0]);
        let ids: Vec<_> = store.api_keys(&reader).await.unwrap().iter().map(|k| k.id).collect();
        assert_eq!(ids, [own.1]);
        let named = store.named_keys(&reader).await.unwrap();
        let ids: Vec<_> = named.iter().map(|key| (key.id, key.project)).collect();
        assert_eq!(ids, [(own.1, own.0)]);
        assert!(store.key_activity(&reader).await.unwrap().keys().eq([&own.1]));

        let mine = [Scope::Key(own.1), Scope::Project(own.0)];
        let sorted = |mut scopes: Vec<Scope>| {
            scopes.sort_by_key(|scope| matches!(scope, Scope::Project(_)));
            scopes
        };
        let budgets = store.budgets(&reader).await.unwrap();
        assert_eq!(sorted(budgets.iter().map(|it| it.scope).collect()), mine);
        let (standings, _) = store.standings(&reader).await.unwrap();
        assert!(standings.iter().all(|standing| standing.status.spent == usd("0.30")));
        assert_eq!(standings.len(), 2);
        let thresholds = store.thresholds(&reader).await.unwrap();
        assert_eq!(sorted(thresholds.iter().map(|it| it.scope).collect()), mine);
        let crossings = store.crossings(&reader).await.unwrap();
        assert!(crossings.iter().all(|crossing| mine.contains(&crossing.scope)));
        // Who was mailed is for owners.
        assert!(crossings.iter().all(|crossing| crossing.deliveries.is_empty()));
        assert_eq!(crossings.len(), 3);

        for scope in mine {
            let status = store.budget_status(&reader, scope, Period::Month).await.unwrap();
            assert_eq!(status.spent, usd("0.30"), "{scope}");
        }
        for scope in [Scope::Project(other.0), Scope::Key(other.1)] {
            let seen = store.budget_status(&reader, scope, Period::Month).await;
            assert!(matches!(seen, Err(StoreError::NotFound)), "{seen:?}");
        }
        let seen = store.budget_status(&reader, Scope::Org(tenant.org), Period::Month).await;
        assert!(matches!(seen, Err(StoreError::Forbidden(_))), "{seen:?}");
    }
    assert_eq!(scene.charges(&tenant.caller).await, [usd("1"); SUMS]);
}

#[tokio::test]
async fn receipts_are_for_who_is_in_the_project() {
    let scene = Scene::new().await;
    let Scene { database, tenant, own, other } = &scene;
    let store = &database.store;
    let (user, reader) = member(database, tenant, "kofi", Role::Reader).await;
    put(database, tenant, own.0, user, ProjectRole::Viewer).await;
    let of = |project: ProjectId| async move {
        let id = database
            .look(&format!("SELECT id FROM receipts WHERE project_id = '{}'", project.uuid()))
            .await;
        domain::ReceiptId::from_uuid(id.parse().unwrap())
    };
    let receipt = store.receipt(&reader, of(own.0).await).await.unwrap();
    assert_eq!((receipt.project_name.as_str(), receipt.count), ("Search", 3));
    let numbers = |receipt: &Receipt| match &receipt.by {
        RefusedBy::Budget(_, numbers) => *numbers,
        other => unreachable!("{other:?}"),
    };
    assert_eq!(numbers(&receipt).map(|numbers| numbers.spent), Some(usd("0.30")));
    let hidden = store.receipt(&reader, of(other.0).await).await;
    assert!(matches!(hidden, Err(StoreError::NotFound)), "{hidden:?}");
    // Refused by the organization's budget: that it was, and not what the organization spends.
    let whole = Scope::Org(tenant.org);
    let budget = store.set_budget(&tenant.caller, whole, Period::Month, usd("9")).await.unwrap();
    let refuse = format!("UPDATE receipts SET scope = 'org', limit_id = '{}'", budget.uuid());
    database.tamper(&refuse).await;
    let receipt = store.receipt(&reader, of(own.0).await).await.unwrap();
    assert_eq!((numbers(&receipt), receipt.now), (None, None));
    let receipt = store.receipt(&tenant.caller, of(own.0).await).await.unwrap();
    assert!(numbers(&receipt).is_some() && receipt.now.is_some());
}

#[tokio::test]
async fn usage_of_keys_that_no_project_has_is_named_and_counted() {
    let scene = Scene::new().await;
    let Scene { database, tenant, own, .. } = &scene;
    let store = &database.store;
    let (user, reader) = member(database, tenant, "kofi", Role::Reader).await;
    put(database, tenant, own.0, user, ProjectRole::Member).await;
    // An untracked key's usage, a personal key's, and one of somebody who has left.
    for (key, member) in [
        (sqlx::types::Uuid::nil(), tenant.user.uuid()),
        (KeyId::generate().uuid(), user.uuid()),
        (KeyId::generate().uuid(), domain::UserId::generate().uuid()),
    ] {
        database
            .tamper(&format!(
                "INSERT INTO deltas (org_id, quarter, day_starts, day_ends, project_id, key_id, member_id, model, sandbox,
                    requests, estimated, input, cached, output, charge)
                 SELECT org_id, quarter, day_starts, day_ends, project_id, '{key}', '{member}', model, sandbox,
                    1, 0, 1, 0, 1, 0.01 FROM deltas WHERE project_id = '{}' LIMIT 1",
                own.0.uuid()
            ))
            .await;
    }
    let names = async |caller: &Caller| {
        let groups = scene.explored(caller, &[Dimension::Key], Grain::Days).await.cut.groups;
        let named = store.names(caller, &groups).await.unwrap();
        let mut names: Vec<_> = groups.iter().map(|it| named.label(Dimension::Key, it)).collect();
        names.sort();
        names
    };
    assert_eq!(
        names(&tenant.caller).await,
        [
            "Personal key of a former member",
            "Personal key of kofi",
            "Test key",
            "Test key",
            "Untracked"
        ]
    );
    assert_eq!(names(&reader).await, ["Personal key", "Personal key", "Test key", "Untracked"]);
    let charges = scene.charges(&tenant.caller).await;
    assert!(charges.iter().all(|charge| *charge == usd("1.03")), "{charges:?}");
    let charges = scene.charges(&reader).await;
    assert!(charges.iter().all(|charge| *charge == usd("0.33")), "{charges:?}");
}

/// Whoever makes a project may choose its people: by name, like any reader.
#[tokio::test]
async fn a_reader_who_runs_a_project_reads_no_addresses() {
    let database = Database::new().await;
    let (store, tenant) = (&database.store, Tenant::new(&database, "acme").await);
    let (_, reader) = member(&database, &tenant, "rita", Role::Reader).await;
    let (guest, _) = member(&database, &tenant, "gus", Role::Reader).await;
    let name = "Rita’s".parse().unwrap();
    let project = store.create_project(&reader, &name, Environment::Development).await.unwrap();
    store.add_project_member(&reader, project, guest, ProjectRole::Viewer).await.unwrap();
    let seen = async |caller: &Caller| {
        let candidates = store.project_candidates(caller, project).await.unwrap();
        let members = store.project_members(caller, project).await.unwrap();
        assert!(!candidates.is_empty() && !members.is_empty());
        format!("{candidates:?} {members:?}").matches("@example.com").count()
    };
    assert_eq!(seen(&reader).await, 0);
    assert_eq!(seen(&tenant.caller).await, 3);
}

#[tokio::test]
async fn who_made_a_key_is_told_by_name_and_to_owners_by_address() {
    let database = Database::new().await;
    let (store, tenant) = (&database.store, Tenant::new(&database, "acme").await);
    let name = "bot".parse().unwrap();
    let owner = &tenant.caller;
    let account = store.create_service_account(owner, tenant.project, &name).await.unwrap();
    let told = async |caller: &Caller| {
        let key = store.api_key(caller, tenant.key).await.unwrap();
        let account = store.service_account(caller, account).await.unwrap();
        let all = format!(
            "{:?} {:?}",
            store.api_keys(caller).await.unwrap(),
            store.service_accounts(caller).await.unwrap()
        );
        assert_eq!(key.maker, account.maker);
        (key.maker.to_string(), all.contains('@'))
    };
    let (address, _) = told(owner).await;
    assert!(address.contains('@'), "{address}");
    let called = format!("SELECT name FROM users WHERE id = '{}'", tenant.user.uuid());
    let called = database.look(&called).await;
    for role in ProjectRole::ALL {
        let (user, reader) = member(&database, &tenant, role.as_str(), Role::Reader).await;
        put(&database, &tenant, tenant.project, user, role).await;
        assert_eq!(told(&reader).await, (called.clone(), false), "{role:?}");
    }
}

#[tokio::test]
async fn the_database_itself_shows_a_reader_who_is_in_own_projects_alone() {
    let database = Database::new().await;
    let (store, tenant) = (&database.store, Tenant::new(&database, "acme").await);
    let name = "Other".parse().unwrap();
    let other = store.create_project(&tenant.caller, &name, Environment::Production).await.unwrap();
    let (inside, _) = member(&database, &tenant, "ida", Role::Reader).await;
    let (elsewhere, _) = member(&database, &tenant, "eli", Role::Reader).await;
    let (nowhere, _) = member(&database, &tenant, "nora", Role::Reader).await;
    put(&database, &tenant, tenant.project, inside, ProjectRole::Viewer).await;
    put(&database, &tenant, other, elsewhere, ProjectRole::Owner).await;
    let all: i64 = database.look("SELECT count(*) FROM project_members").await.parse().unwrap();
    let in_own = format!(
        "SELECT count(*) FROM project_members WHERE project_id = '{}'",
        tenant.project.uuid()
    );
    let in_own: i64 = database.look(&in_own).await.parse().unwrap();
    let sees = |user: domain::UserId| user.uuid().to_string();
    for (sees, rows) in [
        ("all".to_owned(), all),
        (sees(inside), in_own),
        (sees(elsewhere), 1),
        (sees(nowhere), 0),
        (String::new(), 0),
    ] {
        // Row-level security alone, without any WHERE.
        let mut connection = database.admin.acquire().await.unwrap();
        let begin = format!(
            "BEGIN; SET LOCAL ROLE exq_tenant; SET LOCAL app.org = '{}'; SET LOCAL app.sees = '{sees}'",
            tenant.org.uuid()
        );
        sqlx::raw_sql(sqlx::AssertSqlSafe(begin)).execute(&mut *connection).await.unwrap();
        let seen: i64 = sqlx::query_scalar("SELECT count(*) FROM project_members")
            .fetch_one(&mut *connection)
            .await
            .unwrap();
        sqlx::raw_sql("ROLLBACK").execute(&mut *connection).await.unwrap();
        assert_eq!(seen, rows, "{sees}");
    }
}

#[tokio::test]
async fn an_alert_of_ones_project_keeps_strangers_whom_an_owner_named_and_gets_no_others() {
    let scene = Scene::new().await;
    let Scene { database, tenant, own, .. } = &scene;
    let (store, scope) = (&database.store, Scope::Project(own.0));
    let (user, reader) = member(database, tenant, "kofi", Role::Reader).await;
    put(database, tenant, own.0, user, ProjectRole::Owner).await;
    let addresses = |all: &[&str]| all.iter().map(|it| it.parse().unwrap()).collect::<Vec<_>>();
    let named = addresses(&["boss@elsewhere.example"]);
    let level = Level::Amount(usd("5"));
    let add = store.add_threshold(&reader, scope, Period::Month, level, &named).await;
    let stranger =
        |result| matches!(result, Err(StoreError::Conflict(Conflict::ThresholdStrangers)));
    assert!(stranger(add.map(|_| ())));
    let set = store.add_threshold(&tenant.caller, scope, Period::Month, level, &named).await;
    let id = set.unwrap().id;
    let edit = async |all: &[&str]| {
        store.edit_spend_alert(&reader, scope, id, usd("6"), &addresses(all)).await
    };
    assert!(stranger(edit(&["boss@elsewhere.example", "other@elsewhere.example"]).await));
    edit(&["boss@elsewhere.example", "kofi@example.com"]).await.unwrap();
    let seen = store.thresholds(&reader).await.unwrap();
    let seen = seen.iter().find(|it| it.id == id).unwrap();
    assert_eq!(seen.addresses, ["boss@elsewhere.example", "kofi@example.com"]);
}
