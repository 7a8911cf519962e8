//! `/operator/retention`: for how long requests are kept one by one, and what was dropped.

use axum::{Router, extract::State, response::Response, routing::get};
use chrono::{DateTime, Utc};
use domain::{Job, Retention};
use leptos::prelude::*;
use serde::Deserialize;
use store::system::{Month, operator::Kept};

use super::{Part, Runner, ZONE, around};
use crate::{
    components::{
        Button, Card, CardBody, CardFoot, Column, DialogPage, Empty, ErrorSummary, Fact, Facts,
        Field, LinkButton, Table, Time, Toast, Weight, size,
    },
    labels,
    render::Page,
    web::{App, Draft, Failure, Fresh, Query, go},
};

const PATH: &str = "/operator/retention";

pub(super) fn router() -> Router<App> {
    Router::new().route(PATH, get(show).post(save))
}

#[derive(Deserialize)]
struct After {
    saved: Option<String>,
}

async fn show(
    State(app): State<App>,
    runner: Runner,
    Query(after): Query<After>,
) -> Result<Response, Failure> {
    let kept = runner.operator(&app).await?.kept().await?;
    let draft = Draft::with([("months", words(kept.retention))]);
    Ok(page(runner, &kept, &draft, after.saved.is_some()))
}

/// What drops more than before is asked once more.
async fn save(
    State(app): State<App>,
    runner: Runner,
    _: Fresh,
    mut draft: Draft,
) -> Result<Response, Failure> {
    let operator = runner.operator(&app).await?;
    let kept = operator.kept().await?;
    let Some(retention) = draft.read::<Retention>("months") else {
        return Ok(page(runner, &kept, &draft, false));
    };
    if is_shorter(retention, kept.retention) && draft.value("action") != "drop" {
        return Ok(confirm(runner, &kept, retention));
    }
    operator.set_retention(retention).await?;
    Ok(go(format!("{PATH}?saved")))
}

/// As the field has it: empty for without end.
fn words(retention: Retention) -> String {
    retention.get().map(|months| months.to_string()).unwrap_or_default()
}

fn is_shorter(new: Retention, old: Retention) -> bool {
    match (new.get(), old.get()) {
        (Some(new), Some(old)) => new < old,
        (Some(_), None) => true,
        (None, _) => false,
    }
}

/// When a month is dropped.
fn due(month: &Month, retention: Retention, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    Some(Job::Drop.schedule().next(retention.over(month.ends)?.max(now)))
}

fn page(runner: Runner, kept: &Kept, draft: &Draft, saved: bool) -> Response {
    let page = Page::new("Retention, operator").status(draft.status());
    runner.look().page(page, || {
        let (form, facts) = (form(draft), facts(kept));
        let (months, dropped) = (months(kept), dropped(kept));
        let next = match kept.retention.get() {
            Some(_) => "What is older is dropped in the nights to come.",
            None => "Nothing is dropped.",
        };
        let content = view! {
            {saved.then(|| view! { <Toast lead=labels::SAVED text=next/> })}
            <div class="grid two">
                <Card title="Single requests"><CardBody split=true>{form}</CardBody></Card>
                <Card title="As it stands"><CardBody split=true>{facts}</CardBody></Card>
            </div>
            {months}
            {dropped}
        };
        around(runner.frame, Part::Retention, content.into_any())
    })
}

fn form(draft: &Draft) -> AnyView {
    let (value, error, errors) = (draft.value("months"), draft.error("months"), draft.errors());
    let help = format!(
        "From {} to {}; empty: without end. It holds for all organizations. Of what is older the sums stay, by quarter of an hour, project, API key, member and model; requests, their times and their tags are gone.",
        Retention::LEAST,
        Retention::MOST
    );
    view! {
        <form class="form" method="post" action=PATH>
            <ErrorSummary lead=labels::NOTHING_WAS_SAVED errors/>
            <Field name="months" label="Keep single requests for so many months" value error inputmode="numeric" maxlength=20 autocomplete="off" help/>
            <div class="row"><Button weight=Weight::Primary>"Save retention"</Button></div>
        </form>
    }
    .into_any()
}

fn facts(kept: &Kept) -> AnyView {
    let how_long = match kept.retention.get() {
        Some(months) => format!("{months} months"),
        None => "Without end".to_owned(),
    };
    let oldest = kept.months.first().map(|(month, _)| *month);
    let next = oldest.and_then(|month| Some((month, due(&month, kept.retention, kept.at)?)));
    let next = next.map(|(month, at)| view! { {format!("{month}, from ")}<Time at zone=ZONE/> });
    let oldest = oldest.map(|month| month.to_string());
    let last = kept.last.as_ref().map(|last| {
        let at = last.ended_at;
        view! { <Time at zone=ZONE/>": "{last.said.clone()} }
    });
    let jobs = format!("/operator/jobs?job={}", Job::Drop.as_str());
    view! {
        <Facts>
            <Fact label="Kept">{how_long}</Fact>
            <Fact label="Oldest month">{oldest}</Fact>
            <Fact label="Next to be dropped">{next.map_or_else(|| labels::NONE.into_any(), IntoAny::into_any)}</Fact>
            <Fact label=labels::LAST_TIME><span class="anywhere">{last.map_or_else(|| labels::NEVER_YET.into_any(), IntoAny::into_any)}</span></Fact>
        </Facts>
        <p class="muted">
            "A month goes as a whole, once its youngest request is old enough, and stays while anything of it is open, in doubt or not folded. "
            <a href=jobs>"See past nights"</a>
        </p>
    }
    .into_any()
}

