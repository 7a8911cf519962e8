//! What was not forwarded: each line leads to its receipt.

use leptos::prelude::*;
use store::requests::{By, Refusals, RefusalsPart};

use super::{View, words};
use crate::components::{
    Badge, Card, CardFoot, Column, Empty, LinkButton, Notice, Precision, Table, Time, Tone, count,
};
use crate::labels;

pub(super) fn card(view: &View, part: &RefusalsPart) -> AnyView {
    let (path, blind) = (view.member.path("requests"), blind(view));
    if part.rows.is_empty() {
        return view! {
            {blind}
            <Card>
                <Empty title="Nothing was refused" text="No limit refused a request that this filter lets through.">
                    <LinkButton href=path>{labels::SHOW_ALL_REQUESTS}</LinkButton>
                </Empty>
            </Card>
        }
        .into_any();
    }
    let columns = vec![
        Column::text(labels::LAST),
        Column::text(labels::PROJECT_AND_KEY),
        Column::text(labels::REFUSED_BY),
        Column::number(labels::REQUESTS),
        Column::text(labels::OUTCOME),
        Column::act(),
    ];
    let rows = part.rows.iter().map(|refusals| row(view, refusals)).collect_view();
    let before = |id: &str| view.filter.href(&path, "before", id);
    let older = part.rows.last().filter(|_| part.more).map(|last| {
        let href = before(&last.receipt.to_string());
        view! { <a href=href rel="next">{labels::OLDER}</a> }
    });
    let newest = (!view.filter.before.is_empty()).then(|| {
        let href = before("");
        view! { <a href=href>{labels::NEWEST}</a> }
    });
    view! {
        {blind}
        <Card title=labels::REFUSED_REQUESTS>
            <Table label=labels::REFUSED_REQUESTS columns>{rows}</Table>
            <CardFoot>
                <span>"One receipt for each limit, key and quarter of an hour"</span>
                <span class="row">{newest}{older}</span>
            </CardFoot>
        </Card>
    }
    .into_any()
}

/// Where more is asked for than a receipt knows.
fn blind(view: &View) -> Option<AnyView> {
    let notice = || {
        let text = "A receipt counts many requests: it knows their project, key and time, but neither model, tag nor stream.";
        view! { <Notice tone=Tone::Warn lead="Part of the filter is left out." text/> }.into_any()
    };
    view.filter.is_more_than_receipts_know().then(notice)
}

const fn by(by: By) -> &'static str {
    match by {
        By::OrgBudget => "The organization’s budget",
        By::ProjectBudget => "The project’s budget",
        By::KeyBudget => "The API key’s budget",
        By::UsageLimit => "The usage limit",
        By::RateLimit => "A rate limit",
        By::Guard => "The API key’s guard",
    }
}

fn row(view: &View, refusals: &Refusals) -> AnyView {
    let (at, zone) = (refusals.last_at, view.member.organization.zone);
    let href = format!("/receipts/{}", refusals.receipt);
    let (tone, text) = if refusals.observed {
        (Tone::Warn, labels::WOULD_BE_REFUSED)
    } else {
        (Tone::Bad, labels::REFUSED)
    };
    let key = words::key(&refusals.key);
    let of = format!(" of {key}");
    view! {
        <tr>
            <th scope="row"><Time at zone precision=Precision::Second/></th>
            <td data-l=labels::PROJECT_AND_KEY><div>{refusals.project_name.clone()}<small>{key}</small></div></td>
            <td data-l=labels::REFUSED_BY>{by(refusals.by)}</td>
            <td data-l=labels::REQUESTS class="num">{count(refusals.count)}</td>
            <td data-l=labels::OUTCOME><Badge tone line=true text/></td>
            <td class="act"><a href=href>{labels::RECEIPT}<span class="vh">{of}</span></a></td>
        </tr>
    }
    .into_any()
}
