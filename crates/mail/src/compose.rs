//! From a message to the bytes that a server is handed.

use lettre::{
    Address,
    message::{
        Attachment, Mailbox, MultiPart, SinglePart,
        header::{ContentType, HeaderName, HeaderValue},
    },
};

use crate::{Message, Picture, Rendered, SendError, words};

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
    // Nobody's notice of absence is wanted (RFC 3834).
    let mut head =
        lettre::Message::builder().raw_header(header("Auto-Submitted", "auto-generated"));
    // Where such mails are stopped (RFC 2369), and that one POST there is enough (RFC 8058).
    if let Some(mute) = message.rendered.mute.as_deref().filter(|mute| mute.is_ascii()) {
        let one_click = header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click");
        head =
            head.raw_header(header("List-Unsubscribe", &format!("<{mute}>"))).raw_header(one_click);
    }
    head.from(Mailbox::new(Some("Exchequer".to_owned()), from.clone()))
        .to(Mailbox::new(None, to))
        .subject(words::one_line(&message.rendered.subject, words::LONGEST_SUBJECT))
        .message_id(Some(format!("<{id}@{}>", from.domain())))
        .multipart(body(&message.rendered)?)
        .map_err(|error| SendError::Never(error.to_string()))
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

/// Text for those who read text; else HTML, and beside it the picture that it shows.
fn body(rendered: &Rendered) -> Result<MultiPart, SendError> {
    let (text, html) = (rendered.text.clone(), rendered.html.clone());
    let Some(picture) = &rendered.picture else {
        return Ok(MultiPart::alternative_plain_html(text, html));
    };
    let png =
        ContentType::parse("image/png").map_err(|error| SendError::Never(error.to_string()))?;
    let inline = Attachment::new_inline(Picture::ID.to_owned()).body(picture.png.clone(), png);
    let related = MultiPart::related().singlepart(SinglePart::html(html)).singlepart(inline);
    Ok(MultiPart::alternative().singlepart(SinglePart::plain(text)).multipart(related))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What breaks heads most easily, among all else that can be typed.
    fn nasty() -> impl Strategy<Value = String> {
        let breaks = prop::sample::select(vec![
            "\r\n",
            "\n",
            "\r",
            "\0",
            "\u{2028}",
            "\u{85}",
            "\r\n.\r\n",
            "\r\nBcc: eve@example.com",
            "=?",
            "?=",
            ": ",
            "é",
            "資",
        ]);
        let piece = prop_oneof![breaks.prop_map(str::to_owned), any::<String>()];
        prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn nothing_adds_a_line_to_the_head(subject in nasty(), id in nasty(), body in nasty()) {
            let from: Address = "exchequer@example.com".parse().unwrap();
            let message = Message {
                to: "ines@example.com".parse().unwrap(),
                message_id: id,
                rendered: Rendered { subject, text: body.clone(), html: body, picture: None, mute: None },
            };
            let bytes = compose(&from, &message).unwrap().formatted();
            prop_assert!(bytes.is_ascii());
            let mail = String::from_utf8(bytes).unwrap();
            let (head, _) = mail.split_once("\r\n\r\n").unwrap();
            let mut names: Vec<&str> = head
                .split(['\r', '\n'])
                .filter(|line| !line.is_empty() && !line.starts_with([' ', '\t']))
                .map(|line| line.split(':').next().unwrap())
                .collect();
            names.sort_unstable();
            prop_assert_eq!(names, [
                "Auto-Submitted", "Content-Type", "Date", "From", "MIME-Version", "Message-ID", "Subject", "To",
            ]);
            prop_assert!(mail.split("\r\n").all(|line| line.len() <= 998));
        }
    }
}
