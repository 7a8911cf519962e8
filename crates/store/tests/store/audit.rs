//! The audit log in the database: it is whole, it tells what was done and no secret, and what is
//! personal can be erased from it.

use chrono::TimeDelta;
use domain::{
    Role,
    audit::{Body, Chain, Entry, Fault, Head, SignedHead, Whole},
};
use store::{AuditFilter, StoreError, system::Deletion};
use testkit::{Database, Tenant};

use crate::people::member;

async fn all(database: &Database, tenant: &Tenant) -> (Head, Vec<Entry>) {
    let store = &database.store;
    let head = store.audit_head(&tenant.caller).await.unwrap().unwrap();
    let mut entries = Vec::new();
    // In small steps, as an export is read.
    while (entries.len() as u64) < head.count {
        let after = entries.len() as u64;
        entries.extend(store.audit_chunk(&tenant.caller, after, head.count, 3).await.unwrap());
    }
    (head, entries)
}

fn walk(head: Head, entries: &[Entry]) -> Result<Whole, Fault> {
    let mut chain = Chain::new(Some(head));
    for entry in entries {
        chain.push(entry)?;
    }
    chain.end()
}

fn bodies(entries: &[Entry]) -> Vec<Body> {
    entries.iter().map(|entry| entry.read().unwrap()).collect()
}

#[tokio::test]
async fn what_is_written_is_whole_and_what_is_edited_is_found() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let (head, entries) = all(&database, &tenant).await;
    let whole = walk(head, &entries).unwrap();
    assert_eq!(whole.end.count, head.count);
    let actions: Vec<_> = bodies(&entries).into_iter().map(|body| body.action).collect();
    let made = ["organization.created", "billing.updated", "project.created", "api_key.created"];
    assert_eq!(actions, made);
    database
        .tamper("UPDATE audit_entries SET body = replace(body, 'Search', 'Sales') WHERE seq = 3")
        .await;
    let (head, entries) = all(&database, &tenant).await;
    assert_eq!(walk(head, &entries).unwrap_err().seq, 3);
}

#[tokio::test]
async fn entries_written_at_the_same_time_are_one_chain() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let other = database.another().await;
    let makes = (0..24).map(|number| {
        let store = if number % 2 == 0 { database.store.clone() } else { other.clone() };
        let caller = tenant.caller.clone();
        tokio::spawn(async move {
            let name = format!("Project {number}").parse().unwrap();
            store.create_project(&caller, &name, domain::Environment::Staging).await.unwrap();
        })
    });
    for make in makes.collect::<Vec<_>>() {
        make.await.unwrap();
    }
    let (head, entries) = all(&database, &tenant).await;
    assert_eq!(head.count, 28);
    walk(head, &entries).unwrap();
}

#[tokio::test]
async fn the_log_is_paged_and_filtered_and_for_owners_alone() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let other = Tenant::new(&database, "other").await;
    let store = &database.store;
    let caller = &tenant.caller;
    let page = |filter: AuditFilter, before| async move {
        let page = store.audit_log(caller, &filter, before, 3).await.unwrap();
        (page.entries.iter().map(|(seq, _)| *seq).collect::<Vec<_>>(), page.more)
    };
    let any = AuditFilter::default;
    assert_eq!(page(any(), None).await, (vec![4, 3, 2], true));
    assert_eq!(page(any(), Some(2)).await, (vec![1], false));
    let kinds = vec![domain::audit::Kind::KeyCreated];
    assert_eq!(page(AuditFilter { kinds, ..any() }, None).await, (vec![4], false));
    let subjects = vec![tenant.project.to_string()];
    assert_eq!(page(AuditFilter { subjects, ..any() }, None).await, (vec![3], false));
    let projects = vec![tenant.project];
    assert_eq!(page(AuditFilter { projects, ..any() }, None).await, (vec![4, 3], false));
    let actors = vec![other.user.to_string()];
    assert_eq!(page(AuditFilter { actors, ..any() }, None).await, (vec![], false));
    let head = store.audit_head(&tenant.caller).await.unwrap().unwrap();
    assert_eq!(page(AuditFilter { from: Some(head.at), ..any() }, None).await.0, [0; 0]);
    assert_eq!(page(AuditFilter { until: Some(head.at), ..any() }, None).await.0, [4, 3, 2]);

    let reader = domain::Caller { role: Role::Reader, ..tenant.caller.clone() };
    let refused = store.audit_log(&reader, &any(), None, 3).await.unwrap_err();
    assert!(matches!(refused, StoreError::Forbidden(_)), "{refused:?}");
    assert!(store.begin_audit_export(&reader).await.is_err());
    assert!(store.audit_chunk(&reader, 0, 9, 9).await.is_err());
}

#[tokio::test]
async fn an_export_is_audited_and_covers_itself() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let begun = database.store.begin_audit_export(&tenant.caller).await.unwrap();
    let (head, entries) = all(&database, &tenant).await;
    assert_eq!((begun.count, begun.hash), (head.count, head.hash));
    assert_eq!(bodies(&entries).last().unwrap().action, "audit.exported");
}

