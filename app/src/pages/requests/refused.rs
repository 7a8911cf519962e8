//! What was not forwarded: each line leads to its receipt.

use leptos::prelude::*;
use store::requests::{By, Refusals, RefusalsPart};

use super::{View, words};
use crate::components::{
    Badge, Card, CardFoot, Column, Empty, LinkButton, Notice, Precision, Table, Time, Tone, count,
};

pub(super) fn card(view: &View, part: &RefusalsPart) -> AnyView {
    let (path, blind) = (view.member.path("requests"), blind(view));
    if part.rows.is_empty() {
        return view! {
            {blind}
            <Card>
                <Empty title="Nothing was refused" text="No limit refused a request that this filter lets through.">
                    <LinkButton href=path>"Show all requests"</LinkButton>
                </Empty>
            </Card>
        }
        .into_any();
    }
    let columns = vec![
        Column::text("Last"),
        Column::text("Project and key"),
        Column::text("Refused by"),
        Column::number("Requests"),
        Column::text("Outcome"),
        Column::act(),
    ];
    let rows = part.rows.iter().map(|refusals| row(view, refusals)).collect_view();
    let before = |id: &str| view.filter.href(&path, "before", id);
    let older = part.rows.last().filter(|_| part.more).map(|last| {
        let href = before(&last.receipt.to_string());
        view! { <a href=href rel="next">"Older"</a> }
    });
    let newest = (!view.filter.before.is_empty()).then(|| {
        let href = before("");
        view! { <a href=href>"Newest"</a> }
    });
    view! {
        {blind}
        <Card title="Refused requests">
            <Table label="Refused requests" columns>{rows}</Table>
            <CardFoot>
                <span>"One receipt for each limit, key and quarter of an hour, newest first"</span>
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
    let (tone, text) =
        if refusals.observed { (Tone::Warn, "Would be refused") } else { (Tone::Bad, "Refused") };
    let key = words::key(&refusals.key);
    let of = format!(" of {key}");
    view! {
        <tr>
            <th scope="row"><Time at zone precision=Precision::Second/></th>
            <td data-l="Project and key"><div>{refusals.project_name.clone()}<small>{key}</small></div></td>
            <td data-l="Refused by">{by(refusals.by)}</td>
            <td data-l="Requests" class="num">{count(refusals.count)}</td>
            <td data-l="Outcome"><Badge tone line=true text/></td>
            <td class="act"><a href=href>"Receipt"<span class="vh">{of}</span></a></td>
        </tr>
    }
    .into_any()
}
