//! Sessions on a real database, through the layer that pages use.
#![expect(clippy::unwrap_used, reason = "a test that can't get what it needs has failed")]

use std::{collections::HashMap, convert::Infallible, pin::Pin, sync::Arc};

use chrono::TimeDelta;
use http::{Request, Response, header};
use identity::{
    Device, NewPassword, Person, Secrets, Sessions, create_user, current_user, log_in, log_out,
    session_layer,
};
use store::Store;
use testkit::Database;
use tower::{Layer as _, ServiceExt as _, service_fn};
use tower_sessions::{Session, SessionStore as _, session::Record};

const PLAIN: &str = "http://127.0.0.1:3000";

type Answer = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A browser: it keeps the cookie that it is given.
struct Browser {
    store: Store,
    url: &'static str,
    /// As last set, with its attributes.
    set: String,
}

impl Browser {
    fn new(store: &Store, url: &'static str) -> Self {
        Self { store: store.clone(), url, set: String::new() }
    }

    fn cookie(&self) -> &str {
        self.set.split(';').next().unwrap_or_default()
    }

    async fn visit<F>(&mut self, page: F)
    where
        F: FnOnce(Store, Session) -> Answer + Clone + Send + 'static,
    {
        let store = self.store.clone();
        let service = session_layer(&self.store, self.url).layer(service_fn(
            move |request: Request<String>| {
                let session: Session = request.extensions().get::<Session>().unwrap().clone();
                let answer = page.clone()(store.clone(), session);
                async move {
                    answer.await;
                    Ok::<_, Infallible>(Response::new(String::new()))
                }
            },
        ));
        let request = Request::builder().header(header::COOKIE, self.cookie());
        let response = service.oneshot(request.body(String::new()).unwrap()).await.unwrap();
        assert!(response.status().is_success());
        if let Some(set) = response.headers().get(header::SET_COOKIE) {
            set.to_str().unwrap().clone_into(&mut self.set);
        }
    }

    async fn log_in(&mut self) {
        self.visit(|store, session| {
            Box::pin(async move {
                let secrets = Secrets::parse(&"s".repeat(32).into()).unwrap();
                let email = "ines@example.com".parse().unwrap();
                let password = "correct horse".into();
                let device = Device::new("192.0.2.1".parse().unwrap(), "Test");
                log_in(&store, &secrets, &session, &email, &password, &device).await.unwrap();
            })
        })
        .await;
    }

    async fn leave_note(&mut self) {
        self.visit(|_, session| {
            Box::pin(async move { session.insert("note", "hello").await.unwrap() })
        })
        .await;
    }

    async fn log_out(&mut self) {
        self.visit(|_, session| Box::pin(async move { log_out(&session).await.unwrap() })).await;
    }

    /// Whether the session is somebody's.
    async fn is_in(&mut self) -> bool {
        let (tell, told) = std::sync::mpsc::channel();
        self.visit(move |store, session| {
            Box::pin(async move {
                let user = current_user(&store, &session).await.unwrap();
                tell.send(user.is_some_and(|user| user.email.as_str() == "ines@example.com"))
                    .unwrap();
            })
        })
        .await;
        told.recv().unwrap()
    }
}

async fn database() -> Database {
    let database = Database::new().await;
    let email = "ines@example.com".parse().unwrap();
    let person = Person {
        password: NewPassword::choose("correct horse".into(), &email, "Ines").unwrap(),
        name: "Ines Okafor".parse().unwrap(),
        verified: true,
        email,
    };
    create_user(&database.store, &person, false).await.unwrap();
    database
}

#[tokio::test]
async fn a_session_known_before_log_in_is_worthless() {
    let database = database().await;
    let mut victim = Browser::new(&database.store, PLAIN);
    victim.leave_note().await;
    let mut attacker = Browser { set: victim.set.clone(), ..Browser::new(&database.store, PLAIN) };
    victim.log_in().await;
    assert_ne!(victim.cookie(), attacker.cookie());
    assert!(victim.is_in().await);
    assert!(!attacker.is_in().await);
    assert_eq!(database.look("SELECT count(*) FROM sessions").await, "1");
    // A made-up id is never adopted.
    let mut forger = Browser::new(&database.store, PLAIN);
    "exchequer=AAAAAAAAAAAAAAAAAAAAAA".clone_into(&mut forger.set);
    forger.log_in().await;
    assert_ne!(forger.cookie(), "exchequer=AAAAAAAAAAAAAAAAAAAAAA");
}

