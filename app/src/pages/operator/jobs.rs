//! `/operator/jobs`: what happens without anyone asking, when it last did, and what went wrong.

use axum::{Router, extract::State, response::Response, routing::get};
use chrono::{DateTime, TimeDelta, Utc};
use domain::{Job, NodeId};
use leptos::prelude::*;
use serde::Deserialize;
use store::system::operator::{JobRow, LoopRow, Past};

use super::{Part, Runner, ZONE, around};
use crate::{
    components::{Badge, Card, CardFoot, Column, Empty, Notice, Table, Time, Tone},
    labels,
    render::Page,
    web::{App, Failure, Query},
};

const PATH: &str = "/operator/jobs";
/// So late a job that is due waits for a node.
const LATE: TimeDelta = TimeDelta::minutes(1);
/// So long a loop that nobody tells of stands still: it is told once a minute.
const SILENT: TimeDelta = TimeDelta::minutes(3);

pub(super) fn router() -> Router<App> {
    Router::new().route(PATH, get(show))
}

#[derive(Deserialize)]
struct Asked {
    job: Option<String>,
}

async fn show(
    State(app): State<App>,
    runner: Runner,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let operator = runner.operator(&app).await?;
    let (jobs, now) = operator.jobs().await?;
    let loops = operator.loops().await?;
    let one = Job::ALL.into_iter().find(|job| Some(job.as_str()) == asked.job.as_deref());
    let past = match one {
        Some(job) => Some((job, operator.past_of_job(job).await?)),
        None => None,
    };
    Ok(runner.look().page(Page::new("Jobs, operator"), || {
        let content = view! {
            {alarms(&jobs)}
            {past.map(|(job, past)| history(job, past))}
            {timed(jobs, now)}
            {steady(loops, now)}
        };
        around(runner.frame, Part::Jobs, content.into_any())
    }))
}

/// What the operator must see to.
fn alarms(jobs: &[JobRow]) -> Vec<AnyView> {
    let found = jobs.iter().filter_map(|row| row.last.as_ref().filter(|last| last.alarm));
    found
        .map(|last| {
            let text = last.said.clone();
            view! { <Notice tone=Tone::Bad lead="Something is wrong." text/> }.into_any()
        })
        .collect()
}

fn timed(jobs: Vec<JobRow>, now: DateTime<Utc>) -> AnyView {
    if jobs.is_empty() {
        return view! {
            <Card title=labels::AT_THEIR_TIMES>
                <Empty split=true title="No job yet" text="A node makes its jobs known when it starts."/>
            </Card>
        }
        .into_any();
    }
    let columns = vec![
        Column::text("Job"),
        Column::text(labels::STATE),
        Column::text(labels::LAST_TIME),
        Column::text(labels::WHAT_CAME_OF_IT),
        Column::text(labels::NEXT_TIME),
    ];
    let rows = jobs.into_iter().map(|row| job(row, now)).collect_view();
    view! {
        <Card title=labels::AT_THEIR_TIMES>
            <Table label=labels::JOBS columns>{rows}</Table>
            <CardFoot><span>"Each time is done once, by one of the nodes. Of times that passed while none was there the last is made up for."</span></CardFoot>
        </Card>
    }
    .into_any()
}

fn job(row: JobRow, now: DateTime<Utc>) -> AnyView {
    let (tone, state) = state(&row, now);
    let past = format!("{PATH}?job={}", row.job.as_str());
    let failed = row.failed.map(|(at, error)| {
        view! { <small>"Failed "<Time at zone=ZONE/>": "{error}</small> }
    });
    let (last, said) = match row.last {
        Some(last) => {
            let took = took(&last);
            let at = last.ended_at;
            (view! { <Time at zone=ZONE/><small>{took}</small> }.into_any(), last.said)
        }
        None => (labels::NEVER_YET.into_any(), String::new()),
    };
    view! {
        <tr>
            <th scope="row">
                <a href=past>{row.job.label()}</a>
                <small>{every(row.job.schedule().distance())}</small>
            </th>
            <td data-l=labels::STATE><Badge tone text=state/></td>
            <td data-l=labels::LAST_TIME><div>{last}</div></td>
            <td data-l=labels::WHAT_CAME_OF_IT class="anywhere"><div>{said}{failed}</div></td>
            <td data-l=labels::NEXT_TIME><Time at=row.next_due zone=ZONE/></td>
        </tr>
    }
    .into_any()
}

fn state(row: &JobRow, now: DateTime<Utc>) -> (Tone, String) {
    match (row.failures, row.running, &row.last) {
        (0, Some(_), _) => (Tone::Plain, labels::RUNNING.to_owned()),
        (0, None, Some(last)) if last.alarm => (Tone::Bad, labels::FOUND_SOMETHING.to_owned()),
        (0, None, _) if row.next_due + LATE < now => {
            (Tone::Warn, "Late, no node does it".to_owned())
        }
        (0, None, None) => (Tone::Plain, "Waiting".to_owned()),
        (0, None, Some(_)) => (Tone::Ok, labels::DONE.to_owned()),
        (1, ..) => (Tone::Warn, "Failed once, tried again".to_owned()),
        (many, ..) => (Tone::Bad, format!("Failed {many} times in a row")),
    }
}

