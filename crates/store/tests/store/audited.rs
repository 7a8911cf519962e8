//! Every change writes its entry and no other, what changes nothing writes none, and no entry holds
//! a secret.

use domain::{
    Environment, Expiry, FormId, KeyId, Level, Overlap, Period, Permissions, ProjectRole, Role,
    Rules, Scope, Usd,
};
use store::{
    BillingProfile, InviteOutcome, Label, NewAdminKey, NewKey, OwnKeys, Rotation, StoreError,
};
use testkit::{Database, Tenant};

use crate::people::member;

/// A log that is looked at after each change.
struct Log<'a> {
    database: &'a Database,
    tenant: &'a Tenant,
    seen: u64,
}

impl<'a> Log<'a> {
    async fn new(database: &'a Database, tenant: &'a Tenant) -> Self {
        let seen = database.store.audit_head(&tenant.caller).await.unwrap().unwrap().count;
        Self { database, tenant, seen }
    }

    /// What was done wrote these entries, in this order; doing it again, nothing.
    async fn told<T>(
        &mut self,
        done: impl Future<Output = Result<T, StoreError>>,
        entries: &str,
    ) -> T {
        let done = done.await.unwrap();
        let (org, seen) = (self.tenant.org.uuid(), self.seen);
        let told = format!(
            "SELECT string_agg(action, ' ' ORDER BY seq) FROM audit_entries WHERE org_id = '{org}' AND seq > {seen}"
        );
        assert_eq!(self.database.look(&told).await, entries);
        self.seen += entries.split_whitespace().count() as u64;
        done
    }
}

/// A key's secret as it is stored; the hash is the part that must not get out.
const fn stored(public_id: &str) -> NewKey<'_> {
    NewKey { public_id, secret_hash: b"canary-of-a-secret", last_four: "d41c" }
}

fn public_id() -> String {
    KeyId::generate().uuid().simple().to_string().split_off(20)
}

#[tokio::test]
async fn what_concerns_an_organization_and_its_people() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let (store, caller) = (&database.store, &tenant.caller);
    let mut log = Log::new(&database, &tenant).await;
    let name = "Renamed".parse().unwrap();
    log.told(store.edit_organization(caller, &name, chrono_tz::UTC), "organization.updated").await;
    let rules = Rules { projects_listed: true, key_max_days: None, service_keys_only: false };
    log.told(store.set_rules(caller, &rules), "organization.updated").await;
    log.told(store.set_rules(caller, &rules), "").await;
    let profile =
        BillingProfile { legal_name: "Other Ltd".to_owned(), ..BillingProfile::default() };
    log.told(store.set_billing_profile(caller, &profile), "billing.updated").await;

    let people = "a@example.com, b@example.com".parse().unwrap();
    let sent = store.invite(caller, &people, Role::Reader, &[]);
    let sent = log.told(sent, "invite.sent invite.sent").await;
    log.told(store.invite(caller, &people, Role::Reader, &[]), "").await;
    let InviteOutcome::Sent(invitation) = sent[0].outcome else { unreachable!("{sent:?}") };
    log.told(store.resend_invitation(caller, invitation), "invite.sent").await;
    log.told(store.revoke_invitation(caller, invitation), "invite.deleted").await;
    log.told(store.revoke_invitation(caller, invitation), "").await;

    let (kofi, _) = member(&database, &tenant, "kofi", Role::Reader).await;
    log.told(store.set_member_role(caller, kofi, Role::Owner), "user.updated").await;
    log.told(store.set_member_role(caller, kofi, Role::Owner), "").await;
    log.told(store.remove_member(caller, kofi, OwnKeys::Revoked), "user.deleted").await;
    log.told(store.begin_audit_export(caller), "audit.exported").await;

    let (form, public, again) = (Some(FormId::generate()), public_id(), public_id());
    let new = |key| NewAdminKey { name: "ci".parse().unwrap(), lifetime: None, form, key };
    let (first, second) = (new(stored(&public)), new(stored(&again)));
    let key = log.told(store.create_admin_key(caller, &first), "admin_api_key.created").await;
    assert!(store.create_admin_key(caller, &second).await.is_err());
    log.told(store.revoke_admin_key(caller, key), "admin_api_key.deleted").await;
    log.told(store.close_organization(caller), "organization.closed").await;
    log.told(store.close_organization(caller), "").await;
    log.told(store.reopen_organization(caller), "organization.reopened").await;
    no_secret(&database, &tenant).await;
}

