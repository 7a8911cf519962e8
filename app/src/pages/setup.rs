//! `/setup/{token}`: the first start. Makes the operator and the first organization in one go.

use axum::{Router, extract::State, http::StatusCode, response::Response, routing::get};
use domain::Name;
use identity::SetUpError;
use leptos::prelude::*;
use secrecy::SecretString;
use tower_sessions::Session;

use super::{person, zones};
use crate::{
    components::{Button, ErrorSummary, Field, GroupedSelect, Weight},
    labels,
    layouts::Door,
    render::{Look, Page},
    web::{App, Browser, Draft, Failure, Path, Whence, go},
};

pub(super) fn router() -> Router<App> {
    Router::new().route("/setup", get(ask)).route("/setup/{token}", get(show).post(set_up))
}

/// Without the link.
async fn ask(State(app): State<App>, look: Look) -> Result<Response, Failure> {
    Ok(if app.store.system().installation().await?.operated {
        go("/sign-in")
    } else {
        closed(look, StatusCode::OK)
    })
}

async fn show(
    State(app): State<App>,
    look: Look,
    Path(token): Path<String>,
) -> Result<Response, Failure> {
    if app.store.system().installation().await?.operated {
        return Ok(go("/sign-in"));
    }
    let token = SecretString::from(token);
    if !identity::is_setup_token(&app.store, &app.secrets, &token).await? {
        return Ok(closed(look, StatusCode::FORBIDDEN));
    }
    Ok(page(look, &Draft::with([("zone", labels::UTC.to_owned())])))
}

async fn set_up(
    State(app): State<App>,
    look: Look,
    session: Session,
    Browser(device): Browser,
    Whence(origin): Whence,
    Path(token): Path<String>,
    mut draft: Draft,
) -> Result<Response, Failure> {
    let token = SecretString::from(token);
    if !identity::is_setup_token(&app.store, &app.secrets, &token).await? {
        return Ok(closed(look, StatusCode::FORBIDDEN));
    }
    // In the order of the form, which is that of what is said about it.
    // Whoever reads the server's log is known well enough.
    let person = person::read(&mut draft);
    let organization = draft.read::<Name>("organization");
    let zone = zones::read(&mut draft);
    if let (Some(person), Some(organization), Some(zone)) = (person, organization, zone) {
        match identity::set_up(&app.store, &app.secrets, &session, &token, &person, &device).await {
            Ok(operator) => {
                let owner =
                    app.store.create_organization(operator, &organization, zone, origin).await?;
                return Ok(go(format!("/{}", owner.org)));
            }
            Err(SetUpError::Invalid) => return Ok(closed(look, StatusCode::FORBIDDEN)),
            Err(SetUpError::Store(error)) => return Err(error.into()),
            Err(SetUpError::Session(error)) => return Err(error.into()),
            Err(error @ (SetUpError::Taken | SetUpError::Busy(_))) => {
                draft.refuse_with("email", &error);
            }
        }
    }
    Ok(page(look, &draft))
}

fn page(look: Look, draft: &Draft) -> Response {
    look.page(Page::new(labels::SET_UP).status(draft.status()), || {
        let form = form(draft);
        view! {
            <Door title=labels::SET_UP_EXCHEQUER sub="You will run this installation and own its first organization.">
                {form}
            </Door>
        }
    })
}

fn closed(look: Look, status: StatusCode) -> Response {
    look.page(Page::new(labels::SET_UP).status(status), || {
        view! {
            <Door title="This installation is not set up yet" sub="The server prints a link for it each time it starts.">
                <p>"Open that link in this browser. Look for “/setup/” in the terminal or the log where "<code>"exchequer serve"</code>" runs."</p>
            </Door>
        }
    })
}

fn form(draft: &Draft) -> AnyView {
    view! {
        <form class="form" method="post">
            <ErrorSummary lead="Nothing was set up" errors=draft.errors()/>
            {person::fields(draft)}
            <Field name="organization" label=labels::ORGANIZATION value=draft.value("organization") error=draft.error("organization") help="Your company or team. You can make more of them later." autocomplete="organization" required=true maxlength=100/>
            <GroupedSelect
                name="zone"
                label=labels::TIME_ZONE
                groups=zones::groups()
                here=draft.errors().is_empty()
                value=draft.value("zone")
                error=draft.error("zone")
                help=labels::DAYS_WEEKS_AND_MONTHS_BEGIN_AT_MIDNIGHT_THERE
            />
            <Button weight=Weight::Primary wide=true>{labels::SET_UP_EXCHEQUER}</Button>
        </form>
    }
    .into_any()
}
