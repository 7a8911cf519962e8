//! What is to be drawn.

use crate::{Unit, bars, frame::ChartError};

/// Stacked bars, one for each point, with the previous stretch of time behind them if known.
#[derive(Debug, Clone)]
pub struct Chart {
    /// What the picture shows, in words, for those who can't see it.
    pub label: String,
    /// What the values are counts of.
    pub unit: Unit,
    /// The parts of each bar, the lowest first.
    pub series: Vec<Series>,
    /// The bars, from left to right.
    pub points: Vec<Point>,
}

/// One part of every bar.
#[derive(Debug, Clone)]
pub struct Series {
    /// Whose part it is.
    pub name: String,
    /// Its colour and weave, 1 to 7, or 8 for the others; more is drawn as 8.
    pub colour: u8,
}

/// One bar.
#[derive(Debug, Clone, Default)]
pub struct Point {
    /// Its name in words, like `18 Nov`.
    pub label: String,
    /// What stands below it on the axis where there is room, like `18`.
    pub tick: String,
    /// One value for each series: pico-dollars or a count. Negative ones are drawn as nothing.
    pub values: Vec<i128>,
    /// The total of the same point in the previous stretch of time.
    pub before: Option<i128>,
    /// Where a click leads.
    pub link: Option<String>,
}

impl Point {
    /// The exact sum of its values.
    pub fn total(&self) -> i128 {
        self.values.iter().fold(0, |sum, value| sum.saturating_add(*value))
    }
}

impl Chart {
    /// The exact sum of all values.
    pub fn total(&self) -> i128 {
        self.points.iter().fold(0, |sum, point| sum.saturating_add(point.total()))
    }

    /// Two `svg` elements, the labels of the vertical axis and the picture, for a `div class="plot"`.
    pub fn svg(&self) -> Result<String, ChartError> {
        bars::svg(self)
    }
}
