//! What is asked, read from the address.

use std::str::FromStr;

use chrono::{DateTime, Utc};
use domain::{KeyId, OrgId, ProjectId, UserId};
use store::slices::Only;

use super::{
    buckets::{Buckets, Width},
    endpoint::{Endpoint, Meter},
};
use crate::{error::Error, query::Query};

/// 2020: nobody's usage is older, and who asks for it has most likely counted in another unit.
const EARLIEST: i64 = 1_577_836_800;
/// The year 10000.
const LATEST: i64 = 253_402_300_800;
const TIME: &str = "a time in seconds since 1970, from 1577836800 (the year 2020) on";
const WORDS: &str = "names of 1 to 100 printable characters without spaces";

/// What results are told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Group {
    Project,
    User,
    Key,
    Model,
    Batch,
    Tier,
    LineItem,
}

impl Group {
    /// None for words that only what is never metered knows.
    fn of(word: &str) -> Option<Self> {
        match word {
            "project_id" => Some(Self::Project),
            "user_id" => Some(Self::User),
            "api_key_id" => Some(Self::Key),
            "model" => Some(Self::Model),
            "batch" => Some(Self::Batch),
            "service_tier" => Some(Self::Tier),
            "line_item" => Some(Self::LineItem),
            _ => None,
        }
    }
}

/// What is asked of one address.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) groups: Vec<Group>,
    pub(super) only: Only,
    pub(super) batch: Option<bool>,
    pub(super) width: Width,
    pub(super) buckets: Buckets,
    /// Tells it from other questions, whichever page of it is asked for.
    mark: u64,
}

impl Question {
    /// Reads it; `now` is the database's time, after which there are no buckets.
    pub(super) fn read(
        query: &Query,
        endpoint: &'static Endpoint,
        org: OrgId,
        now: DateTime<Utc>,
    ) -> Result<Self, Error> {
        let mut single =
            vec!["start_time", "end_time", "bucket_width", "limit", "page", "exchequer_sandbox"];
        // The one address that tells batches apart.
        single.extend((endpoint.meter == Some(Meter::Completions)).then_some("batch"));
        query.only(&single, &[endpoint.filters, &["group_by"]].concat())?;
        let mark = query.mark(&format!("{org} {}", endpoint.name), &["page", "limit"]);
        let (width, buckets) = buckets(query, endpoint, mark, now.timestamp())?;
        Ok(Self {
            groups: groups(query, endpoint)?,
            only: only(query, endpoint)?,
            batch: query.one("batch", "true or false")?,
            width,
            buckets,
            mark,
        })
    }

    /// Whether results are told apart by this.
    pub(super) fn by(&self, group: Group) -> bool {
        self.groups.contains(&group)
    }

    /// What asks for the page that begins there.
    pub(super) fn cursor(&self, at: i64) -> String {
        format!("page_{at:010x}{:016x}", self.mark)
    }
}

fn groups(query: &Query, endpoint: &Endpoint) -> Result<Vec<Group>, Error> {
    let mut groups = Vec::new();
    for word in query.list::<String>("group_by", "words")? {
        if !endpoint.groups.contains(&&*word) {
            return Err(Error::invalid("group_by", &any_of(endpoint.groups)));
        }
        groups.extend(Group::of(&word));
    }
    Ok(groups)
}

