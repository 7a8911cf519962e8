//! Accounts on a real database: logging in, signing up, set-up, reset links.
#![expect(clippy::unwrap_used, reason = "a test that can't get what it needs has failed")]

use std::{net::IpAddr, sync::Arc};

use argon2::{Argon2, Params, PasswordHasher as _};
use chrono::TimeDelta;
use domain::{Email, UserId};
use identity::{
    Device, LogInError, NewPassword, Person, ResetError, Secrets, SetUpError, SignUpError,
    create_user, is_setup_token, log_in, reset_link, reset_password, set_up, setup_token, sign_up,
};
use secrecy::SecretString;
use store::{Store, system::SignUpPolicy};
use testkit::Database;
use tokio::task::JoinSet;
use tower_sessions::Session;

const HOME: &str = "192.0.2.1";
const AWAY: &str = "198.51.100.7";

fn secrets() -> Secrets {
    Secrets::parse(&"s".repeat(32).into()).unwrap()
}

fn person(email: &str, password: &str) -> Person {
    let email: Email = email.parse().unwrap();
    let password = NewPassword::choose(password.into(), &email, "Ines Okafor").unwrap();
    Person { email, name: "Ines Okafor".parse().unwrap(), password, verified: true }
}

fn device() -> Device {
    Device::new(HOME.parse().unwrap(), "Test")
}

fn session(store: &Store) -> Session {
    Session::new(None, Arc::new(identity::Sessions::new(store.clone())), None)
}

async fn attempt(store: &Store, email: &str, password: &str, from: &str) -> Result<(), LogInError> {
    let (email, from): (Email, IpAddr) = (email.parse().unwrap(), from.parse().unwrap());
    log_in(store, &secrets(), &session(store), &email, &password.into(), &from.into())
        .await
        .map(|_| ())
}

async fn operate(store: &Store, token: &SecretString) -> Result<UserId, SetUpError> {
    let who = person("operator@example.com", "correct horse");
    set_up(store, &secrets(), &session(store), token, &who, &device()).await
}

#[tokio::test]
async fn strangers_learn_nothing() {
    let database = Database::new().await;
    let store = &database.store;
    create_user(store, &person("ines@example.com", "correct horse"), false).await.unwrap();
    let known = attempt(store, "ines@example.com", "wrong wrong", HOME).await.unwrap_err();
    let unknown = attempt(store, "nobody@example.com", "wrong wrong", HOME).await.unwrap_err();
    assert_eq!(known.to_string(), unknown.to_string());
    // Both are counted alike, so that the pause tells nothing either.
    for _ in 0..4 {
        attempt(store, "ines@example.com", "wrong wrong", HOME).await.unwrap_err();
        attempt(store, "nobody@example.com", "wrong wrong", HOME).await.unwrap_err();
    }
    for email in ["ines@example.com", "nobody@example.com"] {
        let refused = attempt(store, email, "correct horse", HOME).await.unwrap_err();
        assert!(matches!(refused, LogInError::Wait(_)), "{refused}");
    }
    assert_eq!(database.look("SELECT count(*) FROM throttles").await, "5");
}

#[tokio::test(flavor = "multi_thread")]
async fn pauses_hold_on_all_nodes_and_leave_the_owner_in() {
    let database = Database::new().await;
    let (one, two) = (&database.store, &database.another().await);
    let email = "ines@example.com";
    create_user(one, &person(email, "correct horse"), false).await.unwrap();
    // At once and from both nodes: five are compared, no more.
    let mut tries = JoinSet::new();
    for n in 0..12 {
        let node = if n % 2 == 0 { one } else { two }.clone();
        tries.spawn(async move { attempt(&node, email, "wrong wrong", AWAY).await });
    }
    let answers: Vec<LogInError> =
        tries.join_all().await.into_iter().map(|answer| answer.unwrap_err()).collect();
    let compared = answers.iter().filter(|answer| matches!(answer, LogInError::Wrong)).count();
    assert_eq!(compared, 5);
    assert!(matches!(attempt(two, email, "correct horse", AWAY).await, Err(LogInError::Wait(_))));
    attempt(two, email, "correct horse", HOME).await.unwrap();
    // After the pause the right password is taken, and forgets the failures.
    database.advance(TimeDelta::seconds(2)).await;
    attempt(one, email, "correct horse", AWAY).await.unwrap();
    attempt(one, email, "wrong wrong", AWAY).await.unwrap_err();
    attempt(one, email, "correct horse", AWAY).await.unwrap();
}

#[tokio::test]
async fn an_address_waits_after_fifty_failures() {
    let database = Database::new().await;
    let store = &database.store;
    create_user(store, &person("ines@example.com", "correct horse"), false).await.unwrap();
    for n in 0..50 {
        let email = format!("guess{n}@example.com");
        let answer = attempt(store, &email, "wrong wrong", AWAY).await.unwrap_err();
        assert!(matches!(answer, LogInError::Wrong), "{n}: {answer}");
    }
    let refused = attempt(store, "ines@example.com", "correct horse", AWAY).await.unwrap_err();
    assert!(matches!(refused, LogInError::Wait(wait) if wait.as_secs() > 600), "{refused}");
    attempt(store, "ines@example.com", "correct horse", HOME).await.unwrap();
    database.advance(TimeDelta::minutes(16)).await;
    attempt(store, "ines@example.com", "correct horse", AWAY).await.unwrap();
}

