//! What is asked of the log, all of it in the address.

use chrono_tz::Tz;
use domain::{ProjectId, audit::Kind, window::first_instant};
use leptos::prelude::*;
use store::{AuditFilter, Member as Person};

use super::View;
use crate::{
    components::{Button, Chips, Choice, DateRange, ErrorSummary, Field, Fold, Select, SetFilter},
    labels,
    web::Draft,
};

/// The fields of the form, which are those of the address.
const FIELDS: [&str; 6] = ["kind", "actor", "project", "subject", "from", "to"];

/// The filter as it was asked for.
pub(super) struct Filter {
    /// As typed, and what is wrong with it.
    pub(super) draft: Draft,
    /// What the store is asked.
    pub(super) asked: AuditFilter,
    /// Entries older than this one.
    pub(super) before: Option<u64>,
}

impl Filter {
    /// Dates are days of the zone, both ends included.
    pub(super) fn read(query: Option<&str>, zone: Tz) -> Self {
        let mut draft = Draft::asked(query);
        let kind = |text: &str| Kind::ALL.iter().copied().find(|kind| kind.as_str() == text);
        let kinds = draft.chosen("kind", kind).into_iter().collect();
        let project = |text: &str| text.parse::<ProjectId>().ok();
        let projects = draft.chosen("project", project).into_iter().collect();
        let any = |text: String| if text.is_empty() { Vec::new() } else { vec![text] };
        let asked = AuditFilter {
            kinds,
            actors: any(draft.value("actor")),
            projects,
            subjects: any(draft.value("subject")),
            from: draft.date("from").map(|day| first_instant(day, zone)),
            until: draft
                .date("to")
                .and_then(|day| day.succ_opt())
                .map(|day| first_instant(day, zone)),
        };
        let before = draft.value("before").parse().ok();
        Self { draft, asked, before }
    }

    /// Nothing is wrong with it.
    pub(super) fn is_right(&self) -> bool {
        self.draft.errors().is_empty()
    }

    /// It lets everything through.
    pub(super) fn is_empty(&self) -> bool {
        FIELDS.iter().all(|name| self.draft.value(name).is_empty())
    }

    /// The address with some fields changed; a change of what is let through begins at the newest.
    pub(super) fn href(&self, path: &str, changed: &[(&str, Option<String>)]) -> String {
        let mut pairs = Vec::new();
        for name in FIELDS.into_iter().chain(["before"]) {
            let value = match changed.iter().find(|(other, _)| *other == name) {
                Some((_, value)) => value.clone(),
                None if name == "before" => None,
                None => Some(self.draft.value(name)),
            };
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                pairs.push((name, value));
            }
        }
        let query = serde_urlencoded::to_string(pairs).unwrap_or_default();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }
}

/// Who can be chosen: members, and the operator.
pub(super) fn people(members: Vec<Person>) -> Vec<Choice> {
    let members = members
        .into_iter()
        .map(|member| Choice::new(member.user.to_string(), member.email.unwrap_or(member.name)));
    [Choice::new("", "Anybody"), Choice::new("operator", labels::THE_OPERATOR)]
        .into_iter()
        .chain(members)
        .collect()
}

/// The form that asks. Who is no member (any more) stays chosen, as the address has it.
pub(super) fn form(view: &View, mut people: Vec<Choice>) -> AnyView {
    let draft = &view.filter.draft;
    let field = |name| (draft.value(name), draft.error(name));
    let (kind, kind_error) = field("kind");
    let (project, project_error) = field("project");
    let (from, to) = (draft.value("from"), draft.value("to"));
    let (subject, actor) = (draft.value("subject"), draft.value("actor"));
    if !people.iter().any(|choice| choice.value == actor) {
        people.push(Choice::new(actor.clone(), actor.clone()));
    }
    let chips = chips(view, &people);
    let kinds = Kind::ALL.iter().map(|kind| Choice::new(kind.as_str(), kind.label()));
    let kinds = std::iter::once(Choice::new("", "Anything")).chain(kinds).collect::<Vec<_>>();
    let projects = view.projects.iter().map(|it| Choice::new(it.id.to_string(), it.name.clone()));
    let projects =
        std::iter::once(Choice::new("", labels::ANY)).chain(projects).collect::<Vec<_>>();
    let (errors, path) = (draft.errors(), view.member.path("audit"));
    let dates = errors.clone();
    let wrong = !view.filter.is_right();
    view! {
        <ErrorSummary lead=labels::NOTHING_IS_SHOWN errors/>
        <div class="ways">
            <Fold title=labels::FILTER open=wrong>
                <form class="form" method="get" action=path>
                    <div class="cols wide">
                        <Select name="kind" label=labels::WHAT choices=kinds value=kind error=kind_error/>
                        <Select name="actor" label=labels::BY choices=people value=actor/>
                        <Select name="project" label=labels::PROJECT choices=projects value=project error=project_error/>
                        <Field name="subject" label=labels::ID_OF_WHAT_WAS_CHANGED value=subject maxlength=100 autocomplete="off"/>
                        <DateRange from until=to until_name="to" errors=dates/>
                    </div>
                    <div class="row"><Button>{labels::SHOW}</Button></div>
                </form>
            </Fold>
        </div>
        {chips}
    }
    .into_any()
}

/// The filters that are set, each with the way to take it away.
fn chips(view: &View, people: &[Choice]) -> AnyView {
    let draft = &view.filter.draft;
    let path = view.member.path("audit");
    let named = |name: &str, of: &dyn Fn(&str) -> Option<String>| {
        let value = draft.value(name);
        of(&value).unwrap_or(value)
    };
    let kind = |value: &str| {
        Kind::ALL.iter().find(|it| it.as_str() == value).map(|it| it.label().to_owned())
    };
    let person = |value: &str| people.iter().find(|it| it.value == value).map(|it| it.text.clone());
    let project = |value: &str| {
        view.projects.iter().find(|it| it.id.to_string() == value).map(|it| it.name.clone())
    };
    let is = |label: &str| format!("{label} is");
    let filters = [
        ("kind", labels::WHAT, named("kind", &kind)),
        ("actor", labels::BY, named("actor", &person)),
        ("project", &is(labels::PROJECT), named("project", &project)),
        ("subject", &is(labels::ID_OF_WHAT_WAS_CHANGED), draft.value("subject")),
        ("from", labels::FROM, draft.value("from")),
        ("to", labels::UNTIL_INCLUDED, draft.value("to")),
    ];
    let set = |name: &str| view.filter.is_right() && !draft.value(name).is_empty();
    let filters = filters.into_iter().filter(|(name, _, _)| set(name));
    let filters = filters.map(|(name, label, value)| SetFilter {
        label: label.to_owned(),
        value,
        remove: view.filter.href(&path, &[(name, None)]),
    });
    view! { <Chips filters=filters.collect() clear=path/> }.into_any()
}
