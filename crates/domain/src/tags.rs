//! Tags: what a client says about a request, so that usage can be told apart by it.

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::text::is_printable;

/// Why a tag is not taken, as a sentence for who wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TagError {
    /// No `=` between key and value.
    #[error("a tag is written as key=value")]
    NotAPair,
    /// Empty, too long, or with other characters.
    #[error("a tag’s key has 1 to {LONGEST_KEY} characters, each of them a-z, 0-9, _, . or -")]
    Key,
    /// Empty, too long, or with what does not print.
    #[error("a tag’s value has 1 to {LONGEST_VALUE} characters that print")]
    Value,
    /// A key twice.
    #[error("a tag’s key stands there twice")]
    Twice,
    /// More than a request may have.
    #[error("a request has at most {} tags", Tags::MOST)]
    TooMany,
}

/// Most characters of a key.
const LONGEST_KEY: usize = 32;
/// Most characters of a value.
const LONGEST_VALUE: usize = 64;

/// What a tag is about, such as `team`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TagKey(String);

impl TagKey {
    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TagKey {
    type Err = TagError;

    /// Spaces around it do not count.
    fn from_str(text: &str) -> Result<Self, TagError> {
        let key = text.trim();
        let fits = |c| matches!(c, 'a'..='z' | '0'..='9' | '_' | '.' | '-');
        if key.is_empty() || key.len() > LONGEST_KEY || !key.chars().all(fits) {
            return Err(TagError::Key);
        }
        Ok(Self(key.to_owned()))
    }
}

impl TryFrom<String> for TagKey {
    type Error = TagError;

    fn try_from(text: String) -> Result<Self, TagError> {
        text.parse()
    }
}

impl From<TagKey> for String {
    fn from(key: TagKey) -> Self {
        key.0
    }
}

impl fmt::Display for TagKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One tag. Its text form is `key=value`; a key contains no `=`, so that it can be read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    key: TagKey,
    value: String,
}

impl Tag {
    /// A key and a value; spaces around them do not count.
    pub fn new(key: &str, value: &str) -> Result<Self, TagError> {
        let (key, value) = (key.parse()?, value.trim());
        let length = value.chars().count();
        if length == 0 || length > LONGEST_VALUE || !value.chars().all(is_printable) {
            return Err(TagError::Value);
        }
        Ok(Self { key, value: value.to_owned() })
    }

    /// What it is about, and what it says of that.
    pub fn parts(self) -> (TagKey, String) {
        (self.key, self.value)
    }
}

impl FromStr for Tag {
    type Err = TagError;

    fn from_str(text: &str) -> Result<Self, TagError> {
        let (key, value) = text.split_once('=').ok_or(TagError::NotAPair)?;
        Self::new(key, value)
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.key, self.value)
    }
}

/// The tags of a request, at most one of each key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tags(BTreeMap<TagKey, String>);

impl Tags {
    /// So many a request may have.
    pub const MOST: usize = 8;

    /// Reads `team=search, feature=chat`; a text of nothing has no tags.
    pub fn parse(text: &str) -> Result<Self, TagError> {
        let mut tags = Self::default();
        for part in text.split(',').filter(|part| !part.trim().is_empty()) {
            tags.add(part.parse()?)?;
        }
        Ok(tags)
    }

    /// One more.
    pub fn add(&mut self, tag: Tag) -> Result<(), TagError> {
        if self.0.contains_key(&tag.key) {
            return Err(TagError::Twice);
        }
        if self.0.len() == Self::MOST {
            return Err(TagError::TooMany);
        }
        self.0.insert(tag.key, tag.value);
        Ok(())
    }

    /// There is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// In order of their keys.
    pub fn iter(&self) -> impl Iterator<Item = Tag> {
        self.0.iter().map(|(key, value)| Tag { key: key.clone(), value: value.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, TagError> {
        let tags = Tags::parse(text)?;
        Ok(tags.iter().map(|tag| tag.to_string()).collect::<Vec<_>>().join(" | "))
    }

    #[test]
    fn reads_what_the_header_says() {
        for (text, tags) in [
            ("", ""),
            (" , ", ""),
            ("team=search", "team=search"),
            ("team=search, feature=chat", "feature=chat | team=search"),
            (" b = two words ,a=1,", "a=1 | b=two words"),
            ("a=b=c", "a=b=c"),
            ("customer.id_4-x=Łódź", "customer.id_4-x=Łódź"),
            ("a=<b>&\"'", "a=<b>&\"'"),
            ("a=1,b=2,c=3,d=4,e=5,f=6,g=7,h=8", "a=1 | b=2 | c=3 | d=4 | e=5 | f=6 | g=7 | h=8"),
        ] {
            assert_eq!(read(text).as_deref(), Ok(tags), "{text}");
        }
        let longest = format!("{}={}", "k".repeat(32), "ß".repeat(64));
        assert_eq!(read(&longest).as_deref(), Ok(longest.as_str()));
    }

    #[test]
    fn refuses_what_is_outside_the_grammar() {
        for (text, error) in [
            ("team", TagError::NotAPair),
            ("=search", TagError::Key),
            ("Team=search", TagError::Key),
            ("te am=search", TagError::Key),
            ("tëam=search", TagError::Key),
            ("team=", TagError::Value),
            ("team= ", TagError::Value),
            ("team=a\u{7}b", TagError::Value),
            ("team=a\0b", TagError::Value),
            ("team=a\nb", TagError::Value),
            ("team=a\u{202e}b", TagError::Value),
            ("team=a,team=b", TagError::Twice),
            ("a=1,b=2,c=3,d=4,e=5,f=6,g=7,h=8,i=9", TagError::TooMany),
        ] {
            assert_eq!(read(text), Err(error), "{text:?}");
        }
        assert_eq!(read(&format!("{}=v", "k".repeat(33))), Err(TagError::Key));
        assert_eq!(read(&format!("k={}", "v".repeat(65))), Err(TagError::Value));
    }

    #[test]
    fn a_tag_is_read_back_from_its_text() {
        let tag = Tag::new("a", "b=c").unwrap();
        assert_eq!(tag.to_string().parse(), Ok(tag));
    }
}
