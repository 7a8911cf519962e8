//! What a reader has besides spending: own keys.

use domain::{Action, api_key::ending};
use leptos::prelude::*;
use store::ApiKey;

use super::View;
use crate::{
    components::{Badge, Card, Column, Precision, Table, Time, Tone},
    labels,
    web::{App, Failure, Member},
};

/// So many fit.
const MOST: usize = 5;

/// The person's own keys that work or are to be looked at, the newest first.
pub(super) struct Keys(Vec<ApiKey>);

impl Keys {
    /// Nothing without any, and nothing for who sees the whole organization.
    pub(super) async fn read(app: &App, member: &Member) -> Result<Option<Self>, Failure> {
        if member.can(Action::SeeWhole) {
            return Ok(None);
        }
        let mut keys = app.store.api_keys(&member.caller).await?;
        keys.retain(|key| key.own && key.revoked_at.is_none());
        Ok((!keys.is_empty()).then_some(Self(keys)))
    }
}

pub(super) fn card(view: &View) -> Option<AnyView> {
    let Keys(keys) = view.keys.as_ref()?;
    let rows: Vec<_> = keys.iter().take(MOST).map(|key| row(view, key)).collect();
    let columns = vec![
        Column::text(labels::NAME),
        Column::text(labels::PROJECT),
        Column::text(labels::LAST_USED),
    ];
    let more = ("All keys", format!("{}/keys", view.org));
    let card = view! {
        <Card title=labels::YOUR_API_KEYS more>
            <Table label=labels::YOUR_API_KEYS columns>{rows}</Table>
        </Card>
    };
    Some(card.into_any())
}

fn row(view: &View, key: &ApiKey) -> AnyView {
    let zone = view.zone;
    let stopped = if key.project_archived {
        Some(labels::PROJECT_ARCHIVED)
    } else if !key.owner_has_access {
        Some("You may only look")
    } else if key.paused_at.is_some() {
        Some(labels::PAUSED)
    } else {
        None
    };
    let badge = stopped.map(|text| view! { " "<Badge tone=Tone::Warn line=true text/> });
    let used = match key.used_at {
        Some(at) => view! { <Time at zone precision=Precision::Minute/> }.into_any(),
        None => view! { <span class="faint">{labels::NEVER}</span> }.into_any(),
    };
    let project = format!("{}/projects/{}", view.org, key.project);
    let (name, last, of) = (key.name.clone(), ending(&key.last_four), key.project_name.clone());
    view! {
        <tr>
            <th scope="row">{name}{badge}<small class="mono">{last}</small></th>
            <td data-l=labels::PROJECT><a href=project>{of}</a></td>
            <td data-l=labels::LAST_USED>{used}</td>
        </tr>
    }
    .into_any()
}
