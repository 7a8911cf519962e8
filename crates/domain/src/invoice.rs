//! A provider's invoice as a file of comma-separated values, and how it compares with what was charged
//! here. Amounts are exact; what a line says that can't be read exactly is refused, never guessed.

use std::collections::BTreeMap;

use crate::{MoneyError, Usd};

/// Longest file, in bytes.
pub const LONGEST: usize = 1024 * 1024;
/// Longest name of an item, in characters.
const LONGEST_NAME: usize = 200;

/// By which columns a line says what it is of, the plainest first; as [`plain`] writes them.
const NAMES: [&str; 7] =
    ["model", "modelname", "lineitem", "sku", "item", "skudescription", "description"];
/// By which columns a line says what it costs.
const AMOUNTS: [&str; 9] = [
    "cost",
    "costusd",
    "costinusd",
    "amount",
    "amountusd",
    "amountvalue",
    "totalcost",
    "charge",
    "chargeusd",
];
const CURRENCIES: [&str; 3] = ["currency", "amountcurrency", "billingcurrency"];
/// What lines are called that say again what others said.
const SUMS: [&str; 4] = ["total", "subtotal", "grand total", "sum"];

/// What an invoice asks for one item: the sum of its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// As the file has it.
    pub name: String,
    /// May be negative: a credit.
    pub amount: Usd,
}

/// Why a file is not taken, as a sentence for the person who sent it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvoiceError {
    /// More than [`LONGEST`].
    #[error("an invoice has at most 1 MB: leave out the days, or columns that are not needed")]
    Long,
    /// A picture, a sheet, a document.
    #[error("this is no file of comma-separated values: save the invoice as CSV and send that")]
    NoCsv,
    /// Other columns.
    #[error(
        "the first line should name a column with the model (model, line item, SKU or description) and one with what it costs (cost or amount); it names {0}"
    )]
    Columns(String),
    /// Nothing below the columns' names.
    #[error("the file has no line besides its first one")]
    Empty,
    /// One that can't be read.
    #[error("line {line}: {what}")]
    Line {
        /// Counted from 1.
        line: u64,
        /// A sentence without its end.
        what: String,
    },
}

/// Reads an invoice: its items by name, those of several lines added up.
pub fn read(file: &str) -> Result<Vec<Item>, InvoiceError> {
    let file = file.trim_start_matches('\u{feff}');
    if file.len() > LONGEST {
        return Err(InvoiceError::Long);
    }
    if file.contains(['\0', '\u{fffd}']) || file.starts_with("%PDF") {
        return Err(InvoiceError::NoCsv);
    }
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(file.as_bytes());
    let names: Vec<String> =
        reader.headers().map_err(|error| broken(&error))?.iter().map(str::to_owned).collect();
    let (Some(name), Some(amount)) = (column(&names, &NAMES), column(&names, &AMOUNTS)) else {
        return Err(InvoiceError::Columns(listed(&names)));
    };
    let currency = column(&names, &CURRENCIES);
    let mut items: BTreeMap<String, Usd> = BTreeMap::new();
    for record in reader.records() {
        let record = record.map_err(|error| broken(&error))?;
        let wrong = |what| InvoiceError::Line {
            line: record.position().map_or(1, csv::Position::line),
            what,
        };
        let field = |at: usize| record.get(at).unwrap_or_default();
        if record.iter().all(str::is_empty) {
            continue;
        }
        let currency = currency.map(field).unwrap_or_default();
        let item = item(field(name), field(amount), currency).map_err(wrong)?;
        let sum = items.entry(item.name).or_default();
        let added = sum.checked_add(item.amount).filter(|sum| sum.pico().abs() <= Usd::MAX.pico());
        *sum = added.ok_or_else(|| wrong(MoneyError::TooLarge.to_string()))?;
    }
    if items.is_empty() {
        return Err(InvoiceError::Empty);
    }
    Ok(items.into_iter().map(|(name, amount)| Item { name, amount }).collect())
}

