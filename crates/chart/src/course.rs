//! Spend as it adds up, and where it leads.

use plotters::prelude::{Circle, PathElement, Polygon};
use plotters::style::Color as _;

use crate::{
    Unit,
    canvas::Mark,
    frame::{ChartError, Drawn, Frame, float, place},
};

/// The sum so far over a window, with its forecast, the window before and the limits above it.
#[derive(Debug, Clone)]
pub struct Course {
    /// What the picture shows, in words, for those who can't see it.
    pub label: String,
    /// What the values are counts of.
    pub unit: Unit,
    /// What stands below each step of the window, like a day; as many as the window has steps.
    pub ticks: Vec<String>,
    /// The sum at the end of each step up to now.
    pub spent: Vec<i128>,
    /// The sum at the window's end, if it goes on like this.
    pub forecast: Option<i128>,
    /// The sums of the window before, at the end of each step.
    pub before: Vec<i128>,
    /// Lines that the sum must not or should not cross. One far above everything is left out.
    pub caps: Vec<Cap>,
}

/// A limit in a picture.
#[derive(Debug, Clone)]
pub struct Cap {
    /// What it says at the line, like `Organization budget $20,000.00, blocks`.
    pub words: String,
    /// Where it lies.
    pub amount: i128,
    /// Whether it is the one that matters; the others are drawn faint.
    pub near: bool,
}

/// A limit is shown when it is at most so many times the highest sum.
const FAR: i128 = 3;

impl Course {
    /// Two `svg` elements, the labels of the vertical axis and the picture, for a `div class="plot"`.
    pub fn svg(&self) -> Result<String, ChartError> {
        let sums = self.spent.iter().chain(&self.before).chain(&self.forecast);
        let highest = sums.copied().max().unwrap_or(0);
        let seen = |cap: &&Cap| cap.amount <= highest.saturating_mul(FAR);
        let caps: Vec<_> = self.caps.iter().filter(seen).collect();
        let most = caps.iter().map(|cap| cap.amount).fold(highest, i128::max);
        let ticks = self.ticks.iter().map(String::as_str).collect();
        let frame = Frame::begin(&self.label, self.unit, most, ticks, false)?;
        for cap in caps {
            let (line, words) = if cap.near {
                (Mark::Cap, Mark::CapWords)
            } else {
                (Mark::FarCap, Mark::FarCapWords)
            };
            frame.level(line, cap.amount)?;
            frame.words(words, cap.amount, &cap.words)?;
        }
        self.lines(&frame)?;
        frame.end(if highest == 0 { Mark::Zero } else { Mark::Base })
    }

    fn lines(&self, frame: &Frame<'_>) -> Drawn {
        let path = |sums: &[i128]| -> Vec<(f64, f64)> {
            let ends = (1..).zip(sums).map(|(step, sum)| (place(step), float(*sum)));
            std::iter::once((0.0, 0.0)).chain(ends).collect()
        };
        if !self.before.is_empty() {
            frame.draw(&PathElement::new(path(&self.before), Mark::Past.sentinel()))?;
        }
        let (Some(last), false) = (self.spent.last(), self.ticks.is_empty()) else {
            return Ok(());
        };
        let spent = path(&self.spent);
        let now = (place(self.spent.len()), float(*last));
        let ground = spent.iter().copied().chain([(now.0, 0.0)]).collect::<Vec<_>>();
        frame.draw(&Polygon::new(ground, Mark::Area.sentinel().filled()))?;
        if let Some(forecast) = self.forecast {
            let ahead = [now, (place(self.ticks.len()), float(forecast))];
            frame.draw(&PathElement::new(ahead, Mark::Ahead.sentinel()))?;
        }
        frame.draw(&PathElement::new(spent, Mark::Line.sentinel()))?;
        frame.draw(&Circle::new(now, 4, Mark::Dot.sentinel().filled()))
    }
}
