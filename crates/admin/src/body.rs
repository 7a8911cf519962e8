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

/// A JSON object. Fields that are not asked for are ignored, and null is the same as not there; the
/// wrong type is an error that names the field.
#[derive(Debug, Default)]
pub(crate) struct Body(Map<String, Value>);

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
        serde_json::from_slice(&body).map(Self).map_err(|error| Error::NotJson(error.to_string()))
    }
}

impl Body {
    fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// A text, read as its type; that type's error tells what is wrong.
    pub(crate) fn text<T>(&self, name: &str) -> Result<Option<T>, Error>
    where
        T: FromStr<Err: Display>,
    {
        self.get(name).map(|value| read(name, Some(value))).transpose()
    }

    /// A text that must be there.
    pub(crate) fn need<T>(&self, name: &str) -> Result<T, Error>
    where
        T: FromStr<Err: Display>,
    {
        read(name, self.get(name))
    }

    /// A whole number.
    pub(crate) fn integer(&self, name: &str) -> Result<Option<i64>, Error> {
        let read = |value: &Value| value.as_i64().ok_or_else(|| Error::invalid(name, "an integer"));
        self.get(name).map(read).transpose()
    }

    /// Yes or no.
    pub(crate) fn flag(&self, name: &str) -> Result<bool, Error> {
        let read =
            |value: &Value| value.as_bool().ok_or_else(|| Error::invalid(name, "true or false"));
        self.get(name).map_or(Ok(false), read)
    }

    /// The objects of a list.
    pub(crate) fn objects(&self, name: &str) -> Result<Vec<Self>, Error> {
        let wrong = || Error::invalid(name, "a list of objects");
        let Some(value) = self.get(name) else { return Ok(Vec::new()) };
        let items = value.as_array().ok_or_else(wrong)?;
        items.iter().map(|item| item.as_object().cloned().map(Self).ok_or_else(wrong)).collect()
    }

    /// The texts of a list; none if there is no list.
    pub(crate) fn texts<T>(&self, name: &str) -> Result<Option<Vec<T>>, Error>
    where
        T: FromStr<Err: Display>,
    {
        let Some(value) = self.get(name) else { return Ok(None) };
        let items = value.as_array().ok_or_else(|| Error::invalid(name, "a list of strings"))?;
        items.iter().map(|item| read(name, Some(item))).collect::<Result<_, _>>().map(Some)
    }

    /// Stops if something is asked for that this API can't do.
    pub(crate) fn refuse(&self, name: &str, why: &str) -> Result<(), Error> {
        self.get(name).map_or(Ok(()), |_| Err(Error::invalid(name, why)))
    }
}

fn read<T>(name: &str, value: Option<&Value>) -> Result<T, Error>
where
    T: FromStr<Err: Display>,
{
    let value = value.ok_or_else(|| Error::Missing(name.to_owned()))?;
    let text = value.as_str().ok_or_else(|| Error::invalid(name, "a string"))?;
    text.parse().map_err(|error: T::Err| Error::Wrong {
        param: name.to_owned(),
        sentence: error.to_string(),
    })
}
