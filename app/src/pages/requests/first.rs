//! `/{org}/requests/first`: the newest request of a key, or of all, for who waits for the first one.

use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use leptos::prelude::*;
use store::requests::{Line, Refusals};

use super::{Filter, words};
use crate::{
    components::{Glyph, Icon, Tone, usd_fine},
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
    let look = member.visitor.look;
    // Which are only observed were forwarded, and come as requests.
    let refused = refused.rows.iter().find(|refusals| !refusals.observed);
    Ok(match (lines.rows.first(), refused) {
        (Some(line), _) => look.part(|| arrived(line)),
        (None, Some(refusals)) => {
            (StatusCode::ACCEPTED, look.part(|| stopped(refusals))).into_response()
        }
        (None, None) => StatusCode::NO_CONTENT.into_response(),
    })
}

fn arrived(line: &Line) -> AnyView {
    let cost = if line.priced { usd_fine(line.charge) } else { "cost unknown".to_owned() };
    let text = format!(" {} with {}: {cost}. ", line.model, words::key(&line.key));
    let href = format!("/requests/{}", line.id);
    told(Tone::Ok, Glyph::Done, "The first request arrived.", text, &href, "See it")
}

fn stopped(refusals: &Refusals) -> AnyView {
    let text = format!(" It was made with {}. ", words::key(&refusals.key));
    let href = format!("/receipts/{}", refusals.receipt);
    told(Tone::Bad, Glyph::Stop, "A request was refused.", text, &href, "See why")
}

fn told(tone: Tone, glyph: Glyph, lead: &str, text: String, href: &str, verb: &str) -> AnyView {
    let (lead, href, verb) = (lead.to_owned(), href.to_owned(), verb.to_owned());
    view! {
        <div class=format!("notice {}", tone.class())>
            <Icon glyph/>
            <p><strong>{lead}</strong>{text}<a href=href>{verb}</a></p>
        </div>
    }
    .into_any()
}
