//! Events as the table has them, and sums over them from nothing.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::Tokens;
use sqlx::{Row as _, types::Uuid};
use store::{
    slices::{Dimension, Only},
    usage::Totals,
};
use testkit::Database;

/// What a sum is of: names and values.
pub(crate) type Names = BTreeMap<String, String>;

/// By stretch and by what it is of.
pub(crate) type Sums<T> = BTreeMap<(T, Names), Totals>;

/// One request.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) at: DateTime<Utc>,
    pub(crate) project: Uuid,
    pub(crate) key: Uuid,
    pub(crate) member: Uuid,
    pub(crate) model: String,
    pub(crate) tier: String,
    pub(crate) sandbox: bool,
    pub(crate) totals: Totals,
}

/// All of an organization.
pub(crate) async fn read(database: &Database, org: Uuid) -> Vec<Event> {
    let rows = sqlx::query(
        "SELECT admitted_at, project_id, key_id, member_id, model, service_tier, sandbox, charge::text AS charge,
            (outcome IN ('estimated', 'unknown', 'interrupted'))::integer::bigint AS estimated,
            (price_id IS NULL)::integer::bigint AS unpriced,
            ARRAY[input, cached, cache_write, cache_write_1h, audio_input, image_input, output, reasoning,
                audio_output, image_output] AS tokens
         FROM events WHERE org_id = $1",
    )
    .bind(org)
    .fetch_all(&database.admin)
    .await
    .unwrap();
    let event = |row: &sqlx::postgres::PgRow| {
        let tokens: Vec<i64> = row.get("tokens");
        let charge: String = row.get("charge");
        Event {
            at: row.get("admitted_at"),
            project: row.get("project_id"),
            key: row.get("key_id"),
            member: row.get("member_id"),
            model: row.get("model"),
            tier: row.get("service_tier"),
            sandbox: row.get("sandbox"),
            totals: Totals {
                requests: 1,
                estimated: row.get("estimated"),
                unpriced: row.get("unpriced"),
                tokens: Tokens::from_classes(std::array::from_fn(|at| tokens[at].cast_unsigned())),
                charge: charge.parse().unwrap(),
            },
        }
    };
    rows.iter().map(event).collect()
}

/// The events for which there is something that they are of.
pub(crate) fn sum<T: Ord>(used: &[Event], of: impl Fn(&Event) -> Option<(T, Names)>) -> Sums<T> {
    let mut sums = Sums::new();
    for event in used {
        if let Some(of) = of(event) {
            let sum = sums.entry(of).or_default();
            *sum = sum.plus(event.totals);
        }
    }
    sums
}

impl Event {
    pub(crate) fn is_in(&self, only: &Only) -> bool {
        fn lets<T: PartialEq>(list: &[T], one: &T) -> bool {
            list.is_empty() || list.contains(one)
        }
        lets(&only.projects, &self.project)
            && lets(&only.keys, &self.key)
            && lets(&only.models, &self.model)
            && lets(&only.members, &self.member)
            && only.sandbox.is_none_or(|sandbox| sandbox == self.sandbox)
    }

    pub(crate) fn by(&self, by: &[Dimension]) -> Names {
        let value = |dimension: &Dimension| match dimension {
            Dimension::Project => self.project.to_string(),
            Dimension::Key => self.key.to_string(),
            Dimension::Model => self.model.clone(),
            Dimension::Member => self.member.to_string(),
            Dimension::Tag => unreachable!(),
        };
        by.iter().map(|one| (one.as_str().to_owned(), value(one))).collect()
    }
}
