//! The forms that ask: one for many requests, one for a single one.

use std::collections::BTreeSet;

use domain::Outcome;
use leptos::prelude::*;

use super::{Shown, View, filter::REFUSED, words};
use crate::components::{
    Button, Chips, Choice, DateRange, ErrorSummary, Field, Fold, GroupedSelect, Select, SetFilter,
};
use crate::labels;

/// Who answers.
const THE_SANDBOX: &str = "The sandbox";
const A_PROVIDER: &str = "A provider";

pub(super) fn card(view: &View) -> AnyView {
    let draft = &view.filter.draft;
    let (path, errors) = (view.member.path("requests"), draft.errors());
    // What is set is said by the chips; what is wrong is put right in its field.
    let open = view.filter.is_wrong();
    let (fields, chips) = (fields(view), chips(view));
    let (id, id_error) = (draft.value("id"), draft.error("id"));
    let search = path.clone();
    view! {
        <ErrorSummary lead=labels::NOTHING_IS_SHOWN errors/>
        <div class="ways">
            <Fold title=labels::FILTER open>
                <form class="form" method="get" action=path>
                    {fields}
                    <div class="row"><Button>{labels::SHOW}</Button></div>
                </form>
            </Fold>
            <form class="row search" method="get" action=search>
                <Field name="id" label="Find by request ID" value=id error=id_error maxlength=100 autocomplete="off" placeholder="req_…"/>
                <Button>{labels::FIND}</Button>
            </form>
        </div>
        {chips}
    }
    .into_any()
}

fn fields(view: &View) -> AnyView {
    let draft = &view.filter.draft;
    let field = |name| (draft.value(name), draft.error(name));
    let ((project, project_error), (key, key_error)) = (field("project"), field("key"));
    let ((outcome, outcome_error), model) = (field("outcome"), draft.value("model"));
    let ((streamed, streamed_error), (sandbox, sandbox_error)) =
        (field("streamed"), field("sandbox"));
    let (tag, tag_error) = field("tag");
    let (from, to) = (draft.value("from"), draft.value("to"));
    let (errors, models) = (draft.errors(), models(view));
    let projects = view.projects.iter().map(|it| Choice::new(it.id.to_string(), it.name.clone()));
    let projects = chosen(labels::ANY, projects, &project);
    let keys = keys(view, &key);
    view! {
        <div class="cols">
            <Select name="project" label=labels::PROJECT choices=projects value=project error=project_error/>
            <GroupedSelect name="key" label=labels::API_KEY groups=keys value=key error=key_error/>
            <Field name="model" label=labels::MODEL value=model among=models maxlength=200 autocomplete="off"/>
            <Select name="outcome" label=labels::OUTCOME choices=outcomes() value=outcome error=outcome_error/>
            <Select name="streamed" label=labels::STREAMED choices=either(labels::STREAMED, "Not streamed") value=streamed error=streamed_error/>
            <Select name="sandbox" label=labels::ANSWERED_BY choices=either(THE_SANDBOX, A_PROVIDER) value=sandbox error=sandbox_error/>
            <Field name="tag" label=labels::TAG value=tag error=tag_error maxlength=100 autocomplete="off" placeholder="team=search"/>
            <DateRange from until=to until_name="to" errors/>
        </div>
    }
    .into_any()
}

/// Those of the requests that are shown.
fn models(view: &View) -> Vec<String> {
    let Shown::Requests(lines) = &view.shown else { return Vec::new() };
    let models: BTreeSet<_> = lines.rows.iter().map(|line| line.model.clone()).collect();
    models.into_iter().collect()
}

/// Choices with one for all, and with what the address says though it is not in the list.
fn chosen(all: &str, choices: impl Iterator<Item = Choice>, value: &str) -> Vec<Choice> {
    let mut choices: Vec<_> = std::iter::once(Choice::new("", all)).chain(choices).collect();
    if !choices.iter().any(|choice| choice.value == value) {
        choices.push(Choice::new(value, value));
    }
    choices
}

/// Under their projects.
fn keys(view: &View, value: &str) -> Vec<(String, Vec<Choice>)> {
    let mut first = vec![Choice::new("", labels::ANY)];
    if !value.is_empty() && !view.keys.iter().any(|key| key.id.to_string() == value) {
        first.push(Choice::new(value, value));
    }
    let mut groups = vec![(labels::ALL.to_owned(), first)];
    for project in &view.projects {
        let own = view.keys.iter().filter(|key| key.project == project.id);
        let own: Vec<_> =
            own.map(|key| Choice::new(key.id.to_string(), key.name.clone())).collect();
        if !own.is_empty() {
            groups.push((project.name.clone(), own));
        }
    }
    groups
}

fn outcomes() -> Vec<Choice> {
    let outcomes =
        Outcome::ALL.into_iter().map(|it| Choice::new(it.as_str(), words::outcome(it).0));
    let refused = Choice::new(REFUSED, labels::REFUSED);
    std::iter::once(Choice::new("", "Any forwarded")).chain(outcomes).chain([refused]).collect()
}

fn either(yes: &str, no: &str) -> Vec<Choice> {
    vec![Choice::new("", labels::ANY), Choice::new("yes", yes), Choice::new("no", no)]
}

/// The filters that are set, each with the way to take it away.
fn chips(view: &View) -> AnyView {
    let path = view.member.path("requests");
    let filters = if view.filter.is_right() { set(view) } else { Default::default() };
    let filters = filters.into_iter().filter(|(_, _, value)| !value.is_empty());
    let filters = filters.map(|(name, label, value)| SetFilter {
        label,
        value,
        remove: view.filter.href(&path, name, ""),
    });
    view! { <Chips filters=filters.collect() clear=path/> }.into_any()
}

/// Each field, what it is called in a chip, and its value in words; empty where it is not set.
fn set(view: &View) -> [(&'static str, String, String); 9] {
    let value = |name| view.filter.draft.value(name);
    let among = |choices: Vec<Choice>, name| {
        let value = value(name);
        let choice = choices.into_iter().find(|it| !value.is_empty() && it.value == value);
        choice.map_or(value, |it| it.text)
    };
    let is = |label: &str| format!("{label} is");
    let yes = |name| among(either(labels::YES, labels::NO), name);
    let projects = view.projects.iter().map(|it| Choice::new(it.id.to_string(), it.name.clone()));
    let keys = view.keys.iter().map(|it| Choice::new(it.id.to_string(), it.name.clone()));
    [
        ("project", is(labels::PROJECT), among(projects.collect(), "project")),
        ("key", is(labels::API_KEY), among(keys.collect(), "key")),
        ("model", is(labels::MODEL), value("model")),
        ("outcome", is(labels::OUTCOME), among(outcomes(), "outcome")),
        ("streamed", labels::STREAMED.to_owned(), yes("streamed")),
        (
            "sandbox",
            labels::ANSWERED_BY.to_owned(),
            among(either(THE_SANDBOX, A_PROVIDER), "sandbox"),
        ),
        ("tag", is(labels::TAG), value("tag")),
        ("from", labels::FROM.to_owned(), value("from")),
        ("to", labels::UNTIL_INCLUDED.to_owned(), value("to")),
    ]
}
