//! `/operator/organizations/{org}/tier`: an organization's usage tier.

use axum::{Router, extract::State, response::Response, routing::get};
use domain::{Name, OrgId, Tiers};
use leptos::prelude::*;
use store::system::{
    SetTier,
    operator::{OrganizationRow, TierOf},
};

use super::{Part, Runner, around};
use crate::{
    components::{
        Choice, DialogPage, ErrorSummary, Fact, Facts, Field, LinkButton, Money, Select, Tick,
        Time, Weight, usd,
    },
    labels,
    pages::operator::ZONE,
    render::Page,
    web::{App, Draft, Failure, Fresh, Path, go, id},
};

pub(super) fn router() -> Router<App> {
    Router::new().route("/operator/organizations/{org}/tier", get(show).post(save))
}

/// What is read for the page.
struct View {
    row: OrganizationRow,
    of: TierOf,
    tiers: Tiers,
}

async fn read(app: &App, runner: &Runner, org: &str) -> Result<View, Failure> {
    let operator = runner.operator(app).await?;
    let org = id::<OrgId>(org)?;
    let row = operator.organization(org).await?;
    Ok(View { row, of: operator.tier_of(org).await?, tiers: operator.tiers().await?.0 })
}

async fn show(
    State(app): State<App>,
    runner: Runner,
    _: Fresh,
    Path(org): Path<String>,
) -> Result<Response, Failure> {
    let view = read(&app, &runner, &org).await?;
    let mut draft = Draft::with([("tier", view.of.tier.number.to_string())]);
    if view.of.tier.held {
        draft.keep("held", "on");
    }
    Ok(page(runner, &view, &draft))
}

async fn save(
    State(app): State<App>,
    runner: Runner,
    _: Fresh,
    Path(org): Path<String>,
    mut draft: Draft,
) -> Result<Response, Failure> {
    let view = read(&app, &runner, &org).await?;
    let number = draft.value("tier").parse::<u16>().ok();
    let number = number.filter(|number| view.tiers.all().iter().any(|tier| tier.number == *number));
    if number.is_none() {
        draft.refuse("tier", labels::CHOOSE_ONE_FROM_THE_LIST);
    }
    let reason = draft.read::<Name>("reason");
    let (Some(number), Some(reason)) = (number, reason) else {
        return Ok(page(runner, &view, &draft));
    };
    let set = SetTier { number, held: draft.has("held"), reason: reason.as_str() };
    runner.operator(&app).await?.set_tier(view.row.id, set).await?;
    Ok(go("/operator?done=tier"))
}

fn page(runner: Runner, view: &View, draft: &Draft) -> Response {
    let title = format!("Usage tier of {}", view.row.name);
    let page = Page::new(title.clone()).status(draft.status());
    runner.look().page(page, || {
        let content = dialog(title, view, draft);
        around(runner.frame, Part::Organizations, content)
    })
}

fn dialog(title: String, view: &View, draft: &Draft) -> AnyView {
    let choices = view.tiers.all().iter().map(|tier| {
        Choice::new(
            tier.number.to_string(),
            format!("Tier {}: {} a month", tier.number, usd(tier.usage_limit)),
        )
    });
    let choices = choices.collect::<Vec<_>>();
    let (spent, since) = (view.of.spent, view.of.tier.since);
    let earned = view.of.earned;
    let days = match earned.days {
        None => "none yet".to_owned(),
        Some(0) => "today".to_owned(),
        Some(1) => "1 day ago".to_owned(),
        Some(days) => format!("{days} days ago"),
    };
    let errors = draft.errors();
    let (tier, tier_error) = (draft.value("tier"), draft.error("tier"));
    let (reason, reason_error, held) =
        (draft.value("reason"), draft.error("reason"), draft.has("held"));
    let action = format!("/operator/organizations/{}/tier", view.row.id);
    let foot = view! {
        <LinkButton href="/operator" weight=Weight::Quiet>{labels::CANCEL}</LinkButton>
        <button type="submit" form="tier" class="btn primary">"Set the tier"</button>
    }
    .into_any();
    view! {
        <DialogPage title below=true text="It is in force on every node at once. Owners are mailed when the tier becomes another." foot>
            <Facts>
                <Fact label="Has its tier since"><Time at=since zone=ZONE/></Fact>
                <Fact label=labels::SPENT_THIS_CYCLE><Money amount=spent/></Fact>
                <Fact label=labels::CHARGED_IN_ALL><Money amount=earned.charged/></Fact>
                <Fact label=labels::FIRST_REQUEST>{days}</Fact>
            </Facts>
            <form class="form" method="post" id="tier" action=action>
                <ErrorSummary lead="Nothing was set" errors/>
                <Select name="tier" label=labels::USAGE_TIER choices value=tier error=tier_error/>
                <Tick name="held" label="Hold it: it does not rise by itself" checked=held help="Without this it rises as soon as it has what the next tier needs, at once if it has that already."/>
                <Field name="reason" label=labels::REASON value=reason error=reason_error required=true maxlength=100 help=labels::ITS_OWNERS_READ_IT_IN_THEIR_AUDIT_LOG/>
            </form>
        </DialogPage>
    }
    .into_any()
}
