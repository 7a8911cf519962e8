//! From a chart to its marks.

use std::fmt;

use plotters::{
    coord::{Shift, types::RangedCoordf64},
    drawing::DrawingAreaErrorKind,
    prelude::{
        Cartesian2d, DrawingArea, IntoDrawingArea as _, IntoFont as _, PathElement, Rectangle, Text,
    },
    style::Color as _,
};

use crate::{
    Chart, Point,
    axis::{Axis, labelled},
    canvas::{Canvas, Mark, PIXEL, Sheet, WIDTH},
};

/// Why there is no picture. The numbers of a chart are also in a table, which stays.
#[derive(Debug, thiserror::Error)]
#[error("the chart could not be drawn")]
pub struct ChartError(#[from] DrawingAreaErrorKind<fmt::Error>);

/// In pixels: room above the highest line, down to the base, and with the labels below it.
const TOP: i32 = 10;
const BASE: i32 = 260;
const HEIGHT: i32 = 284;
/// Where the labels' letters stand.
const LABELS: i32 = 278;
/// Parts of a column that a bar takes, and the one behind it.
const BAR: f64 = 0.6;
const BEHIND: f64 = 0.84;

type Area = DrawingArea<Canvas, Cartesian2d<RangedCoordf64, RangedCoordf64>>;
type Drawn = Result<(), ChartError>;

pub(crate) fn svg(chart: &Chart) -> Result<String, ChartError> {
    let highest = chart.points.iter().map(|point| point.total().max(point.before.unwrap_or(0)));
    let axis = Axis::over(highest.max().unwrap_or(0), chart.unit);
    let sheet = Sheet::default();
    axis_labels(chart, axis, &sheet);
    open(chart, &sheet);
    let area = area(chart, axis, &sheet);
    grid(chart, axis, &area)?;
    for (place, point) in chart.points.iter().enumerate() {
        bar(chart, point, place, axis, &area, &sheet)?;
    }
    let ground = if chart.total() == 0 { Mark::Zero } else { Mark::Base };
    let line = [(0.0, 0.0), (columns(chart), 0.0)];
    area.draw(&PathElement::new(line, ground.sentinel()))?;
    labels(chart, &area)?;
    sheet.raw("</svg>");
    Ok(sheet.take())
}

/// The labels have their own column, as wide as they need.
fn axis_labels(chart: &Chart, axis: Axis, sheet: &Sheet) {
    sheet.raw(&format!(r#"<svg height="{HEIGHT}" aria-hidden="true">"#));
    for value in axis.lines() {
        let text = chart.unit.axis_text(value, axis.step);
        let height = (BASE - TOP) * PIXEL;
        let y = BASE * PIXEL - pixels(value, axis.top, height) + 4 * PIXEL;
        let (whole, tenth) = (y / PIXEL, y % PIXEL);
        sheet.raw(&format!(
            r#"<text class="axis" x="100%" y="{whole}.{tenth}" text-anchor="end">{text}</text>"#
        ));
    }
    sheet.raw("</svg>");
}

/// A picture with links is a group of them; without, it is one picture.
fn open(chart: &Chart, sheet: &Sheet) {
    let links = chart.points.iter().any(|point| point.link.is_some());
    let role = if links { "group" } else { "img" };
    sheet.raw(&format!(r#"<svg height="{HEIGHT}" role="{role}" aria-label=""#));
    sheet.text(&chart.label);
    sheet.raw(r#"">"#);
}

#[expect(clippy::reversed_empty_ranges, reason = "pixels count downwards, values upwards")]
fn area(chart: &Chart, axis: Axis, sheet: &Sheet) -> Area {
    let canvas = Canvas { sheet: sheet.clone(), height: HEIGHT.unsigned_abs() * 10 };
    let whole: DrawingArea<Canvas, Shift> = canvas.into_drawing_area();
    whole.apply_coord_spec(Cartesian2d::new(
        0.0..columns(chart),
        0.0..float(axis.top),
        (0..WIDTH.cast_signed(), BASE * PIXEL..TOP * PIXEL),
    ))
}

fn grid(chart: &Chart, axis: Axis, area: &Area) -> Drawn {
    for value in axis.lines().skip(1) {
        let line = [(0.0, float(value)), (columns(chart), float(value))];
        area.draw(&PathElement::new(line, Mark::Grid.sentinel()))?;
    }
    Ok(())
}

/// One point: what was before, its parts from the ground up, and a link around them.
fn bar(
    chart: &Chart,
    point: &Point,
    place: usize,
    axis: Axis,
    area: &Area,
    sheet: &Sheet,
) -> Drawn {
    let middle = float_place(place) + 0.5;
    let draw = |mark: Mark, width: f64, low: i128, high: i128| {
        let corners = [(middle - width / 2.0, float(low)), (middle + width / 2.0, float(high))];
        area.draw(&Rectangle::new(corners, mark.sentinel().filled()))
    };
    match &point.link {
        Some(link) => {
            sheet.raw(r#"<a href=""#);
            sheet.text(link);
            sheet.raw(r#"">"#);
        }
        None => sheet.raw("<g>"),
    }
    title(chart, point, sheet);
    draw(Mark::Hit, 1.0, 0, axis.top)?;
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

fn title(chart: &Chart, point: &Point, sheet: &Sheet) {
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

fn labels(chart: &Chart, area: &Area) -> Drawn {
    let style = ("sans-serif", 12).into_font().color(&Mark::Axis.sentinel());
    let columns = chart.points.len().max(1);
    for (place, tick) in labelled(&chart.points) {
        let x = (2 * place + 1) * WIDTH as usize / (2 * columns);
        let at = (i32::try_from(x).unwrap_or(0), LABELS * PIXEL);
        area.strip_coord_spec().draw(&Text::new(tick, at, style.clone()))?;
    }
    Ok(())
}

/// `height` parts of `value / top`, in whole numbers.
fn pixels(value: i128, top: i128, height: i32) -> i32 {
    // Both are round, so dividing the step out first can't overflow.
    let part = value / (top / 1_000_000).max(1);
    let whole = top / (top / 1_000_000).max(1);
    i32::try_from(part * i128::from(height) / whole.max(1)).unwrap_or(height)
}

fn columns(chart: &Chart) -> f64 {
    float_place(chart.points.len().max(1))
}

#[expect(clippy::cast_precision_loss, reason = "only the place of a pixel is made of it")]
fn float(value: i128) -> f64 {
    value as f64
}

#[expect(clippy::cast_precision_loss, reason = "only the place of a pixel is made of it")]
fn float_place(place: usize) -> f64 {
    place as f64
}
