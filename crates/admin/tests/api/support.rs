//! Organizations with all that can be named, and programs that ask.

use std::{cell::RefCell, collections::BTreeMap, sync::Arc};

use admin::{Admin, Limits};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode, header, request::Builder},
};
use domain::{Addresses, Email, Level, Origin, Period, ProjectRole, Role, Scope, Usd, UserId};
use identity::{MintedKey, Secrets};
use secrecy::ExposeSecret as _;
use serde_json::Value;
use store::{InviteOutcome, NewAdminKey, Store};
use testkit::{Database, Tenant};
use tower::ServiceExt as _;

use crate::document::{Document, Operation};

/// The API of an installation.
pub(crate) struct Api {
    pub(crate) database: Database,
    document: Document,
    router: Router,
    secrets: Arc<Secrets>,
    /// Which operations were answered well, and which with an error.
    pub(crate) seen: RefCell<[Vec<Operation>; 2]>,
}

/// An organization, and its ids by the names that the document gives them.
pub(crate) struct Org {
    pub(crate) tenant: Tenant,
    /// An admin key.
    pub(crate) key: String,
    pub(crate) ids: BTreeMap<&'static str, String>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
    /// The same as it was sent: exact.
    pub(crate) text: String,
}

impl Answer {
    /// Status and code of an error.
    pub(crate) fn error(&self) -> (u16, &str) {
        (self.status.as_u16(), self.body["error"]["code"].as_str().unwrap_or_default())
    }

    /// The ids of a list.
    pub(crate) fn ids(&self) -> Vec<String> {
        let data = self.body["data"].as_array().unwrap();
        data.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
    }
}

impl Api {
    pub(crate) async fn new() -> Self {
        Self::limited(Limits::default()).await
    }

    pub(crate) async fn limited(limits: Limits) -> Self {
        let database = Database::new().await;
        let secrets = Arc::new(Secrets::parse(&"s".repeat(32).into()).unwrap());
        let admin = Admin { store: database.store.clone(), secrets: Arc::clone(&secrets), limits };
        let router = Router::new().nest("/v1/organization", admin::router(admin));
        let seen = RefCell::default();
        Self { database, document: Document::read(), router, secrets, seen }
    }

    pub(crate) fn store(&self) -> &Store {
        &self.database.store
    }

    pub(crate) fn operations(&self) -> Vec<Operation> {
        self.document.operations()
    }

    /// The words that a parameter of an operation may be, or of which it may be a list.
    pub(crate) fn parameter(&self, operation: &Operation, name: &str) -> Vec<String> {
        self.document.parameter(operation, name)
    }

    /// An organization with a reader in a project, an invitation, a service account and keys.
    pub(crate) async fn org(&self, name: &str) -> Org {
        let tenant = Tenant::new(&self.database, name).await;
        let (store, caller) = (self.store(), &tenant.caller);
        let reader = self.member(&tenant, &format!("reader-{name}")).await;
        store
            .add_project_member(caller, tenant.project, reader, ProjectRole::Member)
            .await
            .unwrap();
        let guest: Email = format!("guest-{name}@example.com").parse().unwrap();
        let invited =
            store.invite(caller, &Addresses::from(guest), Role::Reader, &[]).await.unwrap();
        let invite = match invited[0].outcome {
            InviteOutcome::Sent(id) => Some(id),
            _ => None,
        };
        let robot = "robot".parse().unwrap();
        let account = store.create_service_account(caller, tenant.project, &robot).await.unwrap();
        let minted = MintedKey::admin(&self.secrets).unwrap();
        let name = "sync".parse().unwrap();
        let new = NewAdminKey { name, lifetime: None, form: None, key: minted.stored() };
        let key = store.create_admin_key(caller, &new).await.unwrap();
        let level = Level::Amount(Usd::from_dollars(7));
        let on = Scope::Project(tenant.project);
        let alert = store.set_threshold(caller, on, Period::Month, level).await.unwrap().id;
        let ids = BTreeMap::from([
            ("alert_id", alert.to_string()),
            ("rate_limit_id", "rl-sandbox-dime".to_owned()),
            ("user_id", reader.to_string()),
            ("invite_id", invite.unwrap().to_string()),
            ("project_id", tenant.project.to_string()),
            ("service_account_id", account.to_string()),
            ("api_key_id", tenant.key.to_string()),
            ("key_id", key.to_string()),
        ]);
        Org { tenant, key: minted.secret.expose_secret().to_owned(), ids }
    }

