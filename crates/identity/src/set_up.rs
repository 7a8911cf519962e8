//! The first start: a link that makes the operator, once.

use secrecy::SecretString;
use store::{Conflict, Store, StoreError, system::Epoch};
use tower_sessions::{Session, session};

use crate::{
    Device, Person, Secrets,
    hashing::Busy,
    link::{is_link_token, link_token},
    session::enter,
    sign_up::new_user,
};
use domain::UserId;

const PURPOSE: &str = "setup";

/// Why the operator is not made.
#[derive(Debug, thiserror::Error)]
pub enum SetUpError {
    /// Used already, or never made.
    #[error("this link is not valid: the server prints the right one when it starts")]
    Invalid,
    /// Somebody else has this address.
    #[error("an account with this e-mail address exists already")]
    Taken,
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

impl From<StoreError> for SetUpError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict(Conflict::SetUp) => Self::Invalid,
            StoreError::Conflict(Conflict::Email) => Self::Taken,
            other => Self::Store(other),
        }
    }
}

/// The token for `/setup/{token}`, the same on every node and at every start until it is used; none
/// when there is an operator.
pub async fn setup_token(
    store: &Store,
    secrets: &Secrets,
) -> Result<Option<SecretString>, StoreError> {
    let number = store.system().setup_number().await?;
    Ok(number.map(|number| link_token(secrets, PURPOSE, number, 1)))
}

/// Whether the set-up page may be shown to whoever brings this token.
pub async fn is_setup_token(
    store: &Store,
    secrets: &Secrets,
    token: &SecretString,
) -> Result<bool, StoreError> {
    let number = store.system().setup_number().await?;
    Ok(number.is_some_and(|number| is_link_token(secrets, PURPOSE, number, 1, token)))
}

/// Makes the operator and logs in. Of calls at the same moment one succeeds.
pub async fn set_up(
    store: &Store,
    secrets: &Secrets,
    session: &Session,
    token: &SecretString,
    person: &Person,
    device: &Device,
) -> Result<UserId, SetUpError> {
    let number = store.system().setup_number().await?.ok_or(SetUpError::Invalid)?;
    if !is_link_token(secrets, PURPOSE, number, 1, token) {
        return Err(SetUpError::Invalid);
    }
    let operator = new_user(person, true).await?;
    let user = store.system().set_up(number, &operator).await?;
    enter(store, session, (user, Epoch::default()), device).await?;
    Ok(user)
}