#[tokio::test]
async fn what_concerns_projects_and_limits() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let (store, caller) = (&database.store, &tenant.caller);
    let (kofi, _) = member(&database, &tenant, "kofi", Role::Reader).await;
    let mut log = Log::new(&database, &tenant).await;
    let (first, second) = ("One".parse().unwrap(), "Two".parse().unwrap());
    let made = store.create_project(caller, &first, Environment::Staging);
    let project = log.told(made, "project.created").await;
    log.told(store.rename_project(caller, project, &second), "project.updated").await;
    log.told(store.rename_project(caller, project, &second), "").await;
    let moved = store.set_project_environment(caller, project, Environment::Development);
    log.told(moved, "project.updated").await;
    let put = store.add_project_member(caller, project, kofi, ProjectRole::Viewer);
    log.told(put, "project.user.added").await;
    let put = store.set_project_role(caller, project, kofi, ProjectRole::Member);
    log.told(put, "project.user.updated").await;
    let gone = store.remove_project_member(caller, project, kofi);
    log.told(gone, "project.user.deleted").await;
    let made = store.create_service_account(caller, project, &first);
    let account = log.told(made, "service_account.created").await;
    let renamed = store.rename_service_account(caller, account, &second);
    log.told(renamed, "service_account.updated").await;
    let gone = store.delete_service_account(caller, account);
    log.told(gone, "service_account.deleted").await;

    let on = Scope::Project(project);
    let set = store.set_budget(caller, on, Period::Month, Usd::from_dollars(5));
    let budget = log.told(set, "budget.set").await;
    let level = Level::Percent(80);
    let set =
        log.told(store.set_threshold(caller, on, Period::Month, level), "threshold.set").await;
    log.told(store.remove_threshold(caller, set.id), "threshold.removed").await;
    log.told(store.remove_budget(caller, budget), "budget.removed").await;
    log.told(store.archive_project(caller, project), "project.archived").await;
    log.told(store.archive_project(caller, project), "").await;
    no_secret(&database, &tenant).await;
}

#[tokio::test]
async fn what_concerns_keys() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let (store, caller, key) = (&database.store, &tenant.caller, tenant.key);
    let mut log = Log::new(&database, &tenant).await;
    let name = "Renamed".parse().unwrap();
    log.told(store.rename_api_key(caller, key, &name), "api_key.updated").await;
    log.told(store.rename_api_key(caller, key, &name), "").await;
    let read_only = store.set_key_permissions(caller, key, &Permissions::ReadOnly);
    log.told(read_only, "api_key.updated").await;
    log.told(store.set_key_expiry(caller, key, Expiry::Days(30)), "api_key.updated").await;
    log.told(store.set_key_paused(caller, key, true), "api_key.updated").await;
    log.told(store.set_key_paused(caller, key, true), "").await;
    log.told(store.set_key_paused(caller, key, false), "api_key.updated").await;
    let labels = [Label { name: "Old".parse().unwrap(), last_four: "wxyz".to_owned() }];
    let form = FormId::generate();
    let listed = store.import_api_keys(caller, tenant.project, form, &labels);
    log.told(listed, "api_key.created").await;
    let public = public_id();
    let rotation = Rotation { old: key, overlap: Overlap::Day, form: None, key: stored(&public) };
    let made = store.rotate_api_key(caller, &rotation);
    let made = log.told(made, "api_key.created api_key.updated").await;
    log.told(store.revoke_api_key(caller, made.id), "api_key.deleted").await;
    log.told(store.revoke_api_key(caller, made.id), "").await;
    no_secret(&database, &tenant).await;
}

/// Of all that was made here nothing that must stay secret is in any log.
async fn no_secret(database: &Database, tenant: &Tenant) {
    let logs = database.look("SELECT string_agg(e::text, ' ') FROM audit_entries e").await;
    let hash = database
        .look("SELECT string_agg(encode(secret_hash, 'hex') || ' ' || encode(secret_hash, 'base64'), ' ') FROM (SELECT secret_hash FROM api_keys UNION SELECT secret_hash FROM admin_keys) k")
        .await;
    let (_, secret) = tenant.secret.split_once('_').unwrap();
    let hidden =
        hash.split_whitespace().chain([secret, tenant.secret.as_str(), "canary-of-a-secret"]);
    for part in hidden.filter(|part| part.len() > 8) {
        assert!(!logs.contains(part), "{part}");
    }
    assert!(logs.len() > 1_000);
}
