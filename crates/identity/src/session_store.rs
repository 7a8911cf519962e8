//! Where the sessions of `tower_sessions` live: in Postgres, by the hash of their cookie.

use std::time::Duration;

use async_trait::async_trait;
use domain::UserId;
use serde::Deserialize as _;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use store::{
    Store, StoreError,
    system::{Epoch, SessionHash},
};
use time::OffsetDateTime;
use tower_sessions::{
    SessionStore,
    session::{Id, Record},
    session_store::{Error, Result},
};

/// A session that is not used for so long ends.
pub(crate) const INACTIVITY: Duration = Duration::from_hours(30 * 24);

/// The logged-in user, in a session's data.
pub(crate) const USER: &str = "user";
/// Who gave the right password and not yet a code, and when: `{"user", "at"}`. The session is
/// nobody's, but ends with those of the account.
pub(crate) const HALF: &str = "half";
/// The browser that logged in.
pub(crate) const DEVICE: &str = "device";
/// When it did, in seconds of Unix time by the database's clock.
pub(crate) const SINCE: &str = "since";
/// When the person last proved who it is, likewise.
pub(crate) const PROVED: &str = "proved";
/// The epoch of the account in which that was proved. Its truth is a column: while a session lives, it
/// may be taken along into the next epoch.
pub(crate) const EPOCH: &str = "epoch";
/// Set when loading a session that was not prolonged for a day. To take it out changes the session,
/// which prolongs it here and in the browser.
pub(crate) const STALE: &str = "stale";

/// Sessions in the store; expiry by the database's clock.
#[derive(Debug, Clone)]
pub struct Sessions {
    store: Store,
}

impl Sessions {
    /// Sessions in this store.
    pub const fn new(store: Store) -> Self {
        Self { store }
    }
}

#[async_trait]
impl SessionStore for Sessions {
    async fn create(&self, record: &mut Record) -> Result<()> {
        let (user, data) = parts(record)?;
        // An id that is taken must not give its session away: another id.
        while !self
            .store
            .system()
            .create_session(&hash(record.id), user, &data, INACTIVITY)
            .await
            .map_err(backend)?
        {
            record.id = Id::default();
        }
        Ok(())
    }

    async fn save(&self, record: &Record) -> Result<()> {
        let (_, data) = parts(record)?;
        // False if the session ended meanwhile: it stays ended.
        self.store
            .system()
            .save_session(&hash(record.id), &data, INACTIVITY)
            .await
            .map_err(backend)?;
        Ok(())
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let stored =
            self.store.system().load_session(&hash(*id), INACTIVITY).await.map_err(backend)?;
        stored
            .map(|stored| {
                let mut data: std::collections::HashMap<String, Value> =
                    serde_json::from_value(stored.data)
                        .map_err(|error| Error::Decode(error.to_string()))?;
                if data.contains_key(USER) || data.contains_key(HALF) {
                    let epoch = serde_json::to_value(stored.epoch)
                        .map_err(|error| Error::Decode(error.to_string()))?;
                    data.insert(EPOCH.to_owned(), epoch);
                }
                if stored.stale {
                    data.insert(STALE.to_owned(), Value::Bool(true));
                }
                let expiry_date =
                    OffsetDateTime::from_unix_timestamp(stored.expires_at.timestamp())
                        .map_err(|error| Error::Decode(error.to_string()))?;
                Ok(Record { id: *id, data, expiry_date })
            })
            .transpose()
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        self.store.system().delete_session(&hash(*id)).await.map_err(backend)
    }
}

/// The columns of the user with the epoch, and of the data.
fn parts(record: &Record) -> Result<(Option<(UserId, Epoch)>, Value)> {
    let half = record.data.get(HALF).and_then(|half| half.get("user"));
    let user = record.data.get(USER).or(half).and_then(Value::as_str);
    let user: Option<UserId> = user.and_then(|id| id.parse().ok());
    let epoch = record.data.get(EPOCH).map(Epoch::deserialize).transpose();
    let epoch = epoch.map_err(|error| Error::Encode(error.to_string()))?.unwrap_or_default();
    let mut data =
        serde_json::to_value(&record.data).map_err(|error| Error::Encode(error.to_string()))?;
    if let Value::Object(fields) = &mut data {
        fields.remove(STALE);
        fields.remove(EPOCH);
    }
    Ok((user.map(|user| (user, epoch)), data))
}

pub(crate) fn hash(id: Id) -> SessionHash {
    Sha256::digest(id.to_string()).into()
}

#[expect(clippy::needless_pass_by_value, reason = "fits map_err")]
fn backend(error: StoreError) -> Error {
    Error::Backend(error.to_string())
}