fn months(kept: &Kept) -> AnyView {
    let columns = vec![
        Column::text(labels::MONTH),
        Column::number(labels::SIZE),
        Column::text(labels::DROPPED_ON),
    ];
    let rows = kept.months.iter().map(|(month, bytes)| {
        let due = match due(month, kept.retention, kept.at) {
            Some(at) => view! { <Time at zone=ZONE/> }.into_any(),
            None => labels::NEVER.into_any(),
        };
        view! {
            <tr>
                <th scope="row">{month.to_string()}</th>
                <td data-l=labels::SIZE class="num">{size(*bytes)}</td>
                <td data-l=labels::DROPPED_ON>{due}</td>
            </tr>
        }
    });
    let rows = rows.collect_view();
    view! {
        <Card title="Kept one by one">
            <Table label="Months that are kept" columns>{rows}</Table>
            <CardFoot><span>"Calendar months in UTC, of all organizations together; sizes include indexes."</span></CardFoot>
        </Card>
    }
    .into_any()
}

fn dropped(kept: &Kept) -> AnyView {
    if kept.dropped.is_empty() {
        return view! { <Card title=labels::DROPPED><Empty split=true title="Nothing was dropped" text="Every request is kept since the beginning."/></Card> }
            .into_any();
    }
    let columns = vec![Column::text(labels::MONTH), Column::text(labels::DROPPED)];
    let rows = kept.dropped.iter().map(|(month, at)| {
        view! {
            <tr>
                <th scope="row">{month.to_string()}</th>
                <td data-l=labels::DROPPED><Time at=*at zone=ZONE/></td>
            </tr>
        }
    });
    let rows = rows.collect_view();
    view! { <Card title=labels::DROPPED><Table label="Months that were dropped" columns>{rows}</Table></Card> }
        .into_any()
}

fn confirm(runner: Runner, kept: &Kept, retention: Retention) -> Response {
    let title = format!("Keep single requests for {} months?", words(retention));
    runner.look().page(Page::new(title.clone()), || {
        let over = |month: &Month| retention.over(month.ends).is_some_and(|over| over <= kept.at);
        let gone: Vec<_> = kept.months.iter().filter(|(month, _)| over(month)).collect();
        let room = gone.iter().map(|(_, bytes)| bytes).sum();
        let months = match (gone.first(), gone.last()) {
            (Some((first, _)), Some((last, _))) if first != last => format!("{first} to {last}"),
            (Some((only, _)), _) => only.to_string(),
            _ => "None yet".to_owned(),
        };
        let foot = view! {
            <LinkButton href=PATH weight=Weight::Quiet>{labels::CANCEL}</LinkButton>
            <button type="submit" form="drop" class="btn danger">"Drop what is older"</button>
        }
        .into_any();
        let dialog = view! {
            <DialogPage
                below=true
                title
                text="What is older is dropped from the next night on, of all organizations, and can’t be brought back. Its sums stay; requests, their times and their tags are gone."
                foot
            >
                <Facts>
                    <Fact label="Dropped next">{months}</Fact>
                    <Fact label=labels::SIZE>{size(room)}</Fact>
                </Facts>
                <form method="post" id="drop" action=PATH>
                    <input type="hidden" name="months" value=words(retention)/>
                    <input type="hidden" name="action" value="drop"/>
                </form>
            </DialogPage>
        };
        around(runner.frame, Part::Retention, dialog.into_any())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(text).unwrap().to_utc()
    }

    #[test]
    fn a_month_is_dropped_in_the_first_night_after_it_is_old_enough() {
        let month = Month { starts: at("2025-01-01T00:00:00Z"), ends: at("2025-02-01T00:00:00Z") };
        let kept = Retention::months(13).unwrap();
        for (now, night) in [
            ("2026-01-15T00:00:00Z", "2026-03-01T04:40:00Z"),
            ("2026-03-01T04:39:59Z", "2026-03-01T04:40:00Z"),
            ("2026-03-05T12:00:00Z", "2026-03-06T04:40:00Z"),
        ] {
            assert_eq!(due(&month, kept, at(now)), Some(at(night)), "{now}");
        }
        assert_eq!(due(&month, Retention::ENDLESS, at("2036-01-01T00:00:00Z")), None);
    }

    #[test]
    fn only_what_drops_more_is_asked_once_more() {
        let months = |months| Retention::months(months).unwrap();
        assert!(is_shorter(months(13), Retention::ENDLESS) && is_shorter(months(13), months(14)));
        assert!(!is_shorter(months(14), months(13)) && !is_shorter(Retention::ENDLESS, months(13)));
        assert!(!is_shorter(months(13), months(13)));
    }
}
