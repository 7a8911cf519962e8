//! Making accounts.

use std::time::Duration;

use domain::{Email, Name, UserId};
use store::{
    Conflict, Store, StoreError,
    system::{Epoch, NewUser, SignUpPolicy},
};
use tower_sessions::{Session, session};

use crate::{
    Device, NewPassword, Secrets,
    hashing::{self, Busy},
    session::enter,
    throttle::{AskError, Errand, Posting, Visit, seconds},
};

/// A person who gets an account.
#[derive(Debug, Clone)]
pub struct Person {
    /// Will identify the account.
    pub email: Email,
    /// What the person is called.
    pub name: Name,
    /// As chosen.
    pub password: NewPassword,
    /// The address is known to be the person's; alerts go to such owners only.
    pub verified: bool,
}

/// Why an account is not made.
#[derive(Debug, thiserror::Error)]
pub enum SignUpError {
    /// The operator has closed sign-up.
    #[error("this installation takes only people who were invited")]
    Closed,
    /// The address has an account; the sentence says no more than it must.
    #[error("the account can’t be made: if you have one already, log in or ask for a reset link")]
    Taken,
    /// Too many attempts from this address.
    #[error("too many attempts: please wait {}", seconds(*.0))]
    Wait(Duration),
    /// Too many at once.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// The database.
    #[error(transparent)]
    Store(StoreError),
    /// The database, while making the session.
    #[error("the session could not be made")]
    Session(#[from] session::Error),
}

impl From<StoreError> for SignUpError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict(Conflict::Email) => Self::Taken,
            other => Self::Store(other),
        }
    }
}

impl From<AskError> for SignUpError {
    fn from(error: AskError) -> Self {
        match error {
            AskError::Wait(wait) => Self::Wait(wait),
            AskError::Store(error) => error.into(),
        }
    }
}

/// What came of signing up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignedUp {
    /// The account is made, and logged in.
    In(UserId),
    /// A mail says how it goes on, to whoever reads the address: whether there was an account
    /// before, nobody else learns.
    CheckMail,
}

/// Makes an account for whoever asks, if that is allowed. Where `mails` are sent, nobody is logged
/// in before the link in the mail was opened; elsewhere nothing demands that, and a taken address is
/// told.
pub async fn sign_up(
    store: &Store,
    secrets: &Secrets,
    session: &Session,
    person: &Person,
    device: &Device,
    mails: bool,
) -> Result<SignedUp, SignUpError> {
    if store.system().sign_up_policy().await? != SignUpPolicy::Open {
        return Err(SignUpError::Closed);
    }
    if mails {
        Posting::new(secrets, Errand::SignUp, &person.email, device.address).begin(store).await?;
        store.system().sign_up(&new_user(person, false).await?).await?;
        return Ok(SignedUp::CheckMail);
    }
    let visit = Visit::new(secrets, device.address);
    if let Some(wait) = visit.begin(store).await? {
        return Err(SignUpError::Wait(wait));
    }
    let user = create_user(store, person, false).await?;
    visit.succeed(store).await?;
    enter(store, session, (user, Epoch::default()), device).await?;
    Ok(SignedUp::In(user))
}

/// Makes an account as the operator's command does, whatever the policy says. Hashes first: a taken
/// address takes as long as a free one.
pub async fn create_user(
    store: &Store,
    person: &Person,
    operator: bool,
) -> Result<UserId, SignUpError> {
    Ok(store.system().create_user(&new_user(person, operator).await?).await?)
}

pub(crate) async fn new_user(person: &Person, operator: bool) -> Result<NewUser, Busy> {
    Ok(NewUser {
        email: person.email.clone(),
        name: person.name.clone(),
        hash: hashing::hash(&person.password).await?,
        verified: person.verified,
        operator,
    })
}
