//! What is to be done until everything works, computed from what there is.

use leptos::prelude::*;

use super::View;
use crate::components::{Card, Step as StepRow};

/// What there is.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each is one step, and they are independent")]
pub(super) struct Done {
    pub(super) billing: bool,
    pub(super) project: bool,
    pub(super) key: bool,
    pub(super) request: bool,
    pub(super) budget: bool,
    pub(super) threshold: bool,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    title: &'static str,
    pub(super) done: bool,
    href: String,
    verb: &'static str,
    /// It is the one after which there is something to show.
    pub(super) first_request: bool,
}

/// All steps in order.
pub(super) fn steps(done: Done, org: &str) -> Vec<Step> {
    // The example is shown once it can work.
    let how = if done.billing && done.project && done.key { "#first-request" } else { "/keys" };
    let step = |title, done, page: &str, verb| Step {
        title,
        done,
        href: format!("{org}{page}"),
        verb,
        first_request: false,
    };
    vec![
        step(
            "Billing profile, without which requests are refused",
            done.billing,
            "/billing",
            "Fill in billing",
        ),
        step("A project", done.project, "/projects", "Make a project"),
        step("An API key", done.key, "/keys", "Make a key"),
        Step { first_request: true, ..step("The first request", done.request, how, "See how") },
        step("A budget that blocks", done.budget, "/budgets", "Set a budget"),
        step("A threshold that notifies", done.threshold, "/budgets#thresholds", "Add a threshold"),
    ]
}

/// The steps of a reader; who only looks needs no key.
pub(super) fn own_steps(project: bool, key: Option<bool>, request: bool, org: &str) -> Vec<Step> {
    let how = if project && key != Some(false) { "#first-request" } else { "/keys" };
    let step = |title, done, page: &str, verb| Step {
        title,
        done,
        href: format!("{org}{page}"),
        verb,
        first_request: false,
    };
    let key = key.map(|key| step("An API key of your own", key, "/keys", "Make a key"));
    let first = Step { first_request: true, ..step("The first request", request, how, "See how") };
    let project = step("A project that you are in", project, "/projects", "Make a project");
    std::iter::once(project).chain(key).chain([first]).collect()
}

impl Step {
    /// Where and how it is done.
    pub(super) fn way(&self) -> (String, &'static str) {
        (self.href.clone(), self.verb)
    }
}

/// What must be done before the first request.
pub(super) fn next(steps: &[Step]) -> Option<&Step> {
    steps.iter().take_while(|step| !step.first_request).find(|step| !step.done)
}

/// The list; gone when all is done.
pub(super) fn card(view: &View) -> Option<AnyView> {
    let done = view.steps.iter().filter(|step| step.done).count();
    let all = view.steps.len();
    if done == all {
        return None;
    }
    let rows: Vec<_> = view.steps.iter().map(row).collect();
    let card = view! {
        <Card title="Set-up" note=format!("{done} of {all} done")>
            <ul class="rows todo">{rows}</ul>
        </Card>
    };
    Some(card.into_any())
}

fn row(step: &Step) -> AnyView {
    let Step { title, done, href, verb, .. } = step.clone();
    view! { <StepRow title done href verb/> }.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_follow_what_there_is() {
        let nothing = Done {
            billing: false,
            project: true,
            key: false,
            request: false,
            budget: false,
            threshold: false,
        };
        let steps = steps(nothing, "/org-1");
        let left: Vec<_> =
            steps.iter().filter(|step| !step.done).map(|s| s.href.as_str()).collect();
        assert_eq!(
            left,
            [
                "/org-1/billing",
                "/org-1/keys",
                "/org-1/keys",
                "/org-1/budgets",
                "/org-1/budgets#thresholds"
            ]
        );
        assert_eq!(steps.iter().filter(|step| step.first_request).count(), 1);
    }
}
