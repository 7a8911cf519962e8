//! The one page that shows a key.

use axum::response::Response;
use domain::Name;
use identity::MintedKey;
use leptos::prelude::*;
use secrecy::ExposeSecret as _;
use store::Project;

use crate::{
    components::{Button, DialogPage, Fact, Facts, Secret, Snippet, Weight},
    layouts::{NavItem, Shell},
    render::Page,
    web::Member,
};

/// A key that was made just now.
pub(super) struct Shown {
    pub(super) minted: MintedKey,
    pub(super) name: Name,
    pub(super) project: Project,
    /// Where applications send their requests.
    pub(super) base: String,
    /// Whether the sandbox answers.
    pub(super) sandbox: bool,
}

/// Kept by no cache: all documents say so.
pub(super) fn page(member: &Member, shown: &Shown) -> Response {
    let page = Page::new("Copy your new key now").islands();
    member.visitor.look.page(page, || {
        let secret = shown.minted.secret.expose_secret().to_owned();
        let (foot, snippets) = (foot(member), snippets(shown, &secret));
        let name = shown.name.to_string();
        let project = format!("{}, {}", shown.project.name, shown.project.environment.as_str());
        view! {
            <Shell frame=member.frame(NavItem::Keys)>
                <DialogPage
                    title="Copy your new key now"
                    text="This is the only time it is shown. Exchequer keeps a fingerprint, not the key."
                    foot
                >
                    <Secret text=secret.clone()/>
                    <Facts>
                        <Fact label="Name">{name}</Fact>
                        <Fact label="Project">{project}</Fact>
                    </Facts>
                    {snippets}
                    {storage()}
                </DialogPage>
            </Shell>
        }
    })
}

fn foot(member: &Member) -> AnyView {
    view! {
        <form method="get" action=member.path("keys") class="row between">
            <label class="pick"><input type="checkbox" required/><span>"I have stored the key"</span></label>
            <Button weight=Weight::Primary>"Done"</Button>
        </form>
    }
    .into_any()
}

/// The key stands in the environment file alone; the programs read it from there.
fn snippets(shown: &Shown, secret: &str) -> AnyView {
    let model = if shown.sandbox { "sandbox-tokens" } else { "gpt-4o-mini" };
    let environment = format!("OPENAI_BASE_URL={}\nOPENAI_API_KEY={secret}\n", shown.base);
    let curl = format!(
        r#"curl "$OPENAI_BASE_URL/chat/completions" \
  -H "Authorization: Bearer $OPENAI_API_KEY" \
  -H "Content-Type: application/json" \
  -d '{{"model": "{model}", "messages": [{{"role": "user", "content": "Hello"}}]}}'"#
    );
    let python = format!(
        r#"from openai import OpenAI

client = OpenAI()  # reads OPENAI_BASE_URL and OPENAI_API_KEY
answer = client.chat.completions.create(
    model="{model}",
    messages=[{{"role": "user", "content": "Hello"}}],
)
print(answer.choices[0].message.content)"#
    );
    let javascript = format!(
        r#"import OpenAI from "openai";

const client = new OpenAI(); // reads OPENAI_BASE_URL and OPENAI_API_KEY
const answer = await client.chat.completions.create({{
  model: "{model}",
  messages: [{{ role: "user", content: "Hello" }}],
}});
console.log(answer.choices[0].message.content);"#
    );
    let sandbox = shown.sandbox.then(|| {
        view! { <p class="muted small">"The examples ask the sandbox provider, which needs no vendor account and answers the same each time."</p> }
    });
    view! {
        <div class="stack">
            <Snippet title="Environment file" text=environment open=true/>
            <Snippet title="First request with curl" text=curl/>
            <Snippet title="Python" text=python/>
            <Snippet title="JavaScript" text=javascript/>
            {sandbox}
        </div>
    }
    .into_any()
}

fn storage() -> AnyView {
    view! {
        <p class="muted">
            "Keep the key where your platform keeps secrets, never in code, chat or a web page. Whoever has it can spend what its budgets allow. If it gets out, revoke it: it stops within a second."
        </p>
    }
    .into_any()
}
