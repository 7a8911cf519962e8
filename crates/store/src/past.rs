//! What a page of usage needs besides: the time before, and whether there ever was a request.

use chrono::{DateTime, Utc};
use domain::{Action, Caller};

use crate::{
    Store, StoreError,
    explore::{few, over_all, summed},
    slices::{Ask, Grain, Slice, Told, slices},
    tx::Tx,
};

/// The time before, to compare with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Past {
    /// Each stretch that is not empty, over all groups.
    pub stretches: Vec<Slice>,
    /// Each group up to the cut, over all stretches; in no order.
    pub so_far: Vec<Slice>,
}

/// How much of the time before is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Until {
    /// Up to and not with the day that begins here…
    pub day: DateTime<Utc>,
    /// … and of that day up to and not with this quarter of an hour.
    pub quarter: DateTime<Utc>,
}

impl Store {
    /// Usage of the ask's stretches, and of these up to a cut by what the ask tells apart.
    pub async fn past(
        &self,
        caller: &Caller,
        ask: Ask<'_>,
        until: Until,
    ) -> Result<Past, StoreError> {
        let mut tx = self.looking(caller, ask).await?;
        let cut = match ask.grain {
            Grain::Quarters => until.quarter.max(until.day),
            Grain::Days => until.day,
        };
        let Past { stretches, mut so_far } = match at_once(&mut tx, caller, ask, cut).await? {
            Some(past) => past,
            None => in_two(&mut tx, caller, ask, cut).await?,
        };
        if until.quarter > cut {
            let rest = [cut, until.quarter];
            let ask = Ask { bounds: &rest, grain: Grain::Quarters, ..ask };
            so_far.extend(slices(&mut tx, caller, ask).await?);
        }
        Ok(Past { stretches, so_far: summed(so_far) })
    }

    /// Whether a request of the organization was ever forwarded.
    pub async fn ever_used(&self, caller: &Caller) -> Result<bool, StoreError> {
        caller.may(Action::List)?;
        let mut tx = self.tenant(caller).await?;
        Ok(sqlx::query_scalar!(
            // By project, the smallest rollup of which a reader sees anything.
            r#"SELECT EXISTS (SELECT FROM rollups WHERE org_id = $1 AND shape = 1)
                OR EXISTS (SELECT FROM deltas WHERE org_id = $1) AS "used!""#,
            caller.org.uuid()
        )
        .fetch_one(&mut *tx)
        .await?)
    }
}

/// Both from one pass, if that finds few slices: the stretch that the cut goes through is read as two.
async fn at_once(
    tx: &mut Tx,
    caller: &Caller,
    ask: Ask<'_>,
    cut: DateTime<Utc>,
) -> Result<Option<Past>, StoreError> {
    let begun = ask.bounds.partition_point(|bound| *bound < cut);
    let mut bounds = ask.bounds.to_vec();
    let is_within = (1..bounds.len()).contains(&begun) && bounds[begun] != cut;
    if is_within {
        bounds.insert(begun, cut);
    }
    let Some(Told { mut slices, .. }) = few(tx, caller, Ask { bounds: &bounds, ..ask }).await?
    else {
        return Ok(None);
    };
    let so_far = slices.iter().filter(|slice| slice.stretch < begun).cloned().collect();
    for slice in &mut slices {
        slice.stretch -= usize::from(is_within && slice.stretch >= begun);
    }
    Ok(Some(Past { stretches: over_all(&slices), so_far }))
}

/// Both from a pass of its own.
async fn in_two(
    tx: &mut Tx,
    caller: &Caller,
    ask: Ask<'_>,
    cut: DateTime<Utc>,
) -> Result<Past, StoreError> {
    let stretches = slices(tx, caller, Ask { by: &[], ..ask }).await?;
    let [starts, _] = ask.ends();
    let so_far = slices(tx, caller, Ask { bounds: &[starts, cut], ..ask }).await?;
    Ok(Past { stretches, so_far })
}
