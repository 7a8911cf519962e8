//! `/{org}/admin-keys`: the keys of programs that manage the organization, for its owners.

mod new;
mod revoke;

use axum::{Router, extract::State, response::Response, routing::get};
use domain::{Action, api_key::Opens};
use leptos::prelude::*;
use store::AdminKey;

use crate::{
    components::{
        Badge, Card, Column, Empty, Glyph, LinkButton, Precision, Table, Time, Tone, Weight,
    },
    labels,
    layouts::{NavItem, PageHead, Shell},
    render::Page,
    web::{App, Failure, Member},
};

pub(super) fn router() -> Router<App> {
    Router::new().route("/{org}/admin-keys", get(show)).merge(new::router()).merge(revoke::router())
}

async fn show(State(app): State<App>, member: Member) -> Result<Response, Failure> {
    member.may(Action::EditAdminKeys)?;
    let keys = app.store.admin_keys(&member.caller).await?;
    Ok(member.visitor.look.page(Page::new(labels::ADMIN_KEYS), || {
        let is_empty = keys.is_empty();
        let list = list(&member, keys);
        let href = member.path("admin-keys/new");
        let make = (!is_empty).then(|| {
            view! { <LinkButton href weight=Weight::Primary glyph=Glyph::Plus>{labels::NEW_ADMIN_KEY}</LinkButton> }
        });
        view! {
            <Shell frame=member.frame(NavItem::AdminKeys)>
                <PageHead title=labels::ADMIN_KEYS sub="An admin key lets a program manage this organization through the admin API, as an owner. It sends no model requests.">
                    {make}
                </PageHead>
                <Card>{list}</Card>
            </Shell>
        }
    }))
}

fn list(member: &Member, keys: Vec<AdminKey>) -> AnyView {
    if keys.is_empty() {
        let href = member.path("admin-keys/new");
        return view! {
            <Empty title="No admin keys" text="Members, invitations, projects and keys can be managed by a program, too. It needs an admin key, which is shown once, when it is made.">
                <LinkButton href weight=Weight::Primary>{labels::NEW_ADMIN_KEY}</LinkButton>
            </Empty>
        }
        .into_any();
    }
    let columns = vec![
        Column::text(labels::NAME),
        Column::text(labels::MADE_BY),
        Column::text(labels::MADE),
        Column::text(labels::LAST_USED),
        Column::text(labels::EXPIRES),
        Column::act(),
    ];
    let rows = keys.into_iter().map(|key| row(member, key)).collect_view();
    view! { <Table label=labels::ADMIN_KEYS columns>{rows}</Table> }.into_any()
}

fn row(member: &Member, key: AdminKey) -> AnyView {
    let zone = member.organization.zone;
    let day = |at, none: &'static str| match at {
        Some(at) => view! { <Time at zone precision=Precision::Day/> }.into_any(),
        None => view! { <span class="faint">{none}</span> }.into_any(),
    };
    let (masked, maker) = (masked(&key), maker(&key));
    let expired = key.expired.then(|| {
        view! { " "<Badge tone=Tone::Bad line=true text=labels::EXPIRED/> }
    });
    let href = member.path(&format!("admin-keys/{}/revoke", key.id));
    view! {
        <tr>
            <th scope="row">{key.name}{expired}<small class="mono">{masked}</small></th>
            <td data-l=labels::MADE_BY class="muted">{maker}</td>
            <td data-l=labels::MADE><Time at=key.created_at zone precision=Precision::Day/></td>
            <td data-l=labels::LAST_USED>{day(key.used_at, labels::NEVER)}</td>
            <td data-l=labels::EXPIRES>{day(key.expires_at, labels::NEVER)}</td>
            <td class="act"><LinkButton href weight=Weight::Quiet>"Revoke…"</LinkButton></td>
        </tr>
    }
    .into_any()
}

fn maker(key: &AdminKey) -> String {
    key.maker.as_ref().map_or_else(|| "Not a member".to_owned(), |maker| maker.email.clone())
}

fn masked(key: &AdminKey) -> String {
    Opens::Admin.masked(&key.public_id, &key.last_four)
}
