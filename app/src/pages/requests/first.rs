//! `/{org}/requests/first`: the newest request of a key, or of all, for who waits for the first one.

use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use domain::Action;
use leptos::prelude::*;
use store::requests::{Line, Refusals};

use super::{Filter, words};
use crate::{
    components::{Glyph, Icon, Tone, usd_fine},
    labels,
    web::{App, Failure, Member},
};

/// `GET`: 204 while there is none, then a part of a page. A refusal is told too, as 202, since it is waited on: it is what
/// a newcomer must know.
pub(super) async fn show(
    State(app): State<App>,
    member: Member,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let filter = Filter::read(query.as_deref(), member.organization.zone);
    if !filter.is_right() {
        return Err(Failure::BadRequest);
    }
    // A key is waited for on the one page that shows it: what leads on opens beside it.
    let beside = filter.asked.key.is_some();
    let asked = filter.asked;
    let (store, caller) = (&app.store, &member.caller);
    let (lines, refused) = tokio::try_join!(
        store.requests(caller, &asked, None),
        store.refusals(caller, &asked, None)
    )?;
    // What comes next, for who may and while there is none.
    let budget = match lines.rows.first() {
        Some(line) if member.can(Action::EditLimits) && store.budgets(caller).await?.is_empty() => {
            Some(member.path(&format!("budgets?scope={}", line.project)))
        }
        _ => None,
    };
    let unpaid = member.can(Action::SeeBilling) && store.billing_profile(caller).await?.is_none();
    let look = member.visitor.look;
    // Which are only observed were forwarded, and come as requests.
    let refused = refused.rows.iter().find(|refusals| !refusals.observed);
    Ok(match (lines.rows.first(), refused) {
        (Some(line), _) => {
            let only = lines.rows.len() == 1;
            look.part(|| arrived(line, only).view(beside, budget))
        }
        (None, Some(refusals)) => {
            (StatusCode::ACCEPTED, look.part(|| stopped(refusals).view(beside, None)))
                .into_response()
        }
        (None, None) if unpaid => {
            (StatusCode::ACCEPTED, look.part(|| unbilled(&member).view(beside, None)))
                .into_response()
        }
        (None, None) => StatusCode::NO_CONTENT.into_response(),
    })
}

fn arrived(line: &Line, only: bool) -> Told {
    let cost = if line.priced { usd_fine(line.charge) } else { "cost unknown".to_owned() };
    Told {
        tone: Tone::Ok,
        glyph: Glyph::Done,
        lead: if only { "The first request arrived." } else { "Requests arrive." },
        text: format!(" {} with {}: {cost}. ", line.model, words::key(&line.key)),
        way: (format!("/requests/{}", line.id), "See it"),
    }
}

fn stopped(refusals: &Refusals) -> Told {
    Told {
        tone: Tone::Bad,
        glyph: Glyph::Stop,
        lead: "A request was refused.",
        text: format!(" It was made with {}. ", words::key(&refusals.key)),
        way: (format!("/receipts/{}", refusals.receipt), "See why"),
    }
}

/// No receipt tells of what is refused for this.
fn unbilled(member: &Member) -> Told {
    Told {
        tone: Tone::Warn,
        glyph: Glyph::Warn,
        lead: labels::REQUESTS_ARE_REFUSED_UNTIL_BILLING_IS_FILLED_IN,
        text: " ".to_owned(),
        way: (member.path("billing"), labels::FILL_IN_BILLING),
    }
}

struct Told {
    tone: Tone,
    glyph: Glyph,
    lead: &'static str,
    text: String,
    /// Where it leads, and the link's words.
    way: (String, &'static str),
}

impl Told {
    /// With the way to the budget that comes next; all in a new tab if the page must stay.
    fn view(self, beside: bool, budget: Option<String>) -> AnyView {
        let Self { tone, glyph, lead, text, way: (href, verb) } = self;
        let target = beside.then_some("_blank");
        let next = budget.map(|href| {
            view! {
                <div class="actions">
                    <a class="btn primary" href=href target=target>{labels::SET_A_BUDGET_THAT_BLOCKS}</a>
                </div>
            }
        });
        view! {
            <div class=format!("notice {}", tone.class())>
                <Icon glyph/>
                <p><strong>{lead}</strong>{text}<a href=href target=target>{verb}</a></p>
                {next}
            </div>
        }
        .into_any()
    }
}
