//! Sets, raises, lowers or removes the organization's budget.

use leptos::prelude::*;

use super::View;
use crate::{
    components::{
        AmountField, Button, Card, CardBody, CardFoot, ErrorSummary, PostButton, Precision, Weight,
        time_text, usd,
    },
    web::Draft,
};

pub(super) fn card(view: &View) -> AnyView {
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
    let remove = budget.map(|budget| {
        let fields =
            vec![("action", "remove-budget".to_owned()), ("budget", budget.id.to_string())];
        let action = view.path.clone();
        view! {
            <CardFoot>
                <span>"Without it nothing is refused."</span>
                <PostButton action weight=Weight::Danger fields>"Remove budget"</PostButton>
            </CardFoot>
        }
    });
    let form = view! {
        <form class="form" method="post" action=view.path.clone() id="budget">
            <input type="hidden" name="action" value="set-budget"/>
            <ErrorSummary lead="Nothing was saved" errors=draft.errors()/>
            <AmountField
                name="amount"
                label="Amount a month, for the whole organization"
                value=draft.value("amount")
                help=help
                error=draft.error("amount")
                required=true
            />
            <p><Button weight=Weight::Primary>{verb}</Button></p>
        </form>
    };
    view! {
        <Card title=title note=note.unwrap_or_default()>
            <CardBody split=true>
                {form}
            </CardBody>
            {remove}
        </Card>
    }
    .into_any()
}
