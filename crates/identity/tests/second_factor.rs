//! The second factor on a real database: each code once, whoever tries how often.
#![expect(clippy::unwrap_used, reason = "a test that can't get what it needs has failed")]

use std::sync::Arc;

use chrono::TimeDelta;
use identity::{
    CodeError, Device, FactorError, LoggedIn, NewPassword, Person, Proof, ProveError,
    SecondStepError, Secrets, awaits_code, begin_second_factor, confirm_second_factor, create_user,
    current_user, enrolment, log_in, log_in_with_code, proof, prove, remove_second_factor,
    renew_recovery_codes, reset_link, reset_password,
};
use secrecy::{ExposeSecret as _, SecretString};
use store::{Store, system::Account};
use testkit::Database;
use tokio::task::JoinSet;
use totp_rs::{Secret, Totp};
use tower_sessions::Session;

const INES: &str = "ines@example.com";
const WORDS: &str = "correct horse";

fn secrets() -> Secrets {
    Secrets::parse(&"s".repeat(32).into()).unwrap()
}

fn device() -> Device {
    Device::new("192.0.2.1".parse().unwrap(), "Test")
}

fn session(store: &Store) -> Session {
    Session::new(None, Arc::new(identity::Sessions::new(store.clone())), None)
}

async fn account(store: &Store, user: domain::UserId) -> Account {
    store.system().account(user).await.unwrap().unwrap()
}

async fn gives_password(store: &Store) -> (Session, LoggedIn) {
    let session = session(store);
    let email = INES.parse().unwrap();
    let done = log_in(store, &secrets(), &session, &email, &WORDS.into(), &device()).await.unwrap();
    session.save().await.unwrap();
    (session, done)
}

async fn gives_code(store: &Store, session: &Session, code: &str) -> Result<(), SecondStepError> {
    log_in_with_code(store, &secrets(), session, &code.into(), &device()).await.map(|_| ())
}

/// Somebody with a second factor.
struct Guarded {
    database: Database,
    user: domain::UserId,
    app: Totp,
    recovery: Vec<SecretString>,
    browser: Session,
    proof: Proof,
}

impl Guarded {
    async fn new() -> Self {
        let database = Database::new().await;
        let store = &database.store;
        let email = INES.parse().unwrap();
        let password = NewPassword::choose(WORDS.into(), &email, "Ines").unwrap();
        let person = Person { email, name: "Ines".parse().unwrap(), password, verified: true };
        let user = create_user(store, &person, false).await.unwrap();
        let (browser, _) = gives_password(store).await;
        let proof = proof(store, &browser).await.unwrap().unwrap();
        begin_second_factor(store, &secrets(), &proof).await.unwrap();
        let told = enrolment(store, &secrets(), &proof, &account(store, user).await).await.unwrap();
        let told = told.unwrap();
        assert!(told.url.expose_secret().contains("ines%40example.com"), "{:?}", told.url);
        let app = Totp::from_url(told.url.expose_secret()).unwrap();
        let typed = Secret::try_from_base32(told.secret.expose_secret()).unwrap();
        assert_eq!(app.secret().as_bytes(), typed.as_bytes());
        let code = app.generate(now(store).await).to_string();
        let recovery =
            confirm_second_factor(store, &secrets(), &browser, &proof, &code.into()).await.unwrap();
        Self { database, user, app, recovery, browser, proof }
    }

    /// The app's code a number of steps from now.
    async fn code(&self, steps: i64) -> String {
        let now = now(&self.database.store).await;
        self.app.generate(now.checked_add_signed(steps * 30).unwrap()).to_string()
    }

    /// Lets half a minute pass, so that there is a code that nobody used.
    async fn wait(&self, passed: &mut i64) {
        *passed += 30;
        self.database.advance(TimeDelta::seconds(*passed)).await;
    }
}

async fn now(store: &Store) -> u64 {
    store.system().now().await.unwrap().timestamp().unsigned_abs()
}

