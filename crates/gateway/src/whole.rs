//! An answer that is read to its end before it is handed on.

use std::{borrow::Cow, io::Read as _, time::Duration};

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use flate2::read::MultiGzDecoder;
use http_body_util::BodyExt as _;
use tokio::time::timeout;

use crate::{error::Error, tap::Packing};

/// The largest answer.
const LARGEST: usize = 16 * 1024 * 1024;

/// Reads a body, with at most `silence` between two of its pieces.
pub(crate) async fn read(mut body: Body, silence: Duration) -> Result<Bytes, Error> {
    let mut whole = BytesMut::new();
    loop {
        let frame = timeout(silence, body.frame()).await.map_err(|_| Error::UpstreamTimeout)?;
        let Some(frame) = frame else {
            return Ok(whole.freeze());
        };
        let frame = frame.map_err(|error| {
            tracing::warn!(error = &error as &dyn std::error::Error, "an answer was broken off");
            Error::UpstreamLost
        })?;
        if let Ok(bytes) = frame.into_data() {
            whole.extend_from_slice(&bytes);
        }
        if whole.len() > LARGEST {
            tracing::warn!(bytes = whole.len(), "an answer was too large");
            return Err(Error::UpstreamLost);
        }
    }
}

/// What a body says, if it can be read.
pub(crate) fn unpacked(bytes: &Bytes, packing: Packing) -> Option<Cow<'_, [u8]>> {
    match packing {
        Packing::None => Some(Cow::Borrowed(bytes)),
        Packing::Gzip => {
            let mut plain = Vec::new();
            let most = LARGEST as u64;
            let read = MultiGzDecoder::new(&bytes[..]).take(most).read_to_end(&mut plain);
            read.ok().map(|_| Cow::Owned(plain))
        }
        Packing::Other => None,
    }
}
