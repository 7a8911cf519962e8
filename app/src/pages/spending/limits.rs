//! `/{org}/limits`: what the installation lets the organization spend in a month, and how fast its
//! projects may be at most.

use axum::{extract::State, response::Response};
use chrono_tz::Tz;
use domain::{Missing, Rates, Tier, Usd};
use leptos::prelude::*;
use store::UsageLimit;

use super::calendar::until;
use crate::{
    components::{
        Badge, Card, CardBody, CardFoot, Fact, Facts, Limit, LinkButton, Meter, Money, Notice,
        Reading, Stat, Stats, Time, Tone, count, share, usd,
    },
    labels,
    layouts::{Frame, NavItem, PageHead, Shell},
    render::Page,
    web::{App, Failure, Member},
};

struct View {
    frame: Frame,
    /// The organization's path.
    org: String,
    zone: Tz,
    limit: UsageLimit,
}

/// `GET`
pub(super) async fn show(State(app): State<App>, member: Member) -> Result<Response, Failure> {
    let view = View {
        limit: app.store.usage_limit(&member.caller).await?,
        frame: member.frame(NavItem::Limits),
        org: format!("/{}", member.organization.id),
        zone: member.organization.zone,
    };
    Ok(member.visitor.look.page(Page::new(labels::LIMITS), || page(view)))
}

fn page(view: View) -> AnyView {
    let (usage, tiers, rates) = (usage(&view), tier(&view), rates(&view));
    let budgets = format!("{}/budgets", view.org);
    let sub = format!(
        "What this installation lets the organization spend, besides its own budgets. Times in {}.",
        view.zone.name()
    );
    view! {
        <Shell frame=view.frame>
            <PageHead title=labels::LIMITS sub>
                <LinkButton href=budgets>{labels::BUDGETS}</LinkButton>
            </PageHead>
            {usage}
            <div class="grid two">{tiers}{rates}</div>
        </Shell>
    }
    .into_any()
}

/// How a limit stands, in words.
pub(super) fn state(limit: &UsageLimit) -> (Tone, &'static str) {
    let amount = limit.amount();
    if limit.spent >= amount {
        (Tone::Bad, "Reached: requests are refused")
    } else if limit.blocked_at.is_some() {
        (Tone::Bad, "Nearly spent: requests that do not fit are refused")
    } else if limit.spent.pico() * 10 >= amount.pico() * 8 {
        (Tone::Warn, "More than 80% spent")
    } else {
        (Tone::Ok, "Below the limit")
    }
}

fn usage(view: &View) -> AnyView {
    let UsageLimit { window, spent, held, running, at, .. } = view.limit;
    let (amount, zone) = (view.limit.amount(), view.zone);
    let (tone, state) = state(&view.limit);
    let notice = (tone == Tone::Bad).then(|| {
        let lead = if spent >= amount {
            "The usage limit is reached: every request to a provider is refused now."
        } else {
            "The usage limit is nearly spent: requests that do not fit are refused."
        };
        let text = "Whoever runs this installation may raise the tier. It also rises by itself, as below; else wait for the next cycle.";
        view! { <Notice tone lead text/> }
    });
    let running = match running {
        0 => "no request is running".to_owned(),
        1 => "by 1 running request".to_owned(),
        many => format!("by {} running requests", count(many.into())),
    };
    let of = format!("{} of {}", share(spent.pico(), amount.pico()), usd(amount));
    let left = amount.left_after(spent.plus(held));
    let (ends, resets) = (window.ends, until(window.ends, at, zone));
    let reading = Reading { spent, reserved: held, limit: amount, ..Reading::default() };
    view! {
        {notice}
        <Card>
            <CardBody>
                <div class="row between">
                    <div>
                        <h2 class="muted">"Spent this cycle, without the sandbox"</h2>
                        <p class="keep"><Money amount=spent hero=true/></p>
                        <p class="small muted">{of}</p>
                    </div>
                    <Stats>
                        <Stat label=labels::USAGE_LIMIT note="per month"><Money amount/></Stat>
                        <Stat label=labels::LEFT><Money amount=left/></Stat>
                        <Stat label=labels::RESERVED note=running><Money amount=held/></Stat>
                        <Stat label=labels::RESETS note=resets><Time at=ends zone/></Stat>
                    </Stats>
                </div>
                <div>
                    <div class="row between">
                        <h2>{labels::USAGE_LIMIT}</h2>
                        <Badge tone text=state/>
                    </div>
                    <Meter label=labels::USAGE_LIMIT_PER_MONTH reading tone/>
                </div>
            </CardBody>
        </Card>
    }
    .into_any()
}

