//! `/{org}/admin-keys/new`: makes an admin key and shows it, in the answer to the form and nowhere
//! else.

use std::str::FromStr;

use axum::{Router, extract::State, http::StatusCode, response::Response, routing::get};
use domain::{Action, Lifetime, Name};
use identity::MintedKey;
use leptos::prelude::*;
use secrecy::ExposeSecret as _;
use store::{Conflict, NewAdminKey, StoreError};

use crate::{
    components::{
        Button, Card, CardBody, Choice, DialogPage, ErrorSummary, Fact, Facts, Field, LinkButton,
        Secret, Select, Snippet, Weight,
    },
    labels,
    layouts::{NavItem, PageHead, Shell},
    pages::key_fields,
    render::Page,
    web::{App, Draft, Failure, Fresh, Member},
};

pub(super) fn router() -> Router<App> {
    Router::new().route("/{org}/admin-keys/new", get(show).post(create))
}

/// How long the key shall live: a choice of the form.
struct Life(Option<Lifetime>);

/// Not one of the choices.
#[derive(Debug, thiserror::Error)]
#[error("choose from the list when the key expires")]
struct LifeError;

impl FromStr for Life {
    type Err = LifeError;

    fn from_str(text: &str) -> Result<Self, LifeError> {
        if text == "never" {
            return Ok(Self(None));
        }
        let days = text.parse().map_err(|_| LifeError)?;
        Lifetime::from_days(days).map(|life| Self(Some(life))).map_err(|_| LifeError)
    }
}

async fn show(member: Member, fresh: Result<Fresh, Failure>) -> Result<Response, Failure> {
    member.may(Action::EditAdminKeys)?;
    fresh?;
    Ok(page(&member, &Draft::with([("expires", "90".to_owned())])))
}

async fn create(
    State(app): State<App>,
    member: Member,
    fresh: Result<Fresh, Failure>,
    mut draft: Draft,
) -> Result<Response, Failure> {
    member.may(Action::EditAdminKeys)?;
    fresh?;
    let form = Some(key_fields::read_once(&draft)?);
    let (name, life) = (draft.read::<Name>("name"), draft.read::<Life>("expires"));
    let (Some(name), Some(Life(lifetime))) = (name, life) else { return Ok(page(&member, &draft)) };
    let minted = MintedKey::admin(&app.secrets)?;
    let new = NewAdminKey { name, lifetime, form, key: minted.stored() };
    match app.store.create_admin_key(&member.caller, &new).await {
        Ok(_) => Ok(shown(&app, &member, &new.name, &minted)),
        Err(StoreError::Conflict(Conflict::KeyMade)) => Ok(made_already(&member)),
        Err(error) => Err(error.into()),
    }
}

fn page(member: &Member, draft: &Draft) -> Response {
    member.visitor.look.page(Page::new(labels::NEW_ADMIN_KEY).status(draft.status()), || {
        let above = (labels::ADMIN_KEYS, member.path("admin-keys"));
        let form = form(member, draft);
        view! {
            <Shell frame=member.frame(NavItem::AdminKeys)>
                <PageHead title=labels::NEW_ADMIN_KEY sub=labels::THE_KEY_ITSELF_IS_SHOWN_ON_THE_NEXT_PAGE_THIS_ONCE above/>
                <Card><CardBody>{form}</CardBody></Card>
            </Shell>
        }
    })
}

fn form(member: &Member, draft: &Draft) -> AnyView {
    let choices = vec![
        Choice::new("30", "In 30 days"),
        Choice::new("90", "In 90 days"),
        Choice::new("365", "In 365 days"),
        Choice::new("never", labels::NEVER),
    ];
    view! {
        <form class="form" method="post" action=member.path("admin-keys/new")>
            {key_fields::once(draft)}
            <ErrorSummary lead=labels::NO_KEY_WAS_MADE errors=draft.errors()/>
            <Field
                name="name"
                label=labels::NAME
                value=draft.value("name")
                error=draft.error("name")
                help="Which program will use it, like directory-sync."
                required=true
                maxlength=100
                autocomplete="off"
            />
            <Select name="expires" label=labels::EXPIRES choices value=draft.value("expires") error=draft.error("expires") help="From then on it is refused."/>
            <div class="row">
                <Button weight=Weight::Primary>"Make admin key"</Button>
                <LinkButton href=member.path("admin-keys") weight=Weight::Quiet>{labels::CANCEL}</LinkButton>
            </div>
        </form>
    }
    .into_any()
}

/// Kept by no cache: all documents say so.
fn shown(app: &App, member: &Member, name: &Name, minted: &MintedKey) -> Response {
    let page = Page::new(labels::COPY_YOUR_NEW_ADMIN_KEY_NOW).islands();
    member.visitor.look.page(page, || {
        let secret = minted.secret.expose_secret().to_owned();
        let curl = format!(
            "curl \"{}/v1/organization/projects\" \\\n  -H \"Authorization: Bearer $OPENAI_ADMIN_KEY\"",
            app.public_url
        );
        let environment = format!("OPENAI_ADMIN_KEY={secret}\n");
        let name = name.to_string();
        let foot = view! {
            <form method="get" action=member.path("admin-keys") class="row between">
                <label class="pick"><input type="checkbox" required/><span>{labels::I_HAVE_STORED_THE_KEY}</span></label>
                <Button weight=Weight::Primary>{labels::DONE}</Button>
            </form>
        }
        .into_any();
        view! {
            <Shell frame=member.frame(NavItem::AdminKeys)>
                <DialogPage
                    title=labels::COPY_YOUR_NEW_ADMIN_KEY_NOW
                    text=labels::SHOWN_ONCE
                    foot
                >
                    <Secret text=secret/>
                    <Facts><Fact label=labels::NAME>{name}</Fact></Facts>
                    <div class="stack">
                        <Snippet title=labels::ENVIRONMENT_FILE text=environment open=true/>
                        <Snippet title="First request with curl" text=curl/>
                    </div>
                    <p class="muted">
                        "Whoever has it can invite owners, make keys and remove members. Keep it where your platform keeps secrets, away from the applications that send model requests. If it gets out, revoke it: it stops at once."
                    </p>
                </DialogPage>
            </Shell>
        }
    })
}

/// The answer to a form that was sent before.
fn made_already(member: &Member) -> Response {
    let page = Page::new(labels::THIS_ADMIN_KEY_WAS_MADE_ALREADY).status(StatusCode::CONFLICT);
    member.visitor.look.page(page, || {
        let foot = view! {
            <LinkButton href=member.path("admin-keys/new") weight=Weight::Quiet>"Make another admin key"</LinkButton>
            <LinkButton href=member.path("admin-keys") weight=Weight::Primary>"See all admin keys"</LinkButton>
        }
        .into_any();
        view! {
            <Shell frame=member.frame(NavItem::AdminKeys)>
                <DialogPage title=labels::THIS_ADMIN_KEY_WAS_MADE_ALREADY foot>
                    <p>{labels::SENT_BEFORE}</p>
                </DialogPage>
            </Shell>
        }
    })
}
