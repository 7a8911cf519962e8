//! What an admin key opens, for whom, and until when.

use chrono::TimeDelta;
use domain::{Actor, AdminKeyId, Caller, Forbidden, FormId, Lifetime, Origin, Role};
use store::{Conflict, NewAdminKey, NewKey, StoreError, system::Admitted};
use testkit::{Database, Tenant};

async fn make(
    database: &Database,
    caller: &Caller,
    public_id: &str,
    lifetime: Option<Lifetime>,
) -> Result<AdminKeyId, StoreError> {
    let new = NewKey { public_id, secret_hash: &[1; 32], last_four: "abcd" };
    let name = "Directory sync".parse().unwrap();
    let new = NewAdminKey { name, lifetime, form: None, key: new };
    database.store.create_admin_key(caller, &new).await
}

async fn enter(database: &Database, public_id: &str) -> Option<Admitted> {
    let origin = Origin::new(None, Some("sync/1"));
    let is_right = |hash: &[u8]| hash == [1; 32];
    database.store.system().admin_caller(public_id, origin, is_right).await.unwrap()
}

#[tokio::test]
async fn a_key_is_its_organizations_owner_until_it_is_revoked() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "acme").await;
    let store = &database.store;
    let id = make(&database, &tenant.caller, "aaaaaaaaaaaa", None).await.unwrap();
    let caller = match enter(&database, "aaaaaaaaaaaa").await.unwrap() {
        Admitted::Caller(caller) => Some(caller),
        Admitted::Suspended => None,
    }
    .unwrap();
    assert_eq!((caller.actor, caller.org), (Actor::AdminKey(id), tenant.org));
    assert_eq!((caller.role, caller.origin.agent.as_deref()), (Role::Owner, Some("sync/1")));
    let wrong = store.system().admin_caller("aaaaaaaaaaaa", Origin::default(), |_| false).await;
    assert_eq!(wrong.unwrap(), None);
    assert_eq!(enter(&database, "bbbbbbbbbbbb").await, None);
    let key = store.admin_key(&caller, id).await.unwrap();
    assert!(key.used_at.is_some());
    assert_eq!(key.maker.unwrap().user, tenant.user);

    store.revoke_admin_key(&caller, id).await.unwrap();
    store.revoke_admin_key(&tenant.caller, id).await.unwrap();
    assert_eq!(enter(&database, "aaaaaaaaaaaa").await, None);
    assert!(matches!(store.admin_key(&tenant.caller, id).await, Err(StoreError::NotFound)));
    let log = "SELECT string_agg(action || ' ' || (actor = '{}')::text, ', ' ORDER BY seq)
        FROM audit_entries WHERE subject = '{}'";
    let entries = database.look(&log.replace("{}", &id.to_string())).await;
    assert_eq!(entries, "admin_api_key.created false, admin_api_key.deleted true");
}

#[tokio::test]
async fn a_key_opens_nothing_when_its_time_is_over_or_its_organization_suspended() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "acme").await;
    let day = Some(Lifetime::from_days(1).unwrap());
    let id = make(&database, &tenant.caller, "aaaaaaaaaaaa", day).await.unwrap();
    make(&database, &tenant.caller, "bbbbbbbbbbbb", None).await.unwrap();
    assert!(enter(&database, "aaaaaaaaaaaa").await.is_some());
    database.advance(TimeDelta::hours(24)).await;
    assert_eq!(enter(&database, "aaaaaaaaaaaa").await, None);
    assert!(database.store.admin_key(&tenant.caller, id).await.unwrap().expired);
    database.tamper("UPDATE organizations SET suspended_at = exq_now()").await;
    assert_eq!(enter(&database, "bbbbbbbbbbbb").await, Some(Admitted::Suspended));
    database.tamper("UPDATE organizations SET closed_at = exq_now()").await;
    assert_eq!(enter(&database, "bbbbbbbbbbbb").await, None);
}

#[tokio::test]
async fn keys_are_their_own_organizations_owners_alone() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "acme").await;
    let other = Tenant::new(&database, "other").await;
    let id = make(&database, &tenant.caller, "aaaaaaaaaaaa", None).await.unwrap();
    let store = &database.store;
    assert!(store.admin_keys(&other.caller).await.unwrap().is_empty());
    assert!(matches!(store.revoke_admin_key(&other.caller, id).await, Err(StoreError::NotFound)));
    let reader = Caller { role: Role::Reader, ..tenant.caller.clone() };
    let forbidden = |error: StoreError| matches!(error, StoreError::Forbidden(Forbidden));
    assert!(forbidden(store.admin_keys(&reader).await.unwrap_err()));
    assert!(forbidden(make(&database, &reader, "bbbbbbbbbbbb", None).await.unwrap_err()));
    assert!(forbidden(store.revoke_admin_key(&reader, id).await.unwrap_err()));
    assert!(enter(&database, "aaaaaaaaaaaa").await.is_some());
}

#[tokio::test]
async fn a_form_makes_one_key_however_often_it_is_sent() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "acme").await;
    let form = Some(FormId::generate());
    let send = async |public_id: &str| {
        let key = NewKey { public_id, secret_hash: &[1; 32], last_four: "abcd" };
        let new = NewAdminKey { name: "Sync".parse().unwrap(), lifetime: None, form, key };
        database.store.create_admin_key(&tenant.caller, &new).await
    };
    let (one, other) = tokio::join!(send("aaaaaaaaaaaa"), send("bbbbbbbbbbbb"));
    let is_told = |error: &StoreError| matches!(error, StoreError::Conflict(Conflict::KeyMade));
    assert_eq!([&one, &other].iter().filter(|made| made.is_ok()).count(), 1);
    assert!([one, other].into_iter().filter_map(Result::err).all(|error| is_told(&error)));
    assert_eq!(database.store.admin_keys(&tenant.caller).await.unwrap().len(), 1);
}

#[tokio::test]
async fn no_key_makes_one_that_outlives_it() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "acme").await;
    let day = Some(Lifetime::from_days(1).unwrap());
    make(&database, &tenant.caller, "aaaaaaaaaaaa", day).await.unwrap();
    let parent = match enter(&database, "aaaaaaaaaaaa").await.unwrap() {
        Admitted::Caller(caller) => Some(caller),
        Admitted::Suspended => None,
    }
    .unwrap();
    for (public_id, lifetime) in
        [("bbbbbbbbbbbb", None), ("cccccccccccc", Some(Lifetime::from_days(300).unwrap()))]
    {
        make(&database, &parent, public_id, lifetime).await.unwrap();
        assert!(enter(&database, public_id).await.is_some());
    }
    database.advance(TimeDelta::hours(25)).await;
    for public_id in ["aaaaaaaaaaaa", "bbbbbbbbbbbb", "cccccccccccc"] {
        assert_eq!(enter(&database, public_id).await, None, "{public_id}");
    }
}
