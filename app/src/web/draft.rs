//! A form as it was typed, and what is wrong with it.

use std::{
    collections::HashMap,
    fmt::{self, Display},
    ops::RangeInclusive,
    str::FromStr,
};

use axum::{
    body::{Bytes, to_bytes},
    extract::{FromRequest, Request},
    http::{StatusCode, header},
};
use chrono::{Datelike as _, NaiveDate};
use domain::{Addresses, Email};
use multer::{Constraints, Multipart, SizeLimit};
use store::StoreError;

use super::Failure;
use crate::components::{Errors, count};
use crate::labels;

/// Longest body of a form, in bytes.
const LONGEST: usize = 64 * 1024;

/// What was typed into a form, and a sentence for each field that is wrong. An extractor; the empty
/// draft is a form that nobody has filled in yet.
#[derive(Clone, Default)]
pub struct Draft {
    values: HashMap<String, String>,
    errors: Errors,
}

/// Names alone: a value may be a password.
impl fmt::Debug for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.values.keys()).finish()
    }
}

impl Draft {
    /// A form that begins with values.
    pub fn with<const N: usize>(values: [(&str, String); N]) -> Self {
        let values = values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Self { values, errors: Errors::new() }
    }

    /// A form whose fields stand in an address: of each the first, trimmed.
    pub fn asked(query: Option<&str>) -> Self {
        let pairs: Vec<(String, String)> =
            serde_urlencoded::from_str(query.unwrap_or_default()).unwrap_or_default();
        let mut draft = Self::default();
        for (name, value) in &pairs {
            // The database takes no zero byte; what stands for it is in nothing.
            draft.keep(name, &value.trim().replace('\0', "\u{fffd}"));
        }
        draft
    }

    /// What was typed; empty if the field was not sent.
    pub fn value(&self, name: &str) -> String {
        self.values.get(name).cloned().unwrap_or_default()
    }

    /// Fills in a field that was not sent.
    pub fn keep(&mut self, name: &str, value: &str) {
        self.values.entry(name.to_owned()).or_insert_with(|| value.to_owned());
    }

    /// Puts something else into a field than was sent.
    pub fn set(&mut self, name: &str, value: String) {
        self.values.insert(name.to_owned(), value);
    }

    /// Whether a tick or a button was sent.
    pub fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// What follows a prefix in the names of the ticks that were sent, in no order.
    pub fn ticked<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a str> {
        self.values.keys().filter_map(move |name| name.strip_prefix(prefix))
    }

    /// What is wrong with a field.
    pub fn error(&self, name: &str) -> Option<String> {
        self.errors.of(name)
    }

    /// All that is wrong, in order.
    pub fn errors(&self) -> Errors {
        self.errors.clone()
    }

    /// What a page with this form is answered with: 200, or 422 when something is wrong with it.
    pub fn status(&self) -> StatusCode {
        if self.errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY }
    }

    /// Reads a field, or notes the sentence that its type's error says.
    pub fn read<T>(&mut self, name: &'static str) -> Option<T>
    where
        T: FromStr<Err: Display>,
    {
        match self.value(name).parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.refuse_with(name, &error);
                None
            }
        }
    }

    /// Reads a whole number, with or without commas between its thousands, or notes what it should be.
    pub fn whole(&mut self, name: &'static str, range: RangeInclusive<u64>) -> Option<u64> {
        let text = self.value(name).trim().replace(',', "");
        let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse().ok().filter(|number| is_plain && range.contains(number));
        if number.is_none() {
            let (least, most) = (count(*range.start()), count(*range.end()));
            self.refuse(name, format!("Write a whole number from {least} to {most}."));
        }
        number
    }

    /// Reads a day as a date field sends it, or notes what is wrong.
    pub fn read_day(&mut self, name: &'static str) -> Option<NaiveDate> {
        let day = self.value(name).trim().parse();
        if day.is_err() {
            self.refuse(name, "Write a day like 2026-12-01.");
        }
        day.ok()
    }

    /// Reads what was chosen from a list, if anything was; what can't be in it is noted.
    pub fn chosen<T>(&mut self, name: &'static str, read: impl Fn(&str) -> Option<T>) -> Option<T> {
        let typed = self.value(name);
        let value = read(&typed);
        if value.is_none() && !typed.is_empty() {
            self.refuse(name, labels::CHOOSE_ONE_FROM_THE_LIST);
        }
        value
    }

    /// Reads a date by which something is looked for, if one was sent; what is none is noted.
    pub fn date(&mut self, name: &'static str) -> Option<NaiveDate> {
        let typed = self.value(name);
        if typed.is_empty() {
            return None;
        }
        let date = NaiveDate::parse_from_str(&typed, "%Y-%m-%d").ok();
        let date = date.filter(|date| (2000..3000).contains(&date.year()));
        if date.is_none() {
            self.refuse(name, "Write a date like 2026-11-24.");
        }
        date
    }

    /// Reads a list of addresses, which may be empty, or notes what is wrong with one.
    pub fn addresses(&mut self, name: &'static str) -> Option<Vec<Email>> {
        if self.value(name).trim().is_empty() {
            return Some(Vec::new());
        }
        self.read::<Addresses>(name).map(|list| list.as_slice().to_vec())
    }

    /// Notes what is wrong with a field.
    pub fn refuse(&mut self, name: &'static str, sentence: impl Into<String>) {
        self.errors.add(name, sentence);
    }

    /// Notes an error at a field; its text is fit to be shown.
    pub fn refuse_with(&mut self, name: &'static str, error: &impl Display) {
        self.refuse(name, sentence(&error.to_string()));
    }

    /// Notes a rule that the store upheld at a field; any other error is a failure of the page.
    pub fn conflict(&mut self, name: &'static str, error: StoreError) -> Result<(), Failure> {
        match error {
            StoreError::Conflict(rule) => {
                self.refuse_with(name, &rule);
                Ok(())
            }
            other => Err(other.into()),
        }
    }
}

