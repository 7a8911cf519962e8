//! Every change writes its entries and no other, what changes nothing writes none, and no entry holds
//! a secret.

use std::collections::BTreeSet;

use domain::{
    Environment, Expiry, FormId, KeptDays, KeyId, Level, Models, Origin, Outcome, Overlap, Period,
    Permissions, ProjectRole, Rate, Rates, Rhythm, Role, Rules, Scope, Usd, Watch, audit::Kind,
};
use ledger::Settlement;
use store::{
    BillingProfile, InviteOutcome, Label, NewAdminKey, NewApiKey, NewKey, NewOwner, NewRaise,
    OwnKeys, Rotation, StoreError,
    system::{Deletion, Joiner, SetTier},
};
use testkit::{Database, Tenant};

use crate::{
    bodies::body,
    people::{member, person, put},
    support::{Running, answered, price, request},
};

#[tokio::test]
async fn every_kind_of_entry_is_written_by_what_it_tells_of_and_by_nothing_else() {
    let mut told = BTreeSet::new();
    told.extend(organizations().await);
    told.extend(people().await);
    told.extend(projects().await);
    told.extend(bodies().await);
    told.extend(keys().await);
    told.extend(keys_of_others().await);
    told.extend(alerts().await);
    let all: BTreeSet<_> = Kind::ALL.iter().map(|kind| kind.as_str().to_owned()).collect();
    assert_eq!(told, all);
}

/// A log that is looked at after each change.
struct Log<'a> {
    database: &'a Database,
    tenant: &'a Tenant,
    seen: u64,
    kinds: BTreeSet<String>,
}

impl<'a> Log<'a> {
    async fn new(database: &'a Database, tenant: &'a Tenant) -> Self {
        let head = database.store.audit_head(&tenant.caller).await.unwrap();
        Self { database, tenant, seen: head.map_or(0, |head| head.count), kinds: BTreeSet::new() }
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
        self.kinds.extend(entries.split_whitespace().map(ToOwned::to_owned));
        done
    }

    /// The kinds of entries; none of them tells a secret.
    async fn end(self) -> BTreeSet<String> {
        no_secret(self.database, self.tenant).await;
        self.kinds
    }
}

/// A key's secret as it is stored; the hash is the part that must not get out.
const fn stored(public_id: &str) -> NewKey<'_> {
    NewKey { public_id, secret_hash: b"canary-of-a-secret", last_four: "d41c" }
}

fn public_id() -> String {
    KeyId::generate().uuid().simple().to_string().split_off(20)
}

async fn organizations() -> BTreeSet<String> {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let store = &database.store;
    let name = "Another".parse().unwrap();
    let made = store.create_organization(tenant.user, &name, chrono_tz::UTC, Origin::default());
    let caller = made.await.unwrap();
    let tenant = Tenant { org: caller.org, caller, ..tenant };
    let caller = &tenant.caller;
    let mut log = Log { seen: 0, ..Log::new(&database, &tenant).await };
    log.told(async { Ok(()) }, "organization.created").await;
    let name = "Renamed".parse().unwrap();
    log.told(store.edit_organization(caller, &name, chrono_tz::UTC), "organization.updated").await;
    let rules = Rules { projects_listed: true, key_max_days: None, service_keys_only: false };
    log.told(store.set_rules(caller, &rules), "organization.updated").await;
    log.told(store.set_rules(caller, &rules), "").await;
    log.told(store.let_unpriced_pass(caller, true), "organization.updated").await;
    log.told(store.let_unpriced_pass(caller, true), "").await;
    let dear = 1_000_000_000_000_000;
    let terms = Some((domain::price::Rates::new(dear, dear), Usd::ZERO));
    let day = chrono::NaiveDate::from_ymd_opt(2999, 1, 1);
    log.told(store.set_own_price(caller, "gpt-4o", terms, None), "price.set").await;
    let planned = log.told(store.set_own_price(caller, "gpt-4o", terms, day), "price.set").await;
    log.told(store.take_back_own_price(caller, planned), "price.removed").await;
    let profile =
        BillingProfile { legal_name: "Other Ltd".to_owned(), ..BillingProfile::default() };
    log.told(store.set_billing_profile(caller, &profile), "billing.updated").await;
    log.told(store.begin_audit_export(caller), "audit.exported").await;

    let (form, public, again) = (Some(FormId::generate()), public_id(), public_id());
    let new = |key| NewAdminKey { name: "ci".parse().unwrap(), lifetime: None, form, key };
    let (first, second) = (new(stored(&public)), new(stored(&again)));
    let key = log.told(store.create_admin_key(caller, &first), "admin_api_key.created").await;
    assert!(store.create_admin_key(caller, &second).await.is_err());
    log.told(store.revoke_admin_key(caller, key), "admin_api_key.deleted").await;

    let opal = person(&database, "opal").await;
    database.tamper("UPDATE users SET operator = name = 'opal'").await;
    let operator = store.as_operator(opal, Origin::default()).await.unwrap();
    log.told(operator.suspend(tenant.org, "Unpaid"), "organization.suspended").await;
    log.told(operator.suspend(tenant.org, "Unpaid"), "").await;
    log.told(operator.resume(tenant.org), "organization.resumed").await;
    log.told(operator.resume(tenant.org), "").await;
    let tier = SetTier { number: 3, held: true, reason: "Agreed" };
    log.told(operator.set_tier(tenant.org, tier), "tier.set").await;
    log.told(operator.set_tier(tenant.org, tier), "").await;
    log.told(store.close_organization(caller), "organization.closed").await;
    log.told(store.close_organization(caller), "").await;
    log.told(store.reopen_organization(caller), "organization.reopened").await;
    log.end().await
}

