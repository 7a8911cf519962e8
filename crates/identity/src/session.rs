//! The session of a browser: its cookie, and who is logged in.

use domain::UserId;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{
    Store, StoreError,
    system::{Account, Epoch},
};
use time::Duration;
use tower_sessions::{
    Expiry, Session, SessionManagerLayer, cookie::SameSite, session, session_store,
};

use crate::{
    Device,
    session_store::{DEVICE, EPOCH, HALF, INACTIVITY, PROVED, SINCE, STALE, Sessions, USER},
};

/// The layer that gives requests their session. Over https the cookie is bound to the host and
/// never sent in clear. `Lax`, not `Strict`: who comes from a link in a mail stays logged in.
pub fn session_layer(store: &Store, public_url: &str) -> SessionManagerLayer<Sessions> {
    let secure = public_url.starts_with("https://");
    SessionManagerLayer::new(Sessions::new(store.clone()))
        .with_name(if secure { "__Host-exchequer" } else { "exchequer" })
        .with_secure(secure)
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_path("/")
        .with_expiry(Expiry::OnInactivity(Duration::seconds(INACTIVITY.as_secs().cast_signed())))
}

/// Who is logged in, if anybody. Fails if the database can't be reached.
pub async fn current_user(
    store: &Store,
    session: &Session,
) -> Result<Option<Account>, session::Error> {
    let Some(user) = user(session).await? else {
        return Ok(None);
    };
    if session.get_value(STALE).await?.is_some() {
        session.remove_value(STALE).await?;
    }
    store.system().account(user).await.map_err(backend)
}

/// Whose session it is.
pub(crate) async fn user(session: &Session) -> Result<Option<UserId>, session::Error> {
    session.get(USER).await
}

/// Ends the session, here and in the database.
pub async fn log_out(session: &Session) -> Result<(), session::Error> {
    // Known only after loading: a session that ended already needs no ending.
    session.get_value(USER).await?;
    session.flush().await
}

/// Makes the session this user's, who has proved it just now, under a new id: one that was known
/// before log-in is worthless. If the epoch in which that was proved is over by the time when the
/// session is stored, it is nobody's.
pub(crate) async fn enter(
    store: &Store,
    session: &Session,
    (user, epoch): (UserId, Epoch),
    device: &Device,
) -> Result<(), session::Error> {
    session.clear().await;
    session.insert(USER, Value::String(user.to_string())).await?;
    session.insert(EPOCH, epoch).await?;
    session.insert(DEVICE, device).await?;
    let now = renew(store, session).await?;
    session.insert(SINCE, now).await
}

/// How long somebody who gave the password may look for the code, in seconds.
const PATIENCE: i64 = 300;

/// Who gave the right password, and when.
#[derive(Serialize, Deserialize)]
struct Half {
    user: UserId,
    at: i64,
}

/// Notes that the password was right and a code is asked next. Nobody is logged in, and whoever
/// knew the session's id knows it no longer.
pub(crate) async fn half_enter(
    store: &Store,
    session: &Session,
    (user, epoch): (UserId, Epoch),
) -> Result<(), session::Error> {
    let at = store.system().now().await.map_err(backend)?.timestamp();
    session.clear().await;
    session.cycle_id().await?;
    session.insert(EPOCH, epoch).await?;
    session.insert(HALF, Half { user, at }).await
}

/// Who gave the right password within the last five minutes, and in which epoch.
pub(crate) async fn half_entered(
    store: &Store,
    session: &Session,
) -> Result<Option<(UserId, Epoch)>, session::Error> {
    let Some(half) = session.get::<Half>(HALF).await? else { return Ok(None) };
    let now = store.system().now().await.map_err(backend)?.timestamp();
    let epoch = session.get::<Epoch>(EPOCH).await?.unwrap_or_default();
    Ok((now - half.at < PATIENCE).then_some((half.user, epoch)))
}

/// Notes that the person has proved who it is, and gives the session a new id.
pub(crate) async fn renew(store: &Store, session: &Session) -> Result<i64, session::Error> {
    let now = store.system().now().await.map_err(backend)?.timestamp();
    session.cycle_id().await?;
    session.insert(PROVED, now).await?;
    Ok(now)
}

#[expect(clippy::needless_pass_by_value, reason = "fits map_err")]
pub(crate) fn backend(error: StoreError) -> session::Error {
    session::Error::Store(session_store::Error::Backend(error.to_string()))
}
