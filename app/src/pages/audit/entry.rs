//! One entry: a sentence, and what was different before.

use domain::audit::{Body, Entry};
use leptos::prelude::*;

use super::{View, told};
use crate::components::{Glyph, Icon, Precision, Time, agent_name};
use crate::labels;

/// A row of the log.
pub(super) fn row(view: &View, seq: u64, entry: &Entry) -> AnyView {
    let Some(body) = entry.read() else {
        return view! {
            <tr>
                <th scope="row" class="told">"Entry "{seq}</th>
                <td class="told">"This entry can’t be read: it was edited in the database."</td>
                <td data-l=labels::FROM></td>
            </tr>
        }
        .into_any();
    };
    let (at, zone) = (body.at, view.member.organization.zone);
    let shown = |name: &str| match entry.personal.get(name)? {
        Some(known) if known.value.is_empty() => None,
        Some(known) => Some(known.value.clone()),
        None => Some("Erased".to_owned()),
    };
    let address = shown("address").unwrap_or_else(|| "This installation".to_owned());
    let agent = shown("agent").map(|agent| {
        let short = agent_name(&agent).unwrap_or_else(|| agent.clone());
        view! { <small title=agent>{short}</small> }
    });
    view! {
        <tr>
            <th scope="row" class="told"><Time at zone precision=Precision::Second/><small>"Entry "{seq}</small></th>
            <td class="told">{sentence(view, entry, &body)}{changes(entry, &body)}</td>
            <td data-l=labels::FROM class="muted from">
                <span>{address}{agent}</span>
            </td>
        </tr>
    }
    .into_any()
}

fn sentence(view: &View, entry: &Entry, body: &Body) -> AnyView {
    let path = view.member.path("audit");
    let only = |name: &str, value: String| view.filter.href(&path, &[(name, Some(value))]);
    let (noun, name, deed) = told::what(entry, body);
    let name = name.or_else(|| view.names.get(&body.subject).cloned());
    let of_itself = body.subject == view.member.organization.id.to_string();
    let subject = only("subject", body.subject.clone());
    let named = match (name, of_itself) {
        (Some(name), false) => Some(view! { " "<a href=subject>"“"{name}"”"</a> }.into_any()),
        (Some(name), true) => Some(view! { " “"{name}"”" }.into_any()),
        (None, false) => {
            let id = body.subject.clone();
            Some(view! { " "<a class="mono" href=subject>{id}</a> }.into_any())
        }
        (None, true) => None,
    };
    let elsewhere = body.project.filter(|id| id.to_string() != body.subject);
    let project = elsewhere.map(|id| {
        let known = view.projects.iter().find(|project| project.id == id);
        let name = known.map_or_else(|| id.to_string(), |project| project.name.clone());
        let href = only("project", id.to_string());
        view! { " in project "<a href=href>{name}</a> }
    });
    let actor = only("actor", body.actor.clone());
    let machine = view.names.get(&body.actor).filter(|_| body.actor.starts_with("key_"));
    let who =
        machine.map_or_else(|| told::who(entry, body), |name| format!("the admin key “{name}”"));
    view! { <p>{noun}{named}{project}" "{deed}" by "<a href=actor>{who}</a>"."</p> }.into_any()
}

/// Everything that the entry tells, before and after; folded.
fn changes(entry: &Entry, body: &Body) -> Option<AnyView> {
    let open = body
        .changes
        .iter()
        .map(|(name, sides)| (name.clone(), sides.before.clone(), sides.after.clone()));
    let mut rows: Vec<_> = open.collect();
    for name in body.personal.keys().filter_map(|name| name.split_once('.')).map(|(name, _)| name) {
        if !rows.iter().any(|(known, ..)| known == name) {
            let side = |side| told::personal(entry, &format!("{name}.{side}"));
            rows.push((name.to_owned(), side("before"), side("after")));
        }
    }
    if rows.is_empty() {
        return None;
    }
    let rows = rows.into_iter().map(|(name, before, after)| {
        view! { <div><dt>{name.replace('_', " ")}</dt><dd>{side(before)}</dd><dd>{side(after)}</dd></div> }
    });
    let rows = rows.collect_view();
    Some(
        view! {
            <details class="diff">
                <summary><Icon glyph=Glyph::Right/>"What was different"</summary>
                <dl><div><dt>"Value"</dt><dd>"Before"</dd><dd>"After"</dd></div>{rows}</dl>
            </details>
        }
        .into_any(),
    )
}

fn side(value: Option<String>) -> AnyView {
    match value {
        None => view! { <span class="faint">"Not there"</span> }.into_any(),
        Some(value) if value.is_empty() => {
            view! { <span class="faint">"Empty or erased"</span> }.into_any()
        }
        Some(value) => value.into_any(),
    }
}
