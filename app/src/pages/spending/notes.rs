//! What tells groups of the same name apart: a remark below the name, by the group's id.

use std::collections::HashMap;

use store::{ApiKey, Project};

pub(super) type Notes = HashMap<String, String>;

/// A project's environment.
pub(super) fn of_projects(projects: Vec<Project>) -> Notes {
    let note = |project: Project| {
        let archived = if project.archived_at.is_some() { ", archived" } else { "" };
        (project.id.uuid().to_string(), format!("{}{archived}", project.environment.as_str()))
    };
    projects.into_iter().map(note).collect()
}

/// A key's project and last characters.
pub(super) fn of_keys(keys: Vec<ApiKey>) -> Notes {
    let note = |key: ApiKey| {
        let revoked = if key.revoked_at.is_some() { ", revoked" } else { "" };
        let text = format!("{} · …{}{revoked}", key.project_name, key.last_four);
        (key.id.uuid().to_string(), text)
    };
    keys.into_iter().map(note).collect()
}