#[tokio::test]
async fn a_password_alone_lets_nobody_in() {
    let ines = Guarded::new().await;
    let store = &ines.database.store;
    let mut passed = 0;
    ines.wait(&mut passed).await;
    let (half, done) = gives_password(store).await;
    assert_eq!(done, LoggedIn::CodeNext);
    assert!(current_user(store, &half).await.unwrap().is_none());
    assert!(proof(store, &half).await.unwrap().is_none());
    assert!(awaits_code(store, &half).await.unwrap());
    for wrong in ["", "000000", "12345", "abcdefgh-abcdefgh"] {
        let refused = gives_code(store, &half, wrong).await.unwrap_err();
        assert!(matches!(refused, SecondStepError::Code(CodeError::Wrong)), "{wrong}: {refused}");
    }
    let before = half.id();
    let code = ines.code(0).await;
    let (left, right) = code.split_at(3);
    gives_code(store, &half, &format!("{left} {right}")).await.unwrap();
    half.save().await.unwrap();
    assert_ne!(half.id(), before, "who knew the session's id knows it no longer");
    assert!(current_user(store, &half).await.unwrap().is_some());
    assert!(!awaits_code(store, &half).await.unwrap());
    // Whoever kept the cookie of the first step has nothing.
    let kept = Session::new(before, Arc::new(identity::Sessions::new(store.clone())), None);
    assert!(!awaits_code(store, &kept).await.unwrap());
}

