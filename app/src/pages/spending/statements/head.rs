//! Who pays, for when, and how much.

use leptos::prelude::*;
use store::statements::{Numbers, Statement};

use crate::{
    components::{
        Card, CardBody, CardFoot, Fact, Facts, Precision, Sum, SumLine, Time, count, usd,
    },
    pages::{billing::countries, spending::calendar::cycle_name},
    web::Member,
};

pub(super) fn card(member: &Member, statement: &Statement) -> AnyView {
    let (payer, cycle, sum) = (payer(member, statement), cycle(statement), sum(statement));
    let foot = foot(&Numbers::of(&statement.lines));
    view! {
        <Card title=if statement.closed.is_some() { "Statement" } else { "Draft of the statement" }>
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
        .then(|| view! { <Fact label="Address">{address}{country}</Fact> });
    let legal_name = filled("Legal name", &profile.legal_name);
    let numbers = [
        filled("Tax ID", &profile.tax_id),
        filled("Cost centre", &profile.cost_centre),
        filled("E-mail", &profile.email),
    ];
    let (organization, id) = (payer.organization.clone(), member.organization.id.to_string());
    view! {
        <Facts>
            <Fact label="Organization">{organization}</Fact>
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
            <Fact label="Closed"><Time at zone/></Fact>
            <Fact label="By">{by}</Fact>
        }
    });
    let (starts, ends) = (window.starts, window.ends);
    view! {
        <Facts>
            <Fact label="Billing cycle">{cycle_name(window)}</Fact>
            <Fact label="From"><Time at=starts zone precision=Precision::Minute/></Fact>
            <Fact label="Until, not included"><Time at=ends zone precision=Precision::Minute/></Fact>
            <Fact label="Time zone">{zone.name()}</Fact>
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
        SumLine::new("Adjustments of earlier cycles", usd(adjusted)),
        SumLine::new("Total", usd(own.plus(adjusted))).total(),
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
