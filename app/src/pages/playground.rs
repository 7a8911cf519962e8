//! `/{org}/playground`: a prompt, sent to one or two models. It goes the way of all requests and is charged
//! as they are.

mod asked;
mod form;
mod place;
mod result;
mod run;

use axum::{Router, extract::State, response::Response, routing::get};
use domain::Usd;
use leptos::prelude::*;
use serde::Deserialize;
use store::system::Player;

use self::{place::Place, run::Run};
use crate::{
    components::{Card, Empty},
    labels,
    layouts::{NavItem, PageHead, Shell},
    render::Page,
    web::{App, Draft, Failure, LongDraft, Member, Query},
};

pub(super) fn router() -> Router<App> {
    Router::new().route("/{org}/playground", get(show).post(play))
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    project: String,
}

/// What is shown below the form.
enum Done {
    Nothing,
    /// What each model can cost at most; none where no price is known.
    Most(Vec<(String, Option<Usd>)>),
    Sent(Vec<Run>),
}

async fn show(
    State(app): State<App>,
    member: Member,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let place = Place::of(&app, &member, &asked.project).await?;
    let draft = Draft::with([("most", "500".to_owned())]);
    Ok(page(&member, &place, &draft, &Done::Nothing))
}

async fn play(
    State(app): State<App>,
    member: Member,
    LongDraft(mut draft): LongDraft,
) -> Result<Response, Failure> {
    let place = Place::of(&app, &member, &draft.value("project")).await?;
    let project = place.chosen.as_ref().filter(|_| place.is_named);
    if project.is_none() {
        draft.refuse("project", "Choose a project in which you may send requests.");
    }
    if project.is_some() && draft.has("choose") {
        return Ok(page(&member, &place, &draft, &Done::Nothing));
    }
    let prompts = asked::read(&mut draft, &place);
    let (Some(project), Some(prompts)) = (project, prompts) else {
        return Ok(page(&member, &place, &draft, &Done::Nothing));
    };
    let (org, user) = (member.organization.id, member.visitor.account.id);
    let done = if draft.has("estimate") {
        let most = |prompt| app.playground.most(org, prompt);
        let name = |prompt: &crate::web::Prompt| prompt.model.model.clone();
        Done::Most(prompts.iter().map(|prompt| (name(prompt), most(prompt))).collect())
    } else {
        let player = Player { org, project: project.id, user };
        Done::Sent(run::all(&app, &member, player, prompts).await)
    };
    Ok(page(&member, &place, &draft, &done))
}

fn page(member: &Member, place: &Place, draft: &Draft, done: &Done) -> Response {
    let page = Page::new(labels::PLAYGROUND).status(draft.status());
    member.visitor.look.page(page, || {
        let content = match &place.chosen {
            Some(project) => form::cards(member, place, project, draft),
            None => nowhere(),
        };
        let result = match done {
            Done::Nothing => None,
            Done::Most(most) => Some(result::most(most)),
            Done::Sent(runs) => Some(result::sent(member, runs)),
        };
        view! {
            <Shell frame=member.frame(NavItem::Playground)>
                <PageHead title=labels::PLAYGROUND sub="A prompt, sent to one or two models. It is admitted, limited and charged as any request, and kept only where its project keeps prompts and answers."/>
                {content}
                {result}
            </Shell>
        }
    })
}

fn nowhere() -> AnyView {
    view! {
        <Card>
            <Empty title="No project to send from" text="Requests are sent for a project, by its owners and members. Ask an owner of a project to add you."/>
        </Card>
    }
    .into_any()
}
