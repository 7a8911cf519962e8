//! `/account/keys`: a person's own keys.

mod one;

use axum::{Router, extract::State, http::StatusCode, response::Response, routing::get};
use chrono::{DateTime, Utc};
use domain::{FormId, Name, Permissions, api_key::Opens};
use identity::MintedKey;
use leptos::prelude::*;
use store::{Conflict, NewPersonalKey, OwnOrganization, PersonalKey, StoreError};

use super::{frame::Personal, key_fields, new_key::Shown};
use crate::{
    components::{
        Badge, Button, Card, CardBody, Column, Empty, ErrorSummary, Field, LinkButton, Precision,
        Table, Time, Tone, Weight, ago, time_text,
    },
    labels,
    layouts::{NavItem, Shell},
    render::Page,
    web::{App, Draft, Failure, Fresh, Member, Visitor},
};

/// Personal times are no organization's.
const ZONE: chrono_tz::Tz = chrono_tz::UTC;

pub(super) fn router() -> Router<App> {
    Router::new().route("/account/keys", get(show).post(create)).merge(one::router())
}

async fn show(
    State(app): State<App>,
    visitor: Visitor,
    fresh: Result<Fresh, Failure>,
) -> Result<Response, Failure> {
    page(&app, visitor, fresh, Draft::default(), StatusCode::OK).await
}

async fn create(
    State(app): State<App>,
    visitor: Visitor,
    fresh: Fresh,
    mut draft: Draft,
) -> Result<Response, Failure> {
    let form = key_fields::read_once(&draft)?;
    draft.keep("expires", &key_fields::usual_expiry(None));
    if visitor.unverified {
        draft.refuse(
            "name",
            "Verify your e-mail address first: open the link that was mailed to it.",
        );
        return page(&app, visitor, Ok(fresh), draft, StatusCode::UNPROCESSABLE_ENTITY).await;
    }
    let name = draft.read::<Name>("name");
    let expiry = key_fields::read_expiry(&mut draft, ZONE);
    let (Some(name), Some(expiry)) = (name, expiry) else {
        return page(&app, visitor, Ok(fresh), draft, StatusCode::UNPROCESSABLE_ENTITY).await;
    };
    let minted = MintedKey::new(&app.secrets)?;
    let new = NewPersonalKey { name: name.clone(), expiry, form: Some(form), key: minted.stored() };
    match app.store.system().create_personal_key(visitor.account.id, &new).await {
        Ok(_) => shown(&app, visitor, minted, &name).await,
        Err(error) => {
            let made = matches!(error, StoreError::Conflict(Conflict::KeyMade));
            let field = if made { "name" } else { key_fields::expiry_field(&draft) };
            draft.conflict(field, error)?;
            let status = if made { StatusCode::CONFLICT } else { StatusCode::UNPROCESSABLE_ENTITY };
            if made {
                draft.set("form", FormId::generate().to_string());
            }
            page(&app, visitor, Ok(fresh), draft, status).await
        }
    }
}

async fn shown(
    app: &App,
    visitor: Visitor,
    minted: MintedKey,
    name: &Name,
) -> Result<Response, Failure> {
    let (look, default) = (visitor.look, visitor.account.default_org);
    let own = app.store.system().organizations_of(visitor.account.id).await?;
    let billed = own.iter().find(|own| Some(own.id) == default);
    let facts = vec![
        (labels::NAME, name.to_string()),
        (
            "Billed to",
            billed.map_or_else(|| "Whom the request names".to_owned(), |own| own.name.clone()),
        ),
    ];
    let organization = billed.map(|own| own.id);
    let frame = Member::at_home(app, visitor).await?.map(|member| member.frame(NavItem::None));
    let shown = Shown {
        minted,
        facts,
        done: "/account/keys".to_owned(),
        said: Vec::new(),
        permissions: Permissions::All,
        organization,
        first: None,
    };
    Ok(look.page(Shown::page(), || {
        let dialog = shown.dialog(app);
        match frame {
            Some(frame) => view! { <Shell frame>{dialog}</Shell> }.into_any(),
            None => view! { <main id="main" class="page" tabindex="-1">{dialog}</main> }.into_any(),
        }
    }))
}

async fn page(
    app: &App,
    visitor: Visitor,
    fresh: Result<Fresh, Failure>,
    mut draft: Draft,
    status: StatusCode,
) -> Result<Response, Failure> {
    let (look, unverified) = (visitor.look, visitor.unverified);
    let proved = match fresh {
        Ok(_) => true,
        Err(Failure::Unproven { .. }) => false,
        Err(failure) => return Err(failure),
    };
    draft.keep("expires", &key_fields::usual_expiry(None));
    let system = app.store.system();
    let keys = system.personal_keys(visitor.account.id).await?;
    let own = system.organizations_of(visitor.account.id).await?;
    let default = visitor.account.default_org;
    let now = system.now().await?;
    let frame = Member::at_home(app, visitor).await?.map(|member| member.frame(NavItem::None));
    Ok(look.page(Page::new(labels::PERSONAL_KEYS).status(status), || {
        let (billed, list) = (billed(&own, default), list(keys, now));
        let form = match (unverified, proved) {
            // What was typed is shown again.
            (true, _) if draft.errors().is_empty() => verify_first(),
            (_, true) => form(&draft),
            (_, false) => prove_first(),
        };
        view! {
            <Personal frame below=true title=labels::PERSONAL_KEYS sub="Your own keys, for scripts and tools that you run yourself in any of your organizations.">
                <Card title="Your keys">{list}</Card>
                <Card title=labels::NEW_PERSONAL_KEY><CardBody split=true>{form}</CardBody></Card>
                {billed}
            </Personal>
        }
    }))
}

