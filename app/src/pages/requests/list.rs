//! The list of requests, the newest first.

use leptos::prelude::*;
use store::requests::{Line, Lines, Next};

use super::{Shown, View, refused, words};
use crate::components::{
    Badge, Card, CardFoot, Column, Empty, LinkButton, Money, Precision, Table, Time, Weight, count,
};
use crate::labels;

pub(super) fn card(view: &View) -> AnyView {
    match &view.shown {
        Shown::Refused(part) => refused::card(view, part),
        Shown::Requests(lines) if lines.rows.is_empty() => nothing(view, lines.next),
        Shown::Requests(lines) => filled(view, lines),
    }
}

fn filled(view: &View, lines: &Lines) -> AnyView {
    let columns = vec![
        Column::text(labels::TIME),
        Column::text(labels::MODEL),
        Column::text(labels::PROJECT_AND_KEY),
        Column::number(labels::TOKENS_IN),
        Column::number("Out"),
        Column::number(labels::CHARGE),
        Column::number(labels::FIRST_TOKEN),
        Column::number(labels::TOTAL),
        Column::text(labels::OUTCOME),
    ];
    let rows = lines.rows.iter().map(|line| row(view, line)).collect_view();
    let shown = match lines.rows.len() {
        1 => "1 request".to_owned(),
        more => format!("{more} requests"),
    };
    let remark = match lines.next {
        Next::Further(_) => ", and the search stopped: what fits is rare",
        Next::End | Next::Older(_) => ", newest first",
    };
    let links = links(view, lines.next);
    view! {
        <Card>
            <Table label=labels::REQUESTS columns>{rows}</Table>
            <CardFoot><span>{shown}{remark}</span>{links}</CardFoot>
        </Card>
    }
    .into_any()
}

/// Back to the newest, and where the list goes on.
fn links(view: &View, next: Next) -> AnyView {
    let path = view.member.path("requests");
    let before = |id: String| view.filter.href(&path, "before", &id);
    let newest = (!view.filter.before.is_empty()).then(|| {
        let href = before(String::new());
        view! { <a href=href>{labels::NEWEST}</a> }
    });
    let next = match next {
        Next::End => None,
        Next::Older(id) => Some((before(id.to_string()), labels::OLDER)),
        Next::Further(id) => Some((before(id.to_string()), labels::LOOK_FURTHER_BACK)),
    };
    let next = next.map(|(href, text)| view! { <a href=href rel="next">{text}</a> });
    view! { <span class="row">{newest}{next}</span> }.into_any()
}

fn row(view: &View, line: &Line) -> AnyView {
    let (at, zone) = (line.at, view.member.organization.zone);
    let href = format!("/requests/{}", line.id);
    let how = match (line.streamed, line.sandbox) {
        (true, true) => Some("Streamed, sandbox"),
        (true, false) => Some(labels::STREAMED),
        (false, true) => Some(labels::SANDBOX),
        (false, false) => None,
    };
    let (word, tone, _) = words::outcome(line.outcome);
    let charge = if line.priced {
        let amount = line.charge;
        view! { <Money amount fine=true/> }.into_any()
    } else {
        view! { <span class="faint">{labels::UNPRICED}</span> }.into_any()
    };
    let first = line.first_token_ms.map(words::time);
    let total = line.total_ms.map(words::time);
    view! {
        <tr>
            <th scope="row"><a href=href><Time at zone precision=Precision::Second/></a></th>
            <td data-l=labels::MODEL><div>{line.model.clone()}{how.map(|how| view! { <small>{how}</small> })}</div></td>
            <td data-l=labels::PROJECT_AND_KEY><div>{line.project_name.clone()}<small>{words::key(&line.key)}</small></div></td>
            <td data-l=labels::TOKENS_IN class="num">{count(line.tokens.prompt())}</td>
            <td data-l=labels::TOKENS_OUT class="num">{count(line.tokens.generated())}</td>
            <td data-l=labels::CHARGE class="num">{charge}</td>
            <td data-l=labels::FIRST_TOKEN class="num">{or_dash(first)}</td>
            <td data-l=labels::TOTAL class="num">{or_dash(total)}</td>
            <td data-l=labels::OUTCOME><Badge tone line=true text=word/></td>
        </tr>
    }
    .into_any()
}

fn or_dash(text: Option<String>) -> AnyView {
    match text {
        Some(text) => text.into_any(),
        None => view! { <span class="faint">"–"</span> }.into_any(),
    }
}

fn nothing(view: &View, next: Next) -> AnyView {
    let path = view.member.path("requests");
    match next {
        Next::Further(id) => {
            let further = view.filter.href(&path, "before", &id.to_string());
            view! {
                <Card>
                    <Empty title="Nothing found so far" text="What was gone through has no request that fits. The search stopped, so that nobody waits for long; it can go on further back, or choose days.">
                        <LinkButton href=further weight=Weight::Primary>{labels::LOOK_FURTHER_BACK}</LinkButton>
                        <LinkButton href=path>{labels::SHOW_ALL_REQUESTS}</LinkButton>
                    </Empty>
                </Card>
            }
            .into_any()
        }
        _ if view.filter.is_empty() && view.filter.before.is_empty() && view.since.is_some() => view! {
            <Card><Empty title="No request lately" text="None was forwarded since the day from which requests are kept."/></Card>
        }
        .into_any(),
        _ if view.filter.is_empty() && view.filter.before.is_empty() => {
            let keys = view.member.path("keys/new");
            view! {
                <Card>
                    <Empty title=labels::NO_REQUEST_YET text="Point an application at Exchequer with an API key. Each of its requests is listed here once it has ended, with what it cost and where its time went.">
                        <LinkButton href=keys weight=Weight::Primary>{labels::MAKE_A_KEY}</LinkButton>
                    </Empty>
                </Card>
            }
            .into_any()
        }
        _ => view! {
            <Card>
                <Empty title="No request fits" text="No request is let through by this filter.">
                    <LinkButton href=path>{labels::SHOW_ALL_REQUESTS}</LinkButton>
                </Empty>
            </Card>
        }
        .into_any(),
    }
}
