//! Which entries are asked for.

use std::str::FromStr;

use chrono::{DateTime, Utc};
use domain::{Caller, Email, ProjectId, audit::Kind};
use store::{AuditFilter, Page};

use super::event::TYPES;
use crate::{Admin, error::Error, query::Query};

/// Something that could be an id or the name of a type.
struct Token(String);

struct NoToken;

impl FromStr for Token {
    type Err = NoToken;

    fn from_str(text: &str) -> Result<Self, NoToken> {
        let is_plain =
            (1..=100).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        if is_plain { Ok(Self(text.to_owned())) } else { Err(NoToken) }
    }
}

fn tokens(query: &Query, name: &str) -> Result<Vec<String>, Error> {
    let tokens = query.many::<Token>(name, "ids or names of types")?;
    Ok(tokens.into_iter().map(|token| token.0).collect())
}

/// The filter; none if it surely lets nothing through.
pub(super) async fn read(
    admin: &Admin,
    caller: &Caller,
    query: &Query,
) -> Result<Option<AuditFilter>, Error> {
    let kinds = kinds(&tokens(query, "event_types")?);
    let actors = actors(admin, caller, query).await?;
    let (from, until) = span(query)?;
    let projects = query.many::<ProjectId>("project_ids", "ids of projects")?;
    let subjects = tokens(query, "resource_ids")?;
    // All events here concern one organization.
    let tenant_only = query.one::<bool>("tenant_only", "true or false")?.unwrap_or(false);
    let (Some(actors), false, false) = (actors, kinds.is_empty(), tenant_only) else {
        return Ok(None);
    };
    Ok(Some(AuditFilter { kinds, actors, projects, subjects, from, until }))
}

/// The kinds of these types, by OpenAI's name or ours; of none, all that have a type.
fn kinds(types: &[String]) -> Vec<Kind> {
    let is_asked = |name: &str| types.is_empty() || types.iter().any(|asked| asked == name);
    TYPES
        .iter()
        .filter_map(|(kind, name)| name.map(|name| (*kind, name)))
        .filter(|(kind, name)| is_asked(name) || is_asked(kind.as_str()))
        .map(|(kind, _)| kind)
        .collect()
}

/// Ids of actors; empty for everybody, none for nobody.
async fn actors(
    admin: &Admin,
    caller: &Caller,
    query: &Query,
) -> Result<Option<Vec<String>>, Error> {
    let mut actors = tokens(query, "actor_ids")?;
    let emails = query.many::<Email>("actor_emails", "e-mail addresses")?;
    if emails.is_empty() {
        return Ok(Some(actors));
    }
    // Each address is one person's.
    let all = Page { after: None, before: None, newest_first: false, limit: u16::MAX };
    let members = admin.store.members_page(caller, &all, &emails).await?;
    let named: Vec<_> = members.rows.iter().map(|member| member.user.to_string()).collect();
    if actors.is_empty() {
        actors = named;
    } else {
        actors.retain(|actor| named.contains(actor));
    }
    Ok((!actors.is_empty()).then_some(actors))
}

type Span = (Option<DateTime<Utc>>, Option<DateTime<Utc>>);

/// From, and until before, in whole seconds as events have them.
fn span(query: &Query) -> Result<Span, Error> {
    let bound = |which: &str, later: i64| {
        let name = format!("effective_at[{which}]");
        let wanted = "a time in seconds since 1970";
        let Some(seconds) = query.one::<i64>(&name, wanted)? else { return Ok(None) };
        let at =
            seconds.checked_add(later).and_then(|seconds| DateTime::from_timestamp(seconds, 0));
        // Further than the database can count.
        let at = at.filter(|at| at.timestamp().unsigned_abs() < 100_000_000_000);
        at.map(Some).ok_or_else(|| Error::invalid(&name, wanted))
    };
    let from = bound("gt", 1)?.max(bound("gte", 0)?);
    let until = match (bound("lt", 0)?, bound("lte", 1)?) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    };
    Ok((from, until))
}
