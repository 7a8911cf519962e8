//! What was used, as the store has it, put together as it is asked for.

use std::collections::BTreeMap;

use domain::{Caller, KeyId, ProjectId, ServiceTier, UserId};
use store::{
    Conflict, Store, StoreError,
    event_slices::EventAsk,
    slices::{Ask, Dimension, Grain, Slice},
    usage::Totals,
};

use super::{
    buckets::Width,
    endpoint::Meter,
    question::{Group, Question},
};
use crate::error::Error;

/// What a result is of: as far as it is asked for, and there is one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Names {
    pub(super) project: Option<ProjectId>,
    pub(super) user: Option<UserId>,
    pub(super) key: Option<KeyId>,
    pub(super) model: Option<String>,
    pub(super) batch: Option<bool>,
    pub(super) tier: Option<&'static str>,
}

/// By the place of the bucket and by what it is of.
pub(super) type Sums = BTreeMap<(usize, Names), Totals>;

/// All of the page.
pub(super) async fn read(
    store: &Store,
    caller: &Caller,
    question: &Question,
    meter: Meter,
) -> Result<Sums, Error> {
    let bounds = question.buckets.bounds();
    let mut sums = Sums::new();
    if bounds.is_empty() {
        return Ok(sums);
    }
    let by = dimensions(question, meter);
    let mut add = |slice: Slice, tier: Option<ServiceTier>| {
        if slice.model.as_deref().is_none_or(|model| meter.tells(model)) {
            let (stretch, totals) = (slice.stretch, slice.totals);
            let sum = sums.entry((stretch, names(question, slice, tier))).or_default();
            *sum = sum.plus(totals);
        }
    };
    let by_tier = question.by(Group::Batch) || question.by(Group::Tier);
    if question.width == Width::Minute || by_tier || question.batch.is_some() {
        let (bounds, by) = (&*bounds, &*by);
        let ask = EventAsk { bounds, by, by_tier, only: &question.only, batch: question.batch };
        for found in store.event_slices(caller, ask).await.map_err(not_kept)? {
            add(found.slice, found.tier);
        }
    } else {
        // UTC's days need not be the organization's.
        let (bounds, by) = (&*bounds, &*by);
        let ask = Ask { bounds, grain: Grain::Quarters, by, only: &question.only };
        for slice in store.slices(caller, ask).await? {
            add(slice, None);
        }
    }
    Ok(sums)
}

/// Rollups tell neither minutes nor tiers apart, and are all that is left of older requests.
fn not_kept(error: StoreError) -> Error {
    match error {
        StoreError::Conflict(rule @ Conflict::NotKept(_)) => Error::Wrong {
            param: "start_time".to_owned(),
            sentence: format!(
                "{rule}. Ask from that day on; or for hours or days, without `batch` and without `batch` or `service_tier` in `group_by`"
            ),
        },
        other => other.into(),
    }
}

fn dimensions(question: &Question, meter: Meter) -> Vec<Dimension> {
    let needs = |dimension: &Dimension| match dimension {
        Dimension::Project => question.by(Group::Project),
        Dimension::Key => question.by(Group::Key),
        Dimension::Member => question.by(Group::User),
        Dimension::Model => {
            meter.asks_models() || question.by(Group::Model) || question.by(Group::LineItem)
        }
        Dimension::Tag => false,
    };
    Dimension::ALL.into_iter().filter(needs).collect()
}

fn names(question: &Question, slice: Slice, tier: Option<ServiceTier>) -> Names {
    let by_model = question.by(Group::Model) || question.by(Group::LineItem);
    Names {
        project: slice.project.map(ProjectId::from_uuid),
        // What has no key of its own, or nobody, is told as null.
        user: slice.member.map(UserId::from_uuid).filter(|id| *id != UserId::NIL),
        key: slice.key.map(KeyId::from_uuid).filter(|id| *id != KeyId::NIL),
        model: slice.model.filter(|_| by_model),
        batch: tier.filter(|_| question.by(Group::Batch)).map(|tier| tier == ServiceTier::Batch),
        tier: tier.filter(|_| question.by(Group::Tier)).map(ServiceTier::as_str),
    }
}
