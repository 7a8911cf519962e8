//! How time grows with the length of the answer.

use domain::Histogram;
use leptos::prelude::*;
use store::latencies::{LENGTHS, MOST_TOKENS};

use super::{View, words};
use crate::components::{Card, CardBody, Column, Count, Narrow, Table, count};
use crate::labels;

pub(super) fn card(page: &View) -> AnyView {
    let columns = vec![
        Column::text("Tokens generated"),
        Column::number(labels::REQUESTS),
        Column::number(labels::HALF_WITHIN),
        Column::number("95 of 100"),
    ];
    let totals = &page.whole.totals;
    let rows = totals.iter().enumerate().map(|(class, total)| row(class, total)).collect_view();
    let said = grown(totals);
    view! {
        <Card title="By length of the answer" note="From receiving the request to the last byte">
            <Table label="Latency by length of the answer" columns narrow=Narrow::Pin dense=true>
                {rows}
            </Table>
            <CardBody split=true>
                <p class="muted">
                    {said}
                    "A model generates one token after the other, so the length of the answer decides how long it takes, more than anything else. A smaller maximum of tokens, stop words or a request for short answers make it faster and cheaper; a stream shows the first token sooner."
                </p>
            </CardBody>
        </Card>
    }
    .into_any()
}

/// `0–64`, `65–256`, `More than 4,096`, `Not told`.
fn label(class: usize) -> String {
    let least = class.checked_sub(1).and_then(|before| MOST_TOKENS.get(before));
    match (least, MOST_TOKENS.get(class)) {
        (None, Some(most)) => format!("Up to {}", count(*most)),
        (Some(least), Some(most)) => format!("{}–{}", count(least + 1), count(*most)),
        (Some(least), None) => format!("More than {}", count(*least)),
        (None, None) => labels::ESTIMATED.to_owned(),
    }
}

fn row(class: usize, total: &Histogram) -> AnyView {
    let (half, slow) = (words::time(total, 50), words::time(total, words::SLOW));
    let requests = total.count();
    view! {
        <tr>
            <th scope="row">{label(class)}</th>
            <td class="num"><Count number=requests/></td>
            <td class="num">{half}</td>
            <td class="num">{slow}</td>
        </tr>
    }
    .into_any()
}

/// The shortest answers against the longest, if both are there.
fn grown(totals: &[Histogram; LENGTHS]) -> Option<String> {
    let told = || totals[..LENGTHS - 1].iter().enumerate();
    let half = |(class, total): (usize, &Histogram)| Some((class, total.percentile(50)?));
    let (short, quick) = told().find_map(half)?;
    let (long, slow) = told().rev().find_map(half)?;
    (short < long).then(|| {
        format!(
            "Half of the answers of {} tokens are whole within {}, of {} tokens within {}. ",
            label(short).to_lowercase(),
            words::micros(quick),
            label(long).to_lowercase(),
            words::micros(slow)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_have_names_and_are_compared() {
        let names: Vec<_> = (0..LENGTHS).map(label).collect();
        assert_eq!(
            names,
            ["Up to 64", "65–256", "257–1,024", "1,025–4,096", "More than 4,096", "Estimated"]
        );
        let mut totals = <[Histogram; LENGTHS]>::default();
        assert_eq!(grown(&totals), None);
        totals[0].add(900_000);
        totals[5].add(1);
        assert_eq!(grown(&totals), None);
        totals[3].add(31_000_000);
        let said = grown(&totals).unwrap();
        assert!(
            said.starts_with("Half of the answers of up to 64 tokens are whole within "),
            "{said}"
        );
        assert!(said.contains("of 1,025–4,096 tokens within 3"), "{said}");
    }
}
