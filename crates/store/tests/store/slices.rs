//! Whichever rollup answers, the sums are the same.

use domain::{Outcome, Role};
use ledger::Settlement;
use sqlx::types::Uuid;
use store::slices::{Ask, Dimension, Grain, Only};
use testkit::{Database, Tenant};

use crate::{
    people::member,
    support::{Running, answered, price, request, usd},
};

/// All that can be asked: any dimensions, by days or quarters.
fn questions() -> Vec<Vec<Dimension>> {
    (0..16_u8)
        .map(|bits| {
            let asked = |place: &usize| bits & (1 << place) != 0;
            (0..4).filter(asked).map(|place| Dimension::ALL[place]).collect()
        })
        .collect()
}

#[tokio::test]
async fn each_rollup_agrees_with_all_dimensions_folded_or_not() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let node = Running::new(&database.store).await;
    for (model, charge) in [("sandbox-dime", "0.10"), ("sandbox-tokens", "0.000000000003")] {
        let price = price(&database, model).await;
        for _ in 0..3 {
            let asked = request(&tenant, &price, "0.90");
            node.ledger.reserve(asked).await.unwrap().settle(answered(charge)).await;
        }
        let unknown = request(&tenant, &price, "0.90");
        node.ledger.reserve(unknown).await.unwrap().settle(Settlement::unknown(usd("0.90"))).await;
        assert_eq!(Settlement::unknown(usd("0.90")).outcome, Outcome::Unknown);
        check(&database, &tenant).await;
        database.store.system().fold().await.unwrap();
        check(&database, &tenant).await;
    }
    node.finish().await;
    assert_eq!(database.store.system().reconcile().await.unwrap(), None);
}

async fn check(database: &Database, tenant: &Tenant) {
    let caller = &tenant.caller;
    let cycle = database.store.cycles(caller).await.unwrap()[0];
    let bounds = [cycle.starts, cycle.ends];
    let events = database.look("SELECT sum(charge) FROM events").await;
    for grain in [Grain::Days, Grain::Quarters] {
        for by in questions() {
            // A filter by what everything is keeps everything, and asks for one more dimension.
            let filters = [
                Only::default(),
                Only { keys: vec![tenant.key.uuid()], ..Only::default() },
                Only { members: vec![tenant.user.uuid()], sandbox: Some(true), ..Only::default() },
            ];
            for only in &filters {
                let ask = Ask { bounds: &bounds, grain, by: &by, only };
                let slices = database.store.slices(caller, ask).await.unwrap();
                let sum: domain::Usd = slices.iter().map(|slice| slice.totals.charge).sum();
                assert_eq!(sum, usd(&events), "{grain:?} {by:?} {only:?}");
                for slice in &slices {
                    assert_eq!(slice.model.is_some(), by.contains(&Dimension::Model));
                    assert_eq!(slice.project.is_some(), by.contains(&Dimension::Project));
                    assert_eq!(slice.person.is_some(), by.contains(&Dimension::Key));
                    if by.contains(&Dimension::Key) {
                        assert_eq!(slice.key, Some(tenant.key.uuid()));
                    }
                }
            }
            let nobody = Only { projects: vec![Uuid::nil()], ..Only::default() };
            let ask = Ask { bounds: &bounds, grain, by: &by, only: &nobody };
            assert!(database.store.slices(caller, ask).await.unwrap().is_empty());
        }
    }
}

#[tokio::test]
async fn members_are_an_owners_business() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let (_, reader) = member(&database, &tenant, "reader", Role::Reader).await;
    let cycle = database.store.cycles(&reader).await.unwrap()[0];
    let bounds = [cycle.starts, cycle.ends];
    let of = |only| Ask { bounds: &bounds, grain: Grain::Days, by: &[], only };
    let (all, one) = (Only::default(), Only { members: vec![Uuid::nil()], ..Only::default() });
    assert!(database.store.slices(&reader, of(&all)).await.is_ok());
    assert!(database.store.slices(&reader, of(&one)).await.is_err());
    let by = Ask { by: &[Dimension::Member], ..of(&all) };
    assert!(database.store.slices(&reader, by).await.is_err());
}
