//! The end of an account leaves no organization without an owner, and nothing personal.

use domain::{Origin, Role};
use store::{StoreError, system::Deletion};
use testkit::{Database, Tenant};

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
