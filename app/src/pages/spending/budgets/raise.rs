//! Raises of the budget that is shown: an amount for a while.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use domain::{Name, Usd};
use leptos::prelude::*;
use store::{NewRaise, Raise, RaiseState};

use super::View;
use crate::{
    components::{
        AmountField, Badge, Button, Card, CardBody, Column, ErrorSummary, Field, Money, PostButton,
        Precision, Table, Time, Tone, Weight, time_text,
    },
    labels,
    web::Draft,
};

/// Reads the form, or notes what is wrong.
pub(super) fn read(draft: &mut Draft, zone: Tz) -> Option<NewRaise> {
    let amount = draft.read::<Usd>("raise_amount");
    let starts = match draft.value("from").trim() {
        "" => Some(None),
        text => {
            let at = local(text, zone);
            if at.is_none() {
                draft.refuse(
                    "from",
                    "Write a day and time like 2026-11-28 18:00, or nothing for now.",
                );
            }
            at.map(Some)
        }
    };
    let ends = local(draft.value("until").trim(), zone);
    if ends.is_none() {
        draft.refuse("until", "Write a day and time like 2026-11-30 18:00.");
    }
    let reason = draft.read::<Name>("reason");
    Some(NewRaise { amount: amount?, starts: starts?, ends: ends?, reason: reason? })
}

/// A day and time in the organization's zone; where the clocks skip it, what follows.
fn local(text: &str, zone: Tz) -> Option<DateTime<Utc>> {
    let at = ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S"]
        .into_iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
        .filter(|at| (2000..2200).contains(&chrono::Datelike::year(at)))?;
    (0..=8)
        .find_map(|quarters| {
            (at + TimeDelta::minutes(15 * quarters)).and_local_timezone(zone).earliest()
        })
        .map(|at| at.to_utc())
}

/// Nothing where there is no budget to be raised.
pub(super) fn card(view: &View) -> Option<AnyView> {
    let budget = view.own.budget.as_ref()?;
    let mut raises: Vec<_> = view.raises.iter().filter(|raise| raise.budget == budget.id).collect();
    raises.sort_by_key(|raise| match raise.state {
        RaiseState::InForce => 0,
        RaiseState::ToCome => 1,
        RaiseState::Over => 2,
    });
    let form = view.subject.edits.then(|| form(view));
    if raises.is_empty() && form.is_none() {
        return None;
    }
    let list = (!raises.is_empty()).then(|| list(view, &raises));
    let card = view! {
        <Card title="Raise for a while" note="Ends by itself">
            {list}
            {form}
        </Card>
    };
    Some(view! { <div class="stack" id="raises">{card}</div> }.into_any())
}

fn list(view: &View, raises: &[&Raise]) -> AnyView {
    let columns = vec![
        Column::text(labels::REASON),
        Column::number(labels::AMOUNT),
        Column::text(labels::UNTIL),
        Column::act(),
    ];
    let rows: Vec<_> = raises.iter().map(|raise| row(view, raise)).collect();
    view! { <Table label="Raises" columns>{rows}</Table> }.into_any()
}

fn row(view: &View, raise: &Raise) -> AnyView {
    let zone = view.zone;
    let (amount, at) = (raise.amount, raise.ends);
    let (tone, text) = match raise.state {
        RaiseState::ToCome => (Tone::Plain, "To come"),
        RaiseState::InForce => (Tone::Warn, labels::IN_FORCE),
        RaiseState::Over => (Tone::Plain, "Ended"),
    };
    let from = time_text(raise.starts, zone, Precision::Minute);
    let by = raise.set_by.as_ref().map(|who| format!(", by {who}")).unwrap_or_default();
    let end = (view.subject.edits && raise.state != RaiseState::Over).then(|| end(view, raise));
    view! {
        <tr>
            <th scope="row">{raise.reason.clone()}<small>{format!("From {from}{by}")}</small></th>
            <td data-l=labels::AMOUNT class="num"><Money amount/></td>
            <td data-l=labels::UNTIL><div><Badge tone line=tone == Tone::Plain text/><small><Time at zone/></small></div></td>
            <td class="act">{end}</td>
        </tr>
    }
    .into_any()
}

fn end(view: &View, raise: &Raise) -> AnyView {
    let mut fields = view.fields("end-raise");
    fields.push(("raise", raise.id.to_string()));
    let (action, which) = (view.path.clone(), format!(" {}", raise.reason));
    let verb = if raise.state == RaiseState::ToCome { labels::TAKE_BACK } else { "End now" };
    view! {
        <PostButton action weight=Weight::Quiet fields>{verb}<span class="vh">{which}</span></PostButton>
    }
    .into_any()
}

fn form(view: &View) -> AnyView {
    let draft = view.forms.raise.clone().unwrap_or_default();
    let hidden = view.hidden("raise");
    let (zone, action) = (view.zone.name(), view.path.clone());
    let label = format!("Raised to, a {}", view.period.as_str());
    view! {
        <CardBody split=true>
            <form class="form" method="post" action=action>
                {hidden}
                <ErrorSummary lead="Nothing was raised" errors=draft.errors()/>
                <AmountField
                    name="raise_amount"
                    label=label
                    value=draft.value("raise_amount")
                    help="Above the budget’s own amount. Of several raises the highest holds."
                    error=draft.error("raise_amount")
                    required=true
                />
                <div class="cols">
                    <Field name="from" label=labels::FROM kind="datetime-local" value=draft.value("from") help="Empty: from now on. Not in the past." error=draft.error("from")/>
                    <Field name="until" label=labels::UNTIL kind="datetime-local" value=draft.value("until") help=zone error=draft.error("until") required=true/>
                </div>
                <Field name="reason" label=labels::REASON value=draft.value("reason") help="Stands here and in the audit log." error=draft.error("reason") maxlength=100 required=true autocomplete="off"/>
                <p><Button>{labels::RAISE_BUDGET}</Button></p>
            </form>
        </CardBody>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_the_organizations() {
        let oslo = Tz::Europe__Oslo;
        let at = |text: &str| local(text, oslo).map(|at| at.to_rfc3339());
        assert_eq!(at("2026-11-30T18:00").as_deref(), Some("2026-11-30T17:00:00+00:00"));
        assert_eq!(at("2026-11-30 18:00"), at("2026-11-30T18:00"));
        // The hour from two to three does not exist.
        assert_eq!(at("2026-03-29T02:10").as_deref(), Some("2026-03-29T01:10:00+00:00"));
        for text in ["", "soon", "2026-11-31T10:00", "99999-01-01T00:00", "1999-12-31T23:59"] {
            assert_eq!(at(text), None, "{text}");
        }
    }
}
