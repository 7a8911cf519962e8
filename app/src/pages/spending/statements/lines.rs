//! The lines of a statement, as tables.

use chrono::NaiveDate;
use domain::TokenClass;
use leptos::prelude::*;
use store::statements::{Line, Numbers, Statement};

use crate::{
    components::{Card, CardFoot, Column, Empty, Money, Table, count},
    labels,
    web::Member,
};

/// Below zero with a minus; its exact value is in the element.
fn signed(number: i64) -> AnyView {
    let sign = if number < 0 { "−" } else { "" };
    view! { <data value=number.to_string()>{sign}{count(number.unsigned_abs())}</data> }.into_any()
}

/// All of the input, what of it was read from a cache, all of the output.
fn tokens(numbers: &Numbers) -> [i64; 3] {
    let sum = |wanted: fn(TokenClass) -> bool| {
        let classes = TokenClass::ALL.into_iter().zip(numbers.tokens);
        classes.filter(|(class, _)| wanted(*class)).map(|(_, count)| count).sum()
    };
    [sum(|class| !is_output(class)), sum(|class| class == TokenClass::Cached), sum(is_output)]
}

const fn is_output(class: TokenClass) -> bool {
    matches!(
        class,
        TokenClass::Output
            | TokenClass::Reasoning
            | TokenClass::AudioOutput
            | TokenClass::ImageOutput
    )
}

/// `July 2026`
fn month(label: NaiveDate) -> String {
    label.format("%B %Y").to_string()
}

/// The cells of numbers, the same in every table.
fn cells(numbers: &Numbers) -> AnyView {
    let [input, cached, output] = tokens(numbers);
    let charge = numbers.charge;
    view! {
        <td data-l=labels::REQUESTS class="num">{signed(numbers.requests)}</td>
        <td data-l=labels::INPUT_TOKENS class="num">{signed(input)}</td>
        <td data-l=labels::OF_WHICH_CACHED class="num">{signed(cached)}</td>
        <td data-l=labels::OUTPUT_TOKENS class="num">{signed(output)}</td>
        <td data-l=labels::CHARGE class="num"><Money amount=charge/></td>
    }
    .into_any()
}

/// Columns of words, then those of [`cells`].
fn columns<const N: usize>(words: [&'static str; N]) -> Vec<Column> {
    let numbers = [
        labels::REQUESTS,
        labels::INPUT_TOKENS,
        labels::OF_WHICH_CACHED,
        labels::OUTPUT_TOKENS,
        labels::CHARGE,
    ];
    words.into_iter().map(Column::text).chain(numbers.map(Column::number)).collect()
}

/// A card for each project of the cycle's own usage.
pub(super) fn projects(statement: &Statement) -> AnyView {
    let own: Vec<&Line> = statement.own().collect();
    if own.is_empty() {
        return view! {
            <Card title=labels::PROJECTS>
                <Empty split=true title="Nothing to bill" text="No request to a provider was charged in this billing cycle. The sandbox and rehearsals are on no statement."/>
            </Card>
        }
        .into_any();
    }
    let projects = own.chunk_by(|one, next| one.project == next.project);
    projects.map(project).collect_view().into_any()
}

fn project(lines: &[&Line]) -> AnyView {
    let Some(first) = lines.first() else { return ().into_any() };
    let rows = lines.iter().map(|line| {
        view! { <tr><th scope="row">{line.model.clone()}</th>{cells(&line.numbers)}</tr> }
    });
    let rows = rows.collect_view();
    let total = cells(&Numbers::of(lines.iter().copied()));
    let foot = view! { <tr><th scope="row">{labels::TOGETHER}</th>{total}</tr> }.into_any();
    let (name, id) = (first.project_name.clone(), first.project.to_string());
    let label = format!("{name}, by model");
    view! {
        <div class="project">
            <Card title=name note=id>
                <Table label columns=columns([labels::MODEL]) foot>{rows}</Table>
            </Card>
        </div>
    }
    .into_any()
}

/// What earlier cycles came to besides what their statements said.
pub(super) fn adjustments(statement: &Statement) -> Option<AnyView> {
    let lines: Vec<&Line> = statement.adjustments().collect();
    if lines.is_empty() {
        return None;
    }
    let total = cells(&Numbers::of(lines.iter().copied()));
    let rows = lines.into_iter().map(|line| {
        view! {
            <tr>
                <th scope="row">{month(line.cycle)}</th>
                <td data-l=labels::PROJECT>{line.project_name.clone()}</td>
                <td data-l=labels::MODEL>{line.model.clone()}</td>
                {cells(&line.numbers)}
            </tr>
        }
    });
    let rows = rows.collect_view();
    let foot = view! { <tr><th scope="row">{labels::TOGETHER}</th><td></td><td></td>{total}</tr> }
        .into_any();
    let columns = columns(["Used in", labels::PROJECT, labels::MODEL]);
    Some(
        view! {
            <Card title=labels::ADJUSTMENTS_OF_EARLIER_CYCLES>
                <Table label=labels::ADJUSTMENTS_OF_EARLIER_CYCLES columns foot>{rows}</Table>
                <CardFoot><span>"What became known after those cycles were closed: late answers of providers, corrections."</span></CardFoot>
            </Card>
        }
        .into_any(),
    )
}

/// What became known of a closed cycle; not part of its statement.
pub(super) fn since(member: &Member, statement: &Statement) -> Option<AnyView> {
    if statement.since.is_empty() {
        return None;
    }
    let rows = statement.since.iter().map(|line| {
        let billed = match line.statement {
            Some(label) => {
                let href = member.path(&format!("statements/{}", label.format("%Y-%m")));
                view! { <a href=href>{month(label)}</a> }.into_any()
            }
            None => view! { "The next one" }.into_any(),
        };
        view! {
            <tr>
                <th scope="row">{line.project_name.clone()}</th>
                <td data-l=labels::MODEL>{line.model.clone()}</td>
                <td data-l=labels::STATEMENT>{billed}</td>
                {cells(&line.numbers)}
            </tr>
        }
    });
    let rows = rows.collect_view();
    let total = cells(&Numbers::of(&statement.since));
    let foot = view! { <tr><th scope="row">{labels::TOGETHER}</th><td></td><td></td>{total}</tr> }
        .into_any();
    let columns = columns([labels::PROJECT, labels::MODEL, labels::STATEMENT]);
    Some(
        view! {
            <Card title=labels::SINCE_THE_CLOSE>
                <Table label=labels::SINCE_THE_CLOSE columns foot>{rows}</Table>
                <CardFoot><span>"How much more or less this cycle’s usage comes to than this statement says, and on whose statement the difference stands."</span></CardFoot>
            </Card>
        }
        .into_any(),
    )
}
