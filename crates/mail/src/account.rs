//! Mails about a person's account. What a stranger may have typed, such as a name, stands in none of
//! them: anybody can make one go to anybody.

use serde::{Deserialize, Deserializer};

use crate::{
    letter::{Letter, Row, Tone},
    words::one_line,
};

/// Longest address that is shown.
const LONGEST: usize = 254;

/// What most of these say.
struct Note {
    subject: &'static str,
    tone: Tone,
    kicker: &'static str,
    lede: String,
    action: &'static str,
    why: &'static str,
}

impl Note {
    fn letter(self, link: String) -> Letter {
        Letter {
            subject: self.subject.to_owned(),
            organization: None,
            tone: self.tone,
            kicker: self.kicker.to_owned(),
            heading: self.subject.to_owned(),
            lede: self.lede,
            course: None,
            rows: Vec::new(),
            picture: None,
            action: self.action,
            link,
            why: self.why.to_owned(),
        }
    }
}

pub(crate) fn verify(link: String) -> Letter {
    let note = Note {
        subject: "Verify your e-mail address",
        tone: Tone::Calm,
        kicker: "One step left",
        lede: "Open the link and your Exchequer account is complete: alerts can reach you. It \
               works once, for 24 hours."
            .to_owned(),
        action: "Verify the address",
        why: "You get this because an account was made with this address. If it was not you, do \
              nothing: without the link nobody can use it.",
    };
    note.letter(link)
}

pub(crate) fn exists(link: String) -> Letter {
    let note = Note {
        subject: "You have an account already",
        tone: Tone::Calm,
        kicker: "Nothing was changed",
        lede: "Somebody, probably you, wanted to use this address for a new Exchequer account. It \
               has one: sign in with it. If you forgot its password, the sign-in page leads to a \
               new one."
            .to_owned(),
        action: "Sign in",
        why: "You get this because your address was given at sign-up or for another account. If \
              it was not you, do nothing.",
    };
    note.letter(link)
}

pub(crate) fn reset(link: String) -> Letter {
    let note = Note {
        subject: "Choose a new password",
        tone: Tone::Calm,
        kicker: "Forgot the password",
        lede: "Open the link and choose a new password for your Exchequer account. It works once, \
               for an hour, and signs you out everywhere."
            .to_owned(),
        action: "Choose a new password",
        why: "You get this because somebody asked for it on the sign-in page. If it was not you, \
              do nothing: your password stays as it is.",
    };
    note.letter(link)
}

pub(crate) fn email_change(link: String) -> Letter {
    let note = Note {
        subject: "Use this address for your account",
        tone: Tone::Calm,
        kicker: "One step left",
        lede: "Open the link and your Exchequer account has this address instead of the old one. \
               It works once, for 24 hours, and signs you out on your other devices."
            .to_owned(),
        action: "Use this address",
        why: "You get this because somebody wants this address for an Exchequer account. If it \
              was not you, do nothing.",
    };
    note.letter(link)
}

/// An account that moves to another address.
#[derive(Deserialize)]
pub(crate) struct Leaving {
    #[serde(deserialize_with = "address")]
    to: String,
}

impl Leaving {
    pub(crate) fn asked(self, link: String) -> Letter {
        let note = Note {
            subject: "Your account is to have another address",
            tone: Tone::Look,
            kicker: "Asked for, not done yet",
            lede: "Somebody who is signed in and knows your password wants your Exchequer account \
                   to have another e-mail address. It is changed once the link that was mailed \
                   there is opened. If it was not you, change your password now: that voids the \
                   link."
                .to_owned(),
            action: "Open your account",
            why: "You get this because this is the account’s present address.",
        };
        Letter { rows: vec![Row::new("New address", self.to)], ..note.letter(link) }
    }

    pub(crate) fn done(self, link: String) -> Letter {
        let note = Note {
            subject: "Your account has another address",
            tone: Tone::Look,
            kicker: "E-mail address changed",
            lede: "Your Exchequer account has another e-mail address from now on, and this is the \
                   last mail to this one. If it was not you, tell whoever runs this installation \
                   at once."
                .to_owned(),
            action: "Sign in",
            why: "You get this because this was the account’s address.",
        };
        Letter { rows: vec![Row::new("New address", self.to)], ..note.letter(link) }
    }
}

fn address<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Ok(one_line(&String::deserialize(from)?, LONGEST))
}

pub(crate) fn password_changed(link: String) -> Letter {
    let note = Note {
        subject: "Your password was changed",
        tone: Tone::Look,
        kicker: "Password changed",
        lede: "The password of your Exchequer account was changed, and all devices were signed \
               out. If it was not you, ask for a reset link now."
            .to_owned(),
        action: "It was not me",
        why: OWN,
    };
    note.letter(link)
}

pub(crate) fn factor_on(link: String) -> Letter {
    let note = Note {
        subject: "Signing in now asks for a code",
        tone: Tone::Calm,
        kicker: "Second factor on",
        lede: "Your Exchequer account asks for a code of your app besides the password. Keep the \
               recovery codes where the phone is not. If it was not you, ask for a reset link and \
               tell whoever runs this installation."
            .to_owned(),
        action: "Open your account",
        why: OWN,
    };
    note.letter(link)
}

pub(crate) fn factor_off(link: String) -> Letter {
    let note = Note {
        subject: "Signing in no longer asks for a code",
        tone: Tone::Look,
        kicker: "Second factor off",
        lede: "Your Exchequer account is guarded by its password alone. If it was not you, change \
               the password and set up the second factor again."
            .to_owned(),
        action: "Open your account",
        why: OWN,
    };
    note.letter(link)
}

pub(crate) fn factor_lifted(link: String) -> Letter {
    let note = Note {
        subject: "Signing in no longer asks for a code",
        tone: Tone::Look,
        kicker: "Second factor off",
        lede: "Whoever runs this installation took the second factor off your Exchequer account, \
               and all devices were signed out. Sign in with your password and set it up again. If \
               you did not ask for it, change the password and ask who did."
            .to_owned(),
        action: "Open your account",
        why: OWN,
    };
    note.letter(link)
}

pub(crate) fn recovery_used(link: String) -> Letter {
    let note = Note {
        subject: "A recovery code was used",
        tone: Tone::Look,
        kicker: "Recovery code used",
        lede: "Somebody signed in to your Exchequer account with one of its recovery codes, which \
               is now void. If it was not you, change the password and make new codes."
            .to_owned(),
        action: "Open your account",
        why: OWN,
    };
    note.letter(link)
}

pub(crate) fn recovery_renewed(link: String) -> Letter {
    let note = Note {
        subject: "You have new recovery codes",
        tone: Tone::Look,
        kicker: "Recovery codes renewed",
        lede: "New recovery codes were made for your Exchequer account; those before are void. If \
               it was not you, change the password and make new codes."
            .to_owned(),
        action: "Open your account",
        why: OWN,
    };
    note.letter(link)
}

pub(crate) fn deleted(link: String) -> Letter {
    let note = Note {
        subject: "Your account is deleted",
        tone: Tone::Look,
        kicker: "Account deleted",
        lede: "Your Exchequer account is gone, with your name and address. If it was not you, \
               tell whoever runs this installation at once."
            .to_owned(),
        action: "Open Exchequer",
        why: "You get this because this was the account’s address. It is the last mail to it.",
    };
    note.letter(link)
}

const OWN: &str = "You get this because it is about your own account. Such mails can’t be \
                   switched off.";
