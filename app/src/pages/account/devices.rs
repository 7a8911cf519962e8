//! Where the person is signed in.

use chrono_tz::Tz;
use leptos::prelude::*;
use store::system::OwnSession;

use crate::components::{
    Badge, Card, CardFoot, Column, PostButton, Table, Time, Tone, Weight, ago,
};

pub(super) fn card(sessions: Vec<OwnSession>, zone: Tz) -> AnyView {
    let others = sessions.iter().any(|session| !session.this);
    let columns = vec![
        Column::text("Device"),
        Column::text("Address"),
        Column::text("Signed in"),
        Column::text("Last used"),
        Column::act(),
    ];
    let rows: Vec<_> = sessions.into_iter().map(|session| row(&session, zone)).collect();
    let others = others.then(|| {
        view! { <PostButton action="/account" fields=vec![("action", "others".to_owned())]>"Sign out all others"</PostButton> }
    });
    view! {
        <Card title="Devices" note="Where you are signed in. Something unknown? Sign it out, then change your password.">
            <Table label="Devices" columns>{rows}</Table>
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
    let device = name(session.agent.as_deref().unwrap_or_default());
    let address = session.address.clone().unwrap_or_else(|| "Unknown".to_owned());
    let (since, seen) = (session.since, ago(session.seen_at, session.now, zone));
    let act = if session.this {
        view! { <Badge tone=Tone::Ok text="This one"/> }.into_any()
    } else {
        let fields = vec![("action", "end".to_owned()), ("session", session.id.to_string())];
        view! { <PostButton action="/account" weight=Weight::Quiet fields>"Sign out"</PostButton> }
            .into_any()
    };
    view! {
        <tr>
            <th scope="row">{device}</th>
            <td data-l="Address">{address}</td>
            <td data-l="Signed in"><Time at=since zone/></td>
            <td data-l="Last used">{seen}</td>
            <td class="act">{act}</td>
        </tr>
    }
    .into_any()
}

/// What a browser calls itself, in a few words. Order matters: each pretends to be those below it.
fn name(agent: &str) -> String {
    const BROWSERS: [(&str, &str); 6] = [
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ];
    const SYSTEMS: [(&str, &str); 7] = [
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ];
    let find = |list: &[(&str, &'static str)]| {
        list.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name)
    };
    match (find(&BROWSERS), find(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(name), None) | (None, Some(name)) => name.to_owned(),
        (None, None) => "Unknown".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::name;

    #[test]
    fn browsers_are_told_apart_though_each_claims_to_be_others() {
        for (agent, expected) in [
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
                "Chrome on Linux",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1",
                "Safari on iPhone",
            ),
            (
                "Mozilla/5.0 (Android 16; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0",
                "Firefox on Android",
            ),
            ("curl/8.14.1", "curl"),
            ("<script>", "Unknown"),
            ("", "Unknown"),
        ] {
            assert_eq!(name(agent), expected);
        }
    }
}
