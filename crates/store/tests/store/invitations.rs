//! Invitations: who gets one, what voids it, who may accept it, and that it works once.

use chrono::TimeDelta;
use domain::{
    Actor, Addresses, Caller, InvitationId, Origin, ProjectId, ProjectRole, Role, UserId,
};
use store::{
    Conflict, InvitationState, InviteOutcome, NewAdminKey, NewKey, NewUser, StoreError,
    system::{Joiner, OpenInvitation, PasswordHash},
};
use testkit::{Database, Tenant};
use tokio::task::JoinSet;

use crate::people::member;

async fn send(tenant: &Tenant, database: &Database, to: &str) -> InvitationId {
    let invited = database
        .store
        .invite(
            &tenant.caller,
            &to.parse().unwrap(),
            Role::Reader,
            &[(tenant.project, ProjectRole::Member)],
        )
        .await
        .unwrap();
    match invited[0].outcome {
        InviteOutcome::Sent(id) => id,
        InviteOutcome::Member | InviteOutcome::Pending => unreachable!("nobody asked before"),
    }
}

async fn open(database: &Database, id: InvitationId) -> Option<OpenInvitation> {
    database.store.system().open_invitation(id).await.unwrap()
}

async fn account(database: &Database, name: &str) -> UserId {
    database.store.system().create_user(&new_user(name)).await.unwrap()
}

fn new_user(name: &str) -> NewUser {
    NewUser {
        email: format!("{name}@example.com").parse().unwrap(),
        name: name.parse().unwrap(),
        hash: PasswordHash::new("!".to_owned()),
        verified: false,
        operator: false,
    }
}

fn is_gone<T>(result: &Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::NotFound))
}

#[tokio::test]
async fn each_address_is_invited_once_and_members_are_named() {
    let database = Database::new().await;
    let ours = Tenant::new(&database, "ours").await;
    let theirs = Tenant::new(&database, "theirs").await;
    let store = &database.store;
    let list: Addresses =
        "ours@example.com, kofi@example.com\nKOFI@example.com; theirs@example.com".parse().unwrap();
    for round in 0..2 {
        let invited = store.invite(&ours.caller, &list, Role::Owner, &[]).await.unwrap();
        let outcomes: Vec<_> =
            invited.iter().map(|invited| (invited.email.as_str(), &invited.outcome)).collect();
        assert_eq!(outcomes[1], ("ours@example.com", &InviteOutcome::Member));
        for (name, at) in [("kofi@example.com", 0), ("theirs@example.com", 2)] {
            assert_eq!(outcomes[at].0, name);
            let pending = *outcomes[at].1 == InviteOutcome::Pending;
            assert_eq!(pending, round == 1, "{outcomes:?}");
        }
    }
    let mails =
        database.look("SELECT string_agg(recipient, ' ' ORDER BY recipient) FROM outbox").await;
    assert_eq!(mails, "kofi@example.com theirs@example.com");
    let params = database.look("SELECT params FROM outbox LIMIT 1").await;
    assert!(params.contains("ours") && !params.contains("token"), "{params}");
    let entries = "SELECT count(*) FROM audit_entries WHERE action = 'invite.sent'";
    assert_eq!(database.look(entries).await, "2");
    let foreign = [(theirs.project, ProjectRole::Viewer)];
    assert!(is_gone(&store.invite(&ours.caller, &list, Role::Reader, &foreign).await));
    let made_up = [(ProjectId::generate(), ProjectRole::Viewer)];
    assert!(is_gone(&store.invite(&ours.caller, &list, Role::Reader, &made_up).await));
    store.archive_project(&ours.caller, ours.project).await.unwrap();
    let archived = [(ours.project, ProjectRole::Viewer)];
    let refused = store.invite(&ours.caller, &list, Role::Reader, &archived).await;
    assert!(matches!(refused, Err(StoreError::Conflict(Conflict::ProjectArchived))), "{refused:?}");
}

