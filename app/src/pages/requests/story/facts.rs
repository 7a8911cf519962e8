//! What was asked, by whom.

use domain::{Action, ServiceTier, Story, api_key::ending};
use leptos::prelude::*;
use store::requests::{Key, Told};

use super::{
    body::{self, Body},
    words,
};
use crate::{
    components::{Badge, CardFoot, Fact, Facts, count},
    labels,
    web::Member,
};

pub(super) fn card(member: &Member, told: &Told, body: Option<&Body>) -> AnyView {
    let (word, tone, why) = words::outcome(told.line.outcome);
    let (whose, asked, answered) = (whose(member, told), asked(told), answered(told));
    let next = next(member, told);
    let body = body.and_then(body::fact).map(|text| {
        view! { <Fact label=labels::PROMPT_AND_ANSWER><span class="faint">{text}</span></Fact> }
    });
    view! {
        <section class="card">
            <header><h2>{labels::REQUEST}</h2><Badge tone text=word/></header>
            <div class="body">
                <Facts>
                    {whose}
                    {asked}
                    {answered}
                    {body}
                </Facts>
            </div>
            <CardFoot><span>{why}</span>{next}</CardFoot>
        </section>
    }
    .into_any()
}

fn whose(member: &Member, told: &Told) -> AnyView {
    let line = &told.line;
    let project = member.path(&format!("projects/{}", line.project));
    let key = match &line.key {
        Key::Named { id, name, last_four } => {
            let href = member.path(&format!("keys/{id}"));
            let last = last_four.as_ref().filter(|last| !last.is_empty());
            let last = last.map(|last| format!(" {}", ending(last)));
            view! { <a href=href>{name.clone()}</a><span class="mono faint">{last}</span> }
                .into_any()
        }
        other => words::key(other).into_any(),
    };
    let person = told.member.as_ref().map(|person| {
        let name = person.name.clone();
        name.unwrap_or_else(|| "Somebody who is no member any more".to_owned())
    });
    let counted = if line.sandbox {
        "Budgets and rate limits; a sandbox request does not count in the usage limit"
    } else {
        "Usage limit, budgets, rate limits"
    };
    let name = line.project_name.clone();
    view! {
        <Fact label=labels::PROJECT><a href=project>{name}</a></Fact>
        <Fact label=labels::API_KEY>{key}</Fact>
        {person.map(|name| view! { <Fact label="Whose key">{name}</Fact> })}
        <Fact label="Counted in">{counted}</Fact>
    }
    .into_any()
}

fn asked(told: &Told) -> AnyView {
    let line = &told.line;
    let tier = match told.service_tier {
        ServiceTier::Default => None,
        tier => Some(view! { <Fact label="Service tier">{tier.as_str()}</Fact> }),
    };
    let by = if line.sandbox { ", by the sandbox" } else { "" };
    let streamed = if line.streamed { labels::YES } else { labels::NO };
    let (story, model) = (told.story.as_ref().map(of_story), line.model.clone());
    view! {
        <Fact label=labels::MODEL>{model}{by}</Fact>
        <Fact label=labels::STREAMED>{streamed}</Fact>
        {tier}
        {story}
    }
    .into_any()
}

/// What is known of what was asked, apart from the prompt.
fn of_story(story: &Story) -> AnyView {
    let most = story.max_output.map_or_else(|| labels::NONE.to_owned(), count);
    let answers = (story.choices > 1).then(|| count(story.choices));
    let answers = answers.map(|many| view! { <Fact label="Answers asked for">{many}</Fact> });
    let stops = if story.stops { "Named" } else { labels::NONE };
    let endpoint = format!("/v1{}", story.endpoint);
    let tags = story.tags.iter().map(|tag| {
        view! { <span class="id">{tag.to_string()}</span>" " }
    });
    let tags = if story.tags.is_empty() {
        labels::NONE.into_any()
    } else {
        tags.collect_view().into_any()
    };
    view! {
        <Fact label=labels::ADDRESS><span class="mono">{endpoint}</span></Fact>
        <Fact label="Maximum of tokens">{most}</Fact>
        {answers}
        <Fact label="Stop words">{stops}</Fact>
        <Fact label=labels::TAGS>{tags}</Fact>
    }
    .into_any()
}

fn answered(told: &Told) -> AnyView {
    let status = told.status.map(|status| {
        view! { <Fact label="Provider’s status">{status}</Fact> }
    });
    let id = told.story.as_ref().and_then(|story| story.provider_id.clone());
    let id = id.map(|id| {
        view! { <Fact label="Provider’s ID"><span class="mono anywhere">{id}</span></Fact> }
    });
    view! { {status}{id} }.into_any()
}

/// Where an owner corrects it, or sees who did.
fn next(member: &Member, told: &Told) -> Option<AnyView> {
    use domain::Outcome::{Corrected, Estimated, Interrupted, Unknown};
    if !member.can(Action::EditBilling) {
        return None;
    }
    let id = told.line.id;
    let (href, text) = match told.line.outcome {
        Unknown | Interrupted | Estimated => {
            (member.path(&format!("corrections/{id}")), "Correct the charge")
        }
        Corrected => (member.path(&format!("audit?subject={id}")), "Who corrected it"),
        _ => return None,
    };
    Some(view! { <a href=href>{text}</a> }.into_any())
}
