//! What a key may do at most, and its own budget: the fields that more than one form has.

use std::str::FromStr;

use domain::{Period, Usd};
use leptos::prelude::*;
use store::{Guards, KeyBudget};

use crate::{
    components::{AmountField, Choice, Field, Select, usd},
    labels,
    web::Draft,
};

/// A whole number of requests, at least one.
struct Most(u32);

/// A text that is none.
#[derive(Debug, thiserror::Error)]
#[error("write a whole number of requests from 1 to 1000000, or nothing for no such limit")]
struct MostError;

impl FromStr for Most {
    type Err = MostError;

    fn from_str(text: &str) -> Result<Self, MostError> {
        // A sign would be read, too.
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        let most = if digits { text.parse().ok() } else { None };
        most.filter(|most| (1..=1_000_000).contains(most)).map(Self).ok_or(MostError)
    }
}

/// Two guards: dollars of one request, requests at once.
pub(super) fn guards(draft: &Draft) -> AnyView {
    view! {
        <div class="cols">
            <AmountField
                name="max_request"
                label="One request may cost at most"
                value=draft.value("max_request")
                error=draft.error("max_request")
                help="What it could cost is known before it is sent: its input and the most tokens it asks for. Empty for no such limit."
            />
            <Field
                name="max_running"
                label=labels::REQUESTS_AT_ONCE_AT_MOST
                value=draft.value("max_running")
                error=draft.error("max_running")
                inputmode="numeric"
                autocomplete="off"
                help="Stops an agent that runs away before any budget does. Empty for no such limit."
            />
        </div>
    }
    .into_any()
}

/// What a form about a key that exists begins with.
pub(super) fn keep_guards(draft: &mut Draft, guards: Guards) {
    let text = |value: Option<String>| value.unwrap_or_default();
    draft.keep("max_request", &text(guards.max_request.map(|most| most.to_string())));
    draft.keep("max_running", &text(guards.max_running.map(|most| most.to_string())));
}

pub(super) fn read_guards(draft: &mut Draft) -> Option<Guards> {
    let max_request = optional::<Usd>(draft, "max_request");
    let max_running = optional::<Most>(draft, "max_running");
    if max_request.as_ref().is_ok_and(|most| *most == Some(Usd::ZERO)) {
        draft.refuse("max_request", "Write an amount above $0.00, or nothing for no such limit.");
        return None;
    }
    let max_running = max_running.ok()?.map(|most| most.0);
    Some(Guards { max_request: max_request.ok()?, max_running })
}

/// What was typed is wrong; the draft says why.
pub(super) struct Wrong;

/// None if nothing was typed.
fn optional<T: FromStr<Err: std::fmt::Display>>(
    draft: &mut Draft,
    name: &'static str,
) -> Result<Option<T>, Wrong> {
    let value = draft.value(name).trim().to_owned();
    draft.set(name, value.clone());
    if value.is_empty() { Ok(None) } else { draft.read(name).map(Some).ok_or(Wrong) }
}

/// The key's own budget, for a form that makes one.
pub(super) fn budget(draft: &Draft) -> AnyView {
    let windows =
        Period::ALL.map(|period| Choice::new(period.as_str(), format!("a {}", period.as_str())));
    let value = draft.value("budget_window");
    let value = if value.is_empty() { Period::Month.as_str().to_owned() } else { value };
    view! {
        <div class="cols">
            <AmountField
                name="budget_amount"
                label=labels::ITS_OWN_BUDGET
                value=draft.value("budget_amount")
                error=draft.error("budget_amount")
                help="Beside the project’s: whichever is reached first refuses. Empty for none."
            />
            <Select name="budget_window" label=labels::WINDOW choices=windows.to_vec() value error=draft.error("budget_window")/>
        </div>
    }
    .into_any()
}

pub(super) fn read_budget(draft: &mut Draft) -> Result<Option<KeyBudget>, Wrong> {
    let Some(amount) = optional::<Usd>(draft, "budget_amount")? else { return Ok(None) };
    if let Ok(period) = draft.value("budget_window").parse() {
        return Ok(Some(KeyBudget { period, amount }));
    }
    draft.refuse("budget_window", "Choose a day, a week or a month.");
    Err(Wrong)
}

/// Guards in words: `$0.50 a request, 4 requests at once`.
pub(super) fn guards_text(guards: Guards) -> String {
    let request = guards.max_request.map(|most| format!("{} a request", usd(most)));
    let running = guards.max_running.map(|most| match most {
        1 => "1 request at once".to_owned(),
        many => format!("{many} requests at once"),
    });
    match (request, running) {
        (None, None) => labels::NONE.to_owned(),
        (Some(one), None) | (None, Some(one)) => one,
        (Some(request), Some(running)) => format!("{request}, {running}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(request: &str, running: &str) -> Result<Guards, String> {
        let mut draft =
            Draft::with([("max_request", request.to_owned()), ("max_running", running.to_owned())]);
        let guards = read_guards(&mut draft);
        guards.ok_or_else(|| {
            draft.error("max_request").or(draft.error("max_running")).unwrap_or_default()
        })
    }

    #[test]
    fn empty_is_no_limit_and_nonsense_is_told() {
        assert_eq!(read(" ", ""), Ok(Guards::default()));
        let guards = Guards { max_request: "0.5".parse().ok(), max_running: Some(4) };
        assert_eq!(read("$0.50", " 4 "), Ok(guards));
        assert_eq!(guards_text(guards), "$0.50 a request, 4 requests at once");
        for (request, running, sentence) in [
            ("0", "", "Write an amount above $0.00"),
            ("-1", "", "An amount can’t be negative"),
            ("1000000000000000", "", "An amount is at most"),
            ("", "0", "Write a whole number of requests"),
            ("", "+4", "Write a whole number of requests"),
            ("", "99999999999", "Write a whole number of requests"),
        ] {
            let error = read(request, running).unwrap_err();
            assert!(error.starts_with(sentence), "{request} {running}: {error}");
        }
    }
}