#[tokio::test]
async fn sign_up_follows_the_policy_and_hides_accounts() {
    let database = Database::new().await;
    let store = &database.store;
    let ines = person("ines@example.com", "correct horse");
    let try_it =
        async || sign_up(store, &secrets(), &session(store), &ines, &device(), false).await;
    assert!(matches!(try_it().await, Err(SignUpError::Closed)));
    store.system().init_sign_up_policy(SignUpPolicy::Open).await.unwrap();
    store.system().init_sign_up_policy(SignUpPolicy::Invited).await.unwrap();
    try_it().await.unwrap();
    let taken = try_it().await.unwrap_err();
    assert!(matches!(taken, SignUpError::Taken));
    assert!(!taken.to_string().contains("exists"));
    store.system().set_sign_up_policy(SignUpPolicy::Invited).await.unwrap();
    assert!(matches!(try_it().await, Err(SignUpError::Closed)));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_many_set_ups_makes_the_operator() {
    let database = Database::new().await;
    let (store, other) = (&database.store, &database.another().await);
    let token = setup_token(store, &secrets()).await.unwrap().unwrap();
    assert!(is_setup_token(other, &secrets(), &token).await.unwrap());
    assert!(matches!(operate(store, &"00".into()).await, Err(SetUpError::Invalid)));
    let mut tries = JoinSet::new();
    for n in 0..24 {
        let (node, token) = (if n % 2 == 0 { store } else { other }.clone(), token.clone());
        tries.spawn(async move {
            let who = person(&format!("operator{n}@example.com"), "correct horse");
            set_up(&node, &secrets(), &session(&node), &token, &who, &device()).await
        });
    }
    let mut made = 0;
    while let Some(attempt) = tries.join_next().await {
        match attempt.unwrap() {
            Ok(_) => made += 1,
            Err(error) => assert!(matches!(error, SetUpError::Invalid), "{error}"),
        }
    }
    assert_eq!(made, 1);
    assert_eq!(database.look("SELECT count(*) FROM users WHERE operator").await, "1");
    assert!(setup_token(other, &secrets()).await.unwrap().is_none());
    assert!(!is_setup_token(other, &secrets(), &token).await.unwrap());
}

#[tokio::test]
async fn an_operator_made_by_command_closes_set_up() {
    let database = Database::new().await;
    let store = &database.store;
    let token = setup_token(store, &secrets()).await.unwrap().unwrap();
    create_user(store, &person("a@example.com", "correct horse"), true).await.unwrap();
    assert!(matches!(operate(store, &token).await, Err(SetUpError::Invalid)));
}

#[tokio::test]
async fn a_reset_link_works_once_and_for_an_hour() {
    let database = Database::new().await;
    let store = &database.store;
    let email: Email = "ines@example.com".parse().unwrap();
    assert!(reset_link(store, &secrets(), &email).await.unwrap().is_none());
    create_user(store, &person("ines@example.com", "correct horse"), false).await.unwrap();
    let elsewhere = session(store);
    log_in(store, &secrets(), &elsewhere, &email, &"correct horse".into(), &device())
        .await
        .unwrap();
    elsewhere.save().await.unwrap();
    let token = reset_link(store, &secrets(), &email).await.unwrap().unwrap();
    let reset = async |token, password: &str| {
        reset_password(store, &secrets(), token, password.into()).await
    };
    assert!(matches!(reset(&token, "short").await, Err(ResetError::Password(_))));
    let forged = "abcd".into();
    assert!(matches!(reset(&forged, "staple battery").await, Err(ResetError::Invalid)));
    let (first, second) =
        tokio::join!(reset(&token, "staple battery"), reset(&token, "staple battery"));
    assert!(first.is_ok() != second.is_ok());
    assert!(matches!(reset(&token, "battery staple").await, Err(ResetError::Invalid)));
    assert_eq!(database.look("SELECT count(*) FROM sessions").await, "0");
    attempt(store, "ines@example.com", "staple battery", HOME).await.unwrap();
    let old = reset_link(store, &secrets(), &email).await.unwrap().unwrap();
    database.advance(TimeDelta::minutes(61)).await;
    assert!(matches!(reset(&old, "battery staple").await, Err(ResetError::Invalid)));
}

#[tokio::test]
async fn weak_hashes_are_renewed_at_log_in() {
    let database = Database::new().await;
    let store = &database.store;
    create_user(store, &person("ines@example.com", "correct horse"), false).await.unwrap();
    let weak = Params::new(8, 1, 1, None).unwrap();
    let weak = Argon2::from(weak).hash_password(b"correct horse").unwrap().to_string();
    database.tamper(&format!("UPDATE users SET password_hash = '{weak}'")).await;
    attempt(store, "ines@example.com", "correct horse", HOME).await.unwrap();
    let renewed = database.look("SELECT password_hash FROM users").await;
    assert!(renewed.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{renewed}");
    attempt(store, "ines@example.com", "correct horse", HOME).await.unwrap();
}
