//! `/organizations`: all of a person's organizations; `/organizations/new`.

use axum::{Router, extract::State, response::Response, routing::get};
use domain::Name;
use leptos::prelude::*;

use super::{frame::Personal, zones};
use crate::{
    components::{
        Badge, Button, Card, CardBody, Column, ErrorSummary, Field, Glyph, GroupedSelect,
        LinkButton, Table, Tone, Weight,
    },
    labels,
    layouts::{NavItem, PageHead, Shell},
    render::Page,
    web::{App, Draft, Failure, Member, Visitor, go},
};

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/organizations", get(list))
        .route("/organizations/new", get(show).post(create))
}

async fn list(State(app): State<App>, visitor: Visitor) -> Result<Response, Failure> {
    let look = visitor.look;
    let Some(member) = Member::at_home(&app, visitor).await? else {
        return Ok(go("/organizations/new"));
    };
    Ok(look.page(Page::new(labels::ORGANIZATIONS), || {
        let rows = member
            .organizations
            .iter()
            .map(|own| {
                let own = member.visitor.own(own);
                let default = own.default.then(|| view! { <Badge tone=Tone::Ok text="Opened after sign-in"/> });
                view! {
                    <tr>
                        <th scope="row"><a href=own.path>{own.name}</a></th>
                        <td data-l=labels::YOUR_ROLE>{own.role.label()}</td>
                        <td>{default}</td>
                    </tr>
                }
            })
            .collect_view();
        let columns = vec![Column::text(labels::NAME), Column::text(labels::YOUR_ROLE), Column::text(labels::DEFAULT)];
        view! {
            <Shell frame=member.frame(NavItem::None)>
                <PageHead title=labels::ORGANIZATIONS sub="All that you are a member of. Which one is opened after sign-in, and billed for personal keys, you choose in your account.">
                    <LinkButton href="/account" weight=Weight::Quiet>{labels::YOUR_ACCOUNT}</LinkButton>
                    <LinkButton href="/organizations/new" glyph=Glyph::Plus>{labels::NEW_ORGANIZATION}</LinkButton>
                </PageHead>
                <Card><Table label=labels::ORGANIZATIONS columns>{rows}</Table></Card>
            </Shell>
        }
    }))
}

async fn show(State(app): State<App>, visitor: Visitor) -> Result<Response, Failure> {
    page(&app, visitor, &Draft::with([("zone", labels::UTC.to_owned())])).await
}

async fn create(
    State(app): State<App>,
    visitor: Visitor,
    mut draft: Draft,
) -> Result<Response, Failure> {
    let name = draft.read::<Name>("name");
    let zone = zones::read(&mut draft);
    if let (Some(name), Some(zone)) = (name, zone) {
        let (founder, origin) = (visitor.account.id, visitor.origin.clone());
        match app.store.found_organization(founder, &name, zone, origin).await {
            Ok(owner) => return Ok(go(format!("/{}", owner.org))),
            Err(error) => draft.conflict("name", error)?,
        }
    }
    page(&app, visitor, &draft).await
}

async fn page(app: &App, visitor: Visitor, draft: &Draft) -> Result<Response, Failure> {
    let look = visitor.look;
    let frame = Member::at_home(app, visitor).await?.map(|member| member.frame(NavItem::None));
    let alone = frame.is_none();
    Ok(look.page(Page::new(labels::NEW_ORGANIZATION).status(draft.status()), || {
        let form = form(draft);
        let form = if alone {
            form
        } else {
            view! { <Card><CardBody>{form}</CardBody></Card> }.into_any()
        };
        view! {
            <Personal
                frame
                title=labels::NEW_ORGANIZATION
                sub="An organization has its own projects, keys, budgets and bills. You will be its owner."
            >
                {form}
            </Personal>
        }
    }))
}

fn form(draft: &Draft) -> AnyView {
    view! {
        <form class="form" method="post" action="/organizations/new">
            <ErrorSummary lead="No organization was made" errors=draft.errors()/>
            <Field name="name" label=labels::NAME value=draft.value("name") error=draft.error("name") required=true autofocus=true maxlength=100 autocomplete="organization"/>
            <GroupedSelect
                name="zone"
                label=labels::TIME_ZONE
                groups=zones::groups()
                here=draft.errors().is_empty()
                value=draft.value("zone")
                error=draft.error("zone")
                help=labels::DAYS_WEEKS_AND_MONTHS_BEGIN_AT_MIDNIGHT_THERE
            />
            <div class="row"><Button weight=Weight::Primary>"Make organization"</Button></div>
        </form>
    }
    .into_any()
}
