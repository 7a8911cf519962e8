//! The parameters of a list.

use std::{convert::Infallible, str::FromStr};

use axum::extract::FromRequestParts;
use http::request::Parts;
use sha2::{Digest as _, Sha256};
use store::Page;

use crate::error::Error;

/// What stands behind the question mark, in order; parameters that are not asked for are ignored.
pub(crate) struct Query(Vec<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        // Whatever stands there can be taken apart.
        let query = parts.uri.query().unwrap_or_default();
        Ok(Self(serde_urlencoded::from_str(query).unwrap_or_default()))
    }
}

impl Query {
    /// A parameter that may be given once.
    pub(crate) fn one<T: FromStr>(&self, name: &str, wanted: &str) -> Result<Option<T>, Error> {
        let mut values = self.0.iter().filter(|(of, _)| of == name).map(|(_, value)| value);
        match (values.next(), values.next()) {
            (None, _) => Ok(None),
            (Some(value), None) => {
                value.parse().map(Some).map_err(|_| Error::invalid(name, wanted))
            }
            (Some(_), Some(_)) => Err(Error::invalid(name, "given once")),
        }
    }

    /// A parameter that may be given several times, as `name[]` or `name`; an empty list is none.
    pub(crate) fn many<T: FromStr>(&self, name: &str, wanted: &str) -> Result<Vec<T>, Error> {
        let is_it = |of: &str| of.strip_suffix("[]").unwrap_or(of) == name;
        self.0
            .iter()
            .filter(|(of, _)| is_it(of))
            .map(|(of, value)| value.parse().map_err(|_| Error::invalid(of, wanted)))
            .collect()
    }

    /// As [`Query::many`], where several values may also stand in one, between commas.
    pub(crate) fn list<T: FromStr>(&self, name: &str, wanted: &str) -> Result<Vec<T>, Error> {
        let lists = self.many::<String>(name, wanted)?;
        let values = lists.iter().flat_map(|list| list.split(','));
        values.map(|value| value.parse().map_err(|_| Error::invalid(name, wanted))).collect()
    }

    /// Stops if there is a parameter that the operation does not know: whoever sent it would take the
    /// answer for what it is not.
    pub(crate) fn only(&self, single: &[&str], lists: &[&str]) -> Result<(), Error> {
        let is_known = |name: &str| {
            single.contains(&name) || lists.contains(&name.strip_suffix("[]").unwrap_or(name))
        };
        match self.0.iter().find(|(name, _)| !is_known(name)) {
            Some((name, _)) => Err(Error::Unknown(name.clone())),
            None => Ok(()),
        }
    }

    /// A number that questions have in common whose parameters are the same, but for some.
    pub(crate) fn mark(&self, of: &str, besides: &[&str]) -> u64 {
        let counts = |(name, _): &&(String, String)| !besides.contains(&name.as_str());
        let mut parameters: Vec<_> = self.0.iter().filter(counts).collect();
        parameters.sort();
        let mut hash = Sha256::new_with_prefix(of);
        for text in parameters.into_iter().flat_map(|(name, value)| [name, value]) {
            hash.update(text.len().to_be_bytes());
            hash.update(text);
        }
        let digest: [u8; 32] = hash.finalize().into();
        digest.first_chunk().map_or(0, |first| u64::from_be_bytes(*first))
    }

    /// Which page is asked for.
    pub(crate) fn page<I: FromStr>(&self) -> Result<Page<I>, Error> {
        self.page_by(20)
    }

    /// As [`Query::page`], in the order that is asked for.
    pub(crate) fn ordered_page<I: FromStr>(&self) -> Result<Page<I>, Error> {
        let order = self.one::<String>("order", "asc or desc")?;
        let newest_first = match order.as_deref() {
            None | Some("asc") => false,
            Some("desc") => true,
            Some(_) => return Err(Error::invalid("order", "asc or desc")),
        };
        Ok(Page { newest_first, ..self.page()? })
    }

    /// As [`Query::page`], of so many objects unless told otherwise.
    pub(crate) fn page_by<I: FromStr>(&self, most: u16) -> Result<Page<I>, Error> {
        let limit = self.one::<u16>("limit", LIMIT)?.unwrap_or(most);
        if !(1..=100).contains(&limit) {
            return Err(Error::invalid("limit", LIMIT));
        }
        let cursor = |name| self.one(name, "the id of an object of this list");
        let (after, before) = (cursor("after")?, cursor("before")?);
        Ok(Page { after, before, newest_first: false, limit })
    }
}

const LIMIT: &str = "a whole number from 1 to 100";

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    async fn query(text: &str) -> Query {
        let (mut parts, ()) = Request::get(format!("/x?{text}")).body(()).unwrap().into_parts();
        let Ok(query) = Query::from_request_parts(&mut parts, &()).await;
        query
    }

    #[tokio::test]
    async fn lists_may_be_written_either_way() {
        let both = query("emails%5B%5D=a&emails[]=b&emails=c&email=d").await;
        assert_eq!(both.many::<String>("emails", "").unwrap(), ["a", "b", "c"]);
        assert!(query("").await.many::<String>("emails", "").unwrap().is_empty());
    }

    #[tokio::test]
    async fn some_lists_may_be_one_text() {
        let both = query("ids=1,2&ids[]=3&ids=4").await;
        assert_eq!(both.list::<u8>("ids", "").unwrap(), [1, 2, 3, 4]);
        assert!(query("ids=1,,2").await.list::<u8>("ids", "").is_err());
        assert!(query("ids=").await.list::<u8>("ids", "").is_err());
    }

    #[tokio::test]
    async fn what_is_not_known_is_named() {
        let asked = query("a=1&b[]=2&b=3").await;
        assert!(asked.only(&["a"], &["b"]).is_ok());
        assert!(asked.only(&["a", "b"], &[]).is_err());
        assert!(query("a[]=1").await.only(&["a"], &[]).is_err());
    }

    #[tokio::test]
    async fn the_same_question_has_one_mark() {
        let mark = async |text: &str| query(text).await.mark("org", &["page"]);
        assert_eq!(mark("a=1&b=2&page=x").await, mark("b=2&a=1").await);
        assert_ne!(mark("a=1&b=2").await, mark("a=1b&=2").await);
        assert_ne!(mark("a=1").await, query("a=1").await.mark("other", &["page"]));
    }

    #[tokio::test]
    async fn limits_are_limited() {
        assert_eq!(query("").await.page::<u8>().unwrap().limit, 20);
        assert_eq!(query("limit=100").await.page::<u8>().unwrap().limit, 100);
        for wrong in ["limit=0", "limit=101", "limit=-1", "limit=", "limit=1&limit=2", "after=x"] {
            assert!(query(wrong).await.page::<u8>().is_err(), "{wrong}");
        }
    }
}
