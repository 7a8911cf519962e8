//! Ways to look at usage that are kept under a name.

use axum::{extract::State, response::Response};
use domain::{Action, Name};
use leptos::prelude::*;
use store::{StoreError, UsageView};

use super::{Question, View, read, respond};
use crate::{
    components::{Button, ErrorSummary, Field, Glyph, Icon, PostButton, Tick, Weight},
    labels,
    web::{App, Draft, Failure, Member, go, id},
};

/// `POST /{org}/usage`: keeps the question that is sent along, or removes a view.
pub(in super::super) async fn save(
    State(app): State<App>,
    member: Member,
    mut draft: Draft,
) -> Result<Response, Failure> {
    let query = draft.value("query");
    let question = Question::read(Some(&query));
    let done = match draft.value("deed").as_str() {
        "remove" => app.store.remove_view(&member.caller, id(&draft.value("view"))?).await,
        "keep" => match draft.read::<Name>("name") {
            Some(name) => {
                let (kept, shared) = (question.query(), draft.has("shared"));
                app.store.keep_view(&member.caller, &name, &kept, shared).await
            }
            None => return refused(&app, &member, &query, draft).await,
        },
        _ => return Err(Failure::BadRequest),
    };
    match done {
        Ok(()) => Ok(go(format!("{}#views", question.href(&member.path("usage"))))),
        Err(error @ StoreError::Conflict(_)) => {
            draft.conflict("name", error)?;
            refused(&app, &member, &query, draft).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn refused(
    app: &App,
    member: &Member,
    query: &str,
    draft: Draft,
) -> Result<Response, Failure> {
    let page = View { keeping: draft, ..read(app, member, Some(query)).await? };
    Ok(respond(member, page))
}

/// The views, and the form that keeps what is shown as another one.
pub(super) fn list(page: &View) -> AnyView {
    let (own, shared): (Vec<_>, Vec<_>) = page.views.iter().partition(|view| !view.shared);
    let open = !page.keeping.errors().is_empty();
    let lists = [("Yours", own, true), ("Everybody’s", shared, page.edits)].map(
        |(title, views, removes)| {
            let rows: Vec<_> = views.iter().map(|view| row(page, view, removes)).collect();
            (!rows.is_empty()).then(|| view! { <h3>{title}</h3><ul class="stack">{rows}</ul> })
        },
    );
    let form = form(page);
    view! {
        <details class="snip" id="views" open=open>
            <summary>"Views "<Icon glyph=Glyph::Down/></summary>
            <div class="stack">{lists.into_iter().collect_view()}{form}</div>
        </details>
    }
    .into_any()
}

fn row(page: &View, view: &UsageView, removes: bool) -> AnyView {
    let (href, name) = (format!("{}?{}", page.path, view.query), view.name.clone());
    let remove = removes.then(|| {
        let fields = vec![
            ("deed", "remove".to_owned()),
            ("view", view.id.to_string()),
            ("query", page.asked.question.query()),
        ];
        let which = format!(" {}", view.name);
        view! {
            <PostButton action=page.path.clone() fields weight=Weight::Quiet>
                {labels::REMOVE}<span class="vh">{which}</span>
            </PostButton>
        }
    });
    view! { <li class="row between"><a href=href>{name}</a>{remove}</li> }.into_any()
}

fn form(page: &View) -> AnyView {
    let (draft, query) = (&page.keeping, page.asked.question.query());
    let (errors, name, error) = (draft.errors(), draft.value("name"), draft.error("name"));
    let shared = page.edits.then(|| {
        let checked = draft.has("shared");
        view! { <Tick name="shared" label="For everybody in the organization" checked/> }
    });
    view! {
        <form class="form" method="post" action=page.path.clone()>
            <input type="hidden" name="deed" value="keep"/>
            <input type="hidden" name="query" value=query/>
            <ErrorSummary lead="Nothing was kept" errors/>
            <Field name="name" label="Keep what is shown as" value=name error required=true maxlength=100
                help="A name that is there already gets what is shown. Ranges like “7 days” move on with time."/>
            {shared}
            <div class="row"><Button>"Keep view"</Button></div>
        </form>
    }
    .into_any()
}

/// Whether the member keeps views for everybody.
pub(super) fn edits(member: &Member) -> bool {
    member.can(Action::EditOrganization)
}
