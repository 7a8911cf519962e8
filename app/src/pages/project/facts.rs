//! What a project is, for everybody in it.

use leptos::prelude::*;
use store::Project;

use super::super::{projects::role_words, requests::story::body::in_words};
use crate::{
    components::{Card, CardBody, Fact, Facts, Id, Precision, Time},
    islands::CopyButton,
    labels,
    web::Member,
};

pub(super) fn card(member: &Member, project: &Project) -> AnyView {
    let zone = member.organization.zone;
    let id = project.id.to_string();
    let (made, environment) = (project.created_at, project.environment.label());
    let archived = project.archived_at.map(|at| {
        view! { <Fact label=labels::ARCHIVED><Time at zone precision=Precision::Minute/></Fact> }
    });
    let default = project
        .is_default
        .then(|| view! { <Fact label=labels::DEFAULT_PROJECT>"Yes: personal keys work for it unless a request names another"</Fact> });
    let rehearsal = project
        .rehearsal
        .then(|| view! { <Fact label=labels::FOR_REHEARSALS>"Yes: it reaches the sandbox alone, and spends nothing of the organization’s budgets"</Fact> });
    let bodies = project.bodies.map_or_else(
        || labels::NOT_KEPT.to_owned(),
        |days| format!("Kept for {}, for those who run the project", in_words(days)),
    );
    let role = role_words(project.who);
    view! {
        <Card title=labels::PROJECT_ID>
            <CardBody split=true>
                <div class="row"><Id text=id.clone()/><CopyButton text=id/></div>
                <p class="muted">
                    "An API key knows its project. An application that sends the header "
                    <code>{labels::OPENAI_PROJECT}</code>
                    " must send this id, or its requests are refused."
                </p>
                <Facts>
                    <Fact label=labels::ENVIRONMENT>{environment}</Fact>
                    <Fact label=labels::YOUR_ROLE>{role}</Fact>
                    {default}
                    {rehearsal}
                    <Fact label=labels::PROMPTS_AND_ANSWERS>{bodies}</Fact>
                    <Fact label=labels::MADE><Time at=made zone precision=Precision::Minute/></Fact>
                    {archived}
                </Facts>
            </CardBody>
        </Card>
    }
    .into_any()
}
