//! Reading the body of a request.

use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use tokio::time::timeout;

use crate::error::Error;

/// How long a client may take to send it.
const SLOWEST: Duration = Duration::from_mins(1);

/// The whole body, unless it is larger than `most` bytes, in words `limit`.
pub(crate) async fn read(body: Body, most: usize, limit: &'static str) -> Result<Bytes, Error> {
    let whole = timeout(SLOWEST, Limited::new(body, most).collect()).await;
    let whole = whole.map_err(|_| Error::BodySlow)?.map_err(|error| {
        if error.is::<LengthLimitError>() { Error::BodyTooLarge(limit) } else { Error::BodyCut }
    })?;
    Ok(whole.to_bytes())
}