/// Which organization pays for a request.
fn billed(own: &[OwnOrganization], default: Option<domain::OrgId>) -> AnyView {
    let default = own.iter().find(|own| Some(own.id) == default);
    let sentence = match default {
        Some(own) => format!("Without it, your default organization: {}.", own.name),
        None => "Without it, your default organization; you have none, so such a request is refused with 401 organization_required.".to_owned(),
    };
    view! {
        <Card title="Who is billed">
            <CardBody split=true>
                <p>"The organization that the request names in the header " <code>{labels::OPENAI_ORGANIZATION}</code> ", which must be one of yours. " {sentence}</p>
                <p class="muted">"The project is the one in " <code>{labels::OPENAI_PROJECT}</code> ", else the default one, if you are its member. Your role there, the organization’s budgets and the project’s models apply; its owners see your keys and can refuse them. One that takes service accounts’ keys alone refuses them all, and one whose keys must expire within so many days refuses those of yours that live longer."</p>
            </CardBody>
        </Card>
    }
    .into_any()
}

fn list(keys: Vec<PersonalKey>, now: DateTime<Utc>) -> AnyView {
    if keys.is_empty() {
        return view! { <Empty split=true title="No personal keys yet" text="A personal key is for scripts and tools that you run yourself. For an application make a key of a project: it does not stop when you leave."/> }
            .into_any();
    }
    let rows = keys.into_iter().map(|key| row(key, now)).collect_view();
    let columns = vec![
        Column::text(labels::NAME),
        Column::text(labels::MADE),
        Column::text(labels::LAST_USED),
        Column::text(labels::EXPIRES),
        Column::act(),
    ];
    view! { <Table label=labels::PERSONAL_KEYS columns>{rows}</Table> }.into_any()
}

fn row(key: PersonalKey, now: DateTime<Utc>) -> AnyView {
    let state = match &key {
        PersonalKey { revoked_at: Some(_), .. } => Some((Tone::Plain, labels::REVOKED.to_owned())),
        PersonalKey { leaked_at: Some(_), .. } => Some((Tone::Bad, labels::LEAKED.to_owned())),
        PersonalKey { expires_at: Some(at), .. } if *at <= now => {
            Some((Tone::Plain, labels::EXPIRED.to_owned()))
        }
        PersonalKey { blocked_by, .. } if !blocked_by.is_empty() => {
            Some((Tone::Warn, format!("Refused by {}", blocked_by.join(", "))))
        }
        PersonalKey { outlives, .. } if !outlives.is_empty() => {
            Some((Tone::Warn, format!("Lives too long for {}", outlives.join(", "))))
        }
        _ => None,
    };
    let badge = state.map(|(tone, text)| view! { " "<Badge tone bare=true text/> });
    let expires = match key.expires_at {
        Some(at) => view! { <Time at zone=ZONE precision=Precision::Day/> }.into_any(),
        None => view! { <span class="faint">{labels::NEVER}</span> }.into_any(),
    };
    let used = key.used_at.map_or_else(|| labels::NEVER.to_owned(), |at| ago(at, now, ZONE));
    let open = key.revoked_at.is_none().then(|| {
        let href = format!("/account/keys/{}", key.id);
        view! { <LinkButton href weight=Weight::Quiet>"Rename or revoke…"</LinkButton> }
    });
    let masked = Opens::Gateway.masked(&key.public_id, &key.last_four);
    view! {
        <tr>
            <th scope="row">{key.name}{badge}<small class="mono">{masked}</small></th>
            <td data-l=labels::MADE><Time at=key.created_at zone=ZONE precision=Precision::Day/></td>
            <td data-l=labels::LAST_USED>{used}</td>
            <td data-l=labels::EXPIRES>{expires}</td>
            <td class="act">{open}</td>
        </tr>
    }
    .into_any()
}

/// Where the password was given too long ago.
fn prove_first() -> AnyView {
    view! {
        <p class="muted">"A key speaks for you in all of your organizations, so your password is asked for before one is made."</p>
        <div class="row"><LinkButton href="/confirm?next=%2Faccount%2Fkeys">{labels::CONFIRM_THAT_IT_IS_YOU}</LinkButton></div>
    }
    .into_any()
}

/// Where the address may be somebody else's.
fn verify_first() -> AnyView {
    view! { <p class="muted">"Verify your e-mail address first: open the link that was mailed to it. A key speaks for you in all of your organizations."</p> }
    .into_any()
}

fn form(draft: &Draft) -> AnyView {
    view! {
        <form class="form" method="post" action="/account/keys">
            <ErrorSummary lead=labels::NO_KEY_WAS_MADE errors=draft.errors()/>
            {key_fields::once(draft)}
            <Field name="name" label=labels::NAME value=draft.value("name") error=draft.error("name") required=true maxlength=100 autocomplete="off" help="What you will use it for. The days until it expires are counted in UTC."/>
            {key_fields::expiry(draft, None)}
            <div class="row"><Button weight=Weight::Primary>{labels::MAKE_KEY}</Button></div>
        </form>
    }
    .into_any()
}

/// For the page of one key.
fn times(key: &PersonalKey) -> String {
    let made = time_text(key.created_at, ZONE, Precision::Minute);
    format!("{}, made {made} UTC.", Opens::Gateway.masked(&key.public_id, &key.last_four))
}
