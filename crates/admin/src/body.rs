//! The JSON object of a request.

use std::{fmt::Display, str::FromStr};

use axum::{
    body::to_bytes,
    extract::{FromRequest, Request},
};
use http::header;
use serde_json::{Map, Value};

use crate::error::Error;

/// Longest body, in bytes.
const LONGEST: usize = 64 * 1024;

/// A JSON object, of which the handler first says what it may hold. Null is the same as not there;
/// the wrong type is an error that names the field.
#[derive(Debug, Default)]
pub(crate) struct Body {
    fields: Map<String, Value>,
    /// What stands before its fields' names, like `projects[0].`.
    within: String,
}

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = Error;

    async fn from_request(request: Request, _: &S) -> Result<Self, Error> {
        let (head, body) = request.into_parts();
        let too_large = |length: &str| length.parse::<usize>().is_ok_and(|n| n > LONGEST);
        let length = head.headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
        if length.is_some_and(too_large) {
            return Err(Error::BodyTooLarge);
        }
        let body = to_bytes(body, LONGEST).await.map_err(|error| {
            // The only error that is ours is the limit's; the other is the connection's.
            if length.is_none() { Error::BodyTooLarge } else { Error::BodyCut(error.to_string()) }
        })?;
        if body.is_empty() {
            return Ok(Self::default());
        }
        let kind = head.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let is_json = |kind: &str| {
            let essence = kind.split(';').next().unwrap_or_default().trim();
            essence.eq_ignore_ascii_case("application/json")
        };
        if !kind.is_some_and(is_json) {
            return Err(Error::NotJsonType);
        }
        let fields = serde_json::from_slice(&body);
        let fields = fields.map_err(|error| Error::NotJson(error.to_string()))?;
        Ok(Self { fields, within: String::new() })
    }
}

impl Body {
    /// Stops if there is a field that the operation does not know: whoever sent it would take it for
    /// done.
    pub(crate) fn only(&self, known: &[&str]) -> Result<(), Error> {
        let unknown = self
            .fields
            .iter()
            .find(|(name, value)| !value.is_null() && !known.contains(&name.as_str()));
        unknown.map_or(Ok(()), |(name, _)| Err(Error::Unknown(self.param(name))))
    }

    /// A field's name in an error.
    fn param(&self, name: &str) -> String {
        // A name that somebody made up may be of any length.
        format!("{}{}", self.within, name.chars().take(100).collect::<String>())
    }

    fn get(&self, name: &str) -> Option<&Value> {
        self.fields.get(name).filter(|value| !value.is_null())
    }

    /// A text, read as its type; that type's error tells what is wrong.
    pub(crate) fn text<T>(&self, name: &str) -> Result<Option<T>, Error>
    where
        T: FromStr<Err: Display>,
    {
        self.get(name).map(|value| read(self.param(name), value)).transpose()
    }

    /// A text that must be there.
    pub(crate) fn need<T>(&self, name: &str) -> Result<T, Error>
    where
        T: FromStr<Err: Display>,
    {
        self.text(name)?.ok_or_else(|| Error::Missing(self.param(name)))
    }

    /// A whole number.
    pub(crate) fn integer(&self, name: &str) -> Result<Option<i64>, Error> {
        let wrong = || Error::invalid(&self.param(name), "an integer");
        self.get(name).map(|value| value.as_i64().ok_or_else(wrong)).transpose()
    }

    /// Yes or no.
    pub(crate) fn flag(&self, name: &str) -> Result<bool, Error> {
        let wrong = || Error::invalid(&self.param(name), "true or false");
        self.get(name).map_or(Ok(false), |value| value.as_bool().ok_or_else(wrong))
    }

    /// An object.
    pub(crate) fn object(&self, name: &str) -> Result<Option<Self>, Error> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let wrong = || Error::invalid(&self.param(name), "an object");
        let fields = value.as_object().cloned().ok_or_else(wrong)?;
        Ok(Some(Self { fields, within: format!("{}.", self.param(name)) }))
    }

    /// The objects of a list.
    pub(crate) fn objects(&self, name: &str) -> Result<Vec<Self>, Error> {
        let wrong = || Error::invalid(&self.param(name), "a list of objects");
        let Some(value) = self.get(name) else { return Ok(Vec::new()) };
        let items = value.as_array().ok_or_else(wrong)?.iter().enumerate();
        let read = |(at, item): (usize, &Value)| {
            let fields = item.as_object().cloned().ok_or_else(wrong)?;
            Ok(Self { fields, within: format!("{}[{at}].", self.param(name)) })
        };
        items.map(read).collect()
    }

    /// The texts of a list; none if there is no list.
    pub(crate) fn texts<T>(&self, name: &str) -> Result<Option<Vec<T>>, Error>
    where
        T: FromStr<Err: Display>,
    {
        let wrong = || Error::invalid(&self.param(name), "a list of strings");
        let Some(value) = self.get(name) else { return Ok(None) };
        let items = value.as_array().ok_or_else(wrong)?.iter().enumerate();
        let read = |(at, item)| read(format!("{}[{at}]", self.param(name)), item);
        items.map(read).collect::<Result<_, _>>().map(Some)
    }

    /// Stops if something is asked for that this API can't do.
    pub(crate) fn refuse(&self, name: &str, why: &str) -> Result<(), Error> {
        self.get(name).map_or(Ok(()), |_| Err(Error::invalid(&self.param(name), why)))
    }
}

fn read<T>(param: String, value: &Value) -> Result<T, Error>
where
    T: FromStr<Err: Display>,
{
    let text = value.as_str().ok_or_else(|| Error::invalid(&param, "a string"))?;
    text.parse().map_err(|error: T::Err| Error::Wrong { param, sentence: error.to_string() })
}
