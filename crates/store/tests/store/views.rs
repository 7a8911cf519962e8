//! A view is its maker's or everybody's.

use domain::{Name, Role};
use store::{Conflict, StoreError, UsageView};
use testkit::{Database, Tenant};

use crate::people::member;

fn names(views: &[UsageView]) -> Vec<&str> {
    views.iter().map(|view| view.name.as_str()).collect()
}

#[tokio::test]
async fn a_view_is_ones_own_or_everybodys() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let stranger = Tenant::new(&database, "stranger").await;
    let (store, owner) = (&database.store, &tenant.caller);
    let (ben, reader) = member(&database, &tenant, "ben", Role::Reader).await;
    let name = |text: &str| text.parse::<Name>().unwrap();
    store.keep_view(owner, &name("Mine"), "by=key", false).await.unwrap();
    store.keep_view(owner, &name("Ours"), "range=last", true).await.unwrap();
    store.keep_view(&reader, &name("Bens"), "by=model", false).await.unwrap();
    let refused = store.keep_view(&reader, &name("Ours"), "", true).await;
    assert!(matches!(refused, Err(StoreError::Forbidden(_))), "{refused:?}");
    assert_eq!(names(&store.views(owner).await.unwrap()), ["Mine", "Ours"]);
    let seen = store.views(&reader).await.unwrap();
    assert_eq!(names(&seen), ["Bens", "Ours"]);
    assert_eq!(names(&store.views(&stranger.caller).await.unwrap()), Vec::<&str>::new());

    // The same name is the same view, and one's own is not everybody's.
    store.keep_view(owner, &name("Ours"), "range=30d", true).await.unwrap();
    store.keep_view(owner, &name("Ours"), "range=today", false).await.unwrap();
    let ours: Vec<_> = store.views(owner).await.unwrap().into_iter().map(|it| it.query).collect();
    assert_eq!(ours.len(), 3);
    assert!(ours.contains(&"range=30d".to_owned()) && ours.contains(&"range=today".to_owned()));

    let shared = seen.iter().find(|view| view.shared).unwrap().id;
    let own = seen.iter().find(|view| !view.shared).unwrap().id;
    for (caller, id) in [(&reader, shared), (owner, own), (&stranger.caller, shared)] {
        let refused = store.remove_view(caller, id).await;
        assert!(matches!(refused, Err(StoreError::NotFound)), "{refused:?}");
    }
    store.remove_view(owner, shared).await.unwrap();
    assert_eq!(names(&store.views(&reader).await.unwrap()), ["Bens"]);

    // Who leaves takes the own views along.
    store.remove_member(owner, ben, store::OwnKeys::Revoked).await.unwrap();
    let left = "SELECT string_agg(name, ' ' ORDER BY name) FROM views";
    assert_eq!(database.look(left).await, "Mine Ours");
}

#[tokio::test]
async fn a_list_stays_short() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let keep = async |n: usize| {
        let name: Name = format!("View {n}").parse().unwrap();
        database.store.keep_view(&tenant.caller, &name, "", n.is_multiple_of(2)).await
    };
    for n in 0..60 {
        keep(n).await.unwrap();
    }
    let long = "x".repeat(2_001);
    let refused =
        database.store.keep_view(&tenant.caller, &"Long".parse().unwrap(), &long, false).await;
    assert!(matches!(refused, Err(StoreError::Conflict(Conflict::LongView))), "{refused:?}");
    for n in 60..62 {
        let refused = keep(n).await;
        assert!(
            matches!(refused, Err(StoreError::Conflict(Conflict::TooManyViews))),
            "{refused:?}"
        );
    }
    keep(0).await.unwrap();
    assert_eq!(database.look("SELECT count(*) FROM views").await, "60");
}
