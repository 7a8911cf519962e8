//! Log-ins that run while all sessions of the account end: their credentials were read before, their
//! session is stored after.
#![expect(clippy::unwrap_used, reason = "a test that can't get what it needs has failed")]

use std::sync::Arc;

use domain::{Email, Origin, UserId};
use identity::{
    Device, LoggedIn, NewPassword, Person, Proof, Secrets, awaits_code, begin_second_factor,
    change_email, change_password, confirm_second_factor, create_user, current_user,
    delete_account, end_other_sessions, enrolment, log_in, proof, prove, reset_link,
    reset_password, sessions,
};
use secrecy::ExposeSecret as _;
use store::{Store, system::Account};
use testkit::Database;
use totp_rs::Totp;
use tower_sessions::Session;

const WORDS: &str = "correct horse";

fn secrets() -> Secrets {
    Secrets::parse(&"s".repeat(32).into()).unwrap()
}

fn device() -> Device {
    Device::new("192.0.2.1".parse().unwrap(), "Test")
}

fn email() -> Email {
    "ines@example.com".parse().unwrap()
}

/// What ends all sessions, or all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Reset,
    PasswordChanged,
    Everywhere,
    Others,
    OtherAddress,
    SecondFactorOn,
    SecondFactorLifted,
    Deleted,
}

/// Somebody who is signed in on one device.
struct Ines {
    database: Database,
    user: UserId,
    browser: Session,
}

impl Ines {
    async fn new() -> Self {
        let database = Database::new().await;
        let password = NewPassword::choose(WORDS.into(), &email(), "Ines").unwrap();
        let name = "Ines".parse().unwrap();
        let person = Person { email: email(), name, password, verified: true };
        let user = create_user(&database.store, &person, false).await.unwrap();
        let browser = begins(&database.store, LoggedIn::In(user)).await;
        browser.save().await.unwrap();
        Self { database, user, browser }
    }

    const fn store(&self) -> &Store {
        &self.database.store
    }

    async fn account(&self) -> Account {
        self.store().system().account(self.user).await.unwrap().unwrap()
    }

    async fn proof(&self) -> Proof {
        proof(self.store(), &self.browser).await.unwrap().unwrap()
    }

    async fn second_factor(&self) {
        let (store, proof) = (self.store(), self.proof().await);
        begin_second_factor(store, &secrets(), &proof).await.unwrap();
        let told = enrolment(store, &secrets(), &proof, &self.account().await).await.unwrap();
        let app = Totp::from_url(told.unwrap().url.expose_secret()).unwrap();
        let now = store.system().now().await.unwrap().timestamp().unsigned_abs();
        let code = app.generate(now).to_string().into();
        confirm_second_factor(store, &secrets(), &self.browser, &proof, &code).await.unwrap();
    }

    async fn end(&self, ending: Ending) {
        let (store, system) = (self.store(), self.store().system());
        match ending {
            Ending::Reset => {
                let token = reset_link(store, &secrets(), &email()).await.unwrap().unwrap();
                let new = "another few words".into();
                reset_password(store, &secrets(), &token, new).await.unwrap();
            }
            Ending::PasswordChanged => {
                let new = NewPassword::choose("another few words".into(), &email(), "").unwrap();
                let change = (&WORDS.into(), &new);
                let (me, browser) = (self.account().await, &self.browser);
                change_password(store, &secrets(), browser, &me, change, &device()).await.unwrap();
                browser.save().await.unwrap();
            }
            Ending::Everywhere => {
                system.delete_sessions_of(self.user).await.unwrap();
            }
            Ending::Others => {
                let me = self.account().await;
                end_other_sessions(store, &self.browser, &me).await.unwrap();
            }
            Ending::OtherAddress => {
                let (other, proof) = ("okafor@example.com".parse().unwrap(), self.proof().await);
                change_email(store, &self.browser, &proof, &other).await.unwrap();
            }
            Ending::SecondFactorOn => self.second_factor().await,
            Ending::SecondFactorLifted => {
                assert!(system.lift_second_factor(self.user).await.unwrap());
            }
            Ending::Deleted => {
                let proof = self.proof().await;
                delete_account(store, &proof, &Origin::default()).await.unwrap();
            }
        }
    }
}

/// A log-in up to the moment before its session is stored.
async fn begins(store: &Store, expected: LoggedIn) -> Session {
    let session = Session::new(None, Arc::new(identity::Sessions::new(store.clone())), None);
    let words = WORDS.into();
    let done = log_in(store, &secrets(), &session, &email(), &words, &device()).await.unwrap();
    assert_eq!(done, expected);
    session
}

