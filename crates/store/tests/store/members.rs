//! Members: roles, the last owner, and what becomes of somebody's keys.

use domain::{Actor, Caller, ProjectRole, Role};
use store::{Conflict, NewAdminKey, NewKey, OwnKeys, StoreError, system::Deletion};
use testkit::{Database, Tenant};

use crate::{
    people::{member, put},
    support::{Running, answered, price, request, usd},
};

fn is_last(result: &Result<(), StoreError>) -> bool {
    matches!(result, Err(StoreError::Conflict(Conflict::LastOwner)))
}

async fn entries(database: &Database, tenant: &Tenant, action: &str) -> String {
    database
        .look(&format!(
            "SELECT count(*) FROM audit_entries WHERE org_id = '{}' AND action = '{action}'",
            tenant.org.uuid()
        ))
        .await
}

#[tokio::test]
async fn a_reader_sees_names_and_roles_and_an_owner_all() {
    let database = Database::new().await;
    let ours = Tenant::new(&database, "ours").await;
    let (_, kofi) = member(&database, &ours, "kofi", Role::Reader).await;
    put(&database, &ours, ours.project, kofi.user().unwrap(), ProjectRole::Member).await;
    let store = &database.store;
    let members = store.members(&ours.caller).await.unwrap();
    assert_eq!(members.len(), 2);
    assert_eq!(members[1].email.as_deref(), Some("kofi@example.com"));
    assert_eq!(members[1].projects[0].id, ours.project);
    let seen = store.members(&kofi).await.unwrap();
    assert_eq!((seen[0].name.as_str(), seen[0].role), ("ours", Role::Owner));
    assert_eq!((seen[0].email.as_deref(), seen[0].projects.len()), (None, 0));
    assert_eq!(seen[1].email.as_deref(), Some("kofi@example.com"));
    for denied in [
        store.set_member_role(&kofi, kofi.user().unwrap(), Role::Owner).await,
        store.remove_member(&kofi, ours.user, OwnKeys::Revoked).await,
        store.keys_of(&kofi, ours.user).await.map(drop),
        store.leave(&kofi, OwnKeys::HandedOver(Vec::new())).await,
    ] {
        assert!(matches!(denied, Err(StoreError::Forbidden(_))), "{denied:?}");
    }
}

