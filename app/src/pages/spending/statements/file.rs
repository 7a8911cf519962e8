//! `/{org}/statements/{cycle}/lines.csv`: what a statement says, with every digit.

use axum::{body::Body, extract::State, response::Response};
use domain::TokenClass;
use store::statements::Line;

use super::one::label;
use crate::web::{App, Failure, Member, Path, attachment, go, harmless, lines};

/// `GET`. Of a cycle that is not closed there is no file, because what it said would not hold: it
/// leads to the page, which says so.
pub(super) async fn send(
    State(app): State<App>,
    member: Member,
    Path((_, cycle)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let statement = app.store.statement(&member.caller, label(&cycle)?).await?;
    if statement.closed.is_none() {
        return Ok(go(member.path(&format!("statements/{cycle}"))));
    }
    let rows = statement.lines.iter().map(|line| cells(&cycle, line));
    let file = lines(std::iter::once(columns()).chain(rows)).map_err(|error| {
        tracing::error!(error = &error as &dyn std::error::Error, "a statement can't be written");
        Failure::Internal
    })?;
    let name = format!("statement-{}-{cycle}.csv", member.organization.id);
    Ok(attachment(&name, Body::from(file)))
}

fn columns() -> Vec<String> {
    let words = ["statement", "used_in", "project_id", "project_name", "model"];
    let counts = ["requests", "requests_estimated", "requests_unpriced"];
    let tokens = TokenClass::ALL.map(|class| format!("{}_tokens", class.as_str()));
    let before = words.into_iter().chain(counts).map(ToOwned::to_owned);
    before.chain(tokens).chain(std::iter::once("charge_usd".to_owned())).collect()
}

fn cells(cycle: &str, line: &Line) -> Vec<String> {
    let numbers = &line.numbers;
    let used_in = line.cycle.format("%Y-%m").to_string();
    let mut cells = vec![cycle.to_owned(), used_in, line.project.to_string()];
    cells.extend([&line.project_name, &line.model].map(|text| harmless(text.clone())));
    let counts = [numbers.requests, numbers.estimated, numbers.unpriced];
    cells.extend(counts.iter().chain(&numbers.tokens).map(ToString::to_string));
    cells.push(numbers.charge.to_string());
    cells
}

#[cfg(test)]
mod tests {
    use domain::{ProjectId, Usd};
    use store::statements::Numbers;

    use super::*;

    #[test]
    fn no_cell_is_a_formula_and_amounts_stay_numbers() {
        let line = Line {
            cycle: "2026-06-01".parse().unwrap(),
            statement: Some("2026-07-01".parse().unwrap()),
            project: ProjectId::from_uuid(uuid::Uuid::nil()),
            project_name: "=HYPERLINK(\"x\")".to_owned(),
            model: "@SUM(A1)".to_owned(),
            numbers: Numbers {
                requests: 0,
                tokens: std::array::from_fn(|class| i64::from(class == 6) * -4),
                charge: Usd::from_pico(-1),
                ..Numbers::default()
            },
        };
        let row = cells("2026-07", &line);
        assert_eq!(row.len(), columns().len());
        let file = lines([columns(), row].into_iter()).unwrap();
        let project = line.project;
        assert_eq!(
            String::from_utf8(file).unwrap(),
            format!(
                "statement,used_in,project_id,project_name,model,requests,requests_estimated,requests_unpriced,\
                 input_tokens,cached_tokens,cache_write_tokens,cache_write_1h_tokens,audio_input_tokens,image_input_tokens,\
                 output_tokens,reasoning_tokens,audio_output_tokens,image_output_tokens,charge_usd\r\n\
                 2026-07,2026-06,{project},\"'=HYPERLINK(\"\"x\"\")\",'@SUM(A1),0,0,0,0,0,0,0,0,0,-4,0,0,0,-0.000000000001\r\n"
            )
        );
    }
}
