//! Somebody else changed what a person is in an organization.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use domain::Role;
use serde::Deserialize;

use crate::{
    alert::{name, parsed},
    letter::{Letter, Row, Tone},
    words::moment,
};

/// What the outbox row of a changed role holds.
#[derive(Deserialize)]
pub(crate) struct RoleChanged {
    #[serde(deserialize_with = "name")]
    organization: String,
    #[serde(deserialize_with = "parsed")]
    zone: Tz,
    #[serde(deserialize_with = "parsed")]
    role: Role,
    at: DateTime<Utc>,
}

impl RoleChanged {
    /// What the mail says.
    pub(crate) fn letter(self, link: String) -> Letter {
        let Self { organization, zone, role, at } = self;
        let (article, means) = match role {
            Role::Owner => (
                "an owner",
                "You may do everything in it now: members, billing and budgets too. Alerts of its \
                 budgets reach you at this address.",
            ),
            Role::Reader => (
                "a reader",
                "You see your own projects and work in them with the roles that you have there. \
                 Admin keys that you made and open invitations of owners that you sent are revoked.",
            ),
        };
        Letter {
            subject: format!("You are {article} of {organization} now"),
            tone: Tone::Look,
            kicker: "Role changed".to_owned(),
            heading: format!("You are {article} of {organization}"),
            lede: format!(
                "An owner of {organization} changed your role. {means} It is in force already, in \
                 every browser."
            ),
            course: None,
            rows: vec![
                Row::new("Role", role.label().to_owned()),
                Row::new("Changed", format!("{}, {zone}", moment(at, zone))),
            ],
            picture: None,
            action: "Open the organization",
            link,
            why: format!(
                "You get this because you are a member of {organization}. Such mails can’t be \
                 switched off."
            ),
            organization: Some(organization),
        }
    }
}

/// What the outbox row of a removed member holds.
#[derive(Deserialize)]
pub(crate) struct Removed {
    #[serde(deserialize_with = "name")]
    organization: String,
    #[serde(deserialize_with = "parsed")]
    zone: Tz,
    at: DateTime<Utc>,
}

impl Removed {
    /// What the mail says.
    pub(crate) fn letter(self, link: String) -> Letter {
        let Self { organization, zone, at } = self;
        Letter {
            subject: format!("You are no longer a member of {organization}"),
            tone: Tone::Look,
            kicker: "Member removed".to_owned(),
            heading: format!("You are no longer a member of {organization}"),
            lede: format!(
                "An owner of {organization} removed you. You see nothing of it any more, and your \
                 personal keys are no longer billed to it. Your keys of its projects are revoked or \
                 belong to a service account now. Your account stays as it is. Only an owner can \
                 invite you again."
            ),
            course: None,
            rows: vec![Row::new("Removed", format!("{}, {zone}", moment(at, zone)))],
            picture: None,
            action: "Open your organizations",
            link,
            why: format!(
                "You get this because you were a member of {organization}. It is the last mail \
                 about it."
            ),
            organization: Some(organization),
        }
    }
}