async fn people() -> BTreeSet<String> {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let (store, system, caller) = (&database.store, database.store.system(), &tenant.caller);
    let mut log = Log::new(&database, &tenant).await;
    let list = "a@example.com, b@example.com".parse().unwrap();
    let sent = store.invite(caller, &list, Role::Reader, &[]);
    let sent = log.told(sent, "invite.sent invite.sent").await;
    log.told(store.invite(caller, &list, Role::Reader, &[]), "").await;
    let InviteOutcome::Sent(invitation) = sent[0].outcome else { unreachable!("{sent:?}") };
    log.told(store.resend_invitation(caller, invitation), "invite.sent").await;
    log.told(store.revoke_invitation(caller, invitation), "invite.deleted").await;
    log.told(store.revoke_invitation(caller, invitation), "").await;
    let InviteOutcome::Sent(invitation) = sent[1].outcome else { unreachable!("{sent:?}") };
    let invitation = system.open_invitation(invitation).await.unwrap().unwrap();
    let ben = person(&database, "b").await;
    let joins =
        system.accept_invitation(&invitation, Joiner::Account(ben), true, Origin::default());
    let ben = log.told(joins, "invite.accepted user.added").await;
    log.told(store.leave(&ben, OwnKeys::Revoked), "user.deleted").await;
    log.told(store.set_report(caller, Rhythm::Weekly, &[]), "report.set").await;
    log.told(store.set_report(caller, Rhythm::Weekly, &[]), "").await;
    log.told(store.set_watches(caller, &BTreeSet::from([Watch::Drift])), "watches.set").await;
    log.told(store.set_watches(caller, &BTreeSet::from([Watch::Drift])), "").await;
    log.told(store.send_report(caller, Rhythm::Weekly), "report.sent").await;
    log.told(store.remove_report(caller, Rhythm::Weekly), "report.removed").await;
    log.told(store.send_test_alert(caller), "alert.tried").await;
    let mine = "Mine".parse().unwrap();
    log.told(store.keep_view(caller, &mine, "", false), "view.kept").await;
    let view = store.views(caller).await.unwrap()[0].id;
    log.told(store.remove_view(caller, view), "view.removed").await;
    let file = crate::exports::hours(1);
    let asked = store.ask_export(caller, "usage.csv", "", &file);
    let export = log.told(asked, "export.asked").await;
    log.told(store.remove_export(caller, export), "export.removed").await;

    let (kofi, its) = member(&database, &tenant, "kofi", Role::Reader).await;
    log.told(store.set_member_role(caller, kofi, Role::Owner), "user.updated").await;
    log.told(store.set_member_role(caller, kofi, Role::Owner), "").await;
    put(&database, &tenant, tenant.project, kofi, ProjectRole::Member).await;
    log.told(async { Ok(Tenant::key(store, &its, tenant.project).await) }, "api_key.created").await;
    let gone = store.remove_member(caller, kofi, OwnKeys::HandedOver(Vec::new()));
    log.told(gone, "service_account.created api_key.updated user.deleted").await;

    let (mei, its) = member(&database, &tenant, "mei", Role::Owner).await;
    log.told(async { Ok(Tenant::key(store, &its, tenant.project).await) }, "api_key.created").await;
    let public = public_id();
    let key = stored(&public);
    let admin_key = NewAdminKey { name: "ci".parse().unwrap(), lifetime: None, form: None, key };
    log.told(store.create_admin_key(&its, &admin_key), "admin_api_key.created").await;
    log.told(
        store.invite(&its, &"c@example.com".parse().unwrap(), Role::Owner, &[]),
        "invite.sent",
    )
    .await;
    let gone = "api_key.deleted admin_api_key.deleted invite.deleted user.deleted";
    assert_eq!(
        log.told(system.delete_account(mei, &Origin::default()), gone).await,
        Deletion::Done
    );
    log.end().await
}

