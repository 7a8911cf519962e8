//! `/{org}/settings`: the organization's name, id and time zone.

use axum::{
    Router,
    extract::{Query, State},
    response::Response,
    routing::get,
};
use domain::{Action, Name};
use leptos::prelude::*;
use serde::Deserialize;

use super::zones;
use crate::{
    components::{
        Button, Card, CardBody, ErrorSummary, Fact, Facts, Field, GroupedSelect, Id, Notice, Tone,
        Weight,
    },
    islands::CopyButton,
    layouts::{NavItem, PageHead, Shell},
    render::Page,
    web::{App, Draft, Failure, Member, go},
};

pub(super) fn router() -> Router<App> {
    Router::new().route("/{org}/settings", get(show).post(save))
}

#[derive(Deserialize)]
struct After {
    saved: Option<String>,
}

async fn show(member: Member, Query(after): Query<After>) -> Response {
    let draft = Draft::with([
        ("name", member.organization.name.clone()),
        ("zone", member.organization.zone.name().to_owned()),
    ]);
    page(&member, &draft, after.saved.is_some())
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
    Ok(page(&member, &draft, false))
}

fn page(member: &Member, draft: &Draft, saved: bool) -> Response {
    let page = Page::new("Settings").status(draft.status()).islands();
    member.visitor.look.page(page, || {
        let edit = if member.can(Action::EditOrganization) {
            form(member, draft)
        } else {
            facts(member)
        };
        let id_card = id_card(member);
        view! {
            <Shell frame=member.frame(NavItem::Settings)>
                <PageHead title="Settings" sub="What the organization is called, and when its days begin."/>
                {saved.then(|| view! { <Notice tone=Tone::Ok lead="Settings saved." text="A new time zone is in force from the next day, week and month on."/> })}
                <div class="grid two">
                    <Card title="Organization"><CardBody split=true>{edit}</CardBody></Card>
                    {id_card}
                </div>
            </Shell>
        }
    })
}

fn form(member: &Member, draft: &Draft) -> AnyView {
    view! {
        <form class="form" method="post" action=member.path("settings")>
            <ErrorSummary lead="Nothing was saved" errors=draft.errors()/>
            <Field name="name" label="Name" value=draft.value("name") error=draft.error("name") required=true maxlength=100/>
            <GroupedSelect
                name="zone"
                label="Time zone"
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
            <Fact label="Name">{name}</Fact>
            <Fact label="Time zone">{zone}</Fact>
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
                    "An API key knows its organization. An application that sends the header "
                    <code>"OpenAI-Organization"</code>
                    " must send this id, or its requests are refused."
                </p>
            </CardBody>
        </Card>
    }
    .into_any()
}
