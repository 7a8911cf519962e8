//! `/{org}/keys/{key}/revoke`: the question before a key is gone for good.

use axum::{Router, extract::State, response::Response, routing::get};
use domain::Forbidden;
use leptos::prelude::*;

use super::{masked, removal};
use crate::{
    components::{DialogPage, Fact, Facts, LinkButton, PostButton, Weight},
    labels,
    layouts::{NavItem, Shell},
    render::Page,
    web::{App, Failure, Member, Path, go, id},
};

pub(super) fn router() -> Router<App> {
    Router::new().route("/{org}/keys/{key}/revoke", get(show).post(revoke))
}

async fn show(
    State(app): State<App>,
    member: Member,
    Path((_, key)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let key = app.store.api_key(&member.caller, id(&key)?).await?;
    if !key.may_edit() {
        return Err(Forbidden.into());
    }
    if key.revoked_at.is_some() {
        return Ok(go(member.path("keys?state=revoked")));
    }
    let title = format!("{} “{}”?", removal(&key), key.name);
    let text = if key.imported {
        "Only this label is removed; the key at the provider goes on working until it is revoked there."
    } else {
        "Every request with this key is refused from now on, with 401 invalid_api_key. This can’t be undone: an application that needs a key gets a new one."
    };
    Ok(member.visitor.look.page(Page::new(title.clone()), || {
        let action = member.path(&format!("keys/{}/revoke", key.id));
        let verb = removal(&key);
        let foot = view! {
            <LinkButton href=member.path("keys") weight=Weight::Quiet>{labels::KEEP_KEY}</LinkButton>
            <PostButton action weight=Weight::Danger>{verb}" key"</PostButton>
        }
        .into_any();
        let masked = masked(&key);
        view! {
            <Shell frame=member.frame(NavItem::Keys)>
                <DialogPage title text foot>
                    <Facts>
                        <Fact label=labels::KEY><span class="mono">{masked}</span></Fact>
                        <Fact label=labels::PROJECT>{key.project_name}</Fact>
                    </Facts>
                </DialogPage>
            </Shell>
        }
    }))
}

async fn revoke(
    State(app): State<App>,
    member: Member,
    Path((_, key)): Path<(String, String)>,
) -> Result<Response, Failure> {
    app.store.revoke_api_key(&member.caller, id(&key)?).await?;
    Ok(go(member.path("keys?state=revoked")))
}
