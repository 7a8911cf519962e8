//! The budget that is shown and what is spent of it.

use domain::Scope;
use leptos::prelude::*;

use super::View;
use crate::{
    components::{
        Badge, Card, CardBody, Count, Meter, MeterLegend, Money, Notice, Precision, Stat, Stats,
        Time, Tone, count, share, time_text, usd,
    },
    labels,
    pages::spending::{
        calendar::until,
        outlook::{Outlook, Refuses},
    },
};

/// Meter and numbers; without a budget the numbers alone.
pub(super) fn card(view: &View) -> AnyView {
    let own = &view.own;
    let outlook = own.budget.as_ref().and_then(|budget| {
        let standing = view.standings.iter().find(|standing| {
            standing.status.budget.as_ref().is_some_and(|other| other.id == budget.id)
        })?;
        Some(Outlook::of(standing, &view.thresholds, view.now, view.zone))
    });
    let blocks = outlook.as_ref().map(|outlook| refuses(view, outlook));
    let raised = raised(view);
    let meter = outlook.map(|outlook| {
        let (title, label) =
            (view.title(), format!("{}, {} budget", view.subject.label(), view.period.adjective()));
        view! {
            <div>
                <div class="row between">
                    <h2>{title}</h2>
                    <Badge tone=outlook.tone line=outlook.tone == Tone::Plain text=outlook.state/>
                </div>
                <Meter label reading=outlook.reading tone=outlook.tone/>
            </div>
            <MeterLegend/>
        }
    });
    let numbers = numbers(view);
    view! {
        {blocks}
        {raised}
        <Card>
            <CardBody>
                {numbers}
                {meter}
            </CardBody>
        </Card>
    }
    .into_any()
}

/// Until when a raise is in force.
fn raised(view: &View) -> Option<AnyView> {
    let budget = view.own.budget.as_ref()?;
    let until = time_text(budget.raised_until?, view.zone, Precision::Minute);
    let lead = format!("Raised to {} until {until}.", usd(budget.amount));
    let text = format!("Then it is {} again, by itself.", usd(budget.own_amount));
    Some(view! { <Notice tone=Tone::Plain lead text/> }.into_any())
}

/// Said above everything else: nothing goes through, or not everything.
fn refuses(view: &View, outlook: &Outlook) -> AnyView {
    let refused = match view.own.refused {
        0 => String::new(),
        1 => format!(" 1 request was refused {}.", view.now_words()),
        many => format!(" {} requests were refused {}.", count(many), view.now_words()),
    };
    let budget = view.subject.budget(view.period);
    let whose = match view.subject.scope {
        Scope::Org(_) => "every request",
        Scope::Project(_) => "every request of the project",
        Scope::Key(_) => "every request of the key",
    };
    let raises = match (view.subject.edits, view.subject.scope) {
        (true, _) => "Raise or remove it below",
        (false, Scope::Org(_)) => "An owner of the organization may raise it",
        (false, _) => "An owner of the organization or of the project may raise it",
    };
    let (lead, way) = match outlook.refuses {
        Refuses::Everything => (
            format!("The {budget} is reached: {whose} is refused now."),
            format!("{raises}, or wait until it resets."),
        ),
        Refuses::Nearly => (
            format!("The {budget} is nearly spent: requests that do not fit are refused."),
            format!("{raises}, or wait until it resets."),
        ),
        // It may ask for more than the whole budget: then to wait for the reset is no help.
        Refuses::Since(at) => {
            let at = time_text(at, view.zone, Precision::Minute);
            (
                format!(
                    "On {at}, the {budget} refused a request that could have cost more than was left beside what running ones reserve."
                ),
                format!(
                    "Requests that fit pass. One fits sooner if it asks for less output (max_tokens), or when running ones have ended. {raises} if such requests are to pass."
                ),
            )
        }
        Refuses::Nothing => return ().into_any(),
    };
    let text = format!("{way}{refused}");
    view! { <Notice tone=outlook.tone lead text/> }.into_any()
}

fn numbers(view: &View) -> AnyView {
    let own = &view.own;
    let limit = own.budget.as_ref().map(|budget| budget.amount);
    let of = limit
        .map(|limit| format!("{} of {}", share(own.spent.pico(), limit.pico()), usd(limit)))
        .unwrap_or_default();
    let left = match limit {
        Some(limit) => {
            let left = limit.left_after(own.spent.plus(own.held));
            view! { <Stat label=labels::LEFT><Money amount=left/></Stat> }.into_any()
        }
        None => view! { <Stat label=labels::BUDGET note="Nothing blocks">{labels::NONE}</Stat> }
            .into_any(),
    };
    let running = match own.running {
        0 => "no request is running".to_owned(),
        1 => "by 1 running request".to_owned(),
        many => format!("by {} running requests", count(many.into())),
    };
    let resets = until(own.window.ends, view.now, view.zone);
    let (spent, held, refused) = (own.spent, own.held, own.refused);
    let (at, zone) = (own.window.ends, view.zone);
    let title = if view.subject.is_whole() {
        format!("Spent {}", view.now_words())
    } else {
        format!("Spent {}, {}", view.now_words(), view.subject.whom())
    };
    let would = own.budget.as_ref().is_some_and(|budget| budget.observe) || own.observed > 0;
    let observed = own.observed;
    let refused = (own.budget.is_some() || refused > 0).then(|| {
        view! { <Stat label=labels::REFUSED note="by this budget"><Count number=refused/></Stat> }
    });
    let would = would.then(|| {
        view! { <Stat label=labels::WOULD_BE_REFUSED note="observed only"><Count number=observed/></Stat> }
    });
    view! {
        <div class="row between">
            <div>
                <h2 class="muted">{title}</h2>
                <p class="keep"><Money amount=spent hero=true/></p>
                <p class="small muted">{of}</p>
            </div>
            <Stats>
                {left}
                <Stat label=labels::RESERVED note=running><Money amount=held/></Stat>
                {refused}
                {would}
                <Stat label=labels::RESETS note=resets><Time at zone/></Stat>
            </Stats>
        </div>
    }
    .into_any()
}

/// What a scope is called on this page.
pub(super) const fn scope_label(scope: Scope) -> &'static str {
    match scope {
        Scope::Org(_) => labels::ORGANIZATION,
        Scope::Project(_) => labels::PROJECT,
        Scope::Key(_) => labels::API_KEY,
    }
}
