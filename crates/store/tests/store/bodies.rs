//! Prompts and answers that are kept: who may read them, and until when.

use chrono::TimeDelta;
use domain::{Caller, EventId, Forbidden, KeptDays, ProjectRole, Role, UserId};
use sqlx::AssertSqlSafe;
use store::{Conflict, Keeping, StoreError, system::BodyRow};
use testkit::{Database, Tenant};

use crate::{
    people::{member, put},
    support::{Running, answered, price, request},
};

/// What a request left; the store doesn't care what is sealed how.
pub(crate) fn body(tenant: &Tenant, id: EventId) -> BodyRow {
    BodyRow {
        org: tenant.org,
        project: tenant.project,
        id,
        prompt: b"a sealed prompt".to_vec(),
        prompt_cut: false,
        answer: Some(b"a sealed answer".to_vec()),
        answer_cut: true,
    }
}

fn days(days: i64) -> KeptDays {
    KeptDays::new(days).unwrap()
}

struct Scene {
    database: Database,
    tenant: Tenant,
    /// Of the tenant's project, in order of making.
    ids: Vec<EventId>,
}

impl Scene {
    async fn new() -> Self {
        let database = Database::new().await;
        let tenant = Tenant::new(&database, "ours").await;
        let node = Running::new(&database.store).await;
        let dime = price(&database, "sandbox-dime").await;
        let mut ids = Vec::new();
        for _ in 0..3 {
            let asked = request(&tenant, &dime, "1");
            ids.push(asked.id);
            node.ledger.reserve(asked).await.unwrap().settle(answered("0.10")).await;
        }
        node.finish().await;
        Self { database, tenant, ids }
    }

    async fn keeps(&self, days: Option<KeptDays>) {
        let (store, tenant) = (&self.database.store, &self.tenant);
        store.set_bodies(&tenant.caller, tenant.project, days).await.unwrap();
    }

    async fn write(&self, ids: &[EventId]) {
        let rows: Vec<_> = ids.iter().map(|id| body(&self.tenant, *id)).collect();
        let rows: Vec<_> = rows.iter().collect();
        self.database.store.system().flush_bodies(&rows).await.unwrap();
    }

    async fn keeping(&self, caller: &Caller) -> Result<Keeping, StoreError> {
        self.database.store.keeping(caller, self.ids[0]).await
    }

    async fn open(&self, caller: &Caller) -> Result<Vec<u8>, StoreError> {
        let opened = self.database.store.open_body(caller, self.ids[0]).await?;
        assert!(opened.answer.as_deref() == Some(b"a sealed answer") && opened.answer_cut);
        Ok(opened.prompt)
    }

    /// How many rows a reader's transaction sees.
    async fn seen(&self, reader: UserId) -> i64 {
        let mut tx = self.database.admin.begin().await.unwrap();
        sqlx::query(
            "SELECT set_config('role', 'exq_tenant', true), set_config('app.org', $1, true), set_config('app.sees', $2, true)",
        )
        .bind(self.tenant.org.uuid().to_string())
        .bind(reader.uuid().to_string())
        .execute(&mut *tx)
        .await
        .unwrap();
        sqlx::query_scalar("SELECT count(*) FROM bodies").fetch_one(&mut *tx).await.unwrap()
    }

    /// Rows that are there, and what a sweep forgets.
    async fn left(&self) -> (String, u64) {
        let left = self.database.look("SELECT count(*) FROM bodies").await;
        (left, self.database.store.system().reap_bodies().await.unwrap())
    }
}

#[tokio::test]
async fn those_who_run_the_project_read_it_and_nobody_else() {
    let scene = Scene::new().await;
    let (database, owner) = (&scene.database, &scene.tenant.caller);
    assert_eq!(scene.keeping(owner).await.unwrap(), Keeping::Off);
    scene.keeps(Some(days(30))).await;
    assert_eq!(scene.keeping(owner).await.unwrap(), Keeping::Missing(days(30)));
    assert!(matches!(scene.open(owner).await, Err(StoreError::NotFound)));
    scene.write(&scene.ids).await;
    assert!(matches!(scene.keeping(owner).await.unwrap(), Keeping::Until(_)));
    assert_eq!(scene.open(owner).await.unwrap(), b"a sealed prompt");

    let other = Tenant::new(database, "other").await.caller;
    let (user, reader) = member(database, &scene.tenant, "rita", Role::Reader).await;
    for caller in [&other, &reader] {
        assert!(matches!(scene.keeping(caller).await, Err(StoreError::NotFound)));
        assert!(matches!(scene.open(caller).await, Err(StoreError::NotFound)));
    }
    for role in [ProjectRole::Viewer, ProjectRole::Member, ProjectRole::Owner] {
        database.tamper("DELETE FROM project_members WHERE role <> 'x'").await;
        put(database, &scene.tenant, scene.tenant.project, user, role).await;
        // The database keeps it back as well, whatever a query asks.
        let seen = if role == ProjectRole::Owner { 3 } else { 0 };
        assert_eq!(scene.seen(user).await, seen, "{role:?}");
        if role == ProjectRole::Owner {
            assert!(matches!(scene.keeping(&reader).await.unwrap(), Keeping::Until(_)));
            assert_eq!(scene.open(&reader).await.unwrap(), b"a sealed prompt");
        } else {
            assert_eq!(scene.keeping(&reader).await.unwrap(), Keeping::Closed(days(30)));
            let refused = scene.open(&reader).await;
            assert!(matches!(refused, Err(StoreError::Forbidden(Forbidden))), "{refused:?}");
        }
    }
    let looks = "SELECT count(*) || ' ' || count(DISTINCT actor) || ' ' || count(project_id) FROM audit_entries
        WHERE action = 'request.opened'";
    assert_eq!(database.look(looks).await, "2 2 2");
}

