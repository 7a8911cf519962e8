//! Keys that nobody uses.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use domain::KeyId;
use leptos::prelude::*;
use store::{ApiKey, KeyActivity};

use super::View;
use crate::{
    components::{Card, CardBody, CardFoot, Column, Precision, Table, Time, ago, count},
    labels,
    pages::keys::state::{KeyState, last_used},
};

/// After how long without a request a key is listed here.
const IDLE: TimeDelta = TimeDelta::days(30);
/// So many are shown.
const MOST: usize = 20;

/// A key that is taken, and that nobody used for long.
pub(super) struct IdleKey {
    key: ApiKey,
    /// None: never.
    used: Option<DateTime<Utc>>,
}

/// Those among the keys, the ones that were never used first.
pub(super) fn of(
    keys: impl Iterator<Item = ApiKey>,
    activity: &HashMap<KeyId, KeyActivity>,
    now: DateTime<Utc>,
) -> Vec<IdleKey> {
    let idle = keys.filter_map(|key| {
        let none = KeyActivity::default();
        let activity = activity.get(&key.id).unwrap_or(&none);
        let used = last_used(&key, activity);
        let is_idle = used.unwrap_or(key.created_at) + IDLE <= now;
        (is_idle && KeyState::of(&key, activity, now).is_taken()).then_some(IdleKey { key, used })
    });
    let mut idle: Vec<_> = idle.collect();
    idle.sort_by_key(|idle| (idle.used, idle.key.created_at));
    idle
}

pub(super) fn card(view: &View) -> Option<AnyView> {
    if view.idle.is_empty() {
        return None;
    }
    let columns = vec![
        Column::text(labels::KEY),
        Column::text(labels::PROJECT),
        Column::text(labels::MADE),
        Column::text(labels::LAST_USED),
    ];
    let rows = view.idle.iter().take(MOST).map(|idle| row(view, idle)).collect_view();
    let (title, all) = ("Idle keys", view.idle.len());
    let note = match all {
        1 => "1 key".to_owned(),
        many => format!("{} keys", count(many as u64)),
    };
    let shown = format!("{} of {} shown.", count(all.min(MOST) as u64), count(all as u64));
    let keys = view.member.path("keys");
    let card = view! {
        <Card title note>
            <CardBody split=true><p class="muted">"Nobody used them for 30 days or ever, and each would still be taken. Revoke what is not needed: a key that nobody misses is one that nobody sees leak."</p></CardBody>
            <Table label=title columns>{rows}</Table>
            <CardFoot><span>{shown}</span><a href=keys>{labels::ALL_API_KEYS}</a></CardFoot>
        </Card>
    };
    Some(card.into_any())
}

fn row(view: &View, idle: &IdleKey) -> AnyView {
    let (key, zone) = (&idle.key, view.member.organization.zone);
    let href = view.member.path(&format!("keys/{}", key.id));
    let used = idle.used.map_or_else(|| labels::NEVER.to_owned(), |at| ago(at, view.now, zone));
    let made = key.created_at;
    view! {
        <tr>
            <th scope="row"><a href=href>{key.name.clone()}</a></th>
            <td data-l=labels::PROJECT>{key.project_name.clone()}</td>
            <td data-l=labels::MADE><Time at=made zone precision=Precision::Day/></td>
            <td data-l=labels::LAST_USED>{used}</td>
        </tr>
    }
    .into_any()
}
