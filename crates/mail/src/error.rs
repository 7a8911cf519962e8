//! What can go wrong.

use lettre::transport::smtp;

use crate::words;

/// Why a mail server's URL or the sender's address is not taken. Never repeats the URL, which may
/// hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MailerError {
    /// Not a URL with a host.
    #[error(
        "the mail server should look like smtp://user:password@mail.example.com:587, with special \
         characters of user and password percent-encoded"
    )]
    Url,
    /// Another scheme than the two.
    #[error("the mail server’s URL begins with smtp:// or smtps://")]
    Scheme,
    /// A path, or a parameter that is not known.
    #[error("after the mail server’s host and port only ?tls=required or ?tls=none may follow")]
    Rest,
    /// A user without password, or the other way round.
    #[error("the mail server’s URL names a user and a password, or neither")]
    Credentials,
    /// No certificate can be checked for this name.
    #[error("no certificate can be checked for the mail server’s host")]
    Certificate,
    /// Not an address that mail servers take.
    #[error("the address that mail comes from is not one that mail servers take")]
    From,
}

/// Why a mail was not accepted. Each holds what the server answered, or what happened instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// It was surely not taken and may be later: no connection, or refused for now.
    #[error("{0}")]
    Later(String),
    /// It was surely not taken and never will be.
    #[error("{0}")]
    Never(String),
    /// All of it was handed over, but not acknowledged. Sending it again may deliver it twice.
    #[error("handed over, but not acknowledged, so the server may have it: {0}")]
    Unknown(String),
}

/// Why an outbox row can't become a mail.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// No template of this name.
    #[error("there is no mail template “{0}”")]
    UnknownTemplate(String),
    /// Parameters that are not those of the template.
    #[error("the parameters do not fit the mail template")]
    Params(#[source] serde_json::Error),
    /// Its template tells what was not found out.
    #[error("what the mail tells was not found out")]
    NothingToTell,
    /// The template failed.
    #[error("the mail template failed")]
    Template(#[from] askama::Error),
}

/// What went wrong in one step of the conversation with a server.
pub(crate) struct Failure {
    said: String,
    permanent: bool,
    /// The server answered, so the connection is in order.
    answered: bool,
}

impl Failure {
    /// The server said nothing in time.
    pub(crate) fn silence(patience: std::time::Duration) -> Self {
        let said = format!("no answer within {} s", patience.as_secs());
        Self { said, permanent: false, answered: false }
    }

    /// What it means for the mail, and whether the connection may be used again.
    pub(crate) fn judged(self, judge: fn(Self) -> SendError) -> (SendError, bool) {
        let answered = self.answered;
        (judge(self), answered)
    }

    /// Before the recipient is named, a refusal concerns our settings: mended, all is well again.
    pub(crate) fn ours(self) -> SendError {
        SendError::Later(self.said)
    }

    /// The recipient or the mail was refused.
    pub(crate) fn theirs(self) -> SendError {
        if self.permanent { SendError::Never(self.said) } else { SendError::Later(self.said) }
    }

    /// After the final dot only a refusal says that the mail was not taken.
    pub(crate) fn after_all(self) -> SendError {
        if self.answered { self.theirs() } else { SendError::Unknown(self.said) }
    }
}

impl From<smtp::Error> for Failure {
    fn from(error: smtp::Error) -> Self {
        let said = match (error.status(), std::error::Error::source(&error)) {
            (Some(code), Some(text)) => format!("{code} {text}"),
            _ => error.to_string(),
        };
        Self {
            said: words::one_line(&said, words::LONGEST_ANSWER),
            permanent: error.is_permanent(),
            answered: error.status().is_some(),
        }
    }
}