fn broken(error: &csv::Error) -> InvoiceError {
    let what = match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("it has {len} values where the first line names {expected_len} columns")
        }
        _ => return InvoiceError::NoCsv,
    };
    InvoiceError::Line { line: error.position().map_or(1, csv::Position::line), what }
}

/// The place of the first of these that is there.
fn column(names: &[String], wanted: &[&str]) -> Option<usize> {
    wanted.iter().find_map(|wanted| names.iter().position(|name| plain(name) == *wanted))
}

/// `Cost (USD)`, `cost_usd`: letters and digits alone.
fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The columns that a file names, as far as they fit a sentence.
fn listed(names: &[String]) -> String {
    if names.iter().all(String::is_empty) {
        return "nothing".to_owned();
    }
    let most = 8;
    let short = |name: &String| format!("“{}”", name.chars().take(40).collect::<String>());
    let shown = names.iter().take(most).map(short).collect::<Vec<_>>().join(", ");
    if names.len() > most { format!("{shown} and {} more", names.len() - most) } else { shown }
}

/// One line, or what is wrong with it.
fn item(name: &str, text: &str, currency: &str) -> Result<Item, String> {
    if name.is_empty() {
        return Err(
            "it has an amount and no model: if it is a sum of other lines, leave it out".to_owned()
        );
    }
    if SUMS.contains(&name.to_lowercase().as_str()) {
        return Err(format!(
            "“{name}” looks like the sum of other lines, which would count twice: leave it out"
        ));
    }
    if name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
        return Err(format!("a model’s name has at most {LONGEST_NAME} printable characters"));
    }
    if !["", "usd", "us$", "$"].contains(&currency.to_lowercase().as_str()) {
        let shown: String = currency.chars().take(20).collect();
        return Err(format!("statements are in US dollars, which “{shown}” is not"));
    }
    let shown: String = text.chars().take(40).collect();
    let amount = amount(text).map_err(|error| format!("“{shown}” is no amount: {error}"))?;
    Ok(Item { name: name.to_owned(), amount })
}

/// Reads an amount as invoices write them: `12.50`, `$1,250.00`, `-0.50`, `(0.50)`, `1.2e-5`. What a
/// program's floating point put behind the twelfth digit is rounded, half away from zero.
pub fn amount(text: &str) -> Result<Usd, MoneyError> {
    let text = text.trim();
    let inner = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    let minus = text.strip_prefix(['-', '−']).or_else(|| text.strip_prefix("$-"));
    let (size, negative) = match (inner, minus) {
        (Some(size), _) | (None, Some(size)) => (size, true),
        (None, None) => (text, false),
    };
    if size.starts_with(['-', '−', '(', '+']) {
        return Err(MoneyError::NotANumber);
    }
    // One comma and three digits behind it: a thousand here, a fraction there.
    if size.contains(',') && !size.contains('.') {
        return Err(MoneyError::Comma);
    }
    let amount: Usd = rounded(&pointed(size)?)?;
    Ok(if negative { -amount } else { amount })
}

/// Without exponent: `1.2e-5` is `0.000012`.
fn pointed(text: &str) -> Result<String, MoneyError> {
    let Some((digits, exponent)) = text.split_once(['e', 'E']) else { return Ok(text.to_owned()) };
    let exponent: i32 = exponent.parse().map_err(|_| MoneyError::NotANumber)?;
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !plain(whole) || !plain(fraction) || exponent.abs() > 40 {
        return Err(MoneyError::NotANumber);
    }
    let shift = usize::try_from(exponent.unsigned_abs()).unwrap_or(0);
    Ok(if exponent < 0 {
        let padded = format!("{}{whole}", "0".repeat(shift));
        let (whole, moved) = padded.split_at(padded.len() - shift);
        format!("{whole}.{moved}{fraction}")
    } else {
        let padded = format!("{fraction:0<shift$}");
        let (moved, fraction) = padded.split_at(shift);
        format!("{whole}{moved}.{fraction}")
    })
}

