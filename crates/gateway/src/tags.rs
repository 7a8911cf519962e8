//! The tags of a request: what its header says, then what OpenAI's own fields say.

use std::collections::BTreeMap;

use domain::{Tag, Tags};
use http::HeaderMap;
use serde_json::value::RawValue;

use crate::{error::Error, headers};

/// A wrong header is an error of who wrote it for us. What stands in the body was written for the
/// provider: of that is taken what fits, and the rest left out.
pub(crate) fn of(
    head: &HeaderMap,
    metadata: Option<&RawValue>,
    user: Option<&RawValue>,
) -> Result<Tags, Error> {
    let mut tags = header(head)?;
    let fields = metadata.and_then(read::<BTreeMap<String, serde_json::Value>>);
    for (key, value) in fields.unwrap_or_default() {
        if let serde_json::Value::String(value) = value {
            offer(&mut tags, &key, &value);
        }
    }
    if let Some(user) = user.and_then(read::<String>) {
        offer(&mut tags, "user", &user);
    }
    Ok(tags)
}

/// Several headers are one list.
fn header(head: &HeaderMap) -> Result<Tags, Error> {
    let values: Vec<&[u8]> = head.get_all(headers::TAGS).iter().map(AsRef::as_ref).collect();
    let text = String::from_utf8(values.join(&b","[..]));
    let text = text.map_err(|_| Error::InvalidTags(domain::TagError::Value))?;
    Tags::parse(&text).map_err(Error::InvalidTags)
}

/// One key twice, one too many, or outside the grammar: left out.
fn offer(tags: &mut Tags, key: &str, value: &str) {
    if let Ok(tag) = Tag::new(key, value) {
        let _ = tags.add(tag);
    }
}

fn read<T: serde::de::DeserializeOwned>(raw: &RawValue) -> Option<T> {
    serde_json::from_str(raw.get()).ok()
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn tags(header: &[&[u8]], metadata: &str, user: &str) -> Result<String, Error> {
        let mut head = HeaderMap::new();
        for value in header {
            head.append(headers::TAGS, HeaderValue::from_bytes(value).unwrap());
        }
        let raw = |text: &str| {
            (!text.is_empty()).then(|| RawValue::from_string(text.to_owned()).unwrap())
        };
        let (metadata, user) = (raw(metadata), raw(user));
        let tags = of(&head, metadata.as_deref(), user.as_deref())?;
        Ok(tags.iter().map(|tag| tag.to_string()).collect::<Vec<_>>().join(" | "))
    }

    #[test]
    fn the_header_goes_before_the_body_and_metadata_before_the_user() {
        for (header, metadata, user, expected) in [
            (&[][..], "", "", ""),
            (&[&b"team=search, feature=chat"[..]][..], "", "", "feature=chat | team=search"),
            (&[b"a=1", b"b=2"], "", "", "a=1 | b=2"),
            (&["city=Łódź".as_bytes()], "", "", "city=Łódź"),
            (&[], r#"{"team":"search"}"#, r#""u-7""#, "team=search | user=u-7"),
            (&[b"team=mine"], r#"{"team":"search","x":"y"}"#, "", "team=mine | x=y"),
            (&[b"user=me"], r#"{"user":"you"}"#, r#""they""#, "user=me"),
            (&[], r#"{"user":"you"}"#, r#""they""#, "user=you"),
            // Left out: no text, no such key, too long, empty; and what is no object or no text at all.
            (&[], r#"{"a":1,"B":"x","c":"","d":"y","e":{"f":"g"}}"#, "7", "d=y"),
            (&[], "[1]", "null", ""),
            (&[], "null", r#""a\nb""#, ""),
            (
                &[b"a=1,b=2,c=3,d=4,e=5,f=6,g=7"],
                r#"{"y":"8","z":"9"}"#,
                r#""u""#,
                "a=1 | b=2 | c=3 | d=4 | e=5 | f=6 | g=7 | y=8",
            ),
        ] {
            let read = tags(header, metadata, user).unwrap();
            assert_eq!(read, expected, "{header:?} {metadata} {user}");
        }
    }

    #[test]
    fn a_wrong_header_is_an_error() {
        for header in
            [&b"team"[..], b"Team=x", b"a=1,a=2", b"a=\xff", b"a=1,b=2,c=3,d=4,e=5,f=6,g=7,h=8,i=9"]
        {
            let read = tags(&[header], "", "");
            assert!(matches!(read, Err(Error::InvalidTags(_))), "{header:?}");
        }
        assert!(tags(&[b"a=1", b"a=2"], "", "").is_err());
    }
}
