//! A plotters backend that writes classes instead of colours, and percentages for x.
//!
//! plotters' own SVG backend places everything in pixels, so a picture made for a desk has text of
//! six pixels on a phone. This one keeps text and heights as they are and lets widths follow.

use std::{cell::RefCell, fmt, fmt::Write as _, rc::Rc};

use plotters::style::RGBColor;
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind,
};

/// The width in units; a hundredth of a percent each.
pub(crate) const WIDTH: u32 = 10_000;
/// Vertical units in a pixel.
pub(crate) const PIXEL: i32 = 10;

/// What a mark is, in place of a colour.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Mark {
    Series(u8),
    Then,
    Hit,
    Grid,
    Base,
    Zero,
    Axis,
    Line,
    Area,
    Ahead,
    Past,
    Dot,
    Cap,
    CapWords,
    FarCap,
    FarCapWords,
}

/// The classes of all marks but series, by the red of their reserved colour, which is 1 upwards.
const CLASSES: [&str; 15] = [
    "then", "hit", "grid", "base", "zero", "axis", "line", "area", "ahead", "past", "dot", "cap",
    "cap-t", "cap soft", "axis",
];

impl Mark {
    /// The reserved colour that carries the mark through plotters.
    pub(crate) const fn sentinel(self) -> RGBColor {
        let red = match self {
            Self::Series(colour) => return RGBColor(0, 0, colour),
            Self::Then => 1,
            Self::Hit => 2,
            Self::Grid => 3,
            Self::Base => 4,
            Self::Zero => 5,
            Self::Axis => 6,
            Self::Line => 7,
            Self::Area => 8,
            Self::Ahead => 9,
            Self::Past => 10,
            Self::Dot => 11,
            Self::Cap => 12,
            Self::CapWords => 13,
            Self::FarCap => 14,
            Self::FarCapWords => 15,
        };
        RGBColor(red, 0, 0)
    }

    fn class(color: BackendColor) -> &'static str {
        match color.rgb {
            (0, 0, 1) => "c1",
            (0, 0, 2) => "c2",
            (0, 0, 3) => "c3",
            (0, 0, 4) => "c4",
            (0, 0, 5) => "c5",
            (0, 0, 6) => "c6",
            (0, 0, 7) => "c7",
            (0, ..) => "c8",
            (red, ..) => CLASSES.get(usize::from(red) - 1).copied().unwrap_or("axis"),
        }
    }
}

/// The SVG so far, shared by the drawing area and by what is written between its marks.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sheet(Rc<RefCell<String>>);

impl Sheet {
    /// Markup as it is.
    pub(crate) fn raw(&self, markup: &str) {
        self.0.borrow_mut().push_str(markup);
    }

    /// Text or an attribute's value, escaped.
    pub(crate) fn text(&self, text: &str) {
        let mut sheet = self.0.borrow_mut();
        for letter in text.chars() {
            match letter {
                '<' => sheet.push_str("&lt;"),
                '>' => sheet.push_str("&gt;"),
                '&' => sheet.push_str("&amp;"),
                '"' => sheet.push_str("&quot;"),
                '\'' => sheet.push_str("&#39;"),
                other => sheet.push(other),
            }
        }
    }

    pub(crate) fn take(&self) -> String {
        self.0.take()
    }
}

/// The backend: draws on a sheet of the given height.
pub(crate) struct Canvas {
    pub(crate) sheet: Sheet,
    /// In vertical units.
    pub(crate) height: u32,
}

type Drawn = Result<(), DrawingErrorKind<fmt::Error>>;

