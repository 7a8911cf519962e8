//! Spend as it adds up, in a page; and trends in a table.

use chart::Course;
use leptos::prelude::*;

use super::{Notice, Tone};

use crate::labels;

/// The picture of a course. Its words are in its label, so it needs no table.
#[component]
pub fn CoursePlot(course: Course) -> impl IntoView {
    match course.svg() {
        Ok(svg) => view! { <div class="plot" inner_html=svg></div> }.into_any(),
        Err(_) => view! { <Notice tone=Tone::Bad lead=labels::THE_CHART_COULD_NOT_BE_DRAWN text=course.label/> }
            .into_any(),
    }
}

/// What the lines of a course mean.
#[component]
pub fn CourseLegend(
    /// What the window before is called, like `October`, if it is drawn.
    #[prop(optional_no_strip)]
    before: Option<String>,
    /// Whether a forecast is drawn.
    forecast: bool,
) -> impl IntoView {
    let line = |class, words: String| {
        view! {
            <li>
                <svg class="stroke" aria-hidden="true"><line class=class x2="14" y1="5" y2="5"/></svg>
                {words}
            </li>
        }
    };
    view! {
        <ul class="legend">
            {line("line", labels::SPENT.to_owned())}
            {forecast.then(|| line("ahead", "Forecast".to_owned()))}
            {before.map(|words| line("past", words))}
        </ul>
    }
    .into_any()
}

/// How the last values went, in a cell; a dash where there are too few.
#[component]
pub fn Trend(
    /// What goes up and down, for those who can't see it; none where numbers beside it say it.
    #[prop(optional, into)]
    label: Option<String>,
    values: Vec<i128>,
) -> impl IntoView {
    match chart::spark(&values) {
        Some(path) => {
            let (role, hidden) = match label {
                Some(_) => (Some("img"), None),
                None => (None, Some("true")),
            };
            view! {
                <svg class="spark" viewBox="0 0 100 24" preserveAspectRatio="none" role=role aria-label=label aria-hidden=hidden>
                    <path vector-effect="non-scaling-stroke" d=path/>
                </svg>
            }
            .into_any()
        }
        None => "–".into_any(),
    }
}
