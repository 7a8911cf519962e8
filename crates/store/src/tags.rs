//! Usage by the values of one key of tags. What has no such tag is what is left of the whole, so that all
//! values and what has none are the ledger.

use std::collections::BTreeMap;
use std::{fmt, str::FromStr};

use bigdecimal::BigDecimal;
use domain::{Action, Caller, Tag, TagError, TagKey};
use serde::{Deserialize, Serialize};
use sqlx::types::Uuid;

use crate::{
    Conflict, Store, StoreError,
    money::usd,
    slices::{Apart, Ask, Dimension, Grain, Only, Slice, whole, words},
    tx::Tx,
    usage::{Totals, tokens},
};

/// What a request says by one key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TagValue {
    /// This.
    Named(String),
    /// One of the values past the first [`TAG_VALUES`](crate::system::TAG_VALUES) of a day.
    Other,
    /// Nothing: it has no tag of this key.
    None,
}

/// One value of one key. Its text form is `team=search`, `team=` for all other values, and `team` for
/// requests without one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TagGroup {
    /// The key.
    pub key: TagKey,
    /// Its value.
    pub value: TagValue,
}

impl fmt::Display for TagGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = &self.key;
        match &self.value {
            TagValue::Named(value) => write!(f, "{key}={value}"),
            TagValue::Other => write!(f, "{key}="),
            TagValue::None => write!(f, "{key}"),
        }
    }
}

impl FromStr for TagGroup {
    type Err = TagError;

    fn from_str(text: &str) -> Result<Self, TagError> {
        match text.split_once('=') {
            None => Ok(Self { key: text.parse()?, value: TagValue::None }),
            Some((key, "")) => Ok(Self { key: key.parse()?, value: TagValue::Other }),
            Some((key, value)) => {
                let (key, value) = Tag::new(key, value)?.parts();
                Ok(Self { key, value: TagValue::Named(value) })
            }
        }
    }
}

/// By which key usage is told apart or filtered, and which of its values are meant; none for all of them
/// and for requests without it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagOnly {
    /// The key.
    pub key: TagKey,
    /// Of these values.
    pub values: Vec<TagValue>,
}

impl Store {
    /// Most keys that are answered at once.
    pub const MOST_TAG_KEYS: u16 = 50;

    /// The keys of tags of all requests that the caller sees, the most used first.
    pub async fn tag_keys(&self, caller: &Caller) -> Result<Vec<TagKey>, StoreError> {
        caller.may(Action::List)?;
        let mut tx = self.tenant(caller).await?;
        let keys = sqlx::query_scalar!(
            r#"SELECT tag_key AS "key!"
             FROM (SELECT tag_key, requests FROM tag_rollups WHERE org_id = $1 AND shape = 0
                UNION ALL SELECT exq_tag_key(g.tag), d.requests FROM tag_deltas d CROSS JOIN unnest(d.tags) AS g (tag)
                WHERE d.org_id = $1) u
             GROUP BY 1 ORDER BY sum(requests) DESC, 1 LIMIT $2"#,
            caller.org.uuid(),
            i64::from(Self::MOST_TAG_KEYS)
        )
        .fetch_all(&mut *tx)
        .await?;
        let damaged = |_| StoreError::Damaged("a tag’s key is none");
        keys.iter().map(|key| key.parse().map_err(damaged)).collect()
    }
}

/// Rollups by tag keep project and model.
pub(crate) fn may_ask(by: &[Dimension], only: &Only) -> Result<(), StoreError> {
    let by_tag = by.contains(&Dimension::Tag);
    if !by_tag && only.tag.is_none() {
        return Ok(());
    }
    if by_tag && only.tag.is_none() {
        return Err(StoreError::NotFound);
    }
    let keeps = |dimension: &Dimension| !matches!(dimension, Dimension::Key | Dimension::Member);
    if by.iter().all(keeps) && only.keys.is_empty() && only.members.is_empty() {
        Ok(())
    } else {
        Err(StoreError::Conflict(Conflict::TaggedByKey))
    }
}

