//! What a page of usage shows: every group, every stretch, and the course of the largest groups, all
//! of one instant. However many groups there are, only a few are read stretch by stretch.

use std::{
    cmp::Reverse,
    collections::{HashMap, HashSet},
};

use domain::Caller;
use sqlx::types::Uuid;

use crate::{
    Store, StoreError,
    shapes::Shape,
    slices::{Apart, Ask, Dimension, Grain, Only, Slice, Told, at_most, may_ask, slices, told},
    tx::Tx,
    usage::Totals,
};

/// Usage cut in two ways.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cut {
    /// Each group over all stretches, the largest first.
    pub groups: Vec<Slice>,
    /// Each stretch that is not empty, over all groups.
    pub stretches: Vec<Slice>,
    /// The largest groups by stretch, in no order.
    pub largest: Vec<Slice>,
    /// The sandbox's part of it; nothing where the question is about the sandbox.
    pub sandbox: Totals,
}

/// How large a group is.
pub type Size = fn(&Totals) -> i128;

impl Cut {
    /// Both ways from slices by stretch and group, none of them of the sandbox.
    pub fn of(slices: Vec<Slice>, size: Size) -> Self {
        let groups = ranked(summed(slices.iter().cloned()), size);
        let stretches = over_all(&slices);
        Self { groups, stretches, largest: slices, sandbox: Totals::default() }
    }
}

/// What a page of usage shows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Explored {
    /// What was used.
    pub cut: Cut,
    /// Refused requests; unknown where the question is about models, members, tags or the sandbox, which
    /// refusals are not told apart by.
    pub refused: Option<u64>,
    /// Requests still running; with any tags or none, which are known when they end.
    pub running: u64,
}

