//! Sets, raises, lowers or removes the budget that is shown.

use leptos::prelude::*;
use store::Budget;

use super::View;
use crate::{
    components::{
        AmountField, Button, Card, CardBody, CardFoot, ErrorSummary, PostButton, Precision, Weight,
        time_text, usd,
    },
    web::Draft,
};

/// Nothing for who may not.
pub(super) fn card(view: &View) -> Option<AnyView> {
    if !view.subject.edits {
        return None;
    }
    let budget = view.own.budget.as_ref();
    let amount = budget.map(|budget| budget.amount.to_string()).unwrap_or_default();
    let draft = view.forms.budget.clone().unwrap_or_else(|| Draft::with([("amount", amount)]));
    let help = match budget {
        Some(budget) => format!(
            "Now {}; {} is spent. Below what is spent it blocks at once.",
            usd(budget.amount),
            usd(view.own.spent)
        ),
        None => format!("{} is spent in this cycle. 0 blocks everything.", usd(view.own.spent)),
    };
    let note = budget.map(|budget| {
        let at = time_text(budget.set_at, view.zone, Precision::Minute);
        let by = budget.set_by.as_ref().map(|who| format!(" by {who}")).unwrap_or_default();
        format!("Set {at}{by}")
    });
    let (title, verb) = if budget.is_some() {
        ("Change the budget", "Save budget")
    } else {
        ("Set a budget", "Set budget")
    };
    let remove = budget.map(|budget| remove(view, budget));
    let form = view! {
        <form class="form" method="post" action=view.path.clone() id="budget">
            <input type="hidden" name="action" value="set-budget"/>
            <input type="hidden" name="scope" value=view.subject.scope.to_string()/>
            <ErrorSummary lead="Nothing was saved" errors=draft.errors()/>
            <AmountField
                name="amount"
                label=format!("Amount a month, for {}", view.subject.whom())
                value=draft.value("amount")
                help=help
                error=draft.error("amount")
                required=true
            />
            <p><Button weight=Weight::Primary>{verb}</Button></p>
        </form>
    };
    let card = view! {
        <Card title=title note=note.unwrap_or_default()>
            <CardBody split=true>
                {form}
            </CardBody>
            {remove}
        </Card>
    };
    Some(card.into_any())
}

fn remove(view: &View, budget: &Budget) -> AnyView {
    let fields = vec![
        ("action", "remove-budget".to_owned()),
        ("budget", budget.id.to_string()),
        ("scope", view.subject.scope.to_string()),
    ];
    let action = view.path.clone();
    view! {
        <CardFoot>
            <span>"Without it nothing is refused."</span>
            <PostButton action weight=Weight::Danger fields>"Remove budget"</PostButton>
        </CardFoot>
    }
    .into_any()
}
