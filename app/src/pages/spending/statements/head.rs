//! Who pays, for when, and how much.

use leptos::prelude::*;
use store::statements::{Numbers, Statement};

use crate::{
    components::{
        Card, CardBody, CardFoot, Fact, Facts, Precision, Sum, SumLine, Time, count, usd,
    },
    labels,
    pages::{billing::countries, spending::calendar::cycle_name},
    web::Member,
};

pub(super) fn card(member: &Member, statement: &Statement) -> AnyView {
    let (payer, cycle, sum) = (payer(member, statement), cycle(statement), sum(statement));
    let foot = foot(&Numbers::of(&statement.lines));
    view! {
        <Card title=if statement.closed.is_some() { labels::STATEMENT } else { "Draft of the statement" }>
            <CardBody split=true>
                <div class="grid two">{payer}{cycle}</div>
                {sum}
            </CardBody>
            <CardFoot><span>{foot}</span></CardFoot>
        </Card>
    }
    .into_any()
}

fn payer(member: &Member, statement: &Statement) -> AnyView {
    let (payer, profile) = (&statement.payer, &statement.payer.profile);
    let address = profile.address.lines().map(|line| view! { <div>{line.to_owned()}</div> });
    let address = address.collect_view();
    let country = countries::name(&profile.country).to_owned();
    let filled = |label: &'static str, value: &str| {
        let value = value.to_owned();
        (!value.is_empty()).then(|| view! { <Fact label>{value}</Fact> })
    };
    let lives = (!profile.address.is_empty() || !country.is_empty())
        .then(|| view! { <Fact label=labels::ADDRESS>{address}{country}</Fact> });
    let legal_name = filled(labels::LEGAL_NAME, &profile.legal_name);
    let numbers = [
        filled("Tax ID", &profile.tax_id),
        filled("Cost centre", &profile.cost_centre),
        filled(labels::E_MAIL, &profile.email),
    ];
    let (organization, id) = (payer.organization.clone(), member.organization.id.to_string());
    view! {
        <Facts>
            <Fact label=labels::ORGANIZATION>{organization}</Fact>
            <Fact label="Id"><span class="mono anywhere">{id}</span></Fact>
            {legal_name}
            {lives}
            {numbers.collect_view()}
        </Facts>
    }
    .into_any()
}

fn cycle(statement: &Statement) -> AnyView {
    let (window, zone) = (statement.window, statement.zone);
    let closed = statement.closed.as_ref().map(|closed| {
        let by = closed.by.clone().unwrap_or_else(|| "a former member".to_owned());
        let at = closed.at;
        view! {
            <Fact label=labels::CLOSED><Time at zone/></Fact>
            <Fact label=labels::BY>{by}</Fact>
        }
    });
    let (starts, ends) = (window.starts, window.ends);
    view! {
        <Facts>
            <Fact label=labels::BILLING_CYCLE>{cycle_name(window)}</Fact>
            <Fact label=labels::FROM><Time at=starts zone precision=Precision::Minute/></Fact>
            <Fact label="Until, not included"><Time at=ends zone precision=Precision::Minute/></Fact>
            <Fact label=labels::TIME_ZONE>{zone.name()}</Fact>
            {closed}
        </Facts>
    }
    .into_any()
}

fn sum(statement: &Statement) -> AnyView {
    let own = Numbers::of(statement.own()).charge;
    let adjusted = Numbers::of(statement.adjustments()).charge;
    let lines = vec![
        SumLine::new(format!("Usage of {}", cycle_name(statement.window)), usd(own)),
        SumLine::new(labels::ADJUSTMENTS_OF_EARLIER_CYCLES, usd(adjusted)),
        SumLine::new(labels::TOTAL, usd(own.plus(adjusted))).total(),
    ];
    view! { <Sum lines/> }.into_any()
}

/// How far the numbers can be relied on.
pub(super) fn foot(numbers: &Numbers) -> String {
    let some = |number: i64, text: &str| {
        (number > 0).then(|| format!("{text}: {}.", count(number.unsigned_abs())))
    };
    let parts = [
        Some("US dollars, rounded to cents; the CSV has every digit.".to_owned()),
        some(numbers.estimated, "Requests that are charged by an estimate"),
        some(
            numbers.unpriced,
            "Requests for models without a known price, whose cost is not in here",
        ),
        Some("Without the sandbox and rehearsals.".to_owned()),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}
