//! The end of an account leaves no organization without an owner, and nothing personal.

use domain::{Addresses, Origin, Role};
use store::{
    InviteOutcome, StoreError,
    system::{Deletion, Joiner},
};
use testkit::{Database, Tenant};

use crate::people::person;

/// Makes the user of one tenant an owner of another's organization, too.
async fn joins(database: &Database, org: &Tenant, who: &Tenant, role: Role) {
    database
        .tamper(&format!(
            "INSERT INTO memberships (org_id, user_id, role) VALUES ('{}', '{}', '{}')",
            org.org.uuid(),
            who.caller.user().unwrap().uuid(),
            role.as_str()
        ))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_owners_who_delete_their_accounts_at_once_one_stays() {
    let database = Database::new().await;
    let other = database.another().await;
    for round in 0..20 {
        let one = Tenant::new(&database, &format!("one{round}")).await;
        let two = Tenant::new(&database, &format!("two{round}")).await;
        // Both own both: each deletion locks the organizations in the same order.
        joins(&database, &one, &two, Role::Owner).await;
        joins(&database, &two, &one, Role::Owner).await;
        let origin = Origin::default();
        let (first, second) = tokio::join!(
            database.store.system().delete_account(one.caller.user().unwrap(), &origin),
            other.system().delete_account(two.caller.user().unwrap(), &origin),
        );
        let done = [first.unwrap(), second.unwrap()];
        assert_eq!(done.iter().filter(|done| **done == Deletion::Done).count(), 1, "{done:?}");
        let refused = done.iter().find(|done| **done != Deletion::Done).unwrap();
        assert!(matches!(refused, Deletion::SoleOwner(left) if left.len() == 2), "{refused:?}");
    }
}

/// Whichever comes first, nobody who is gone is a member of anything.
#[tokio::test(flavor = "multi_thread")]
async fn of_a_deletion_and_a_new_membership_at_once_one_loses() {
    let database = Database::new().await;
    let other = database.another().await;
    for round in 0..20 {
        let host = Tenant::new(&database, &format!("host{round}")).await;
        let user = person(&database, &format!("guest{round}")).await;
        let invited: Addresses = format!("guest{round}@example.com").parse().unwrap();
        let sent = database.store.invite(&host.caller, &invited, Role::Owner, &[]).await.unwrap();
        let InviteOutcome::Sent(id) = sent[0].outcome else { panic!("{sent:?}") };
        let open = other.system().open_invitation(id).await.unwrap().unwrap();
        let (origin, name) = (Origin::default(), "New".parse().unwrap());
        let (deleted, joined, founded) = tokio::join!(
            database.store.system().delete_account(user, &origin),
            other.system().accept_invitation(&open, Joiner::Account(user), true, origin.clone()),
            other.create_organization(user, &name, chrono_tz::UTC, origin.clone()),
        );
        let places = database
            .look(&format!("SELECT count(*) FROM memberships WHERE user_id = '{}'", user.uuid()))
            .await;
        if deleted.unwrap() == Deletion::Done {
            assert_eq!(places, "0");
            assert!(matches!(founded, Err(StoreError::NotFound)), "{founded:?}");
            // A membership that came first is ended, and the log tells.
            let told = format!(
                "SELECT count(*) FROM audit_entries WHERE subject = '{user}' AND action = 'user.deleted'"
            );
            assert_eq!(database.look(&told).await, if joined.is_ok() { "1" } else { "0" });
        } else {
            founded.unwrap();
        }
        if let Err(lost) = joined {
            assert!(matches!(lost, StoreError::NotFound), "{lost:?}");
        }
    }
}

#[tokio::test]
async fn nothing_personal_stays_and_the_log_tells() {
    let database = Database::new().await;
    let (one, two) = (Tenant::new(&database, "one").await, Tenant::new(&database, "two").await);
    let user = two.caller.user().unwrap();
    joins(&database, &one, &two, Role::Reader).await;
    let system = database.store.system();
    let refused = system.delete_account(user, &Origin::default()).await.unwrap();
    assert!(matches!(&refused, Deletion::SoleOwner(left) if left[0].id == two.org), "{refused:?}");
    joins(&database, &two, &one, Role::Owner).await;
    assert_eq!(system.delete_account(user, &Origin::default()).await.unwrap(), Deletion::Done);
    let again = system.delete_account(user, &Origin::default()).await;
    assert!(matches!(again, Err(StoreError::NotFound)), "{again:?}");
    let id = user.uuid();
    for (query, expected) in [
        (format!("SELECT name FROM users WHERE id = '{id}'"), "Deleted account"),
        (format!("SELECT count(*) FROM memberships WHERE user_id = '{id}'"), "0"),
        (
            format!("SELECT count(*) FROM api_keys WHERE owner_id = '{id}' AND revoked_at IS NULL"),
            "0",
        ),
        (format!("SELECT count(*) FROM api_keys WHERE owner_id = '{id}'"), "1"),
        ("SELECT count(*) FROM users WHERE email = 'two@example.com'".to_owned(), "0"),
        (
            format!(
                "SELECT count(*) FROM audit_entries WHERE action = 'user.deleted' AND subject = '{user}'"
            ),
            "2",
        ),
        ("SELECT count(*) FROM audit_entries WHERE action = 'api_key.deleted'".to_owned(), "1"),
        (
            "SELECT template || ' ' || recipient FROM outbox".to_owned(),
            "account_deleted two@example.com",
        ),
    ] {
        assert_eq!(database.look(&query).await, expected, "{query}");
    }
}

#[tokio::test]
async fn the_last_operator_stays() {
    let database = Database::new().await;
    let (one, two) = (Tenant::new(&database, "one").await, Tenant::new(&database, "two").await);
    joins(&database, &one, &two, Role::Owner).await;
    let user = one.caller.user().unwrap();
    database.tamper(&format!("UPDATE users SET operator = id = '{}'", user.uuid())).await;
    let system = database.store.system();
    let refused = system.delete_account(user, &Origin::default()).await.unwrap();
    assert_eq!(refused, Deletion::LastOperator);
    database.tamper("UPDATE users SET operator = true").await;
    assert_eq!(system.delete_account(user, &Origin::default()).await.unwrap(), Deletion::Done);
}
