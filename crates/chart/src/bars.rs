//! Stacked bars.

use plotters::{prelude::Rectangle, style::Color as _};

use crate::{
    Chart, Point,
    canvas::Mark,
    frame::{ChartError, Drawn, Frame, float, place},
};

/// Parts of a column that a bar takes, and the one behind it.
const BAR: f64 = 0.6;
const BEHIND: f64 = 0.84;

pub(crate) fn svg(chart: &Chart) -> Result<String, ChartError> {
    let highest = chart.points.iter().map(|point| point.total().max(point.before.unwrap_or(0)));
    let ticks = chart.points.iter().map(|point| point.tick.as_str()).collect();
    let links = chart.points.iter().any(|point| point.link.is_some());
    let most = highest.max().unwrap_or(0);
    let frame = Frame::begin(&chart.label, chart.unit, most, ticks, links)?;
    for (column, point) in chart.points.iter().enumerate() {
        bar(chart, point, column, &frame)?;
    }
    frame.end(if chart.total() == 0 { Mark::Zero } else { Mark::Base })
}

/// One point: what was before, its parts from the ground up, and a link around them.
fn bar(chart: &Chart, point: &Point, column: usize, frame: &Frame<'_>) -> Drawn {
    let middle = place(column) + 0.5;
    let draw = |mark: Mark, width: f64, low: i128, high: i128| {
        let corners = [(middle - width / 2.0, float(low)), (middle + width / 2.0, float(high))];
        frame.draw(&Rectangle::new(corners, mark.sentinel().filled()))
    };
    let sheet = &frame.sheet;
    match &point.link {
        Some(link) => {
            sheet.raw(r#"<a href=""#);
            sheet.text(link);
            sheet.raw(r#"">"#);
        }
        None => sheet.raw("<g>"),
    }
    title(chart, point, frame);
    draw(Mark::Hit, 1.0, 0, frame.axis.top)?;
    if let Some(before) = point.before.filter(|before| *before > 0) {
        draw(Mark::Then, BEHIND, 0, before)?;
    }
    let mut low = 0_i128;
    for (series, value) in chart.series.iter().zip(&point.values) {
        if *value > 0 {
            let high = low.saturating_add(*value);
            draw(Mark::Series(series.colour.clamp(1, 8)), BAR, low, high)?;
            low = high;
        }
    }
    sheet.raw(if point.link.is_some() { "</a>" } else { "</g>" });
    Ok(())
}

fn title(chart: &Chart, point: &Point, frame: &Frame<'_>) {
    let sheet = &frame.sheet;
    sheet.raw("<title>");
    sheet.text(&point.label);
    sheet.raw(": ");
    sheet.text(&chart.unit.text(point.total()));
    if let Some(before) = point.before {
        sheet.raw(", before ");
        sheet.text(&chart.unit.text(before));
    }
    sheet.raw("</title>");
}
