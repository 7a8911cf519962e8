//! What recent requests have in common, each with the rows that have the most at stake.

use domain::Usd;
use leptos::prelude::*;
use store::{
    Store,
    requests::{Finding, FindingKind, Findings, Line},
};

use super::View;
use crate::{
    components::{
        Card, CardBody, CardFoot, Column, Money, Precision, Table, Time, count, time_text, usd,
    },
    labels,
    pages::requests::words,
};

pub(super) fn cards(view: &View) -> AnyView {
    let findings = &view.findings;
    if findings.seen == 0 {
        return ().into_any();
    }
    let found = findings.all.iter().filter(|finding| finding.requests > 0);
    let found = found.map(|finding| card(view, finding)).collect_view();
    let clean =
        findings.all.iter().filter(|it| it.requests == 0 && it.kind != FindingKind::Repeated);
    let clean: Vec<&str> = clean.map(|it| title(it.kind)).collect();
    let clean =
        (!clean.is_empty()).then(|| format!(" Nothing was found of: {}.", clean.join(", ")));
    let (basis, zone) = (basis(findings), view.member.organization.zone);
    let since = findings.since.map(|since| time_text(since, zone, Precision::Minute));
    view! {
        {found}
        <Card title="What was looked at">
            <CardBody split=true><p class="muted">{basis}{since.map(|since| format!(" The oldest of them is of {since}."))}{clean}" What was asked again is known only of projects that keep fingerprints; an owner of the organization switches them on, on the project’s page."</p></CardBody>
        </Card>
    }
    .into_any()
}

/// Which requests were gone through.
fn basis(findings: &Findings) -> String {
    let days = Store::FINDING_DAYS;
    let seen = match (findings.stopped, findings.seen) {
        (true, seen) => format!(
            "The newest {} requests of the last {days} days were gone through.",
            count(seen)
        ),
        (false, 1) => format!("The one request of the last {days} days was gone through."),
        (false, seen) => {
            format!("All {} requests of the last {days} days were gone through.", count(seen))
        }
    };
    match findings.seen - findings.told {
        0 => seen,
        untold => format!(
            "{seen} Not judged, because not answered or because it is not known what was asked for: {}.",
            count(untold)
        ),
    }
}

const fn title(kind: FindingKind) -> &'static str {
    match kind {
        FindingKind::Longest => "Longest answers",
        FindingKind::Unbounded => "Without a maximum",
        FindingKind::Several => "Several answers at once",
        FindingKind::Endless => "Without stop words",
        FindingKind::Unstreamed => "Long and not streamed",
        FindingKind::Repeated => "Asked again",
        FindingKind::Single => "Embeddings one by one",
    }
}

fn card(view: &View, finding: &Finding) -> AnyView {
    let (title, note, advice) = (title(finding.kind), requests(finding.requests), advice(finding));
    let columns = vec![
        Column::text(labels::TIME),
        Column::text(labels::MODEL),
        Column::text(labels::PROJECT_AND_KEY),
        Column::number(labels::TOKENS_OUT),
        Column::number(labels::CHARGE),
        Column::number(labels::TOTAL_TIME),
    ];
    let rows = finding.rows.iter().map(|line| row(view, line)).collect_view();
    let more = (finding.kind == FindingKind::Unstreamed).then(|| {
        let project = view.project.map(|id| format!("&project={id}")).unwrap_or_default();
        let href = view.member.path(&format!("requests?streamed=no{project}"));
        view! { <a href=href>"All requests that were not streamed"</a> }
    });
    let unpriced = (finding.unpriced > 0)
        .then(|| format!("{} without a known price are in no amount.", count(finding.unpriced)));
    let most = finding.rows.len() as u64;
    let shown =
        (most < finding.requests).then(|| format!("The {most} with the most at stake are shown. "));
    let foot = (shown.is_some() || unpriced.is_some() || more.is_some())
        .then(|| view! { <CardFoot><span>{shown}{unpriced}</span>{more}</CardFoot> });
    view! {
        <Card title note>
            <CardBody split=true><p class="muted">{advice}</p></CardBody>
            <Table label=title columns>{rows}</Table>
            {foot}
        </Card>
    }
    .into_any()
}

