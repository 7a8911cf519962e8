//! One small picture for each series, all on one scale: where a stack hides how its parts go.

use crate::{
    Chart,
    axis::Axis,
    canvas::{PIXEL, Percent, Pixels, Sheet, WIDTH},
};

/// In pixels: room above the highest bar, down to the base, and below it.
const TOP: i32 = 14;
const BASE: i32 = 86;
const HEIGHT: i32 = 88;

impl Chart {
    /// An `svg` element for each series, in their order. Previous stretches and links are left out.
    pub fn small(&self) -> Vec<String> {
        let columns: Vec<Vec<i128>> = (0..self.series.len())
            .map(|place| {
                let value = |values: &Vec<i128>| values.get(place).copied().unwrap_or(0).max(0);
                self.points.iter().map(|point| value(&point.values)).collect()
            })
            .collect();
        let most = columns.iter().flatten().copied().max().unwrap_or(0);
        let axis = Axis::over(most, self.unit);
        let one = |(place, values): (usize, &Vec<i128>)| self.one(place, values, axis);
        columns.iter().enumerate().map(one).collect()
    }

    fn one(&self, place: usize, values: &[i128], axis: Axis) -> String {
        let sheet = Sheet::default();
        sheet.raw(&format!(r#"<svg height="{HEIGHT}" role="img" aria-label=""#));
        sheet.text(&self.words(place, values));
        sheet.raw(r#"">"#);
        level(&sheet, "grid", TOP);
        let top = self.unit.axis_text(axis.top, axis.step);
        sheet.raw(&format!(r#"<text class="axis" x="0" y="{}">{top}</text>"#, TOP - 4));
        let colour = self.series.get(place).map_or(8, |series| series.colour.clamp(1, 8));
        for (column, value) in values.iter().enumerate().filter(|(_, value)| **value > 0) {
            bar(&sheet, colour, (column, values.len()), height(*value, axis.top));
        }
        level(&sheet, "base", BASE);
        sheet.raw("</svg>");
        sheet.take()
    }

    /// `Search: at most $3.10, 18 Nov`.
    fn words(&self, place: usize, values: &[i128]) -> String {
        let name = self.series.get(place).map(|series| series.name.as_str()).unwrap_or_default();
        let highest = values.iter().copied().max().filter(|most| *most > 0);
        let at = highest.and_then(|most| values.iter().position(|value| *value == most));
        match (highest, at.and_then(|at| self.points.get(at))) {
            (Some(most), Some(point)) => {
                format!("{name}: at most {}, {}", self.unit.text(most), point.label)
            }
            _ => format!("{name}: nothing"),
        }
    }
}

fn level(sheet: &Sheet, class: &str, y: i32) {
    sheet.raw(&format!(r#"<line class="{class}" x1="0%" y1="{y}" x2="100%" y2="{y}"/>"#));
}

/// In vertical units; what is above nothing is seen.
fn height(value: i128, top: i128) -> i32 {
    // A top of many digits is divided first, so that nothing overflows.
    let part = (top / 1_000_000).max(1);
    let up = value / part * i128::from((BASE - TOP) * PIXEL) / (top / part).max(1);
    i32::try_from(up).unwrap_or(0).clamp(1, (BASE - TOP) * PIXEL)
}

/// Four fifths of its column.
fn bar(sheet: &Sheet, colour: u8, (column, columns): (usize, usize), height: i32) {
    let place = |tenths: usize| {
        let x = (10 * column + tenths) * WIDTH as usize / (10 * columns.max(1));
        i32::try_from(x).unwrap_or(0)
    };
    let (x, width) = (Percent(place(1)), Percent(place(9) - place(1)));
    let (y, height) = (Pixels(BASE * PIXEL - height), Pixels(height));
    sheet.raw(&format!(
        r#"<rect class="c{colour}" x="{x}" y="{y}" width="{width}" height="{height}"/>"#
    ));
}
