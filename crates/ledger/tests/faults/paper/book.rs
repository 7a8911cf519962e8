//! What the loop asks, and what it is answered or not.

use chrono::{DateTime, TimeDelta};
use domain::{EventId, NodeId, OrgId, Outcome};
use ledger::{
    Applied, Batch, Book, BookError, CounterRef, Decisions, Fate, Found, Paced, Place, Rows,
    Settlement, Settling,
};

use super::{Intent, NodeRow, Paper, lost};

impl Book for Paper {
    async fn register(&self, node: NodeId) -> Result<i64, BookError> {
        self.state().nodes.insert(node, NodeRow { epoch: 1, ..NodeRow::default() });
        Ok(1)
    }

    async fn beat(&self, _: NodeId) -> Result<(), BookError> {
        Ok(())
    }

    async fn leave(&self, _: NodeId) -> Result<(), BookError> {
        Ok(())
    }

    async fn rows(&self, places: &[Place], paced: &[Paced]) -> Result<Rows, BookError> {
        let state = &mut *self.state();
        let at = state.at();
        let counters = places.iter().map(|place| {
            let next = i64::try_from(state.places.len()).unwrap() + 1;
            let id = *state.places.entry(*place).or_insert(next);
            state.counters.entry(id).or_default();
            CounterRef { id, starts: DateTime::UNIX_EPOCH, ends: at + TimeDelta::days(1) }
        });
        Ok(Rows { counters: counters.collect(), rates: vec![1; paced.len()], at })
    }

    async fn apply(&self, batch: &Batch) -> Result<Applied, BookError> {
        tokio::task::yield_now().await;
        let state = &mut *self.state();
        if let Some(fault) = state.fault(batch) {
            return fault;
        }
        let applied = state.fast(batch);
        if matches!(applied, Applied::Done(_)) && state.is(100) {
            state.saw.count("lost after");
            return Err(lost());
        }
        Ok(applied)
    }

    async fn decide<F>(&self, batch: &Batch, rule: F) -> Result<Applied, BookError>
    where
        F: FnOnce(Found) -> Decisions + Send,
    {
        let state = &mut *self.state();
        state.come_late();
        if state.is(50) {
            state.saw.count("locked");
            return Err(BookError::Locked);
        }
        if let Err(not) = state.number(batch) {
            return Ok(not);
        }
        let found = state.found(batch);
        let at = found.at;
        let decisions = rule(found);
        if state.is(100) {
            state.saw.count("lost before");
            return Err(lost());
        }
        state.saw.count("slow");
        state.write(batch, &decisions, at);
        if state.is(100) {
            state.saw.count("lost after");
            return Err(lost());
        }
        Ok(Applied::Done(Found { at, ..Found::default() }))
    }

    async fn void(&self, batch: &Batch) -> Result<Fate, BookError> {
        let state = &mut *self.state();
        state.come_late();
        let (is_lost_before, is_lost_after) = (state.is(20), state.is(20));
        if is_lost_before {
            return Err(lost());
        }
        let row = state.nodes.get_mut(&batch.node).unwrap();
        if row.epoch != batch.epoch {
            return Ok(Fate::Superseded);
        }
        if row.batch == batch.number - 1 {
            (row.batch, row.voided) = (batch.number, batch.number);
        }
        let fate = if row.voided == batch.number {
            Fate::Void
        } else {
            Fate::Applied(row.applied_at.unwrap())
        };
        if is_lost_after {
            state.saw.count("voiding lost");
            return Err(lost());
        }
        if fate == Fate::Void {
            state.saw.count("voided");
        }
        Ok(fate)
    }

    async fn quarantine(
        &self,
        batch: &Batch,
        settling: &Settling,
        _: &str,
    ) -> Result<Applied, BookError> {
        let state = &mut *self.state();
        if state.is(10) {
            return Err(BookError::Locked);
        }
        if let Err(not) = state.number(batch) {
            return Ok(not);
        }
        state.saw.count("quarantined");
        let mut at_bound = settling.clone();
        if let Some(intent) = state.intents.get(&settling.id) {
            at_bound.settlement = Settlement::unknown(intent.bound);
        } else {
            at_bound.settlement.outcome = Outcome::Unknown;
        }
        let batch = Batch { settlements: vec![at_bound], ..batch.clone() };
        let at = state.at();
        state.write(&batch, &[], at);
        Ok(Applied::Done(Found { at, ..Found::default() }))
    }

    async fn open(
        &self,
        node: NodeId,
        epoch: i64,
        seconds: i32,
    ) -> Result<Vec<(OrgId, EventId)>, BookError> {
        let state = self.state();
        let old = |intent: &&Intent| {
            intent.owner == (node, epoch)
                && intent.since.elapsed().as_secs() >= u64::from(seconds.unsigned_abs())
        };
        Ok(state
            .intents
            .iter()
            .filter(|(_, one)| old(one))
            .map(|(id, one)| (one.org, *id))
            .collect())
    }
}
