//! An alert and its mails in words.

use store::{Crossing, Delivery, system::STOPPED};

use crate::components::{Glyph, Tone, usd};
use crate::labels;

/// How a mail stands: tone, icon, words.
pub(super) fn state(delivery: &Delivery) -> (Tone, Option<Glyph>, String) {
    match (delivery.state.as_str(), delivery.attempts) {
        ("sent", _) if delivery.unsure > 0 => (Tone::Warn, None, "Sent, perhaps twice".to_owned()),
        ("failed", _) if delivery.unsure > 0 => {
            (Tone::Warn, None, "Perhaps sent, not acknowledged".to_owned())
        }
        ("sent", _) => (Tone::Ok, None, labels::SENT.to_owned()),
        ("failed", _) => (Tone::Bad, None, labels::FAILED.to_owned()),
        ("dropped", _) if delivery.answer.as_deref() == Some(STOPPED) => {
            (Tone::Plain, None, "Not sent, stopped by the recipient".to_owned())
        }
        ("dropped", _) => (Tone::Plain, None, "Not sent, no longer an owner".to_owned()),
        (_, 0) | ("sending", 1) => (Tone::Plain, Some(Glyph::Clock), "Queued".to_owned()),
        (_, tries) => (Tone::Warn, Some(Glyph::Retry), format!("Retrying after {tries} tries")),
    }
}

/// What became of an alert's mails: `2 of 4 sent, 1 perhaps, 1 failed`, `2 to be sent`.
pub(in super::super) fn delivered(crossing: &Crossing) -> (Tone, String) {
    if crossing.silent {
        return (Tone::Plain, "Not mailed: already passed when it was set".to_owned());
    }
    mailed(&crossing.deliveries)
}

/// The same of any mails.
pub(super) fn mailed(deliveries: &[Delivery]) -> (Tone, String) {
    let all = deliveries.len();
    let count = |is: &dyn Fn(&Delivery) -> bool| deliveries.iter().filter(|mail| is(mail)).count();
    let sent = count(&|mail| mail.state == "sent");
    let perhaps = count(&|mail| mail.state == "failed" && mail.unsure > 0);
    let failed = count(&|mail| mail.state == "failed") - perhaps;
    let ended = |mail: &Delivery| matches!(mail.state.as_str(), "sent" | "failed" | "dropped");
    let waiting = count(&|mail| !ended(mail));
    let unknown = if perhaps > 0 { format!(", {perhaps} perhaps") } else { String::new() };
    match (all, failed) {
        (0, _) => (Tone::Warn, "Nobody to mail".to_owned()),
        (_, 0) if waiting == all => (Tone::Warn, format!("{all} to be sent")),
        (_, 0) if sent == all => (Tone::Plain, format!("{sent} of {all} sent")),
        (_, 0) => (Tone::Warn, format!("{sent} of {all} sent{unknown}")),
        (_, failed) => (Tone::Bad, format!("{sent} of {all} sent{unknown}, {failed} failed")),
    }
}

/// What happened: `Customs classifier passed $960.00`.
pub(in super::super) fn title(crossing: &Crossing) -> String {
    let name = &crossing.scope_name;
    let limit = if crossing.usage_limit {
        "usage limit".to_owned()
    } else {
        format!("{} budget", crossing.period.adjective())
    };
    if crossing.stops() {
        format!("{name} reached its {limit} and began to refuse")
    } else if crossing.blocked {
        format!("{name} refused a request that asked for more than was left of its {limit}")
    } else {
        format!("{name} passed {}", usd(crossing.fires_at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(state: &str, attempts: i32) -> Delivery {
        Delivery {
            recipient: "a@example.com".to_owned(),
            state: state.to_owned(),
            attempts,
            unsure: 0,
            answer: None,
        }
    }

    #[test]
    fn all_mails_in_words() {
        for (states, tone, words) in [
            (&[][..], Tone::Warn, "Nobody to mail"),
            (&["queued", "sending"], Tone::Warn, "2 to be sent"),
            (&["queued", "sent"], Tone::Warn, "1 of 2 sent"),
            (&["sent", "sent"], Tone::Plain, "2 of 2 sent"),
            (&["dropped", "sent"], Tone::Warn, "1 of 2 sent"),
            (&["failed", "queued"], Tone::Bad, "0 of 2 sent, 1 failed"),
        ] {
            let mails: Vec<_> = states.iter().map(|state| mail(state, 1)).collect();
            assert_eq!(mailed(&mails), (tone, words.to_owned()), "{states:?}");
        }
    }

    #[test]
    fn states_in_words() {
        let words = |name, attempts| state(&mail(name, attempts)).2;
        assert_eq!(words("queued", 0), "Queued");
        assert_eq!(words("sending", 1), "Queued");
        assert_eq!(words("queued", 3), "Retrying after 3 tries");
        assert_eq!(words("sending", 4), "Retrying after 4 tries");
        assert_eq!(words("sent", 2), "Sent");
        assert_eq!(words("failed", 8), "Failed");
        let unsure = |name| state(&Delivery { unsure: 1, ..mail(name, 2) }).2;
        assert_eq!(unsure("sent"), "Sent, perhaps twice");
        assert_eq!(unsure("failed"), "Perhaps sent, not acknowledged");
        assert_eq!(unsure("queued"), "Retrying after 2 tries");
    }
}
