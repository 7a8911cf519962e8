//! Jobs: claimed by one node, finished once, tried again.

use chrono::TimeDelta;
use domain::{Job, Loop, NodeId, Origin};
use store::system::Done;
use testkit::{Database, Tenant};

#[tokio::test]
async fn one_node_has_a_job_and_only_who_has_it_finishes_it() {
    let database = Database::new().await;
    let system = database.store.system();
    let (one, two) = (NodeId::generate(), NodeId::generate());
    system.plan_job(Job::Reconcile).await.unwrap();
    system.plan_job(Job::Reconcile).await.unwrap();
    let first = system.claim_job(one, Job::Reconcile).await.unwrap().unwrap();
    assert_eq!(first.due, Job::Reconcile.schedule().last(system.now().await.unwrap()));
    assert_eq!(system.claim_job(two, Job::Reconcile).await.unwrap(), None, "it is claimed");
    database.advance(TimeDelta::seconds(45)).await;
    assert!(system.renew_job(&first).await.unwrap());
    database.advance(TimeDelta::seconds(90)).await;
    assert_eq!(system.claim_job(two, Job::Reconcile).await.unwrap(), None, "and renewed");

    database.advance(TimeDelta::seconds(120)).await;
    let second = system.claim_job(two, Job::Reconcile).await.unwrap().unwrap();
    assert!(!system.renew_job(&first).await.unwrap());
    assert!(!system.finish_job(&first, &Done::well("late")).await.unwrap());
    system.fail_job(&first, "late").await.unwrap();
    system.release_job(&first).await.unwrap();
    assert_eq!(system.claim_job(one, Job::Reconcile).await.unwrap(), None, "it is the second's");
    assert!(system.finish_job(&second, &Done::well("All is well")).await.unwrap());
    assert!(!system.finish_job(&second, &Done::well("twice")).await.unwrap());
    assert_eq!(system.claim_job(one, Job::Reconcile).await.unwrap(), None, "until tomorrow");
    let said = database.look("SELECT string_agg(said, ',') FROM occurrences").await;
    assert_eq!(said, "All is well");

    // Three nights that nobody was there for are one.
    database.advance(TimeDelta::days(3)).await;
    let late = system.claim_job(one, Job::Reconcile).await.unwrap().unwrap();
    assert!(system.finish_job(&late, &Done::well("Once")).await.unwrap());
    assert_eq!(system.claim_job(one, Job::Reconcile).await.unwrap(), None);
}

#[tokio::test]
async fn a_failure_pauses_a_job_ever_longer_and_success_forgets_it() {
    let database = Database::new().await;
    let system = database.store.system();
    let node = NodeId::generate();
    system.plan_job(Job::Sweep).await.unwrap();
    let mut ahead = TimeDelta::zero();
    for (failures, pause) in [(1, 10), (2, 20), (3, 40), (4, 80)] {
        let tried = system.claim_job(node, Job::Sweep).await.unwrap().unwrap();
        system.fail_job(&tried, "no room").await.unwrap();
        let found =
            "SELECT failures || ' ' || round(extract(epoch FROM until - failed_at)) FROM jobs";
        assert_eq!(database.look(found).await, format!("{failures} {pause}"));
        ahead += TimeDelta::seconds(pause - 2);
        database.advance(ahead).await;
        assert_eq!(system.claim_job(node, Job::Sweep).await.unwrap(), None);
        ahead += TimeDelta::seconds(3);
        database.advance(ahead).await;
    }
    let tried = system.claim_job(node, Job::Sweep).await.unwrap().unwrap();
    system.release_job(&tried).await.unwrap();
    let tried = system.claim_job(node, Job::Sweep).await.unwrap().unwrap();
    assert!(system.finish_job(&tried, &Done::well("done")).await.unwrap());
    assert_eq!(database.look("SELECT failures || error FROM jobs").await, "0no room");
}

#[tokio::test]
async fn the_operator_sees_what_was_done_and_what_was_not() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let denied = database.store.as_operator(tenant.user, Origin::default()).await;
    assert!(denied.is_err(), "an owner does not run the installation");
    database.tamper("UPDATE users SET operator = true").await;
    let operator = database.store.as_operator(tenant.user, Origin::default()).await.unwrap();
    assert!(operator.jobs().await.unwrap().0.is_empty());
    assert!(operator.loops().await.unwrap().iter().all(|row| row.done_at.is_none()));

    let (system, node) = (database.store.system(), NodeId::generate());
    system.plan_job(Job::Reconcile).await.unwrap();
    let tried = system.claim_job(node, Job::Reconcile).await.unwrap().unwrap();
    let (jobs, _) = operator.jobs().await.unwrap();
    assert_eq!(jobs[0].running.map(|(node, _)| node), Some(node));
    let wrong = Done { said: "One cent is missing".to_owned(), alarm: true };
    assert!(system.finish_job(&tried, &wrong).await.unwrap());
    let (jobs, now) = operator.jobs().await.unwrap();
    let last = jobs[0].last.clone().unwrap();
    assert_eq!((last.said.as_str(), last.alarm, last.node), ("One cent is missing", true, node));
    assert!(jobs[0].running.is_none() && jobs[0].next_due > now);
    assert_eq!(operator.past_of_job(Job::Reconcile).await.unwrap(), [last]);
    let mail =
        "SELECT recipient || ': ' || (params ->> 'said') FROM outbox WHERE template = 'job_alarm'";
    assert_eq!(database.look(mail).await, "owner@example.com: One cent is missing");

    system.tell_loop(Loop::Fold, None).await.unwrap();
    system.tell_loop(Loop::Fold, Some("no room")).await.unwrap();
    let fold = operator.loops().await.unwrap().remove(0);
    assert!(fold.done_at.is_some());
    assert_eq!(fold.failed.unwrap().1, "no room");
}