#[tokio::test]
async fn members_of_another_organization_are_not_there() {
    let database = Database::new().await;
    let (ours, theirs) =
        (Tenant::new(&database, "ours").await, Tenant::new(&database, "theirs").await);
    let store = &database.store;
    for result in [
        store.member(&ours.caller, theirs.user).await.map(drop),
        store.set_member_role(&ours.caller, theirs.user, Role::Reader).await,
        store.remove_member(&ours.caller, theirs.user, OwnKeys::Revoked).await,
    ] {
        assert!(matches!(result, Err(StoreError::NotFound)), "{result:?}");
    }
    assert!(store.keys_of(&ours.caller, theirs.user).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_role_changes_at_once_and_the_last_owner_stays() {
    let database = Database::new().await;
    let ours = Tenant::new(&database, "ours").await;
    let (_, kofi) = member(&database, &ours, "kofi", Role::Reader).await;
    let (store, user) = (&database.store, kofi.user().unwrap());
    assert!(is_last(&store.set_member_role(&ours.caller, ours.user, Role::Reader).await));
    assert!(is_last(&store.leave(&ours.caller, OwnKeys::Revoked).await));
    assert!(is_last(&store.remove_member(&ours.caller, ours.user, OwnKeys::Revoked).await));
    store.set_member_role(&ours.caller, user, Role::Owner).await.unwrap();
    store.set_member_role(&ours.caller, user, Role::Owner).await.unwrap();
    assert_eq!(entries(&database, &ours, "user.updated").await, "1");
    let kofi = store.caller(user, ours.org).await.unwrap();
    assert_eq!(kofi.role, Role::Owner);
    store.set_member_role(&kofi, ours.user, Role::Reader).await.unwrap();
    // Who was an owner when the page was opened may no longer.
    let stale = store.set_member_role(&ours.caller, user, Role::Reader).await;
    assert!(matches!(stale, Err(StoreError::Forbidden(_))), "{stale:?}");
}

#[tokio::test]
async fn a_member_is_told_what_somebody_else_decided() {
    let database = Database::new().await;
    let ours = Tenant::new(&database, "ours").await;
    let (user, kofi) = member(&database, &ours, "kofi", Role::Reader).await;
    let (unverified, _) = member(&database, &ours, "una", Role::Reader).await;
    database.tamper("UPDATE users SET verified_at = NULL WHERE email LIKE 'una@%'").await;
    let store = &database.store;
    let mails = "SELECT string_agg(concat_ws(' ', template, recipient, params ->> 'role', recipient_id), ', ' ORDER BY created_at)
        FROM outbox WHERE params ->> 'organization' = (SELECT name FROM organizations LIMIT 1)";
    // Nothing changed, nothing to tell.
    store.set_member_role(&ours.caller, user, Role::Reader).await.unwrap();
    assert_eq!(database.look(mails).await, "");
    store.set_member_role(&ours.caller, user, Role::Owner).await.unwrap();
    let told = "role_changed kofi@example.com owner".to_owned();
    assert_eq!(database.look(mails).await, told);
    // Of what one does oneself nobody is told, nor an address that may be somebody else's.
    let kofi = store.caller(kofi.user().unwrap(), ours.org).await.unwrap();
    store.set_member_role(&kofi, user, Role::Reader).await.unwrap();
    store.remove_member(&ours.caller, unverified, OwnKeys::Revoked).await.unwrap();
    assert_eq!(database.look(mails).await, told);
    store.remove_member(&ours.caller, user, OwnKeys::Revoked).await.unwrap();
    let told = format!("{told}, member_removed kofi@example.com");
    assert_eq!(database.look(mails).await, told);
    let (_, lea) = member(&database, &ours, "lea", Role::Reader).await;
    store.leave(&lea, OwnKeys::Revoked).await.unwrap();
    assert_eq!(database.look(mails).await, told);
}

#[tokio::test]
async fn of_two_owners_who_demote_or_remove_each_other_one_remains() {
    let database = Database::new().await;
    let ours = Tenant::new(&database, "ours").await;
    let other = database.another().await;
    let (_, join) = member(&database, &ours, "kofi", Role::Owner).await;
    let (first, second) = (ours.user, join.user().unwrap());
    for round in 0..20 {
        database.tamper("UPDATE memberships SET role = 'owner'").await;
        let (mine, theirs) = if round % 2 == 0 {
            tokio::join!(
                database.store.set_member_role(&ours.caller, second, Role::Reader),
                other.set_member_role(&join, first, Role::Reader)
            )
        } else {
            tokio::join!(
                database.store.set_member_role(&ours.caller, first, Role::Reader),
                other.set_member_role(&join, second, Role::Reader)
            )
        };
        assert_eq!(
            usize::from(mine.is_ok()) + usize::from(theirs.is_ok()),
            1,
            "{mine:?} {theirs:?}"
        );
        let owners = database.look("SELECT count(*) FROM memberships WHERE role = 'owner'").await;
        assert_eq!(owners, "1");
    }
    database.tamper("UPDATE memberships SET role = 'owner'").await;
    let (mine, theirs) = tokio::join!(
        database.store.remove_member(&ours.caller, second, OwnKeys::Revoked),
        other.remove_member(&join, first, OwnKeys::Revoked)
    );
    assert_eq!(usize::from(mine.is_ok()) + usize::from(theirs.is_ok()), 1, "{mine:?} {theirs:?}");
    assert_eq!(database.look("SELECT count(*) FROM memberships").await, "1");
}

#[tokio::test]
async fn who_is_removed_loses_keys_projects_and_entry() {
    let database = Database::new().await;
    let ours = Tenant::new(&database, "ours").await;
    let (_, kofi) = member(&database, &ours, "kofi", Role::Reader).await;
    put(&database, &ours, ours.project, kofi.user().unwrap(), ProjectRole::Member).await;
    let store = &database.store;
    let user = kofi.user().unwrap();
    store.system().open_first(user, ours.org).await.unwrap();
    let (key, _) = Tenant::key(store, &kofi, ours.project).await;
    let node = Running::new(store).await;
    let dime = price(&database, "sandbox-dime").await;
    let mut asked = request(&ours, &dime, "0.10");
    asked.key = key;
    node.ledger.reserve(asked).await.unwrap().settle(answered("0.10")).await;
    node.finish().await;

    for folded in [false, true] {
        if folded {
            store.system().fold().await.unwrap();
        }
        let keys = store.keys_of(&ours.caller, user).await.unwrap();
        assert_eq!((keys.len(), keys[0].id, keys[0].requests), (1, key, 1));
        assert_eq!((keys[0].spent, keys[0].project_name.as_str()), (usd("0.10"), "Search"));
    }
    store.remove_member(&ours.caller, user, OwnKeys::Revoked).await.unwrap();
    assert!(matches!(store.caller(user, ours.org).await, Err(StoreError::NotFound)));
    let state = database
        .look(&format!(
            "SELECT concat_ws(' ', (SELECT count(*) FROM project_members WHERE user_id = '{0}'),
                (SELECT revoked_at IS NOT NULL FROM api_keys WHERE id = '{1}'),
                (SELECT default_org_id IS NULL FROM users WHERE id = '{0}'))",
            user.uuid(),
            key.uuid()
        ))
        .await;
    assert_eq!(state, "0 t t");
    assert_eq!(entries(&database, &ours, "user.deleted").await, "1");
    assert_eq!(entries(&database, &ours, "api_key.deleted").await, "1");
    let again = store.remove_member(&ours.caller, user, OwnKeys::Revoked).await;
    assert!(matches!(again, Err(StoreError::NotFound)), "{again:?}");
}

#[tokio::test]
async fn keys_are_handed_over_to_a_service_account_per_project() {
    let database = Database::new().await;
    let ours = Tenant::new(&database, "ours").await;
    let (_, kofi) = member(&database, &ours, "kofi", Role::Owner).await;
    let store = &database.store;
    let second = store
        .create_project(&ours.caller, &"Second".parse().unwrap(), domain::Environment::Staging)
        .await
        .unwrap();
    for project in [ours.project, ours.project, second] {
        Tenant::key(store, &kofi, project).await;
    }
    store.leave(&kofi, OwnKeys::HandedOver(Vec::new())).await.unwrap();
    let state = database
        .look(
            "SELECT string_agg(a.name || ' ' || n, ', ' ORDER BY n) FROM (SELECT service_account_id, count(*) AS n FROM api_keys
             WHERE owner_id IS NULL AND revoked_at IS NULL GROUP BY 1) k
             JOIN service_accounts a ON a.id = k.service_account_id",
        )
        .await;
    assert_eq!(state, "kofi (handed over) 1, kofi (handed over) 2");
    assert_eq!(entries(&database, &ours, "service_account.created").await, "2");
    assert_eq!(entries(&database, &ours, "api_key.updated").await, "3");
}

