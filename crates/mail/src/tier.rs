//! An organization's usage tier is another.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use domain::Usd;
use serde::Deserialize;

use crate::{
    alert::{name, parsed},
    letter::{Letter, Row, Tone},
    words::{dollars, moment},
};

/// What the outbox row of a tier that was set holds.
#[derive(Deserialize)]
pub(crate) struct TierSet {
    #[serde(deserialize_with = "name")]
    organization: String,
    #[serde(deserialize_with = "parsed")]
    zone: Tz,
    from: u16,
    to: u16,
    before: Usd,
    usage_limit: Usd,
    by_itself: bool,
    held: bool,
    at: DateTime<Utc>,
}

impl TierSet {
    /// What the mail says.
    pub(crate) fn letter(self, link: String) -> Letter {
        let Self { organization, zone, from, to, before, usage_limit, by_itself, held, at } = self;
        let (limit, rises) = (dollars(usage_limit), usage_limit >= before);
        let verb = if rises { "rose" } else { "was lowered" };
        let why = match (by_itself, rises) {
            (true, _) => "It rose by itself, as usage grew. Nothing has to be done.",
            (false, true) => "Whoever runs this installation set it. Nothing has to be done.",
            (false, false) => {
                "Whoever runs this installation set it, and can raise it again. Requests are refused \
                 once the new limit is spent."
            }
        };
        let further = if held { " It does not rise by itself from now on." } else { "" };
        Letter {
            subject: format!("The usage limit of {organization} {verb} to {limit} a month"),
            tone: if rises { Tone::Calm } else { Tone::Look },
            kicker: format!("Usage tier {to}"),
            heading: format!("{organization} may spend {limit} a month now"),
            lede: format!(
                "{why}{further} The usage limit is the most that {organization} may spend in a billing \
                 cycle, besides its own budgets, which stay as they are."
            ),
            course: None,
            rows: vec![
                Row::new("Usage limit", format!("{limit} a month, before {}", dollars(before))),
                Row::new("Usage tier", format!("{to}, before {from}")),
                Row::new("In force since", format!("{}, {zone}", moment(at, zone))),
            ],
            picture: None,
            action: "Open the limits",
            link,
            why: format!(
                "You get this because you are an owner of {organization}. It is mailed once, when \
                 the tier becomes another."
            ),
            organization: Some(organization),
        }
    }
}
