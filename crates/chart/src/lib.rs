//! Series in, SVG or PNG out: stacked bars, one small picture a part, sums that add up, trends; to be
//! placed in a page.
//!
//! The picture carries classes instead of colours, so that theme, patterns and print are matters of
//! the style sheet: `c1`…`c8` for series, `grid`, `base` (`zero` if there is
//! nothing above it), `axis`, `then` (the previous stretch of
//! time) and `hit` (the whole column of a point). Its x and width are percentages, its y, height and
//! text are pixels; so it fits any width and its text is never squeezed. It holds no script and no
//! style.
//!
//! What belongs here: geometry, axes, labels. What never does: reading data, HTML around the picture.

mod axis;
mod bars;
mod canvas;
mod chart;
mod course;
mod frame;
mod picture;
mod small;
mod spark;
mod unit;

pub use chart::{Chart, Point, Series};
pub use course::{Cap, Course};
pub use frame::ChartError;
pub use picture::PictureError;
pub use spark::spark;
pub use unit::Unit;
