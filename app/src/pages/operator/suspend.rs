//! `/operator/organizations/{org}`: suspending an organization, and letting it go on.

use axum::{Router, extract::State, response::Response, routing::get};
use domain::{Name, OrgId};
use leptos::prelude::*;
use store::system::operator::OrganizationRow;

use super::{Part, Runner, ZONE, around};
use crate::{
    components::{Button, DialogPage, ErrorSummary, Fact, Facts, Field, LinkButton, Time, Weight},
    labels,
    render::Page,
    web::{App, Draft, Failure, Fresh, Path, go, id},
};

pub(super) fn router() -> Router<App> {
    Router::new().route("/operator/organizations/{org}", get(show).post(decide))
}

async fn show(
    State(app): State<App>,
    runner: Runner,
    _: Fresh,
    Path(org): Path<String>,
) -> Result<Response, Failure> {
    let row = runner.operator(&app).await?.organization(id::<OrgId>(&org)?).await?;
    Ok(page(runner, row, &Draft::default()))
}

async fn decide(
    State(app): State<App>,
    runner: Runner,
    _: Fresh,
    Path(org): Path<String>,
    mut draft: Draft,
) -> Result<Response, Failure> {
    let operator = runner.operator(&app).await?;
    let row = operator.organization(id::<OrgId>(&org)?).await?;
    match draft.value("action").as_str() {
        "resume" => {
            operator.resume(row.id).await?;
            Ok(go("/operator?done=resumed"))
        }
        "suspend" => match draft.read::<Name>("reason") {
            Some(reason) => {
                operator.suspend(row.id, reason.as_str()).await?;
                Ok(go("/operator?done=suspended"))
            }
            None => Ok(page(runner, row, &draft)),
        },
        _ => Err(Failure::BadRequest),
    }
}

fn page(runner: Runner, row: OrganizationRow, draft: &Draft) -> Response {
    let title = if row.suspended.is_some() { labels::RESUME } else { "Suspend" };
    let page = Page::new(format!("{title} {}", row.name)).status(draft.status());
    runner.look().page(page, || {
        let path = format!("/operator/organizations/{}", row.id);
        let dialog = match row.suspended {
            Some((since, reason)) => resume(path, &row.name, since, reason),
            None => suspend(path, &row.name, draft),
        };
        around(runner.frame, Part::Organizations, dialog)
    })
}

fn suspend(path: String, name: &str, draft: &Draft) -> AnyView {
    let foot = view! {
        <LinkButton href="/operator" weight=Weight::Quiet>{labels::CANCEL}</LinkButton>
        <button type="submit" form="suspend" class="btn danger">"Suspend it"</button>
    }
    .into_any();
    let (reason, error, errors) = (draft.value("reason"), draft.error("reason"), draft.errors());
    view! {
        <DialogPage
            below=true
            title=format!("Suspend {name}?")
            text="From the next second on every request with its keys is refused with 403 organization_suspended. Its members can still sign in and look around. Nothing is deleted."
            foot
        >
            <form class="form" method="post" id="suspend" action=path>
                <ErrorSummary lead="It was not suspended" errors/>
                <input type="hidden" name="action" value="suspend"/>
                <Field name="reason" label=labels::REASON value=reason error required=true maxlength=100 help=labels::ITS_OWNERS_READ_IT_IN_THEIR_AUDIT_LOG/>
            </form>
        </DialogPage>
    }
    .into_any()
}

fn resume(
    path: String,
    name: &str,
    since: chrono::DateTime<chrono::Utc>,
    reason: String,
) -> AnyView {
    let foot = view! {
        <LinkButton href="/operator" weight=Weight::Quiet>{labels::CANCEL}</LinkButton>
        <form method="post" action=path>
            <Button weight=Weight::Primary name="action" value="resume">"Resume it"</Button>
        </form>
    }
    .into_any();
    view! {
        <DialogPage below=true title=format!("Resume {name}?") text="Requests with its keys are let through again, within its budgets." foot>
            <Facts>
                <Fact label="Suspended since"><Time at=since zone=ZONE/></Fact>
                <Fact label=labels::REASON>{reason}</Fact>
            </Facts>
        </DialogPage>
    }
    .into_any()
}