#[tokio::test]
async fn only_owners_invite_and_only_their_own_invitations_are_there() {
    let database = Database::new().await;
    let (ours, theirs) =
        (Tenant::new(&database, "ours").await, Tenant::new(&database, "theirs").await);
    let (_, kofi) = member(&database, &ours, "kofi", Role::Reader).await;
    let id = send(&ours, &database, "mei@example.com").await;
    let store = &database.store;
    let list: Addresses = "x@example.com".parse().unwrap();
    for denied in [
        store.invite(&kofi, &list, Role::Reader, &[]).await.map(drop),
        store.invitations(&kofi).await.map(drop),
        store.resend_invitation(&kofi, id).await,
        store.revoke_invitation(&kofi, id).await,
    ] {
        assert!(matches!(denied, Err(StoreError::Forbidden(_))), "{denied:?}");
    }
    assert!(store.invitations(&theirs.caller).await.unwrap().is_empty());
    for result in [
        store.invitation(&theirs.caller, id).await.map(drop),
        store.resend_invitation(&theirs.caller, id).await,
        store.revoke_invitation(&theirs.caller, id).await,
    ] {
        assert!(is_gone(&result), "{result:?}");
    }
    let seen = store.invitation(&ours.caller, id).await.unwrap();
    assert_eq!((seen.email.as_str(), seen.role), ("mei@example.com", Role::Reader));
    assert_eq!(seen.projects[0].role, ProjectRole::Member);
    assert_eq!(seen.invited_by.as_deref(), Some("ours"));
}

#[tokio::test]
async fn a_new_link_voids_the_old_one_and_seven_days_end_it() {
    let database = Database::new().await;
    let ours = Tenant::new(&database, "ours").await;
    let store = &database.store;
    let id = send(&ours, &database, "mei@example.com").await;
    let first = open(&database, id).await.unwrap();
    let mei = account(&database, "mei").await;
    database.advance(TimeDelta::days(6)).await;
    store.resend_invitation(&ours.caller, id).await.unwrap();
    let old =
        store.system().accept_invitation(&first, Joiner::Account(mei), true, Origin::default());
    assert!(is_gone(&old.await));
    database.advance(TimeDelta::days(12)).await;
    assert_eq!(open(&database, id).await.unwrap().version, 2);
    database.advance(TimeDelta::days(14)).await;
    assert!(open(&database, id).await.is_none());
    let seen = store.invitation(&ours.caller, id).await.unwrap();
    assert_eq!(seen.state, InvitationState::Expired);
    // An expired one makes room for another invitation, and can be sent again.
    assert_eq!(send(&ours, &database, "mei@example.com").await, id);
    let third = open(&database, id).await.unwrap();
    assert_eq!(third.version, 3);
    store.revoke_invitation(&ours.caller, id).await.unwrap();
    store.revoke_invitation(&ours.caller, id).await.unwrap();
    assert!(is_gone(&store.resend_invitation(&ours.caller, id).await));
    let gone =
        store.system().accept_invitation(&third, Joiner::Account(mei), true, Origin::default());
    assert!(is_gone(&gone.await));
    let deleted = "SELECT count(*) FROM audit_entries WHERE action = 'invite.deleted'";
    assert_eq!(database.look(deleted).await, "1");
    // Revoked, the address may be invited anew.
    assert_ne!(send(&ours, &database, "mei@example.com").await, id);
}

