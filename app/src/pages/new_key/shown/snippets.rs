//! First requests with a new key.

use domain::OrgId;
use leptos::prelude::*;

use crate::{components::Snippet, web::App};

/// The key stands in the environment file alone; the programs read it from there.
pub(super) fn view(app: &App, secret: &str, organization: Option<OrgId>) -> AnyView {
    let model = if app.sandbox { "sandbox-tokens" } else { "gpt-4o-mini" };
    let environment = environment(&app.public_url, secret, organization);
    let sandbox = app.sandbox.then(|| {
        view! { <p class="muted small">"The examples ask the sandbox provider, which needs no vendor account and answers the same each time."</p> }
    });
    view! {
        <div class="stack">
            <Snippet title="Environment file" text=environment open=true/>
            <Snippet title="First request with curl" text=curl(model, organization.is_some())/>
            <Snippet title="Python" text=python(model)/>
            <Snippet title="JavaScript" text=javascript(model, organization.is_some())/>
            {sandbox}
        </div>
    }
    .into_any()
}

fn environment(public_url: &str, secret: &str, organization: Option<OrgId>) -> String {
    let organization = organization.map(|id| format!("OPENAI_ORG_ID={id}\n")).unwrap_or_default();
    format!("OPENAI_BASE_URL={public_url}/v1\nOPENAI_API_KEY={secret}\n{organization}")
}

fn curl(model: &str, organization: bool) -> String {
    let organization =
        if organization { "  -H \"OpenAI-Organization: $OPENAI_ORG_ID\" \\\n" } else { "" };
    format!(
        r#"curl "$OPENAI_BASE_URL/chat/completions" \
  -H "Authorization: Bearer $OPENAI_API_KEY" \
{organization}  -H "Content-Type: application/json" \
  -d '{{"model": "{model}", "messages": [{{"role": "user", "content": "Hello"}}]}}'"#
    )
}

fn python(model: &str) -> String {
    format!(
        r#"from openai import OpenAI

client = OpenAI()  # reads the environment
answer = client.chat.completions.create(
    model="{model}",
    messages=[{{"role": "user", "content": "Hello"}}],
)
print(answer.choices[0].message.content)"#
    )
}

fn javascript(model: &str, organization: bool) -> String {
    let options = if organization { "{ organization: process.env.OPENAI_ORG_ID }" } else { "" };
    format!(
        r#"import OpenAI from "openai";

const client = new OpenAI({options}); // reads the environment
const answer = await client.chat.completions.create({{
  model: "{model}",
  messages: [{{ role: "user", content: "Hello" }}],
}});
console.log(answer.choices[0].message.content);"#
    )
}
