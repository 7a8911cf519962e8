//! `/design`: every part in every state, from the same components as the pages. What is seen here is photographed and
//! compared by the browser tests.

mod charts;
mod data;
mod fields;
mod ground;
mod limits;
mod states;

use axum::{Router, response::Response, routing::get};
use leptos::prelude::*;

use super::Runner;
use crate::{
    labels,
    layouts::{Door, PageHead, Shell},
    render::Page,
    web::{App, Failure},
};

pub(super) fn router() -> Router<App> {
    Router::new().route("/design", get(show))
}

async fn show(runner: Runner) -> Result<Response, Failure> {
    let look = runner.look();
    Ok(look.page(Page::new(labels::DESIGN).islands(), || {
        let (title, sub) = (labels::DESIGN, "Every part in every state. The numbers are made up.");
        let content = content();
        match runner.frame {
            Some(frame) => view! { <Shell frame><PageHead title sub/>{content}</Shell> }.into_any(),
            None => view! { <Door title sub>{content}</Door> }.into_any(),
        }
    }))
}

fn content() -> AnyView {
    let part = |id: &'static str, content: AnyView| {
        view! { <div class="specimen stack" id=id>{content}</div> }
    };
    view! {
        <div class="grid two">
            {part("ground", ground::colours())}
            {part("type", ground::type_and_buttons())}
            {part("fields", fields::fields())}
            {part("states", states::states())}
        </div>
        {part("empty", states::empties())}
        {part("compared", limits::compared())}
        {part("limits", limits::limits())}
        {part("bars", charts::bars())}
        {part("lines", charts::lines())}
        {part("table", data::table())}
        <div class="grid two">
            {part("secrets", data::secrets())}
            <div class="stack">
                {part("receipt", data::receipt())}
                {part("timeline", data::timeline())}
            </div>
        </div>
    }
    .into_any()
}