/// Twelve digits after the point.
fn rounded(text: &str) -> Result<Usd, MoneyError> {
    let place = text.find('.').map(|point| point + 13);
    let Some((kept, rest)) = place.and_then(|place| text.split_at_checked(place)) else {
        return text.parse();
    };
    if !rest.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(MoneyError::NotANumber);
    }
    let kept: Usd = kept.parse()?;
    let up = i128::from(rest.as_bytes().first().is_some_and(|digit| *digit >= b'5'));
    Ok(Usd::from_pico(kept.pico() + up))
}

/// The family of a model or of an invoice's item: in small letters, without what stands behind a comma
/// (`gpt-4o-2024-08-06, input`) and without the date of a version. A provider bills under the version's
/// name what was asked for under the family's.
pub fn family(name: &str) -> String {
    let name = name.split(',').next().unwrap_or_default().trim().to_lowercase();
    // Lengths in bytes: a date is digits alone.
    for length in [11, 9] {
        let Some(at) = name.len().checked_sub(length).filter(|at| *at > 0) else { continue };
        if let Some((family, date)) = name.split_at_checked(at)
            && is_date(date)
        {
            return family.to_owned();
        }
    }
    name
}

/// `-2024-08-06`, `-20240806`, `@20240806`.
fn is_date(text: &str) -> bool {
    let Some(date) = text.strip_prefix(['-', '@']) else { return false };
    let digits: String = match date.split('-').collect::<Vec<_>>()[..] {
        [whole] => whole.to_owned(),
        [year, month, day] if (year.len(), month.len(), day.len()) == (4, 2, 2) => {
            format!("{year}{month}{day}")
        }
        _ => return false,
    };
    digits.len() == 8 && digits.starts_with("20") && digits.bytes().all(|b| b.is_ascii_digit())
}

/// One family of models on both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// What it is called.
    pub family: String,
    /// What was charged here; none if nothing was used.
    pub ours: Option<Usd>,
    /// What the invoice asks; none if it does not name it.
    pub theirs: Option<Usd>,
}

impl Compared {
    /// How much more the invoice asks than was charged here.
    pub fn difference(&self) -> Usd {
        self.theirs.unwrap_or_default().minus(self.ours.unwrap_or_default())
    }
}

