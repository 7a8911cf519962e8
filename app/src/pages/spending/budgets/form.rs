//! Sets, raises, lowers or removes the budget that is shown, and says beforehand what it would have
//! stopped.

use leptos::prelude::*;
use store::Budget;

use super::{View, preview};
use crate::{
    components::{
        AmountField, Button, Card, CardBody, CardFoot, Choice, ErrorSummary, Field, PostButton,
        Precision, Select, Tick, Weight, time_text, usd,
    },
    labels,
    web::Draft,
};

/// Nothing for who may not.
pub(super) fn card(view: &View) -> Option<AnyView> {
    if !view.subject.edits {
        return None;
    }
    let budget = view.own.budget.as_ref();
    let note = budget.map(|budget| {
        let at = time_text(budget.set_at, view.zone, Precision::Minute);
        let by = budget.set_by.as_ref().map(|who| format!(" by {who}")).unwrap_or_default();
        format!("Set {at}{by}")
    });
    let title = if budget.is_some() { "Change the budget" } else { labels::SET_A_BUDGET };
    let (remove, form) = (budget.map(|budget| remove(view, budget)), form(view));
    let outcome = view.preview.as_ref().map(|found| preview::outcome(view, found));
    let card = view! {
        <Card title=title note=note.unwrap_or_default()>
            <CardBody split=true>
                {form}
                {outcome}
            </CardBody>
            {remove}
        </Card>
    };
    Some(card.into_any())
}

/// What the form begins with.
fn begin(budget: Option<&Budget>) -> Draft {
    let amount = budget.map(|budget| budget.own_amount.to_string()).unwrap_or_default();
    let mut draft = Draft::with([("was", amount.clone()), ("amount", amount)]);
    if budget.is_some_and(|budget| budget.observe) {
        draft.keep("observe", "on");
    }
    draft
}

fn form(view: &View) -> AnyView {
    let budget = view.own.budget.as_ref();
    let mut draft = view.forms.budget.clone().unwrap_or_else(|| begin(budget));
    draft.keep("past", "30");
    let spent = usd(view.own.spent);
    let now = view.now_words();
    let help = match budget {
        Some(budget) if budget.observe => {
            format!("Now {}; {spent} is spent {now}.", usd(budget.own_amount))
        }
        Some(budget) => format!(
            "Now {}; {spent} is spent {now}. Below what is spent it blocks at once.",
            usd(budget.own_amount)
        ),
        None => format!("{spent} is spent {now}. 0 blocks everything."),
    };
    let tier = view.tier.map(|tier| {
        let tier = usd(tier);
        format!(" The organization’s usage limit of {tier} a month holds beside it: whichever is reached first blocks. The sandbox’s requests count in this budget and not in that limit.")
    });
    let help = format!("{help}{}", tier.unwrap_or_default());
    let verb = if budget.is_some() { "Save budget" } else { "Set budget" };
    let label = format!("Amount a {}, for {}", view.period.as_str(), view.subject.whom());
    let spans = vec![
        Choice::new("30", "The past 30 days"),
        Choice::new("90", "The past 90 days"),
        Choice::new("day", "One day, request by request"),
    ];
    view! {
        <form class="form" method="post" action=view.path.clone() id="budget">
            <input type="hidden" name="scope" value=view.subject.scope.to_string()/>
            <input type="hidden" name="window" value=view.period.as_str()/>
            <input type="hidden" name="was" value=draft.value("was")/>
            // What Enter presses: the first button of a form.
            <button class="vh" type="submit" name="action" value="set-budget" tabindex="-1" aria-hidden="true"></button>
            <ErrorSummary lead=labels::NOTHING_WAS_SAVED errors=draft.errors()/>
            <AmountField name="amount" label value=draft.value("amount") help error=draft.error("amount") required=true/>
            <Tick name="observe" label="Observe only" checked=draft.has("observe") help="Refuses nothing, and counts what it would have refused."/>
            <fieldset class="field">
                <legend>"On the past: what would it have stopped?"</legend>
                <div class="cols">
                    <Select name="past" label="Replay" choices=spans value=draft.value("past") error=draft.error("past")/>
                    <Field name="day" label="Which day" kind="date" value=draft.value("day") help="For one day only." error=draft.error("day")/>
                </div>
                <p><Button name="action" value="preview">"Show what it would have stopped"</Button></p>
            </fieldset>
            <p><Button weight=Weight::Primary name="action" value="set-budget">{verb}</Button></p>
        </form>
    }
    .into_any()
}

fn remove(view: &View, budget: &Budget) -> AnyView {
    let mut fields = view.fields("remove-budget");
    fields.push(("budget", budget.id.to_string()));
    let action = view.path.clone();
    view! {
        <CardFoot>
            <span>"Removed, it refuses nothing any more, and its raises end."</span>
            <PostButton action weight=Weight::Danger fields>"Remove budget"</PostButton>
        </CardFoot>
    }
    .into_any()
}
