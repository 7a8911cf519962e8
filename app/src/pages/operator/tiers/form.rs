//! `/operator/tiers/{number}`: one tier, changed, added or removed.

use axum::{Router, extract::State, response::Response, routing::get};
use domain::{Rates, Tier, TierError, Tiers, Usd};
use leptos::prelude::*;
use store::system::operator::EditTierError;

use super::{PATH, Part, Runner, around};
use crate::{
    components::{
        AmountField, Button, Card, CardBody, ErrorSummary, Field, Group, LinkButton, Weight,
    },
    labels,
    pages::rate_fields,
    render::Page,
    web::{App, Draft, Failure, Fresh, Path, go},
};

pub(super) fn router() -> Router<App> {
    Router::new().route("/operator/tiers/{number}", get(show).post(save))
}

async fn show(
    State(app): State<App>,
    runner: Runner,
    _: Fresh,
    Path(number): Path<String>,
) -> Result<Response, Failure> {
    let (tiers, _) = runner.operator(&app).await?.tiers().await?;
    let number = known(&tiers, &number)?;
    let draft = tiers.all().iter().find(|tier| tier.number == number).map(stored);
    Ok(page(runner, &tiers, number, &draft.unwrap_or_default()))
}

async fn save(
    State(app): State<App>,
    runner: Runner,
    _: Fresh,
    Path(number): Path<String>,
    mut draft: Draft,
) -> Result<Response, Failure> {
    let operator = runner.operator(&app).await?;
    let (tiers, _) = operator.tiers().await?;
    let number = known(&tiers, &number)?;
    let (done, said) = match draft.value("action").as_str() {
        "remove" => (operator.remove_tier(number).await, "removed"),
        "save" => match read(number, &mut draft) {
            Some(tier) => (operator.save_tier(tier).await, "saved"),
            None => return Ok(page(runner, &tiers, number, &draft)),
        },
        _ => return Err(Failure::BadRequest),
    };
    match done {
        Ok(()) => Ok(go(format!("{PATH}?done={said}"))),
        Err(EditTierError::Store(error)) => Err(error.into()),
        Err(EditTierError::Rule(TierError::NoSuchTier)) => Err(Failure::NotFound),
        Err(EditTierError::Rule(rule)) => {
            let field = rule.field();
            draft.refuse_with(if field == "tier" { "usage_limit" } else { field }, &rule);
            Ok(page(runner, &tiers, number, &draft))
        }
    }
}

/// A tier that is there, or the one that could be added.
fn known(tiers: &Tiers, number: &str) -> Result<u16, Failure> {
    let number = number.parse().map_err(|_| Failure::NotFound)?;
    let is_there = tiers.all().iter().any(|tier| tier.number == number);
    (is_there || number == tiers.next_number()).then_some(number).ok_or(Failure::NotFound)
}

fn stored(tier: &Tier) -> Draft {
    let mut draft = Draft::with([
        ("usage_limit", tier.usage_limit.to_string()),
        ("charged", tier.charged.to_string()),
        ("days", tier.days.to_string()),
    ]);
    rate_fields::keep(&mut draft, tier.rates);
    draft
}

/// What was typed; nothing if something is wrong with it.
fn read(number: u16, draft: &mut Draft) -> Option<Tier> {
    let (usage_limit, charged) = (draft.read::<Usd>("usage_limit"), draft.read::<Usd>("charged"));
    let days = match draft.value("days").trim().parse::<u32>() {
        Ok(days) if days <= MOST_DAYS => Some(days),
        _ => {
            draft.refuse("days", "Write a whole number of days from 0 to 3,650.");
            None
        }
    };
    for name in Rates::NAMES {
        // A tier that lets nothing through would be none.
        if draft.value(name).trim() == "0" {
            draft.refuse(name, "Write at least 1, or nothing for no limit.");
        }
    }
    let rates = rate_fields::read(draft);
    if !draft.errors().is_empty() {
        return None;
    }
    Some(Tier { number, usage_limit: usage_limit?, charged: charged?, days: days?, rates: rates? })
}

/// Ten years.
const MOST_DAYS: u32 = 3_650;

fn page(runner: Runner, tiers: &Tiers, number: u16, draft: &Draft) -> Response {
    let is_new = number == tiers.next_number();
    let title = if is_new { labels::ADD_A_TIER.to_owned() } else { format!("Tier {number}") };
    let page = Page::new(format!("{title}, operator")).status(draft.status());
    runner.look().page(page, || {
        let form = form(number, is_new, draft);
        let removes =
            (!is_new && number > 1 && number + 1 == tiers.next_number()).then(|| removal(number));
        let content = view! {
            <Card title><CardBody split=true>{form}</CardBody></Card>
            {removes}
        };
        around(runner.frame, Part::Tiers, content.into_any())
    })
}

fn form(number: u16, is_new: bool, draft: &Draft) -> AnyView {
    let path = format!("{PATH}/{number}");
    let (value, error) = (|name| draft.value(name), |name| draft.error(name));
    let rates = Rates::NAMES.into_iter().zip(Rates::LABELS).map(|(name, label)| {
        view! { <Field name label value=value(name) error=error(name) inputmode="numeric" maxlength=20/> }
    });
    let rates = rates.collect_view();
    let errors = draft.errors();
    let verb = if is_new { "Add tier" } else { "Save tier" };
    view! {
        <form class="form" method="post" action=path>
            <ErrorSummary lead=labels::NOTHING_WAS_SAVED errors/>
            <AmountField name="usage_limit" label=labels::USAGE_LIMIT value=value("usage_limit") error=error("usage_limit") required=true after="USD per month" help="What an organization may spend in a billing cycle, without the sandbox."/>
            <div class="cols">
                <AmountField name="charged" label="Rises to it once charged, in all" value=value("charged") error=error("charged") required=true help="Without the sandbox and estimated charges."/>
                <Field name="days" label="And so many days after the first request" value=value("days") error=error("days") inputmode="numeric" required=true maxlength=10 help="Days of 24 hours."/>
            </div>
            <Group legend="Rates of each project and model, at most" help=labels::EMPTY_NO_LIMIT>
                <div class="cols">{rates}</div>
            </Group>
            <div class="row">
                <Button weight=Weight::Primary name="action" value="save">{verb}</Button>
                <LinkButton href=PATH weight=Weight::Quiet>{labels::CANCEL}</LinkButton>
            </div>
        </form>
    }
    .into_any()
}

fn removal(number: u16) -> AnyView {
    let path = format!("{PATH}/{number}");
    view! {
        <Card title=labels::REMOVE>
            <CardBody split=true>
                <p>"Organizations that have it are in the next lower tier from then on. Only the highest tier can be removed."</p>
                <form method="post" action=path>
                    <Button weight=Weight::Danger name="action" value="remove">"Remove tier "{number}</Button>
                </form>
            </CardBody>
        </Card>
    }
    .into_any()
}
