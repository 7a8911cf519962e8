//! `/operator/prices/import`: a table is sent or pasted, looked at, and taken over row by row. Nothing changes
//! before the last step.

use axum::{
    Router,
    extract::State,
    response::Response,
    routing::{get, post},
};
use chrono::NaiveDate;
use domain::price::{
    public,
    review::{Difference, review},
    table::{self, Row},
};
use leptos::prelude::*;
use store::{StoreError, system::operator::NewVersion};
use tower_sessions::Session;

use super::review as sheet;
use crate::{
    components::{Button, Card, CardBody, ErrorSummary, Field, LinkButton, TextArea, Weight},
    labels,
    pages::operator::{Part, Runner, around},
    render::Page,
    web::{App, Draft, Failure, Fresh, LongDraft, go},
};

pub(super) const PATH: &str = "/operator/prices/import";
const CONFIRM: &str = "/operator/prices/confirm";

pub(super) fn router() -> Router<App> {
    Router::new().route(PATH, get(show).post(look)).route(CONFIRM, post(confirm))
}

/// What a table came to.
pub(super) struct Found {
    pub(super) differences: Vec<Difference>,
    pub(super) unchanged: usize,
    /// Models that can't be taken over, and why.
    pub(super) left_out: Vec<(String, String)>,
    /// The day that has begun, in UTC.
    pub(super) today: NaiveDate,
}

/// The day from which a line of a table holds by itself: one that has not begun.
pub(super) fn own_day(effective_from: &str, today: NaiveDate) -> Option<NaiveDate> {
    effective_from.parse().ok().filter(|day| *day > today)
}

async fn show(State(app): State<App>, runner: Runner, _: Fresh) -> Result<Response, Failure> {
    runner.operator(&app).await?;
    let draft = Draft::with([("providers", "openai, anthropic, google".to_owned())]);
    Ok(page(runner, &draft))
}

async fn look(
    State(app): State<App>,
    runner: Runner,
    LongDraft(mut draft): LongDraft,
) -> Result<Response, Failure> {
    let operator = runner.operator(&app).await?;
    let today = operator.versions().await?.at.date_naive();
    let Some((rows, left_out)) = read(&mut draft, today) else {
        return Ok(page(runner, &draft));
    };
    let (differences, unchanged) = review(rows, &operator.latest_prices().await?);
    let found = Found { differences, unchanged, left_out, today };
    Ok(reviewed(runner, &found, &Draft::default()))
}

type Read = (Vec<Row>, Vec<(String, String)>);

fn read(draft: &mut Draft, today: NaiveDate) -> Option<Read> {
    // A file, or what is pasted; marks of byte order are no part of a table.
    let (file, pasted) = (draft.value("file"), draft.value("table"));
    let [file, pasted] = [&file, &pasted].map(|text| text.trim_start_matches('\u{feff}').trim());
    let (field, text) = match (file.is_empty(), pasted.is_empty()) {
        (false, false) => {
            draft.refuse("file", "Choose a file or paste a table, not both.");
            return None;
        }
        (true, true) => {
            draft.refuse("file", "Choose a file, or paste a table below.");
            return None;
        }
        (false, true) => ("file", file),
        (true, false) => ("table", pasted),
    };
    if text.starts_with('[') {
        let providers = draft.value("providers");
        let providers: Vec<&str> =
            providers.split([',', ' ']).filter(|one| !one.is_empty()).collect();
        let Some(read) = public::read(text, &providers, &today.to_string()) else {
            draft.refuse(field, "This is neither data.json of genai-prices nor a table with a first line that names its columns.");
            return None;
        };
        if read.prices.is_empty() {
            draft.refuse("providers", "The file has no price of these providers.");
            return None;
        }
        let most = usize::try_from(table::MOST).unwrap_or(usize::MAX);
        if read.prices.len() > most {
            draft.refuse(
                "providers",
                format!("The file has more than {most} prices of these providers: name fewer."),
            );
            return None;
        }
        let row = |listed| {
            let (effective_from, source) = (String::new(), "genai-prices".to_owned());
            Row { listed, effective_from, source }
        };
        return Some((read.prices.into_iter().map(row).collect(), read.left_out));
    }
    match table::read(text) {
        Ok(rows) if rows.is_empty() => {
            draft.refuse(field, "The table has no line besides its first one.");
            None
        }
        Ok(rows) => Some((rows, Vec::new())),
        Err(error) => {
            draft.refuse_with(field, &error);
            None
        }
    }
}

