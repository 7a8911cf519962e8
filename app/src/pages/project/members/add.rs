//! Adds somebody of the organization to the project.

use domain::{Action, ProjectRole};
use leptos::prelude::*;

use super::{super::address, View};
use crate::{
    components::{Button, Card, CardBody, Choice, ErrorSummary, LinkButton, Select, Weight},
    labels,
    web::{Draft, Member},
};

/// Nothing for who may not.
pub(super) fn card(member: &Member, view: &View, draft: &Draft) -> Option<AnyView> {
    let candidates = view.candidates.as_ref()?;
    if candidates.is_empty() {
        let team = member.can(Action::EditMembers).then(|| {
            let href = member.path("team");
            view! { <LinkButton href>{labels::INVITE_PEOPLE}</LinkButton> }
        });
        let card = view! {
            <Card title=labels::ADD_A_MEMBER>
                <CardBody split=true>
                    <p class="muted">"Everybody in the organization is in this project already."</p>
                    <div class="row">{team}</div>
                </CardBody>
            </Card>
        };
        return Some(card.into_any());
    }
    let people = candidates.iter().map(|person| {
        let text = match &person.email {
            Some(email) => format!("{}, {email}", person.name),
            None => person.name.clone(),
        };
        Choice::new(person.user.to_string(), text)
    });
    let roles = ProjectRole::ALL.map(|role| Choice::new(role.as_str(), role.label())).to_vec();
    // The same names stand in the list's forms.
    let own = draft.value("action") != "set-role";
    let error = |name: &str| draft.error(name).filter(|_| own);
    let summary =
        own.then(|| view! { <ErrorSummary lead="Nobody was added" errors=draft.errors()/> });
    let (user_error, role_error) = (error("user"), error("role"));
    let role = if own { draft.value("role") } else { ProjectRole::Member.as_str().to_owned() };
    let path = format!("{}/members", address(member, &view.project));
    let people: Vec<_> = people.collect();
    let form = view! {
        <form class="form" method="post" action=path>
            {summary}
            <input type="hidden" name="action" value="add"/>
            <div class="cols">
                <Select name="user" label=labels::PERSON choices=people value=draft.value("user") error=user_error help="Of the organization’s members."/>
                <Select name="role" label=labels::ROLE choices=roles value=role error=role_error help="An owner runs the project, a member sends requests with own keys, a viewer looks."/>
            </div>
            <div class="row"><Button weight=Weight::Primary>"Add member"</Button></div>
        </form>
    };
    let card =
        view! { <Card title=labels::ADD_A_MEMBER><CardBody split=true>{form}</CardBody></Card> };
    Some(card.into_any())
}
