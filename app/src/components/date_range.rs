//! From one day to another.

use leptos::prelude::*;

use super::{Errors, Field};
use crate::labels;

/// Two dates, both included; either may be left empty. Beside each other where there is room.
#[component]
pub fn DateRange(
    /// The first day.
    #[prop(into)]
    from: String,
    /// The last day.
    #[prop(into)]
    until: String,
    /// The name of the last day's field; the first day's is `from`.
    #[prop(default = "until")]
    until_name: &'static str,
    /// What is wrong with them.
    #[prop(optional)]
    errors: Errors,
) -> impl IntoView {
    let (from_error, until_error) = (errors.of("from"), errors.of(until_name));
    view! {
        <Field name="from" label=labels::FROM kind="date" value=from error=from_error/>
        <Field name=until_name label=labels::UNTIL_INCLUDED kind="date" value=until error=until_error/>
    }
    .into_any()
}
