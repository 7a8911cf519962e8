//! A table of prices, one set of rates per line; the lines of one model stand together.

use super::{
    Listed, Rates, Variant,
    listed::{dollars, per_million},
};
use crate::{ServiceTier, TokenClass, Usd};

/// The columns, besides one per class of tokens.
const BEFORE: [&str; 5] = ["provider", "model", "effective_from", "service_tier", "from_tokens"];
const AFTER: [&str; 4] = ["per_request", "context", "max_output", "source"];

/// Lines that are read at once, besides the first: more than any price book has.
pub const MOST: u64 = 10_000;

/// A model's price as a table has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The price.
    pub listed: Listed,
    /// The day from which it holds, `2026-08-21`; empty if the table does not say.
    pub effective_from: String,
    /// Where the numbers come from.
    pub source: String,
}

/// What is wrong with a line of a table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct TableError {
    /// Counted from 1.
    pub line: u64,
    /// A sentence without its end.
    pub what: String,
}

/// The first line of a table.
pub fn header() -> Vec<&'static str> {
    let classes = TokenClass::ALL.map(TokenClass::as_str);
    BEFORE.into_iter().chain(classes).chain(AFTER).collect()
}

/// Reads a table. Columns may stand in any order, and all but provider, model, input and output may
/// be missing.
pub fn read(csv: &str) -> Result<Vec<Row>, TableError> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(csv.as_bytes());
    let wrong = |line, what: String| TableError { line, what };
    let broken = |error: csv::Error| {
        wrong(error.position().map_or(1, csv::Position::line), error.to_string())
    };
    let names = reader.headers().map_err(broken)?.clone();
    let known = header();
    if let Some(odd) = names.iter().find(|name| !known.contains(name)) {
        return Err(wrong(1, format!("there is no column “{odd}”")));
    }
    for needed in ["provider", "model", "input", "output"] {
        if !names.iter().any(|name| name == needed) {
            return Err(wrong(1, format!("the column “{needed}” is missing")));
        }
    }
    let mut rows: Vec<Row> = Vec::new();
    for (before, record) in (0..).zip(reader.records()) {
        let record = record.map_err(broken)?;
        let line = record.position().map_or(1, csv::Position::line);
        if before == MOST {
            return Err(wrong(
                line,
                format!("a table has at most {MOST} lines of prices: send it in parts"),
            ));
        }
        let field = |name: &str| {
            let at = names.iter().position(|one| one == name);
            at.and_then(|at| record.get(at)).unwrap_or("")
        };
        let (row, variant) = line_of(&field).map_err(|what| wrong(line, what))?;
        match (rows.last_mut(), variant) {
            (_, None) => rows.push(row),
            (Some(last), Some(variant)) if last.is_of(&row) => last.listed.variants.push(variant),
            (_, Some(_)) => {
                let what =
                    "a line for a tier or for long prompts stands below the model's own line";
                return Err(wrong(line, what.to_owned()));
            }
        }
    }
    Ok(rows)
}

/// Writes a table.
pub fn write(rows: impl Iterator<Item = Row>) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Writing to memory can't fail.
    let _ = writer.write_record(header());
    for line in rows.flat_map(|row| row.lines()) {
        let _ = writer.write_record(line);
    }
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}

impl Row {
    fn is_of(&self, other: &Self) -> bool {
        (&self.listed.provider, &self.listed.model, &self.effective_from)
            == (&other.listed.provider, &other.listed.model, &other.effective_from)
    }

    /// The lines of a table that say this.
    fn lines(&self) -> Vec<Vec<String>> {
        let Listed { provider, model, rates, variants, per_request, context, max_output } =
            &self.listed;
        let first = Variant { tier: ServiceTier::Default, from: 0, rates: *rates };
        let number = |n: &Option<u64>| n.map_or_else(String::new, |n| n.to_string());
        let line = |variant: &Variant| {
            let before = [
                provider.clone(),
                model.clone(),
                self.effective_from.clone(),
                variant.tier.as_str().to_owned(),
                variant.from.to_string(),
            ];
            let rates = TokenClass::ALL.map(|class| {
                variant.rates.own(class).map_or_else(String::new, |rate| dollars(rate).to_string())
            });
            let after =
                [per_request.to_string(), number(context), number(max_output), self.source.clone()];
            before.into_iter().chain(rates).chain(after).collect()
        };
        std::iter::once(&first).chain(variants).map(line).collect()
    }
}