/// With a capital and a full stop: errors are written to be put together.
pub fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    let stop = if text.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{first}{}{stop}", chars.as_str())
}

/// A form into which a whole file is pasted, or which sends the file itself: as a field whose value is
/// the file's text. An extractor.
#[derive(Debug)]
pub struct LongDraft(pub Draft);

/// Longest body of such a form, in bytes; letters that are escaped count three times.
const LONGEST_OF_ALL: usize = 8 * 1024 * 1024;

impl<S: Send + Sync> FromRequest<S> for LongDraft {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &S) -> Result<Self, Failure> {
        Draft::sent(request, LONGEST_OF_ALL).await.map(Self)
    }
}

impl<S: Send + Sync> FromRequest<S> for Draft {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &S) -> Result<Self, Failure> {
        Self::of(request, LONGEST).await
    }
}

impl Draft {
    /// A form of at most so many bytes, whether its fields are sent as one text or in parts.
    pub async fn sent(request: Request, longest: usize) -> Result<Self, Failure> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        match kind.map(multer::parse_boundary) {
            Some(Ok(boundary)) => Self::of_parts(request, boundary, longest).await,
            _ => Self::of(request, longest).await,
        }
    }

    async fn of(request: Request, longest: usize) -> Result<Self, Failure> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        if !kind.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded")) {
            return Err(Failure::BadRequest);
        }
        let body: Bytes =
            to_bytes(request.into_body(), longest).await.map_err(|_| Failure::BadRequest)?;
        let pairs: Vec<(String, String)> =
            serde_urlencoded::from_bytes(&body).map_err(|_| Failure::BadRequest)?;
        Self::once(pairs)
    }

    /// A form that was sent in parts, as forms with files are.
    async fn of_parts(request: Request, boundary: String, longest: usize) -> Result<Self, Failure> {
        let most = u64::try_from(longest).unwrap_or(u64::MAX);
        let limits = SizeLimit::new().whole_stream(most);
        let body = request.into_body().into_data_stream();
        let constraints = Constraints::new().size_limit(limits);
        let mut parts = Multipart::with_constraints(body, boundary, constraints);
        let mut pairs = Vec::new();
        while let Some(part) = parts.next_field().await.map_err(|_| Failure::BadRequest)? {
            let name = part.name().ok_or(Failure::BadRequest)?.to_owned();
            let value = part.text().await.map_err(|_| Failure::BadRequest)?;
            pairs.push((name, value));
        }
        Self::once(pairs)
    }

    /// A field sent twice is nobody's form.
    fn once(pairs: Vec<(String, String)>) -> Result<Self, Failure> {
        let mut values = HashMap::with_capacity(pairs.len());
        for (name, value) in pairs {
            if values.insert(name, value).is_some() {
                return Err(Failure::BadRequest);
            }
        }
        Ok(Self { values, errors: Errors::new() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn sent(body: String) -> Result<Draft, Failure> {
        let kind = "multipart/form-data; boundary=x";
        let request = Request::post("/").header(header::CONTENT_TYPE, kind).body(body.into());
        LongDraft::from_request(request.unwrap(), &()).await.map(|draft| draft.0)
    }

    #[tokio::test]
    async fn a_file_is_a_field() {
        let part = |name: &str, value: &str| {
            format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        let file = part("file\"; filename=\"prices.csv", "a,b\n1,2\n");
        let draft = sent(format!("{file}{}--x--\r\n", part("providers", "openai"))).await.unwrap();
        assert_eq!(draft.value("file"), "a,b\n1,2\n");
        assert_eq!(draft.value("providers"), "openai");
        let twice = sent(format!("{file}{file}--x--\r\n")).await;
        assert!(matches!(twice, Err(Failure::BadRequest)));
        let cut = sent(file.clone()).await;
        assert!(matches!(cut, Err(Failure::BadRequest)));
        let long = "9".repeat(LONGEST_OF_ALL);
        let long = sent(format!("{}--x--\r\n", part("file", &long))).await;
        assert!(matches!(long, Err(Failure::BadRequest)));
    }

    #[test]
    fn keeps_what_was_typed_and_says_what_is_wrong() {
        let mut draft = Draft::with([("amount", "1e999".to_owned())]);
        assert_eq!(draft.read::<domain::Usd>("amount"), None);
        assert_eq!(draft.value("amount"), "1e999");
        assert_eq!(
            draft.error("amount").as_deref(),
            Some("Write an amount in dollars, like 250 or 99.50.")
        );
        assert_eq!(draft.read::<domain::Name>("name"), None);
        assert_eq!(draft.error("name").as_deref(), Some("This can’t be empty."));
        assert_eq!(draft.status(), StatusCode::UNPROCESSABLE_ENTITY);
    }

    #[test]
    fn whole_numbers_alone_are_taken() {
        for (typed, read) in [
            ("1", Some(1)),
            (" 1,000 ", Some(1_000)),
            ("1000000000", Some(1_000_000_000)),
            ("1000000001", None),
            ("0", None),
            ("-5", None),
            ("+5", None),
            ("1.5", None),
            ("1e3", None),
            ("", None),
            ("٣", None),
            ("99999999999999999999999999", None),
        ] {
            let mut draft = Draft::with([("requests", typed.to_owned())]);
            assert_eq!(draft.whole("requests", 1..=1_000_000_000), read, "{typed:?}");
            assert_eq!(draft.errors().is_empty(), read.is_some(), "{typed:?}");
        }
    }
}
