//! Who is in the project, and forms to change that.

use domain::{ProjectRole, Role};
use leptos::prelude::*;
use store::ProjectMember;

use super::{super::address, View};
use crate::{
    components::{
        Avatar, Badge, Button, Card, CardBody, Column, Empty, ErrorSummary, PostButton, Precision,
        Table, Time, Weight,
    },
    labels,
    web::{Draft, Member},
};

pub(super) fn card(member: &Member, view: &View, draft: &Draft) -> AnyView {
    if view.members.is_empty() {
        return view! {
            <Card title=labels::MEMBERS>
                <Empty
                    split=true
                    title="Nobody is in this project"
                    text="Owners of the organization can do everything in it. Readers see it once they are added."
                />
            </Card>
        }
        .into_any();
    }
    let rows: Vec<_> = view.members.iter().map(|person| row(member, view, person)).collect();
    let mut columns =
        vec![Column::text(labels::NAME), Column::text(labels::ROLE), Column::text(labels::ADDED)];
    if view.candidates.is_some() {
        columns.push(Column::act());
    }
    let wrong = (draft.value("action") == "set-role").then(|| {
        let errors = draft.errors();
        view! { <CardBody split=true><ErrorSummary lead=labels::NOTHING_WAS_CHANGED errors/></CardBody> }
    });
    view! {
        <Card title=labels::MEMBERS note="Owners of the organization may do everything here, in the list or not">
            {wrong}
            <Table label=labels::MEMBERS columns>{rows}</Table>
        </Card>
    }
    .into_any()
}

fn row(member: &Member, view: &View, person: &ProjectMember) -> AnyView {
    let zone = member.organization.zone;
    let path = format!("{}/members", address(member, &view.project));
    let owner = (person.org_role == Role::Owner)
        .then(|| view! { " "<Badge line=true text=labels::ORGANIZATION_OWNER/> });
    let email = person.email.clone().map(|email| view! { <small>{email}</small> });
    let at = person.added_at;
    let name = person.name.clone();
    let edits = view.candidates.is_some();
    let act = edits.then(|| remove(path.clone(), person));
    let role = if edits { role_form(path, person) } else { person.role.label().into_any() };
    view! {
        <tr>
            <th scope="row"><Avatar name=name.clone()/>{name}{owner}{email}</th>
            <td data-l=labels::ROLE>{role}</td>
            <td data-l=labels::ADDED><Time at zone precision=Precision::Day/></td>
            {act}
        </tr>
    }
    .into_any()
}

fn role_form(path: String, person: &ProjectMember) -> AnyView {
    let options = ProjectRole::ALL.map(|role| {
        let selected = role == person.role;
        view! { <option value=role.as_str() selected=selected>{role.label()}</option> }
    });
    let label = format!("Role of {}", person.name);
    let whom = format!(" of {}", person.name);
    view! {
        <form class="inline" method="post" action=path>
            <input type="hidden" name="action" value="set-role"/>
            <input type="hidden" name="user" value=person.user.to_string()/>
            <select name="role" aria-label=label>{options.collect_view()}</select>
            <Button weight=Weight::Quiet>{labels::SAVE}<span class="vh">{whom}</span></Button>
        </form>
    }
    .into_any()
}

fn remove(path: String, person: &ProjectMember) -> AnyView {
    let fields = vec![("action", "remove".to_owned()), ("user", person.user.to_string())];
    let whom = format!(" {}", person.name);
    view! {
        <td class="act">
            <PostButton action=path weight=Weight::Quiet fields>
                {labels::REMOVE}<span class="vh">{whom}</span>
            </PostButton>
        </td>
    }
    .into_any()
}
