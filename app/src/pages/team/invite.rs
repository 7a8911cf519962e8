//! The form that invites people.

use axum::{extract::State, response::Response};
use domain::{Action, Addresses, Role};
use leptos::prelude::*;
use store::{InviteOutcome, Invited, Project};
use tower_sessions::Session;

use super::{Asked, page, places};
use crate::{
    components::{Button, ErrorSummary, Group, Knob, TextArea, Weight},
    labels,
    web::{App, Draft, Failure, Fresh, Member, go},
};

pub(super) async fn send(
    State(app): State<App>,
    member: Member,
    session: Session,
    mut draft: Draft,
) -> Result<Response, Failure> {
    member.may(Action::EditMembers)?;
    let projects = places::running(&app, &member).await?;
    let places: Vec<_> = places::read(&draft, &projects)?
        .into_iter()
        .filter_map(|(project, role)| Some((project, role?)))
        .collect();
    let addresses = draft.read::<Addresses>("addresses");
    let role = draft.read::<Role>("role");
    if role == Some(Role::Owner) {
        // As a change of role: it is about who owns the organization.
        Fresh::ask(&app, &session, &member.path("team")).await?;
    }
    if let (Some(addresses), Some(role)) = (addresses, role) {
        match app.store.invite(&member.caller, &addresses, role, &places).await {
            Ok(invited) => match leftovers(&invited) {
                None => {
                    return Ok(go(
                        member.path(&format!("team?show=invited&sent={}", invited.len()))
                    ));
                }
                Some((rest, sentence)) => {
                    draft.set("addresses", rest);
                    draft.refuse("addresses", sentence);
                }
            },
            Err(error) => draft.conflict("addresses", error)?,
        }
    }
    page(&app, &member, &draft, &Asked::default()).await
}

/// The addresses that nothing was sent to, and why.
fn leftovers(invited: &[Invited]) -> Option<(String, String)> {
    let of = |outcome: InviteOutcome| -> Vec<&str> {
        let fits = invited.iter().filter(|one| one.outcome == outcome);
        fits.map(|one| one.email.as_str()).collect()
    };
    let (members, pending) = (of(InviteOutcome::Member), of(InviteOutcome::Pending));
    let rest: Vec<_> = members.iter().chain(&pending).copied().collect();
    if rest.is_empty() {
        return None;
    }
    let sent = match invited.len() - rest.len() {
        0 => labels::NOTHING_WAS_SENT_SAID.to_owned(),
        1 => "1 invitation was sent, to the others none.".to_owned(),
        sent => format!("{sent} invitations were sent, to the others none."),
    };
    let why = [
        (members, "in the organization already"),
        (pending, "invited already: resend the invitation instead"),
    ]
    .into_iter()
    .filter(|(who, _)| !who.is_empty())
    .map(|(who, why)| {
        format!(" {} {} {why}.", who.join(", "), if who.len() == 1 { "is" } else { "are" })
    });
    Some((rest.join("\n"), format!("{sent}{}", why.collect::<String>())))
}

pub(super) fn form(member: &Member, draft: &Draft, projects: &[Project]) -> AnyView {
    let (role, error) = (draft.value("role"), draft.error("role"));
    let knobs = [
        (Role::Reader, labels::REQUESTS_OWN_PROJECTS_AND_KEYS),
        (Role::Owner, "Also billing, budgets and members"),
    ]
    .map(|(each, help)| {
        let checked = role == each.as_str();
        view! { <Knob name="role" value=each.as_str() label=each.label() checked help/> }
    });
    view! {
        <form class="form" method="post" action=member.path("team")>
            <ErrorSummary lead="Not everybody was invited" errors=draft.errors()/>
            <TextArea
                name="addresses"
                label="E-mail addresses"
                value=draft.value("addresses")
                error=draft.error("addresses")
                help="Up to 50, one a line."
                required=true
            />
            <Group legend=labels::ROLE name="role" error>{knobs.collect_view()}</Group>
            {places::fields(draft, projects)}
            <Button weight=Weight::Primary>"Send invitations"</Button>
        </form>
    }
    .into_any()
}
