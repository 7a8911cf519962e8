//! `/{org}/settings`: the organization's name, id and time zone, its rules, and its end.

mod closing;
mod rules;

use axum::{Router, extract::State, response::Response, routing::get};
use domain::{Action, Name};
use leptos::prelude::*;
use serde::Deserialize;

use super::zones;
use crate::{
    components::{
        Button, Card, CardBody, ErrorSummary, Fact, Facts, Field, GroupedSelect, Id, Toast, Weight,
    },
    islands::CopyButton,
    labels,
    layouts::{NavItem, PageHead, Shell},
    render::Page,
    web::{App, Draft, Failure, Member, Query, go},
};

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/{org}/settings", get(show).post(save))
        .merge(closing::router())
        .merge(rules::router())
}

#[derive(Deserialize)]
struct After {
    saved: Option<String>,
    reopened: Option<String>,
}

impl After {
    fn notice(&self) -> Option<AnyView> {
        let (lead, text) = match (self.saved.as_deref(), self.reopened.is_some()) {
            (Some("rules"), _) => {
                ("Rules saved.", "They are in force for the next key that is made.")
            }
            (Some(_), _) => (
                "Settings saved.",
                "A new time zone is in force from the next day, week and month on.",
            ),
            (None, true) => {
                ("The organization is open again.", "Its keys work as before, within a second.")
            }
            (None, false) => return None,
        };
        Some(view! { <Toast lead text/> }.into_any())
    }
}

/// The forms of the page as they were typed; each of its own.
struct Drafts {
    organization: Draft,
    rules: Draft,
}

impl Drafts {
    fn new(member: &Member) -> Self {
        let organization = Draft::with([
            ("name", member.organization.name.clone()),
            ("zone", member.organization.zone.name().to_owned()),
        ]);
        Self { organization, rules: rules::draft(member.organization.rules) }
    }
}

async fn show(member: Member, Query(after): Query<After>) -> Response {
    page(&member, &Drafts::new(&member), after.notice())
}

async fn save(
    State(app): State<App>,
    member: Member,
    mut draft: Draft,
) -> Result<Response, Failure> {
    member.may(Action::EditOrganization)?;
    let name = draft.read::<Name>("name");
    let zone = zones::read(&mut draft);
    if let (Some(name), Some(zone)) = (name, zone) {
        app.store.edit_organization(&member.caller, &name, zone).await?;
        return Ok(go(member.path("settings?saved")));
    }
    Ok(page(&member, &Drafts { organization: draft, ..Drafts::new(&member) }, None))
}

fn page(member: &Member, drafts: &Drafts, notice: Option<AnyView>) -> Response {
    let status = drafts.organization.status().max(drafts.rules.status());
    let page = Page::new(labels::SETTINGS).status(status).islands();
    let edits = member.can(Action::EditOrganization);
    member.visitor.look.page(page, || {
        let edit = if edits { form(member, &drafts.organization) } else { facts(member) };
        let rules = edits.then(|| rules::card(member, &drafts.rules));
        let end = member.can(Action::CloseOrganization).then(|| closing::card(member));
        let id_card = id_card(member);
        view! {
            <Shell frame=member.frame(NavItem::Settings)>
                <PageHead title=labels::SETTINGS sub="What the organization is called, when its days begin, and what holds for all who are in it."/>
                {notice}
                <div class="grid two">
                    <div class="stack">
                        <Card title=labels::ORGANIZATION><CardBody split=true>{edit}</CardBody></Card>
                        {id_card}
                    </div>
                    <div class="stack">{rules}{end}</div>
                </div>
            </Shell>
        }
    })
}

fn form(member: &Member, draft: &Draft) -> AnyView {
    view! {
        <form class="form" method="post" action=member.path("settings")>
            <ErrorSummary lead=labels::NOTHING_WAS_SAVED errors=draft.errors()/>
            <Field name="name" label=labels::NAME value=draft.value("name") error=draft.error("name") required=true maxlength=100/>
            <GroupedSelect
                name="zone"
                label=labels::TIME_ZONE
                groups=zones::groups()
                value=draft.value("zone")
                error=draft.error("zone")
                help="Days, weeks and months of budgets and charts begin at midnight there. A change concerns the next day, week and month: those that have begun end as planned, and nothing that was booked moves."
            />
            <div class="row"><Button weight=Weight::Primary>"Save settings"</Button></div>
        </form>
    }
    .into_any()
}

fn facts(member: &Member) -> AnyView {
    let (name, zone) = (member.organization.name.clone(), member.organization.zone.name());
    view! {
        <Facts>
            <Fact label=labels::NAME>{name}</Fact>
            <Fact label=labels::TIME_ZONE>{zone}</Fact>
        </Facts>
        <p class="muted">"Only an owner of this organization can change them."</p>
    }
    .into_any()
}

fn id_card(member: &Member) -> AnyView {
    let id = member.organization.id.to_string();
    view! {
        <Card title="Organization ID">
            <CardBody split=true>
                <div class="row"><Id text=id.clone()/><CopyButton text=id/></div>
                <p class="muted">
                    "A project’s API key knows its organization. An application that sends the header "
                    <code>{labels::OPENAI_ORGANIZATION}</code>
                    " with it must send this id, or its requests are refused. With a personal key the header chooses who is billed."
                </p>
            </CardBody>
        </Card>
    }
    .into_any()
}
