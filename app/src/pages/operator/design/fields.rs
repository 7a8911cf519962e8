//! What is typed and chosen, and what comes back when it is wrong.

use leptos::prelude::*;

use crate::components::{
    AmountField, Button, Card, CardBody, Choice, DateRange, ErrorSummary, Errors, Field, Group,
    Knob, LinkButton, Select, TextArea, Tick, Weight,
};

fn errors() -> Errors {
    let mut errors = Errors::new();
    errors.add("name", "Use lower case and hyphens: support-voice");
    errors.add("amount", "More than $0.00, please");
    errors
}

pub(super) fn fields() -> AnyView {
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
                        <Field name="model" label="Model" placeholder="Any" among=vec!["gpt-4.1".to_owned(), "gpt-4.1-mini".to_owned()]/>
                        <DateRange from="2026-11-01" until="2026-11-23"/>
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