#[tokio::test]
async fn the_second_step_waits_five_minutes_and_ends_with_the_password() {
    let ines = Guarded::new().await;
    let store = &ines.database.store;
    let (late, _) = gives_password(store).await;
    let (cut, _) = gives_password(store).await;
    let token = reset_link(store, &secrets(), &INES.parse().unwrap()).await.unwrap().unwrap();
    reset_password(store, &secrets(), &token, "another few words".into()).await.unwrap();
    let cut = Session::new(cut.id(), Arc::new(identity::Sessions::new(store.clone())), None);
    let refused = gives_code(store, &cut, &ines.code(1).await).await;
    assert!(matches!(refused, Err(SecondStepError::Over)), "{refused:?}");
    // A new password by link does not go around the second factor.
    let (email, session) = (INES.parse().unwrap(), session(store));
    let new = "another few words".into();
    let done = log_in(store, &secrets(), &session, &email, &new, &device()).await.unwrap();
    assert_eq!(done, LoggedIn::CodeNext);
    ines.database.advance(TimeDelta::seconds(301)).await;
    for half in [late, session] {
        let refused = gives_code(store, &half, &ines.code(0).await).await;
        assert!(matches!(refused, Err(SecondStepError::Over)), "{refused:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_sixty_four_uses_of_a_code_one_succeeds() {
    let ines = Guarded::new().await;
    let (store, other) = (&ines.database.store, &ines.database.another().await);
    let step = i64::try_from(now(store).await / 30).unwrap() + 1;
    let mut tries = JoinSet::new();
    for n in 0..64 {
        let (node, user) = (if n % 2 == 0 { store } else { other }.clone(), ines.user);
        tries.spawn(async move { node.system().use_step(user, step).await.unwrap() });
    }
    assert_eq!(tries.join_all().await.into_iter().filter(|used| *used).count(), 1);
    let mut passed = 30;
    ines.wait(&mut passed).await;
    let code = ines.code(1).await;
    let mut halves = Vec::new();
    for n in 0..64 {
        let node = if n % 2 == 0 { store } else { other };
        halves.push((node.clone(), gives_password(node).await.0, code.clone()));
    }
    let mut tries = JoinSet::new();
    for (node, half, code) in halves {
        tries.spawn(async move { gives_code(&node, &half, &code).await });
    }
    let done = tries.join_all().await;
    assert_eq!(done.iter().filter(|done| done.is_ok()).count(), 1);
}

#[tokio::test]
async fn a_code_counts_one_step_around_now_and_never_twice() {
    let ines = Guarded::new().await;
    let store = &ines.database.store;
    let mut passed = 90;
    ines.wait(&mut passed).await;
    let (half, _) = gives_password(store).await;
    for steps in [-2, 2] {
        gives_code(store, &half, &ines.code(steps).await).await.unwrap_err();
    }
    let (early, present) = (ines.code(-1).await, ines.code(0).await);
    gives_code(store, &half, &present).await.unwrap();
    // One that was shown before it is void as well.
    let (half, _) = gives_password(store).await;
    for used in [present, early] {
        let refused = gives_code(store, &half, &used).await.unwrap_err();
        assert!(matches!(refused, SecondStepError::Code(CodeError::Wrong)), "{refused}");
    }
    gives_code(store, &half, &ines.code(1).await).await.unwrap();
}

#[tokio::test]
async fn five_wrong_codes_and_everybody_waits() {
    let ines = Guarded::new().await;
    let (store, other) = (&ines.database.store, &ines.database.another().await);
    let mut passed = 0;
    ines.wait(&mut passed).await;
    for n in 0..5 {
        let node = if n % 2 == 0 { store } else { other };
        let (half, _) = gives_password(node).await;
        let refused = gives_code(node, &half, "000000").await.unwrap_err();
        assert!(matches!(refused, SecondStepError::Code(CodeError::Wrong)), "{n}: {refused}");
    }
    let (half, _) = gives_password(other).await;
    let refused = gives_code(other, &half, &ines.code(0).await).await.unwrap_err();
    assert!(
        matches!(refused, SecondStepError::Code(CodeError::Wait(wait)) if wait.as_secs() <= 30),
        "{refused}"
    );
    ines.wait(&mut passed).await;
    gives_code(other, &half, &ines.code(0).await).await.unwrap();
}

#[tokio::test]
async fn recovery_codes_work_once_each_and_are_told() {
    let ines = Guarded::new().await;
    let store = &ines.database.store;
    assert_eq!(ines.recovery.len(), 10);
    let code = ines.recovery[3].expose_secret();
    let stored = ines.database.look("SELECT string_agg(r::text, ' ') FROM recovery_codes r").await;
    assert!(!stored.contains(&code[..8]), "only hashes are stored");
    let (half, _) = gives_password(store).await;
    gives_code(store, &half, &code.to_uppercase()).await.unwrap();
    let (half, _) = gives_password(store).await;
    gives_code(store, &half, code).await.unwrap_err();
    let told = "SELECT count(*) FROM outbox WHERE template = 'recovery_used'";
    assert_eq!(ines.database.look(told).await, "1");
    let left = store.system().second_factor(ines.user).await.unwrap().unwrap();
    assert_eq!(left.recovery_codes, 9);
    let renewed = renew_recovery_codes(store, &secrets(), &ines.proof).await.unwrap();
    gives_code(store, &half, ines.recovery[0].expose_secret()).await.unwrap_err();
    gives_code(store, &half, renewed[0].expose_secret()).await.unwrap();
}

#[tokio::test]
async fn step_up_asks_for_the_code_too() {
    let ines = Guarded::new().await;
    let store = &ines.database.store;
    let me = account(store, ines.user).await;
    assert!(me.factor);
    let mut passed = 601;
    ines.wait(&mut passed).await;
    assert!(proof(store, &ines.browser).await.unwrap().is_none());
    let code = ines.code(0).await;
    let ask = async |password: &str, code: &str| {
        let (password, code) = (password.into(), code.into());
        prove(store, &secrets(), &ines.browser, &me, (&password, &code), &device()).await
    };
    assert!(matches!(ask(WORDS, "").await, Err(ProveError::Code(_))));
    assert!(matches!(ask("wrong wrong", &code).await, Err(ProveError::Wrong)));
    assert!(proof(store, &ines.browser).await.unwrap().is_none());
    ask(WORDS, &code).await.unwrap();
    let proof = proof(store, &ines.browser).await.unwrap().unwrap();
    remove_second_factor(store, &proof).await.unwrap();
    assert_eq!(gives_password(store).await.1, LoggedIn::In(ines.user));
    let told = "SELECT string_agg(template, ' ' ORDER BY created_at) FROM outbox";
    assert_eq!(ines.database.look(told).await, "factor_on factor_off");
}

#[tokio::test]
async fn what_is_set_up_stays_as_it_is_and_belongs_to_its_user() {
    let ines = Guarded::new().await;
    let store = &ines.database.store;
    let again = begin_second_factor(store, &secrets(), &ines.proof).await;
    assert!(matches!(again, Err(FactorError::Over)));
    let me = account(store, ines.user).await;
    assert!(enrolment(store, &secrets(), &ines.proof, &me).await.unwrap().is_none());
    // Another user's secret, put into the row by whoever writes to the database, opens for nobody.
    ines.database
        .tamper(
            "INSERT INTO users (id, email, name, password_hash) SELECT exq_id(), 'eve@example.com', 'Eve', password_hash FROM users;
             INSERT INTO second_factors (user_id, secret, confirmed_at)
                SELECT (SELECT id FROM users WHERE name = 'Eve'), secret, confirmed_at FROM second_factors",
        )
        .await;
    let half = session(store);
    let email = "eve@example.com".parse().unwrap();
    log_in(store, &secrets(), &half, &email, &WORDS.into(), &device()).await.unwrap();
    gives_code(store, &half, &ines.code(0).await).await.unwrap_err();
}
