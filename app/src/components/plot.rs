//! A chart in a page.

use chart::Chart;
use leptos::prelude::*;

use super::{Notice, Tone};
use crate::islands::{ChartPeek, PeekLine, PeekPoint};
use crate::labels;

/// The picture of a chart, with its numbers at the pointer where scripts run. The table with the
/// same numbers is the page's to add.
#[component]
pub fn Plot(chart: Chart) -> impl IntoView {
    match chart.svg() {
        Ok(svg) => {
            let points = points(&chart);
            view! { <ChartPeek points><div class="plot" inner_html=svg></div></ChartPeek> }
                .into_any()
        }
        Err(_) => view! {
            <Notice
                tone=Tone::Bad
                lead=labels::THE_CHART_COULD_NOT_BE_DRAWN
                text="The table below has its numbers."
            />
        }
        .into_any(),
    }
}

/// The bars in words, each with its largest parts first.
fn points(chart: &Chart) -> Vec<PeekPoint> {
    let point = |point: &chart::Point| {
        let mut parts: Vec<_> =
            chart.series.iter().zip(&point.values).filter(|(_, value)| **value > 0).collect();
        parts.sort_by_key(|(_, value)| std::cmp::Reverse(**value));
        let line = |(series, value): (&chart::Series, &i128)| PeekLine {
            colour: series.colour.clamp(1, 8),
            name: series.name.clone(),
            value: chart.unit.text(*value),
        };
        PeekPoint {
            label: point.label.clone(),
            total: chart.unit.text(point.total()),
            lines: parts.into_iter().map(line).collect(),
        }
    };
    chart.points.iter().map(point).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use chart::{Point, Series, Unit};
    use hydration_context::SsrSharedContext;

    use super::*;

    #[test]
    fn names_stay_text_in_picture_and_words() {
        let name = "\"><script>alert(1)</script>".to_owned();
        let chart = Chart {
            label: name.clone(),
            unit: Unit::Requests,
            series: vec![
                Series { name: "Small".to_owned(), colour: 1 },
                Series { name: name.clone(), colour: 2 },
            ],
            points: vec![Point { label: name, values: vec![1, 2_000], ..Point::default() }],
        };
        let words = points(&chart);
        assert_eq!(words[0].total, "2,001");
        assert_eq!(words[0].lines[0].value, "2,000");
        let owner = Owner::new_root(Some(Arc::new(SsrSharedContext::new_islands())));
        let html = owner.with(|| view! { <Plot chart/> }.to_html());
        assert!(!html.contains("<script"), "{html}");
    }
}
