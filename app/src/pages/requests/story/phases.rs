//! A request's time, cut into phases: whose each of them is, and what it was spent on.

use domain::{Moments, Tokens};

use super::words;
use crate::components::Whose;
use crate::labels;

/// A stretch of time, in microseconds since the request was received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Phase {
    pub(super) label: String,
    pub(super) whose: Whose,
    pub(super) from: u64,
    pub(super) until: u64,
}

impl Phase {
    pub(super) const fn length(&self) -> u64 {
        self.until.saturating_sub(self.from)
    }
}

/// What the phases are told from.
pub(super) struct Course<'a> {
    pub(super) moments: &'a Moments,
    pub(super) streamed: bool,
    /// The answer began and broke off: what it used is not known.
    pub(super) broken: bool,
    pub(super) tokens: Tokens,
    /// What was reserved, in words.
    pub(super) reserved: String,
    /// From the last byte to the commit, by the database's clock.
    pub(super) settling: u64,
}

impl Course<'_> {
    /// When the end was committed.
    pub(super) const fn end(&self) -> u64 {
        self.moments.last.saturating_add(self.settling)
    }

    /// All of them, without gaps.
    pub(super) fn phases(&self) -> Vec<Phase> {
        let moments = self.moments;
        let mut phases = Vec::new();
        let mut from = 0;
        let mut until = |label: &str, whose, at: u64| {
            // Whatever was written, no phase ends before it begins.
            let at = at.max(from);
            phases.push(Phase { label: label.to_owned(), whose, from, until: at });
            from = at;
        };
        until("Read and authenticate", Whose::Ours, moments.read);
        until("Resolve and estimate", Whose::Ours, moments.asked);
        until(&format!("Reserve {}", self.reserved), Whose::Ours, moments.admitted);
        if let Some(connected) = moments.connected {
            until("Connect to provider", Whose::Waiting, connected);
        }
        match (moments.first_byte, moments.first_token) {
            (None, _) => until("Wait in vain", Whose::Waiting, moments.last),
            (Some(head), Some(first)) => {
                until(labels::WAIT_FOR_THE_ANSWER, Whose::Waiting, head);
                until(labels::WAIT_FOR_FIRST_TOKEN, Whose::Waiting, first);
                let generate = format!("Generate {}", words::tokens(self.tokens.generated()));
                until(&generate, Whose::Answering, moments.last);
            }
            (Some(head), None) => {
                until(labels::WAIT_FOR_THE_ANSWER, Whose::Waiting, head);
                until("Receive the answer", Whose::Answering, moments.last);
            }
        }
        until("Settle and commit", Whose::Ours, self.end());
        phases
    }

    /// Ours before the provider had it.
    pub(super) const fn before(&self) -> u64 {
        self.moments.admitted
    }

    /// Where the time went, and what would have changed it.
    pub(super) fn explained(&self) -> Vec<String> {
        let moments = self.moments;
        let mut said = Vec::new();
        let sent = moments.connected.unwrap_or(moments.admitted);
        let generated = self.tokens.generated();
        match (moments.first_byte, moments.first_token) {
            (None, _) => said.push(format!(
                "It was sent, and nothing came back within {}.",
                words::duration(moments.last.saturating_sub(sent))
            )),
            (Some(_), Some(first)) => {
                let (waited, took) =
                    (first.saturating_sub(sent), moments.last.saturating_sub(first));
                said.push(format!(
                    "The first token came {} after the request was sent; the length of the prompt and the provider’s load decide that.",
                    words::duration(waited)
                ));
                if generated > 1 && took > 0 {
                    said.push(format!(
                        "The answer then took {} for {}: its length decides that, so half as many would have taken about {}.",
                        words::duration(took),
                        words::tokens(generated),
                        words::duration(took / 2)
                    ));
                }
                if self.tokens.reasoning > 0 {
                    said.push("Reasoning is generated before the first token that is shown, and counts as waiting.".to_owned());
                }
            }
            (Some(head), None) if self.broken => said.push(format!(
                "The answer began {} after the request was sent, and broke off.",
                words::duration(head.saturating_sub(sent))
            )),
            (Some(head), None) if self.streamed => said.push(format!(
                "The stream began after {} and ended without a token.",
                words::duration(head.saturating_sub(sent))
            )),
            (Some(head), None) => {
                said.push(format!(
                    "The answer came as a whole, {} after the request was sent: the provider generated all of it before it sent the first byte.",
                    words::duration(head.saturating_sub(sent))
                ));
                if generated > 1 {
                    said.push(format!(
                        "{} decide most of that; as a stream the first of them would be there sooner, and the last no later.",
                        capital(&words::tokens(generated))
                    ));
                }
            }
        }
        if let Some(connected) = moments.connected {
            let took = connected.saturating_sub(moments.admitted);
            // A kept connection is there at once.
            if took >= 5_000 {
                said.push(format!(
                    "{} went by until there was a connection: a new one had to be made.",
                    words::duration(took)
                ));
            }
        }
        said
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Tokens a second, rounded; none where that says nothing.
pub(super) fn speed(moments: &Moments, generated: u64) -> Option<u64> {
    let took = moments.last.checked_sub(moments.first_token?)?;
    if generated < 2 || took == 0 {
        return None;
    }
    let rate = (u128::from(generated) * 1_000_000 + u128::from(took) / 2) / u128::from(took);
    u64::try_from(rate).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: Moments = Moments {
        read: 60,
        asked: 170,
        admitted: 200,
        connected: Some(21_600),
        first_byte: Some(400_000),
        first_token: Some(412_800),
        last: 4_519_300,
    };

    fn course(moments: &Moments, streamed: bool) -> Course<'_> {
        let tokens = Tokens { input: 10, output: 1_284, ..Tokens::default() };
        let reserved = "$0.069104".to_owned();
        Course { moments, streamed, broken: false, tokens, reserved, settling: 3_400 }
    }

    #[test]
    fn phases_leave_no_gap_and_sum_to_the_whole() {
        let unanswered = Moments { first_byte: None, first_token: None, ..STREAM };
        let whole = Moments { first_token: None, ..STREAM };
        let odd = Moments { read: 900, asked: 100, admitted: 50, connected: None, ..STREAM };
        for (moments, streamed, many) in
            [(STREAM, true, 8), (unanswered, false, 6), (whole, false, 7), (odd, true, 7)]
        {
            let course = course(&moments, streamed);
            let phases = course.phases();
            assert_eq!(phases.len(), many);
            assert_eq!((phases[0].from, phases[many - 1].until), (0, 4_522_700));
            assert!(phases.windows(2).all(|two| two[0].until == two[1].from));
            assert_eq!(phases.iter().map(Phase::length).sum::<u64>(), course.end());
        }
        let phases = course(&STREAM, true).phases();
        assert_eq!(phases[2].label, "Reserve $0.069104");
        assert_eq!(
            (phases[6].label.as_str(), phases[6].length()),
            ("Generate 1,284 tokens", 4_106_500)
        );
    }

    #[test]
    fn says_where_the_time_went() {
        let said = course(&STREAM, true).explained().join(" ");
        for part in
            ["came 391 ms after", "took 4.11 s for 1,284 tokens", "about 2.05 s", "21 ms went by"]
        {
            assert!(said.contains(part), "{part}: {said}");
        }
        assert_eq!(speed(&STREAM, 1_284), Some(313));
        assert_eq!((speed(&STREAM, 1), speed(&Moments::default(), 9)), (None, None));
        let whole = Moments { first_token: None, ..STREAM };
        let said = course(&whole, false).explained().join(" ");
        assert!(said.contains("came as a whole, 378 ms after"), "{said}");
        let broken = Course { broken: true, ..course(&whole, false) }.explained().join(" ");
        assert!(broken.contains("began 378 ms after") && broken.contains("broke off"), "{broken}");
    }
}
