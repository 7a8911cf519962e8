//! How values are written.

/// What the values of a chart are counts of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Pico-dollars.
    Dollars,
    /// Tokens.
    Tokens,
    /// Requests.
    Requests,
    /// Microseconds.
    Time,
}

const PICO: i128 = 1_000_000_000_000;

impl Unit {
    /// A value in full: `$694.79`, `957.5 M`, `2,542,188`; a time to two digits, `4.1 s`.
    pub fn text(self, value: i128) -> String {
        match self {
            Self::Dollars => dollars(value),
            Self::Tokens => tokens(value),
            Self::Requests => grouped(value),
            Self::Time => time(value),
        }
    }

    /// A value on an axis of such steps, where round numbers stand: `$5k`, `$800`, `500 M`.
    pub fn axis_text(self, value: i128, step: i128) -> String {
        match self {
            Self::Dollars if step < PICO => exact_dollars(value, step),
            Self::Dollars => format!("${}", scaled(value / PICO, ["k", "M", "B", "T"])),
            Self::Tokens | Self::Requests => scaled(value, [" k", " M", " B", " T"]),
            Self::Time => timed(value),
        }
    }

    /// The least step between two lines of the axis.
    pub(crate) const fn least_step(self) -> i128 {
        match self {
            Self::Dollars => PICO / 1_000_000,
            Self::Tokens | Self::Requests | Self::Time => 1,
        }
    }

    /// How far the axis goes when there is nothing to show.
    pub(crate) const fn least_top(self) -> i128 {
        match self {
            Self::Dollars => PICO,
            Self::Tokens | Self::Requests => 10,
            Self::Time => SECOND,
        }
    }
}

/// To cents, or all digits of less than one.
fn dollars(value: i128) -> String {
    if value != 0 && value.unsigned_abs() < 10_000_000_000 {
        let (sign, digits) =
            (if value < 0 { "−" } else { "" }, format!("{:012}", value.unsigned_abs()));
        return format!("{sign}$0.{}", digits.trim_end_matches('0'));
    }
    let cents = (value.unsigned_abs() + 5_000_000_000) / 10_000_000_000;
    let sign = if value < 0 && cents > 0 { "−" } else { "" };
    format!("{sign}${}.{:02}", digits(cents / 100), cents % 100)
}

/// In microseconds.
const SECOND: i128 = 1_000_000;

/// As many digits as are known: two. From a minute on whole seconds, from an hour on minutes.
fn time(value: i128) -> String {
    let value = value.max(0);
    let mut unit = 1;
    while value >= unit * 100 {
        unit *= 10;
    }
    let rounded = (value + unit / 2) / unit * unit;
    if value < 60 * SECOND {
        return timed(rounded);
    }
    let seconds = value / SECOND;
    match seconds / 60 {
        minutes @ 0..60 => format!("{minutes} min {} s", seconds % 60),
        minutes => format!("{} h {} min", grouped(minutes / 60), minutes % 60),
    }
}

/// `380 µs`, `14 ms`, `2.5 s`: round values, with at most one digit after the point.
fn timed(value: i128) -> String {
    match value {
        0 => "0 s".to_owned(),
        ..1_000 => format!("{value} µs"),
        1_000..SECOND => format!("{} ms", tenths(value, 1_000)),
        _ => format!("{} s", tenths(value, SECOND)),
    }
}

fn tenths(value: i128, unit: i128) -> String {
    let tenth = value % unit * 10 / unit;
    let point = if tenth == 0 { String::new() } else { format!(".{tenth}") };
    format!("{}{point}", grouped(value / unit))
}

/// From a million on in short, as nobody reads nine digits.
fn tokens(value: i128) -> String {
    match value.unsigned_abs() {
        0..1_000_000 => grouped(value),
        1_000_000..1_000_000_000 => format!("{} M", decimal(value, 1_000_000, 1)),
        _ => format!("{} B", decimal(value, 1_000_000_000, 2)),
    }
}

