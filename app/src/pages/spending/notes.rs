//! What tells groups of the same name apart: a remark below the name, by the id.

use std::collections::HashMap;

use domain::{Period, ProjectId, Scope, api_key::ending};
use store::{NamedKey, Project};

pub(super) type Notes = HashMap<String, String>;

/// The labels of what a budget or threshold can concern, the organization apart.
pub(super) fn names(projects: Vec<Project>, keys: Vec<NamedKey>) -> HashMap<Scope, String> {
    let projects = projects.into_iter().map(|it| (Scope::Project(it.id), it.name));
    let keys = keys.into_iter().map(|it| (Scope::Key(it.id), it.name));
    projects.chain(keys).collect()
}

/// The address at which a budget is shown; the organization's monthly one needs no more than the
/// page's path.
pub(super) fn budget_href(path: &str, scope: Scope, period: Period) -> String {
    match (scope, period) {
        (Scope::Org(_), Period::Month) => path.to_owned(),
        (Scope::Org(_), period) => format!("{path}?window={}", period.as_str()),
        (scope, Period::Month) => format!("{path}?scope={scope}"),
        (scope, period) => format!("{path}?scope={scope}&window={}", period.as_str()),
    }
}

/// The address of a project's page, if this is a project's id.
pub(super) fn project_href(org: &str, id: &str) -> Option<String> {
    id.parse::<ProjectId>().ok().map(|id| format!("{org}/projects/{id}"))
}

/// A project's environment, and what else is special about it.
pub(super) fn of_projects(projects: &[Project]) -> Notes {
    let note = |project: &Project| {
        let archived = if project.archived_at.is_some() { ", archived" } else { "" };
        let rehearsal = if project.rehearsal { ", rehearsal" } else { "" };
        let text = format!("{}{rehearsal}{archived}", project.environment.as_str());
        (project.id.to_string(), text)
    };
    projects.iter().map(note).collect()
}

/// A key's project and last characters, and whether that project is for rehearsals.
pub(super) fn of_keys(keys: &[NamedKey], projects: &[Project]) -> Notes {
    let rehearses = |key: &NamedKey| {
        projects.iter().any(|project| project.id == key.project && project.rehearsal)
    };
    let note = |key: &NamedKey| {
        let rehearsal = if rehearses(key) { ", rehearsal" } else { "" };
        let revoked = if key.revoked { ", revoked" } else { "" };
        let last = ending(&key.last_four);
        let text = format!("{}{rehearsal} · {last}{revoked}", key.project_name);
        (key.id.to_string(), text)
    };
    keys.iter().map(note).collect()
}

#[cfg(test)]
mod tests {
    use domain::KeyId;

    use super::*;

    #[test]
    fn a_keys_last_characters_stay_beside_their_dots() {
        let (id, project) = (KeyId::generate(), ProjectId::generate());
        let key = NamedKey {
            id,
            name: "Chat widget".to_owned(),
            project,
            project_name: "Support".to_owned(),
            last_four: "nMuY".to_owned(),
            tracked: true,
            revoked: false,
            own: true,
        };
        let notes = of_keys(&[key], &[]);
        assert_eq!(notes[&id.to_string()], "Support · …\u{2060}nMuY");
    }

    #[test]
    fn only_projects_have_a_page() {
        let id = ProjectId::generate();
        let href = project_href("/org-1", &id.to_string());
        assert_eq!(href, Some(format!("/org-1/projects/{id}")));
        assert_eq!(project_href("/org-1", "gpt-4.1"), None);
    }
}
