//! Fingerprints of requests, for projects that want to know which of them repeat: equal for those that
//! one answer would have served. A keyed hash, so that nobody who reads the table can try prompts.

use std::{
    mem,
    sync::{Mutex, PoisonError},
};

use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretBox};
use serde_json::Value;
use sha2::Sha256;
use store::system::FingerprintRow;

use crate::forward::Endpoint;

/// More than these are not kept while the database does not take them: they are advice.
const MOST: usize = 50_000;

/// Fields that change who asks, how it is sent or what it costs, and no word of the answer.
const BESIDE: [&str; 8] = [
    "metadata",
    "prompt_cache_key",
    "safety_identifier",
    "service_tier",
    "store",
    "stream",
    "stream_options",
    "user",
];

/// What is not written yet.
#[derive(Debug, Default)]
pub(crate) struct Fingerprints(Mutex<Vec<FingerprintRow>>);

impl Fingerprints {
    /// Keeps one more, if there is room.
    pub(crate) fn note(&self, row: FingerprintRow) {
        let mut rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if rows.len() < MOST {
            rows.push(row);
        }
    }

    /// What is to be written.
    pub(crate) fn take(&self) -> Vec<FingerprintRow> {
        mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What could not be written, for the next time.
    pub(crate) fn put_back(&self, rows: Vec<FingerprintRow>) {
        for row in rows {
            self.note(row);
        }
    }
}

/// Of a body, whatever the order of its fields and the space between them; none of one that is no
/// object.
pub(crate) fn fingerprint(
    key: &SecretBox<[u8; 32]>,
    endpoint: Endpoint,
    body: &Bytes,
) -> Option<[u8; 16]> {
    let Ok(Value::Object(mut fields)) = serde_json::from_slice(body) else { return None };
    fields.retain(|name, _| !BESIDE.contains(&name.as_str()));
    // A key of any length is taken.
    let mut mac = Hmac::<Sha256>::new_from_slice(key.expose_secret()).ok()?;
    mac.update(endpoint.path().as_bytes());
    feed(&mut mac, &Value::Object(fields));
    let mut print = [0; 16];
    print.copy_from_slice(mac.finalize().into_bytes().get(..16)?);
    Some(print)
}

/// Objects in the order of their fields' names; every part says what it is and how much of it follows.
fn feed(mac: &mut Hmac<Sha256>, value: &Value) {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_unstable_by_key(|(name, _)| *name);
            part(mac, b'{', fields.len(), &[]);
            for (name, value) in fields {
                part(mac, b'"', name.len(), name.as_bytes());
                feed(mac, value);
            }
        }
        Value::Array(items) => {
            part(mac, b'[', items.len(), &[]);
            for item in items {
                feed(mac, item);
            }
        }
        Value::String(text) => part(mac, b'"', text.len(), text.as_bytes()),
        Value::Null | Value::Bool(_) | Value::Number(_) => {
            let text = value.to_string();
            part(mac, b'=', text.len(), text.as_bytes());
        }
    }
}

fn part(mac: &mut Hmac<Sha256>, kind: u8, length: usize, bytes: &[u8]) {
    mac.update(&[kind]);
    mac.update(&(length as u64).to_be_bytes());
    mac.update(bytes);
}

#[cfg(test)]
mod tests {
    use domain::{EventId, OrgId, ProjectId};

    use super::*;

    fn of(body: &'static str) -> Option<[u8; 16]> {
        let key = SecretBox::new(Box::new([7; 32]));
        fingerprint(&key, Endpoint::ChatCompletions, &Bytes::from_static(body.as_bytes()))
    }

    #[test]
    fn what_one_answer_would_have_served_is_equal() {
        let first = of(r#"{"model":"m","messages":[{"role":"user","content":"hé"}],"n":1}"#);
        assert!(first.is_some());
        for same in [
            r#"{ "n": 1, "messages": [ {"content":"h\u00e9","role":"user"} ], "model": "m" }"#,
            r#"{"model":"m","messages":[{"role":"user","content":"hé"}],"n":1,"stream":true,"user":"u","metadata":{"a":"b"}}"#,
        ] {
            assert_eq!(of(same), first, "{same}");
        }
        for other in [
            r#"{"model":"n","messages":[{"role":"user","content":"hé"}],"n":1}"#,
            r#"{"model":"m","messages":[{"role":"user","content":"he"}],"n":1}"#,
            r#"{"model":"m","messages":[{"role":"user","content":"hé"}],"n":2}"#,
            r#"{"model":"m","messages":[{"role":"user","content":"hé"}],"n":"1"}"#,
            r#"{"model":"m","messages":[{"role":"user","content":"hé","n":1}]}"#,
            r#"{"model":"m","messages":[{"role":"user","content":"hé"}],"n":1,"temperature":0}"#,
        ] {
            assert_ne!(of(other), first, "{other}");
        }
        assert_eq!((of("[]"), of("x")), (None, None));
    }

    #[test]
    fn another_key_or_endpoint_is_another_fingerprint() {
        let body = Bytes::from_static(b"{\"model\":\"m\",\"input\":\"x\"}");
        let key = |byte| SecretBox::new(Box::new([byte; 32]));
        let first = fingerprint(&key(1), Endpoint::Embeddings, &body);
        assert_ne!(fingerprint(&key(2), Endpoint::Embeddings, &body), first);
        assert_ne!(fingerprint(&key(1), Endpoint::ChatCompletions, &body), first);
    }

    #[test]
    fn what_is_not_written_is_kept_and_never_without_end() {
        let row = || FingerprintRow {
            org: OrgId::generate(),
            project: ProjectId::generate(),
            id: EventId::generate(),
            fingerprint: [0; 16],
        };
        let kept = Fingerprints::default();
        for _ in 0..=MOST {
            kept.note(row());
        }
        let rows = kept.take();
        assert_eq!((rows.len(), kept.take().len()), (MOST, 0));
        kept.note(row());
        kept.put_back(rows);
        assert_eq!(kept.take().len(), MOST);
    }
}
