//! The form.

use domain::{Price, TokenClass, Usd, price::dollars, price::in_force::SANDBOX};
use leptos::prelude::*;
use store::Project;

use super::{
    Place,
    asked::{CHOICES, LONGEST},
};
use crate::{
    components::{
        Button, Card, CardBody, Choice, Empty, ErrorSummary, Field, GroupedSelect, LinkButton,
        Select, TextArea, Weight, count,
    },
    labels,
    pages::model_choices,
    web::{Draft, Member},
};

pub(super) fn cards(member: &Member, place: &Place, project: &Project, draft: &Draft) -> AnyView {
    if !place.models.is_empty() {
        return form(member, place, project, draft);
    }
    let (projects, models) = (projects(place, project, draft), no_models(member, project));
    let action = member.path("playground");
    view! {
        <Card>
            <CardBody><form class="form" method="post" action=action>{projects}</form></CardBody>
        </Card>
        {models}
    }
    .into_any()
}

/// Which project it is sent for: it decides which models there are. Another one is chosen within the form, so
/// that what is typed stays.
fn projects(place: &Place, project: &Project, draft: &Draft) -> AnyView {
    if place.projects.len() < 2 && draft.error("project").is_none() {
        let id = project.id.to_string();
        return view! { <input type="hidden" name="project" value=id/> }.into_any();
    }
    let choice = |one: &Project| Choice::new(one.id.to_string(), one.name.clone());
    let choices = place.projects.iter().map(choice).collect();
    let (value, error) = (project.id.to_string(), draft.error("project"));
    view! {
        // The first button is what Enter presses: not the choice of a project.
        <button type="submit" hidden=true>{labels::SEND_PROMPT}</button>
        <div class="inline">
            <Select name="project" label="Send for project" choices value error/>
            <Button name="choose" value="yes" unfinished=true>"Choose project"</Button>
        </div>
    }
    .into_any()
}

fn no_models(member: &Member, project: &Project) -> AnyView {
    let models = member.path(&format!("projects/{}/models", project.id));
    view! {
        <Card>
            <Empty title="No model answers here" text="None of the models that this project may ask has a price and somebody who serves it.">
                <LinkButton href=models>"See its models"</LinkButton>
            </Empty>
        </Card>
    }
    .into_any()
}

fn form(member: &Member, place: &Place, project: &Project, draft: &Draft) -> AnyView {
    let models = || place.models.iter().map(AsRef::as_ref);
    let [first, second] = CHOICES;
    let ones = model_choices::groups(models(), labels::CHOOSE_A_MODEL, priced);
    let others = model_choices::groups(models(), labels::NONE, priced);
    let (one, one_error) = (draft.value(first), draft.error(first));
    let (other, other_error) = (draft.value(second), draft.error(second));
    let (system, system_error) = (draft.value("system"), draft.error("system"));
    let (prompt, prompt_error) = (draft.value("prompt"), draft.error("prompt"));
    let (most, most_error) = (draft.value("most"), draft.error("most"));
    let title = format!("Send a prompt for {}", project.name);
    let (errors, action) = (draft.errors(), member.path("playground#result"));
    let projects = projects(place, project, draft);
    let help = format!("At most {} characters.", count(LONGEST as u64));
    view! {
        <Card title>
            <CardBody split=true>
                <form class="form" method="post" action=action data-slow="">
                    <ErrorSummary lead=labels::NOTHING_WAS_SENT errors/>
                    {projects}
                    <div class="cols wide">
                        <GroupedSelect name=first label=labels::MODEL groups=ones value=one error=one_error
                            help="Prices are per million tokens."/>
                        <GroupedSelect name=second label="Second model (optional)" groups=others value=other error=other_error/>
                    </div>
                    <TextArea name="system" label="System prompt (optional)" value=system error=system_error rows=3/>
                    <TextArea name="prompt" label=labels::PROMPT value=prompt error=prompt_error rows=8 required=true help/>
                    <div class="cols">
                        <Field name="most" label="Most tokens in the answer" value=most error=most_error required=true inputmode="numeric"
                            help="What may be generated, reasoning included: it is reserved in the budgets until the answer is there."/>
                    </div>
                    <div class="row">
                        <Button weight=Weight::Primary>{labels::SEND_PROMPT}</Button>
                        <Button name="estimate" value="yes">"Show what it can cost"</Button>
                    </div>
                </form>
            </CardBody>
        </Card>
    }
    .into_any()
}

/// `gpt-4o: $2.50 in, $10.00 out`.
fn priced(price: &Price) -> String {
    let rate = |class| dollars(price.rates.of(class).unwrap_or(0));
    let (input, output) = (rate(TokenClass::Input), rate(TokenClass::Output));
    let tokens = (input.plus(output) > Usd::ZERO).then(|| format!("${input} in, ${output} out"));
    let request =
        (price.per_request > Usd::ZERO).then(|| format!("${} a request", price.per_request));
    let cost: Vec<String> = tokens.into_iter().chain(request).collect();
    let cost = if cost.is_empty() { "free".to_owned() } else { cost.join(", ") };
    let sandbox = if price.provider == SANDBOX { " (nobody is asked)" } else { "" };
    format!("{}: {cost}{sandbox}", price.model)
}
