//! Somebody found a key in the open.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use domain::Name;
use serde::Deserialize;

use crate::{
    alert::{name, parsed},
    letter::{Letter, Row, Tone},
    words::{moment, one_line},
};

/// What the outbox row of a leaked key holds.
#[derive(Deserialize)]
pub(crate) struct Leaked {
    kind: Kind,
    organization: Option<String>,
    project: Option<String>,
    #[serde(deserialize_with = "parsed")]
    zone: Tz,
    #[serde(deserialize_with = "name")]
    name: String,
    #[serde(deserialize_with = "name")]
    last_four: String,
    at: DateTime<Utc>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Api,
    Personal,
    Admin,
}

impl Leaked {
    /// What the mail says.
    pub(crate) fn letter(self, link: String) -> Letter {
        let short = |text: String| one_line(&text, Name::LONGEST);
        let organization = self.organization.map(short);
        let (what, next, action) = match self.kind {
            Kind::Api => {
                ("API key", "Make a new key and give it to the application", "Open the keys")
            }
            Kind::Personal => {
                ("personal key", "Make a new one where you need it", "Open your keys")
            }
            Kind::Admin => {
                ("admin key", "Make a new one for the program that used it", "Open the admin keys")
            }
        };
        let mut rows = vec![
            Row::new("Key", format!("{}, ending in {}", self.name, self.last_four)),
            Row::new("Refused since", format!("{}, {}", moment(self.at, self.zone), self.zone)),
        ];
        rows.extend(self.project.map(|project| Row::new("Project", short(project))));
        let whose = organization.as_ref().map_or_else(
            || "it is your key".to_owned(),
            |organization| format!("you are an owner of {organization} or it is your key"),
        );
        Letter {
            subject: format!("The {what} {} was found in the open and is revoked", self.name),
            tone: Tone::Stopped,
            kicker: "Key revoked".to_owned(),
            heading: format!("The {what} {} was reported as leaked", self.name),
            lede: format!(
                "Somebody found this key where others can read it, and proved it by the whole key. It \
                 is refused everywhere, for good. {next}, take the old one out of wherever it stood, \
                 and look through its usage for what was not yours."
            ),
            course: None,
            rows,
            picture: None,
            action,
            link,
            why: format!("You get this because {whose}. It is mailed once for a key."),
            organization,
        }
    }
}