async fn projects() -> BTreeSet<String> {
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
    let models = Models::new(["sandbox-dime"]).unwrap();
    let chosen = store.set_project_models(caller, project, Some(&models));
    log.told(chosen, "project.updated").await;
    log.told(store.set_project_models(caller, project, Some(&models)), "").await;
    log.told(store.set_default_project(caller, tenant.project), "organization.updated").await;
    log.told(store.set_default_project(caller, tenant.project), "").await;
    let put = store.add_project_member(caller, project, kofi, ProjectRole::Viewer);
    log.told(put, "project.user.added").await;
    let put = store.set_project_role(caller, project, kofi, ProjectRole::Member);
    log.told(put, "project.user.updated").await;
    let gone = store.remove_project_member(caller, project, kofi);
    log.told(gone, "project.user.deleted").await;

    let on = Scope::Project(project);
    let set = store.set_budget(caller, on, Period::Month, Usd::from_dollars(5));
    let budget = log.told(set, "budget.set").await;
    let raise = NewRaise {
        amount: Usd::from_dollars(9),
        starts: None,
        ends: chrono::Utc::now() + chrono::TimeDelta::days(1),
        reason: "Launch".parse().unwrap(),
    };
    let raise = log.told(store.raise_budget(caller, budget, &raise), "budget.raised").await;
    log.told(store.end_raise(caller, raise), "budget.raise.ended").await;
    let node = Running::new(store).await;
    let dime = price(&database, "sandbox-dime").await;
    let admitted = node.ledger.reserve(request(&tenant, &dime, "1")).await.unwrap();
    admitted.settle(Settlement { outcome: Outcome::Unknown, ..answered("1") }).await;
    node.finish().await;
    let doubtful = store.doubtful(caller, None).await.unwrap().rows[0].id;
    let why = "Invoice".parse().unwrap();
    let corrected = store.correct_charge(caller, doubtful, Usd::ZERO, &why);
    log.told(corrected, "charge.corrected").await;
    let level = Level::Percent(80);
    let set =
        log.told(store.set_threshold(caller, on, Period::Month, level), "threshold.set").await;
    log.told(store.remove_threshold(caller, set.id), "threshold.removed").await;
    log.told(store.remove_budget(caller, budget), "budget.removed").await;
    let rates = Rates { tokens_per_day: Rate::new(0), ..Rates::default() };
    let limited = |rates| store.set_rate_limit(caller, project, "sandbox-dime", rates);
    log.told(limited(rates), "rate_limit.set").await;
    log.told(limited(rates), "").await;
    log.told(limited(Rates::default()), "rate_limit.removed").await;
    log.told(limited(Rates::default()), "").await;
    log.told(store.archive_project(caller, project), "project.archived").await;
    log.told(store.archive_project(caller, project), "").await;
    log.end().await
}

async fn bodies() -> BTreeSet<String> {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let (store, caller) = (&database.store, &tenant.caller);
    let node = Running::new(store).await;
    let asked = request(&tenant, &price(&database, "sandbox-dime").await, "1");
    let id = asked.id;
    node.ledger.reserve(asked).await.unwrap().settle(answered("1")).await;
    node.finish().await;
    let mut log = Log::new(&database, &tenant).await;
    let days = KeptDays::new(30);
    log.told(store.set_bodies(caller, tenant.project, None), "").await;
    log.told(store.set_bodies(caller, tenant.project, days), "project.updated").await;
    log.told(store.set_bodies(caller, tenant.project, days), "").await;
    assert!(store.open_body(caller, id).await.is_err());
    let row = body(&tenant, id);
    store.system().flush_bodies(&[&row]).await.unwrap();
    // Each look is told, and that something could be looked at is not.
    log.told(store.keeping(caller, id), "").await;
    log.told(store.open_body(caller, id), "request.opened").await;
    log.told(store.open_body(caller, id), "request.opened").await;
    log.end().await
}

