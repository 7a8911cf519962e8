//! The latest corrections, as the audit log tells them.

use chrono::{DateTime, Utc};
use domain::{Usd, audit::Kind};
use leptos::prelude::*;
use store::{AuditFilter, Store};

use crate::{
    components::{Card, Column, Money, Precision, Table, Time},
    labels,
    pages::audit::told,
    web::{Failure, Member},
};

/// So many are shown; the log has the rest.
const MOST: u16 = 10;

/// A charge that was corrected.
pub(super) struct Done {
    at: DateTime<Utc>,
    who: String,
    /// The request's id.
    request: String,
    before: Option<Usd>,
    after: Option<Usd>,
    reason: String,
}

pub(super) async fn read(store: &Store, member: &Member) -> Result<Vec<Done>, Failure> {
    let only = AuditFilter { kinds: vec![Kind::ChargeCorrected], ..AuditFilter::default() };
    let page = store.audit_log(&member.caller, &only, None, MOST).await?;
    let done = page.entries.iter().filter_map(|(_, entry)| {
        let body = entry.read()?;
        let charge = body.changes.get("charge_usd");
        let dollars = |text: Option<&String>| text.and_then(|text| text.parse().ok());
        Some(Done {
            at: body.at,
            who: told::who(entry, &body),
            request: body.subject.clone(),
            before: dollars(charge.and_then(|charge| charge.before.as_ref())),
            after: dollars(charge.and_then(|charge| charge.after.as_ref())),
            reason: body
                .changes
                .get("reason")
                .and_then(|reason| reason.after.clone())
                .unwrap_or_default(),
        })
    });
    Ok(done.collect())
}

/// Nothing before the first one.
pub(super) fn card(member: &Member, done: &[Done]) -> Option<AnyView> {
    if done.is_empty() {
        return None;
    }
    let rows = done.iter().map(|done| row(member, done)).collect_view();
    let columns = vec![
        Column::text(labels::WHEN),
        Column::text(labels::REASON),
        Column::number(labels::WAS),
        Column::number(labels::NOW),
        Column::text(labels::REQUEST),
    ];
    let log = member.path(&format!("audit?kind={}", Kind::ChargeCorrected.as_str()));
    let card = view! {
        <Card title=labels::CORRECTED more=("In the audit log", log)>
            <Table label="Corrected charges" columns>{rows}</Table>
        </Card>
    };
    Some(card.into_any())
}

fn row(member: &Member, done: &Done) -> AnyView {
    let (at, zone) = (done.at, member.organization.zone);
    let money = |amount: Option<Usd>| amount.map(|amount| view! { <Money amount/> });
    let (before, after) = (money(done.before), money(done.after));
    let href = format!("/requests/{}", done.request);
    view! {
        <tr>
            <th scope="row"><Time at zone precision=Precision::Minute/><small>{format!("By {}", done.who)}</small></th>
            <td data-l=labels::REASON>{done.reason.clone()}</td>
            <td data-l=labels::WAS class="num">{before}</td>
            <td data-l=labels::NOW class="num">{after}</td>
            <td data-l=labels::REQUEST class="mono anywhere"><a href=href>{done.request.clone()}</a></td>
        </tr>
    }
    .into_any()
}
