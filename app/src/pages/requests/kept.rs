//! Where the log ends, because older requests are no longer kept one by one.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use domain::Caller;
use leptos::prelude::*;
use store::{Store, requests::Next};

use super::{Shown, filter::Filter};
use crate::{
    components::{LinkButton, Notice, Precision, Tone, time_text},
    labels,
    web::{Failure, Member},
};

/// Since when they are kept; none where what is asked for ends later, or the list is not at its end.
pub(super) async fn since(
    store: &Store,
    caller: &Caller,
    filter: &Filter,
    shown: &Shown,
) -> Result<Option<DateTime<Utc>>, Failure> {
    let Shown::Requests(lines) = shown else { return Ok(None) };
    if !filter.is_right() || lines.next != Next::End {
        return Ok(None);
    }
    let since = store.kept_since(caller).await?;
    Ok(since.filter(|since| filter.asked.from.is_none_or(|from| from < *since)))
}

/// Says so. Months are those of UTC, whatever the organization's zone.
pub(super) fn notice(member: &Member, since: DateTime<Utc>) -> AnyView {
    let day = time_text(since, Tz::UTC, Precision::Day);
    let usage = member.path("usage");
    view! {
        <Notice
            tone=Tone::Plain
            lead=format!("Requests before {day} (UTC) are no longer kept one by one.")
            text="Their sums are: by quarter of an hour, project, API key, member and model."
        >
            <LinkButton href=usage>{labels::SEE_USAGE}</LinkButton>
        </Notice>
    }
    .into_any()
}
