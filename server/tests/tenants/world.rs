//! An installation with two organizations that must not know of each other, and the whole program
//! around it but for its sockets.

use std::{fmt::Write as _, net::SocketAddr, sync::Arc, time::Duration};

use app::{render::Assets, web::App};
use axum::{
    body::{Body, to_bytes},
    extract::ConnectInfo,
    http::{Request, StatusCode, header},
};
use domain::{OrgId, UserId};
use gateway::{Gateway, Setup};
use identity::{MintedKey, NewPassword, Person, Purpose, Secrets};
use secrecy::ExposeSecret as _;
use server::{address::Proxies, commands::serve::seal_bodies, playground::Gate, router::Site};
use sqlx::types::Uuid;
use store::{Store, system::SignUpPolicy};
use testkit::{Database, Furniture};
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};

const PASSWORD: &str = "seven grey lamps hum below";

/// The program.
pub(crate) struct World {
    pub(crate) database: Database,
    pub(crate) store: Store,
    pub(crate) secrets: Arc<Secrets>,
    site: Site,
    _stop: DropGuard,
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) cookie: Option<String>,
    /// Its media type; empty if it has none.
    pub(crate) kind: String,
    pub(crate) body: String,
}

impl World {
    /// One whose pages and requests share so many connections.
    pub(crate) async fn new(connections: u32) -> Self {
        Self::made(connections, false).await
    }

    /// The same where mails are sent: they wait in the outbox all the same.
    pub(crate) async fn mailing(connections: u32) -> Self {
        Self::made(connections, true).await
    }

    async fn made(connections: u32, mails: bool) -> Self {
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
            fingerprint_key: secrets.derive(Purpose::Fingerprint),
            seal: seal_bodies(Arc::clone(&secrets)),
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
            mails,
            sandbox: true,
            playground: Arc::new(Gate(gateway.clone())),
        };
        let site = Site::new(app, gateway, Proxies([].into()), stop.clone());
        Self { database, store, secrets, site, _stop: stop.drop_guard() }
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
        let response = self.site.clone().answer(request).await;
        let (head, body) = response.into_parts();
        let cookie = head
            .headers
            .get(header::SET_COOKIE)
            .map(|set| set.to_str().unwrap().split(';').next().unwrap_or_default().to_owned());
        let kind = head.headers.get(header::CONTENT_TYPE);
        let kind = kind.map_or_else(String::new, |kind| kind.to_str().unwrap().to_owned());
        let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
        let body = String::from_utf8_lossy(&body).into_owned();
        Answer { status: head.status, cookie, kind, body }
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
        self.site.clone().answer(request).await.status()
    }

    /// Waits until the gateway has heard its first news and prices.
    pub(crate) async fn is_ready(&self) {
        let ready = async || {
            while self.send("GET", "/readyz", &[], "").await.status != StatusCode::OK {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), ready()).await.unwrap();
    }
}

/// A key, and its public id, hash in hexadecimal digits and last four characters.
type Minted = (String, [String; 3]);

fn stored(minted: &MintedKey) -> Minted {
    let stored = minted.stored();
    let hash = stored.secret_hash.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    });
    let parts = [stored.public_id.to_owned(), hash, stored.last_four.to_owned()];
    (minted.secret.expose_secret().to_owned(), parts)
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
    /// A key of its project.
    pub(crate) key: String,
    /// A key for the admin API.
    pub(crate) admin: String,
    /// Its ids, by what routes call them.
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
        let origin = domain::Origin::default();
        let made = world.store.create_organization(owner, &label, chrono_tz::UTC, origin).await;
        let org = made.unwrap().org;
        let (key, [public, hash, four]) = stored(&MintedKey::new(&world.secrets).unwrap());
        let (admin, [id, admin_hash, _]) = stored(&MintedKey::admin(&world.secrets).unwrap());
        let database = &world.database;
        let things = Furniture::new(database, (org, owner), name, (&public, &hash, &four)).await;
        database
            .tamper(&format!(
                "UPDATE admin_keys SET public_id = '{id}', secret_hash = '\\x{admin_hash}' WHERE id = '{}'",
                things.admin_key.uuid()
            ))
            .await;
        for (person, role, place) in people {
            let name = format!("{name}-{person}");
            join(world, (org.uuid(), things.project.uuid()), &name, role, *place).await;
        }
        Self { key, admin, params: params(org, owner, &things) }
    }
}

fn params(org: OrgId, owner: UserId, things: &Furniture) -> Vec<(&'static str, String)> {
    vec![
        ("org", org.to_string()),
        ("project", things.project.to_string()),
        ("project_id", things.project.to_string()),
        ("key", things.key.to_string()),
        ("api_key_id", things.key.to_string()),
        ("user", owner.to_string()),
        ("user_id", owner.to_string()),
        ("account", things.account.to_string()),
        ("service_account_id", things.account.to_string()),
        ("invitation", things.invitation.to_string()),
        ("invite_id", things.invitation.to_string()),
        ("key_id", things.admin_key.to_string()),
        ("id", things.receipt.to_string()),
        ("alert_id", things.threshold.to_string()),
        ("rate_limit_id", "rl-sandbox-dime".to_owned()),
        ("number", "2".to_owned()),
        ("request", things.request.to_string()),
        ("export", things.export.to_string()),
    ]
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