#[tokio::test]
async fn what_has_expired_is_not_shown_and_forgotten_in_the_next_sweep() {
    let scene = Scene::new().await;
    let owner = &scene.tenant.caller;
    scene.keeps(Some(days(2))).await;
    scene.write(&scene.ids[..2]).await;
    scene.database.advance(TimeDelta::days(1)).await;
    // What comes late is written late, and kept no longer for that.
    scene.write(&scene.ids).await;
    assert_eq!(scene.left().await, ("3".to_owned(), 0));
    assert!(scene.open(owner).await.is_ok());
    // A longer time does not keep longer what was kept for a shorter one.
    scene.keeps(Some(days(90))).await;
    scene.database.advance(TimeDelta::days(2) + TimeDelta::seconds(1)).await;
    assert_eq!(scene.keeping(owner).await.unwrap(), Keeping::Missing(days(90)));
    assert!(matches!(scene.open(owner).await, Err(StoreError::NotFound)));
    assert_eq!(scene.left().await, ("3".to_owned(), 2));
    assert_eq!(scene.left().await, ("1".to_owned(), 0));
}

#[tokio::test]
async fn a_shorter_time_and_none_forget_what_was_kept_for_longer() {
    let scene = Scene::new().await;
    let owner = &scene.tenant.caller;
    scene.keeps(Some(days(30))).await;
    scene.write(&scene.ids).await;
    scene.database.advance(TimeDelta::days(8)).await;
    assert_eq!(scene.left().await, ("3".to_owned(), 0));
    scene.keeps(Some(days(7))).await;
    assert_eq!(scene.keeping(owner).await.unwrap(), Keeping::Over(days(7)));
    assert_eq!(scene.left().await, ("3".to_owned(), 3));

    scene.keeps(Some(days(30))).await;
    scene.write(&scene.ids).await;
    scene.keeps(None).await;
    // At once for people, with the next sweep in the table.
    assert_eq!(scene.keeping(owner).await.unwrap(), Keeping::Off);
    assert!(matches!(scene.open(owner).await, Err(StoreError::NotFound)));
    // What was to go would be readable again.
    let (store, project) = (&scene.database.store, scene.tenant.project);
    let again = store.set_bodies(owner, project, Some(days(30))).await;
    assert!(matches!(again, Err(StoreError::Conflict(Conflict::BodiesLeft))), "{again:?}");
    // A node that has not heard of it yet.
    scene.write(&scene.ids).await;
    assert_eq!(scene.left().await, ("3".to_owned(), 3));
    scene.write(&scene.ids).await;
    assert_eq!(scene.left().await, ("0".to_owned(), 0));
}

#[tokio::test]
async fn a_sweep_looks_at_what_is_over_alone() {
    let scene = Scene::new().await;
    scene.keeps(Some(days(30))).await;
    // As a busy project has them: one a second for a month and some hours.
    let org = scene.tenant.org.uuid();
    scene
        .database
        .tamper(&format!(
            "INSERT INTO bodies SELECT '{org}', overlay(gen_random_uuid()::text placing
                left(exq_id_floor(now() - make_interval(secs => n * 26))::text, 13) from 1 for 13)::uuid,
                '{}', 'x', false, NULL, false, now() + interval '30 days' - make_interval(secs => n * 26)
             FROM generate_series(1, 102000) n",
            scene.tenant.project.uuid()
        ))
        .await;
    scene.database.tamper("ANALYZE bodies").await;
    let statement = include_str!("../../src/system/reap_bodies.sql");
    let explain = format!("EXPLAIN {}", statement.replace("$1", "now()").replace("$2", "1000"));
    let plan: Vec<String> =
        sqlx::query_scalar(AssertSqlSafe(explain)).fetch_all(&scene.database.admin).await.unwrap();
    let scans = plan.iter().filter(|line| line.contains("Scan") && line.contains("on bodies"));
    let by_index = scans.clone().filter(|line| line.contains("Index"));
    assert!(by_index.count() == 2 && scans.count() == 3, "{plan:#?}");
    // More than a slice.
    let reaped = scene.database.store.system().reap_bodies().await.unwrap();
    assert!((2_300..2_320).contains(&reaped), "{reaped}");
    assert_eq!(scene.left().await.1, 0);
}