#[tokio::test]
async fn keys_are_handed_over_to_who_is_chosen_where_that_can_be() {
    let database = Database::new().await;
    let (ours, theirs) =
        (Tenant::new(&database, "ours").await, Tenant::new(&database, "theirs").await);
    let (user, kofi) = member(&database, &ours, "kofi", Role::Owner).await;
    let (store, owner) = (&database.store, &ours.caller);
    let second = store
        .create_project(owner, &"Second".parse().unwrap(), domain::Environment::Staging)
        .await
        .unwrap();
    let bot = "bot".parse().unwrap();
    let heir = store.create_service_account(owner, ours.project, &bot).await.unwrap();
    let gone = store.create_service_account(owner, second, &bot).await.unwrap();
    store.delete_service_account(owner, gone).await.unwrap();
    let foreign = store.create_service_account(&theirs.caller, theirs.project, &bot).await.unwrap();
    for project in [ours.project, second] {
        Tenant::key(store, &kofi, project).await;
    }
    let heirs = OwnKeys::HandedOver(vec![heir, gone, foreign]);
    store.remove_member(owner, user, heirs).await.unwrap();
    let state = database
        .look(
            "SELECT string_agg(p.name || ': ' || a.name, ', ' ORDER BY p.name) FROM api_keys k
             JOIN service_accounts a ON a.id = k.service_account_id JOIN projects p ON p.id = k.project_id
             WHERE k.revoked_at IS NULL AND a.deleted_at IS NULL",
        )
        .await;
    assert_eq!(state, "Search: bot, Second: kofi (handed over)");
}

