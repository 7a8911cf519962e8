//! Prompt and answer, of projects that have them kept: shown to who runs the project, after a click that
//! the audit log notes.

use chrono::{DateTime, Utc};
use domain::{BodyPart, EventId, KeptDays, OrgId};
use identity::Secrets;
use leptos::prelude::*;
use secrecy::ExposeSecret as _;
use store::{Keeping, SealedBody};

use super::texts::{self, Said};
use crate::{
    components::{Card, CardBody, PostButton, Precision, Snippet, time_text},
    labels,
    web::Member,
};

/// Longer texts are folded at first.
const SHORT: usize = 4_000;

/// What there is to show.
pub(super) enum Body {
    /// What is kept; nobody looks at it.
    Kept(Keeping),
    /// It is looked at.
    Opened(Opened),
}

/// The texts of a request.
pub(super) struct Opened {
    until: DateTime<Utc>,
    prompt: Part,
    /// None if no answer came.
    answer: Option<Part>,
}

/// One of them.
enum Part {
    Read {
        said: Vec<Said>,
        cut: bool,
    },
    /// Under a secret that is gone.
    Sealed,
}

impl Opened {
    pub(super) fn new(secrets: &Secrets, of: (OrgId, EventId), sealed: &SealedBody) -> Self {
        let open = |part, sealed: &[u8]| identity::open_body(secrets, (of.0, of.1, part), sealed);
        let prompt = open(BodyPart::Prompt, &sealed.prompt).map(|text| Part::Read {
            said: texts::prompt(text.expose_secret()),
            cut: sealed.prompt_cut,
        });
        let answer = sealed.answer.as_ref().map(|answer| {
            let text = open(BodyPart::Answer, answer);
            let read = text.map(|text| Part::Read {
                said: texts::answer(text.expose_secret()),
                cut: sealed.answer_cut,
            });
            read.unwrap_or(Part::Sealed)
        });
        Self { until: sealed.until, prompt: prompt.unwrap_or(Part::Sealed), answer }
    }
}

/// What stands among the facts, where there is no card.
pub(super) const fn fact(body: &Body) -> Option<&'static str> {
    match body {
        Body::Kept(Keeping::Off) => Some("Not stored"),
        Body::Kept(Keeping::Closed(_)) => Some("For those who run the project"),
        Body::Kept(_) | Body::Opened(_) => None,
    }
}

pub(super) fn card(member: &Member, id: EventId, body: &Body) -> Option<AnyView> {
    let zone = member.organization.zone;
    let note = |until| format!("Kept until {}", time_text(until, zone, Precision::Day));
    let card = match body {
        Body::Kept(Keeping::Off | Keeping::Closed(_)) => return None,
        Body::Kept(Keeping::Over(days)) => absent(*days, "this request is older."),
        Body::Kept(Keeping::Missing(days)) => absent(
            *days,
            "of this request there is nothing. It was made before that was switched on, or it could not be written.",
        ),
        Body::Kept(Keeping::Until(until)) => {
            let action = format!("/requests/{id}");
            view! {
                <Card title=labels::PROMPT_AND_ANSWER note=note(*until)>
                    <CardBody split=true>
                        <p class="muted">"The audit log notes who looks at them."</p>
                        <PostButton action>"Show prompt and answer"</PostButton>
                    </CardBody>
                </Card>
            }
            .into_any()
        }
        Body::Opened(opened) => {
            let answer = opened
                .answer
                .as_ref()
                .map_or_else(|| view! { <p class="muted">"No answer came."</p> }.into_any(), part);
            let (note, prompt) = (note(opened.until), part(&opened.prompt));
            view! {
                <Card title=labels::PROMPT_AND_ANSWER note>
                    <CardBody split=true><h3>{labels::PROMPT}</h3>{prompt}</CardBody>
                    <CardBody split=true><h3>{labels::ANSWER}</h3>{answer}</CardBody>
                </Card>
            }
            .into_any()
        }
    };
    Some(card)
}

fn absent(days: KeptDays, why: &'static str) -> AnyView {
    let text = format!("The project keeps prompts and answers for {}; {why}", in_words(days));
    view! { <Card title=labels::PROMPT_AND_ANSWER><CardBody split=true><p class="muted">{text}</p></CardBody></Card> }
        .into_any()
}

/// `1 day`, `30 days`.
pub(in crate::pages) fn in_words(days: KeptDays) -> String {
    if days.days() == 1 { "1 day".to_owned() } else { format!("{days} days") }
}

fn part(part: &Part) -> AnyView {
    match part {
        Part::Sealed => {
            view! { <p class="muted">"It can’t be opened: it was sealed under a secret that this installation has no longer, or it was damaged."</p> }
                .into_any()
        }
        Part::Read { said, cut } => {
            let cut = cut.then(|| {
                view! { <p class="muted">"Cut after 256 KiB: the rest was not kept."</p> }
            });
            let said = said.iter().map(|Said { title, text }| {
                let open = text.len() <= SHORT;
                view! { <Snippet title=title.clone() text=text.clone() open/> }
            });
            view! { {said.collect_view()}{cut} }.into_any()
        }
    }
}
