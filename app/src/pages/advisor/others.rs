//! What the same tokens would cost on other models.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use domain::{Models, Price, ProjectId, TokenClass, Usd, price::in_force::SANDBOX};
use store::{Project, slices::Slice, usage::Totals};

/// So many cheaper models are shown of each.
const CHEAPER: usize = 3;

/// A model that a project used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Used {
    pub(super) project: ProjectId,
    pub(super) project_name: String,
    pub(super) model: String,
    pub(super) totals: Totals,
    /// What its tokens cost at today's price; none if that does not price all of them.
    pub(super) today: Option<Usd>,
    /// Cheaper models that the project may ask, the cheapest first.
    pub(super) cheaper: Vec<(String, Usd)>,
}

/// What came of comparing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Compared {
    /// Those for which there is something cheaper, the dearest first.
    pub(super) used: Vec<Used>,
    /// How many there are for which there is not.
    pub(super) others: usize,
    /// Models that could not be compared, each with the class that its price lacks; none: it has no
    /// price.
    pub(super) left_out: BTreeSet<(String, Option<&'static str>)>,
}

impl Compared {
    pub(super) const fn is_empty(&self) -> bool {
        self.used.is_empty() && self.others == 0
    }
}

/// The usage of all projects, or of one, by model, each against the models that its list allows; without a list, against those
/// that the organization used.
pub(super) fn compare(
    used: Vec<Slice>,
    projects: &[Project],
    only: Option<ProjectId>,
    prices: &BTreeMap<String, Price>,
) -> Compared {
    let anywhere: BTreeSet<String> = used.iter().filter_map(|slice| slice.model.clone()).collect();
    let mut compared = Compared::default();
    for slice in used {
        let project = projects.iter().find(|project| Some(project.id.uuid()) == slice.project);
        let (Some(project), Some(model)) = (project, slice.model) else { continue };
        if only.is_some_and(|only| only != project.id) {
            continue;
        }
        let allowed: Vec<&str> = match &project.models {
            Some(models) => Models::names(models).collect(),
            None => anywhere.iter().map(String::as_str).collect(),
        };
        let allowed =
            allowed.into_iter().filter(|other| *other != model && is_alike(other, &model));
        let one = used_model(
            project,
            model.clone(),
            slice.totals,
            allowed,
            prices,
            &mut compared.left_out,
        );
        if one.cheaper.is_empty() {
            compared.others += 1;
        } else {
            compared.used.push(one);
        }
    }
    let size = |used: &Used| Reverse(used.today.unwrap_or(used.totals.charge));
    compared
        .used
        .sort_by_cached_key(|used| (size(used), used.project_name.clone(), used.model.clone()));
    compared
}

fn used_model<'a>(
    project: &Project,
    model: String,
    totals: Totals,
    allowed: impl Iterator<Item = &'a str>,
    prices: &BTreeMap<String, Price>,
    left_out: &mut BTreeSet<(String, Option<&'static str>)>,
) -> Used {
    let cost = |model: &str| -> Result<Usd, Option<TokenClass>> {
        let requests = u64::try_from(totals.requests).unwrap_or(0);
        prices.get(model).ok_or(None)?.instead(totals.tokens, requests).map_err(Some)
    };
    let today = cost(&model).ok();
    let mut cheaper = Vec::new();
    for other in allowed {
        match cost(other) {
            Ok(cost) if today.is_none_or(|today| cost < today) => {
                cheaper.push((other.to_owned(), cost));
            }
            Ok(_) => {}
            Err(class) => {
                left_out.insert((other.to_owned(), class.map(TokenClass::as_str)));
            }
        }
    }
    cheaper.sort_by(|one, other| (one.1, &one.0).cmp(&(other.1, &other.0)));
    cheaper.truncate(CHEAPER);
    let (id, project_name) = (project.id, project.name.clone());
    Used { project: id, project_name, model, totals, today, cheaper }
}

/// A model for embeddings stands for no other one, and the sandbox for no provider.
fn is_alike(one: &str, other: &str) -> bool {
    let kind = |model: &str| (model.contains("embed"), model.starts_with(SANDBOX));
    kind(one) == kind(other)
}

#[cfg(test)]
mod tests;