impl Store {
    /// What was used, told apart by each ask's dimensions, at one instant; of each the `most` largest
    /// groups also by stretch.
    pub async fn cuts(
        &self,
        caller: &Caller,
        asks: &[Ask<'_>],
        most: usize,
        size: Size,
    ) -> Result<Vec<Cut>, StoreError> {
        for ask in asks {
            may_ask(caller, ask.by, ask.only)?;
        }
        let mut tx = self.summing(caller).await?;
        let mut cuts = Vec::with_capacity(asks.len());
        for (place, ask) in asks.iter().enumerate() {
            let same = asks[..place].iter().position(|other| ask.is_of_same_whole(other));
            let whole = same.and_then(|same| cuts.get(same)).map(|cut: &Cut| cut.stretches.clone());
            cuts.push(cut_whole(&mut tx, caller, *ask, whole, most, size).await?);
        }
        Ok(cuts)
    }

    /// What was used, told apart by the ask's dimensions, with what stands beside it.
    pub async fn explore(
        &self,
        caller: &Caller,
        ask: Ask<'_>,
        most: usize,
        size: Size,
    ) -> Result<Explored, StoreError> {
        let mut tx = self.looking(caller, ask).await?;
        let cut = cut(&mut tx, caller, ask, most, size).await?;
        let (refused, running) = beside(&mut tx, caller, ask).await?;
        Ok(Explored { cut, refused, running })
    }

    /// All statements of an answer see the same instant.
    pub(crate) async fn looking(&self, caller: &Caller, ask: Ask<'_>) -> Result<Tx, StoreError> {
        may_ask(caller, ask.by, ask.only)?;
        self.summing(caller).await
    }
}

pub(crate) async fn cut(
    tx: &mut Tx,
    caller: &Caller,
    ask: Ask<'_>,
    most: usize,
    size: Size,
) -> Result<Cut, StoreError> {
    cut_whole(tx, caller, ask, None, most, size).await
}

/// `whole`: each stretch over all groups, if it is known.
async fn cut_whole(
    tx: &mut Tx,
    caller: &Caller,
    ask: Ask<'_>,
    whole: Option<Vec<Slice>>,
    most: usize,
    size: Size,
) -> Result<Cut, StoreError> {
    if let Some(Told { slices, sandbox }) = few(tx, caller, ask).await? {
        let mut cut = Cut { sandbox, ..Cut::of(slices, size) };
        keep(&mut cut.largest, &cut.groups[..cut.groups.len().min(most)]);
        return Ok(cut);
    }
    let Told { slices: groups, sandbox } = groups(tx, caller, ask, size).await?;
    let top = &groups[..groups.len().min(most)];
    if top.is_empty() {
        return Ok(Cut::default());
    }
    let only = narrowed(ask.only, ask.by, top);
    let mut largest = slices(tx, caller, Ask { only: &only, ..ask }).await?;
    keep(&mut largest, top);
    let stretches = match whole {
        Some(whole) => whole,
        None if groups.len() <= most => over_all(&largest),
        None => slices(tx, caller, Ask { by: &[], ..ask }).await?,
    };
    Ok(Cut { groups, stretches, largest, sandbox })
}

/// All slices, if they are few: one pass instead of three over the many rows of quarters and hours, and over days that
/// nothing tells apart. Of days by group, keys and pairs there are more slices than rows that the three read.
pub(crate) async fn few(
    tx: &mut Tx,
    caller: &Caller,
    ask: Ask<'_>,
) -> Result<Option<Told>, StoreError> {
    let is_small = ask.by.len() < 2 && Shape::of(caller, &ask).is_none_or(Shape::is_small);
    let by_day = ask.grain == Grain::Days && !ask.by.is_empty();
    if by_day || ask.only.tag.is_some() || !is_small {
        return Ok(None);
    }
    at_most(tx, caller, ask, FEW).await
}

/// So many slices are read in less time than another pass takes.
const FEW: usize = 2_000;

/// Leaves those of these groups.
fn keep(slices: &mut Vec<Slice>, groups: &[Slice]) {
    let kept: HashSet<Apart> = groups.iter().map(Slice::apart).collect();
    slices.retain(|slice| kept.contains(&slice.apart()));
}

/// Each group over all stretches, the largest first.
pub(crate) async fn groups(
    tx: &mut Tx,
    caller: &Caller,
    ask: Ask<'_>,
    size: Size,
) -> Result<Told, StoreError> {
    let Told { slices, sandbox } = told(tx, caller, Ask { bounds: &ask.ends(), ..ask }).await?;
    Ok(Told { slices: ranked(slices, size), sandbox })
}

/// The largest first; what is as large, in the order of ids.
fn ranked(mut groups: Vec<Slice>, size: Size) -> Vec<Slice> {
    groups.sort_by_cached_key(|slice| (Reverse(size(&slice.totals)), slice.apart()));
    groups
}

/// Each group over all stretches, in no order.
pub(crate) fn summed(slices: impl IntoIterator<Item = Slice>) -> Vec<Slice> {
    let mut groups: HashMap<Apart, Slice> = HashMap::new();
    for slice in slices {
        add(&mut groups, slice.apart(), Slice { stretch: 0, ..slice });
    }
    groups.into_values().collect()
}

/// Each stretch over all groups.
pub(crate) fn over_all(slices: &[Slice]) -> Vec<Slice> {
    let mut stretches: HashMap<usize, Slice> = HashMap::new();
    for slice in slices {
        let whole = Slice::of(slice.stretch, Apart::default(), slice.totals);
        add(&mut stretches, slice.stretch, whole);
    }
    let mut stretches: Vec<_> = stretches.into_values().collect();
    stretches.sort_by_key(|slice| slice.stretch);
    stretches
}

fn add<K: Eq + std::hash::Hash>(sums: &mut HashMap<K, Slice>, key: K, slice: Slice) {
    let added = slice.totals;
    let is_new = !sums.contains_key(&key);
    let sum = sums.entry(key).or_insert(slice);
    if !is_new {
        sum.totals = sum.totals.plus(added);
    }
}

/// The question narrowed to what these groups consist of.
fn narrowed(only: &Only, by: &[Dimension], groups: &[Slice]) -> Only {
    let mut only = only.clone();
    let ids = |id: fn(&Slice) -> Option<Uuid>| groups.iter().filter_map(id).collect();
    for dimension in by {
        match dimension {
            Dimension::Project => only.projects = ids(|slice| slice.project),
            Dimension::Key => only.keys = ids(|slice| slice.key),
            Dimension::Member => only.members = ids(|slice| slice.member),
            Dimension::Model => {
                only.models = groups.iter().filter_map(|slice| slice.model.clone()).collect();
            }
            Dimension::Tag => {
                if let Some(tag) = &mut only.tag {
                    let groups = groups.iter().filter_map(|slice| slice.tag.as_ref());
                    tag.values = groups.map(|group| group.value.clone()).collect();
                }
            }
        }
    }
    only
}

/// Refused requests, if they can be told, and running ones.
async fn beside(
    tx: &mut Tx,
    caller: &Caller,
    ask: Ask<'_>,
) -> Result<(Option<u64>, u64), StoreError> {
    let Only { projects, keys, models, members, sandbox, tag } = ask.only;
    let row = sqlx::query!(
        r#"SELECT
            (SELECT COALESCE(sum(count), 0)::bigint FROM receipts
                WHERE org_id = $1 AND quarter >= $2 AND quarter < $3 AND NOT observed
                AND (cardinality($4::uuid[]) = 0 OR project_id = ANY ($4))
                AND (cardinality($5::uuid[]) = 0 OR key_id = ANY ($5))) AS "refused!",
            (SELECT count(*) FROM intents
                WHERE org_id = $1 AND admitted_at >= $2 AND admitted_at < $3
                AND (cardinality($4::uuid[]) = 0 OR project_id = ANY ($4))
                AND (cardinality($5::uuid[]) = 0 OR key_id = ANY ($5))
                AND (cardinality($6::text[]) = 0 OR model = ANY ($6))
                AND (cardinality($7::uuid[]) = 0 OR member_id = ANY ($7))
                AND ($8::boolean IS NULL OR sandbox = $8)) AS "running!""#,
        caller.org.uuid(),
        ask.bounds.first(),
        ask.bounds.last(),
        projects,
        keys,
        models,
        members,
        *sandbox
    )
    .fetch_one(&mut **tx)
    .await?;
    let by_tag = tag.as_ref().is_some_and(|tag| !tag.values.is_empty());
    let known = models.is_empty() && members.is_empty() && sandbox.is_none() && !by_tag;
    let refused = known.then(|| u64::try_from(row.refused).unwrap_or(0));
    Ok((refused, u64::try_from(row.running).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use domain::Usd;

    use super::*;

    fn slice(stretch: usize, model: &str, pico: i128) -> Slice {
        let apart = Apart { model: Some(model.to_owned()), ..Apart::default() };
        let totals = Totals { requests: 1, charge: Usd::from_pico(pico), ..Totals::default() };
        Slice::of(stretch, apart, totals)
    }

    #[test]
    fn both_cuts_are_of_the_same_whole() {
        let slices = vec![slice(0, "a", 1), slice(2, "a", 2), slice(2, "b", 9), slice(3, "c", 3)];
        let cut = Cut::of(slices.clone(), |totals| totals.charge.pico());
        let groups: Vec<_> = cut
            .groups
            .iter()
            .map(|group| (group.model.as_deref().unwrap(), group.totals.charge.pico()))
            .collect();
        assert_eq!(groups, [("b", 9), ("a", 3), ("c", 3)]);
        let stretches: Vec<_> =
            cut.stretches.iter().map(|it| (it.stretch, it.totals.charge.pico())).collect();
        assert_eq!(stretches, [(0, 1), (2, 11), (3, 3)]);
        assert_eq!(cut.largest, slices);
    }
}
