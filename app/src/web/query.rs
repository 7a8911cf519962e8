//! What stands in an address.

#![expect(clippy::disallowed_types, reason = "here axum's extractors get the house's answers")]

use std::collections::HashMap;

use axum::{
    extract::{self, FromRequestParts},
    http::request::Parts,
};
use serde::de::DeserializeOwned;

use super::Failure;

/// The parameters behind the question mark; an extractor. People edit addresses: what is not asked
/// for is passed over, of a parameter that stands there twice the last one counts, and bytes that
/// are no text become the sign that stands for none. So a field that is a text can't be refused.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let query = parts.uri.query().unwrap_or_default();
        let once: HashMap<String, String> = serde_urlencoded::from_str(query).unwrap_or_default();
        let query = serde_urlencoded::to_string(once).unwrap_or_default();
        serde_urlencoded::from_str(&query).map(Self).map_err(|_| Failure::BadRequest)
    }
}

/// The parts of the path that name things; an extractor. What is not even text leads nowhere.
#[derive(Debug)]
pub struct Path<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let read = extract::Path::from_request_parts(parts, state).await;
        read.map(|extract::Path(named)| Self(named)).map_err(|_| Failure::NotFound)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    struct Asked {
        #[serde(default)]
        search: String,
        next: Option<String>,
    }

    async fn read(query: &str) -> Asked {
        let (mut parts, ()) = Request::get(format!("/x?{query}")).body(()).unwrap().into_parts();
        Query::from_request_parts(&mut parts, &()).await.unwrap().0
    }

    #[tokio::test]
    async fn any_query_is_read() {
        assert_eq!(read("").await, Asked::default());
        assert_eq!(read("&&=&%&x=1&search").await, Asked::default());
        let twice = read("next=a&search=%C3%A4&next=b").await;
        assert_eq!(twice, Asked { search: "ä".to_owned(), next: Some("b".to_owned()) });
        assert_eq!(read("search=%FF").await.search, "\u{fffd}");
    }
}
