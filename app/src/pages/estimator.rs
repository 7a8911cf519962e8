//! `/{org}/estimator`: a text, cut into tokens, and what it costs as a prompt of several models. The text is
//! in the form's body alone: it is neither kept nor logged, and stands in no address.

mod asked;
mod cost;
mod cut;
mod form;
mod result;
mod text;

use std::collections::BTreeMap;

use axum::{Router, extract::State, response::Response, routing::get};
use domain::{Price, price::in_force::SANDBOX};
use leptos::prelude::*;

use self::{asked::Asked, cost::Estimate, cut::Cut};
use crate::{
    labels,
    layouts::{NavItem, PageHead, Shell},
    render::Page,
    web::{App, Draft, Failure, LongDraft, Member},
};

pub(super) fn router() -> Router<App> {
    Router::new().route("/{org}/estimator", get(show).post(estimate))
}

/// Prices by model.
type List = BTreeMap<String, Price>;

/// What a text came to.
struct Done {
    /// By encoding, each once.
    cuts: Vec<Cut>,
    /// By model, in the order in which they were chosen.
    estimates: Vec<Estimate>,
    asked: Asked,
}

async fn show(State(app): State<App>, member: Member) -> Result<Response, Failure> {
    let draft = Draft::with([("output", "500".to_owned()), ("requests", "1,000".to_owned())]);
    let list = list(&app, &member).await?;
    Ok(page(&member, &list, &draft, None))
}

async fn estimate(
    State(app): State<App>,
    member: Member,
    LongDraft(mut draft): LongDraft,
) -> Result<Response, Failure> {
    let list = list(&app, &member).await?;
    let Some(asked) = asked::read(&mut draft, &list) else {
        return Ok(page(&member, &list, &draft, None));
    };
    let cuts = match cut::cut(&asked.text, asked.encodings()).await {
        Ok(cuts) => cuts,
        Err(error) => {
            draft.refuse_with("text", &error);
            return Ok(page(&member, &list, &draft, None));
        }
    };
    let estimates = cost::estimates(&asked, &cuts, &list);
    let done = Done { cuts, estimates, asked };
    Ok(page(&member, &list, &draft, Some(&done)))
}

async fn list(app: &App, member: &Member) -> Result<List, Failure> {
    let mut list = app.store.prices_in_force(&member.caller).await?;
    // What the sandbox costs, nobody pays.
    list.retain(|_, price| price.provider != SANDBOX);
    Ok(list)
}

fn page(member: &Member, list: &List, draft: &Draft, done: Option<&Done>) -> Response {
    let page = Page::new(labels::ESTIMATOR).status(draft.status());
    member.visitor.look.page(page, || {
        let form = form::card(member, list, draft);
        let result = done.map(|done| result::cards(member, done));
        view! {
            <Shell frame=member.frame(NavItem::Estimator)>
                <PageHead title=labels::ESTIMATOR sub="What a text costs as a prompt, before it is sent. It is neither stored nor sent to a provider."/>
                {form}
                {result}
            </Shell>
        }
    })
}
