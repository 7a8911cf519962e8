//! What somebody is in each project: a list of choices, one a project.

use domain::{ProjectId, ProjectRole};
use leptos::prelude::*;
use store::Project;

use crate::{
    labels,
    web::{App, Draft, Failure, Member},
};

/// Projects that are shown before one asks for the rest.
const FIRST: usize = 6;

/// The organization's projects that are not archived.
pub(super) async fn running(app: &App, member: &Member) -> Result<Vec<Project>, Failure> {
    let mut projects = app.store.projects(&member.caller).await?;
    projects.retain(|project| project.archived_at.is_none());
    Ok(projects)
}

fn name(project: ProjectId) -> String {
    format!("role_{project}")
}

/// What a draft holds when somebody is this in these projects.
pub(super) fn fill(draft: &mut Draft, places: impl Iterator<Item = (ProjectId, ProjectRole)>) {
    for (project, role) in places {
        draft.keep(&name(project), role.as_str());
    }
}

/// What was chosen for each project; a choice that the list does not have is nobody's form.
pub(super) fn read(
    draft: &Draft,
    projects: &[Project],
) -> Result<Vec<(ProjectId, Option<ProjectRole>)>, Failure> {
    let chosen = |project: &Project| {
        let text = draft.value(&name(project.id));
        let role = match text.as_str() {
            "" => None,
            text => Some(text.parse().map_err(|_| Failure::BadRequest)?),
        };
        Ok((project.id, role))
    };
    projects.iter().map(chosen).collect()
}

pub(super) fn fields(draft: &Draft, projects: &[Project]) -> AnyView {
    let (first, rest) = projects.split_at(projects.len().min(FIRST));
    let choose =
        |projects: &[Project]| projects.iter().map(|project| field(draft, project)).collect_view();
    let rest = (!rest.is_empty()).then(|| {
        let open = rest.iter().any(|project| !draft.value(&name(project.id)).is_empty());
        let more = match rest.len() {
            1 => "1 more project".to_owned(),
            more => format!("{more} more projects"),
        };
        view! { <details open=open><summary class="small">{more}</summary><div class="stack">{choose(rest)}</div></details> }
    });
    view! {
        <fieldset class="field places">
            <legend>{labels::PROJECTS}</legend>
            {choose(first)}
            {rest}
        </fieldset>
    }
    .into_any()
}

fn field(draft: &Draft, project: &Project) -> AnyView {
    let name = name(project.id);
    let chosen = draft.value(&name);
    let options = ProjectRole::ALL.map(|role| {
        let selected = chosen == role.as_str();
        view! { <option value=role.as_str() selected=selected>{role.label()}</option> }
    });
    view! {
        <label class="place">
            <span>{project.name.clone()}</span>
            <select name=name>
                <option value="">"Not in it"</option>
                {options.collect_view()}
            </select>
        </label>
    }
    .into_any()
}
