//! Somebody found a key in the open and says so: it is refused from then on. The whole key is the
//! proof, so nobody has to say who they are.

use std::{net::IpAddr, time::Duration};

use axum::{
    Json,
    extract::{Request, State},
};
use domain::{Origin, api_key::Opens};
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use store::{
    StoreError,
    system::{Count, Subject, Suspect},
};

use crate::{authenticate::is_right, body, connection, error::Error, gateway::Gateway};

/// The most keys of one report.
const KEYS: usize = 100;
/// The largest body: as many entries, each with the address where it was found.
const LARGEST: usize = 256 * 1024;
/// The most reports of one network address in a window.
const REPORTS: u32 = 30;
const WINDOW: Duration = Duration::from_mins(1);

/// One key, or a list as scanners send it; what else they tell is not needed.
#[derive(Deserialize)]
#[serde(untagged)]
enum Report {
    One { key: String },
    Many(Vec<Found>),
}

#[derive(Deserialize)]
struct Found {
    token: String,
}

/// The answer, the same for every key.
#[derive(Serialize)]
pub(crate) struct Accepted {
    object: &'static str,
    accepted: bool,
}

/// Disables the keys that are right. Who reports a key holds it and could as well try it, so the
/// time that disabling takes tells nothing new; looking up and comparing take the same for all.
pub(crate) async fn report(
    State(gateway): State<Gateway>,
    request: Request,
) -> Result<Json<Accepted>, Error> {
    let (head, body) = request.into_parts();
    let origin = head.extensions.get::<Origin>().cloned().unwrap_or_default();
    throttle(&gateway, origin.address).await?;
    if !connection::is_json(&head.headers) {
        return Err(Error::NotJsonType);
    }
    let keys = read(&body::read(body, LARGEST, "256 KiB").await?)?;
    let ids: Vec<String> = keys.iter().map(|key| public_id(key).to_owned()).collect();
    let system = gateway.store().system();
    let suspects = system.suspects(&ids).await.map_err(|error| unavailable(&error))?;
    for (key, id) in keys.iter().zip(&ids) {
        if let Some(suspect) = proven(&gateway, key, id, &suspects) {
            system.disable_leaked(suspect, &origin).await.map_err(|error| unavailable(&error))?;
        }
    }
    Ok(Json(Accepted { object: "leak_report", accepted: true }))
}

fn read(body: &[u8]) -> Result<Vec<String>, Error> {
    let wrong = || Error::Invalid {
        param: "key",
        wanted: format!("{{\"key\": \"…\"}}, or a list of at most {KEYS} objects with a \"token\""),
    };
    let keys = match serde_json::from_slice(body).map_err(|_| wrong())? {
        Report::One { key } => vec![key],
        Report::Many(found) => found.into_iter().map(|found| found.token).collect(),
    };
    if keys.len() > KEYS { Err(wrong()) } else { Ok(keys) }
}

/// Of a text that is no key, nothing: no row has it.
fn public_id(key: &str) -> &str {
    let parts = Opens::Gateway.parse(key).or_else(|| Opens::Admin.parse(key));
    parts.map_or("", |parts| parts.public_id)
}

/// The row that the key belongs to. One hash is compared for a key that has none.
fn proven<'a>(
    gateway: &Gateway,
    key: &str,
    id: &str,
    suspects: &'a [Suspect],
) -> Option<&'a Suspect> {
    let mut named = suspects.iter().filter(|suspect| suspect.public_id == id).peekable();
    if named.peek().is_none() {
        is_right(gateway.peppers(), key, &[0; 32]);
    }
    named.find(|suspect| is_right(gateway.peppers(), key, &suspect.secret_hash))
}

async fn throttle(gateway: &Gateway, address: Option<IpAddr>) -> Result<(), Error> {
    let Some(subject) = subject(gateway, address) else { return Ok(()) };
    let pause =
        |[count]: [Count; 1]| (count.failures >= REPORTS).then(|| WINDOW.saturating_sub(count.age));
    let wait = gateway.store().system().attempt([(subject, WINDOW)], pause).await;
    match wait.map_err(|error| unavailable(&error))? {
        Some(wait) => Err(Error::TooOften(wait)),
        None => Ok(()),
    }
}

/// A household or a server has a whole /64 of IPv6 addresses; those without any count as one.
fn subject(gateway: &Gateway, address: Option<IpAddr>) -> Option<Subject> {
    let network = match address.map(|address| address.to_canonical()) {
        Some(IpAddr::V4(v4)) => v4.octets().to_vec(),
        Some(IpAddr::V6(v6)) => v6.octets()[..8].to_vec(),
        None => Vec::new(),
    };
    let pepper = gateway.peppers().first()?;
    let mac = Hmac::<Sha256>::new_from_slice(pepper.expose_secret()).ok()?;
    Some(mac.chain_update("leak report ").chain_update(network).finalize().into_bytes().into())
}

fn unavailable(error: &StoreError) -> Error {
    tracing::warn!(error = error as &dyn std::error::Error, "a leak report could not be taken");
    Error::ReportUnavailable
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_one_key_and_lists() {
        assert_eq!(read(br#"{"key":"a"}"#).unwrap(), ["a"]);
        let list =
            br#"[{"token":"a","type":"exchequer","url":"https://example.com"},{"token":"b"}]"#;
        assert_eq!(read(list).unwrap(), ["a", "b"]);
        let many = |count| format!("[{}]", vec![r#"{"token":"a"}"#; count].join(","));
        assert_eq!(read(many(KEYS).as_bytes()).unwrap().len(), KEYS);
        for wrong in ["", "{}", r#"{"key":1}"#, r#"[{"key":"a"}]"#, "[1]", &many(KEYS + 1)] {
            assert!(matches!(read(wrong.as_bytes()), Err(Error::Invalid { .. })), "{wrong}");
        }
    }
}
