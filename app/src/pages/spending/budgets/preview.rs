//! What a budget would have stopped: the question as a form asks it, and the answer in words.

use chrono::NaiveDate;
use domain::{Period, Scope, most};
use leptos::prelude::*;
use store::{PastStretch, WhatIf};

use super::View;
use crate::{
    components::{Notice, Precision, Tone, count, time_text},
    web::Draft,
};

/// An answer, and what it is an answer to.
pub(super) struct Preview {
    pub(super) past: PastStretch,
    pub(super) found: WhatIf,
}

/// Reads `past` and `day`, or notes what is wrong.
pub(super) fn read(draft: &mut Draft) -> Option<PastStretch> {
    match draft.value("past").as_str() {
        "30" => Some(PastStretch::Days(30)),
        "90" => Some(PastStretch::Days(90)),
        "day" => {
            let day = NaiveDate::parse_from_str(&draft.value("day"), "%Y-%m-%d").ok();
            let known = |day: &NaiveDate| (2000..2200).contains(&chrono::Datelike::year(day));
            let day = day.filter(known);
            if day.is_none() {
                draft.refuse("day", "Choose the day, like 2026-05-17.");
            }
            day.map(PastStretch::Day)
        }
        _ => {
            draft.refuse("past", "Choose what to replay from the list.");
            None
        }
    }
}

/// The answer, and how exact it is.
pub(super) fn outcome(view: &View, preview: &Preview) -> AnyView {
    let found = &preview.found;
    let (tone, lead) = if found.requests == 0 {
        (Tone::Plain, "There is no request to replay.".to_owned())
    } else if found.stopped == 0 {
        (Tone::Ok, "It would have stopped nothing.".to_owned())
    } else {
        (Tone::Warn, stopped(view, found))
    };
    let (from, until) = (time(view, found.from), time(view, found.until));
    let text = match found.requests {
        0 => format!("{} Looked at: {from} to {until}.", nothing(view)),
        1 => format!("Replayed: 1 request from {from} to {until}."),
        many => format!("Replayed: {} requests from {from} to {until}.", count(many)),
    };
    let cut = found.cut.then(|| {
        format!(" The day had more: its first {} are replayed.", count(u64::from(most::REPLAYED)))
    });
    let text = text + &cut.unwrap_or_default();
    let accuracy = if found.requests == 0 { "" } else { accuracy(preview) };
    view! {
        <div id="preview" class="stack">
            <Notice tone lead text/>
            {(!accuracy.is_empty()).then(|| view! { <p class="small muted">{accuracy}</p> })}
        </div>
    }
    .into_any()
}

/// Why no request was found.
fn nothing(view: &View) -> String {
    let whom = view.subject.whom();
    match view.subject.scope {
        Scope::Key(_) if !view.subject.tracked => format!(
            "{whom} is untracked: what it used is known together with other untracked keys only. A budget of its own holds all the same."
        ),
        Scope::Key(_) => format!(
            "{whom} had none in that time. What a key used before it was rotated stays with the old key."
        ),
        Scope::Project(_) => format!("No key of {whom} had one in that time."),
        Scope::Org(_) => "No key of the organization had one in that time. Requests of projects for rehearsals do not count here.".to_owned(),
    }
}

/// Most keys that are named.
const SHOWN: usize = 5;

/// `It would have stopped 412 requests from 17 May 2026, 14:20, in 2 months: of keys A (400), B (12).`
fn stopped(view: &View, found: &WhatIf) -> String {
    let many = match found.stopped {
        1 => "1 request".to_owned(),
        many => format!("{} requests", count(many)),
    };
    let from = found.first_at.map(|at| format!(" from {}", time(view, at))).unwrap_or_default();
    let unit = match view.period {
        Period::Day => "day",
        Period::Week => "week",
        Period::Month => "month",
    };
    let windows = match found.windows {
        0 | 1 => String::new(),
        many => format!(", in {} {unit}s", count(many)),
    };
    let mut keys: Vec<_> = found
        .keys
        .iter()
        .take(SHOWN)
        .map(|(name, of)| format!("{name} ({})", count(*of)))
        .collect();
    if found.keys.len() > SHOWN {
        keys.push(format!("{} more", found.keys.len() - SHOWN));
    }
    let word = if found.keys.len() == 1 { "key" } else { "keys" };
    format!("It would have stopped {many}{from}{windows}, of {word} {}.", keys.join(", "))
}

fn time(view: &View, at: chrono::DateTime<chrono::Utc>) -> String {
    time_text(at, view.zone, Precision::Minute)
}

fn accuracy(preview: &Preview) -> &'static str {
    match preview.past {
        PastStretch::Days(_) => {
            "How exact: requests are known by key and quarter of an hour, so those of a quarter are taken at their average charge, and the time is to the quarter. A real budget also counts what running requests hold, and so may refuse a little earlier. It begins with the window that holds the first day."
        }
        PastStretch::Day(_) if preview.found.reached_before => {
            "How exact: each request of the day by what it reserved and cost. The budget would have been reached before that day in the same window, so what was spent until then is taken from quarters of an hour."
        }
        PastStretch::Day(_) => {
            "How exact: each request of the day by what it reserved and cost, in the order in which they came, as if each had been settled before the next; what was spent before in the same window is exact."
        }
    }
}
