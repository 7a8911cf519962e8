//! What came of it: the answers side by side, then what they used, took and cost.

use domain::{TokenClass, Usd, price::in_force::SANDBOX};
use leptos::prelude::*;
use store::requests::{Found, Told};

use super::Run;
use crate::{
    components::{
        Badge, Card, CardBody, CardFoot, Column, LinkButton, Money, Narrow, Notice, Table, Tone,
        count,
    },
    labels,
    pages::requests::words,
    web::{Member, Reply},
};

/// What each model can cost at most.
pub(super) fn most(most: &[(String, Option<Usd>)]) -> AnyView {
    let rows = most.iter().map(|(model, most)| {
        let most = match most {
            Some(amount) => view! { <Money amount=*amount fine=true/> }.into_any(),
            None => labels::NOT_KNOWN.into_any(),
        };
        view! { <tr><th scope="row">{model.clone()}</th><td class="num" data-l=labels::AT_MOST>{most}</td></tr> }
    });
    let rows = rows.collect_view();
    let columns = vec![Column::text(labels::MODEL), Column::number(labels::AT_MOST)];
    let title = "What it can cost";
    view! {
        <div class="stack" id="result">
            <Card title note=labels::NOTHING_WAS_SENT>
                <Table label=title columns>{rows}</Table>
                <CardFoot><span>"So much is reserved until the answer is there: every byte of the request as a token, and an answer of the most tokens. What is not used is given back."</span></CardFoot>
            </Card>
        </div>
    }
    .into_any()
}

pub(super) fn sent(member: &Member, runs: &[Run]) -> AnyView {
    let answers = runs.iter().map(answer).collect_view();
    let class = if runs.len() > 1 { "grid two" } else { "grid" };
    let costs = costs(member, runs);
    view! {
        <div class="stack" id="result">
            <div class=class>{answers}</div>
            {costs}
        </div>
    }
    .into_any()
}

fn answer(run: &Run) -> AnyView {
    let name = run.model.model.clone();
    let sandbox = (run.model.provider == SANDBOX)
        .then(|| view! { <Badge line=true text="Sandbox: nobody was asked"/> });
    let said = match &run.reply {
        Some(Reply::Answered { text, cut }) => said(&name, text, *cut),
        Some(Reply::Unanswered { why, receipt }) => {
            let text = why.clone();
            let href = receipt.map(|receipt| format!("/receipts/{receipt}"));
            let button = href.map(|href| view! { <LinkButton href>"See the receipt"</LinkButton> });
            view! { <Notice tone=Tone::Warn lead="Not answered." text>{button}</Notice> }.into_any()
        }
        None => {
            let text = "It is read to its end and charged all the same: its request’s page tells when it is there. Its text is there if the project keeps answers.";
            view! { <Notice tone=Tone::Warn lead="No answer within five minutes." text/> }
                .into_any()
        }
    };
    view! {
        <section class="card">
            <header><h2>{name}</h2>{sandbox}</header>
            <CardBody split=true>{said}</CardBody>
        </section>
    }
    .into_any()
}

fn said(model: &str, text: &str, cut: bool) -> AnyView {
    let label = format!("Answer of {model}");
    let cut =
        cut.then(|| view! { <p class="muted">"It ended at the most tokens that it may have."</p> });
    let text = if text.is_empty() {
        view! { <p class="muted">"The answer has no text."</p> }.into_any()
    } else {
        let text = text.to_owned();
        view! { <div class="said" tabindex="0" role="region" aria-label=label>{text}</div> }
            .into_any()
    };
    view! { {text}{cut} }.into_any()
}

/// A row a number, a column a model: so they compare.
fn costs(member: &Member, runs: &[Run]) -> AnyView {
    let first = [Column::text(labels::WHAT)].into_iter();
    let columns = first.chain(runs.iter().map(|run| Column::number(run.model.model.clone())));
    let columns = columns.collect();
    let used = |class: TokenClass| runs.iter().any(|run| tokens(run, class) > Some(0));
    let classes = TokenClass::ALL.into_iter().filter(|class| used(*class)).map(|class| {
        row(words::class(class), runs, |run| tokens(run, class).map(|many| count(many).into_any()))
    });
    let classes = classes.collect_view();
    let charge = row(labels::CHARGE, runs, charge);
    let reserved = row("Reserved before", runs, |run| {
        told(run).map(|told| view! { <Money amount=told.bound fine=true/> }.into_any())
    });
    let first_byte = row("First byte after", runs, |run| {
        let moments = told(run)?.story.as_ref()?.moments;
        moments.first_byte.map(|micros| words::duration(micros).into_any())
    });
    let whole = row("Whole answer after", runs, |run| {
        let moments = told(run)?.story.as_ref()?.moments;
        Some(words::duration(moments.last).into_any())
    });
    let request = row(labels::REQUEST, runs, |run| Some(request(run)));
    let log = member.path("requests?tag=source%3Dplayground");
    let title = "Tokens, charge and time";
    view! {
        <Card title>
            <Table label=title columns narrow=Narrow::Pin>{classes}{charge}{reserved}{first_byte}{whole}{request}</Table>
            <CardFoot><span>"As the ledger has it. Reloading this page sends the prompt again, and is charged again. All that was sent from here has the tag source=playground: "<a href=log>"see these requests"</a>"."</span></CardFoot>
        </Card>
    }
    .into_any()
}

fn row(label: &'static str, runs: &[Run], cell: impl Fn(&Run) -> Option<AnyView>) -> AnyView {
    let cells = runs.iter().map(|run| {
        let cell = cell(run).unwrap_or_else(|| view! { <span class="faint">"–"</span> }.into_any());
        view! { <td class="num">{cell}</td> }
    });
    view! { <tr><th scope="row">{label}</th>{cells.collect_view()}</tr> }.into_any()
}

/// What is booked of it.
fn told(run: &Run) -> Option<&Told> {
    match &run.found {
        Some(Found::Told(told)) => Some(told),
        _ => None,
    }
}

fn tokens(run: &Run, class: TokenClass) -> Option<u64> {
    let counts = TokenClass::ALL.into_iter().zip(told(run)?.line.tokens.by_class());
    counts.into_iter().find(|(one, _)| *one == class).map(|(_, count)| count)
}

fn charge(run: &Run) -> Option<AnyView> {
    let line = &told(run)?.line;
    if line.priced {
        let amount = line.charge;
        return Some(view! { <strong><Money amount fine=true/></strong> }.into_any());
    }
    Some(view! { <Badge text=labels::UNPRICED/> }.into_any())
}

/// What was refused is in no log.
fn request(run: &Run) -> AnyView {
    let id = run.id.to_string();
    if run.found.is_none() && matches!(run.reply, Some(Reply::Unanswered { .. })) {
        return view! { <span class="faint">{labels::NOTHING_WAS_CHARGED}</span> }.into_any();
    }
    let href = format!("/requests/{id}");
    view! { <a class="mono anywhere" href=href>{id}</a> }.into_any()
}
