//! `POST /{org}/settings/rules`: what holds for all who are in the organization.

use axum::{Router, extract::State, response::Response, routing::post};
use domain::{Action, MostDays, Rules};
use leptos::prelude::*;

use super::{Drafts, page};
use crate::{
    components::{Button, Card, CardBody, ErrorSummary, Field, Tick},
    labels,
    web::{App, Draft, Failure, Member, go},
};

pub(super) fn router() -> Router<App> {
    Router::new().route("/{org}/settings/rules", post(save))
}

/// The form as the rules are now.
pub(super) fn draft(rules: Rules) -> Draft {
    let days = rules.key_max_days.map(|days| days.to_string()).unwrap_or_default();
    let mut draft = Draft::with([("key_max_days", days)]);
    for (name, on) in
        [("projects_listed", rules.projects_listed), ("service_keys_only", rules.service_keys_only)]
    {
        if on {
            draft.keep(name, "on");
        }
    }
    draft
}

async fn save(
    State(app): State<App>,
    member: Member,
    mut draft: Draft,
) -> Result<Response, Failure> {
    member.may(Action::EditOrganization)?;
    let unlimited = draft.value("key_max_days").trim().is_empty();
    let days = if unlimited { None } else { draft.read::<MostDays>("key_max_days") };
    if unlimited || days.is_some() {
        let rules = Rules {
            projects_listed: draft.has("projects_listed"),
            key_max_days: days,
            service_keys_only: draft.has("service_keys_only"),
        };
        app.store.set_rules(&member.caller, &rules).await?;
        return Ok(go(member.path("settings?saved=rules")));
    }
    Ok(page(&member, &Drafts { rules: draft, ..Drafts::new(&member) }, None))
}

pub(super) fn card(member: &Member, draft: &Draft) -> AnyView {
    let (action, errors) = (member.path("settings/rules"), draft.errors());
    let (listed, service) = (draft.has("projects_listed"), draft.has("service_keys_only"));
    let (days, error) = (draft.value("key_max_days"), draft.error("key_max_days"));
    view! {
        <Card title="Rules">
            <CardBody split=true>
                <form class="form" method="post" action=action>
                    <ErrorSummary lead=labels::NOTHING_WAS_SAVED errors/>
                    <Tick name="projects_listed" label="Readers see that all projects exist" checked=listed
                        help="Names only. Without it they see nothing of projects that they are not in."/>
                    <Tick name="service_keys_only" label="Only service accounts may have new keys" checked=service
                        help="Personal keys and the playground are refused. Keys that members have go on until they expire or are revoked."/>
                    <Field name="key_max_days" label="Longest life of a new key, in days" value=days error
                        inputmode="numeric" help="From 1 to 3650. Empty: a key need not expire."/>
                    <div class="row"><Button>"Save rules"</Button></div>
                </form>
            </CardBody>
        </Card>
    }
    .into_any()
}
