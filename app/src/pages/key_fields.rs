//! The fields that more than one form about keys has.

use chrono::NaiveDate;
use chrono_tz::Tz;
use domain::{Endpoint, Expiry, FormId, Permissions, window};
use leptos::prelude::*;

use crate::{
    components::{Choice, Field, Group, Knob, Select, Tick},
    labels,
    web::{Draft, Failure},
};

/// The hidden id of this showing of a form: what was sent with it once is not done again.
pub(super) fn once(draft: &Draft) -> AnyView {
    let form = draft.value("form");
    let form = if form.is_empty() { FormId::generate().to_string() } else { form };
    view! { <input type="hidden" name="form" value=form/> }.into_any()
}

/// The id that came with a form; a form without one is a new one.
pub(super) fn read_once(draft: &Draft) -> Result<FormId, Failure> {
    match draft.value("form") {
        form if form.is_empty() => Ok(FormId::generate()),
        form => form.parse().map_err(|_| Failure::BadRequest),
    }
}

/// What a key may ask for. The endpoints' ticks stand below the kind that needs them.
pub(super) fn permissions(draft: &Draft) -> AnyView {
    let kind = draft.value("permissions");
    let ticks = Endpoint::ALL.iter().map(|endpoint| {
        let name = endpoint.as_str();
        view! { <Tick name label=endpoint.label() checked=draft.has(name) help=endpoint.path()/> }
    });
    let ticks = ticks.collect_view();
    view! {
        <Group legend=labels::PERMISSIONS name="permissions" error=draft.error("permissions")>
            <Knob name="permissions" value="all" label=labels::ALL checked=kind == "all" help="Every endpoint, later ones too."/>
            <Knob name="permissions" value="read_only" label="Read only" checked=kind == "read_only" help="Lists models and sends nothing that costs."/>
            <Knob name="permissions" value="restricted" label="Restricted" checked=kind == "restricted" help="The endpoints ticked here and no other."/>
            <div class="cols when-restricted">{ticks}</div>
        </Group>
    }
    .into_any()
}

pub(super) fn read_permissions(draft: &mut Draft) -> Option<Permissions> {
    let kind = draft.value("permissions");
    let ticked = Endpoint::ALL.iter().filter(|endpoint| draft.has(endpoint.as_str()));
    let scopes: Vec<_> = ticked.map(|endpoint| endpoint.as_str().to_owned()).collect();
    if !["all", "restricted", "read_only"].contains(&kind.as_str()) {
        draft.refuse("permissions", "Choose all, read only or restricted.");
        return None;
    }
    if kind == "restricted" && scopes.is_empty() {
        draft.refuse("permissions", "Tick at least one endpoint for a restricted key.");
        return None;
    }
    Some(Permissions::parse(&kind, &scopes))
}

/// The permissions of a key that exists, as a form begins with them.
pub(super) fn keep_permissions(draft: &mut Draft, permissions: &Permissions) {
    draft.keep("permissions", permissions.kind());
    for scope in permissions.scopes() {
        draft.keep(&scope, "on");
    }
}

/// When a key expires, as far as the organization's rule allows.
pub(super) fn expiry(draft: &Draft, rule: Option<u16>) -> AnyView {
    let fits = |days: &u16| rule.is_none_or(|rule| *days <= rule);
    let mut days: Vec<u16> = Expiry::DAYS.into_iter().filter(fits).collect();
    days.extend(rule.filter(|rule| !Expiry::DAYS.contains(rule)));
    days.sort_unstable();
    let mut choices: Vec<_> = days
        .into_iter()
        .map(|days| {
            let text = if days == 365 { "1 year".to_owned() } else { format!("{days} days") };
            Choice::new(days.to_string(), text)
        })
        .collect();
    choices.push(Choice::new("date", "On a date"));
    if rule.is_none() {
        choices.push(Choice::new("never", labels::NEVER));
    }
    let help = match rule {
        Some(days) => format!("In this organization a key lives {days} days at most."),
        None => "A key that expires is one less to find when it leaks.".to_owned(),
    };
    view! {
        <div class="cols">
            <Select name="expires" label="Expires in" choices value=draft.value("expires") error=draft.error("expires") help/>
            <div class="when-date">
                <Field name="date" label="Date" kind="date" value=draft.value("date") error=draft.error("date") help="The key works through that day."/>
            </div>
        </div>
    }
    .into_any()
}

/// What a form begins with.
pub(super) fn usual_expiry(rule: Option<u16>) -> String {
    rule.map_or(Expiry::USUAL, |rule| rule.min(Expiry::USUAL)).to_string()
}

pub(super) fn read_expiry(draft: &mut Draft, zone: Tz) -> Option<Expiry> {
    let (field, expiry, sentence) = match draft.value("expires").as_str() {
        "never" => return Some(Expiry::Never),
        "date" => {
            let at = last_instant(&draft.value("date"), zone);
            ("date", at.map(Expiry::At), "Write a date like 2027-03-31.")
        }
        days => {
            let days = days.parse().ok().map(Expiry::Days);
            ("expires", days, "Choose an expiry from the list.")
        }
    };
    if expiry.is_none() {
        draft.refuse(field, sentence);
    }
    expiry
}

/// The field that an expiry which was refused stands in.
pub(super) fn expiry_field(draft: &Draft) -> &'static str {
    if draft.value("expires") == "date" { "date" } else { "expires" }
}

/// The end of a day in the organization's zone.
fn last_instant(date: &str, zone: Tz) -> Option<chrono::DateTime<chrono::Utc>> {
    let date = NaiveDate::parse_from_str(date, "%Y-%m-%d").ok()?;
    let known = NaiveDate::from_ymd_opt(2000, 1, 1)?..NaiveDate::from_ymd_opt(2200, 1, 1)?;
    known
        .contains(&date)
        .then(|| date.succ_opt())
        .flatten()
        .map(|next| window::first_instant(next, zone))
}
