//! An installation with two organizations that must not know of each other, and the whole program
//! around it but for its sockets.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use app::{render::Assets, web::App};
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::ConnectInfo,
    http::{Request, StatusCode, header},
};
use domain::UserId;
use gateway::{Gateway, Setup};
use identity::{NewPassword, Person, Purpose, Secrets};
use secrecy::ExposeSecret as _;
use server::{address::Proxies, router::router};
use sqlx::types::Uuid;
use store::{Store, system::SignUpPolicy};
use testkit::Database;
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};
use tower::ServiceExt as _;

const PASSWORD: &str = "seven grey lamps hum below";

/// The program.
pub(crate) struct World {
    pub(crate) database: Database,
    pub(crate) store: Store,
    pub(crate) secrets: Arc<Secrets>,
    router: Router,
    _stop: DropGuard,
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) cookie: Option<String>,
    pub(crate) body: String,
}

impl World {
    /// One whose pages and requests share so many connections.
    pub(crate) async fn new(connections: u32) -> Self {
        let database = Database::new().await;
        let store = Store::connect(&database.url, connections).await.unwrap();
        store.system().init_sign_up_policy(SignUpPolicy::Open).await.unwrap();
        let secrets = Arc::new(Secrets::parse(&"s".repeat(32).into()).unwrap());
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let ledger =
            ledger::Node::start(Arc::new(store.book()), &tasks, stop.clone()).await.unwrap();
        let gateway = Gateway::new(Setup {
            ledger,
            store: store.clone(),
            peppers: secrets.derive_all(Purpose::ApiKeyPepper).collect(),
            upstream: None,
            sandbox: true,
            public_url: "http://exchequer.example".to_owned(),
            tasks: tasks.clone(),
            shutdown: stop.clone(),
        })
        .unwrap();
        gateway.start();
        let app = App {
            store: store.clone(),
            secrets: Arc::clone(&secrets),
            public_url: "http://exchequer.example".into(),
            assets: Assets { version: "test" },
            mails: false,
            sandbox: true,
        };
        let router = router(app, gateway, Proxies([].into()), stop.clone());
        Self { database, store, secrets, router, _stop: stop.drop_guard() }
    }

    /// An account `NAME@example.com`.
    pub(crate) async fn user(&self, name: &str) -> UserId {
        let email = format!("{name}@example.com").parse().unwrap();
        let password = NewPassword::choose(PASSWORD.into(), &email, name).unwrap();
        let person = Person { email, name: name.parse().unwrap(), password, verified: true };
        identity::create_user(&self.store, &person, false).await.unwrap()
    }

    /// The cookie of a session of that person.
    pub(crate) async fn sign_in(&self, name: &str) -> String {
        let form = form(&[("email", &format!("{name}@example.com")), ("password", PASSWORD)]);
        let answer = self.send("POST", "/sign-in", &[], &form).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        answer.cookie.unwrap()
    }

    /// Sends a request, a form if there is something in it.
    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        form: &str,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let kind = if path.starts_with("/v1") {
            "application/json"
        } else {
            "application/x-www-form-urlencoded"
        };
        if method != "GET" {
            request = request.header(header::CONTENT_TYPE, kind);
        }
        let request = request.body(Body::from(form.to_owned())).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        let cookie = head
            .headers
            .get(header::SET_COOKIE)
            .map(|set| set.to_str().unwrap().split(';').next().unwrap_or_default().to_owned());
        let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
        Answer { status: head.status, cookie, body: String::from_utf8_lossy(&body).into_owned() }
    }

    /// Sends a form from a network address.
    pub(crate) async fn post_from(
        &self,
        address: SocketAddr,
        path: &str,
        form: &str,
    ) -> StatusCode {
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .extension(ConnectInfo(address))
            .body(Body::from(form.to_owned()))
            .unwrap();
        self.router.clone().oneshot(request).await.unwrap().status()
    }

    /// Waits until the gateway has heard its first news and prices.
    pub(crate) async fn is_ready(&self, key: &str) {
        let bearer = format!("Bearer {key}");
        let ready = async || {
            while self.send("GET", "/v1/models", &[("authorization", &bearer)], "").await.status
                != StatusCode::OK
            {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), ready()).await.unwrap();
    }

    /// A key of the project, made like any other.
    pub(crate) fn mint(&self) -> (String, String, String, String) {
        let minted = identity::MintedKey::new(&self.secrets).unwrap();
        let stored = minted.stored();
        let hash = stored.secret_hash.iter().fold(String::new(), |mut text, byte| {
            use std::fmt::Write as _;
            write!(text, "{byte:02x}").unwrap();
            text
        });
        let (public, four) = (stored.public_id.to_owned(), stored.last_four.to_owned());
        (minted.secret.expose_secret().to_owned(), public, hash, four)
    }
}

