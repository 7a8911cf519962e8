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
    components::{Glyph, Icon, LinkButton, Tone, Weight, usd_fine},
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
    let asked = Filter::read(query.as_deref(), member.organization.zone).asked;
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
    let look = member.visitor.look;
    // Which are only observed were forwarded, and come as requests.
    let refused = refused.rows.iter().find(|refusals| !refusals.observed);
    Ok(match (lines.rows.first(), refused) {
        (Some(line), _) => look.part(|| arrived(line, budget)),
        (None, Some(refusals)) => {
            (StatusCode::ACCEPTED, look.part(|| stopped(refusals))).into_response()
        }
        (None, None) => StatusCode::NO_CONTENT.into_response(),
    })
}

fn arrived(line: &Line, budget: Option<String>) -> AnyView {
    let cost = if line.priced { usd_fine(line.charge) } else { "cost unknown".to_owned() };
    let text = format!(" {} with {}: {cost}. ", line.model, words::key(&line.key));
    let href = format!("/requests/{}", line.id);
    let told =
        Told { tone: Tone::Ok, glyph: Glyph::Done, lead: "The first request arrived.", text };
    told.view(href, "See it", budget)
}

fn stopped(refusals: &Refusals) -> AnyView {
    let text = format!(" It was made with {}. ", words::key(&refusals.key));
    let href = format!("/receipts/{}", refusals.receipt);
    let told = Told { tone: Tone::Bad, glyph: Glyph::Stop, lead: "A request was refused.", text };
    told.view(href, "See why", None)
}

struct Told {
    tone: Tone,
    glyph: Glyph,
    lead: &'static str,
    text: String,
}

impl Told {
    /// With the way to it, and to the budget that comes next.
    fn view(self, href: String, verb: &'static str, budget: Option<String>) -> AnyView {
        let Self { tone, glyph, lead, text } = self;
        let next = budget.map(|href| {
            view! {
                <div class="actions">
                    <LinkButton href weight=Weight::Primary>{labels::SET_A_BUDGET_THAT_BLOCKS}</LinkButton>
                </div>
            }
        });
        view! {
            <div class=format!("notice {}", tone.class())>
                <Icon glyph/>
                <p><strong>{lead}</strong>{text}<a href=href>{verb}</a></p>
                {next}
            </div>
        }
        .into_any()
    }
}
