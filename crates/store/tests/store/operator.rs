//! What the operator sees of organizations, and what the operator does to them.

use domain::{AuditId, OrgId, Origin, OutboxId, UserId};
use store::{
    StoreError,
    system::operator::{MailState, Operator},
};
use testkit::{Database, Tenant};

use crate::people::person;

async fn operator(database: &Database) -> Operator<'_> {
    let user = person(database, "operator").await;
    database
        .tamper(&format!("UPDATE users SET operator = true WHERE id = '{}'", user.uuid()))
        .await;
    let origin = Origin::new(Some([192, 0, 2, 9].into()), None);
    database.store.as_operator(user, origin).await.unwrap()
}

#[tokio::test]
async fn nobody_else_is_an_operator() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    for user in [tenant.user, UserId::generate()] {
        let refused = database.store.as_operator(user, Origin::default()).await;
        assert!(matches!(refused, Err(StoreError::NotFound)));
    }
}

#[tokio::test]
async fn suspending_is_in_the_organizations_log_once() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let operator = operator(&database).await;
    let log = "SELECT string_agg(action || coalesce(' ' || (body::jsonb #>> '{changes,reason,after}'), ''), ', ' ORDER BY seq)
               FROM audit_entries WHERE seq > 4 AND actor = 'operator' AND personal = '{}'";
    for _ in 0..2 {
        operator.suspend(tenant.org, "Unpaid since June").await.unwrap();
    }
    let row = operator.organization(tenant.org).await.unwrap();
    assert_eq!(row.suspended.map(|(_, reason)| reason).as_deref(), Some("Unpaid since June"));
    assert_eq!(database.look(log).await, "organization.suspended Unpaid since June");
    for _ in 0..2 {
        operator.resume(tenant.org).await.unwrap();
    }
    assert_eq!(operator.organization(tenant.org).await.unwrap().suspended, None);
    let both = "organization.suspended Unpaid since June, organization.resumed";
    assert_eq!(database.look(log).await, both);
    let nowhere = OrgId::from_uuid(AuditId::generate().uuid());
    for done in [operator.suspend(nowhere, "x").await, operator.resume(nowhere).await] {
        assert!(matches!(done, Err(StoreError::NotFound)), "{done:?}");
    }
}

#[tokio::test]
async fn organizations_and_people_are_searched_and_paged() {
    let database = Database::new().await;
    let mut tenants = Vec::new();
    for name in ["brackwater", "quay_100%", "quayside"] {
        tenants.push(Tenant::new(&database, name).await.org);
    }
    let operator = operator(&database).await;
    let found = |search: &'static str| {
        let operator = operator.clone();
        async move {
            let found = operator.organizations(search, None, 9).await.unwrap();
            found.rows.into_iter().map(|row| row.name).collect::<Vec<_>>()
        }
    };
    assert_eq!(found("").await, ["quayside", "quay_100%", "brackwater"]);
    assert_eq!(found("QUAY").await, ["quayside", "quay_100%"]);
    // What LIKE takes for more than a letter stands for itself.
    assert_eq!(found("y_").await, ["quay_100%"]);
    assert_eq!(found("%").await, ["quay_100%"]);
    assert_eq!(found("nobody").await, [""; 0]);
    let by_id = operator.organizations(&tenants[0].to_string(), None, 9).await.unwrap();
    assert_eq!((by_id.rows.len(), by_id.rows[0].members, by_id.rows[0].projects), (1, 1, 2));

    let first = operator.organizations("", None, 2).await.unwrap();
    assert!(first.more);
    let second = operator.organizations("", Some(first.rows[1].id), 2).await.unwrap();
    assert_eq!((second.rows.len(), second.more), (1, false));

    let people = operator.people("QUAYSIDE@", None, 9).await.unwrap();
    assert_eq!((people.rows.len(), people.rows[0].organizations), (1, 1));
    assert_eq!(operator.end_sessions(people.rows[0].id).await.unwrap(), 0);
    assert!(operator.end_sessions(UserId::generate()).await.is_err());
}

#[tokio::test]
async fn a_mail_that_failed_is_sent_again_and_no_other() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let operator = operator(&database).await;
    for state in ["failed", "sent"] {
        database
            .tamper(&format!(
                "INSERT INTO outbox (org_id, id, template, params, recipient, state, attempts, answer)
                 VALUES ('{}', exq_id(), 'blocked', '{{\"spent\": \"4711\"}}', 'a@example.com', '{state}', 9, '550 no')",
                tenant.org.uuid()
            ))
            .await;
    }
    let all = operator.mails(None, None, 9).await.unwrap().rows;
    for mail in &all {
        assert!(!format!("{mail:?}").contains("4711"), "{mail:?}");
        operator.retry_mail(mail.id).await.unwrap();
    }
    let states = operator.mails(None, None, 9).await.unwrap().rows;
    let states: Vec<_> = states.iter().map(|mail| (mail.state, mail.attempts)).collect();
    assert_eq!(states, [(MailState::Sent, 9), (MailState::Queued, 0)]);
    assert_eq!(operator.mails(Some(MailState::Failed), None, 9).await.unwrap().rows, []);
    assert_eq!(operator.mails(Some(MailState::Queued), None, 9).await.unwrap().rows.len(), 1);
    let unknown = operator.retry_mail(OutboxId::from_uuid(tenant.org.uuid())).await;
    assert!(matches!(unknown, Err(StoreError::NotFound)));
    assert!(operator.versions().await.unwrap().migration > 0);
    assert_eq!(operator.nodes().await.unwrap(), []);
}
