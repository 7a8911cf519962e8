//! The list of members.

use domain::Role;
use leptos::prelude::*;
use store::Member as Person;

use super::Asked;
use crate::{
    components::{Avatar, Badge, Card, Column, Empty, LinkButton, Precision, Table, Time, Tone},
    labels,
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
    let mut columns = vec![Column::text(labels::MEMBER), Column::text(labels::ROLE)];
    if edits {
        columns.push(Column::text(labels::PROJECTS));
    }
    columns.push(Column::text(labels::MEMBER_SINCE));
    view! { <Card title=labels::ACTIVE><Table label=labels::MEMBERS columns>{rows}</Table></Card> }
        .into_any()
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
            Role::Owner => labels::ALL_PROJECTS.to_owned(),
            Role::Reader => projects(person),
        };
        view! { <td data-l=labels::PROJECTS class="muted">{text}</td> }
    });
    view! {
        <tr>
            <th scope="row"><Avatar name=person.name.clone()/>{name}<small>{person.email.clone()}</small></th>
            <td data-l=labels::ROLE>{badge(person.role)}</td>
            {projects}
            <td data-l=labels::MEMBER_SINCE class="muted"><Time at=person.added_at zone=member.organization.zone precision=Precision::Day/></td>
        </tr>
    }
    .into_any()
}

fn projects(person: &Person) -> String {
    match person.projects.as_slice() {
        [] => labels::NONE.to_owned(),
        [a, b, c, rest @ ..] if !rest.is_empty() => {
            format!("{}, {}, {} and {} more", a.name, b.name, c.name, rest.len())
        }
        few => few.iter().map(|project| project.name.as_str()).collect::<Vec<_>>().join(", "),
    }
}
