//! For which project a person sends, and what may be asked there.

use std::sync::Arc;

use domain::{Action, Price, TokenClass, Usd, price::in_force::SANDBOX};
use store::Project;

use crate::web::{App, Failure, Member};

/// Where a person may send requests.
pub(super) struct Place {
    /// Running projects, by name.
    pub(super) projects: Vec<Project>,
    /// The one that was named; else the default one, or the first.
    pub(super) chosen: Option<Project>,
    /// It is the one that was named.
    pub(super) is_named: bool,
    /// What may be asked there, by name.
    pub(super) models: Vec<Arc<Price>>,
}

impl Place {
    pub(super) async fn of(app: &App, member: &Member, named: &str) -> Result<Self, Failure> {
        let mut projects = app.store.projects(&member.caller).await?;
        projects.retain(|project| {
            project.archived_at.is_none() && project.who.may(Action::SendRequests).is_ok()
        });
        let found = projects.iter().find(|project| project.id.to_string() == named);
        let default = || projects.iter().find(|project| project.is_default).or(projects.first());
        let (is_named, chosen) = (found.is_some(), found.or_else(default).cloned());
        let mut models = app.playground.models(member.organization.id);
        models.retain(|price| chosen.as_ref().is_some_and(|project| may_ask(project, price)));
        Ok(Self { projects, chosen, is_named, models })
    }

    pub(super) fn model(&self, name: &str) -> Option<Arc<Price>> {
        self.models.iter().find(|price| price.model == name).cloned()
    }
}

/// What the gateway would refuse is not offered, nor what answers with no text.
fn may_ask(project: &Project, price: &Price) -> bool {
    let in_list = project.models.as_ref().is_none_or(|models| models.has(&price.model));
    let in_reach = !project.rehearsal || price.provider == SANDBOX;
    in_list && in_reach && answers(price)
}

/// An embedding is what reads at a price and writes nothing.
fn answers(price: &Price) -> bool {
    let rate = |class| price.rates.of(class).unwrap_or(0);
    let reads = rate(TokenClass::Input) > 0 && price.per_request == Usd::ZERO;
    !reads || rate(TokenClass::Output) > 0
}
