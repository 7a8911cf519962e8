//! `/account/email`: another address; `/email/{token}`: the link that was mailed there.

use axum::{Router, extract::State, response::Response, routing::get};
use domain::Email;
use identity::{AskError, Device, Proof};
use leptos::prelude::*;
use tower_sessions::Session;

use crate::{
    components::{Button, Card, CardBody, ErrorSummary, Field, LinkButton, Weight},
    labels,
    layouts::{Door, NavItem},
    pages::frame::Personal,
    render::Page,
    web::{App, Browser, Draft, Failure, Fresh, Member, Path, Visitor, go},
};

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/account/email", get(show).post(ask))
        .route("/email/{token}", get(open).post(finish))
}

async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Fresh(_): Fresh,
) -> Result<Response, Failure> {
    page(&app, visitor, &Draft::default()).await
}

async fn ask(
    State(app): State<App>,
    visitor: Visitor,
    Fresh(proof): Fresh,
    session: Session,
    Browser(device): Browser,
    mut draft: Draft,
) -> Result<Response, Failure> {
    let Some(email) = draft.read::<Email>("email") else {
        return page(&app, visitor, &draft).await;
    };
    if email == visitor.account.email {
        draft.refuse("email", "This is the address that your account has.");
    } else if app.mails {
        mail(&app, &proof, &email, &device, &mut draft).await?;
    } else if let Err(error) = identity::change_email(&app.store, &session, &proof, &email).await {
        draft.conflict("email", error)?;
    }
    if draft.errors().is_empty() {
        return Ok(go(if app.mails { "/account?saved=mailed" } else { "/account?saved=email" }));
    }
    page(&app, visitor, &draft).await
}

async fn mail(
    app: &App,
    proof: &Proof,
    email: &Email,
    device: &Device,
    draft: &mut Draft,
) -> Result<(), Failure> {
    match identity::ask_email_change(&app.store, &app.secrets, proof, email, device).await {
        Ok(()) => Ok(()),
        Err(AskError::Store(error)) => Err(error.into()),
        Err(error @ AskError::Wait(_)) => {
            draft.refuse_with("email", &error);
            Ok(())
        }
    }
}

async fn page(app: &App, visitor: Visitor, draft: &Draft) -> Result<Response, Failure> {
    let (look, present, mails) = (visitor.look, visitor.account.email.to_string(), app.mails);
    let frame = Member::at_home(app, visitor).await?.map(|member| member.frame(NavItem::None));
    Ok(look.page(Page::new(labels::ANOTHER_E_MAIL_ADDRESS).status(draft.status()), || {
        let form = form(&present, mails, draft);
        view! {
            <Personal frame below=true title=labels::ANOTHER_E_MAIL_ADDRESS sub=labels::YOU_SIGN_IN_WITH_IT_AND_ALERTS_GO_THERE>
                <Card><CardBody>{form}</CardBody></Card>
            </Personal>
        }
    }))
}

fn form(present: &str, mails: bool, draft: &Draft) -> AnyView {
    let help = if mails {
        format!("A link goes there, and the change is made when you open it. {present} is told.")
    } else {
        format!(
            "It replaces {present} at once, because this installation sends no mail to check it."
        )
    };
    view! {
        <form class="form" method="post" action="/account/email">
            <ErrorSummary lead="The address was not changed" errors=draft.errors()/>
            <Field name="email" label="New e-mail" kind="email" value=draft.value("email") error=draft.error("email") help autocomplete="email" required=true/>
            <div class="row">
                <Button weight=Weight::Primary>{labels::CHANGE_E_MAIL}</Button>
                <LinkButton href="/account" weight=Weight::Quiet>{labels::CANCEL}</LinkButton>
            </div>
        </form>
    }
    .into_any()
}

async fn open(visitor: Visitor) -> Response {
    let present = visitor.account.email.to_string();
    visitor.look.page(Page::new(labels::USE_THIS_ADDRESS), || {
        let sub = format!("The account {present} gets the address that this link was mailed to, and its other devices are signed out.");
        view! {
            <Door title=labels::USE_THIS_ADDRESS sub>
                <form class="form" method="post">
                    <Button weight=Weight::Primary wide=true>{labels::USE_THIS_ADDRESS}</Button>
                </form>
            </Door>
        }
    })
}

async fn finish(
    State(app): State<App>,
    visitor: Visitor,
    session: Session,
    Path(token): Path<String>,
) -> Result<Response, Failure> {
    let (token, user) = (token.into(), visitor.account.id);
    if !identity::finish_email_change(&app.store, &app.secrets, &session, user, &token).await? {
        return Ok(visitor.look.page(Page::new(labels::LINK_NOT_VALID), invalid));
    }
    Ok(go("/account?saved=email"))
}

fn invalid() -> AnyView {
    view! {
        <Door title=labels::THIS_LINK_IS_NOT_VALID sub="It works once, for 24 hours, and for the account that asked for it. Nothing was changed.">
            <p>"Ask for the change once more on your account’s page."</p>
            <div class="row"><LinkButton href="/account">"Open your account"</LinkButton></div>
        </Door>
    }
    .into_any()
}