#[tokio::test]
async fn only_the_invited_address_may_accept() {
    let database = Database::new().await;
    let ours = Tenant::new(&database, "ours").await;
    let system = database.store.system();
    let id = send(&ours, &database, "mei@example.com").await;
    let invitation = open(&database, id).await.unwrap();
    let kofi = account(&database, "kofi").await;
    let other =
        system.accept_invitation(&invitation, Joiner::Account(kofi), true, Origin::default());
    assert!(is_gone(&other.await));
    let (stranger, mei) = (new_user("tomasz"), new_user("mei"));
    let other =
        system.accept_invitation(&invitation, Joiner::New(&stranger), true, Origin::default());
    assert!(is_gone(&other.await));
    assert_eq!(database.look("SELECT count(*) FROM users WHERE name = 'tomasz'").await, "0");
    let caller = system
        .accept_invitation(&invitation, Joiner::New(&mei), true, Origin::default())
        .await
        .unwrap();
    assert_eq!((caller.org, caller.role), (ours.org, Role::Reader));
    let account = system.account(caller.user().unwrap()).await.unwrap().unwrap();
    assert!(account.verified && account.default_org == Some(ours.org));
    let member = database.store.member(&ours.caller, caller.user().unwrap()).await.unwrap();
    assert_eq!(
        (member.projects[0].id, member.projects[0].role),
        (ours.project, ProjectRole::Member)
    );
    let actions = database
        .look("SELECT string_agg(action, ' ' ORDER BY seq) FROM audit_entries WHERE actor LIKE 'user-%' AND action ~ 'accepted|added'")
        .await;
    assert_eq!(actions, "invite.accepted user.added");
    let seen = database.store.invitation(&ours.caller, id).await.unwrap();
    assert!(matches!(seen.state, InvitationState::Accepted(_)));
    assert!(is_gone(&database.store.revoke_invitation(&ours.caller, id).await));
}

#[tokio::test]
async fn who_is_a_member_already_stays_what_that_is() {
    let database = Database::new().await;
    let ours = Tenant::new(&database, "ours").await;
    let id = send(&ours, &database, "kofi@example.com").await;
    let invitation = open(&database, id).await.unwrap();
    let (kofi, _) = member(&database, &ours, "kofi", Role::Owner).await;
    let system = database.store.system();
    let joins =
        system.accept_invitation(&invitation, Joiner::Account(kofi), true, Origin::default());
    assert_eq!(joins.await.unwrap().role, Role::Owner);
    assert_eq!(database.store.caller(kofi, ours.org).await.unwrap().role, Role::Owner);
    let told = "SELECT string_agg(action, ' ' ORDER BY seq) FROM audit_entries WHERE seq > 5";
    assert_eq!(database.look(told).await, "invite.accepted");
}

#[tokio::test]
async fn of_128_who_redeem_a_link_at_once_one_joins() {
    let database = Database::new().await;
    let ours = Tenant::new(&database, "ours").await;
    for new in [false, true] {
        let name = if new { "new" } else { "known" };
        let id = send(&ours, &database, &format!("{name}@example.com")).await;
        let invitation = open(&database, id).await.unwrap();
        let known = if new { None } else { Some(account(&database, name).await) };
        let stores = [database.store.clone(), database.another().await];
        let mut tasks = JoinSet::new();
        for n in 0..128 {
            let (store, invitation) = (stores[n % 2].clone(), invitation.clone());
            tasks.spawn(async move {
                let user = new_user(name);
                let joiner = known.map_or(Joiner::New(&user), Joiner::Account);
                store.system().accept_invitation(&invitation, joiner, true, Origin::default()).await
            });
        }
        let results = tasks.join_all().await;
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
        assert_eq!(results.iter().filter(|result| is_gone(result)).count(), 127);
    }
    assert_eq!(database.look("SELECT count(*) FROM memberships").await, "3");
    let added = "SELECT count(*) FROM audit_entries WHERE action = 'user.added'";
    assert_eq!(database.look(added).await, "2");
}