impl Canvas {
    /// A path can't have percentages: it lies in a box of its own that is stretched to the width,
    /// while its line stays as thick as it is.
    fn stretched(&self, class: &str, points: &[BackendCoord], end: &str) -> Drawn {
        let Self { height, .. } = self;
        let pixels = Pixels(height.cast_signed());
        self.write(format_args!(
            r#"<svg height="{pixels}" viewBox="0 0 {WIDTH} {height}" preserveAspectRatio="none">"#
        ))?;
        self.write(format_args!(
            r#"<path class="{class}" vector-effect="non-scaling-stroke" d=""#
        ))?;
        for (place, (x, y)) in points.iter().enumerate() {
            let step = if place == 0 { "M" } else { "L" };
            self.write(format_args!("{step}{x} {y}"))?;
        }
        self.write(format_args!(r#"{end}"/></svg>"#))
    }

    fn write(&self, markup: fmt::Arguments<'_>) -> Drawn {
        self.sheet.0.borrow_mut().write_fmt(markup).map_err(DrawingErrorKind::DrawingError)
    }
}

impl DrawingBackend for Canvas {
    type ErrorType = fmt::Error;

    fn get_size(&self) -> (u32, u32) {
        (WIDTH, self.height)
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        Ok(())
    }

    fn draw_pixel(&mut self, at: BackendCoord, color: BackendColor) -> Drawn {
        let class = Mark::class(color);
        let (x, y) = (Percent(at.0), Pixels(at.1));
        self.write(format_args!(r#"<circle class="{class}" cx="{x}" cy="{y}" r="1"/>"#))
    }

    fn draw_line<S: BackendStyle>(
        &mut self,
        from: BackendCoord,
        to: BackendCoord,
        style: &S,
    ) -> Drawn {
        let class = Mark::class(style.color());
        let (x1, y1, x2, y2) = (Percent(from.0), Pixels(from.1), Percent(to.0), Pixels(to.1));
        self.write(format_args!(
            r#"<line class="{class}" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"/>"#
        ))
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        from: BackendCoord,
        to: BackendCoord,
        style: &S,
        _fill: bool,
    ) -> Drawn {
        let class = Mark::class(style.color());
        let (x, y) = (from.0.min(to.0), from.1.min(to.1));
        let (width, height) = (Percent((from.0 - to.0).abs()), Pixels((from.1 - to.1).abs()));
        let (x, y) = (Percent(x), Pixels(y));
        self.write(format_args!(
            r#"<rect class="{class}" x="{x}" y="{y}" width="{width}" height="{height}"/>"#
        ))
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Drawn {
        let points: Vec<_> = path.into_iter().collect();
        match points[..] {
            [from, to] => self.draw_line(from, to, style),
            _ => self.stretched(Mark::class(style.color()), &points, ""),
        }
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Drawn {
        let points: Vec<_> = path.into_iter().collect();
        self.stretched(Mark::class(style.color()), &points, "Z")
    }

    fn draw_circle<S: BackendStyle>(
        &mut self,
        center: BackendCoord,
        radius: u32,
        style: &S,
        _fill: bool,
    ) -> Drawn {
        let class = Mark::class(style.color());
        let (x, y) = (Percent(center.0), Pixels(center.1));
        self.write(format_args!(r#"<circle class="{class}" cx="{x}" cy="{y}" r="{radius}"/>"#))
    }

    fn draw_text<S: BackendTextStyle>(&mut self, text: &str, style: &S, at: BackendCoord) -> Drawn {
        let class = Mark::class(style.color());
        let (x, y) = (Percent(at.0), Pixels(at.1));
        // Words at the left edge begin there; labels stand around their place.
        let anchor = if at.0 == 0 { "start" } else { "middle" };
        self.write(format_args!(
            r#"<text class="{class}" x="{x}" y="{y}" text-anchor="{anchor}">"#
        ))?;
        self.sheet.text(text);
        self.sheet.raw("</text>");
        Ok(())
    }
}

/// Horizontal units, written as a percentage.
pub(crate) struct Percent(pub(crate) i32);

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        decimal(f, self.0, 100)?;
        f.write_str("%")
    }
}

/// Vertical units, written as pixels.
pub(crate) struct Pixels(pub(crate) i32);

impl fmt::Display for Pixels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        decimal(f, self.0, PIXEL)
    }
}

/// `value / unit` without a float and without zeros at its end.
fn decimal(f: &mut fmt::Formatter<'_>, value: i32, unit: i32) -> fmt::Result {
    let places = if unit == 100 { 2 } else { 1 };
    let text = format!("{}.{:0places$}", value / unit, value % unit);
    f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
}
