//! The parts, one card a kind.

use app::{
    components::{
        AddChip, AmountField, Badge, Button, Card, CardBody, CardFoot, Chip, Choice, Column, Empty,
        ErrorSummary, Errors, Fact, Facts, Field, Glyph, Group, Id, Knob, Limit, LimitRow, Link,
        LinkButton, Meter, MeterLegend, Money, Notice, Pager, Plot, PostButton, Reading, Receipt,
        Row, Secret, Select, Snippet, Step, Sum, SumLine, Table, Tabs, TextArea, Tick, Tone,
        Weight,
    },
    layouts::{Frame, PageHead, Shell},
};
use chart::{Chart, Point, Series, Unit};
use domain::Usd;
use leptos::prelude::*;

fn reading(spent: i64, reserved: i64, forecast: Option<i64>) -> Reading {
    Reading {
        spent: Usd::from_dollars(spent),
        reserved: Usd::from_dollars(reserved),
        limit: Usd::from_dollars(1_000),
        forecast: forecast.map(Usd::from_dollars),
        thresholds: [500, 800, 1_000].map(Usd::from_dollars).to_vec(),
    }
}

fn zeros() -> Chart {
    let point = |day: u32| Point {
        label: format!("{day} Nov"),
        tick: day.to_string(),
        values: vec![0],
        ..Point::default()
    };
    Chart {
        label: "No cost from 12 to 18 November".to_owned(),
        unit: Unit::Dollars,
        series: vec![Series { name: "All".to_owned(), colour: 1 }],
        points: (12..=18).map(point).collect(),
    }
}

fn errors() -> Errors {
    let mut errors = Errors::new();
    errors.add("name", "Use lower case and hyphens: support-voice");
    errors.add("amount", "More than $0.00, please");
    errors
}

fn fields() -> impl IntoView {
    let windows =
        [("day", "Day"), ("week", "Week, from Monday"), ("month", "Month, the billing cycle")]
            .map(|(value, text)| Choice::new(value, text));
    view! {
        <Card title="Fields">
            <CardBody split=true>
                <form class="form">
                    <ErrorSummary lead="Nothing was saved" errors=errors()/>
                    <div class="cols">
                        <Field name="name" label="Name" value="Support Voice" error=errors().of("name")/>
                        <AmountField name="amount" label="Amount" value="-5" error=errors().of("amount")/>
                        <AmountField name="usd" label="Amount" value="5,000.00" help="Now $6,000.00."/>
                        <Select name="window" label="Window" choices=windows.to_vec() value="month"/>
                        <Field name="org" label="Organization ID" value="org-8c1f2a" disabled=true/>
                    </div>
                    <TextArea name="to" label="Addresses" value="kofi@example.com\n</textarea><script>" help="One a line"/>
                    <Tick name="tracked" label="Tracked" help="Usage is shown under this key" checked=true/>
                    <Group legend="When the rest is too small for a request">
                        <Knob name="edge" value="refuse" label="Refuse it" help="The caller gets a receipt." checked=true/>
                        <Knob name="edge" value="clamp" label="Clamp it"/>
                    </Group>
                    <div class="row">
                        <Button weight=Weight::Primary>"Save budget"</Button>
                        <LinkButton href="?" weight=Weight::Quiet>"Cancel"</LinkButton>
                    </div>
                </form>
            </CardBody>
        </Card>
    }
    .into_any()
}

fn states() -> impl IntoView {
    let tabs =
        vec![(Link::new("Open", "?").current(true), Some(2)), (Link::new("All", "?"), Some(31))];
    view! {
        <Card title="States">
            <CardBody split=true>
                <div class="row">
                    <Badge tone=Tone::Ok text="On course"/>
                    <Badge tone=Tone::Warn text="Past 80%"/>
                    <Badge tone=Tone::Bad text="Reached, refusing"/>
                    <Badge line=true glyph=Glyph::Clock text="Raised until 30 Nov"/>
                    <Badge text="Reader"/>
                </div>
                <ul class="row"><Chip label="Model is" value="atlas-4" remove="?"/><li><AddChip href="?" text="Filter"/></li></ul>
                <Tabs label="State" links=tabs/>
                <Notice tone=Tone::Ok lead="Budget saved." text="In force on every node."/>
                <Notice tone=Tone::Warn lead="One owner only." text="Invite a second one."><LinkButton href="?">"Invite"</LinkButton></Notice>
                <Notice tone=Tone::Bad lead="Nothing was saved." text="Someone else changed this budget at 14:30."/>
                <div class="row">
                    <PostButton action="?" weight=Weight::Danger>"Revoke key"</PostButton>
                    <LinkButton href="?" weight=Weight::Primary glyph=Glyph::Plus>"New key"</LinkButton>
                    <Button disabled=true>"Export CSV"</Button>
                </div>
            </CardBody>
        </Card>
    }
    .into_any()
}

fn limits() -> impl IntoView {
    let cases = [
        ("On course", Tone::Ok, reading(312, 12, Some(640))),
        ("Will be reached", Tone::Warn, reading(704, 26, Some(1_320))),
        ("Reached, refusing", Tone::Bad, reading(1_000, 0, None)),
    ];
    let limits = cases.into_iter().map(|(state, tone, reading)| {
        view! { <Limit title="Support copilot" href="?" reading tone state kind="Project, monthly"/> }
    });
    view! {
        <Card title="Limits" more=("All budgets", "?".to_owned())>
            <div class="body">{limits.collect_view()}</div>
        </Card>
        <Card title="Set-up">
            <ul class="rows todo">
                <Step title="First key" done=true href="?" verb="Make"/>
                <Step title="Alerts at 50, 80 and 100%" done=false href="?" verb="Set"/>
            </ul>
        </Card>
        <Card title="Open alerts">
            <ul class="rows">
                <Row tone=Tone::Bad title="Customs classifier reached 100%" href="?" text="$1,199.73 of $1,200.00. Mailed to 3 of 3.">"13:52"</Row>
            </ul>
        </Card>
    }
    .into_any()
}

fn secrets() -> impl IntoView {
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

fn receipt() -> impl IntoView {
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

fn table() -> impl IntoView {
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

pub(super) fn page(frame: Frame) -> impl IntoView {
    let rows = [
        ("Organization", Tone::Ok, "On course", reading(560, 2, Some(905))),
        ("Data lab", Tone::Warn, "Past 80%", reading(831, 90, Some(970))),
        ("Customs classifier", Tone::Bad, "Reached, refusing", reading(1_000, 0, None)),
    ]
    .map(|(title, tone, state, reading)| {
        view! { <LimitRow title href="?" kind="Project, production" reading tone state period="monthly" note="Resets 1 Dec, 00:00"/> }
    });
    view! {
        <Shell frame>
            <PageHead title="Parts" sub="Every part in every state." above=("Gallery", "?".to_owned())/>
            <div class="grid two"><div class="stack">{fields()}{receipt()}</div><div class="stack">{states()}{limits()}</div></div>
            <Card><ul class="budgets">{rows.collect_view()}</ul><CardFoot><MeterLegend/></CardFoot></Card>
            {table()}
            {secrets()}
            <div class="grid two">
                <Card title="First use"><Empty split=true title="Send your first request" text="Point an application at Exchequer with a key of any project."><LinkButton href="?" weight=Weight::Primary>"Make a key"</LinkButton></Empty></Card>
                <Card title="A chart with zeros"><CardBody><Plot chart=zeros()/><Meter label="None" reading=reading(0, 0, None)/></CardBody></Card>
            </div>
        </Shell>
    }
    .into_any()
}
