//! Ways to look at usage that are kept under a name.

use axum::{extract::State, response::Response};
use domain::{Action, Caller, Name, OrgId, ViewId};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use store::{Store, StoreError, UsageView};
use tower_sessions::Session;

use super::{Question, View, read, respond};
use crate::{
    components::{Button, ErrorSummary, Field, Fold, PostButton, Tick, Toast, Weight},
    labels,
    web::{App, Draft, Failure, Member, go, id, recall},
};

const KEY: &str = "usage-view";
/// The deed that keeps a view which was removed, and takes no other one's place.
const AGAIN: &str = "keep-again";

/// What was done to a view. It is told by the page that is shown next, and kept in the session until then: the page's
/// address is a question that people bookmark.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Done {
    Kept { name: String },
    Removed { name: String, query: String, shared: bool },
}

impl Done {
    /// What is to be told of this organization's; once.
    pub(super) async fn take(session: &Session, member: &Member) -> Result<Option<Self>, Failure> {
        let org = member.caller.org;
        let kept = recall(session, KEY, |(of, _): &(OrgId, Self)| *of == org).await?;
        Ok(kept.map(|(_, done)| done))
    }

    /// `clean` is the address of what is shown.
    pub(super) fn told(self, path: &str, clean: String) -> AnyView {
        match self {
            Self::Kept { name } => {
                let text = format!("“{name}” is in the list Views.");
                view! { <Toast lead="View kept." text clean/> }.into_any()
            }
            Self::Removed { name, query, shared } => {
                let words = format!("Keep “{name}” again");
                let mut fields = vec![("deed", AGAIN.to_owned()), ("name", name), ("query", query)];
                fields.extend(shared.then(|| ("shared", "on".to_owned())));
                let action = path.to_owned();
                view! {
                    <Toast lead="View removed." clean><PostButton action fields>{words}</PostButton></Toast>
                }
                .into_any()
            }
        }
    }
}

/// `POST /{org}/usage`: keeps the question that is sent along, or removes a view.
pub(in super::super) async fn save(
    State(app): State<App>,
    member: Member,
    session: Session,
    mut draft: Draft,
) -> Result<Response, Failure> {
    let query = draft.value("query");
    let question = Question::read(Some(&query));
    let (store, caller) = (&app.store, &member.caller);
    let tried = match draft.value("deed").as_str() {
        "remove" => remove(store, caller, id(&draft.value("view"))?).await,
        deed @ ("keep" | AGAIN) => match draft.read::<Name>("name") {
            Some(name)
                if deed == AGAIN
                    && is_taken(store, caller, &name, &question, draft.has("shared")).await? =>
            {
                draft.refuse("name", "Another view has this name by now. Choose another name.");
                return refused(&app, &member, &query, draft).await;
            }
            Some(name) => {
                let (kept, shared) = (question.query(), draft.has("shared"));
                let kept = store.keep_view(caller, &name, &kept, shared).await;
                kept.map(|()| Some(Done::Kept { name: name.to_string() }))
            }
            None => return refused(&app, &member, &query, draft).await,
        },
        _ => return Err(Failure::BadRequest),
    };
    match tried {
        Ok(done) => {
            if let Some(done) = done {
                session.insert(KEY, (caller.org, done)).await?;
            }
            Ok(go(question.href(&member.path("usage"))))
        }
        Err(error @ StoreError::Conflict(_)) => {
            draft.conflict("name", error)?;
            refused(&app, &member, &query, draft).await
        }
        Err(error) => Err(error.into()),
    }
}

/// By another question: the same one is kept already, as after a second click.
async fn is_taken(
    store: &Store,
    caller: &Caller,
    name: &Name,
    question: &Question,
    shared: bool,
) -> Result<bool, Failure> {
    let (views, query) = (store.views(caller).await?, question.query());
    let mut same = views.iter().filter(|it| it.name == name.as_str() && it.shared == shared);
    Ok(same.any(|it| it.query != query))
}

async fn remove(store: &Store, caller: &Caller, view: ViewId) -> Result<Option<Done>, StoreError> {
    let views = store.views(caller).await?;
    store.remove_view(caller, view).await?;
    let removed = views.into_iter().find(|it| it.id == view);
    Ok(removed.map(|UsageView { name, query, shared, .. }| Done::Removed { name, query, shared }))
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
        <Fold title="Views" open>{lists.into_iter().collect_view()}{form}</Fold>
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
