//! `/{org}/service-accounts`: what owns keys without being a person.

mod one;

use axum::{Router, extract::State, response::Response, routing::get};
use domain::{Action, Name};
use leptos::prelude::*;
use store::{Conflict, ServiceAccount, StoreError};

use super::{
    keys::{Tab, tabs},
    new_key::{choices, project},
};
use crate::{
    components::{
        Button, Card, CardBody, Choice, Column, Count, Empty, ErrorSummary, Field, LinkButton,
        Precision, Select, Table, Time, Weight,
    },
    labels,
    layouts::{NavItem, PageHead, Shell},
    render::Page,
    web::{App, Draft, Failure, Member, go},
};

pub(super) fn router() -> Router<App> {
    Router::new().route("/{org}/service-accounts", get(show).post(create)).merge(one::router())
}

async fn show(State(app): State<App>, member: Member) -> Result<Response, Failure> {
    page(&app, &member, &Draft::default()).await
}

async fn create(
    State(app): State<App>,
    member: Member,
    mut draft: Draft,
) -> Result<Response, Failure> {
    let name = draft.read::<Name>("name");
    let project = project(&app, &member, &mut draft).await?;
    if let (Some(name), Some(project)) = (name, project) {
        match app.store.create_service_account(&member.caller, project.id, &name).await {
            Ok(id) => return Ok(go(member.path(&format!("service-accounts/{id}?saved")))),
            Err(error) => {
                let named = matches!(error, StoreError::Conflict(Conflict::ServiceAccountName));
                draft.conflict(if named { "name" } else { "project" }, error)?;
            }
        }
    }
    page(&app, &member, &draft).await
}

async fn page(app: &App, member: &Member, draft: &Draft) -> Result<Response, Failure> {
    let accounts = app.store.service_accounts(&member.caller).await?;
    let runs = app.store.projects(&member.caller).await?;
    let runs = runs.iter().any(|it| it.who.may(Action::EditServiceAccounts).is_ok());
    let projects = choices(app, member).await?;
    Ok(member.visitor.look.page(Page::new(labels::SERVICE_ACCOUNTS).status(draft.status()), || {
        let tabs = tabs(member, Tab::ServiceAccounts);
        let list = list(member, accounts);
        let form = runs.then(|| {
            let form = form(member, draft, projects);
            view! { <Card title="New service account"><CardBody split=true>{form}</CardBody></Card> }
        });
        view! {
            <Shell frame=member.frame(NavItem::Keys)>
                <PageHead title=labels::SERVICE_ACCOUNTS sub="An application’s keys belong to a service account, so that they outlive whoever made them."/>
                {tabs}
                <Card>{list}</Card>
                {form}
            </Shell>
        }
    }))
}

fn list(member: &Member, accounts: Vec<ServiceAccount>) -> AnyView {
    if accounts.is_empty() {
        return view! { <Empty title="No service accounts yet" text="A service account belongs to one project and owns keys there. Owners of the project make them, here or together with a key."/> }
            .into_any();
    }
    let rows = accounts.into_iter().map(|account| row(member, account)).collect_view();
    let columns = vec![
        Column::text(labels::NAME),
        Column::text(labels::PROJECT),
        Column::number(labels::KEYS),
        Column::text(labels::MADE_BY),
        Column::text(labels::MADE),
        Column::act(),
    ];
    view! { <Table label=labels::SERVICE_ACCOUNTS columns>{rows}</Table> }.into_any()
}

fn row(member: &Member, account: ServiceAccount) -> AnyView {
    let zone = member.organization.zone;
    let may = account.who.may(Action::EditServiceAccounts).is_ok() && !account.project_archived;
    let href = member.path(&format!("service-accounts/{}", account.id));
    let keys = member.path(&format!("keys?owner={}", account.id));
    let project = member.path(&format!("projects/{}", account.project));
    let new_key = may.then(|| {
        let href =
            member.path(&format!("keys/new?project={}&account={}", account.project, account.id));
        view! { <LinkButton href weight=Weight::Quiet>{labels::NEW_KEY}</LinkButton> }
    });
    let made_by = account.maker.to_string();
    view! {
        <tr>
            <th scope="row"><a href=href class="mono">{account.name}</a></th>
            <td data-l=labels::PROJECT><a href=project>{account.project_name}</a></td>
            <td data-l=labels::KEYS class="num"><a href=keys><Count number=account.keys.unsigned_abs()/></a></td>
            <td data-l=labels::MADE_BY class="muted">{made_by}</td>
            <td data-l=labels::MADE><Time at=account.created_at zone precision=Precision::Day/></td>
            <td class="act">{new_key}</td>
        </tr>
    }
    .into_any()
}

fn form(member: &Member, draft: &Draft, projects: Vec<Choice>) -> AnyView {
    view! {
        <form class="form" method="post" action=member.path("service-accounts")>
            <ErrorSummary lead="Nothing was made" errors=draft.errors()/>
            <div class="cols">
                <Field name="name" label=labels::NAME value=draft.value("name") error=draft.error("name") required=true maxlength=100 autocomplete="off" help="Of the application, like copilot-prod."/>
                <Select name="project" label=labels::PROJECT choices=projects value=draft.value("project") error=draft.error("project")/>
            </div>
            <div class="row"><Button weight=Weight::Primary>"Make service account"</Button></div>
        </form>
    }
    .into_any()
}