/// A line, and the variant that it is instead of what is listed.
fn line_of<'a>(field: &impl Fn(&str) -> &'a str) -> Result<(Row, Option<Variant>), String> {
    let named = |name: &str| {
        let value = field(name);
        if value.is_empty() || value.len() > 200 || value.chars().any(char::is_control) {
            return Err(format!("“{name}” should be a text of up to 200 characters"));
        }
        Ok(value.to_owned())
    };
    let rate = |class: TokenClass| match field(class.as_str()) {
        "" => Ok(None),
        text => {
            per_million(text).map(Some).map_err(|error| format!("“{}”: {error}", class.as_str()))
        }
    };
    let needed =
        |class: TokenClass| rate(class)?.ok_or_else(|| format!("“{}” is empty", class.as_str()));
    let number = |name: &str| match field(name) {
        "" => Ok(None),
        text => text
            .parse::<u32>()
            .map(|n| Some(u64::from(n)))
            .map_err(|_| format!("“{name}” should be a whole number")),
    };
    let mut rates = Rates::new(needed(TokenClass::Input)?, needed(TokenClass::Output)?);
    for class in TokenClass::ALL {
        rates.set(class, rate(class)?);
    }
    let word = field("service_tier");
    let tier = if word.is_empty() {
        ServiceTier::Default
    } else {
        let found = ServiceTier::ALL.into_iter().find(|tier| tier.as_str() == word);
        found.ok_or_else(|| format!("“{word}” is no service tier"))?
    };
    let from = number("from_tokens")?.unwrap_or(0);
    let per_request = match field("per_request") {
        "" => Usd::ZERO,
        text => text.parse::<Usd>().map_err(|error| format!("“per_request”: {error}"))?,
    };
    let day = field("effective_from");
    if !day.is_empty() && day.parse::<chrono::NaiveDate>().is_err() {
        return Err("“effective_from” should be a day like 2026-08-21".to_owned());
    }
    let listed = Listed {
        provider: named("provider")?,
        model: named("model")?,
        rates,
        variants: Vec::new(),
        per_request,
        context: number("context")?.filter(|n| *n > 0),
        max_output: number("max_output")?.filter(|n| *n > 0),
    };
    let source = match field("source") {
        "" => String::new(),
        _ => named("source")?,
    };
    let row = Row { listed, effective_from: day.to_owned(), source };
    let is_listed = tier == ServiceTier::Default && from == 0;
    Ok((row, (!is_listed).then_some(Variant { tier, from, rates })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        let csv = "provider,model,effective_from,service_tier,from_tokens,input,output,cached,context,source\n\
            openai,gpt,2026-08-21,,,2.5,15,0.25,1050000,test\n\
            openai,gpt,2026-08-21,default,272001,5,22.5,0.5,,\n\
            openai,gpt,2026-08-21,flex,0,1.25,7.5,,,\n\
            google,gemini,,,,1,2,,,\n";
        let rows = read(csv).unwrap();
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0].listed.variants.len(), 2);
        assert_eq!(rows[0].listed.variants[0].from, 272_001);
        assert_eq!(rows[0].listed.context, Some(1_050_000));
        assert_eq!(read(&write(rows.iter().cloned())).unwrap(), rows);
    }

    #[test]
    fn reads_no_more_lines_than_a_price_book_may_have() {
        let table = |lines: u64| {
            let line = |n| format!("openai,gpt-{n},1,2\n");
            "provider,model,input,output\n".to_owned() + &(0..lines).map(line).collect::<String>()
        };
        assert_eq!(read(&table(MOST)).unwrap().len() as u64, MOST);
        let error = read(&table(MOST + 1)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "line 10002: a table has at most 10000 lines of prices: send it in parts"
        );
    }

    #[test]
    fn says_which_line_is_wrong() {
        let head = "provider,model,input,output,service_tier,effective_from\n";
        for (lines, line, word) in [
            ("a,b,1,2,,\na,b,x,2,,\n", 3, "input"),
            ("a,b,1,,,\n", 2, "output"),
            ("a,b,-1,2,,\n", 2, "input"),
            ("a,b,10001,2,,\n", 2, "$10,000"),
            (",b,1,2,,\n", 2, "provider"),
            ("a,b,1,2,slow,\n", 2, "slow"),
            ("a,b,1,2,flex,\n", 2, "below"),
            ("a,b,1,2,,yesterday\n", 2, "effective_from"),
            ("a,b,1\n", 2, "fields"),
        ] {
            let error = read(&format!("{head}{lines}")).unwrap_err();
            assert_eq!(error.line, line, "{error}");
            assert!(error.what.contains(word), "{error}");
        }
        assert!(read("provider,model,input\n").unwrap_err().what.contains("output"));
        assert!(read("provider,model,input,output,price\n").unwrap_err().what.contains("price"));
    }
}
