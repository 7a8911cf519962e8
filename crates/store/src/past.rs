//! What a page of usage needs besides: the time before, whether there ever was a request, the zone
//! of a billing cycle.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use domain::{Action, Caller, window::Window};

use crate::{
    Store, StoreError,
    explore::{few, over_all, summed},
    organizations::zone,
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
        if let Some(past) = at_once(&mut tx, caller, ask, until).await? {
            return Ok(past);
        }
        let stretches = slices(&mut tx, caller, Ask { by: &[], ..ask }).await?;
        let [starts, _] = ask.ends();
        let days = [starts, until.day];
        let mut so_far = slices(&mut tx, caller, Ask { bounds: &days, ..ask }).await?;
        if until.quarter > until.day {
            let rest = [until.day, until.quarter];
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

    /// The zone that a billing cycle was made in.
    pub async fn cycle_zone(&self, caller: &Caller, cycle: Window) -> Result<Tz, StoreError> {
        caller.may(Action::List)?;
        let mut tx = self.tenant(caller).await?;
        let name = sqlx::query_scalar!(
            "SELECT zone FROM windows WHERE org_id = $1 AND period = 'month' AND starts = $2",
            caller.org.uuid(),
            cycle.starts
        )
        .fetch_one(&mut *tx)
        .await?;
        zone(&name)
    }
}

/// Both from one pass, if that finds few slices: the stretch that the cut goes through is read as two.
async fn at_once(
    tx: &mut Tx,
    caller: &Caller,
    ask: Ask<'_>,
    until: Until,
) -> Result<Option<Past>, StoreError> {
    let cut = until.quarter.max(until.day);
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
    let so_far = summed(slices.iter().filter(|slice| slice.stretch < begun).cloned());
    for slice in &mut slices {
        slice.stretch -= usize::from(is_within && slice.stretch >= begun);
    }
    Ok(Some(Past { stretches: over_all(&slices), so_far }))
}
