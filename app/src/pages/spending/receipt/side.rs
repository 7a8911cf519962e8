//! Beside the receipt: what helps, and how often it happened.

use domain::{Action, Scope};
use leptos::prelude::*;
use store::{Receipt as Refusals, RefusedBy};

use super::words;
use crate::{
    components::{Card, CardBody, Count, Fact, Facts, LinkButton, Precision, Time, Weight, count},
    labels,
    web::Member,
};

pub(super) fn column(member: &Member, found: &Refusals) -> AnyView {
    let zone = member.organization.zone;
    let others = match found.count {
        1 => "1 request".to_owned(),
        many => format!("{} requests", count(many)),
    };
    let way = way(member, found).map(|(href, text)| {
        view! { <LinkButton href weight=Weight::Primary wide=true>{text}</LinkButton> }
    });
    let (usage, text) = (member.path("usage"), words::now_text(found));
    let requests = found.key.map(|key| {
        let href = member.path(&format!("requests?key={key}"));
        view! { <LinkButton href wide=true>"See the key’s requests"</LinkButton> }
    });
    let (first, last, all) = (found.first_at, found.last_at, found.in_window);
    let by = by(member, found);
    let title = if found.observed { labels::WOULD_HAVE_BEEN_REFUSED } else { labels::REFUSED };
    view! {
        <div class="stack">
            <Card title="What you can do">
                <CardBody>
                    <p class="muted">{text}</p>
                    {way}
                    <LinkButton href=usage wide=true>"See what was spent"</LinkButton>
                    {requests}
                </CardBody>
            </Card>
            <Card title>
                <div class="body"><Facts>
                    <Fact label="On this receipt">{others}</Fact>
                    <Fact label="First"><Time at=first zone precision=Precision::Second/></Fact>
                    <Fact label=labels::LAST><Time at=last zone precision=Precision::Second/></Fact>
                    <Fact label=by><Count number=all/></Fact>
                </Facts></div>
            </Card>
        </div>
    }
    .into_any()
}

/// What all of them were refused by.
fn by(member: &Member, found: &Refusals) -> &'static str {
    let whole = member.can(Action::SeeWhole);
    match (&found.by, found.scope) {
        (RefusedBy::Budget(..) | RefusedBy::UsageLimit(_), Scope::Org(_)) if !whole => {
            "By this limit in its window, of your projects"
        }
        (RefusedBy::Budget(..), _) => "By this budget in its window",
        (RefusedBy::UsageLimit(_), _) => "By this limit in its window",
        (RefusedBy::Rate { daily: true, .. }, _) => "By this limit on that day",
        _ => "By this limit in that quarter of an hour",
    }
}

/// Where the limit is changed; the organization's budget has no page for who does not see it.
fn way(member: &Member, found: &Refusals) -> Option<(String, &'static str)> {
    match (&found.by, found.scope) {
        (RefusedBy::UsageLimit(_), _) => {
            member.can(Action::SeeWhole).then(|| (member.path("limits"), "Go to the limits"))
        }
        (RefusedBy::Rate { model, .. }, Scope::Project(project)) => {
            let query = serde_urlencoded::to_string([("model", model)]).ok()?;
            let path = member.path(&format!("projects/{project}/limits?{query}"));
            Some((path, "Go to the rate limits"))
        }
        (RefusedBy::Budget(_, None) | RefusedBy::Rate { .. }, _) => None,
        (RefusedBy::Budget(period, _), scope) => {
            let query = format!("budgets?scope={scope}&window={}", period.as_str());
            Some((member.path(&query), "Go to the budget"))
        }
        (RefusedBy::Running { .. } | RefusedBy::Request { .. }, _) => {
            let key = found.key?;
            Some((member.path(&format!("keys/{key}")), "Go to the key"))
        }
    }
}