#[tokio::test]
async fn an_organization_sends_only_so_many_mails_to_strangers() {
    let database = Database::new().await;
    let ours = Tenant::new(&database, "ours").await;
    let store = &database.store;
    let list = |round: u32| -> Addresses {
        let lines: Vec<_> = (0..50).map(|n| format!("r{round}n{n}@example.com")).collect();
        lines.join("\n").parse().unwrap()
    };
    for round in 0..10 {
        store.invite(&ours.caller, &list(round), Role::Reader, &[]).await.unwrap();
    }
    let id = store.invitations(&ours.caller).await.unwrap()[0].id;
    for refused in [
        store.invite(&ours.caller, &list(10), Role::Reader, &[]).await.map(drop),
        store.resend_invitation(&ours.caller, id).await,
    ] {
        let full = matches!(refused, Err(StoreError::Conflict(Conflict::TooManyInvitations)));
        assert!(full, "{refused:?}");
    }
    database.advance(TimeDelta::hours(25)).await;
    store.resend_invitation(&ours.caller, id).await.unwrap();
}

/// Whoever makes ever more organizations mails no more strangers for it.
#[tokio::test(flavor = "multi_thread")]
async fn a_person_sends_only_so_many_mails_in_all_organizations_together() {
    let database = Database::new().await;
    let ours = Tenant::new(&database, "ours").await;
    let store = &database.store;
    let (owner, origin) = (ours.user, Origin::default());
    let found = async |store: &store::Store| {
        let name = "Another".parse().unwrap();
        store.found_organization(owner, &name, chrono_tz::UTC, Origin::default()).await
    };
    let mut callers = vec![ours.caller.clone()];
    for _ in 0..8 {
        callers.push(found(store).await.unwrap());
    }
    // Of those that are made at once the tenth is the last.
    let another = database.another().await;
    let last = tokio::join!(found(store), found(&another));
    let made = [&last.0, &last.1].into_iter().filter(|last| last.is_ok()).count();
    assert_eq!(made, 1, "{last:?}");
    let full = StoreError::Conflict(Conflict::TooManyOrganizations).to_string();
    assert_eq!(found(store).await.unwrap_err().to_string(), full);
    // The operator's commands are not a person.
    let name = "Told".parse().unwrap();
    store.create_organization(owner, &name, chrono_tz::UTC, origin).await.unwrap();
    let list = |round: usize| -> Addresses {
        let lines: Vec<_> = (0..50).map(|n| format!("r{round}n{n}@example.com")).collect();
        lines.join("\n").parse().unwrap()
    };
    for round in 0..9 {
        store.invite(&callers[round % 3], &list(round), Role::Reader, &[]).await.unwrap();
    }
    // A program with one of the person's admin keys is no way around.
    let (_, hash) = Tenant::secret();
    let key = NewKey { public_id: "adminadmin12", secret_hash: &hash, last_four: "abcd" };
    let new = NewAdminKey { name: "sync".parse().unwrap(), lifetime: None, form: None, key };
    let key = store.create_admin_key(&callers[4], &new).await.unwrap();
    let program = Caller { actor: Actor::AdminKey(key), ..callers[4].clone() };
    let (one, two, three) = (list(10), list(11), list(12));
    let tried = tokio::join!(
        store.invite(&program, &one, Role::Reader, &[]),
        another.invite(&callers[5], &two, Role::Reader, &[]),
        another.invite(&callers[6], &three, Role::Reader, &[]),
    );
    let tried = [tried.0, tried.1, tried.2];
    assert_eq!(tried.iter().filter(|one| one.is_ok()).count(), 1, "{tried:?}");
    for refused in tried.iter().filter_map(|one| one.as_ref().err()) {
        assert!(matches!(refused, StoreError::Conflict(Conflict::TooManyInvited)), "{refused:?}");
    }
    let waits = store.invitations(&callers[0]).await.unwrap()[0].id;
    let refused = store.resend_invitation(&callers[0], waits).await.unwrap_err();
    assert!(matches!(refused, StoreError::Conflict(Conflict::TooManyInvited)), "{refused:?}");
    let told = "SELECT count(*) FROM outbox WHERE template = 'invitation'";
    assert_eq!(database.look(told).await, "500");
    database.advance(TimeDelta::hours(25)).await;
    store.resend_invitation(&callers[0], waits).await.unwrap();
    found(store).await.unwrap();
}
