//! What goes by mail: verifying an address, a forgotten password, another address.
#![expect(clippy::unwrap_used, reason = "a test that can't get what it needs has failed")]

use std::sync::Arc;

use chrono::TimeDelta;
use domain::Email;
use identity::{
    AskError, Device, LogInError, NewPassword, Person, Proof, ProveError, ResetError, Secrets,
    SignedUp, VerifyError, ask_email_change, ask_reset, ask_verification, change_password,
    create_user, finish_email_change, log_in, mail_path, proof, reset_password, sign_up,
    verify_email,
};
use secrecy::{ExposeSecret as _, SecretString};
use store::{
    Store,
    system::{Account, Mail, Sent, SignUpPolicy},
};
use testkit::Database;
use tokio::task::JoinSet;
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

fn person(email: &str, password: &str) -> Person {
    let email: Email = email.parse().unwrap();
    let password = NewPassword::choose(password.into(), &email, "").unwrap();
    Person { email, name: "Somebody".parse().unwrap(), password, verified: false }
}

async fn open() -> Database {
    let database = Database::new().await;
    database.store.system().init_sign_up_policy(SignUpPolicy::Open).await.unwrap();
    database
}

async fn signs_up(store: &Store, email: &str, password: &str) -> SignedUp {
    let (session, person) = (session(store), person(email, password));
    let done = sign_up(store, &secrets(), &session, &person, &device(), true).await.unwrap();
    assert!(session.is_empty().await, "nobody is logged in, so no cookie is set");
    done
}

async fn logs_in(store: &Store, email: &str, password: &str) -> Result<Session, LogInError> {
    let (session, email) = (session(store), email.parse().unwrap());
    log_in(store, &secrets(), &session, &email, &password.into(), &device()).await?;
    session.save().await?;
    Ok(session)
}

async fn account(store: &Store, email: &str) -> Account {
    let known = store.system().credentials(&email.parse().unwrap()).await.unwrap().unwrap();
    store.system().account(known.user).await.unwrap().unwrap()
}

/// What is due, in the order in which it was written, as (recipient, template, path).
async fn deliver(store: &Store) -> Vec<(String, String, Option<String>)> {
    let mut mails = store.system().claim_mails(100).await.unwrap();
    mails.sort_by_key(|mail| mail.queued_at);
    let mut told = Vec::new();
    for mail in &mails {
        let path = mail_path(store, &secrets(), mail).await.unwrap();
        let sent = path.as_ref().map_or(Sent::Void, |_| Sent::Accepted("250".to_owned()));
        store.system().record_mail(mail, &sent).await.unwrap();
        let path = path.map(|path| path.expose_secret().to_owned());
        told.push((mail.recipient.to_string(), mail.template.clone(), path));
    }
    told
}

/// The token in the one mail that is due.
async fn token(store: &Store, recipient: &str, template: &str) -> SecretString {
    let mails = deliver(store).await;
    let found =
        mails.iter().find(|mail| (mail.0.as_str(), mail.1.as_str()) == (recipient, template));
    let path = found.and_then(|mail| mail.2.clone()).unwrap();
    path.rsplit('/').next().unwrap().into()
}

async fn proves(store: &Store, session: &Session) -> Proof {
    proof(store, session).await.unwrap().unwrap()
}

async fn verifies(store: &Store, token: &SecretString, password: &str) -> Result<(), VerifyError> {
    let session = session(store);
    verify_email(store, &secrets(), &session, token, &password.into(), &device()).await.map(|_| ())
}

