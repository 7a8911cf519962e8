//! What is asked of the log, all of it in the address.

use chrono::NaiveDate;
use chrono_tz::Tz;
use domain::{ProjectId, audit::Kind, window::first_instant};
use leptos::prelude::*;
use store::{AuditFilter, Member as Person};

use super::View;
use crate::{
    components::{Button, Card, CardBody, Choice, ErrorSummary, Field, LinkButton, Select, Weight},
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
        let pairs: Vec<(String, String)> =
            serde_urlencoded::from_str(query.unwrap_or_default()).unwrap_or_default();
        let mut draft = Draft::default();
        for (name, value) in &pairs {
            // The database takes no zero byte; what stands for it is in no entry.
            draft.keep(name, &value.trim().replace('\0', "\u{fffd}"));
        }
        let kinds = chosen(&mut draft, "kind", |text| {
            Kind::ALL.iter().copied().find(|kind| kind.as_str() == text)
        });
        let projects = chosen(&mut draft, "project", |text| text.parse::<ProjectId>().ok());
        let any = |text: String| if text.is_empty() { Vec::new() } else { vec![text] };
        let asked = AuditFilter {
            kinds,
            actors: any(draft.value("actor")),
            projects,
            subjects: any(draft.value("subject")),
            from: day(&mut draft, "from").map(|day| first_instant(day, zone)),
            until: day(&mut draft, "to")
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

/// What was chosen from a list; what is not in it is an error.
fn chosen<T>(draft: &mut Draft, name: &'static str, read: impl Fn(&str) -> Option<T>) -> Vec<T> {
    let typed = draft.value(name);
    match read(&typed) {
        Some(value) => vec![value],
        None if typed.is_empty() => Vec::new(),
        None => {
            draft.refuse(name, "Choose one from the list.");
            Vec::new()
        }
    }
}

fn day(draft: &mut Draft, name: &'static str) -> Option<NaiveDate> {
    let typed = draft.value(name);
    let day = NaiveDate::parse_from_str(&typed, "%Y-%m-%d").ok();
    if day.is_none() && !typed.is_empty() {
        draft.refuse(name, "Write a date like 2026-11-24.");
    }
    day
}

/// Who can be chosen: members, and the operator.
pub(super) fn people(members: Vec<Person>) -> Vec<Choice> {
    let members = members
        .into_iter()
        .map(|member| Choice::new(member.user.to_string(), member.email.unwrap_or(member.name)));
    [Choice::new("", "Anybody"), Choice::new("operator", "The operator")]
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
    let (from, from_error) = field("from");
    let (to, to_error) = field("to");
    let (subject, actor) = (draft.value("subject"), draft.value("actor"));
    if !people.iter().any(|choice| choice.value == actor) {
        people.push(Choice::new(actor.clone(), actor.clone()));
    }
    let kinds = Kind::ALL.iter().map(|kind| Choice::new(kind.as_str(), kind.label()));
    let kinds = std::iter::once(Choice::new("", "Anything")).chain(kinds).collect::<Vec<_>>();
    let projects = view.projects.iter().map(|it| Choice::new(it.id.to_string(), it.name.clone()));
    let projects = std::iter::once(Choice::new("", "Any")).chain(projects).collect::<Vec<_>>();
    let (errors, path) = (draft.errors(), view.member.path("audit"));
    let clear = (!view.filter.is_empty()).then(|| {
        let href = path.clone();
        view! { <LinkButton href weight=Weight::Quiet>"Clear"</LinkButton> }
    });
    view! {
        <Card>
            <CardBody>
                <form class="form" method="get" action=path>
                    <ErrorSummary lead="Nothing is shown" errors/>
                    <div class="cols wide">
                        <Select name="kind" label="What" choices=kinds value=kind error=kind_error/>
                        <Select name="actor" label="By" choices=people value=actor/>
                        <Select name="project" label="Project" choices=projects value=project error=project_error/>
                        <Field name="subject" label="ID of what was changed" value=subject maxlength=100 autocomplete="off"/>
                        <Field name="from" label="From" kind="date" value=from error=from_error/>
                        <Field name="to" label="To, included" kind="date" value=to error=to_error/>
                    </div>
                    <div class="row"><Button>"Show"</Button>{clear}</div>
                </form>
            </CardBody>
        </Card>
    }
    .into_any()
}
