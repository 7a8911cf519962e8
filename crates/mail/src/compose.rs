//! From a message to the bytes that a server is handed.

use lettre::{
    Address,
    message::{
        Mailbox, MultiPart,
        header::{Header, HeaderName, HeaderValue},
    },
};

use crate::{Message, SendError, words};

/// Tells mail programs not to answer with a notice of absence (RFC 3834).
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// The mail as MIME. What people wrote can't add a line to its head: the subject is one line, and
/// lettre encodes it.
pub(crate) fn compose(from: &Address, message: &Message) -> Result<lettre::Message, SendError> {
    let to: Address = message
        .to
        .as_str()
        .parse()
        .map_err(|_| SendError::Never("mail servers do not take this address".to_owned()))?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    let id: String = message.message_id.chars().filter(|c| plain(*c)).take(64).collect();
    lettre::Message::builder()
        .from(Mailbox::new(Some("Exchequer".to_owned()), from.clone()))
        .to(Mailbox::new(None, to))
        .subject(words::one_line(&message.rendered.subject, words::LONGEST_SUBJECT))
        .message_id(Some(format!("<{id}@{}>", from.domain())))
        .header(AutoSubmitted)
        .multipart(MultiPart::alternative_plain_html(
            message.rendered.text.clone(),
            message.rendered.html.clone(),
        ))
        .map_err(|error| SendError::Never(error.to_string()))
}
