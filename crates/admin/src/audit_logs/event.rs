//! An entry of the audit log as an event of OpenAI's.

use std::collections::HashMap;

use domain::{
    AuditId, ProjectId,
    audit::{Body, Entry, Kind},
};
use serde_json::{Map, Value, json};

use crate::unix;

/// OpenAI's nearest type of each kind of entry. What has none (who exported the log) is on the
/// page of the audit log alone.
pub(super) const TYPES: &[(Kind, Option<&str>)] = &[
    (Kind::OrganizationCreated, Some("organization.updated")),
    (Kind::OrganizationUpdated, Some("organization.updated")),
    (Kind::OrganizationClosed, Some("organization.updated")),
    (Kind::OrganizationReopened, Some("organization.updated")),
    (Kind::OrganizationSuspended, Some("organization.updated")),
    (Kind::OrganizationResumed, Some("organization.updated")),
    (Kind::BillingUpdated, Some("organization.updated")),
    (Kind::InviteSent, Some("invite.sent")),
    (Kind::InviteAccepted, Some("invite.accepted")),
    (Kind::InviteDeleted, Some("invite.deleted")),
    (Kind::UserAdded, Some("user.added")),
    (Kind::UserUpdated, Some("user.updated")),
    (Kind::UserDeleted, Some("user.deleted")),
    (Kind::ProjectCreated, Some("project.created")),
    (Kind::ProjectUpdated, Some("project.updated")),
    (Kind::ProjectArchived, Some("project.archived")),
    (Kind::ProjectUserAdded, Some("role.assignment.created")),
    (Kind::ProjectUserUpdated, Some("role.assignment.created")),
    (Kind::ProjectUserDeleted, Some("role.assignment.deleted")),
    (Kind::ServiceAccountCreated, Some("service_account.created")),
    (Kind::ServiceAccountUpdated, Some("service_account.updated")),
    (Kind::ServiceAccountDeleted, Some("service_account.deleted")),
    (Kind::KeyCreated, Some("api_key.created")),
    (Kind::KeyUpdated, Some("api_key.updated")),
    (Kind::KeyDeleted, Some("api_key.deleted")),
    (Kind::KeyLeaked, Some("api_key.updated")),
    (Kind::PersonalKeyBlocked, Some("api_key.updated")),
    (Kind::PersonalKeyAllowed, Some("api_key.updated")),
    (Kind::AdminKeyCreated, Some("api_key.created")),
    (Kind::AdminKeyDeleted, Some("api_key.deleted")),
    (Kind::BudgetSet, Some("rate_limit.updated")),
    (Kind::BudgetRemoved, Some("rate_limit.deleted")),
    (Kind::RaiseSet, Some("rate_limit.updated")),
    (Kind::RaiseEnded, Some("rate_limit.updated")),
    (Kind::ChargeCorrected, None),
    (Kind::ThresholdSet, Some("rate_limit.updated")),
    (Kind::ThresholdRemoved, Some("rate_limit.deleted")),
    (Kind::AlertAcknowledged, None),
    (Kind::AlertTried, None),
    (Kind::ReportSet, None),
    (Kind::ReportRemoved, None),
    (Kind::ReportSent, None),
    (Kind::WatchesSet, None),
    (Kind::ViewKept, None),
    (Kind::ViewRemoved, None),
    (Kind::ExportAsked, None),
    (Kind::ExportRemoved, None),
    (Kind::CycleClosed, None),
    (Kind::InvoiceKept, None),
    (Kind::InvoiceRemoved, None),
    (Kind::TierSet, Some("organization.updated")),
    (Kind::RateLimitSet, Some("rate_limit.updated")),
    (Kind::RateLimitRemoved, Some("rate_limit.deleted")),
    (Kind::PriceSet, Some("organization.updated")),
    (Kind::PriceRemoved, Some("organization.updated")),
    (Kind::AuditExported, None),
    (Kind::BodyOpened, None),
];

/// The event, with its id; none if the entry can't be read.
pub(super) fn shown(
    entry: &Entry,
    projects: &HashMap<ProjectId, String>,
) -> Option<(AuditId, Value)> {
    let body = entry.read()?;
    let (_, kind) = TYPES.iter().find(|(kind, _)| kind.as_str() == body.action)?;
    let kind = (*kind)?;
    let mut event = json!({
        "id": body.id,
        "type": kind,
        "exchequer_type": body.action,
        "effective_at": unix(body.at),
        "actor": actor(entry, &body),
    });
    event[kind] = details(entry, &body, kind);
    if let Some(id) = body.project {
        event["project"] = json!({ "id": id });
        if let Some(name) = projects.get(&id) {
            event["project"]["name"] = json!(name);
        }
    }
    Some((body.id, event))
}

fn actor(entry: &Entry, body: &Body) -> Value {
    if body.actor.starts_with("key_") {
        return json!({ "type": "api_key", "api_key": { "id": body.actor } });
    }
    // OpenAI's form has no operator.
    if !body.actor.starts_with("user-") {
        return Value::Null;
    }
    let mut session = json!({ "user": { "id": body.actor } });
    if let Some(email) = personal(entry, "actor") {
        session["user"]["email"] = json!(email);
    }
    if let Some(address) = personal(entry, "address") {
        session["ip_address"] = json!(address);
    }
    json!({ "type": "session", "session": session })
}

fn details(entry: &Entry, body: &Body, kind: &str) -> Value {
    if kind.starts_with("role.assignment.") {
        return json!({
            "id": body.subject, "principal_id": body.subject, "principal_type": "user",
            "resource_id": body.project, "resource_type": "project", "data": after(entry, body),
        });
    }
    let (_, verb) = kind.rsplit_once('.').unwrap_or_default();
    match verb {
        "created" | "added" | "sent" => json!({ "id": body.subject, "data": after(entry, body) }),
        "updated" => json!({ "id": body.subject, "changes_requested": after(entry, body) }),
        _ => json!({ "id": body.subject }),
    }
}

/// What is there after the change; of what is not, null.
fn after(entry: &Entry, body: &Body) -> Map<String, Value> {
    let plain = body.changes.iter().map(|(name, sides)| (name.clone(), json!(sides.after)));
    let personal = entry.personal.iter().filter_map(|(name, value)| {
        let value = value.as_ref().map(|salted| &salted.value);
        Some((name.strip_suffix(".after")?.to_owned(), json!(value)))
    });
    plain.chain(personal).collect()
}

fn personal<'entry>(entry: &'entry Entry, name: &str) -> Option<&'entry str> {
    entry.personal.get(name)?.as_ref().map(|salted| salted.value.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_decided_once() {
        let decided: Vec<_> = TYPES.iter().map(|(kind, _)| *kind).collect();
        assert_eq!(decided, Kind::ALL);
    }
}
