//! `/{org}/service-accounts/{account}`: one of them, renamed or deleted.

use axum::{Router, extract::State, response::Response, routing::get};
use domain::{Action, Name};
use leptos::prelude::*;
use serde::Deserialize;
use store::ServiceAccount;

use crate::{
    components::{
        Button, Card, CardBody, ErrorSummary, Fact, Facts, Field, Glyph, Icon, Id, LinkButton,
        Precision, Time, Toast, Weight,
    },
    islands::CopyButton,
    labels,
    layouts::{NavItem, PageHead, Shell},
    render::Page,
    web::{App, Draft, Failure, Member, Path, Query, go, id},
};

pub(super) fn router() -> Router<App> {
    Router::new().route("/{org}/service-accounts/{account}", get(show).post(edit))
}

#[derive(Deserialize)]
struct After {
    saved: Option<String>,
}

async fn show(
    State(app): State<App>,
    member: Member,
    Path((_, account)): Path<(String, String)>,
    Query(after): Query<After>,
) -> Result<Response, Failure> {
    let account = app.store.service_account(&member.caller, id(&account)?).await?;
    let draft = Draft::with([("name", account.name.clone())]);
    Ok(page(&member, &account, &draft, after.saved.is_some()))
}

async fn edit(
    State(app): State<App>,
    member: Member,
    Path((_, account)): Path<(String, String)>,
    mut draft: Draft,
) -> Result<Response, Failure> {
    let account = app.store.service_account(&member.caller, id(&account)?).await?;
    account.who.may(Action::EditServiceAccounts)?;
    match draft.value("action").as_str() {
        "delete" => {
            app.store.delete_service_account(&member.caller, account.id).await?;
            return Ok(go(member.path("service-accounts")));
        }
        "rename" => {}
        _ => return Err(Failure::BadRequest),
    }
    if let Some(name) = draft.read::<Name>("name") {
        match app.store.rename_service_account(&member.caller, account.id, &name).await {
            Ok(()) => {
                return Ok(go(member.path(&format!("service-accounts/{}?saved", account.id))));
            }
            Err(error) => draft.conflict("name", error)?,
        }
    }
    Ok(page(&member, &account, &draft, false))
}

fn page(member: &Member, account: &ServiceAccount, draft: &Draft, saved: bool) -> Response {
    let page = Page::new(account.name.clone()).status(draft.status()).islands();
    member.visitor.look.page(page, || {
        let above = (labels::SERVICE_ACCOUNTS, member.path("service-accounts"));
        let (title, facts) = (account.name.clone(), facts(member, account));
        let sub = format!("A service account of the project {}.", account.project_name);
        let may = account.who.may(Action::EditServiceAccounts).is_ok();
        let forms = may.then(|| {
            let action = member.path(&format!("service-accounts/{}", account.id));
            let (rename, delete) = (rename(&action, draft), delete(&action, account));
            view! { <div class="stack">{rename}{delete}</div> }
        });
        let new_key = (may && !account.project_archived).then(|| {
            let query = format!("keys/new?project={}&account={}", account.project, account.id);
            view! { <LinkButton href=member.path(&query) weight=Weight::Primary glyph=Glyph::Plus>{labels::NEW_KEY}</LinkButton> }
        });
        view! {
            <Shell frame=member.frame(NavItem::Keys)>
                <PageHead title sub above>{new_key}</PageHead>
                {saved.then(|| view! { <Toast lead="Service account saved."/> })}
                <div class="grid two">{facts}{forms}</div>
            </Shell>
        }
    })
}

fn facts(member: &Member, account: &ServiceAccount) -> AnyView {
    let zone = member.organization.zone;
    let id = account.id.to_string();
    let made_by = account.maker.to_string();
    let project = member.path(&format!("projects/{}", account.project));
    let keys = member.path(&format!("keys?owner={id}"));
    let (name, count, made) = (account.project_name.clone(), account.keys, account.created_at);
    view! {
        <Card title=labels::SERVICE_ACCOUNT>
            <CardBody split=true>
                <Facts>
                    <Fact label=labels::PROJECT><a href=project>{name}</a></Fact>
                    <Fact label=labels::KEYS><a href=keys>{count}</a></Fact>
                    <Fact label=labels::MADE><Time at=made zone precision=Precision::Minute/></Fact>
                    <Fact label=labels::MADE_BY>{made_by}</Fact>
                </Facts>
                <div class="row"><Id text=id.clone()/><CopyButton text=id/></div>
            </CardBody>
        </Card>
    }
    .into_any()
}

fn rename(action: &str, draft: &Draft) -> AnyView {
    let form = view! {
        <form class="form" method="post" action=action.to_owned()>
            <ErrorSummary lead=labels::NOTHING_WAS_SAVED errors=draft.errors()/>
            <input type="hidden" name="action" value="rename"/>
            <Field name="name" label=labels::NAME value=draft.value("name") error=draft.error("name") required=true maxlength=100 autocomplete="off"/>
            <div class="row"><Button>"Rename service account"</Button></div>
        </form>
    }
    .into_any();
    view! { <Card title=labels::NAME><CardBody split=true>{form}</CardBody></Card> }.into_any()
}

fn delete(action: &str, account: &ServiceAccount) -> AnyView {
    let keys = match account.keys {
        0 => "It has no keys.".to_owned(),
        1 => "Its key is revoked at once.".to_owned(),
        many => format!("Its {many} keys are revoked at once."),
    };
    let form = view! {
        <form class="form body split" method="post" action=action.to_owned()>
            <p>{keys}</p>
            <input type="hidden" name="action" value="delete"/>
            <div class="row"><Button weight=Weight::Danger>"Delete service account"</Button></div>
        </form>
    }
    .into_any();
    view! {
        <Card title="Delete">
            <CardBody split=true>
                <p class="muted">"Deleting can’t be undone. What its keys used stays in usage."</p>
                <details class="snip">
                    <summary>"Delete this service account…"<Icon glyph=Glyph::Down/></summary>
                    {form}
                </details>
            </CardBody>
        </Card>
    }
    .into_any()
}