#[tokio::test]
async fn sign_up_answers_alike_and_the_mail_tells() {
    let database = open().await;
    let store = &database.store;
    create_user(store, &person("kofi@example.com", WORDS), false).await.unwrap();
    assert_eq!(signs_up(store, "kofi@example.com", "another few words").await, SignedUp::CheckMail);
    assert_eq!(signs_up(store, INES, WORDS).await, SignedUp::CheckMail);
    // Logging in does not tell either: the account waits for its link.
    let fresh = logs_in(store, INES, WORDS).await.unwrap_err();
    let taken = logs_in(store, "kofi@example.com", "another few words").await.unwrap_err();
    assert_eq!(fresh.to_string(), taken.to_string());
    let mails = deliver(store).await;
    assert_eq!(mails[0].1, "account_exists");
    assert_eq!(mails[0].2.as_deref(), Some("/sign-in"));
    assert_eq!((mails[1].0.as_str(), mails[1].1.as_str()), (INES, "verify"));
    logs_in(store, "kofi@example.com", WORDS).await.unwrap();
    let stored = database.look("SELECT string_agg(params::text, '') FROM outbox").await;
    let token = mails[1].2.as_ref().unwrap().rsplit('/').next().unwrap();
    assert!(!stored.contains(&token[..32]) || !stored.contains(&token[32..]), "no token is stored");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_verified_once_by_who_knows_the_password() {
    let database = open().await;
    let store = &database.store;
    signs_up(store, INES, "an attacker was here").await;
    let theirs = token(store, INES, "verify").await;
    // The owner of the mailbox did not choose that password: the click gives nothing away.
    let refused = verifies(store, &theirs, WORDS).await;
    assert!(matches!(refused, Err(VerifyError::Unproven(ProveError::Wrong))), "{refused:?}");
    // Nobody holds an address by signing up with it first.
    signs_up(store, INES, WORDS).await;
    let mine = token(store, INES, "verify").await;
    let mut tries = JoinSet::new();
    for _ in 0..4 {
        let (store, token) = (store.clone(), mine.clone());
        tries.spawn(async move { verifies(&store, &token, WORDS).await });
    }
    let done = tries.join_all().await;
    assert_eq!(done.iter().filter(|done| done.is_ok()).count(), 1, "{done:?}");
    assert!(matches!(verifies(store, &mine, WORDS).await, Err(VerifyError::Invalid)));
    logs_in(store, INES, WORDS).await.unwrap();
    assert!(account(store, INES).await.verified);
}

#[tokio::test]
async fn a_verification_link_ends_after_a_day_and_an_unused_sign_up_after_a_week() {
    let database = open().await;
    let store = &database.store;
    signs_up(store, INES, WORDS).await;
    let link = token(store, INES, "verify").await;
    database.advance(TimeDelta::seconds(24 * 3_600 + 1)).await;
    assert!(matches!(verifies(store, &link, WORDS).await, Err(VerifyError::Invalid)));
    assert_eq!(store.system().reap_held_users().await.unwrap(), 0);
    database.advance(TimeDelta::days(8)).await;
    assert_eq!(store.system().reap_held_users().await.unwrap(), 1);
}

#[tokio::test]
async fn who_is_logged_in_verifies_without_password_and_asks_thrice_an_hour() {
    let database = open().await;
    let store = &database.store;
    create_user(store, &person(INES, WORDS), false).await.unwrap();
    let browser = logs_in(store, INES, WORDS).await.unwrap();
    let ines = account(store, INES).await;
    for _ in 0..3 {
        ask_verification(store, &secrets(), &ines, &device()).await.unwrap();
    }
    let refused = ask_verification(store, &secrets(), &ines, &device()).await;
    assert!(matches!(refused, Err(AskError::Wait(_))), "{refused:?}");
    let link = token(store, INES, "verify").await;
    verify_email(store, &secrets(), &browser, &link, &"".into(), &device()).await.unwrap();
    database.advance(TimeDelta::minutes(61)).await;
    ask_verification(store, &secrets(), &account(store, INES).await, &device()).await.unwrap();
    assert!(deliver(store).await.is_empty(), "there is nothing left to verify");
}

/// Whoever signs up with another's address, or wants it, must not keep that person from a reset.
#[tokio::test]
async fn mails_that_others_ask_for_leave_room_for_a_reset() {
    let database = open().await;
    let store = &database.store;
    for email in [INES, "mallory@example.com"] {
        create_user(store, &person(email, WORDS), false).await.unwrap();
    }
    let browser = logs_in(store, "mallory@example.com", WORDS).await.unwrap();
    let (mallory, ines) = (proves(store, &browser).await, INES.parse().unwrap());
    let wants = async || ask_email_change(store, &secrets(), &mallory, &ines, &device()).await;
    for _ in 0..3 {
        signs_up(store, INES, "another few words").await;
        wants().await.unwrap();
    }
    assert!(matches!(wants().await, Err(AskError::Wait(_))));
    for _ in 0..3 {
        ask_reset(store, &secrets(), &ines, &device()).await.unwrap();
    }
    assert!(matches!(ask_reset(store, &secrets(), &ines, &device()).await, Err(AskError::Wait(_))));
    ask_verification(store, &secrets(), &account(store, INES).await, &device()).await.unwrap();
}

#[tokio::test]
async fn a_mailed_reset_verifies_and_an_unknown_address_leaves_nothing() {
    let database = open().await;
    let store = &database.store;
    create_user(store, &person(INES, WORDS), false).await.unwrap();
    for email in [INES, "nobody@example.com"] {
        ask_reset(store, &secrets(), &email.parse().unwrap(), &device()).await.unwrap();
    }
    // What was written does not depend on whether there is an account.
    let rows = database.look("SELECT count(DISTINCT (template, params, state)) FROM outbox").await;
    assert_eq!(rows, "1");
    let link = token(store, INES, "reset").await;
    assert_eq!(database.look("SELECT string_agg(recipient, ' ') FROM outbox").await, INES);
    reset_password(store, &secrets(), &link, "another few words".into()).await.unwrap();
    assert!(account(store, INES).await.verified);
    let told = deliver(store).await;
    assert_eq!((told[0].0.as_str(), told[0].1.as_str()), (INES, "password_changed"));
    let again = reset_password(store, &secrets(), &link, "yet other few words".into()).await;
    assert!(matches!(again, Err(ResetError::Invalid)));
}

#[tokio::test]
async fn a_reset_that_waited_too_long_is_not_sent() {
    let database = open().await;
    let store = &database.store;
    create_user(store, &person(INES, WORDS), false).await.unwrap();
    ask_reset(store, &secrets(), &INES.parse().unwrap(), &device()).await.unwrap();
    database.advance(TimeDelta::minutes(61)).await;
    assert_eq!(deliver(store).await[0].2, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_moves_once_the_new_one_answers() {
    let database = open().await;
    let store = &database.store;
    create_user(store, &person(INES, WORDS), false).await.unwrap();
    let (desk, phone) =
        (logs_in(store, INES, WORDS).await.unwrap(), logs_in(store, INES, WORDS).await.unwrap());
    let new = "ines.okafor@example.com";
    ask_email_change(
        store,
        &secrets(),
        &proves(store, &desk).await,
        &new.parse().unwrap(),
        &device(),
    )
    .await
    .unwrap();
    let mails = deliver(store).await;
    let to: Vec<_> = mails.iter().map(|mail| (mail.0.as_str(), mail.1.as_str())).collect();
    assert!(to.contains(&(new, "email_change")) && to.contains(&(INES, "email_leaving")), "{to:?}");
    let path = mails.iter().find(|mail| mail.0 == new).and_then(|mail| mail.2.clone()).unwrap();
    let link: SecretString = path.rsplit('/').next().unwrap().into();
    // Whoever else reads that mail, or is talked into opening it, moves nothing.
    create_user(store, &person("mallory@example.com", WORDS), false).await.unwrap();
    let mallory = account(store, "mallory@example.com").await.id;
    let elsewhere = session(store);
    assert!(!finish_email_change(store, &secrets(), &elsewhere, mallory, &link).await.unwrap());
    let me = account(store, INES).await.id;
    let (id, kept) = (desk.id(), Arc::new(identity::Sessions::new(store.clone())));
    let mut tries = JoinSet::new();
    for _ in 0..32 {
        let (store, link, kept) = (store.clone(), link.clone(), Arc::clone(&kept));
        tries.spawn(async move {
            let browser = Session::new(id, kept, None);
            finish_email_change(&store, &secrets(), &browser, me, &link).await.unwrap()
        });
    }
    assert_eq!(tries.join_all().await.into_iter().filter(|done| *done).count(), 1);
    assert!(account(store, new).await.verified);
    assert_eq!(deliver(store).await[0].1, "email_left");
    assert_eq!(database.look("SELECT count(*) FROM sessions").await, "1");
    phone.load().await.unwrap();
    assert!(proof(store, &phone).await.unwrap().is_none(), "other devices are out");
    logs_in(store, INES, WORDS).await.unwrap_err();
}

#[tokio::test]
async fn a_change_of_address_tells_no_taken_one_and_ends_with_the_password() {
    let database = open().await;
    let store = &database.store;
    for email in [INES, "kofi@example.com"] {
        create_user(store, &person(email, WORDS), false).await.unwrap();
    }
    let desk = logs_in(store, INES, WORDS).await.unwrap();
    let me = proves(store, &desk).await;
    let ask = async |email: &str| {
        ask_email_change(store, &secrets(), &me, &email.parse().unwrap(), &device()).await.unwrap();
    };
    ask("kofi@example.com").await;
    let mails = deliver(store).await;
    assert!(mails.iter().any(|mail| mail.0 == "kofi@example.com" && mail.1 == "account_exists"));
    assert_eq!(database.look("SELECT count(*) FROM email_changes").await, "0");
    ask("new@example.com").await;
    let link = token(store, "new@example.com", "email_change").await;
    let new = NewPassword::choose("another few words".into(), &INES.parse().unwrap(), "").unwrap();
    let ines = account(store, INES).await;
    change_password(store, &secrets(), &desk, &ines, (&WORDS.into(), &new), &device())
        .await
        .unwrap();
    let elsewhere = session(store);
    assert!(!finish_email_change(store, &secrets(), &elsewhere, ines.id, &link).await.unwrap());
    for forged in ["", "zz", &"0".repeat(96)] {
        assert!(
            !finish_email_change(store, &secrets(), &elsewhere, ines.id, &forged.into())
                .await
                .unwrap()
        );
    }
    ask("old@example.com").await;
    let late = token(store, "old@example.com", "email_change").await;
    database.advance(TimeDelta::hours(25)).await;
    assert!(!finish_email_change(store, &secrets(), &elsewhere, ines.id, &late).await.unwrap());
}

#[tokio::test]
async fn a_mail_of_an_unknown_kind_leads_home() {
    let database = open().await;
    let store = &database.store;
    ask_reset(store, &secrets(), &INES.parse().unwrap(), &device()).await.unwrap();
    let claimed = store.system().claim_mails(1).await.unwrap().remove(0);
    let mail = Mail { template: "poem".to_owned(), ..claimed };
    let path = mail_path(store, &secrets(), &mail).await.unwrap();
    assert_eq!(path.unwrap().expose_secret(), "/");
}

/// Who proves an address takes over what another person may have set up under it.
#[tokio::test]
async fn what_was_left_behind_under_an_unproved_address_is_void() {
    for verified in [false, true] {
        let database = open().await;
        let store = &database.store;
        let person = Person { verified, ..person(INES, WORDS) };
        let user = create_user(store, &person, false).await.unwrap();
        let id = user.uuid();
        database
            .tamper(&format!(
                "INSERT INTO second_factors (user_id, secret, confirmed_at) VALUES ('{id}', '', exq_now());
                 INSERT INTO personal_keys (id, user_id, name, public_id, secret_hash, last_four)
                    VALUES (exq_id(), '{id}', 'Planted', 'planted', '', '0000')"
            ))
            .await;
        ask_reset(store, &secrets(), &INES.parse().unwrap(), &device()).await.unwrap();
        let link = token(store, INES, "reset").await;
        reset_password(store, &secrets(), &link, "another few words".into()).await.unwrap();
        let left = database
            .look("SELECT (SELECT count(*) FROM second_factors) + (SELECT count(*) FROM personal_keys WHERE revoked_at IS NULL)")
            .await;
        // A reset does not get anybody around a second factor that is the person's own.
        assert_eq!(left, if verified { "2" } else { "0" }, "verified: {verified}");
    }
}

#[tokio::test]
async fn a_reset_ends_with_the_address_that_it_was_mailed_to() {
    let database = open().await;
    let store = &database.store;
    create_user(store, &person(INES, WORDS), false).await.unwrap();
    ask_reset(store, &secrets(), &INES.parse().unwrap(), &device()).await.unwrap();
    let link = token(store, INES, "reset").await;
    database.tamper("UPDATE users SET email = 'moved@example.com'").await;
    let late = reset_password(store, &secrets(), &link, "another few words".into()).await;
    assert!(matches!(late, Err(ResetError::Invalid)));
    logs_in(store, "moved@example.com", WORDS).await.unwrap();
}