#[tokio::test]
async fn what_goes_with_an_owner_is_listed_before() {
    let database = Database::new().await;
    let ours = Tenant::new(&database, "ours").await;
    let (user, kofi) = member(&database, &ours, "kofi", Role::Owner).await;
    let store = &database.store;
    let key = NewAdminKey {
        name: "directory-sync".parse().unwrap(),
        lifetime: None,
        form: None,
        key: NewKey { public_id: "abcdefghijkl", secret_hash: &[0; 32], last_four: "wxyz" },
    };
    store.create_admin_key(&kofi, &key).await.unwrap();
    for (address, role) in [("boss@example.com", Role::Owner), ("help@example.com", Role::Reader)] {
        store.invite(&kofi, &address.parse().unwrap(), role, &[]).await.unwrap();
    }
    let withdrawn = store.powers_of(&ours.caller, user).await.unwrap();
    assert_eq!(withdrawn.admin_keys, ["directory-sync …wxyz"]);
    assert_eq!(withdrawn.invitations, ["boss@example.com"]);
    assert_eq!(store.powers_of(&kofi, user).await.unwrap(), withdrawn);
    let none = store.powers_of(&ours.caller, ours.user).await.unwrap();
    assert_eq!(none, store::Powers::default());
    let (_, lea) = member(&database, &ours, "lea", Role::Reader).await;
    let denied = store.powers_of(&lea, user).await;
    assert!(matches!(denied, Err(StoreError::Forbidden(_))), "{denied:?}");
    assert_eq!(store.powers_of(&lea, lea.user().unwrap()).await.unwrap(), none);
    // Exactly that goes.
    store.remove_member(&ours.caller, user, OwnKeys::Revoked).await.unwrap();
    assert_eq!(store.powers_of(&ours.caller, user).await.unwrap(), none);
    assert_eq!(store.invitations(&ours.caller).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_reader_who_leaves_takes_keys_out_of_sight_along() {
    let database = Database::new().await;
    let ours = Tenant::new(&database, "ours").await;
    let (_, kofi) = member(&database, &ours, "kofi", Role::Reader).await;
    put(&database, &ours, ours.project, kofi.user().unwrap(), ProjectRole::Member).await;
    Tenant::key(&database.store, &kofi, ours.project).await;
    database.tamper("DELETE FROM project_members WHERE role = 'member'").await;
    database.store.leave(&kofi, OwnKeys::Revoked).await.unwrap();
    let working = database.look("SELECT count(*) FROM api_keys WHERE revoked_at IS NULL").await;
    assert_eq!(working, "1");
    let actor = database
        .look("SELECT personal -> 'actor' ->> 'value' FROM audit_entries WHERE action = 'user.deleted'")
        .await;
    assert_eq!(actor, "kofi@example.com");
}

/// Removed, demoted, or gone with the account: in each case the way back is closed.
#[tokio::test]
async fn who_is_no_longer_an_owner_keeps_no_way_back() {
    for way in 0..3 {
        let database = Database::new().await;
        let (store, tenant) = (&database.store, Tenant::new(&database, "acme").await);
        let (_, second) = member(&database, &tenant, "second", Role::Owner).await;
        let user = second.user().unwrap();
        for (caller, public_id) in [(&second, "second"), (&tenant.caller, "first")] {
            make_admin_key(store, caller, public_id).await;
            for role in [Role::Owner, Role::Reader] {
                let address = format!("{public_id}-{}@example.com", role.as_str()).parse().unwrap();
                store.invite(caller, &address, role, &[]).await.unwrap();
            }
            // What the key makes, and the key that it makes, is its person's.
            let program = with_admin_key(&database, caller, public_id).await;
            let child = format!("{public_id}-child");
            make_admin_key(store, &program, &child).await;
            let program = with_admin_key(&database, &program, &child).await;
            let address = format!("{public_id}-owner-by-key@example.com").parse().unwrap();
            store.invite(&program, &address, Role::Owner, &[]).await.unwrap();
        }
        let powers = store.powers_of(&tenant.caller, user).await.unwrap();
        assert_eq!(powers.admin_keys, ["second …0000", "second-child …0000"]);
        let invited = ["second-owner-by-key@example.com", "second-owner@example.com"];
        assert_eq!(powers.invitations, invited);
        match way {
            0 => store.set_member_role(&tenant.caller, user, Role::Reader).await.unwrap(),
            1 => store.remove_member(&tenant.caller, user, OwnKeys::Revoked).await.unwrap(),
            _ => {
                let origin = domain::Origin::default();
                let done = store.system().delete_account(user, &origin).await.unwrap();
                assert_eq!(done, Deletion::Done);
            }
        }
        let left = store.admin_keys(&tenant.caller).await.unwrap();
        let left: Vec<_> = left.iter().map(|key| key.name.as_str()).collect();
        assert_eq!(left, ["first", "first-child"]);
        let open = database
            .look("SELECT string_agg(email, ' ' ORDER BY email) FROM invitations WHERE revoked_at IS NULL")
            .await;
        assert_eq!(
            open,
            "first-owner-by-key@example.com first-owner@example.com first-reader@example.com second-reader@example.com"
        );
        assert_eq!(entries(&database, &tenant, "admin_api_key.deleted").await, "2");
        assert_eq!(entries(&database, &tenant, "invite.deleted").await, "2");
    }
}

/// Whoever had a key that is revoked, or was found in the open, has nothing of what it made.
#[tokio::test]
async fn an_admin_key_ends_with_what_was_made_with_it() {
    for leaked in [false, true] {
        let database = Database::new().await;
        let (store, tenant) = (&database.store, Tenant::new(&database, "acme").await);
        let mut caller = tenant.caller.clone();
        for public_id in ["first", "second", "third"] {
            make_admin_key(store, &caller, public_id).await;
            caller = with_admin_key(&database, &caller, public_id).await;
        }
        make_admin_key(store, &tenant.caller, "other").await;
        for (caller, address) in [(&caller, "by-third"), (&tenant.caller, "by-person")] {
            let address = format!("{address}@example.com").parse().unwrap();
            store.invite(caller, &address, Role::Owner, &[]).await.unwrap();
        }
        let keys = store.admin_keys(&tenant.caller).await.unwrap();
        assert_eq!(keys.iter().filter(|key| key.maker.is_some()).count(), 4);
        if leaked {
            let suspects = store.system().suspects(&["first".to_owned()]).await.unwrap();
            let origin = domain::Origin::default();
            store.system().disable_leaked(&suspects[0], &origin).await.unwrap();
        } else {
            let first = keys.iter().find(|key| key.name == "first").unwrap().id;
            for _ in 0..2 {
                store.revoke_admin_key(&tenant.caller, first).await.unwrap();
            }
        }
        let left = store.admin_keys(&tenant.caller).await.unwrap();
        assert_eq!(left.iter().map(|key| key.name.as_str()).collect::<Vec<_>>(), ["other"]);
        let open = "SELECT string_agg(email, ' ') FROM invitations WHERE revoked_at IS NULL";
        assert_eq!(database.look(open).await, "by-person@example.com");
        let deleted = if leaked { "2" } else { "3" };
        assert_eq!(entries(&database, &tenant, "admin_api_key.deleted").await, deleted);
        // It makes nothing any more, though its caller was let in before.
        let late = "late@example.com".parse().unwrap();
        let late = store.invite(&caller, &late, Role::Owner, &[]).await;
        assert!(matches!(late, Err(StoreError::NotFound)));
    }
}

async fn make_admin_key(store: &store::Store, caller: &Caller, public_id: &str) {
    let key = NewKey { public_id, secret_hash: &[7; 32], last_four: "0000" };
    let name = public_id.parse().unwrap();
    let new = NewAdminKey { name, lifetime: None, form: None, key };
    store.create_admin_key(caller, &new).await.unwrap();
}

/// The caller who has an admin key of the same organization.
async fn with_admin_key(database: &Database, caller: &Caller, public_id: &str) -> Caller {
    let keys = database.store.admin_keys(caller).await.unwrap();
    let key = keys.iter().find(|key| key.public_id == public_id).unwrap();
    Caller { actor: Actor::AdminKey(key.id), ..caller.clone() }
}
