//! Somebody is invited to an organization.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use domain::{Name, Role};
use serde::Deserialize;

use crate::{
    alert::{name, parsed},
    letter::{Letter, Row, Tone},
    words::{moment, one_line},
};

/// What the outbox row of an invitation holds.
#[derive(Deserialize)]
pub(crate) struct Invitation {
    #[serde(deserialize_with = "name")]
    organization: String,
    #[serde(deserialize_with = "parsed")]
    zone: Tz,
    inviter: Option<String>,
    #[serde(deserialize_with = "parsed")]
    role: Role,
    expires: DateTime<Utc>,
}

impl Invitation {
    /// What the mail says.
    pub(crate) fn letter(self, link: String) -> Letter {
        let organization = self.organization;
        let inviter = self.inviter.map_or_else(
            || format!("An owner of {organization}"),
            |inviter| one_line(&inviter, Name::LONGEST),
        );
        let may = match self.role {
            Role::Owner => "Owner: everything, billing and members too",
            Role::Reader => "Reader: requests, own projects and keys",
        };
        let until = format!("{}, {}", moment(self.expires, self.zone), self.zone);
        Letter {
            subject: format!("{inviter} invites you to {organization}"),
            tone: Tone::Calm,
            kicker: "Invitation".to_owned(),
            heading: format!("Join {organization}"),
            lede: format!(
                "{inviter} invites you to {organization}, where what language models cost is seen \
                 and limited. Open the link, then sign in or make an account with this address."
            ),
            course: None,
            rows: vec![
                Row::new("Organization", organization.clone()),
                Row::new("You become", may.to_owned()),
                Row::new("Works until", until),
            ],
            picture: None,
            action: "Accept the invitation",
            link,
            why: "You get this because somebody typed your address. If you know nothing of it, do \
                  nothing: the link works once, and only for this address."
                .to_owned(),
            organization: Some(organization),
        }
    }
}
