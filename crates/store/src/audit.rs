//! Writing the audit log: see the migration of `audit_entries`.

use std::fmt::Write as _;

use domain::{Actor, AuditId, Caller, audit};
use serde::Serialize;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::{StoreError, tx::Tx};

/// What an entry's hash covers; its text is stored and never made anew.
#[derive(Serialize)]
struct Body<'a> {
    seq: i64,
    id: AuditId,
    at: String,
    action: &'a str,
    subject: &'a str,
    actor: &'a str,
    project: Option<String>,
    changes: Map<String, Value>,
    personal: Map<String, Value>,
}

/// Adds an entry to the end of the caller's organization's chain. Locks that end until the
/// transaction is over, so it comes after all other locks.
pub(crate) async fn append(
    tx: &mut Tx,
    caller: &Caller,
    change: &audit::Change,
) -> Result<(), StoreError> {
    let user = caller.user().map(domain::UserId::uuid);
    let head = sqlx::query!(
        r#"INSERT INTO audit_heads AS h (org_id, count, hash) VALUES ($1, 0, '')
           ON CONFLICT (org_id) DO UPDATE SET count = h.count
           RETURNING count, hash, exq_now() AS "now!", (SELECT email FROM users WHERE id = $2) AS email,
               ARRAY(SELECT gen_random_uuid() FROM generate_series(1, $3::integer)) AS "salts!""#,
        caller.org.uuid(),
        user,
        i32::try_from(change.facts.len() * 2 + 3).unwrap_or(i32::MAX)
    )
    .fetch_one(&mut **tx)
    .await?;
    let salts = head.salts.into_iter();
    let (changes, personal) =
        split(caller, change, Personal { salts, ..Personal::default() }, head.email);
    let (seq, id, actor) = (head.count + 1, AuditId::generate(), actor(caller.actor));
    let body = serde_json::to_string(&Body {
        seq,
        id,
        at: head.now.to_rfc3339_opts(chrono::SecondsFormat::Micros, true),
        action: change.kind.as_str(),
        subject: &change.subject,
        actor: &actor,
        project: change.project.map(|id| id.to_string()),
        changes,
        personal: personal.hashes,
    })
    .map_err(|_| StoreError::Damaged("an audit entry"))?;
    let hash = Sha256::new().chain_update(&head.hash).chain_update(&body).finalize();
    sqlx::query!(
        "WITH moved AS (UPDATE audit_heads SET count = $2, hash = $11 WHERE org_id = $1)
         INSERT INTO audit_entries (org_id, seq, id, at, action, subject, actor, project_id, body, personal, hash)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        caller.org.uuid(),
        seq,
        id.uuid(),
        head.now,
        change.kind.as_str(),
        change.subject,
        actor,
        change.project.map(domain::ProjectId::uuid),
        body,
        Value::Object(personal.values),
        hash.as_slice()
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What the chain covers as it is, and what it covers salted.
fn split(
    caller: &Caller,
    change: &audit::Change,
    mut personal: Personal,
    email: Option<String>,
) -> (Map<String, Value>, Personal) {
    personal.add("actor", email);
    personal.add("address", caller.origin.address.map(|address| address.to_string()));
    personal.add("agent", caller.origin.agent.as_deref().map(ToOwned::to_owned));
    let mut changes = Map::new();
    for fact in &change.facts {
        if fact.personal {
            personal.add(&format!("{}.before", fact.name), fact.before.clone());
            personal.add(&format!("{}.after", fact.name), fact.after.clone());
        } else {
            changes.insert(
                fact.name.to_owned(),
                json!({ "before": fact.before, "after": fact.after }),
            );
        }
    }
    (changes, personal)
}

fn actor(actor: Actor) -> String {
    match actor {
        Actor::User(id) => id.to_string(),
        Actor::AdminKey(id) => id.to_string(),
        Actor::Operator => "operator".to_owned(),
    }
}

/// Values about people, and what the chain knows of them.
#[derive(Default)]
struct Personal {
    salts: std::vec::IntoIter<Uuid>,
    hashes: Map<String, Value>,
    values: Map<String, Value>,
}

impl Personal {
    fn add(&mut self, name: &str, value: Option<String>) {
        let (Some(value), Some(salt)) = (value, self.salts.next()) else { return };
        let salt = salt.simple().to_string();
        self.hashes.insert(name.to_owned(), Value::String(commitment(&salt, name, &value)));
        self.values.insert(name.to_owned(), json!({ "salt": salt, "value": value }));
    }
}

/// The salted hash of a personal value: SHA-256 of salt, name and value, each ended by a zero byte,
/// in hexadecimal digits.
fn commitment(salt: &str, name: &str, value: &str) -> String {
    let mut hash = Sha256::new();
    for part in [salt, name, value] {
        hash.update(part);
        hash.update([0]);
    }
    hash.finalize().iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a text can't fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
