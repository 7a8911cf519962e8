//! `POST /{org}/audit/export`: the whole log as a file, piece by piece.

use std::io;

use axum::{
    body::{Body, Bytes},
    extract::State,
    response::Response,
};
use domain::{
    Caller,
    audit::{rows, top},
};
use futures_util::{Stream, stream};
use store::Store;

use crate::web::{App, Failure, Member, attachment};

/// Entries read at once.
const CHUNK: u16 = 1_000;

/// Answers the file; that it was asked for is its last entry.
pub(super) async fn send(State(app): State<App>, member: Member) -> Result<Response, Failure> {
    let head = app.store.begin_audit_export(&member.caller).await?;
    let signed = identity::sign_head(&app.secrets, head)?;
    let day = head.at.with_timezone(&member.organization.zone).format("%Y-%m-%d");
    let name = format!("audit-{}-{day}.csv", head.org);
    let first = Bytes::from(top(&signed));
    let file = stream(app.store, member.caller, first, head.count);
    Ok(attachment(&name, Body::from_stream(file)))
}

/// The first lines, then the entries up to the last one. A file that can't be ended breaks off: it
/// lacks entries of its head.
fn stream(
    store: Store,
    caller: Caller,
    first: Bytes,
    last: u64,
) -> impl Stream<Item = io::Result<Bytes>> {
    stream::try_unfold((Some(first), 0_u64), move |(first, after)| {
        let (store, caller) = (store.clone(), caller.clone());
        async move {
            if let Some(first) = first {
                return Ok(Some((first, (None, 0))));
            }
            let read = store.audit_chunk(&caller, after, last, CHUNK).await;
            let entries = read.map_err(io::Error::other)?;
            if entries.is_empty() {
                return Ok(None);
            }
            let written = rows(&entries).map_err(io::Error::other)?;
            let after = after + u64::try_from(entries.len()).unwrap_or(u64::MAX);
            Ok(Some((Bytes::from(written), (None, after))))
        }
    })
}
