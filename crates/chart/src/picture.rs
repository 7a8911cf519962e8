//! The bars as pixels, for mails. Without words: a mail writes them beside the picture, where they can
//! be read aloud, copied and enlarged, and no font is needed.

use plotters::{
    coord::types::RangedCoordf64,
    drawing::DrawingAreaErrorKind,
    prelude::{
        BitMapBackend, Cartesian2d, DrawingArea, IntoDrawingArea as _, PathElement, Rectangle,
    },
    style::{Color as _, RGBColor},
};

use crate::{
    Chart,
    axis::Axis,
    frame::{float, place},
};

/// The light palette of `style/tokens.css`, `--c1` to `--c8`, in sRGB.
const SERIES: [RGBColor; 8] = [
    RGBColor(76, 123, 98),
    RGBColor(195, 135, 66),
    RGBColor(51, 71, 155),
    RGBColor(197, 67, 10),
    RGBColor(76, 18, 64),
    RGBColor(20, 152, 206),
    RGBColor(67, 70, 20),
    RGBColor(141, 148, 144),
];
/// `--surface` and `--line`.
const PAPER: RGBColor = RGBColor(255, 255, 255);
const LINE: RGBColor = RGBColor(225, 227, 222);

/// Parts of a column that a bar takes.
const BAR: f64 = 0.64;

/// Why there is no picture. The numbers are in the mail's words, which stay.
#[derive(Debug, thiserror::Error)]
#[error("the picture could not be drawn: {0}")]
pub struct PictureError(String);

impl<E: std::error::Error + Send + Sync> From<DrawingAreaErrorKind<E>> for PictureError {
    fn from(error: DrawingAreaErrorKind<E>) -> Self {
        Self(error.to_string())
    }
}

impl From<png::EncodingError> for PictureError {
    fn from(error: png::EncodingError) -> Self {
        Self(error.to_string())
    }
}

type Area<'a> = DrawingArea<BitMapBackend<'a>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

impl Chart {
    /// The same bars as a PNG of so many pixels, and where its highest line stands.
    pub fn png(&self, (width, height): (u32, u32)) -> Result<(Vec<u8>, i128), PictureError> {
        let most = self.points.iter().map(crate::Point::total).max().unwrap_or(0);
        let axis = Axis::over(most, self.unit);
        let mut pixels = vec![0; width as usize * height as usize * 3];
        {
            let whole =
                BitMapBackend::with_buffer(&mut pixels, (width, height)).into_drawing_area();
            whole.fill(&PAPER)?;
            let columns = 0.0..place(self.points.len().max(1));
            let (right, base) = (width.cast_signed(), height.cast_signed() - 1);
            let spec = Cartesian2d::new(columns, 0.0..float(axis.top), (0..right, base..1));
            self.bars(&whole.apply_coord_spec(spec), axis)?;
        }
        Ok((encode(&pixels, width, height)?, axis.top))
    }

    fn bars(&self, area: &Area<'_>, axis: Axis) -> Result<(), PictureError> {
        let end = place(self.points.len().max(1));
        for value in axis.lines() {
            area.draw(&PathElement::new([(0.0, float(value)), (end, float(value))], LINE))?;
        }
        for (column, point) in self.points.iter().enumerate() {
            let middle = place(column) + 0.5;
            let mut low = 0_i128;
            for (series, value) in self.series.iter().zip(&point.values) {
                if *value > 0 {
                    let high = low.saturating_add(*value);
                    let corners =
                        [(middle - BAR / 2.0, float(low)), (middle + BAR / 2.0, float(high))];
                    let colour = SERIES[usize::from(series.colour.clamp(1, 8)) - 1];
                    area.draw(&Rectangle::new(corners, colour.filled()))?;
                    low = high;
                }
            }
        }
        Ok(area.present()?)
    }
}

fn encode(pixels: &[u8], width: u32, height: u32) -> Result<Vec<u8>, PictureError> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_compression(png::Compression::Fast);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    writer.finish()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Point, Series, Unit};

    fn chart(values: &[&[i128]]) -> Chart {
        let point = |values: &&[i128]| Point { values: values.to_vec(), ..Point::default() };
        Chart {
            label: String::new(),
            unit: Unit::Requests,
            series: (1..=2).map(|colour| Series { name: String::new(), colour }).collect(),
            points: values.iter().map(point).collect(),
        }
    }

    /// The colours of a file's pixels, row by row.
    fn pixels(file: &[u8]) -> (u32, Vec<RGBColor>) {
        let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
        let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut bytes).unwrap();
        let colours = bytes.chunks_exact(3).map(|rgb| RGBColor(rgb[0], rgb[1], rgb[2])).collect();
        (info.width, colours)
    }

    #[test]
    fn bars_are_as_high_as_their_values() {
        let (file, top) = chart(&[&[10, 0], &[5, 5], &[0, 0], &[2, 0]]).png((400, 101)).unwrap();
        assert_eq!(top, 10);
        let (width, colours) = pixels(&file);
        assert_eq!((width, colours.len()), (400, 40_400));
        let column = |x: usize, colour: RGBColor| {
            (0..101).filter(|y| colours[y * 400 + x] == colour).count()
        };
        let near = |count: usize, wanted: usize| count.abs_diff(wanted) <= 3;
        assert!(near(column(50, SERIES[0]), 100), "{}", column(50, SERIES[0]));
        assert!(near(column(150, SERIES[0]), 50) && near(column(150, SERIES[1]), 50));
        assert_eq!(column(250, SERIES[0]) + column(250, SERIES[1]), 0);
        assert!(near(column(350, SERIES[0]), 20));
    }

    #[test]
    fn odd_numbers_are_drawn_too() {
        let odd: [&[&[i128]]; 4] = [&[], &[&[]], &[&[-1, i128::MAX]], &[&[0]]];
        for values in odd {
            chart(values).png((20, 20)).unwrap();
        }
    }

    #[test]
    fn the_palette_is_the_style_sheets() {
        let tokens = include_str!("../../../style/tokens.css");
        for (place, lightness) in
            ["0.54", "0.67", "0.43", "0.56", "0.3", "0.64", "0.38", "0.66"].iter().enumerate()
        {
            let line = format!("--c{}: light-dark(oklch({lightness} ", place + 1);
            assert!(tokens.contains(&line), "{line}: renew the colours here");
        }
    }
}
