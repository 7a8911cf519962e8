//! Where the person is signed in.

use chrono_tz::Tz;
use leptos::prelude::*;
use store::system::OwnSession;

use crate::components::{
    Badge, Card, CardFoot, Column, PostButton, Table, Time, Tone, Weight, agent_name, ago,
};
use crate::labels;

pub(super) fn card(sessions: Vec<OwnSession>, zone: Tz) -> AnyView {
    let others = sessions.iter().any(|session| !session.this);
    let columns = vec![
        Column::text("Device"),
        Column::text(labels::ADDRESS),
        Column::text(labels::SIGNED_IN),
        Column::text(labels::LAST_USED),
        Column::act(),
    ];
    let rows: Vec<_> = sessions.into_iter().map(|session| row(&session, zone)).collect();
    let others = others.then(|| {
        view! { <PostButton action="/account" fields=vec![("action", "others".to_owned())]>"Sign out all others"</PostButton> }
    });
    view! {
        <Card title=labels::DEVICES note="Where you are signed in. Something unknown? Sign it out, then change your password.">
            <Table label=labels::DEVICES columns>{rows}</Table>
            <CardFoot>
                <span>{format!("Times in {zone}.")}</span>
                <div class="row">
                    {others}
                    <PostButton action="/account" fields=vec![("action", "leave".to_owned())]>"Sign out everywhere"</PostButton>
                </div>
            </CardFoot>
        </Card>
    }
    .into_any()
}

fn row(session: &OwnSession, zone: Tz) -> AnyView {
    let device = session.agent.as_deref().and_then(agent_name);
    let device = device.unwrap_or_else(|| labels::UNKNOWN.to_owned());
    let address = session.address.clone().unwrap_or_else(|| labels::UNKNOWN.to_owned());
    let (since, seen) = (session.since, ago(session.seen_at, session.now, zone));
    let act = if session.this {
        view! { <Badge tone=Tone::Ok text="This one"/> }.into_any()
    } else {
        let fields = vec![("action", "end".to_owned()), ("session", session.id.to_string())];
        view! { <PostButton action="/account" weight=Weight::Quiet fields>{labels::SIGN_OUT}</PostButton> }
            .into_any()
    };
    view! {
        <tr>
            <th scope="row">{device}</th>
            <td data-l=labels::ADDRESS>{address}</td>
            <td data-l=labels::SIGNED_IN><Time at=since zone/></td>
            <td data-l=labels::LAST_USED>{seen}</td>
            <td class="act">{act}</td>
        </tr>
    }
    .into_any()
}
