//! The playground's way into the gateway: from what a person asks to a program's request, and from the
//! answer to its text.

use std::sync::Arc;

use app::web::{Playground, Prompt, Reply};
use axum::{body::to_bytes, response::Response};
use domain::{EventId, OrgId, Price, ReceiptId, Usd};
use futures_util::future::BoxFuture;
use gateway::Gateway;
use serde_json::{Value, json};
use store::system::Player;

/// No answer is longer, in bytes: the gateway takes none that is.
const LONGEST: usize = 16 * 1024 * 1024;

/// Who calls the maximum of tokens by its newer name alone, at least for some of the models.
const NEWER_NAME: [&str; 2] = ["openai", "azure"];

/// Sends people's requests through the gateway.
pub struct Gate(pub Gateway);

impl Playground for Gate {
    fn models(&self, org: OrgId) -> Vec<Arc<Price>> {
        self.0.served(org)
    }

    fn most(&self, org: OrgId, prompt: &Prompt) -> Option<Usd> {
        self.0.most(org, &body(prompt))
    }

    fn send(&self, player: Player, id: EventId, prompt: &Prompt) -> BoxFuture<'static, Reply> {
        let (gateway, body) = (self.0.clone(), body(prompt));
        Box::pin(async move { read(gateway.play(player, id, body).await).await })
    }
}

fn body(prompt: &Prompt) -> Vec<u8> {
    let is_newer = NEWER_NAME.contains(&&*prompt.model.provider);
    let most = if is_newer { "max_completion_tokens" } else { "max_tokens" };
    let message = |role: &str, text: &str| json!({ "role": role, "content": text });
    let system = prompt.system.as_ref().map(|text| message("system", text));
    let messages: Vec<Value> = system.into_iter().chain([message("user", &prompt.text)]).collect();
    json!({ "model": prompt.model.model, "messages": messages, most: prompt.most })
        .to_string()
        .into_bytes()
}

async fn read(response: Response) -> Reply {
    let (head, body) = response.into_parts();
    let body = to_bytes(body, LONGEST).await.ok();
    let body: Option<Value> = body.and_then(|body| serde_json::from_slice(&body).ok());
    let text = |at: &str| body.as_ref().and_then(|body| body.pointer(at)?.as_str());
    if head.status.is_success() && body.is_some() {
        let said = text("/choices/0/message/content").or(text("/choices/0/message/refusal"));
        let cut = text("/choices/0/finish_reason") == Some("length");
        return Reply::Answered { text: said.unwrap_or_default().to_owned(), cut };
    }
    let unread = || format!("The answer has status {} and can’t be read.", head.status.as_u16());
    let why = text("/error/message").map_or_else(unread, str::to_owned);
    let (why, receipt) = parted(&why);
    Reply::Unanswered { why, receipt }
}

/// What a refusal says, and the receipt whose address stands at its end.
fn parted(why: &str) -> (String, Option<ReceiptId>) {
    let parts = why.rsplit_once(" Receipt: ").and_then(|(said, address)| {
        let (_, id) = address.rsplit_once("/receipts/")?;
        Some((said.to_owned(), Some(id.trim_end_matches('.').parse().ok()?)))
    });
    parts.unwrap_or_else(|| (why.to_owned(), None))
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, http::StatusCode};
    use domain::{PriceId, price::Rates};

    use super::*;

    fn prompt(provider: &str, system: Option<&str>) -> Prompt {
        Prompt {
            model: Arc::new(Price {
                id: PriceId::generate(),
                provider: provider.to_owned(),
                model: "m".to_owned(),
                rates: Rates::new(1, 1),
                variants: Vec::new(),
                per_request: Usd::ZERO,
                context: None,
                max_output: None,
            }),
            system: system.map(str::to_owned),
            text: "say \"hi\"".to_owned(),
            most: 5,
        }
    }

    #[test]
    fn a_prompt_is_a_chat_completion_in_the_words_of_its_provider() {
        let sent = |prompt| serde_json::from_slice::<Value>(&body(&prompt)).unwrap();
        assert_eq!(
            sent(prompt("anthropic", None)),
            json!({"model": "m", "max_tokens": 5, "messages": [{"role": "user", "content": "say \"hi\""}]})
        );
        assert_eq!(
            sent(prompt("openai", Some("Be brief."))),
            json!({"model": "m", "max_completion_tokens": 5, "messages": [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": "say \"hi\""},
            ]})
        );
    }

    #[tokio::test]
    async fn an_answer_is_its_text_and_anything_else_a_refusal() {
        let reply = async |status: StatusCode, body: &str| {
            let mut response = Response::new(Body::from(body.to_owned()));
            *response.status_mut() = status;
            read(response).await
        };
        let answered = |text: &str, cut| Reply::Answered { text: text.to_owned(), cut };
        let refused = |why: &str, receipt| Reply::Unanswered { why: why.to_owned(), receipt };
        let ok = StatusCode::OK;
        let whole = r#"{"choices":[{"message":{"content":"Hi"},"finish_reason":"stop"}]}"#;
        assert_eq!(reply(ok, whole).await, answered("Hi", false));
        let cut =
            r#"{"choices":[{"message":{"content":null,"refusal":"No"},"finish_reason":"length"}]}"#;
        assert_eq!(reply(ok, cut).await, answered("No", true));
        assert_eq!(reply(ok, r#"{"choices":[]}"#).await, answered("", false));
        let odd = refused("The answer has status 200 and can’t be read.", None);
        assert_eq!(reply(ok, "<html>").await, odd);
        let receipt: ReceiptId = "rcpt_01936e5a00007000800000000000000c".parse().unwrap();
        let why = format!("It is spent. Receipt: http://localhost:3000/receipts/{receipt}");
        let body = json!({ "error": { "message": why } }).to_string();
        let spent = reply(StatusCode::TOO_MANY_REQUESTS, &body).await;
        assert_eq!(spent, refused("It is spent.", Some(receipt)));
    }
}
