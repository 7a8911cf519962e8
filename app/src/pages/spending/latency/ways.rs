//! The ways to look at it: which time, which project and model.

use leptos::prelude::*;

use super::{
    View,
    asked::{LONGEST, Measure, RANGES, Range},
};
use crate::components::{
    Button, Chips, Choice, DateRange, Field, Fold, Link, Seg, Select, SetFilter,
};
use crate::labels;

/// All of them.
pub(super) fn choices(page: &View) -> AnyView {
    let question = &page.asked.question;
    let ranges = RANGES.map(|(_, text, days)| {
        let range = Range::Days(days);
        let is_shown = question.range == range;
        Link::new(text, question.with_range(range).href(&page.path)).current(is_shown)
    });
    let measures = Measure::ALL.map(|measure| {
        Link::new(measure.label(), question.with_measure(measure).href(&page.path))
            .current(measure == question.measure)
    });
    let (form, chips) = (form(page), chips(page));
    view! {
        <div class="row between">
            <Seg label=labels::RANGE links=ranges.to_vec()/>
            <Seg label=labels::MEASURE links=measures.to_vec()/>
        </div>
        {form}
        {chips}
    }
    .into_any()
}

fn form(page: &View) -> AnyView {
    let (typed, question) = (&page.asked.typed, &page.asked.question);
    let (from, until) = match &typed.range {
        Range::Dates(from, until) => (from.clone(), until.clone()),
        Range::Days(_) => (String::new(), String::new()),
    };
    let open = matches!(typed.range, Range::Dates(..));
    let mut projects = vec![Choice::new("", labels::ALL)];
    projects.extend(page.projects.iter().map(|it| Choice::new(it.id.to_string(), it.name.clone())));
    // What is wrong is not in the list, and told beside it.
    let known = projects.iter().any(|choice| choice.value == question.project);
    let project = if known { question.project.clone() } else { String::new() };
    let model = question.model.clone();
    let kept = question.pairs().into_iter().filter(|(name, _)| ["range", "measure"].contains(name));
    let kept = kept.map(|(name, value)| view! { <input type="hidden" name=name value=value/> });
    let action = page.path.clone();
    let note = format!("Dates are for at most {LONGEST} days; they come before the ranges above.");
    view! {
        <div class="ways">
        <Fold title="Dates, project, model" open>
            <form class="form" method="get" action=action>
                {kept.collect_view()}
                <div class="cols">
                    <DateRange from until/>
                    <Select name="project" label=labels::PROJECT choices=projects value=project/>
                    <Field name="model" label=labels::MODEL value=model maxlength=200 autocomplete="off"/>
                </div>
                <div class="row"><Button>{labels::SHOW}</Button></div>
                <p class="help">{note}</p>
            </form>
        </Fold>
        </div>
    }
    .into_any()
}

/// The filters that are set, each with the way to take it away.
fn chips(page: &View) -> AnyView {
    let question = &page.asked.question;
    let mut filters = Vec::new();
    if !question.project.is_empty() {
        let named = page.projects.iter().find(|it| it.id.to_string() == question.project);
        filters.push(SetFilter {
            label: "Project is".to_owned(),
            value: named.map_or_else(|| question.project.clone(), |it| it.name.clone()),
            remove: question.with_project("").href(&page.path),
        });
    }
    if !question.model.is_empty() {
        filters.push(SetFilter {
            label: "Model is".to_owned(),
            value: question.model.clone(),
            remove: question.with_model("").href(&page.path),
        });
    }
    let clear = question.with_project("").with_model("").href(&page.path);
    view! { <Chips filters clear/> }.into_any()
}
