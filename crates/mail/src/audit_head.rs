//! The head of an audit log, for owners to keep.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Deserialize;

use crate::{
    alert::{name, parsed},
    letter::{Letter, Row, Tone},
    words::{count, moment, one_line},
};

/// Longest head: its parts have fixed lengths.
const LONGEST: usize = 400;

#[derive(Deserialize)]
pub(crate) struct AuditHead {
    #[serde(deserialize_with = "name")]
    organization: String,
    #[serde(deserialize_with = "parsed")]
    zone: Tz,
    entries: u64,
    at: DateTime<Utc>,
    head: String,
}

impl AuditHead {
    /// What the mail says.
    pub(crate) fn letter(self, link: String) -> Letter {
        let Self { organization, zone, entries, at, head } = self;
        let entries = match entries {
            1 => "1 entry".to_owned(),
            more => format!("{} entries", count(more)),
        };
        Letter {
            subject: format!("Audit log of {organization}: {entries}"),
            tone: Tone::Calm,
            kicker: "Head of the audit log".to_owned(),
            heading: format!("The audit log has {entries}"),
            lede: "Keep this mail. An export of the log can be checked against the head below, \
                   with the command “exchequer audit verify” and without the database: an entry \
                   that was edited, removed, moved or put in is named, and so is an end that was \
                   cut off."
                .to_owned(),
            course: None,
            rows: vec![
                Row::new("Entries", entries),
                Row::new("Until", format!("{}, {zone}", moment(at, zone))),
                Row::new("Head", one_line(&head, LONGEST)),
            ],
            picture: None,
            action: "Open the audit log",
            link,
            why: format!(
                "You get this as an owner of {organization}, once a day when there are new entries."
            ),
            organization: Some(organization),
        }
    }
}
