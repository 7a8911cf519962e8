//! What was done just before, for the page that is shown next.

use serde::de::DeserializeOwned;
use tower_sessions::Session;

use super::Failure;

/// What the session keeps under the key, if it fits what is shown; once. What does not fit stays for the page that it
/// is about, and what cannot be read any more, because another version wrote it, is forgotten.
pub async fn recall<T: DeserializeOwned>(
    session: &Session,
    key: &str,
    fits: impl FnOnce(&T) -> bool,
) -> Result<Option<T>, Failure> {
    let Some(value) = session.get_value(key).await? else { return Ok(None) };
    let kept: Option<T> = serde_json::from_value(value).ok();
    if kept.as_ref().is_some_and(|kept| !fits(kept)) {
        return Ok(None);
    }
    session.remove_value(key).await?;
    Ok(kept)
}