/// Both sides, family by family: the largest difference first.
pub fn compare<'a>(
    ours: impl IntoIterator<Item = (&'a str, Usd)>,
    theirs: &[Item],
) -> Vec<Compared> {
    let mut rows: BTreeMap<String, (Option<Usd>, Option<Usd>)> = BTreeMap::new();
    for (model, charge) in ours {
        let (ours, _) = rows.entry(family(model)).or_default();
        *ours = Some(ours.unwrap_or_default().plus(charge));
    }
    for item in theirs {
        let (_, theirs) = rows.entry(family(&item.name)).or_default();
        *theirs = Some(theirs.unwrap_or_default().plus(item.amount));
    }
    let row = |(family, (ours, theirs))| Compared { family, ours, theirs };
    let mut rows: Vec<_> = rows.into_iter().map(row).collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.difference().pico().abs()));
    rows
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn items(file: &str) -> Vec<(String, String)> {
        let items = read(file).unwrap();
        items.into_iter().map(|item| (item.name, item.amount.to_string())).collect()
    }

    fn refused(file: &str) -> String {
        read(file).unwrap_err().to_string()
    }

    #[test]
    fn reads_the_spellings_of_columns() {
        for head in [
            "model,cost",
            "Model,Cost (USD)",
            "Line item,Amount",
            "SKU , amount_usd",
            "\u{feff}description,cost_in_usd",
            "line_item,amount_value",
        ] {
            assert_eq!(
                items(&format!("{head}\ngpt-4o,1.50\n")),
                [("gpt-4o".into(), "1.50".into())]
            );
        }
        // Where there are several the plainest counts, wherever it stands.
        let several = "description,amount,tokens,model,cost\nGPT,9,100,gpt-4o,1\n";
        assert_eq!(items(several), [("gpt-4o".into(), "1.00".into())]);
    }

    #[test]
    fn adds_up_the_lines_of_an_item_exactly() {
        let file = "start_time,amount_value,amount_currency,line_item\r\n\
            1782864000,0.06360000000000001,usd,\"gpt-4o-2024-08-06, input\"\r\n\
            1782864000,1.25e-05,usd,\"gpt-4o-2024-08-06, output\"\r\n\
            ,,,\r\n\
            1782950400,-0.0136,USD,\"gpt-4o-2024-08-06, input\"\r\n";
        assert_eq!(
            items(file),
            [
                ("gpt-4o-2024-08-06, input".into(), "0.05".into()),
                ("gpt-4o-2024-08-06, output".into(), "0.0000125".into()),
            ]
        );
    }

    #[test]
    fn reads_amounts_exactly_or_not_at_all() {
        for (text, exact) in [
            ("12", "12.00"),
            ("$1,250.00", "1250.00"),
            ("1,234,567.8", "1234567.80"),
            ("-0.50", "-0.50"),
            ("−0.50", "-0.50"),
            ("$-0.50", "-0.50"),
            ("-$0.50", "-0.50"),
            ("(0.50)", "-0.50"),
            ("0.0000000000004", "0.00"),
            ("0.0000000000005", "0.000000000001"),
            ("-0.9999999999999", "-1.00"),
            ("1e3", "1000.00"),
            ("1.5E+2", "150.00"),
            ("2.5e-13", "0.00"),
            ("123.456e-2", "1.23456"),
        ] {
            assert_eq!(
                amount(text).map(|amount| amount.to_string()).as_deref(),
                Ok(exact),
                "{text}"
            );
        }
        for (text, error) in [
            ("", MoneyError::NotANumber),
            ("free", MoneyError::NotANumber),
            ("--1", MoneyError::NotANumber),
            ("(-1)", MoneyError::NotANumber),
            ("+1", MoneyError::NotANumber),
            ("1.2.3", MoneyError::NotANumber),
            ("0.1234567890123x", MoneyError::NotANumber),
            ("€5", MoneyError::NotANumber),
            ("1e", MoneyError::NotANumber),
            ("1e99999999999", MoneyError::NotANumber),
            ("1e30", MoneyError::TooLarge),
            ("1,250", MoneyError::Comma),
            ("12,5", MoneyError::Comma),
            ("1.250,00", MoneyError::Comma),
            ("1000000000000000", MoneyError::TooLarge),
        ] {
            assert_eq!(amount(text), Err(error), "{text}");
        }
    }

    #[test]
    fn says_what_is_wrong_with_a_file() {
        assert_eq!(read(&"x".repeat(LONGEST + 1)), Err(InvoiceError::Long));
        for file in ["%PDF-1.7 …", "PK\u{3}\u{4}\0\0", "model,cost\n\u{fffd}\u{fffd},1\n"] {
            assert_eq!(read(file), Err(InvoiceError::NoCsv), "{file:?}");
        }
        for (file, names) in [
            ("", "nothing"),
            ("day,tokens\n1,2\n", "“day”, “tokens”"),
            ("model,tokens\ngpt,2\n", "“model”, “tokens”"),
            ("day,cost\n1,2\n", "“day”, “cost”"),
            ("a,b,c,d,e,f,g,h,i,j\n", "“h” and 2 more"),
            ("<html><body>Sign in</body></html>", "“<html><body>Sign in</body></html>”"),
        ] {
            let said = refused(file);
            assert!(
                said.starts_with("the first line should name a column with the model"),
                "{said}"
            );
            assert!(said.ends_with(names), "{said}");
        }
        assert_eq!(refused("model,cost\n"), InvoiceError::Empty.to_string());
        assert_eq!(refused("model,cost\n,\n"), InvoiceError::Empty.to_string());
        let long = "x".repeat(201);
        for (lines, said) in [
            ("gpt,1\ngpt\n", "line 3: it has 1 values where the first line names 2 columns"),
            ("gpt,1,2\n", "line 2: it has 3 values where the first line names 2 columns"),
            ("gpt,\n", "line 2: “” is no amount: write an amount in dollars"),
            ("gpt,\"12,50\"\n", "line 2: “12,50” is no amount: write a point before the cents"),
            ("gpt,1\n,1\n", "line 3: it has an amount and no model"),
            ("gpt,1\nTotal,1\n", "line 3: “Total” looks like the sum of other lines"),
            ("GRAND TOTAL,1\n", "line 2: “GRAND TOTAL” looks like the sum of other lines"),
            (&format!("{long},1\n"), "line 2: a model’s name has at most 200"),
            ("gpt,999999999999999\ngpt,1\n", "line 3: an amount is at most"),
        ] {
            let error = refused(&format!("model,cost\n{lines}"));
            assert!(error.starts_with(said), "{error}");
        }
        let euros = refused("model,cost,currency\ngpt,1,usd\ngpt,1,EUR\n");
        assert_eq!(euros, "line 3: statements are in US dollars, which “EUR” is not");
    }

    #[test]
    fn families_have_no_dates_and_no_kinds_of_tokens() {
        for (name, of) in [
            ("gpt-4o", "gpt-4o"),
            ("GPT-4o-2024-08-06, cached input", "gpt-4o"),
            ("claude-sonnet-4-20250514", "claude-sonnet-4"),
            ("claude-opus-4@20250514", "claude-opus-4"),
            ("gpt-4-0613", "gpt-4-0613"),
            ("model-12345678", "model-12345678"),
            ("modèle-2024-08-06", "modèle"),
            ("é20240806", "é20240806"),
            ("-2024-08-06", "-2024-08-06"),
        ] {
            assert_eq!(family(name), of, "{name}");
        }
    }

    #[test]
    fn both_sides_are_compared_by_family() {
        let usd = |text| amount(text).unwrap();
        let ours = [
            ("gpt-4o", usd("10")),
            ("gpt-4o-2024-08-06", usd("5")),
            ("gpt-4.1", usd("3")),
            ("claude-opus-4", usd("7")),
        ];
        let item = |name: &str, text| Item { name: name.to_owned(), amount: usd(text) };
        let theirs = [
            item("gpt-4o-2024-08-06, input", "12.5"),
            item("gpt-4o-2024-08-06, output", "2"),
            item("gpt-4.1-2025-04-14", "3"),
            item("web search", "1"),
            item("credit", "-20"),
        ];
        let rows: Vec<_> = compare(ours, &theirs)
            .into_iter()
            .map(|row| {
                let text = |side: Option<Usd>| side.map(|side| side.to_string());
                let difference = row.difference().to_string();
                (row.family, text(row.ours), text(row.theirs), difference)
            })
            .collect();
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            rows,
            [
                ("credit".into(), None, some("-20.00"), "-20.00".into()),
                ("claude-opus-4".into(), some("7.00"), None, "-7.00".into()),
                ("web search".into(), None, some("1.00"), "1.00".into()),
                ("gpt-4o".into(), some("15.00"), some("14.50"), "-0.50".into()),
                ("gpt-4.1".into(), some("3.00"), some("3.00"), "0.00".into()),
            ]
        );
    }

    proptest! {
        /// Whatever is sent, there is an answer; and what is read has all its money.
        #[test]
        fn any_text_is_answered(file in "(model|a|cost|,|\n|\"|-?[0-9.]{1,6}|\\PC){0,40}") {
            let _ = read(&file);
        }

        #[test]
        fn amounts_are_read_as_they_are_written(
            picos in prop::collection::vec(-1_000_000_000_000_000_000_i128..1_000_000_000_000_000_000, 1..20),
        ) {
            let line = |(n, pico): (usize, &i128)| format!("m{},{}\n", n % 3, Usd::from_pico(*pico));
            let lines = picos.iter().enumerate().map(line).collect::<Vec<_>>().concat();
            let read = read(&format!("model,cost\n{lines}")).unwrap();
            let sum: Usd = read.iter().map(|item| item.amount).sum();
            prop_assert_eq!(sum.pico(), picos.iter().sum::<i128>());
        }
    }
}
