//! The budgets that matter most, and the usage limit.

use domain::Scope;
use leptos::prelude::*;
use store::Standing;

use super::View;
use crate::{
    components::{Card, Empty, Limit, LinkButton, count, usd},
    labels,
    pages::spending::{limits, notes::budget_href, outlook::Outlook},
};

/// So many fit beside the chart, with the usage limit.
const MOST: usize = 4;

pub(super) fn card(view: &View) -> AnyView {
    let href = format!("{}/budgets", view.org);
    let outlooks = view.outlooks();
    if outlooks.is_empty() && !view.whole {
        return view! {
            <Card title=labels::LIMITS>
                <Empty split=true title="No budget of your projects" text="Nothing limits your projects and keys by themselves. What limits the whole organization, its owners see."/>
            </Card>
        }
        .into_any();
    }
    let usage = view.limit.as_ref();
    let usage = usage.map(|limit| limits::short(limit, format!("{}/limits", view.org)));
    if outlooks.is_empty() {
        return view! {
            <Card title=labels::LIMITS>
                <div class="body">{usage}</div>
                <Empty split=true title="No budget is set" text="A budget blocks requests before more is spent than you want: set one for the whole organization.">
                    <LinkButton href>{labels::SET_A_BUDGET}</LinkButton>
                </Empty>
            </Card>
        }
        .into_any();
    }
    let more = match outlooks.len() {
        1 if view.whole => labels::EDIT,
        _ => "All budgets",
    };
    let budgets: Vec<_> = outlooks
        .into_iter()
        .take(MOST)
        .filter_map(|(standing, outlook)| limit(&href, standing, outlook))
        .collect();
    view! {
        <Card title=labels::LIMITS more=(more, href.clone())>
            <div class="body">{budgets}{usage}</div>
        </Card>
    }
    .into_any()
}

fn limit(href: &str, standing: &Standing, outlook: Outlook) -> Option<AnyView> {
    let status = &standing.status;
    let budget = status.budget.as_ref()?;
    let (title, kind) = match budget.scope {
        Scope::Org(_) => ("Organization budget".to_owned(), ""),
        Scope::Project(_) => (budget.scope_name.clone(), "Project, "),
        Scope::Key(_) => (budget.scope_name.clone(), "API key, "),
    };
    let mut kind = format!("{kind}{}", budget.period.adjective());
    if status.running > 0 {
        let requests = if status.running == 1 { "request" } else { "requests" };
        kind = format!(
            "{} held by {} {requests}; {kind}",
            usd(status.held),
            count(status.running.into())
        );
    }
    if kind.starts_with(budget.period.adjective()) {
        kind = capital(&kind);
    }
    let limit = view! {
        <Limit title href=budget_href(href, budget.scope, budget.period) reading=outlook.reading tone=outlook.tone state=outlook.state kind/>
    };
    Some(limit.into_any())
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
