//! The picture within a mail.

use chart::{Chart, Point, Series, Unit};
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use domain::Usd;

use crate::words::dollars;

/// Twice as many pixels as it is shown with, for sharp screens.
const SIZE: (u32, u32) = (1_088, 240);

/// A picture within a mail, and in words what it shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// The file.
    pub png: Vec<u8>,
    /// What it shows, in words.
    pub alt: String,
    /// What its highest line stands for.
    pub top: String,
    /// What its first column stands for.
    pub first: String,
    /// What its last column stands for.
    pub last: String,
}

impl Picture {
    /// By which the HTML names it.
    pub const ID: &'static str = "spend";

    /// Of what was spent from each instant on up to the next one, by day or by hour. None if nothing
    /// was, or if it can't be drawn: the words stay.
    pub(crate) fn of_spend(parts: &[(DateTime<Utc>, Usd)], zone: Tz) -> Option<Self> {
        let (highest, most) =
            parts.iter().rev().max_by_key(|(_, sum)| *sum).filter(|(_, sum)| *sum > Usd::ZERO)?;
        let hours = parts.get(1).is_some_and(|next| next.0 - parts[0].0 < TimeDelta::hours(20));
        let (by, at, format) =
            if hours { ("hour", "at", "%H:%M") } else { ("day", "on", "%-d %b") };
        let name = |at: DateTime<Utc>| at.with_timezone(&zone).format(format).to_string();
        let alt = format!("Spend by {by}: highest {} {at} {}", dollars(*most), name(*highest));
        let points =
            parts.iter().map(|(_, sum)| Point { values: vec![sum.pico()], ..Point::default() });
        let chart = Chart {
            label: alt.clone(),
            unit: Unit::Dollars,
            series: vec![Series { name: String::new(), colour: 1 }],
            points: points.collect(),
        };
        let (png, top) = chart.png(SIZE).ok()?;
        let (first, last) = (name(parts.first()?.0), name(parts.last()?.0));
        Some(Self { png, alt, top: dollars(Usd::from_pico(top)), first, last })
    }
}
