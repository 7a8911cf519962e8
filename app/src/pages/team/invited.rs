//! The list of invitations, those that have expired among them.

use leptos::prelude::*;
use store::{Invitation, InvitationMail, InvitationState};

use super::{Asked, active};
use crate::{
    components::{Card, Column, Empty, PostButton, Precision, Table, time_text},
    labels,
    web::Member,
};

pub(super) fn list(member: &Member, invitations: &[Invitation], asked: &Asked) -> AnyView {
    if invitations.is_empty() {
        return view! {
            <Card><Empty title="Nobody is invited" text="Whom you invite stands here until the invitation is accepted."/></Card>
        }
        .into_any();
    }
    let rows: Vec<_> = invitations
        .iter()
        .filter(|one| asked.fits(one.role, &[&one.email]))
        .map(|one| row(member, one))
        .collect();
    if rows.is_empty() {
        return active::nobody(
            member,
            "No invitation fits",
            "Nobody with such an address is invited in this role.",
        );
    }
    let columns = vec![
        Column::text(labels::ADDRESS),
        Column::text(labels::ROLE),
        Column::text(labels::DELIVERY),
        Column::act(),
    ];
    view! {
        <Card title=labels::INVITED note="An invitation works once, for seven days">
            <Table label="Invitations" columns>{rows}</Table>
        </Card>
    }
    .into_any()
}

fn row(member: &Member, one: &Invitation) -> AnyView {
    let href = member.path(&format!("team/invitations/{}", one.id));
    let (tone, delivery) = delivery(member, one);
    let resend = (tone != "muted").then(|| {
        let fields = vec![("action", "resend".to_owned())];
        view! { <PostButton action=href.clone() fields>"Resend"</PostButton> }
    });
    view! {
        <tr>
            <th scope="row"><a href=href>{one.email.clone()}</a><small>{about(one)}</small></th>
            <td data-l=labels::ROLE>{active::badge(one.role)}</td>
            <td data-l=labels::DELIVERY class=tone>{delivery}</td>
            <td class="act">{resend}</td>
        </tr>
    }
    .into_any()
}

fn about(one: &Invitation) -> String {
    let names: Vec<_> = one.projects.iter().map(|project| project.name.as_str()).collect();
    let places = match names.as_slice() {
        [] => "No project".to_owned(),
        names => names.join(", "),
    };
    match &one.invited_by {
        Some(name) => format!("{places}, by {name}"),
        None => places,
    }
}

/// What became of it, and the class that says how bad that is.
pub(super) fn delivery(member: &Member, one: &Invitation) -> (&'static str, String) {
    let expires = time_text(one.expires_at, member.organization.zone, Precision::Day);
    match (one.state, &one.mail) {
        (InvitationState::Expired, _) => ("warn", format!("Expired {expires}")),
        (_, InvitationMail::Failed(answer)) => ("bad", format!("Not delivered: {answer}")),
        (_, InvitationMail::Sent) => ("muted", format!("Delivered, expires {expires}")),
        (_, InvitationMail::Waiting) => ("muted", format!("Mail waits, expires {expires}")),
    }
}