pub(crate) fn form(fields: &[(&str, &str)]) -> String {
    let plain = |text: &str| {
        text.replace('%', "%25").replace(' ', "+").replace('@', "%40").replace('&', "%26")
    };
    fields
        .iter()
        .map(|(name, value)| format!("{name}={}", plain(value)))
        .collect::<Vec<_>>()
        .join("&")
}

/// An organization with one of everything, all of it named after the organization.
pub(crate) struct Organization {
    pub(crate) key: String,
    pub(crate) params: Vec<(&'static str, String)>,
}

impl Organization {
    /// Its owner is `NAME-owner`, and so on; its things are called `NAME …`.
    pub(crate) async fn new(
        world: &World,
        name: &str,
        people: &[(&str, &str, Option<&str>)],
    ) -> Self {
        let owner = world.user(&format!("{name}-owner")).await;
        let label = format!("{name} organization").parse().unwrap();
        let caller = world
            .store
            .create_organization(owner, &label, chrono_tz::UTC, domain::Origin::default())
            .await
            .unwrap();
        let org = caller.org.uuid();
        let project = domain::ProjectId::generate();
        let (secret, public, hash, four) = world.mint();
        let (_, admin_public, admin_hash, admin_four) = world.mint();
        let key = domain::KeyId::generate();
        let [account, invitation, admin_key, personal, budget, threshold, receipt] =
            std::array::from_fn(|_| domain::KeyId::generate().uuid());
        let sql = format!(
            "INSERT INTO billing_profiles (org_id, legal_name, email, address, country, tax_id, cost_centre)
                VALUES ('{org}', '{name} Ltd', '{name}-bill@example.com', '{name} street', 'NO', '{name}-tax', '');
             INSERT INTO projects (org_id, id, name, environment) VALUES ('{org}', '{p}', '{name} project', 'production');
             INSERT INTO service_accounts (org_id, id, project_id, name) VALUES ('{org}', '{account}', '{p}', '{name} robot');
             INSERT INTO api_keys (org_id, id, project_id, name, public_id, secret_hash, last_four, created_by, owner_id)
                VALUES ('{org}', '{k}', '{p}', '{name} key', '{public}', '\\x{hash}', '{four}', '{o}', '{o}');
             INSERT INTO directory (public_id, org_id, key_id) VALUES ('{public}', '{org}', '{k}');
             INSERT INTO admin_keys (org_id, id, name, public_id, secret_hash, last_four)
                VALUES ('{org}', '{admin_key}', '{name} admin key', '{admin_public}', '\\x{admin_hash}', '{admin_four}');
             INSERT INTO personal_keys (id, user_id, name, public_id, secret_hash, last_four)
                VALUES ('{personal}', '{o}', '{name} personal', '{name}-personal', '', '0000');
             INSERT INTO invitations (org_id, id, email, role, expires_at)
                VALUES ('{org}', '{invitation}', '{name}-guest@example.com', 'reader', exq_now() + interval '7 days');
             INSERT INTO budgets (org_id, id, scope, scope_id, period, amount) VALUES ('{org}', '{budget}', 'project', '{p}', 'month', 31.4);
             INSERT INTO thresholds (org_id, id, scope, scope_id, period, percent) VALUES ('{org}', '{threshold}', 'project', '{p}', 'month', 80);
             INSERT INTO receipts (org_id, id, budget_id, revision, project_id, key_id, scope, period, quarter, amount, spent, held, resets_at, count, first_at, last_at)
                SELECT '{org}', '{receipt}', '{budget}', 1, '{p}', '{k}', 'project', 'month', exq_quarter(now()), 31.4, 31.4, 0, now() + interval '1 day', 1, now(), now();",
            p = project.uuid(),
            k = key.uuid(),
            o = owner.uuid(),
        );
        world.database.tamper(&sql).await;
        for (person, role, place) in people {
            join(world, (org, project.uuid()), &format!("{name}-{person}"), role, *place).await;
        }
        let params = vec![
            ("org", caller.org.to_string()),
            ("project", project.to_string()),
            ("key", key.to_string()),
            ("user", owner.to_string()),
            ("account", domain::ServiceAccountId::from_uuid(account).to_string()),
            ("invitation", domain::InvitationId::from_uuid(invitation).to_string()),
            ("admin_key", domain::AdminKeyId::from_uuid(admin_key).to_string()),
            ("id", domain::ReceiptId::from_uuid(receipt).to_string()),
        ];
        Self { key: secret, params }
    }
}

/// Makes a person a member, and gives the person a place in the project.
async fn join(
    world: &World,
    (org, project): (Uuid, Uuid),
    name: &str,
    role: &str,
    place: Option<&str>,
) {
    let user = world.user(name).await.uuid();
    world
        .database
        .tamper(&format!(
            "INSERT INTO memberships (org_id, user_id, role) VALUES ('{org}', '{user}', '{role}')"
        ))
        .await;
    let Some(place) = place else { return };
    world
        .database
        .tamper(&format!(
            "INSERT INTO project_members (org_id, project_id, user_id, role) VALUES ('{org}', '{project}', '{user}', '{place}')"
        ))
        .await;
}
