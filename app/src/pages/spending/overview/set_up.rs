//! What is to be done until everything works, computed from what there is.

use leptos::prelude::*;

use super::View;
use crate::components::{Card, Step as StepRow};
use crate::labels;

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
    pub(super) second_owner: bool,
    /// None where no mails are sent.
    pub(super) alerted: Option<bool>,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    title: &'static str,
    pub(super) done: bool,
    href: String,
    verb: &'static str,
    /// Why it comes before the first request; nothing of what comes after.
    pub(super) why: &'static str,
    /// It is the one after which there is something to show.
    pub(super) first_request: bool,
    /// It is good to have, and somebody alone can't: the list goes without it.
    advised: bool,
}

impl Step {
    const fn new(title: &'static str, done: bool, href: String, verb: &'static str) -> Self {
        Self { title, done, href, verb, why: "", first_request: false, advised: false }
    }

    const fn since(mut self, why: &'static str) -> Self {
        self.why = why;
        self
    }

    fn request(done: bool, href: String) -> Self {
        Self { first_request: true, ..Self::new("The first request", done, href, labels::SEE_HOW) }
    }

    /// Where and how it is done.
    pub(super) fn way(&self) -> (String, &'static str) {
        (self.href.clone(), self.verb)
    }
}

const WHY_BILLING: &str = "Requests are refused until it is known who pays. Then make a key, and point an application at Exchequer.";
const WHY_PROJECT: &str =
    labels::A_PROJECT_KEEPS_ITS_KEYS_PEOPLE_BUDGETS_AND_USAGE_APART_FROM_THE_OTHERS;
const WHY_KEY: &str = "An application needs an API key to send requests. The page that shows the key has a first request to copy, and tells when it has arrived.";

/// Where a first request is: the overview has one to copy once it can work.
fn how(can: bool, org: &str) -> String {
    if can { format!("{org}#first-request") } else { "/docs/first-request".to_owned() }
}

/// All steps in order.
pub(super) fn steps(done: Done, org: &str) -> Vec<Step> {
    let at = |page: &str| format!("{org}{page}");
    // The example is shown once it can work.
    let how = how(done.billing && done.project && done.key, org);
    let billing = "Billing profile, without which requests are refused";
    let owner = "A second owner, for when you are away";
    let budget = "A budget that blocks";
    let threshold = "A threshold that notifies";
    let mut steps = vec![
        Step::new(billing, done.billing, at("/billing"), labels::FILL_IN_BILLING)
            .since(WHY_BILLING),
        Step::new("A project", done.project, at("/projects#new"), labels::MAKE_A_PROJECT)
            .since(WHY_PROJECT),
        Step::new("An API key", done.key, at("/keys/new"), labels::MAKE_A_KEY).since(WHY_KEY),
        Step::request(done.request, how),
        Step::new(budget, done.budget, at("/budgets"), labels::SET_A_BUDGET),
        Step::new(threshold, done.threshold, at("/budgets#thresholds"), labels::ADD_A_THRESHOLD),
    ];
    let alerted = done.alerted.map(|sent| {
        Step::new(
            "An alert that was mailed",
            sent,
            at("/alerts#test"),
            labels::SEND_ME_A_TEST_ALERT,
        )
    });
    steps.extend(alerted);
    let second = Step::new(owner, done.second_owner, at("/team#invite"), "Invite an owner");
    steps.push(Step { advised: true, ..second });
    steps
}

/// The steps of a reader; who only looks needs no key.
pub(super) fn own_steps(project: bool, key: Option<bool>, request: bool, org: &str) -> Vec<Step> {
    let at = |page: &str| format!("{org}{page}");
    let how = how(project && key != Some(false), org);
    let own = "A project that you are in";
    let project = Step::new(own, project, at("/projects#new"), labels::MAKE_A_PROJECT)
        .since("What your projects spend shows up here. An owner can add you to one, or you make one of your own to try things.");
    let key = key.map(|key| {
        Step::new("An API key of your own", key, at("/keys/new"), labels::MAKE_A_KEY).since(WHY_KEY)
    });
    std::iter::once(project).chain(key).chain([Step::request(request, how)]).collect()
}

/// What must be done before the first request.
pub(super) fn next(steps: &[Step]) -> Option<&Step> {
    steps.iter().take_while(|step| !step.first_request).find(|step| !step.done)
}

/// The list; gone when all is done.
pub(super) fn card(view: &View) -> Option<AnyView> {
    let done = view.steps.iter().filter(|step| step.done).count();
    let all = view.steps.len();
    if view.steps.iter().all(|step| step.done || step.advised) {
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
            second_owner: false,
            alerted: Some(true),
        };
        let steps = steps(nothing, "/org-1");
        let left: Vec<_> =
            steps.iter().filter(|step| !step.done).map(|s| s.href.as_str()).collect();
        assert_eq!(
            left,
            [
                "/org-1/billing",
                "/org-1/keys/new",
                "/docs/first-request",
                "/org-1/budgets",
                "/org-1/budgets#thresholds",
                "/org-1/team#invite",
            ]
        );
        assert_eq!(steps.iter().filter(|step| step.first_request).count(), 1);
    }
}