/// As [`whole`], told apart by a tag or filtered by it. What has none is right if all statements of the
/// transaction see the same instant.
pub(crate) async fn slices(
    tx: &mut Tx,
    caller: &Caller,
    ask: Ask<'_>,
    tag: &TagOnly,
) -> Result<Vec<Slice>, StoreError> {
    let apart = ask.by.contains(&Dimension::Tag);
    let by: Vec<_> = ask.by.iter().copied().filter(|it| *it != Dimension::Tag).collect();
    let only = Only { tag: None, ..ask.only.clone() };
    let untold = Ask { by: &by, only: &only, ..ask };
    let all = tag.values.is_empty();
    if all && !apart {
        return Ok(whole(tx, caller, untold).await?.slices);
    }
    let values: Vec<String> = tag.values.iter().filter_map(stored).collect();
    let mut found = Vec::new();
    if all || !values.is_empty() {
        found = tagged(tx, caller, ask, &tag.key, &values).await?;
    }
    if all || tag.values.contains(&TagValue::None) {
        let tagged = if all {
            found.iter().map(|slice| Slice { tag: None, ..slice.clone() }).collect()
        } else {
            tagged(tx, caller, untold, &tag.key, &[]).await?
        };
        let none = TagGroup { key: tag.key.clone(), value: TagValue::None };
        let rest = left(whole(tx, caller, untold).await?.slices, tagged);
        found.extend(rest.map(|slice| Slice { tag: apart.then(|| none.clone()), ..slice }));
    }
    let mut sums = BTreeMap::new();
    for slice in found {
        add(&mut sums, &slice, Totals::plus);
    }
    Ok(sums.into_values().collect())
}

/// By stretch and group.
type Sums = BTreeMap<(usize, Apart), Slice>;

fn add(sums: &mut Sums, slice: &Slice, with: fn(Totals, Totals) -> Totals) {
    let place = (slice.stretch, slice.apart());
    let sum = sums.entry(place).or_insert(Slice { totals: Totals::default(), ..slice.clone() });
    sum.totals = with(sum.totals, slice.totals);
}

/// What is left of the whole without a part of it.
fn left(whole: Vec<Slice>, part: Vec<Slice>) -> impl Iterator<Item = Slice> {
    let mut sums = Sums::new();
    for slice in whole {
        add(&mut sums, &Slice { person: None, ..slice }, Totals::plus);
    }
    for slice in part {
        add(&mut sums, &slice, Totals::minus);
    }
    sums.into_values().filter(|slice| slice.totals != Totals::default())
}

/// As the tables have it; nothing for what no row is of.
fn stored(value: &TagValue) -> Option<String> {
    match value {
        TagValue::Named(value) => Some(value.clone()),
        TagValue::Other => Some(String::new()),
        TagValue::None => None,
    }
}

/// The rollup of `exq_tag_shapes` that answers with the fewest rows. Who does not see the whole organization
/// sees what keeps the project.
fn shape(caller: &Caller, ask: &Ask<'_>) -> i16 {
    let project = ask.needs(Dimension::Project) || caller.may(Action::SeeWhole).is_err();
    match (ask.grain, project, ask.needs(Dimension::Model)) {
        (Grain::Days, false, false) => 1,
        (Grain::Days, true, false) => 2,
        (Grain::Days, false, true) => 3,
        (Grain::Days, true, true) => 4,
        (Grain::Quarters, false, false) => 11,
        (Grain::Quarters, ..) => 14,
    }
}

