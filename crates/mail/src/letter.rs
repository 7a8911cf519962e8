//! Letters: one layout for all that is mailed, as text and as HTML.
//!
//! A new mail is a type with the parameters of its outbox row and a function that makes them a
//! [`Letter`]; its name then stands in [`render`].

use askama::Template;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{
    Picture, RenderError, account,
    alert::{
        blocked::Blocked, burn::Burn, facts::Facts, forecast::Forecast, raise_ended::RaiseEnded,
        threshold::Threshold,
    },
    audit_head::AuditHead,
    drift::Drift,
    invitation::Invitation,
    job_alarm::JobAlarm,
    leaked::Leaked,
    membership::{Removed, RoleChanged},
    report::{Report, Reported},
    test_alert::TestAlert,
    tier::TierSet,
};

/// A mail ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// One line.
    pub subject: String,
    /// For those who read text.
    pub text: String,
    /// For those who read HTML; says everything without its picture, too.
    pub html: String,
    /// The picture that the HTML shows, if there is one.
    pub picture: Option<Picture>,
    /// Where the reader has such mails stopped, if that can be.
    pub mute: Option<String>,
}

/// What a mail needs besides its row, known when it is sent. It holds tokens: not to be printed.
pub struct Around {
    /// Where its button leads.
    pub link: String,
    /// How the spend of an alert came about.
    pub facts: Option<Facts>,
    /// What a report tells.
    pub report: Option<Reported>,
    /// Where the reader has such mails stopped, if that can be.
    pub mute: Option<String>,
}

impl Around {
    /// Nothing but where the button leads.
    pub fn link(link: impl Into<String>) -> Self {
        Self { link: link.into(), facts: None, report: None, mute: None }
    }
}

/// What a mail says, in the order in which it is read.
pub(crate) struct Letter {
    pub(crate) subject: String,
    /// Whom it concerns, where it is not about the reader's own account.
    pub(crate) organization: Option<String>,
    pub(crate) tone: Tone,
    pub(crate) kicker: String,
    pub(crate) heading: String,
    pub(crate) lede: String,
    /// How much is used, in percent, and the sentence about it.
    pub(crate) course: Option<(i128, String)>,
    pub(crate) rows: Vec<Row>,
    pub(crate) picture: Option<Picture>,
    pub(crate) action: &'static str,
    pub(crate) link: String,
    pub(crate) why: String,
}

pub(crate) struct Row {
    label: &'static str,
    value: String,
}

impl Row {
    pub(crate) const fn new(label: &'static str, value: String) -> Self {
        Self { label, value }
    }
}

/// How urgent it is.
#[derive(Clone, Copy)]
pub(crate) enum Tone {
    /// Nothing is wrong.
    Calm,
    /// Something should be looked at.
    Look,
    /// Something has stopped.
    Stopped,
}

impl Tone {
    /// Of text.
    const fn ink(self) -> &'static str {
        match self {
            Self::Calm => "#14543f",
            Self::Look => "#7a4a00",
            Self::Stopped => "#9b2c22",
        }
    }

    /// Of the bar.
    const fn solid(self) -> &'static str {
        match self {
            Self::Calm => "#14543f",
            Self::Look => "#b9791c",
            Self::Stopped => "#b3372b",
        }
    }

    /// The class that a dark theme colours.
    const fn class(self) -> &'static str {
        match self {
            Self::Calm => "link",
            Self::Look => "look",
            Self::Stopped => "stopped",
        }
    }
}

#[derive(Template)]
#[template(path = "letter.html")]
struct Html<'a> {
    letter: &'a Letter,
    mute: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "letter.txt")]
struct Text<'a> {
    letter: &'a Letter,
    mute: Option<&'a str>,
}

/// Makes a mail of an outbox row, the template's name and its parameters, and of what is known when
/// it is sent.
pub fn render(template: &str, params: &Value, around: Around) -> Result<Rendered, RenderError> {
    let Around { link, facts, report, mute } = around;
    let facts = facts.as_ref();
    let letter = match template {
        "threshold" => read::<Threshold>(params)?.letter(link, facts),
        "blocked" => read::<Blocked>(params)?.letter(link, facts),
        "forecast" => read::<Forecast>(params)?.letter(link, facts),
        "burn" => read::<Burn>(params)?.letter(link, facts),
        "drift" => read::<Drift>(params)?.letter(link),
        "report" => {
            let told = report.ok_or(RenderError::NothingToTell)?;
            read::<Report>(params)?.letter(link, &told)
        }
        "test_alert" => read::<TestAlert>(params)?.letter(link),
        "raise_ended" => read::<RaiseEnded>(params)?.letter(link),
        "audit_head" => read::<AuditHead>(params)?.letter(link),
        "job_alarm" => read::<JobAlarm>(params)?.letter(link),
        "invitation" => read::<Invitation>(params)?.letter(link),
        "leaked" => read::<Leaked>(params)?.letter(link),
        "role_changed" => read::<RoleChanged>(params)?.letter(link),
        "tier" => read::<TierSet>(params)?.letter(link),
        "member_removed" => read::<Removed>(params)?.letter(link),
        "verify" => account::verify(link),
        "account_exists" => account::exists(link),
        "reset" => account::reset(link),
        "email_change" => account::email_change(link),
        "email_leaving" => read::<account::Leaving>(params)?.asked(link),
        "email_left" => read::<account::Leaving>(params)?.done(link),
        "password_changed" => account::password_changed(link),
        "factor_on" => account::factor_on(link),
        "factor_off" => account::factor_off(link),
        "factor_lifted" => account::factor_lifted(link),
        "recovery_renewed" => account::recovery_renewed(link),
        "recovery_used" => account::recovery_used(link),
        "account_deleted" => account::deleted(link),
        _ => return Err(RenderError::UnknownTemplate(template.to_owned())),
    };
    let mute = mute.as_deref();
    let text = Text { letter: &letter, mute }.render()?;
    let html = Html { letter: &letter, mute }.render()?;
    let mute = mute.map(ToOwned::to_owned);
    Ok(Rendered { subject: letter.subject, text, html, picture: letter.picture, mute })
}

fn read<T: DeserializeOwned>(params: &Value) -> Result<T, RenderError> {
    T::deserialize(params).map_err(RenderError::Params)
}

#[cfg(test)]
mod tests;