/// The limit and the tier in short, for a card among others; `href` leads here.
pub(super) fn short(limit: &UsageLimit, href: String) -> AnyView {
    let (tone, state) = state(limit);
    let reading = Reading {
        spent: limit.spent,
        reserved: limit.held,
        limit: limit.amount(),
        ..Reading::default()
    };
    let kind = format!("Tier {}, monthly", limit.tier.number);
    let next = limit.tiers.after(limit.tier.number).map(|next| {
        let text = format!(
            "Missing to tier {}, {} a month: {}.",
            next.number,
            usd(next.usage_limit),
            way(limit, next)
        );
        view! { <p class="small muted">{text}</p> }
    });
    view! {
        <Limit title=labels::USAGE_LIMIT href reading tone state kind/>
        {next}
    }
    .into_any()
}

/// What is missing to the next tier.
fn way(limit: &UsageLimit, next: &Tier) -> String {
    if limit.tier.held {
        return "it does not rise by itself: whoever runs this installation holds the tier"
            .to_owned();
    }
    match limit.earned.missing(next) {
        Some(missing) => missing_text(missing),
        None => format!(
            "{} charged and {} days, from the first request to a provider on",
            up(next.charged),
            next.days
        ),
    }
}

/// What is missing to a tier, like `$12.40 more charged and 3 days`.
fn missing_text(missing: Missing) -> String {
    let charged =
        (missing.charged > Usd::ZERO).then(|| format!("{} more charged", up(missing.charged)));
    let days = match missing.days {
        0 => None,
        1 => Some("1 day".to_owned()),
        days => Some(format!("{} days", count(days.into()))),
    };
    match (charged, days) {
        (Some(charged), Some(days)) => format!("{charged} and {days}"),
        (Some(only), None) | (None, Some(only)) => only,
        (None, None) => "nothing: it rises within a minute".to_owned(),
    }
}

/// In cents, rounded up: what is written is enough.
fn up(amount: Usd) -> String {
    let cent = Usd::PICO / 100;
    let cents = amount.pico().saturating_add(cent - 1) / cent;
    usd(Usd::from_pico(cents.saturating_mul(cent)))
}

fn tier(view: &View) -> AnyView {
    let limit = &view.limit;
    let (number, since, zone) = (limit.tier.number, limit.tier.since, view.zone);
    let charged = limit.earned.charged;
    let first = match limit.earned.days {
        None => "none yet".to_owned(),
        Some(0) => "less than a day ago".to_owned(),
        Some(1) => "1 day ago".to_owned(),
        Some(days) => format!("{} days ago", count(days.into())),
    };
    let next = limit.tiers.after(number).map(|next| {
        let way = way(limit, next);
        let label = format!("Missing to tier {}, {} a month", next.number, usd(next.usage_limit));
        view! { <Fact label>{way}</Fact> }
    });
    let top = next
        .is_none()
        .then(|| view! { <Fact label="Next tier">"none: this is the highest"</Fact> });
    view! {
        <Card title=labels::USAGE_TIER>
            <CardBody split=true>
                <Facts>
                    <Fact label=labels::TIER>{number}</Fact>
                    <Fact label="Since"><Time at=since zone/></Fact>
                    <Fact label=labels::CHARGED_IN_ALL><Money amount=charged/></Fact>
                    <Fact label=labels::FIRST_REQUEST>{first}</Fact>
                    {next}
                    {top}
                </Facts>
            </CardBody>
            <CardFoot>
                <span>"It rises by itself as usage grows, and never falls by itself. The sandbox and estimated charges do not count. Owners are mailed."</span>
            </CardFoot>
        </Card>
    }
    .into_any()
}

fn rates(view: &View) -> AnyView {
    let rates = view.limit.tiers.at(view.limit.tier.number).map(|tier: &Tier| tier.rates);
    let facts =
        Rates::LABELS.into_iter().zip(rates.unwrap_or_default().all()).map(|(label, rate)| {
            let words = rate.map_or_else(|| "no limit".to_owned(), |rate| count(rate.get()));
            view! { <Fact label>{words}</Fact> }
        });
    let facts = facts.collect_view();
    let projects = format!("{}/projects", view.org);
    view! {
        <Card title="Rates of the tier" more=(labels::PROJECTS, projects)>
            <CardBody split=true><Facts>{facts}</Facts></CardBody>
            <CardFoot><span>"The most, for each project and model. Lower ones are set on a project’s page of rate limits."</span></CardFoot>
        </Card>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_has_units_and_is_enough() {
        let text =
            |charged: &str, days| missing_text(Missing { charged: charged.parse().unwrap(), days });
        assert_eq!(text("12.40", 3), "$12.40 more charged and 3 days");
        assert_eq!(text("12.390000000001", 1), "$12.40 more charged and 1 day");
        assert_eq!(text("0", 30), "30 days");
        assert_eq!(text("0.000000000001", 0), "$0.01 more charged");
        assert_eq!(text("0", 0), "nothing: it rises within a minute");
    }
}
