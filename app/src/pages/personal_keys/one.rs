//! `/account/keys/{key}`: renames or revokes one of a person's own keys.

use axum::{Router, extract::State, response::Response, routing::get};
use domain::Name;
use leptos::prelude::*;
use store::PersonalKey;

use super::times;
use crate::{
    components::{Button, Card, CardBody, ErrorSummary, Field, LinkButton, PostButton, Weight},
    labels,
    layouts::NavItem,
    pages::frame::Personal,
    render::Page,
    web::{App, Draft, Failure, Member, Path, Visitor, go, id},
};

pub(super) fn router() -> Router<App> {
    Router::new().route("/account/keys/{key}", get(show).post(edit))
}

async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Path(key): Path<String>,
) -> Result<Response, Failure> {
    let key = find(&app, &visitor, &key).await?;
    let draft = Draft::with([("name", key.name.clone())]);
    page(&app, visitor, &key, &draft).await
}

async fn edit(
    State(app): State<App>,
    visitor: Visitor,
    Path(key): Path<String>,
    mut draft: Draft,
) -> Result<Response, Failure> {
    let key = find(&app, &visitor, &key).await?;
    let (system, person) = (app.store.system(), visitor.account.id);
    match draft.value("action").as_str() {
        "revoke" => system.revoke_personal_key(person, key.id).await?,
        "rename" => match draft.read::<Name>("name") {
            Some(name) => system.rename_personal_key(person, key.id, &name).await?,
            None => return page(&app, visitor, &key, &draft).await,
        },
        _ => return Err(Failure::BadRequest),
    }
    Ok(go("/account/keys"))
}

async fn find(app: &App, visitor: &Visitor, key: &str) -> Result<PersonalKey, Failure> {
    let id = id(key)?;
    let keys = app.store.system().personal_keys(visitor.account.id).await?;
    keys.into_iter().find(|key| key.id == id).ok_or(Failure::NotFound)
}

async fn page(
    app: &App,
    visitor: Visitor,
    key: &PersonalKey,
    draft: &Draft,
) -> Result<Response, Failure> {
    let look = visitor.look;
    let frame = Member::at_home(app, visitor).await?.map(|member| member.frame(NavItem::None));
    Ok(look.page(Page::new(labels::PERSONAL_KEY).status(draft.status()), || {
        let action = format!("/account/keys/{}", key.id);
        let revoke = key.revoked_at.is_none().then(|| revoke(&action));
        let (about, rename) = (times(key), rename(&action, draft));
        view! {
            <Personal frame below=true title=labels::PERSONAL_KEY sub="One of your own keys.">
                <p class="mono">{about}</p>
                <div class="grid two">
                    <Card title=labels::NAME><CardBody split=true>{rename}</CardBody></Card>
                    {revoke}
                </div>
            </Personal>
        }
    }))
}

fn rename(action: &str, draft: &Draft) -> AnyView {
    view! {
        <form class="form" method="post" action=action.to_owned()>
            <ErrorSummary lead=labels::NOTHING_WAS_SAVED errors=draft.errors()/>
            <input type="hidden" name="action" value="rename"/>
            <Field name="name" label=labels::NAME value=draft.value("name") error=draft.error("name") required=true maxlength=100 autocomplete="off"/>
            <div class="row">
                <Button weight=Weight::Primary>{labels::RENAME_KEY}</Button>
                <LinkButton href="/account/keys" weight=Weight::Quiet>"Back to your keys"</LinkButton>
            </div>
        </form>
    }
    .into_any()
}

fn revoke(action: &str) -> AnyView {
    let (action, fields) = (action.to_owned(), vec![("action", "revoke".to_owned())]);
    view! {
        <Card title=labels::REVOKE>
            <CardBody split=true>
                <p class="muted">"Every request with it is refused from now on, in every organization. This can’t be undone."</p>
                <PostButton action fields weight=Weight::Danger>"Revoke key"</PostButton>
            </CardBody>
        </Card>
    }
    .into_any()
}
