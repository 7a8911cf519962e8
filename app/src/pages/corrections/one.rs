//! `/{org}/corrections/{request}`: what one request really cost.

use axum::{Router, extract::State, response::Response, routing::get};
use domain::{Action, EventId, Name, Usd};
use leptos::prelude::*;
use store::{Conflict, Doubtful, StoreError};

use super::{key_text, why};
use crate::{
    components::{
        AmountField, DialogPage, ErrorSummary, Fact, Facts, Field, LinkButton, Money, Precision,
        Time, Weight,
    },
    labels,
    layouts::{NavItem, Shell},
    render::Page,
    web::{App, Draft, Failure, Member, Path, go, id},
};

pub(super) fn router() -> Router<App> {
    Router::new().route("/{org}/corrections/{request}", get(show).post(correct))
}

async fn show(
    State(app): State<App>,
    member: Member,
    Path((_, request)): Path<(String, String)>,
) -> Result<Response, Failure> {
    member.may(Action::EditBilling)?;
    let charge = find(&app, &member, id(&request)?).await?;
    Ok(page(&member, &charge, &Draft::default()))
}

async fn correct(
    State(app): State<App>,
    member: Member,
    Path((_, request)): Path<(String, String)>,
    mut draft: Draft,
) -> Result<Response, Failure> {
    member.may(Action::EditBilling)?;
    let request: EventId = id(&request)?;
    let (amount, reason) = (draft.read::<Usd>("amount"), draft.read::<Name>("reason"));
    let (Some(amount), Some(reason)) = (amount, reason) else {
        let charge = find(&app, &member, request).await?;
        return Ok(page(&member, &charge, &draft));
    };
    let done = match app.store.correct_charge(&member.caller, request, amount, &reason).await {
        Ok(()) => "corrected",
        Err(StoreError::Conflict(Conflict::AboveBound)) => {
            draft.conflict("amount", StoreError::Conflict(Conflict::AboveBound))?;
            let charge = find(&app, &member, request).await?;
            return Ok(page(&member, &charge, &draft));
        }
        Err(StoreError::Conflict(Conflict::CorrectionLate)) => "late",
        Err(StoreError::Conflict(_)) => "settled",
        Err(error) => return Err(error.into()),
    };
    Ok(go(member.path(&format!("corrections?done={done}"))))
}

/// One that is in doubt still, and in the list.
async fn find(app: &App, member: &Member, request: EventId) -> Result<Doubtful, Failure> {
    Ok(app.store.doubtful_one(&member.caller, request).await?)
}

fn page(member: &Member, charge: &Doubtful, draft: &Draft) -> Response {
    let page = Page::new(labels::CORRECT_A_CHARGE).status(draft.status());
    member.visitor.look.page(page, || {
        let (facts, form) = (facts(member, charge), form(member, charge, draft));
        let foot = view! {
            <LinkButton href=member.path("corrections") weight=Weight::Quiet>{labels::CANCEL}</LinkButton>
            <button type="submit" form="correct" class="btn primary">"Correct charge"</button>
        }
        .into_any();
        view! {
            <Shell frame=member.frame(NavItem::Billing)>
                <DialogPage
                    title=labels::CORRECT_A_CHARGE
                    text="Budgets, usage and thresholds count the new amount in the window in which the request was made. It can be corrected once."
                    foot
                >
                    {facts}
                    {form}
                </DialogPage>
            </Shell>
        }
    })
}

fn facts(member: &Member, charge: &Doubtful) -> AnyView {
    let (at, zone) = (charge.at, member.organization.zone);
    let key = key_text(&charge.key);
    let whose = format!("{}, {key}", charge.project_name);
    let (amount, bound, (_, why)) = (charge.charge, charge.bound, why(&charge.outcome));
    let (id, model) = (charge.id.to_string(), charge.model.clone());
    view! {
        <Facts>
            <Fact label=labels::REQUEST><span class="mono anywhere">{id}</span></Fact>
            <Fact label=labels::WHEN><Time at zone precision=Precision::Second/></Fact>
            <Fact label=labels::PROJECT_AND_KEY>{whose}</Fact>
            <Fact label=labels::MODEL>{model}</Fact>
            <Fact label="Why in doubt">{why}</Fact>
            <Fact label=labels::CHARGED><Money amount/></Fact>
            <Fact label=labels::AT_MOST><Money amount=bound/></Fact>
        </Facts>
    }
    .into_any()
}

fn form(member: &Member, charge: &Doubtful, draft: &Draft) -> AnyView {
    let action = member.path(&format!("corrections/{}", charge.id));
    let field = |name| (draft.value(name), draft.error(name));
    let ((amount, amount_error), (reason, reason_error)) = (field("amount"), field("reason"));
    view! {
        <form class="form" method="post" id="correct" action=action>
            <ErrorSummary lead="Nothing was corrected" errors=draft.errors()/>
            <AmountField name="amount" label="What it cost" value=amount error=amount_error required=true help="As the provider’s invoice or log says; 0 if it cost nothing, at most what it was bounded by."/>
            <Field name="reason" label=labels::REASON value=reason error=reason_error required=true maxlength=100 autocomplete="off" help="Stands in the audit log, with the old and the new amount."/>
        </form>
    }
    .into_any()
}
