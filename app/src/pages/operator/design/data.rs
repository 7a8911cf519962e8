//! What is read: tables, facts, keys, receipts, times.

use domain::Usd;
use leptos::prelude::*;

use crate::components::{
    Badge, Card, CardBody, Column, Fact, Facts, Id, LinkButton, Money, Pager, Receipt, Secret,
    Snippet, Sum, SumLine, Table, TimeBar, TimeKey, Tone, Weight, Whose,
};

pub(super) fn table() -> AnyView {
    let columns = vec![
        Column::text("Name"),
        Column::text("Project"),
        Column::text("Last used"),
        Column::number("This cycle"),
        Column::act(),
    ];
    view! {
        <Card title="API keys">
            <Table label="API keys" columns>
                <tr>
                    <th scope="row"><a class="mono" href="?">"support-web"</a><small class="mono">"sk-exq-7Qm2…d41c"</small></th>
                    <td data-l="Project">"Support copilot"</td>
                    <td data-l="Last used">"12 s ago"</td>
                    <td data-l="This cycle" class="num"><Money amount=Usd::from_dollars(2_388)/></td>
                    <td class="act"><LinkButton href="?" weight=Weight::Quiet>"Open"</LinkButton></td>
                </tr>
            </Table>
            <Pager shown="1 of 14 keys" next=Some("?".to_owned())/>
        </Card>
    }
    .into_any()
}

pub(super) fn secrets() -> AnyView {
    view! {
        <Card title="Copy your new key now">
            <CardBody split=true>
                <Secret text="sk-exq-Hq4Tz8mLw2Ne_v9XbR3kYpD7sJcF1gUaE6tQo0MiZyKxWnVhB5rLd8C2fA"/>
                <Facts>
                    <Fact label="Project">"Support copilot, production"</Fact>
                    <Fact label="Id"><Id text="key_8c1f2a"/></Fact>
                    <Fact label="Budget"><Money amount=Usd::from_dollars(400)/></Fact>
                    <Fact label="Credit"><Money amount=Usd::from_pico(-12_500_000_000_000)/></Fact>
                    <Fact label="Nothing"><Money amount=Usd::ZERO/></Fact>
                </Facts>
                <Snippet title="Environment file" text="OPENAI_BASE_URL=http://127.0.0.1:3000/v1\nOPENAI_API_KEY=sk-exq-…" open=true/>
            </CardBody>
        </Card>
    }
    .into_any()
}

pub(super) fn receipt() -> AnyView {
    let lines = vec![
        SumLine::new("Customs classifier, monthly budget", "$1,200.000000"),
        SumLine::new("Spent at that moment", "− $1,199.730000"),
        SumLine::new("Left", "$0.270000").total(),
    ];
    view! {
        <Receipt>
            <div class="row between"><h2>"Not forwarded, not charged"</h2><Badge tone=Tone::Bad text="Refused"/></div>
            <Sum lines/>
        </Receipt>
    }
    .into_any()
}

/// Our part of a request's time against the provider's.
pub(super) fn timeline() -> AnyView {
    let bars = [
        ("Authenticated", Whose::Ours, 0, 1),
        ("Reserved", Whose::Ours, 1, 3),
        ("Waited for the first token", Whose::Waiting, 4, 620),
        ("Settled", Whose::Ours, 624, 6),
    ]
    .map(|(label, whose, from, length)| {
        let said = format!("{length} ms");
        view! { <TimeBar label whose from length whole=630 said/> }
    });
    view! {
        <Card title="Timeline">
            <ol class="timeline split">{bars.into_iter().collect_view()}</ol>
            <CardBody split=true><TimeKey/></CardBody>
        </Card>
    }
    .into_any()
}