fn decimal(value: i128, unit: i128, places: u32) -> String {
    let parts = 10_i128.pow(places);
    let scaled = value.saturating_mul(parts).saturating_add(unit / 2).div_euclid(unit);
    let places = places as usize;
    format!("{}.{:0places$}", grouped(scaled / parts), scaled % parts)
}

/// As many digits after the point as steps below a dollar need, at least cents.
fn exact_dollars(value: i128, step: i128) -> String {
    let digits = format!("{:012}", step % PICO);
    let kept = digits.trim_end_matches('0').len().max(2);
    let rest = format!("{:012}", value % PICO);
    format!("${}.{}", grouped(value / PICO), &rest[..kept])
}

/// In thousands, millions and so on when that takes at most one digit after the point.
fn scaled(value: i128, names: [&str; 4]) -> String {
    let mut unit = 1_000_000_000_000;
    for name in names.into_iter().rev() {
        if value >= unit && value % unit * 10 % unit == 0 {
            let tenth = value % unit * 10 / unit;
            let point = if tenth == 0 { String::new() } else { format!(".{tenth}") };
            return format!("{}{point}{name}", grouped(value / unit));
        }
        unit /= 1_000;
    }
    grouped(value)
}

/// Thousands apart by commas.
fn grouped(value: i128) -> String {
    let sign = if value < 0 { "−" } else { "" };
    format!("{sign}{}", digits(value.unsigned_abs()))
}

fn digits(value: u128) -> String {
    let plain = value.to_string();
    let mut text = String::with_capacity(plain.len() * 4 / 3);
    for (place, digit) in plain.char_indices() {
        if place > 0 && (plain.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_in_full() {
        let texts = [
            Unit::Dollars.text(11_256_720_000_000_000),
            Unit::Dollars.text(-12_500_000_000_000),
            Unit::Dollars.text(-1),
            Unit::Dollars.text(130_000_000),
            Unit::Dollars.text(0),
            Unit::Tokens.text(957_512_000),
            Unit::Tokens.text(6_064_000_000),
            Unit::Tokens.text(999_999),
            Unit::Requests.text(2_542_188),
        ];
        let expected = [
            "$11,256.72",
            "−$12.50",
            "−$0.000000000001",
            "$0.00013",
            "$0.00",
            "957.5 M",
            "6.06 B",
            "999,999",
            "2,542,188",
        ];
        assert_eq!(texts, expected);
    }

    #[test]
    fn times_have_two_digits() {
        for (micros, text) in [
            (-5, "0 s"),
            (0, "0 s"),
            (7, "7 µs"),
            (384, "380 µs"),
            (996, "1 ms"),
            (1_448, "1.4 ms"),
            (14_400, "14 ms"),
            (412_000, "410 ms"),
            (995_000, "1 s"),
            (4_106_504, "4.1 s"),
            (59_400_000, "59 s"),
            (59_700_000, "60 s"),
            (74_900_000, "1 min 14 s"),
            (7_384_000_000, "2 h 3 min"),
        ] {
            assert_eq!(Unit::Time.text(micros), text);
        }
        let axis = [0, 500, 2_500, 200_000, 1_200_000, 100_000_000];
        let axis = axis.map(|value| Unit::Time.axis_text(value, 1));
        assert_eq!(axis, ["0 s", "500 µs", "2.5 ms", "200 ms", "1.2 s", "100 s"]);
    }

    #[test]
    fn round_values_on_the_axis() {
        let dollars = |value, step| Unit::Dollars.axis_text(value, step);
        let texts = [
            dollars(0, PICO * 200),
            dollars(PICO * 800, PICO * 200),
            dollars(PICO * 2_500, PICO * 500),
            dollars(PICO * 5_000, PICO * 5_000),
            dollars(PICO, PICO / 2),
            dollars(PICO * 3 / 500, PICO / 500),
        ];
        assert_eq!(texts, ["$0", "$800", "$2.5k", "$5k", "$1.00", "$0.006"]);
        let counts = [0, 8, 250, 5_000, 500_000_000].map(|value| Unit::Tokens.axis_text(value, 1));
        assert_eq!(counts, ["0", "8", "250", "5 k", "500 M"]);
    }
}
