//! The list of members.

use domain::Role;
use leptos::prelude::*;
use store::Member as Person;

use super::Asked;
use crate::{
    components::{Badge, Card, Column, Empty, LinkButton, Precision, Table, Time, Tone},
    web::Member,
};

pub(super) fn list(member: &Member, people: &[Person], asked: &Asked, edits: bool) -> AnyView {
    let rows: Vec<_> = people
        .iter()
        .filter(|person| {
            asked.fits(person.role, &[&person.name, person.email.as_deref().unwrap_or_default()])
        })
        .map(|person| row(member, person, edits))
        .collect();
    if rows.is_empty() {
        return nobody(
            member,
            "No member fits",
            "Nobody in this organization has such a name or address in this role.",
        );
    }
    let mut columns = vec![Column::text("Member"), Column::text("Role")];
    if edits {
        columns.push(Column::text("Projects"));
    }
    columns.push(Column::text("Member since"));
    view! { <Card title="Active"><Table label="Members" columns>{rows}</Table></Card> }.into_any()
}

/// When a filter leaves nothing.
pub(super) fn nobody(member: &Member, title: &'static str, text: &'static str) -> AnyView {
    let all = member.path("team");
    view! { <Card><Empty title text><LinkButton href=all>"Show everyone"</LinkButton></Empty></Card> }
        .into_any()
}

pub(super) fn badge(role: Role) -> AnyView {
    match role {
        Role::Owner => view! { <Badge tone=Tone::Ok bare=true text=role.label()/> }.into_any(),
        Role::Reader => view! { <Badge text=role.label()/> }.into_any(),
    }
}

fn row(member: &Member, person: &Person, edits: bool) -> AnyView {
    let you = (member.caller.user() == Some(person.user)).then_some(" (you)");
    let name = format!("{}{}", person.name, you.unwrap_or_default());
    let name = if edits {
        let href = member.path(&format!("team/{}", person.user));
        view! { <a href=href>{name}</a> }.into_any()
    } else {
        view! { {name} }.into_any()
    };
    let projects = edits.then(|| {
        let text = match person.role {
            Role::Owner => "All projects".to_owned(),
            Role::Reader => projects(person),
        };
        view! { <td data-l="Projects" class="muted">{text}</td> }
    });
    view! {
        <tr>
            <th scope="row">{name}<small>{person.email.clone()}</small></th>
            <td data-l="Role">{badge(person.role)}</td>
            {projects}
            <td data-l="Member since" class="muted"><Time at=person.added_at zone=member.organization.zone precision=Precision::Day/></td>
        </tr>
    }
    .into_any()
}

fn projects(person: &Person) -> String {
    match person.projects.as_slice() {
        [] => "None".to_owned(),
        [a, b, c, rest @ ..] if !rest.is_empty() => {
            format!("{}, {}, {} and {} more", a.name, b.name, c.name, rest.len())
        }
        few => few.iter().map(|project| project.name.as_str()).collect::<Vec<_>>().join(", "),
    }
}