/// `a, b or c`.
fn any_of(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

fn only(query: &Query, endpoint: &Endpoint) -> Result<Only, Error> {
    // What the endpoint does not have was refused already.
    let projects = query.list::<ProjectId>("project_ids", "ids of projects")?;
    let keys = query.list::<KeyId>("api_key_ids", "ids of API keys")?;
    let members = query.list::<UserId>("user_ids", "ids of users")?;
    let mut models = Vec::new();
    for name in endpoint.filters.iter().filter(|name| !name.ends_with("_ids")) {
        // Of what is never metered there are further lists, which leave out nothing that is there.
        let words = query.many::<Word>(name, WORDS)?;
        models.extend(words.into_iter().filter(|_| *name == "models").map(|word| word.0));
    }
    Ok(Only {
        projects: projects.into_iter().map(ProjectId::uuid).collect(),
        keys: keys.into_iter().map(KeyId::uuid).collect(),
        members: members.into_iter().map(UserId::uuid).collect(),
        models,
        sandbox: query.one("exchequer_sandbox", "true or false")?,
        tag: None,
    })
}

/// Something that could be the name of a model.
struct Word(String);

struct NoWord;

impl FromStr for Word {
    type Err = NoWord;

    fn from_str(text: &str) -> Result<Self, NoWord> {
        let is_plain =
            (1..=100).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        if is_plain { Ok(Self(text.to_owned())) } else { Err(NoWord) }
    }
}

/// The buckets of the page that is asked for.
fn buckets(
    query: &Query,
    endpoint: &Endpoint,
    mark: u64,
    now: i64,
) -> Result<(Width, Buckets), Error> {
    let wanted = if endpoint.meter == Some(Meter::Costs) { "1d or 1h" } else { "1m, 1h or 1d" };
    let width = match query.one::<String>("bucket_width", wanted)? {
        None => Width::Day,
        Some(word) => Width::of(&word, endpoint.meter)
            .ok_or_else(|| Error::invalid("bucket_width", wanted))?,
    };
    let (usual, range) = width.limits(endpoint.meter);
    let wanted = format!("a whole number from {} to {}", range.start(), range.end());
    let most = query.one("limit", &wanted)?.unwrap_or(usual);
    if !range.contains(&most) {
        return Err(Error::invalid("limit", &wanted));
    }
    let (first, last) = span(query, width, now)?;
    let wanted = "`next_page` of an answer to the same question";
    let from = match query.one::<Cursor>("page", wanted)? {
        None => first,
        Some(Cursor { at, of }) if of == mark && at > first && width.floor(at) == at => at,
        Some(_) => return Err(Error::invalid("page", wanted)),
    };
    Ok((width, Buckets::new(width, from, last, most)))
}

/// Where the first bucket of all begins and the last one ends: the one that holds the present, at the
/// latest.
fn span(query: &Query, width: Width, now: i64) -> Result<(i64, i64), Error> {
    let time = |name: &str| {
        let at = query.one::<i64>(name, TIME)?;
        if at.is_some_and(|at| !(EARLIEST..LATEST).contains(&at)) {
            return Err(Error::invalid(name, TIME));
        }
        Ok(at)
    };
    let start = time("start_time")?.ok_or_else(|| Error::Missing("start_time".to_owned()))?;
    let end = time("end_time")?;
    let wrong = |param: &str, sentence: &str| Error::Wrong {
        param: param.to_owned(),
        sentence: sentence.to_owned(),
    };
    if end.is_some_and(|end| end <= start) {
        return Err(wrong("end_time", "it should be later than `start_time`"));
    }
    let after = |at: i64| width.floor(at) + width.seconds();
    let (first, present) = (width.floor(start), after(now));
    if first >= present {
        return Err(wrong("start_time", "it lies in the future"));
    }
    // What ends at a bucket's beginning has nothing of it.
    Ok((first, end.map_or(present, |end| after(end - 1).min(present))))
}

/// Where a page begins, and of which question it is.
struct Cursor {
    at: i64,
    of: u64,
}

impl FromStr for Cursor {
    type Err = NoWord;

    fn from_str(text: &str) -> Result<Self, NoWord> {
        let digits =
            text.strip_prefix("page_").filter(|digits| digits.len() == 26).ok_or(NoWord)?;
        if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(NoWord);
        }
        let (at, of) = digits.split_at(10);
        let at = i64::from_str_radix(at, 16).map_err(|_| NoWord)?;
        Ok(Self { at, of: u64::from_str_radix(of, 16).map_err(|_| NoWord)? })
    }
}
