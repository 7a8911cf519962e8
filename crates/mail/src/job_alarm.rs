//! A job of the installation found something wrong, for operators.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Deserialize;

use crate::{
    letter::{Letter, Row, Tone},
    words::{moment, one_line},
};

/// Longest finding that is mailed; the page has all of it.
const LONGEST: usize = 600;

#[derive(Deserialize)]
pub(crate) struct JobAlarm {
    job: String,
    due: DateTime<Utc>,
    said: String,
}

impl JobAlarm {
    /// What the mail says.
    pub(crate) fn letter(self, link: String) -> Letter {
        let Self { job, due, said } = self;
        Letter {
            subject: "Exchequer found something wrong with its own books".to_owned(),
            tone: Tone::Stopped,
            kicker: "Job of the installation".to_owned(),
            heading: "Two numbers that must agree do not".to_owned(),
            lede:
                "Requests go on, and nothing was changed. The command “exchequer reconcile” shows \
                   the first difference as it is now; keep a copy of the database before anything \
                   is mended by hand."
                    .to_owned(),
            course: None,
            rows: vec![
                Row::new("Job", one_line(&job, LONGEST)),
                Row::new("Due", format!("{}, UTC", moment(due, Tz::UTC))),
                Row::new("Found", one_line(&said, LONGEST)),
            ],
            picture: None,
            action: "Open the jobs",
            link,
            why: "You get this because you operate this installation, once for each time that the \
                  job finds it."
                .to_owned(),
            organization: None,
        }
    }
}