async fn confirm(
    State(app): State<App>,
    runner: Runner,
    session: Session,
    LongDraft(mut draft): LongDraft,
) -> Result<Response, Failure> {
    Fresh::ask(&app, &session, PATH).await?;
    let operator = runner.operator(&app).await?;
    // What was reviewed comes back as our own table; compared anew, the book may have changed.
    let rows = table::read(&draft.value("table")).map_err(|_| Failure::BadRequest)?;
    let day: Option<NaiveDate> = match &*draft.value("from") {
        "" => None,
        _ => draft.read_day("from"),
    };
    let today = operator.versions().await?.at.date_naive();
    let ticked = rows.iter().enumerate().filter(|(at, _)| draft.has(&format!("take-{at}")));
    let ticked: Vec<_> = ticked.map(|(_, row)| version(row, day, today)).collect();
    if ticked.is_empty() {
        draft.refuse("take", "Tick at least one row.");
    }
    if draft.errors().is_empty() {
        match operator.add_prices(&ticked).await {
            Ok(added) => return Ok(go(format!("{}?added={added}", super::PATH))),
            Err(StoreError::NotFound) => {
                draft.refuse(
                    "from",
                    "That day has begun: leave it empty for from now on, or choose a later one.",
                );
            }
            Err(error) => return Err(error.into()),
        }
    }
    let (differences, unchanged) = review(rows, &operator.latest_prices().await?);
    let found = Found { differences, unchanged, left_out: Vec::new(), today };
    Ok(reviewed(runner, &found, &draft))
}

/// A line as it is taken over: from its own day on, or from the one that was chosen for the rest.
fn version(row: &Row, chosen: Option<NaiveDate>, today: NaiveDate) -> NewVersion {
    let source = if row.source.is_empty() { "import" } else { row.source.as_str() };
    NewVersion {
        listed: row.listed.clone(),
        day: own_day(&row.effective_from, today).or(chosen),
        source: source.to_owned(),
    }
}

fn reviewed(runner: Runner, found: &Found, draft: &Draft) -> Response {
    let page = Page::new("Review of prices, operator").status(draft.status());
    runner
        .look()
        .page(page, || around(runner.frame, Part::Prices, sheet::sheet(found, draft, CONFIRM)))
}

fn page(runner: Runner, draft: &Draft) -> Response {
    let page = Page::new("Import prices, operator").status(draft.status());
    runner.look().page(page, || around(runner.frame, Part::Prices, form(draft)))
}

fn form(draft: &Draft) -> AnyView {
    let (text, error) = (draft.value("table"), draft.error("table"));
    let file_error = draft.error("file");
    let (providers, providers_error) = (draft.value("providers"), draft.error("providers"));
    let columns = table::header().join(",");
    let errors = draft.errors();
    view! {
        <Card title=labels::IMPORT_PRICES>
            <CardBody split=true>
                <form class="form" method="post" action=PATH enctype="multipart/form-data">
                    <ErrorSummary lead="Nothing was read" errors/>
                    <Field name="file" label=labels::FILE kind="file" error=file_error
                        help="data.json or data_slim.json of genai-prices, or a table of comma-separated values; at most 8 MB and 10,000 prices."/>
                    <TextArea name="table" label="Or its text" value=text error rows=8/>
                    <Field name="providers" label="Providers" value=providers error=providers_error
                        help="Of genai-prices: whose models are looked at, with commas between."/>
                    <div class="row">
                        <Button weight=Weight::Primary>{labels::REVIEW}</Button>
                        <LinkButton href=super::PATH weight=Weight::Quiet>{labels::CANCEL}</LinkButton>
                    </div>
                </form>
                <p class="muted">"Nothing changes before you confirm the review. A table of your own has these columns, in any order; all rates in US dollars per 1 million tokens, and all but provider, model, input and output may be missing:"</p>
                <p class="mono small anywhere">{columns}</p>
            </CardBody>
        </Card>
    }
    .into_any()
}