#[tokio::test]
async fn who_deleted_an_account_is_erased_from_all_logs_and_the_chains_stay_whole() {
    let database = Database::new().await;
    let (store, system) = (&database.store, database.store.system());
    let tenant = Tenant::new(&database, "owner").await;
    let other = Tenant::new(&database, "other").await;
    let (mei, caller) = member(&database, &tenant, "mei", Role::Owner).await;
    let origin = domain::Origin::new(Some([192, 0, 2, 7].into()), Some("Firefox"));
    let caller = caller.from_origin(origin.clone());
    let name = "Renamed".parse().unwrap();
    store.edit_organization(&caller, &name, chrono_tz::UTC).await.unwrap();
    system.change_email(mei, &"mei-new@example.com".parse().unwrap(), None).await.unwrap();
    store.edit_organization(&caller, &name, chrono_tz::UTC).await.unwrap();
    // In another organization somebody else invited the person, under both addresses.
    let addresses = "mei@example.com, mei-new@example.com".parse().unwrap();
    store.invite(&other.caller, &addresses, Role::Reader, &[]).await.unwrap();
    assert_eq!(system.delete_account(mei, &origin).await.unwrap(), Deletion::Done);
    // An address may have another account then.
    let (_, heir) = member(&database, &tenant, "mei", Role::Owner).await;
    store.edit_organization(&heir, &name, chrono_tz::UTC).await.unwrap();

    // Not before all that was under way when the account was deleted is over.
    assert!(!system.erase_person().await.unwrap());
    database.advance(TimeDelta::minutes(2)).await;
    // Whoever writes entries meanwhile is not waited for.
    let mut writer = database.admin.begin().await.unwrap();
    sqlx::query("SELECT FROM audit_heads FOR UPDATE").execute(&mut *writer).await.unwrap();
    let mut slices = 0;
    while system.erase_person_slice(2).await.unwrap() {
        slices += 1;
    }
    assert!(slices > 2, "{slices}");
    writer.rollback().await.unwrap();
    let left = database.look("SELECT string_agg(personal::text, ' ') FROM audit_entries").await;
    for gone in ["mei-new@example.com", "192.0.2.7", "Firefox"] {
        assert!(!left.contains(gone), "{gone} in {left}");
    }
    assert_eq!(left.matches("mei@example.com").count(), 1, "{left}");
    assert!(left.contains("owner@example.com") && left.contains("other@example.com"));
    assert_eq!(database.look("SELECT count(*) FROM erasures").await, "0");
    for tenant in [&tenant, &other] {
        let (head, entries) = all(&database, tenant).await;
        walk(head, &entries).unwrap();
    }
    // Another value in its place would be found.
    database
        .tamper(
            r#"UPDATE audit_entries SET personal = '{"actor": {"salt": "1", "value": "eve@example.com"}}' WHERE seq = 2"#,
        )
        .await;
    let (head, entries) = all(&database, &tenant).await;
    assert_eq!(walk(head, &entries).unwrap_err().damage.as_str(), "personal");
}

#[tokio::test]
async fn a_person_is_looked_for_in_an_index_and_not_entry_by_entry() {
    let database = Database::new().await;
    let mut tx = database.admin.begin().await.unwrap();
    sqlx::raw_sql("SET LOCAL ROLE exq_system; SET LOCAL enable_seqscan = off")
        .execute(&mut *tx)
        .await
        .unwrap();
    let plan: Vec<String> = sqlx::query_scalar(
        "EXPLAIN SELECT FROM audit_entries WHERE exq_persons(actor, subject, personal) && ARRAY['user-1']",
    )
    .fetch_all(&mut *tx)
    .await
    .unwrap();
    assert!(plan.concat().contains("on audit_entries_persons"), "{plan:?}");
}

#[tokio::test]
async fn two_nodes_mail_a_head_once_a_day_to_the_owners() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let other = database.another().await;
    let due = || async { database.store.system().audit_heads_due().await.unwrap() };
    // Of today's entries the head is mailed when the day is over.
    assert_eq!(due().await, []);
    database.advance(TimeDelta::days(1)).await;
    let head = due().await[0];
    assert_eq!((head.org, head.count), (tenant.org, 4));
    let signed = SignedHead { head, key: [1; 32], signature: [2; 64] };
    let (one, two) = (database.store.system(), other.system());
    let (one, two) = tokio::join!(one.mail_audit_head(&signed), two.mail_audit_head(&signed));
    assert_ne!(one.unwrap(), two.unwrap());
    let mails =
        "SELECT count(*) || ' ' || min(recipient) || ' ' || min(params->>'head') FROM outbox";
    assert_eq!(database.look(mails).await, format!("1 owner@example.com {signed}"));
    // Nothing new, nothing due; something new is due the day after.
    database.advance(TimeDelta::days(2)).await;
    assert_eq!(due().await, []);
    let name = "Later".parse().unwrap();
    database.store.edit_organization(&tenant.caller, &name, chrono_tz::UTC).await.unwrap();
    assert_eq!(due().await, []);
    database.advance(TimeDelta::days(3)).await;
    assert_eq!(due().await.len(), 1);
}
