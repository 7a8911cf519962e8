//! First requests with a new key.

use domain::{Endpoint, OrgId, Permissions};
use leptos::prelude::*;

use super::Waits;
use crate::{components::Snippet, islands::Waiting, labels, web::App};

/// The command works as it is pasted; the other programs read the key from the environment file. All ask for what the key
/// may.
pub(super) fn view(
    app: &App,
    secret: &str,
    permissions: &Permissions,
    organization: Option<OrgId>,
    waiting: Option<Waits>,
) -> AnyView {
    let environment = environment(&app.public_url, secret, organization);
    let first = First::of(permissions, app.sandbox);
    let examples = first.map(|first| {
        view! {
            <Snippet title="Python" text=first.python()/>
            <Snippet title="JavaScript" text=first.javascript(organization.is_some())/>
        }
    });
    let terminal = first.map(|first| {
        // The space keeps a line out of the history of shells that are set up so, as Debian's and Ubuntu's are.
        let exports = environment.lines().map(|line| format!(" export {line}\n"));
        let text = format!("{}{}", exports.collect::<String>(), first.curl(organization.is_some()));
        view! { <Snippet title="First request, for a terminal" text open=true/> }
    });
    let sandbox = first.filter(|_| app.sandbox).map(|first| {
        let cost = match first {
            First::Chat(_) => " A chat costs $0.10 on paper: a budget of ten cents stops the second.",
            First::Embed(_) | First::Models => "",
        };
        let text = format!("The examples ask the sandbox, which needs no vendor account and answers the same each time.{cost}");
        view! { <p class="muted small">{text}</p> }
    });
    view! {
        <div class="stack">
            {terminal}
            {waiting.map(arrival)}
            {sandbox}
            <Snippet title=labels::ENVIRONMENT_FILE text=environment/>
            {examples}
        </div>
    }
    .into_any()
}

/// The page is the answer to a form: to reload it would send that again, and the key is shown nowhere else.
fn arrival(Waits { first, requests }: Waits) -> AnyView {
    let bare = "It shows up in the list of requests within a second.".to_owned();
    view! {
        <Waiting href=first asking=labels::WAITING_FOR_THE_FIRST.to_owned() bare/>
        <p class="small"><a href=requests target="_blank">"Requests of this key, in a new tab"</a></p>
    }
    .into_any()
}

fn environment(public_url: &str, secret: &str, organization: Option<OrgId>) -> String {
    let organization = organization.map(|id| format!("OPENAI_ORG_ID={id}\n")).unwrap_or_default();
    format!("OPENAI_BASE_URL={public_url}/v1\nOPENAI_API_KEY={secret}\n{organization}")
}

/// A first request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum First {
    Chat(&'static str),
    Embed(&'static str),
    Models,
}

impl First {
    /// None for a key that may nothing that has an example.
    fn of(permissions: &Permissions, sandbox: bool) -> Option<Self> {
        let model = |ours, theirs| if sandbox { ours } else { theirs };
        if permissions.allows(Endpoint::Chat) {
            Some(Self::Chat(model("sandbox-dime", "gpt-4o-mini")))
        } else if permissions.allows(Endpoint::Embeddings) {
            Some(Self::Embed(model("sandbox-embed", "text-embedding-3-small")))
        } else {
            permissions.allows(Endpoint::Models).then_some(Self::Models)
        }
    }

    fn curl(self, organization: bool) -> String {
        let (path, body) = match self {
            Self::Models => ("models", None),
            Self::Embed(model) => {
                ("embeddings", Some(format!(r#"{{"model": "{model}", "input": "Hello"}}"#)))
            }
            Self::Chat(model) => {
                let body = format!(
                    r#"{{"model": "{model}", "messages": [{{"role": "user", "content": "Hello"}}]}}"#
                );
                ("chat/completions", Some(body))
            }
        };
        let mut lines = vec![
            format!(r#"curl "$OPENAI_BASE_URL/{path}""#),
            r#"-H "Authorization: Bearer $OPENAI_API_KEY""#.to_owned(),
        ];
        if organization {
            lines.push(r#"-H "OpenAI-Organization: $OPENAI_ORG_ID""#.to_owned());
        }
        if let Some(body) = body {
            lines.push(r#"-H "Content-Type: application/json""#.to_owned());
            lines.push(format!("-d '{body}'"));
        }
        lines.join(" \\\n  ")
    }

    fn python(self) -> String {
        let request = match self {
            Self::Models => "for model in client.models.list():\n    print(model.id)".to_owned(),
            Self::Embed(model) => format!(
                r#"answer = client.embeddings.create(model="{model}", input="Hello")
print(len(answer.data[0].embedding))"#
            ),
            Self::Chat(model) => format!(
                r#"answer = client.chat.completions.create(
    model="{model}",
    messages=[{{"role": "user", "content": "Hello"}}],
)
print(answer.choices[0].message.content)"#
            ),
        };
        format!(
            "from openai import OpenAI\n\nclient = OpenAI()  # reads the environment\n{request}"
        )
    }

    fn javascript(self, organization: bool) -> String {
        let options = if organization { "{ organization: process.env.OPENAI_ORG_ID }" } else { "" };
        let request = match self {
            Self::Models => {
                "for await (const model of client.models.list()) console.log(model.id);".to_owned()
            }
            Self::Embed(model) => format!(
                r#"const answer = await client.embeddings.create({{ model: "{model}", input: "Hello" }});
console.log(answer.data[0].embedding.length);"#
            ),
            Self::Chat(model) => format!(
                r#"const answer = await client.chat.completions.create({{
  model: "{model}",
  messages: [{{ role: "user", content: "Hello" }}],
}});
console.log(answer.choices[0].message.content);"#
            ),
        };
        format!(
            "import OpenAI from \"openai\";\n\nconst client = new OpenAI({options}); // reads the environment\n{request}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_ask_for_what_the_key_may() {
        let some = |scope: &str| Permissions::parse("restricted", &[scope.to_owned()]);
        assert_eq!(First::of(&Permissions::All, true), Some(First::Chat("sandbox-dime")));
        assert_eq!(First::of(&some("embeddings"), true), Some(First::Embed("sandbox-embed")));
        assert_eq!(First::of(&Permissions::ReadOnly, false), Some(First::Models));
        assert_eq!(First::of(&some("audio"), false), None);
    }

    #[test]
    fn curl_is_one_command() {
        assert_eq!(
            First::Models.curl(true),
            "curl \"$OPENAI_BASE_URL/models\" \\\n  -H \"Authorization: Bearer $OPENAI_API_KEY\" \\\n  -H \"OpenAI-Organization: $OPENAI_ORG_ID\""
        );
        let chat = First::Chat("m").curl(false);
        assert!(chat.ends_with(
            r#"-d '{"model": "m", "messages": [{"role": "user", "content": "Hello"}]}'"#
        ));
    }
}