    /// A reader of the organization.
    pub(crate) async fn member(&self, of: &Tenant, name: &str) -> UserId {
        let (user, org) = (UserId::generate(), of.org.uuid());
        let id = user.uuid();
        self.database
            .tamper(&format!(
                "INSERT INTO users (id, email, name, password_hash, verified_at)
                     VALUES ('{id}', '{name}@example.com', '{name}', '!', exq_now());
                 INSERT INTO memberships (org_id, user_id, role) VALUES ('{org}', '{id}', 'reader')"
            ))
            .await;
        user
    }

    /// Asks an operation of the document, whose names are filled in, and checks that the answer is
    /// as the document says.
    pub(crate) async fn ask(
        &self,
        org: &Org,
        operation: &str,
        names: &[(&str, &str)],
        body: Option<Value>,
    ) -> Answer {
        let (operation, query) = operation.split_once('?').unwrap_or((operation, ""));
        let operation = Operation::new(operation);
        let path = operation.names().iter().fold(operation.path.clone(), |path, name| {
            let given = names.iter().find(|(of, _)| of == name).map(|(_, id)| (*id).to_owned());
            path.replace(&format!("{{{name}}}"), &given.unwrap_or_else(|| org.ids[name].clone()))
        });
        let request = Request::builder()
            .method(&*operation.method)
            .uri(format!("/v1{path}?{query}"))
            .header(header::AUTHORIZATION, format!("Bearer {}", org.key));
        let answer = self.send(request, body).await;
        let status = answer.status.as_u16();
        let faults = self.document.faults(&operation, status, &answer.body);
        assert!(faults.is_empty(), "{operation:?} {status} {faults:#?} {}", answer.body);
        assert!(answer.headers["x-request-id"].to_str().unwrap().starts_with("req_"));
        self.seen.borrow_mut()[usize::from(status != 200)].push(operation);
        answer
    }

    pub(crate) async fn send(&self, mut request: Builder, body: Option<Value>) -> Answer {
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let mut request = request.body(body).unwrap();
        let address = Some([198, 51, 100, 7].into());
        request.extensions_mut().insert(Origin::new(address, Some("sync/1")));
        let (head, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        let text = String::from_utf8(body.to_vec()).unwrap();
        let body = serde_json::from_str(&text).unwrap();
        Answer { status: head.status, headers: head.headers, body, text }
    }
}

/// A body with which the operation would succeed.
pub(crate) fn body(operation: &Operation, org: &Org) -> Option<Value> {
    use serde_json::json;
    if operation.method != "POST" {
        return None;
    }
    match operation.path.strip_prefix("/organization").unwrap() {
        "/projects/{project_id}/archive" => None,
        "/invites" => Some(json!({ "email": "someone@example.com", "role": "reader" })),
        "/projects/{project_id}/users" => {
            Some(json!({ "user_id": org.tenant.user, "role": "member" }))
        }
        "/users/{user_id}" | "/projects/{project_id}/users/{user_id}" => {
            Some(json!({ "role": "owner" }))
        }
        path if path.ends_with("/spend_limit") => Some(amount(1_000)),
        path if path.contains("/spend_alerts") => Some(alert(1_000, &[])),
        path if path.contains("/rate_limits/") => Some(json!({ "max_requests_per_1_minute": 60 })),
        _ => Some(json!({ "name": "New name" })),
    }
}

/// A spend limit's body.
pub(crate) fn amount(cents: i64) -> Value {
    serde_json::json!({ "threshold_amount": cents, "currency": "USD", "interval": "month" })
}

/// A spend alert's body.
pub(crate) fn alert(cents: i64, recipients: &[&str]) -> Value {
    let mut body = amount(cents);
    body["notification_channel"] = serde_json::json!({ "type": "email", "recipients": recipients });
    body
}