fn steady(loops: Vec<LoopRow>, now: DateTime<Utc>) -> AnyView {
    let columns = vec![
        Column::text("Work"),
        Column::text(labels::STATE),
        Column::text(labels::LAST_DONE),
        Column::text(labels::LAST_FAILURE),
    ];
    let rows = loops.into_iter().map(|row| steady_one(row, now)).collect_view();
    view! {
        <Card title="All the time">
            <Table label="Work of every node" columns>{rows}</Table>
            <CardFoot><span>"Every node does this; told about once a minute."</span></CardFoot>
        </Card>
    }
    .into_any()
}

fn steady_one(row: LoopRow, now: DateTime<Utc>) -> AnyView {
    let is_failing = row.failed.as_ref().is_some_and(|(at, _)| row.done_at < Some(*at));
    let (tone, state) = match row.done_at {
        _ if is_failing => (Tone::Bad, "Failing"),
        None => (Tone::Plain, labels::NEVER_YET),
        Some(at) if at + SILENT.max(row.which.pause() * 3) < now => (Tone::Warn, "Stands still"),
        Some(_) => (Tone::Ok, labels::RUNNING),
    };
    let done = match row.done_at {
        Some(at) => view! { <Time at zone=ZONE/> }.into_any(),
        None => labels::NEVER_YET.into_any(),
    };
    let failed = match row.failed {
        Some((at, error)) => view! { <Time at zone=ZONE/><small>{error}</small> }.into_any(),
        None => labels::NONE.into_any(),
    };
    view! {
        <tr>
            <th scope="row">{row.which.label()}<small>{every(row.which.pause())}</small></th>
            <td data-l=labels::STATE><Badge tone text=state/></td>
            <td data-l=labels::LAST_DONE>{done}</td>
            <td data-l=labels::LAST_FAILURE class="muted anywhere"><div>{failed}</div></td>
        </tr>
    }
    .into_any()
}

/// The last hundred times of a job.
fn history(job: Job, past: Vec<Past>) -> AnyView {
    let columns = vec![
        Column::text("Due"),
        Column::text(labels::DONE),
        Column::text(labels::NODE),
        Column::text(labels::WHAT_CAME_OF_IT),
    ];
    let shown = past.len();
    let rows = past
        .into_iter()
        .map(|past| {
            let (due, at, node, took) = (past.due, past.ended_at, short(past.node), took(&past));
            let alarm =
                past.alarm.then(|| view! { <Badge tone=Tone::Bad text=labels::FOUND_SOMETHING/> });
            view! {
                <tr>
                    <th scope="row"><Time at=due zone=ZONE/></th>
                    <td data-l=labels::DONE><div><Time at zone=ZONE/><small>{took}</small></div></td>
                    <td data-l=labels::NODE class="mono keep">{node}</td>
                    <td data-l=labels::WHAT_CAME_OF_IT class="anywhere"><div>{past.said}{alarm}</div></td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <Card title=job.label()>
            <Table label="Times that it was done" columns>{rows}</Table>
            <CardFoot><span>{shown}" shown, newest first, a hundred at most"</span><a href=PATH>{labels::CLOSE}</a></CardFoot>
        </Card>
    }
    .into_any()
}

/// The end of a node's id tells nodes apart.
fn short(node: NodeId) -> String {
    let id = node.to_string();
    let tail = id.len().saturating_sub(6);
    format!("…{}", id.get(tail..).unwrap_or(&id))
}

fn took(past: &Past) -> String {
    match (past.ended_at - past.started_at).num_milliseconds() {
        ..1_000 => "in less than a second".to_owned(),
        ms @ 1_000..90_000 => format!("in {} s", ms / 1_000),
        ms => format!("in {} min", ms / 60_000),
    }
}

/// `every minute`, `every 5 s`.
fn every(distance: TimeDelta) -> String {
    match (distance.num_seconds(), distance.num_minutes(), distance.num_hours()) {
        (1, ..) => "every second".to_owned(),
        (seconds @ ..60, ..) => format!("every {seconds} s"),
        (_, 1, _) => "every minute".to_owned(),
        (_, minutes @ ..60, _) => format!("every {minutes} min"),
        (_, _, 1) => "every hour".to_owned(),
        (_, _, 24) => "every day".to_owned(),
        (_, _, hours) => format!("every {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_said() {
        let said: Vec<_> =
            Job::ALL.into_iter().map(|job| every(job.schedule().distance())).collect();
        assert_eq!(
            said,
            [
                "every minute",
                "every minute",
                "every 5 min",
                "every hour",
                "every day",
                "every 15 min",
                "every day"
            ]
        );
        assert_eq!(every(TimeDelta::seconds(1)), "every second");
        assert_eq!(every(TimeDelta::seconds(5)), "every 5 s");
    }
}
