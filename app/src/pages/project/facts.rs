//! What a project is, for everybody in it.

use leptos::prelude::*;
use store::Project;

use super::super::{projects::role_words, requests::story::body::in_words};
use crate::{
    components::{Card, CardBody, Fact, Facts, Id, Precision, Time},
    islands::CopyButton,
    web::Member,
};

pub(super) fn card(member: &Member, project: &Project) -> AnyView {
    let zone = member.organization.zone;
    let id = project.id.to_string();
    let (made, environment) = (project.created_at, project.environment.label());
    let archived = project.archived_at.map(|at| {
        view! { <Fact label="Archived"><Time at zone precision=Precision::Minute/></Fact> }
    });
    let default = project
        .is_default
        .then(|| view! { <Fact label="Default project">"Yes: personal keys work for it unless a request names another"</Fact> });
    let rehearsal = project
        .rehearsal
        .then(|| view! { <Fact label="For rehearsals">"Yes: it reaches the sandbox alone, and spends nothing of the organization’s budgets"</Fact> });
    let bodies = project.bodies.map_or_else(
        || "Not kept".to_owned(),
        |days| format!("Kept for {}, for those who run the project", in_words(days)),
    );
    let role = role_words(project.who);
    view! {
        <Card title="Project ID">
            <CardBody split=true>
                <div class="row"><Id text=id.clone()/><CopyButton text=id/></div>
                <p class="muted">
                    "An API key knows its project. An application that sends the header "
                    <code>"OpenAI-Project"</code>
                    " must send this id, or its requests are refused."
                </p>
                <Facts>
                    <Fact label="Environment">{environment}</Fact>
                    <Fact label="Your role">{role}</Fact>
                    {default}
                    {rehearsal}
                    <Fact label="Prompts and answers">{bodies}</Fact>
                    <Fact label="Made"><Time at=made zone precision=Precision::Minute/></Fact>
                    {archived}
                </Facts>
            </CardBody>
        </Card>
    }
    .into_any()
}
