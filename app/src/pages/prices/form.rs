//! An organization's own price of a model, typed.

use chrono::NaiveDate;
use domain::{
    TokenClass, Usd,
    price::{Rates, dollars, per_million},
};
use leptos::prelude::*;

use super::{View, rates::ASKED};
use crate::{
    components::{AmountField, Button, Card, CardBody, ErrorSummary, Field, Tick, Weight},
    labels,
    web::{Draft, Member},
};

/// What was typed, read.
pub(super) struct Typed {
    pub(super) model: String,
    /// None: as in the price book.
    pub(super) terms: Option<(Rates, Usd)>,
    pub(super) day: Option<NaiveDate>,
}

/// The longest name of a model.
const LONGEST: usize = 200;

/// The form as the model's price is now.
pub(super) fn draft(view: &View, model: &str) -> Draft {
    let own = view.own.iter().rfind(|own| own.model == model && !own.planned);
    let listed = || view.book.iter().find(|price| price.model == model);
    let terms = own
        .and_then(|own| own.terms)
        .or_else(|| listed().map(|price| (price.rates, price.per_request)));
    let mut draft = Draft::with([("model", model.to_owned())]);
    if let Some((rates, per_request)) = terms {
        for (class, _) in ASKED {
            if let Some(rate) = rates.own(class) {
                draft.keep(class.as_str(), &dollars(rate).to_string());
            }
        }
        if per_request > Usd::ZERO {
            draft.keep("per_request", &per_request.to_string());
        }
    }
    draft
}

pub(super) fn read(draft: &mut Draft) -> Option<Typed> {
    let model = draft.value("model").trim().to_owned();
    if model.is_empty() || model.len() > LONGEST || model.chars().any(char::is_control) {
        draft.refuse("model", "Write the model’s name as requests give it.");
    } else if model.starts_with("sandbox-") {
        draft.refuse("model", "The sandbox’s prices are its own.");
    }
    let day = match &*draft.value("from") {
        "" => None,
        _ => draft.read_day("from"),
    };
    let listed = draft.has("listed");
    let mut typed = Vec::new();
    if !listed {
        for (class, _) in ASKED {
            let text = draft.value(class.as_str());
            let needed = matches!(class, TokenClass::Input | TokenClass::Output);
            match per_million(&text) {
                _ if text.trim().is_empty() && !needed => {}
                Ok(rate) => typed.push((class, rate)),
                Err(error) => draft.refuse_with(class.as_str(), &error),
            }
        }
        if draft.value("per_request").trim().is_empty() {
            draft.set("per_request", "0".to_owned());
        }
    }
    let per_request = if listed { Some(Usd::ZERO) } else { draft.read::<Usd>("per_request") };
    if !draft.errors().is_empty() {
        return None;
    }
    let terms = if listed {
        None
    } else {
        let mut rates = Rates::new(0, 0);
        for (class, rate) in typed {
            rates.set(class, Some(rate));
        }
        Some((rates, per_request?))
    };
    Some(Typed { model, terms, day })
}

pub(super) fn card(member: &Member, draft: &Draft) -> AnyView {
    let fields = ASKED.map(|(class, words)| {
        let name = class.as_str();
        let needed = matches!(class, TokenClass::Input | TokenClass::Output);
        let label = if needed { words.to_owned() } else { format!("{words} (optional)") };
        let (value, error) = (draft.value(name), draft.error(name));
        view! { <AmountField name label value error after="per 1M tokens"/> }
    });
    let (model, model_error) = (draft.value("model"), draft.error("model"));
    let (from, from_error) = (draft.value("from"), draft.error("from"));
    let (fee, fee_error) = (draft.value("per_request"), draft.error("per_request"));
    let zone = member.organization.zone.name();
    let (action, errors, listed) = (member.path("prices"), draft.errors(), draft.has("listed"));
    let help = format!("Empty: from now on. Else at the beginning of that day in {zone}.");
    view! {
        <Card title=labels::SET_A_PRICE_OF_YOUR_OWN>
            <CardBody split=true>
                <form class="form" method="post" action=action>
                    <ErrorSummary lead=labels::NOTHING_WAS_SAVED errors/>
                    <Field name="model" label=labels::MODEL value=model error=model_error required=true maxlength=200
                        help="As requests name it. It need not be in the price book."/>
                    <div class="cols">{fields.into_iter().collect_view()}</div>
                    <p class="muted">"They hold for prompts of every length and for every service tier: other rates that the price book has for those do not. A price below the price book’s is for owners who operate this installation too."</p>
                    <AmountField name="per_request" label="Each request (optional)" value=fee error=fee_error after="per request"/>
                    <Field name="from" label="Holds from (optional)" kind="date" value=from error=from_error help/>
                    <Tick name="listed" label="Use the price book’s price again" checked=listed
                        help="The amounts above are not looked at then."/>
                    <div class="row"><Button weight=Weight::Primary>"Set price"</Button></div>
                </form>
            </CardBody>
        </Card>
    }
    .into_any()
}
