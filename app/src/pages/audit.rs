//! `/{org}/audit`: who changed what, for owners.

mod entry;
mod export;
mod filter;
mod head;
pub(super) mod told;

use std::collections::HashMap;

use axum::{
    Router,
    extract::{RawQuery, State},
    response::Response,
    routing::{get, post},
};
use domain::Caller;
use leptos::prelude::*;
use store::{AuditPage, Member as Person, Project};

use self::filter::Filter;
use crate::{
    components::{Card, CardFoot, Column, Empty, Glyph, LinkButton, PostButton, Table},
    labels,
    layouts::{NavItem, PageHead, Shell},
    render::Page,
    web::{App, Failure, Member},
};

pub(super) fn router() -> Router<App> {
    Router::new().route("/{org}/audit", get(show)).route("/{org}/audit/export", post(export::send))
}

/// How many entries are shown at once.
const MOST: u16 = 50;

/// What is shown.
struct View {
    member: Member,
    filter: Filter,
    entries: AuditPage,
    /// To choose from, archived ones too.
    projects: Vec<Project>,
    /// What things are called now, by their ids.
    names: HashMap<String, String>,
}

async fn show(
    State(app): State<App>,
    member: Member,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let (store, caller) = (&app.store, &member.caller);
    let filter = Filter::read(query.as_deref(), member.organization.zone);
    let before = filter.before;
    // A filter that can't be read lets nothing through: all entries would look like its answer.
    let asked = if filter.is_right() { MOST } else { 0 };
    let entries = store.audit_log(caller, &filter.asked, before, asked).await?;
    let projects = store.projects(caller).await?;
    let members = store.members(caller).await?;
    let names = names(&app, caller, &projects, &members).await?;
    let people = filter::people(members);
    let head = head::card(&app, store.audit_head(caller).await?)?;
    let view = View { member, filter, entries, projects, names };
    let page = Page::new(labels::AUDIT_LOG).status(view.filter.draft.status()).islands();
    Ok(view.member.visitor.look.page(page, || {
        let form = filter::form(&view, people);
        let list = list(&view);
        let member = &view.member;
        let (frame, export) = (member.frame(NavItem::Audit), member.path("audit/export"));
        let sub = format!(
            "Who changed what in this organization, from what to what. Times in {}.",
            member.organization.zone.name()
        );
        view! {
            <Shell frame>
                <PageHead title=labels::AUDIT_LOG sub=sub>
                    <PostButton action=export glyph=Glyph::Download>"Export as CSV"</PostButton>
                </PageHead>
                {form}
                {list}
                {head}
            </Shell>
        }
    }))
}

/// Of projects, keys and people: an entry that does not say a name tells of one by its id.
async fn names(
    app: &App,
    caller: &Caller,
    projects: &[Project],
    members: &[Person],
) -> Result<HashMap<String, String>, Failure> {
    let (keys, admin) =
        tokio::try_join!(app.store.named_keys(caller), app.store.admin_keys(caller))?;
    let keys = keys.into_iter().map(|key| (key.id.to_string(), key.name));
    let admin = admin.into_iter().map(|key| (key.id.to_string(), key.name));
    let projects = projects.iter().map(|it| (it.id.to_string(), it.name.clone()));
    let members = members.iter().map(|it| (it.user.to_string(), it.name.clone()));
    Ok(keys.chain(admin).chain(projects).chain(members).collect())
}

fn list(view: &View) -> AnyView {
    if view.entries.entries.is_empty() {
        return nothing(view);
    }
    let rows = view.entries.entries.iter().map(|(seq, entry)| entry::row(view, *seq, entry));
    let rows = rows.collect_view();
    let columns =
        vec![Column::text(labels::WHEN), Column::text(labels::WHAT), Column::text(labels::FROM)];
    let last = view.entries.entries.last().map(|(seq, _)| *seq);
    let path = view.member.path("audit");
    let older = view
        .entries
        .more
        .then(|| view.filter.href(&path, &[("before", last.map(|seq| seq.to_string()))]));
    let newest = view.filter.before.map(|_| view.filter.href(&path, &[("before", None)]));
    let shown = match view.entries.entries.len() {
        1 => "1 entry".to_owned(),
        more => format!("{more} entries"),
    };
    view! {
        <Card>
            <Table label=labels::AUDIT_LOG columns>{rows}</Table>
            <CardFoot>
                <span>{shown}", newest first"</span>
                <span class="row">
                    {newest.map(|href| view! { <a href=href>{labels::NEWEST}</a> })}
                    {older.map(|href| view! { <a href=href rel="next">{labels::OLDER}</a> })}
                </span>
            </CardFoot>
        </Card>
    }
    .into_any()
}

fn nothing(view: &View) -> AnyView {
    let all = view.member.path("audit");
    if view.filter.is_empty() {
        return view! {
            <Card>
                <Empty title="No entry yet" text="Every change in this organization will be listed here: who made it, when, from where, and what was different before."/>
            </Card>
        }
        .into_any();
    }
    view! {
        <Card>
            <Empty title="No entry fits" text="Nothing in the log is let through by this filter.">
                <LinkButton href=all>"Show all entries"</LinkButton>
            </Empty>
        </Card>
    }
    .into_any()
}
