//! That alerts arrive.

use serde::Deserialize;

use crate::{
    alert::name,
    letter::{Letter, Tone},
};

/// What the outbox row of a test alert holds.
#[derive(Deserialize)]
pub(crate) struct TestAlert {
    #[serde(deserialize_with = "name")]
    organization: String,
}

impl TestAlert {
    /// What the mail says.
    pub(crate) fn letter(self, link: String) -> Letter {
        let Self { organization } = self;
        Letter {
            subject: format!("Test: alerts of {organization} reach you here"),
            tone: Tone::Calm,
            kicker: "Test alert".to_owned(),
            heading: format!("Alerts of {organization} reach you here"),
            lede:
                "Nothing was spent and nothing was crossed. When spend reaches a threshold, or a \
                   budget begins to refuse, a mail like this one tells how much, by whom, and what \
                   to do."
                    .to_owned(),
            course: None,
            rows: Vec::new(),
            picture: None,
            action: "Open the alerts",
            link,
            why: format!("You get this because you, an owner of {organization}, asked for it."),
            organization: Some(organization),
        }
    }
}