/// The statement for one grain: the column of time of what is not folded. Such usage of a value that came
/// too late to have rows of its own that day is with the others already: it may be what a correction takes
/// away from them.
macro_rules! tagged {
    ($tx:expr, $caller:expr, $ask:expr, $key:expr, $values:expr, $at:literal) => {
        sqlx::query_as!(
            Row,
            r#"WITH used AS (
                SELECT at, tag_value, project_id, model, sandbox, requests, estimated, unpriced, input, cached, cache_write,
                    cache_write_1h, audio_input, image_input, output, reasoning, audio_output, image_output, charge
                FROM tag_rollups WHERE org_id = $1 AND shape = $4 AND tag_key = $5 AND at >= $2 AND at < $3
                UNION ALL
                SELECT d."# + $at + r#", CASE WHEN EXISTS (SELECT FROM tag_rollups r
                        WHERE r.org_id = $1 AND r.shape = $4 AND r.tag_key = $5 AND r.at = d."# + $at + r#" AND r.tag_value = '')
                    AND NOT EXISTS (SELECT FROM tag_rollups r WHERE r.org_id = $1 AND r.shape = $4 AND r.tag_key = $5
                        AND r.at = d."# + $at + r#" AND r.tag_value = exq_tag_value(g.tag)) THEN '' ELSE exq_tag_value(g.tag) END,
                    d.project_id, d.model, d.sandbox, d.requests, d.estimated, d.unpriced, d.input, d.cached, d.cache_write,
                    d.cache_write_1h, d.audio_input, d.image_input, d.output, d.reasoning, d.audio_output, d.image_output, d.charge
                FROM tag_deltas d CROSS JOIN unnest(d.tags) AS g (tag)
                WHERE d.org_id = $1 AND exq_tag_key(g.tag) = $5 AND d."# + $at + r#" >= $2 AND d."# + $at + r#" < $3
            )
            SELECT width_bucket(at, $6::timestamptz[]) AS "stretch!", CASE WHEN 'tag' = ANY ($7) THEN tag_value END AS value,
                CASE WHEN 'project' = ANY ($7) THEN project_id END AS project, CASE WHEN 'model' = ANY ($7) THEN model END AS model,
                exq_sum(requests) AS "requests!", exq_sum(estimated) AS "estimated!", exq_sum(unpriced) AS "unpriced!",
                ARRAY[exq_sum(input), exq_sum(cached), exq_sum(cache_write), exq_sum(cache_write_1h), exq_sum(audio_input),
                    exq_sum(image_input), exq_sum(output), exq_sum(reasoning), exq_sum(audio_output),
                    exq_sum(image_output)] AS "tokens!",
                sum(charge) AS "charge!"
            FROM used
            WHERE (cardinality($8::text[]) = 0 OR tag_value = ANY ($8)) AND (cardinality($9::uuid[]) = 0 OR project_id = ANY ($9))
                AND (cardinality($10::text[]) = 0 OR model = ANY ($10)) AND ($11::boolean IS NULL OR sandbox = $11)
            GROUP BY 1, 2, 3, 4"#,
            $caller.org.uuid(),
            $ask.bounds.first(),
            $ask.bounds.last(),
            shape($caller, &$ask),
            $key.as_str(),
            $ask.bounds,
            &words($ask.by),
            $values,
            &$ask.only.projects,
            &$ask.only.models,
            $ask.only.sandbox
        )
        .fetch_all(&mut **$tx)
        .await?
    };
}

/// What has the key; with values, those alone.
async fn tagged(
    tx: &mut Tx,
    caller: &Caller,
    ask: Ask<'_>,
    key: &TagKey,
    values: &[String],
) -> Result<Vec<Slice>, StoreError> {
    let rows = match ask.grain {
        Grain::Days => tagged!(tx, caller, ask, key, values, "day_starts"),
        Grain::Quarters => tagged!(tx, caller, ask, key, values, "quarter"),
    };
    rows.into_iter().map(|row| row.slice(key)).collect()
}

/// As the statement answers.
struct Row {
    stretch: i32,
    value: Option<String>,
    project: Option<Uuid>,
    model: Option<String>,
    requests: i64,
    estimated: i64,
    unpriced: i64,
    tokens: Vec<i64>,
    charge: BigDecimal,
}

impl Row {
    fn slice(self, key: &TagKey) -> Result<Slice, StoreError> {
        let named = |value: String| {
            if value.is_empty() { TagValue::Other } else { TagValue::Named(value) }
        };
        let tag = self.value.map(|value| TagGroup { key: key.clone(), value: named(value) });
        let apart = Apart { project: self.project, model: self.model, tag, ..Apart::default() };
        let totals = Totals {
            requests: self.requests,
            estimated: self.estimated,
            unpriced: self.unpriced,
            tokens: tokens(&self.tokens),
            charge: usd(&self.charge)?,
        };
        Ok(Slice::of(usize::try_from(self.stretch - 1).unwrap_or(0), apart, totals))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_reads_back_and_what_is_no_tag_is_none() {
        for (text, value) in [
            ("team=search", TagValue::Named("search".to_owned())),
            ("team=a=b", TagValue::Named("a=b".to_owned())),
            ("team=(none)", TagValue::Named("(none)".to_owned())),
            ("team=", TagValue::Other),
            ("team", TagValue::None),
        ] {
            let group: TagGroup = text.parse().unwrap();
            assert_eq!((group.to_string().as_str(), group.value), (text, value));
        }
        for wrong in ["", "=", "Team", "Team=", "te am=x", "team=a\nb", "<script>"] {
            assert!(wrong.parse::<TagGroup>().is_err(), "{wrong}");
        }
    }
}