fn requests(number: u64) -> String {
    match number {
        1 => "1 request".to_owned(),
        many => format!("{} requests", count(many)),
    }
}

fn cut_off(answers: u64) -> String {
    match answers {
        0 => String::new(),
        1 => " One is as long as was allowed, and perhaps cut off.".to_owned(),
        many => format!(" {} are as long as was allowed, and perhaps cut off.", count(many)),
    }
}

/// What is at stake, and what to do.
fn advice(finding: &Finding) -> String {
    let (generated, charge) = (words::tokens(finding.generated), usd(finding.charge));
    let time = words::duration(finding.milliseconds.saturating_mul(1_000));
    let requests = requests(finding.requests);
    match finding.kind {
        FindingKind::Longest => format!(
            "{requests} got answers of {generated} in all, for {charge}. What is generated costs most: say in the prompt how long an answer shall be, and set a maximum."
        ),
        FindingKind::Unbounded if finding.spare == Usd::ZERO => format!(
            "{requests} named no maximum of tokens. Set max_completion_tokens, so that an answer can’t grow beyond what you expect, and less is reserved from budgets meanwhile."
        ),
        FindingKind::Unbounded => format!(
            "{requests} named no maximum of tokens. Beyond the {charge} that was charged, {} was held from budgets meanwhile, so other requests may have waited or been refused. Set max_completion_tokens.",
            usd(finding.spare)
        ),
        FindingKind::Several => format!(
            "{requests} asked for more than one answer (n): {generated} in all, for {charge}. Each answer is paid for. Ask for one, unless you compare them."
        ),
        FindingKind::Endless => format!(
            "{requests} named no words at which an answer ends (stop): {generated}, for {charge}.{} Where an answer has a form, stop it at its end.",
            cut_off(finding.at_maximum)
        ),
        FindingKind::Unstreamed => format!(
            "{requests} took {} seconds or more and were not streamed: {time} in all in which nobody saw a word. Where a person waits, set stream to true.",
            Store::LONG_MS / 1_000
        ),
        FindingKind::Repeated => format!(
            "{requests} asked what an earlier one of the same project had asked to the letter, for {charge} and {time} in all: so much a cache of answers would have saved, where the same answer may be given twice. Known of projects that keep fingerprints."
        ),
        FindingKind::Single => format!(
            "{requests} for embeddings came in the same second as an earlier one, with the same key and model, and took {time} in all. One request takes a list of texts. How many texts each of them had is not recorded."
        ),
    }
}

fn row(view: &View, line: &Line) -> AnyView {
    let (at, zone) = (line.at, view.member.organization.zone);
    let href = format!("/requests/{}", line.id);
    let charge = if line.priced {
        let amount = line.charge;
        view! { <Money amount fine=true/> }.into_any()
    } else {
        view! { <span class="faint">{labels::UNPRICED}</span> }.into_any()
    };
    let total = line.total_ms.map_or_else(|| "–".to_owned(), words::time);
    view! {
        <tr>
            <th scope="row"><a href=href><Time at zone precision=Precision::Second/></a></th>
            <td data-l=labels::MODEL>{line.model.clone()}</td>
            <td data-l=labels::PROJECT_AND_KEY><div>{line.project_name.clone()}<small>{words::key(&line.key)}</small></div></td>
            <td data-l=labels::TOKENS_OUT class="num">{count(line.tokens.generated())}</td>
            <td data-l=labels::CHARGE class="num">{charge}</td>
            <td data-l=labels::TOTAL_TIME class="num">{total}</td>
        </tr>
    }
    .into_any()
}