async fn alerts() -> BTreeSet<String> {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let (store, caller) = (&database.store, &tenant.caller);
    let level = Level::Amount("0.10".parse().unwrap());
    store.set_threshold(caller, Scope::Org(tenant.org), Period::Month, level).await.unwrap();
    let node = Running::new(store).await;
    let asked = request(&tenant, &price(&database, "sandbox-dime").await, "0.50");
    node.ledger.reserve(asked).await.unwrap().settle(answered("0.10")).await;
    node.finish().await;
    let mut log = Log::new(&database, &tenant).await;
    let alert = store.crossings(caller).await.unwrap()[0].id;
    log.told(store.acknowledge(caller, alert), "alert.acknowledged").await;
    log.told(store.acknowledge(caller, alert), "").await;
    let over = store.cycles(caller).await.unwrap().current.window.label;
    database.advance(chrono::TimeDelta::days(40)).await;
    log.told(store.close_cycle(caller, over), "cycle.closed").await;
    log.told(store.keep_invoice(caller, over, &[]), "invoice.kept").await;
    log.told(store.remove_invoice(caller, over), "invoice.removed").await;
    log.told(store.set_fingerprints(caller, tenant.project, true), "project.updated").await;
    log.told(store.set_fingerprints(caller, tenant.project, true), "").await;
    log.end().await
}

async fn keys() -> BTreeSet<String> {
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
    database.tamper("UPDATE api_keys SET tracked = false").await;
    log.told(store.track_api_key(caller, key), "api_key.updated").await;
    log.told(store.track_api_key(caller, key), "").await;
    let labels = [Label { name: "Old".parse().unwrap(), last_four: "wxyz".to_owned() }];
    let form = FormId::generate();
    let listed = store.import_api_keys(caller, tenant.project, form, &labels);
    log.told(listed, "api_key.created").await;
    let label = store.api_keys(caller).await.unwrap().into_iter().find(|key| key.imported);
    let public = public_id();
    let instead = NewApiKey {
        owner: NewOwner::NewServiceAccount("robot".parse().unwrap()),
        in_place_of: label.map(|label| label.id),
        ..NewApiKey::new(tenant.project, name, stored(&public))
    };
    let made = store.create_api_key(caller, &instead);
    let made = log.told(made, "service_account.created api_key.deleted api_key.created").await;
    let public = public_id();
    let rotation =
        Rotation { old: made.id, overlap: Overlap::Day, form: None, key: stored(&public) };
    log.told(store.rotate_api_key(caller, &rotation), "api_key.created api_key.updated").await;
    let account = made.service_account.unwrap();
    let (renamed, other) = ("robot 2".parse().unwrap(), "bare".parse().unwrap());
    let renamed = store.rename_service_account(caller, account, &renamed);
    log.told(renamed, "service_account.updated").await;
    let gone = store.delete_service_account(caller, account);
    log.told(gone, "api_key.deleted api_key.deleted service_account.deleted").await;
    log.told(store.revoke_api_key(caller, key), "api_key.deleted").await;
    log.told(store.revoke_api_key(caller, key), "").await;
    let bare = store.create_service_account(caller, tenant.project, &other);
    log.told(bare, "service_account.created").await;
    log.end().await
}

/// Keys that somebody found, and keys that members brought with them.
async fn keys_of_others() -> BTreeSet<String> {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let (store, system, caller) = (&database.store, database.store.system(), &tenant.caller);
    let mut log = Log::new(&database, &tenant).await;
    let (personal, secret) = tenant.personal_key(&database).await;
    let blocked = store.set_personal_key_blocked(caller, personal, true);
    log.told(blocked, "personal_key.blocked").await;
    log.told(store.set_personal_key_blocked(caller, personal, true), "").await;
    let allowed = store.set_personal_key_blocked(caller, personal, false);
    log.told(allowed, "personal_key.allowed").await;
    for secret in [&secret, &tenant.secret] {
        let public_id = domain::api_key::parse(secret).unwrap().public_id.to_owned();
        let suspect = system.suspects(&[public_id]).await.unwrap().remove(0);
        let origin = Origin::default();
        log.told(system.disable_leaked(&suspect, &origin), "api_key.leaked").await;
        log.told(system.disable_leaked(&suspect, &origin), "").await;
    }
    log.end().await
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