#[tokio::test]
async fn the_cookie_is_stored_as_hash_and_guarded() {
    let database = database().await;
    let mut plain = Browser::new(&database.store, PLAIN);
    plain.log_in().await;
    for part in ["exchequer=", "HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=2592000"] {
        assert!(plain.set.contains(part), "{}", plain.set);
    }
    assert!(!plain.set.contains("Secure"));
    let mut secure = Browser::new(&database.store, "https://exchequer.example.com");
    secure.log_in().await;
    assert!(secure.set.starts_with("__Host-exchequer=") && secure.set.contains("Secure"));
    assert!(!secure.set.contains("Domain"));
    let value = plain.cookie().split_once('=').unwrap().1;
    let found = format!("SELECT count(*) FROM sessions s WHERE s::text LIKE '%{value}%'");
    assert_eq!(database.look(&found).await, "0");
    let named = "SELECT count(*) FROM sessions WHERE id_hash IS NOT NULL AND user_id IS NOT NULL";
    assert_eq!(database.look(named).await, "2");
}

#[tokio::test]
async fn a_logged_out_session_stays_out() {
    let database = database().await;
    let store = &database.store;
    let mut browser = Browser::new(store, PLAIN);
    browser.log_in().await;
    let kept = browser.set.clone();
    // A slow page of the same session ends after the log-out.
    let mut other = Browser { set: kept.clone(), ..Browser::new(store, PLAIN) };
    let (out, slow) = (kept.clone(), store.clone());
    other
        .visit(move |_, session| {
            Box::pin(async move {
                session.insert("note", "written before").await.unwrap();
                Browser { set: out, ..Browser::new(&slow, PLAIN) }.log_out().await;
            })
        })
        .await;
    assert_eq!(database.look("SELECT count(*) FROM sessions").await, "0");
    for set in [kept, other.set] {
        assert!(!Browser { set, ..Browser::new(store, PLAIN) }.is_in().await);
    }
}

#[tokio::test]
async fn inactivity_ends_a_session_and_use_prolongs_it() {
    let database = database().await;
    let mut browser = Browser::new(&database.store, PLAIN);
    browser.log_in().await;
    browser.set = browser.cookie().to_owned();
    assert!(browser.is_in().await);
    assert!(!browser.set.contains("Max-Age"), "no write within a day");
    database.advance(TimeDelta::days(20)).await;
    assert!(browser.is_in().await);
    assert!(browser.set.contains("Max-Age=2592000"), "{}", browser.set);
    database.advance(TimeDelta::days(49)).await;
    assert!(browser.is_in().await);
    database.advance(TimeDelta::days(80)).await;
    assert!(!browser.is_in().await);
    assert_eq!(database.store.system().reap_sessions().await.unwrap(), 1);
}

#[tokio::test]
async fn an_id_that_is_taken_is_not_shared() {
    let database = database().await;
    let sessions = Sessions::new(database.store.clone());
    let session = Session::new(None, Arc::new(sessions.clone()), None);
    session.insert("note", "mine").await.unwrap();
    session.save().await.unwrap();
    let id = session.id().unwrap();
    let mut second = Record { id, data: HashMap::default(), expiry_date: session.expiry_date() };
    sessions.create(&mut second).await.unwrap();
    assert_ne!(second.id, id);
    assert!(sessions.load(&id).await.unwrap().unwrap().data.contains_key("note"));
}

#[tokio::test]
async fn all_sessions_of_a_user_end_together() {
    let database = database().await;
    let (mut one, mut two) =
        (Browser::new(&database.store, PLAIN), Browser::new(&database.store, PLAIN));
    one.log_in().await;
    two.log_in().await;
    let user = database.look("SELECT id FROM users").await.parse::<uuid::Uuid>().unwrap();
    let ended = database.store.system().delete_sessions_of(domain::UserId::from_uuid(user)).await;
    assert_eq!(ended.unwrap(), 2);
    assert!(!one.is_in().await && !two.is_in().await);
}
