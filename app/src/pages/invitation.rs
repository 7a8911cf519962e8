//! `/invitations/{token}`: where somebody who was invited becomes a member.

mod ways;

use axum::{Router, extract::State, http::StatusCode, response::Response, routing::get};
use domain::Name;
use identity::{Invited, NewPassword, SignUpError};
use leptos::prelude::*;
use store::{StoreError, system::Account};
use tower_sessions::Session;

use crate::{
    components::LinkButton,
    labels,
    layouts::Door,
    render::Page,
    web::{App, Browser, Draft, Failure, Path, Stranger, Whence, go},
};

pub(super) fn router() -> Router<App> {
    Router::new().route("/invitations/{token}", get(show).post(act))
}

type Token = Result<Path<String>, Failure>;

async fn show(
    State(app): State<App>,
    stranger: Stranger,
    session: Session,
    token: Token,
) -> Result<Response, Failure> {
    let Some((invited, path)) = find(&app, token).await? else { return Ok(over(&stranger)) };
    let account = identity::current_user(&app.store, &session).await?;
    Ok(page(&stranger, &invited, &path, account.as_ref(), &Draft::default()))
}

async fn act(
    State(app): State<App>,
    stranger: Stranger,
    session: Session,
    Browser(device): Browser,
    Whence(origin): Whence,
    token: Token,
    mut draft: Draft,
) -> Result<Response, Failure> {
    let Some((invited, path)) = find(&app, token).await? else { return Ok(over(&stranger)) };
    let account = identity::current_user(&app.store, &session).await?;
    let joined = match (draft.value("action").as_str(), &account) {
        ("accept", Some(account)) if account.email == invited.invitation().email => {
            identity::accept(&app.store, &invited, account.id, origin, app.mails).await
        }
        ("join", None) => match read(&mut draft, &invited) {
            None => return Ok(page(&stranger, &invited, &path, None, &draft)),
            Some(person) => {
                let with = (origin, app.mails);
                let joined = identity::join(
                    &app.store,
                    &app.secrets,
                    &session,
                    &invited,
                    person,
                    &device,
                    with,
                );
                match joined.await {
                    Ok(Some(caller)) => Ok(caller),
                    Ok(None) => return Ok(go("/sign-up?sent")),
                    Err(SignUpError::Store(error)) => Err(error),
                    Err(SignUpError::Session(error)) => return Err(error.into()),
                    Err(error) => {
                        draft.refuse_with("password", &error);
                        return Ok(page(&stranger, &invited, &path, None, &draft));
                    }
                }
            }
        },
        ("switch", Some(_)) => {
            identity::log_out(&session).await?;
            return Ok(go(path));
        }
        _ => return Ok(page(&stranger, &invited, &path, account.as_ref(), &draft)),
    };
    match joined {
        Ok(caller) => Ok(go(format!("/{}", caller.org))),
        Err(StoreError::NotFound) => Ok(over(&stranger)),
        Err(error) => Err(error.into()),
    }
}

/// The invitation that waits behind the token, and its address.
async fn find(app: &App, token: Token) -> Result<Option<(Invited, String)>, Failure> {
    let Ok(Path(token)) = token else { return Ok(None) };
    let invited = identity::invitation(&app.store, &app.secrets, &token).await?;
    Ok(invited.map(|invited| (invited, format!("/invitations/{token}"))))
}

fn read(draft: &mut Draft, invited: &Invited) -> Option<(Name, NewPassword)> {
    let name = draft.read::<Name>("name");
    let (typed, email) = (draft.value("password").into(), &invited.invitation().email);
    match NewPassword::choose(typed, email, &draft.value("name")) {
        Ok(password) => Some((name?, password)),
        Err(error) => {
            draft.refuse_with("password", &error);
            None
        }
    }
}

/// One page for all that is no invitation, whatever the reason.
fn over(stranger: &Stranger) -> Response {
    let page = Page::new(labels::THIS_INVITATION_DOES_NOT_WORK).status(StatusCode::NOT_FOUND);
    stranger.look.page(page, || {
        view! {
            <Door
                title=labels::THIS_INVITATION_DOES_NOT_WORK
                sub="It may have been used, revoked or sent anew, it may be older than seven days, or a part of the address is missing. An owner of the organization can send it again."
            >
                <div class="row"><LinkButton href="/">"Go to Exchequer"</LinkButton></div>
            </Door>
        }
    })
}

fn page(
    stranger: &Stranger,
    invited: &Invited,
    path: &str,
    account: Option<&Account>,
    draft: &Draft,
) -> Response {
    let invitation = invited.invitation();
    let title = format!("Join {}", invitation.organization);
    stranger.look.page(Page::new(title.clone()).status(draft.status()), || {
        let ways = match account {
            None => ways::both(invitation, path, draft),
            Some(account) if account.email == invitation.email => ways::join(path),
            Some(account) => ways::switch(invitation, account, path),
        };
        let sub = ways::words(invitation);
        view! { <Door title sub>{ways}</Door> }
    })
}
