//! What an alert shows beside what it says: how the spend came about, as it is when the mail is sent.

use chrono::{DateTime, Utc};
use domain::{Caller, OrgId, Usd, window};
use sqlx::types::Uuid;

use super::System;
use crate::{
    StoreError,
    explore::{Cut, cut},
    organizations::zone,
    slices::{Ask, Dimension, Grain, Only, Slice},
    tx::Tx,
};

/// Most names that a mail lists.
const MOST: usize = 3;

/// Whose spend, and of which stretch of time; as the ledger writes it into an alert.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
pub struct SpendOf {
    /// `org`, `project`, `key`, or `usage` for an organization without what the sandbox answered.
    pub scope: String,
    /// Which one.
    pub scope_id: Uuid,
    /// Where its days begin.
    pub zone: String,
    /// From when.
    pub starts: DateTime<Utc>,
    /// Up to and not with.
    pub ends: DateTime<Utc>,
}

/// How it came about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spend {
    /// From when on how much, by day, or by hour where the stretch is at most two days.
    pub parts: Vec<(DateTime<Utc>, Usd)>,
    /// The projects of an organization or the keys of a project that spent most, and how much.
    pub tops: Vec<(String, Usd)>,
    /// The present instant.
    pub now: DateTime<Utc>,
}

impl System<'_> {
    /// What was spent, and by whom. Projects for rehearsal do not count in their organization.
    pub async fn spend(self, org: OrgId, of: &SpendOf) -> Result<Spend, StoreError> {
        let rule = Self::rule(org);
        let bounds = window::parts(of.starts, of.ends, zone(&of.zone)?);
        let (now, by, cut) = self.cut(&rule, of, &bounds).await?;
        let tops = match by {
            Some(by) => self.tops(&rule, by, cut.groups, MOST).await?,
            None => Vec::new(),
        };
        Ok(Spend { parts: spent(&bounds, &cut.stretches), tops, now })
    }

    /// The names of the largest groups, and what they spent. Personal keys have no person's name: mails
    /// go to others than owners, too.
    pub(super) async fn tops(
        self,
        rule: &Caller,
        by: Dimension,
        mut groups: Vec<Slice>,
        most: usize,
    ) -> Result<Vec<(String, Usd)>, StoreError> {
        groups.truncate(most);
        groups.retain(|group| group.totals.charge > Usd::ZERO);
        let names = self.store.names(rule, &groups).await?.without_people();
        Ok(groups.iter().map(|group| (names.label(by, group), group.totals.charge)).collect())
    }

    async fn cut(
        self,
        rule: &Caller,
        of: &SpendOf,
        bounds: &[DateTime<Utc>],
    ) -> Result<(DateTime<Utc>, Option<Dimension>, Cut), StoreError> {
        let mut tx = self.store.summing(rule).await?;
        let now = sqlx::query_scalar!(r#"SELECT exq_now() AS "now!""#).fetch_one(&mut *tx).await?;
        let (by, only) = of.told(&mut tx, rule.org).await?;
        let are_hours = window::are_hours(of.starts, of.ends);
        let grain = if are_hours { Grain::Quarters } else { Grain::Days };
        let ask = Ask { bounds, grain, by: by.as_slice(), only: &only };
        let cut = cut(&mut tx, rule, ask, MOST, |totals| totals.charge.pico()).await?;
        Ok((now, by, cut))
    }
}

impl SpendOf {
    /// By what it is told apart, and of which usage.
    async fn told(&self, tx: &mut Tx, org: OrgId) -> Result<(Option<Dimension>, Only), StoreError> {
        let of = Only::default();
        Ok(match self.scope.as_str() {
            "key" => (None, Only { keys: vec![self.scope_id], ..of }),
            "project" => (Some(Dimension::Key), Only { projects: vec![self.scope_id], ..of }),
            scope => {
                let sandbox = (scope == "usage").then_some(false);
                (
                    Some(Dimension::Project),
                    Only { projects: counted(tx, org).await?, sandbox, ..of },
                )
            }
        })
    }
}

/// What was spent from each bound on, but the last.
pub(super) fn spent(bounds: &[DateTime<Utc>], stretches: &[Slice]) -> Vec<(DateTime<Utc>, Usd)> {
    let mut parts: Vec<_> = bounds.iter().map(|at| (*at, Usd::ZERO)).collect();
    parts.pop();
    for slice in stretches {
        if let Some((_, sum)) = parts.get_mut(slice.stretch) {
            *sum = slice.totals.charge;
        }
    }
    parts
}

/// The projects that count in their organization; never an empty list, which would mean all.
pub(super) async fn counted(tx: &mut Tx, org: OrgId) -> Result<Vec<Uuid>, StoreError> {
    let ids = sqlx::query_scalar!(
        "SELECT id FROM projects WHERE org_id = $1 AND NOT rehearsal",
        org.uuid()
    );
    let mut ids = ids.fetch_all(&mut **tx).await?;
    ids.push(Uuid::nil());
    Ok(ids)
}
