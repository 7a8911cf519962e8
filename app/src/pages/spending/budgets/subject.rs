//! What the page's forms set a budget and thresholds of.

use std::collections::HashSet;

use domain::{Action, Period, Scope};
use store::{NamedKey, Project};

use crate::web::{Failure, Member};

/// The organization, a project or a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Subject {
    pub(super) scope: Scope,
    /// Its label; the organization needs none.
    name: Option<String>,
    /// The person may set its budget and thresholds.
    pub(super) edits: bool,
    /// A person chooses it from the list; else only a link leads to it.
    pub(super) listed: bool,
    /// Its past requests are told apart from those of others: not those of an untracked key.
    pub(super) tracked: bool,
}

impl Subject {
    /// All that the person sees, the one first that is shown when none is asked for.
    pub(super) fn all(member: &Member, projects: &[Project], keys: &[NamedKey]) -> Vec<Self> {
        let whole = member.can(Action::SeeWhole).then(|| Self {
            scope: Scope::Org(member.caller.org),
            name: None,
            edits: member.can(Action::EditLimits),
            listed: true,
            tracked: true,
        });
        let edits = |project: &Project| project.who.may(Action::EditProjectLimits).is_ok();
        let edited: HashSet<_> =
            projects.iter().filter(|it| edits(it)).map(|project| project.id).collect();
        let projects = projects.iter().map(|project| Self {
            scope: Scope::Project(project.id),
            name: Some(project.name.clone()),
            edits: edited.contains(&project.id),
            listed: project.archived_at.is_none(),
            tracked: true,
        });
        let keys = keys.iter().map(|key| Self {
            scope: Scope::Key(key.id),
            name: Some(key.name.clone()),
            edits: edited.contains(&key.project),
            listed: false,
            tracked: key.tracked,
        });
        whole.into_iter().chain(projects).chain(keys).collect()
    }

    /// The one that is asked for; the first one if none is, and nothing if there is none.
    pub(super) fn find(all: &[Self], asked: Option<&str>) -> Result<Option<Self>, Failure> {
        match asked.filter(|asked| !asked.is_empty()) {
            None => Ok(all.iter().find(|subject| !matches!(subject.scope, Scope::Key(_))).cloned()),
            Some(asked) => {
                let scope: Scope = asked.parse().map_err(|_| Failure::NotFound)?;
                let found = all.iter().find(|subject| subject.scope == scope);
                found.cloned().map(Some).ok_or(Failure::NotFound)
            }
        }
    }

    /// Of the whole organization.
    pub(super) const fn is_whole(&self) -> bool {
        matches!(self.scope, Scope::Org(_))
    }

    /// `Whole organization`, `Support assistant`.
    pub(super) fn label(&self) -> String {
        self.name.clone().unwrap_or_else(|| "Whole organization".to_owned())
    }

    /// `Monthly organization budget`, `Weekly budget of Support assistant`.
    pub(super) fn title(&self, period: Period) -> String {
        let budget = self.budget(period);
        let mut chars = budget.chars();
        let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
        format!("{first}{}", chars.as_str())
    }

    /// `the whole organization`, `Support assistant`.
    pub(super) fn whom(&self) -> String {
        self.name.clone().unwrap_or_else(|| "the whole organization".to_owned())
    }

    /// In a sentence: `monthly organization budget`, `weekly budget of Support assistant`.
    pub(super) fn budget(&self, period: Period) -> String {
        match &self.name {
            None => format!("{} organization budget", period.adjective()),
            Some(name) => format!("{} budget of {name}", period.adjective()),
        }
    }
}
