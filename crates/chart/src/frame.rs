//! What all pictures have in common: axes, grid, labels, and the area between them.

use std::fmt;

use plotters::{
    coord::{Shift, types::RangedCoordf64},
    drawing::DrawingAreaErrorKind,
    element::{Drawable, PointCollection},
    prelude::{Cartesian2d, DrawingArea, IntoDrawingArea as _, IntoFont as _, PathElement, Text},
};

use crate::{
    Unit,
    axis::{Axis, labelled},
    canvas::{Canvas, Mark, PIXEL, Sheet, WIDTH},
};

/// Why there is no picture. The numbers of a chart are also in a table, which stays.
#[derive(Debug, thiserror::Error)]
#[error("the chart could not be drawn")]
pub struct ChartError(#[from] DrawingAreaErrorKind<fmt::Error>);

pub(crate) type Drawn = Result<(), ChartError>;

type Area = DrawingArea<Canvas, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// In pixels: room above the highest line, down to the base, and with the labels below it.
const TOP: i32 = 10;
const BASE: i32 = 260;
const HEIGHT: i32 = 284;
/// Where the labels' letters stand.
const LABELS: i32 = 278;

/// A picture that is being drawn. Its columns are one unit wide, from 0 on.
pub(crate) struct Frame<'a> {
    unit: Unit,
    ticks: Vec<&'a str>,
    pub(crate) axis: Axis,
    pub(crate) sheet: Sheet,
    area: Area,
}

impl<'a> Frame<'a> {
    /// Axis labels and grid of a picture that reaches up to `most`. One with links is a group of
    /// them; without, it is one picture.
    pub(crate) fn begin(
        label: &str,
        unit: Unit,
        most: i128,
        ticks: Vec<&'a str>,
        links: bool,
    ) -> Result<Self, ChartError> {
        let axis = Axis::over(most, unit);
        let sheet = Sheet::default();
        let area = area(ticks.len(), axis, &sheet);
        let frame = Self { unit, ticks, axis, sheet, area };
        frame.axis_labels();
        let role = if links { "group" } else { "img" };
        frame.sheet.raw(&format!(r#"<svg height="{HEIGHT}" role="{role}" aria-label=""#));
        frame.sheet.text(label);
        frame.sheet.raw(r#"">"#);
        for value in axis.lines().skip(1) {
            frame.level(Mark::Grid, value)?;
        }
        Ok(frame)
    }

    /// One mark.
    pub(crate) fn draw<E>(&self, element: &E) -> Drawn
    where
        for<'b> &'b E: PointCollection<'b, (f64, f64)>,
        E: Drawable<Canvas>,
    {
        Ok(self.area.draw(element)?)
    }

    /// A line from side to side.
    pub(crate) fn level(&self, mark: Mark, value: i128) -> Drawn {
        let line = [(0.0, float(value)), (columns(self.ticks.len()), float(value))];
        self.draw(&PathElement::new(line, mark.sentinel()))
    }

    /// Words at the left, just above a value.
    pub(crate) fn words(&self, mark: Mark, value: i128, words: &str) -> Drawn {
        let style = ("sans-serif", 12).into_font().color(&mark.sentinel());
        let at = (0, self.height_of(value) - 6 * PIXEL);
        Ok(self.area.strip_coord_spec().draw(&Text::new(words, at, style))?)
    }

    /// The base and what stands below it; the picture is done.
    pub(crate) fn end(self, base: Mark) -> Result<String, ChartError> {
        self.level(base, 0)?;
        let style = ("sans-serif", 12).into_font().color(&Mark::Axis.sentinel());
        let pixels = self.area.strip_coord_spec();
        for (place, tick) in labelled(&self.ticks) {
            let x = (2 * place + 1) * WIDTH as usize / (2 * self.ticks.len().max(1));
            let at = (i32::try_from(x).unwrap_or(0), LABELS * PIXEL);
            pixels.draw(&Text::new(tick, at, style.clone()))?;
        }
        self.sheet.raw("</svg>");
        Ok(self.sheet.take())
    }

    /// They have their own column, as wide as they need.
    fn axis_labels(&self) {
        self.sheet.raw(&format!(r#"<svg height="{HEIGHT}" aria-hidden="true">"#));
        for value in self.axis.lines() {
            let text = self.unit.axis_text(value, self.axis.step);
            let y = self.height_of(value) / PIXEL + 4;
            self.sheet.raw(&format!(
                r#"<text class="axis" x="100%" y="{y}" text-anchor="end">{text}</text>"#
            ));
        }
        self.sheet.raw("</svg>");
    }

    /// Where a value lies, in vertical units from above; in whole numbers.
    fn height_of(&self, value: i128) -> i32 {
        let (base, height) = (BASE * PIXEL, i128::from((BASE - TOP) * PIXEL));
        // A top of many digits is divided first, so that nothing overflows.
        let part = (self.axis.top / 1_000_000).max(1);
        let up = value / part * height / (self.axis.top / part).max(1);
        base - i32::try_from(up).unwrap_or(base)
    }
}

#[expect(clippy::reversed_empty_ranges, reason = "pixels count downwards, values upwards")]
fn area(count: usize, axis: Axis, sheet: &Sheet) -> Area {
    let canvas = Canvas { sheet: sheet.clone(), height: (HEIGHT * PIXEL).unsigned_abs() };
    let whole: DrawingArea<Canvas, Shift> = canvas.into_drawing_area();
    whole.apply_coord_spec(Cartesian2d::new(
        0.0..columns(count),
        0.0..float(axis.top),
        (0..WIDTH.cast_signed(), BASE * PIXEL..TOP * PIXEL),
    ))
}

fn columns(count: usize) -> f64 {
    place(count.max(1))
}

#[expect(clippy::cast_precision_loss, reason = "only the place of a pixel is made of it")]
pub(crate) fn float(value: i128) -> f64 {
    value as f64
}

#[expect(clippy::cast_precision_loss, reason = "only the place of a pixel is made of it")]
pub(crate) fn place(column: usize) -> f64 {
    column as f64
}
