//! Before the first request: what to do, and the request itself.

use leptos::prelude::*;

use super::{View, alerts, limits, set_up};
use crate::{
    components::{Card, CardBody, Empty, LinkButton, Snippet, Weight},
    islands::Waiting,
    labels,
};

/// A request that works as it stands once the key is filled in.
pub(super) fn example(public_url: &str, sandbox: bool) -> String {
    let model = if sandbox { "sandbox-dime" } else { "MODEL" };
    format!(
        "curl {public_url}/v1/chat/completions \\\n  -H \"Authorization: Bearer $OPENAI_API_KEY\" \\\n  -H \"Content-Type: application/json\" \\\n  -d '{{\"model\":\"{model}\",\"messages\":[{{\"role\":\"user\",\"content\":\"Hello\"}}]}}'"
    )
}

pub(super) fn content(view: &View) -> AnyView {
    view! {
        <div class="grid two fill">
            {request(view)}
            {set_up::card(view)}
        </div>
        {(!view.standings.is_empty()).then(|| limits::card(view))}
        {alerts::card(view)}
    }
    .into_any()
}

fn request(view: &View) -> AnyView {
    if let Some(next) = set_up::next(&view.steps) {
        let (href, verb) = next.way();
        let text = next.why;
        return view! {
            <Card title=labels::THIS_CYCLE>
                <Empty
                    split=true
                    title="Nothing is spent yet"
                    text=text
                >
                    <LinkButton href weight=Weight::Primary>{verb}</LinkButton>
                </Empty>
            </Card>
        }
        .into_any();
    }
    let note = if view.example.contains("sandbox-dime") {
        "The sandbox answers it: it costs $0.10 on paper, and nobody sends a bill for it. OPENAI_API_KEY is your key, as the page that showed it says."
    } else {
        "OPENAI_API_KEY is your key, as the page that showed it says. Put a model of your provider in the place of MODEL."
    };
    let (text, href) = (view.example.clone(), format!("{}/requests/first", view.org));
    view! {
        <div id="first-request" class="stack">
            <Card title=labels::SEND_YOUR_FIRST_REQUEST>
                <CardBody split=true>
                    <p class="muted">{note}</p>
                    <Snippet title="curl" text open=true/>
                    <Waiting href asking=labels::WAITING_FOR_THE_FIRST.to_owned() bare=labels::IT_SHOWS_UP.to_owned()/>
                </CardBody>
            </Card>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::example;

    #[test]
    fn the_body_is_json() {
        let text = example("http://127.0.0.1:3000", true);
        let body = text.split("-d '").nth(1).and_then(|rest| rest.strip_suffix('\'')).unwrap();
        assert_eq!(
            body,
            r#"{"model":"sandbox-dime","messages":[{"role":"user","content":"Hello"}]}"#
        );
        assert!(text.starts_with("curl http://127.0.0.1:3000/v1/chat/completions "));
    }
}
