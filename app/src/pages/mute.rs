//! `/mute/{org}/{mail}/{token}`: from a report, or from an alert to an address that a threshold lists. Nothing happens
//! before the button is pressed, because mail programs open links to look at them; those that know
//! RFC 8058 press it for the reader.

use axum::{
    Router,
    extract::{Request, State},
    response::Response,
    routing::get,
};
use domain::{OrgId, OutboxId};
use leptos::prelude::*;
use store::system::Mute;

use crate::{
    components::{Button, Weight},
    labels,
    layouts::Door,
    render::{Look, Page},
    web::{App, Draft, Failure, Path, id},
};

pub(super) fn router() -> Router<App> {
    Router::new().route("/mute/{org}/{mail}/{token}", get(show).post(set))
}

/// Longest form, in bytes: it has one field.
const LONGEST: usize = 4 * 1024;

type Place = Path<(String, String, String)>;

async fn show(State(app): State<App>, look: Look, place: Place) -> Result<Response, Failure> {
    let (_, mute) = read(&app, place).await?;
    Ok(page(look, mute))
}

async fn set(
    State(app): State<App>,
    look: Look,
    place: Place,
    request: Request,
) -> Result<Response, Failure> {
    let (org, mute) = read(&app, place).await?;
    // Mail programs send the form in parts (RFC 8058). It is read only of who has a link.
    let draft = Draft::sent(request, LONGEST).await?;
    let address = mute.address.parse().map_err(|_| Failure::NotFound)?;
    let muted = draft.value("again").is_empty();
    app.store.system().set_muted(org, &address, muted).await?;
    Ok(page(look, Mute { muted, ..mute }))
}

/// What the link is about; a link that was not made here is about nothing.
async fn read(app: &App, Path((org, mail, token)): Place) -> Result<(OrgId, Mute), Failure> {
    let (org, mail) = (id::<OrgId>(&org)?, id::<OutboxId>(&mail)?);
    if !identity::is_link_token(&app.secrets, "mute", mail.uuid(), 1, &token.into()) {
        return Err(Failure::NotFound);
    }
    let mute = app.store.system().mute_of(org, mail).await?.ok_or(Failure::NotFound)?;
    Ok((org, mute))
}

fn page(look: Look, mute: Mute) -> Response {
    let Mute { organization, address, muted } = mute;
    let title = if muted { "These mails are stopped" } else { labels::STOP_THESE_MAILS };
    look.page(Page::new(title), move || {
        let (sub, form) = if muted {
            (
                format!("{organization} mails no more reports and alerts to {address}. Owners are told of alerts all the same."),
                view! {
                    <form class="form" method="post">
                        <input type="hidden" name="again" value="yes"/>
                        <Button wide=true>"Get them again"</Button>
                    </form>
                }
                .into_any(),
            )
        } else {
            (
                format!("{organization} mails reports or alerts of what it spends to {address}, because an owner there has them sent. Owners are told of alerts even if they stop these mails."),
                view! {
                    <form class="form" method="post">
                        <Button weight=Weight::Primary wide=true>{labels::STOP_THESE_MAILS}</Button>
                    </form>
                }
                .into_any(),
            )
        };
        view! { <Door title=title sub>{form}</Door> }
    })
}
