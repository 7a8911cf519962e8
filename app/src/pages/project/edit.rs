//! The forms of a project's first page.

use domain::KeptDays;
use leptos::prelude::*;
use store::Project;

use super::{super::projects::environments, address};
use crate::{
    components::{Button, Card, CardBody, ErrorSummary, Errors, Field, Select, Tick, Weight},
    labels,
    web::{Draft, Member},
};

/// What is wrong with one of the page's forms.
fn about(draft: &Draft, field: &'static str) -> Errors {
    draft.error(field).map_or_else(Errors::new, |sentence| Errors::one(field, sentence))
}

pub(super) fn rename(member: &Member, project: &Project, draft: &Draft) -> AnyView {
    let form = view! {
                <form class="form" method="post" action=address(member, project)>
                    <ErrorSummary lead=labels::NOTHING_WAS_SAVED errors=about(draft, "name")/>
                    <Field
                        name="name"
                        label=labels::NAME
                        value=draft.value("name")
                        error=draft.error("name")
                        help="Keys, people, budgets and usage stay with the project."
                        required=true
                        maxlength=100
                    />
                    <input type="hidden" name="action" value="rename"/>
                    <div class="row"><Button weight=Weight::Primary>"Rename project"</Button></div>
                </form>
    };
    view! { <Card title=labels::NAME><CardBody split=true>{form}</CardBody></Card> }.into_any()
}

pub(super) fn environment(member: &Member, project: &Project, draft: &Draft) -> AnyView {
    let form = view! {
                <form class="form" method="post" action=address(member, project)>
                    <ErrorSummary lead=labels::NOTHING_WAS_SAVED errors=about(draft, "environment")/>
                    <Select
                        name="environment"
                        label=labels::ENVIRONMENT
                        choices=environments(member)
                        value=draft.value("environment")
                        error=draft.error("environment")
                        help="It changes no limit."
                    />
                    <input type="hidden" name="action" value="environment"/>
                    <div class="row"><Button>"Save environment"</Button></div>
                </form>
    };
    view! { <Card title=labels::ENVIRONMENT><CardBody split=true>{form}</CardBody></Card> }
        .into_any()
}

pub(super) fn default(member: &Member, project: &Project, draft: &Draft) -> AnyView {
    let text = "Requests with a personal key that name no project belong to the default project, if the person is in it.";
    let form = if project.is_default {
        view! { <p>"This is the organization’s default project. To change that, make another one the default."</p> }
            .into_any()
    } else if project.archived_at.is_some() {
        view! { <p>"An archived project can’t be the default."</p> }.into_any()
    } else if project.rehearsal {
        view! { <p>"A project for rehearsals can’t be the default."</p> }.into_any()
    } else {
        view! {
            <form method="post" action=address(member, project)>
                <input type="hidden" name="action" value="default"/>
                <Button>"Make it the default"</Button>
            </form>
        }
        .into_any()
    };
    let errors = about(draft, "default");
    view! {
        <Card title=labels::DEFAULT_PROJECT>
            <CardBody split=true>
                <ErrorSummary lead=labels::NOTHING_WAS_CHANGED errors/>
                <p class="muted" id="f-default">{text}</p>
                {form}
            </CardBody>
        </Card>
    }
    .into_any()
}

pub(super) fn fingerprints(member: &Member, project: &Project) -> AnyView {
    let (action, checked) = (address(member, project), project.fingerprints);
    view! {
        <Card title="Repeated requests">
            <CardBody split=true>
                <form class="form" method="post" action=action>
                    <Tick
                        name="fingerprints"
                        label="Keep fingerprints of requests"
                        checked
                        help="A keyed hash of what each request asks for, kept for eight days. The advisor tells by it which requests were asked before, and what a cache of answers would have saved. No text is kept."
                    />
                    <input type="hidden" name="action" value="fingerprints"/>
                    <div class="row"><Button>{labels::SAVE_CHOICE}</Button></div>
                </form>
            </CardBody>
        </Card>
    }
    .into_any()
}

/// The field of the days that prompts and answers are kept.
pub(super) const DAYS: &str = "bodies_days";

/// For how long prompts and answers are to be kept, empty for not at all; what is wrong is noted.
pub(super) fn days(draft: &mut Draft) -> Result<Option<KeptDays>, ()> {
    // A form without the field is one that was cut short, and deletes nothing.
    if draft.has(DAYS) && draft.value(DAYS).trim().is_empty() {
        return Ok(None);
    }
    draft.read::<KeptDays>(DAYS).map(Some).ok_or(())
}

pub(super) fn bodies(member: &Member, project: &Project, draft: &Draft) -> AnyView {
    let action = address(member, project);
    let form = view! {
                <form class="form" method="post" action=action>
                    <ErrorSummary lead=labels::NOTHING_WAS_SAVED errors=about(draft, DAYS)/>
                    <Field
                        name=DAYS
                        label="Keep prompts and answers for so many days"
                        value=draft.value(DAYS)
                        error=draft.error(DAYS)
                        inputmode="numeric"
                        autocomplete="off"
                        maxlength=3
                        help="1 to 90. Leave it empty and none are kept, and those that were are deleted from the next minute on. They are encrypted; who runs the project can read them on a request’s page, and the audit log notes each look."
                    />
                    <input type="hidden" name="action" value="bodies"/>
                    <div class="row"><Button>"Save days"</Button></div>
                </form>
    };
    view! { <Card title=labels::PROMPTS_AND_ANSWERS><CardBody split=true>{form}</CardBody></Card> }
        .into_any()
}