/// The session, as the next request of the same browser finds it.
fn again(store: &Store, session: &Session) -> Session {
    Session::new(session.id(), Arc::new(identity::Sessions::new(store.clone())), None)
}

async fn is_in(store: &Store, session: &Session) -> bool {
    current_user(store, &again(store, session)).await.unwrap().is_some()
}

#[tokio::test]
async fn a_log_in_that_runs_while_sessions_end_ends_with_them() {
    for (ending, keeps) in [
        (Ending::Reset, false),
        (Ending::PasswordChanged, true),
        (Ending::Everywhere, false),
        (Ending::Others, true),
        (Ending::OtherAddress, true),
        (Ending::SecondFactorOn, true),
        (Ending::Deleted, false),
    ] {
        let ines = Ines::new().await;
        let store = ines.store();
        let running = begins(store, LoggedIn::In(ines.user)).await;
        ines.end(ending).await;
        running.save().await.unwrap();
        assert!(!is_in(store, &running).await, "{ending:?}");
        assert_eq!(is_in(store, &ines.browser).await, keeps, "{ending:?}");
        if keeps {
            let listed = sessions(store, &ines.browser, &ines.account().await).await.unwrap();
            assert_eq!(listed.iter().map(|one| one.this).collect::<Vec<_>>(), [true], "{ending:?}");
        }
    }
}

#[tokio::test]
async fn what_was_kept_lives_on_and_can_keep_itself_again() {
    let ines = Ines::new().await;
    for ending in [Ending::Others, Ending::OtherAddress, Ending::Others] {
        ines.end(ending).await;
        assert!(is_in(ines.store(), &ines.browser).await, "{ending:?}");
    }
    // One that was over before the others were ended does not come to life again.
    let running = begins_elsewhere(&ines).await;
    ines.end(Ending::Everywhere).await;
    running.save().await.unwrap();
    end_other_sessions(ines.store(), &running, &ines.account().await).await.unwrap();
    assert!(!is_in(ines.store(), &running).await);
}

/// As [`begins`], with the address that the account has by now.
async fn begins_elsewhere(ines: &Ines) -> Session {
    let store = ines.store();
    let session = Session::new(None, Arc::new(identity::Sessions::new(store.clone())), None);
    let (email, words) = (ines.account().await.email, WORDS.into());
    log_in(store, &secrets(), &session, &email, &words, &device()).await.unwrap();
    session
}

#[tokio::test]
async fn a_first_step_and_a_step_up_end_likewise() {
    let ines = Ines::new().await;
    let store = ines.store();
    // A step-up gives the session a new id; it is stored only with the end of the request.
    let proving = again(store, &ines.browser);
    let typed = (&WORDS.into(), &"".into());
    prove(store, &secrets(), &proving, &ines.account().await, typed, &device()).await.unwrap();
    ines.end(Ending::Everywhere).await;
    proving.save().await.unwrap();
    assert!(!is_in(store, &proving).await);

    let ines = Ines::new().await;
    let store = ines.store();
    ines.second_factor().await;
    for ending in [Ending::Others, Ending::SecondFactorLifted] {
        let half = begins(store, LoggedIn::CodeNext).await;
        ines.end(ending).await;
        half.save().await.unwrap();
        assert!(!awaits_code(store, &again(store, &half)).await.unwrap(), "{ending:?}");
    }
}

#[tokio::test]
async fn whoever_signs_up_anew_gets_nothing_from_a_verification_that_runs() {
    let database = Database::new().await;
    let system = database.store.system();
    let mut new = store::system::NewUser {
        email: email(),
        name: "Ines".parse().unwrap(),
        hash: store::system::PasswordHash::new("$argon2id$one".to_owned()),
        verified: false,
        operator: false,
    };
    system.sign_up(&new).await.unwrap();
    // Whoever opens the link gave this password.
    let checked = system.credentials(&email()).await.unwrap().unwrap();
    new.hash = store::system::PasswordHash::new("$argon2id$two".to_owned());
    system.sign_up(&new).await.unwrap();
    assert!(!system.verify_email(&checked).await.unwrap());
    let account = system.account(checked.user).await.unwrap().unwrap();
    assert!(!account.verified);
    let present = system.credentials(&email()).await.unwrap().unwrap();
    assert!(system.verify_email(&present).await.unwrap());
}
