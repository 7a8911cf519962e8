//! `/{org}/admin-keys/{key}/revoke`: the question before an admin key is gone for good.

use axum::{Router, extract::State, response::Response, routing::get};
use domain::Action;
use leptos::prelude::*;

use super::{maker, masked};
use crate::{
    components::{DialogPage, Fact, Facts, LinkButton, PostButton, Weight},
    labels,
    layouts::{NavItem, Shell},
    render::Page,
    web::{App, Failure, Fresh, Member, Path, go, id},
};

pub(super) fn router() -> Router<App> {
    Router::new().route("/{org}/admin-keys/{key}/revoke", get(show).post(revoke))
}

async fn show(
    State(app): State<App>,
    member: Member,
    fresh: Result<Fresh, Failure>,
    Path((_, key)): Path<(String, String)>,
) -> Result<Response, Failure> {
    member.may(Action::EditAdminKeys)?;
    fresh?;
    let key = app.store.admin_key(&member.caller, id(&key)?).await?;
    let title = format!("Revoke “{}”?", key.name);
    Ok(member.visitor.look.page(Page::new(title.clone()), || {
        let action = member.path(&format!("admin-keys/{}/revoke", key.id));
        let foot = view! {
            <LinkButton href=member.path("admin-keys") weight=Weight::Quiet>{labels::KEEP_KEY}</LinkButton>
            <PostButton action weight=Weight::Danger>"Revoke admin key"</PostButton>
        }
        .into_any();
        let (masked, maker) = (masked(&key), maker(&key));
        view! {
            <Shell frame=member.frame(NavItem::AdminKeys)>
                <DialogPage title text="Every request with this key is refused from now on, with 401 invalid_api_key. Admin keys that were made with it end, too, and open invitations of owners that it sent. This can’t be undone: a program that needs a key gets a new one." foot>
                    <Facts>
                        <Fact label=labels::KEY><span class="mono">{masked}</span></Fact>
                        <Fact label=labels::MADE_BY>{maker}</Fact>
                    </Facts>
                </DialogPage>
            </Shell>
        }
    }))
}

async fn revoke(
    State(app): State<App>,
    member: Member,
    fresh: Result<Fresh, Failure>,
    Path((_, key)): Path<(String, String)>,
) -> Result<Response, Failure> {
    member.may(Action::EditAdminKeys)?;
    fresh?;
    app.store.revoke_admin_key(&member.caller, id(&key)?).await?;
    Ok(go(member.path("admin-keys")))
}
