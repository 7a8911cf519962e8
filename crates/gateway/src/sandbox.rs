//! The sandbox provider: answers deterministically, streams, reports usage, and says what it is, so
//! that a newcomer sees the whole loop without a vendor's account and an owner can rehearse a
//! cut-off. Part of the product; requests reach it on the same path as a provider of flesh and blood.
//!
//! | model | answer |
//! | --- | --- |
//! | `sandbox-dime` | a short text |
//! | `sandbox-tokens` | as many output tokens as `max_tokens`, 32 if absent |
//! | `sandbox-embed` | a fixed vector |
//!
//! Input tokens are ⌈bytes of message text / 4⌉, at least one. The header `X-Exchequer-Sandbox`
//! steers it: see [`Steering`].

mod answer;
mod chunks;
mod inputs;
mod steering;

use std::convert::Infallible;

use axum::body::Body;
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::BodyExt as _;

use crate::ask::Ask;
pub(crate) use steering::Steering;

/// Its name in the price book.
pub(crate) const PROVIDER: &str = domain::price::in_force::SANDBOX;
/// What its models' names begin with.
pub(crate) const PREFIX: &str = domain::price::in_force::SANDBOX_PREFIX;

/// Why the sandbox broke its answer off: it was told to.
#[derive(Debug, thiserror::Error)]
#[error("the sandbox broke off as it was told to")]
struct BrokenOff;

/// Answers a request as a provider does; `chat` or an embedding.
pub(crate) async fn answer(chat: bool, body: &Bytes, steering: &Steering) -> Response<Body> {
    if let Some(delay) = steering.delay {
        tokio::time::sleep(delay).await;
    }
    let response = if let Some(status) = steering.status {
        let message =
            format!("The sandbox answers with status {} as it was told to.", status.as_u16());
        refused(status, &message)
    } else if chat {
        match Ask::chat(body) {
            Ok(ask) => completion(&ask, body, steering),
            Err(error) => refused(StatusCode::BAD_REQUEST, &error.to_string()),
        }
    } else {
        match answer::embedding(body, steering) {
            Some(answer) => json(StatusCode::OK, answer),
            None => {
                refused(StatusCode::BAD_REQUEST, "The sandbox embeds at most 2,048 inputs at once.")
            }
        }
    };
    match steering.reset_after {
        Some(bytes) => broken_off(response, bytes),
        None => response,
    }
}

fn completion(ask: &Ask<'_>, body: &Bytes, steering: &Steering) -> Response<Body> {
    let answer = answer::Completion::new(ask, body, steering);
    if !ask.stream {
        return json(StatusCode::OK, answer.json());
    }
    let usage = ask.stream_options.asks();
    let chunks = stream::iter(answer.chunks(usage).map(Ok::<_, Infallible>));
    let body = match steering.first_token {
        // The head goes out at once, the first token later.
        Some(pause) => Body::from_stream(
            stream::once(async move {
                tokio::time::sleep(pause).await;
                Ok(Bytes::new())
            })
            .chain(chunks),
        ),
        None => Body::from_stream(chunks),
    };
    with_type(StatusCode::OK, "text/event-stream; charset=utf-8", body)
}

fn refused(status: StatusCode, message: &str) -> Response<Body> {
    let error = serde_json::json!({
        "error": { "message": message, "type": "sandbox_error", "param": null, "code": "sandbox_error" }
    });
    json(status, error.to_string())
}

fn json(status: StatusCode, body: String) -> Response<Body> {
    with_type(status, "application/json", Body::from(body))
}

fn with_type(status: StatusCode, kind: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let head = response.headers_mut();
    head.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    head.insert("x-sandbox", HeaderValue::from_static("true"));
    response
}

/// The first bytes of a body, then a broken connection.
fn broken_off(response: Response<Body>, bytes: usize) -> Response<Body> {
    response.map(|body| {
        let pieces = stream::unfold(Some((body, bytes)), |state| async {
            let (mut body, left) = state?;
            let mut data = match body.frame().await {
                Some(Ok(frame)) if left > 0 => frame.into_data().unwrap_or_default(),
                _ => return Some((Err(BrokenOff), None)),
            };
            data.truncate(left);
            let left = left - data.len();
            Some((Ok(data), Some((body, left))))
        });
        Body::from_stream(pieces)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn ask(chat: bool, body: &str, steering: &str) -> (StatusCode, Result<String, String>) {
        let steering = Steering::parse([steering]).unwrap();
        let response = answer(chat, &Bytes::copy_from_slice(body.as_bytes()), &steering).await;
        let status = response.status();
        let body = response.into_body().collect().await;
        let text = body.map(|body| String::from_utf8(body.to_bytes().to_vec()).unwrap());
        (status, text.map_err(|error| error.to_string()))
    }

    const DIME: &str = r#"{"model":"sandbox-dime","messages":[{"role":"user","content":"hello"}]}"#;

    #[tokio::test]
    async fn the_table_holds() {
        let mut all = Vec::new();
        for (chat, body, steering) in [
            (true, DIME, ""),
            (
                true,
                r#"{"model":"sandbox-tokens","messages":[{"content":"12345678"}],"max_tokens":3}"#,
                "cached=1",
            ),
            (true, r#"{"model":"sandbox-tokens","messages":[],"max_tokens":9,"n":2}"#, "tokens=2"),
            (
                true,
                r#"{"model":"sandbox-tokens","messages":[],"max_tokens":2,"stream":true,"stream_options":{"include_usage":true}}"#,
                "first_token_ms=1",
            ),
            (true, r#"{"model":"sandbox-tokens","messages":[],"max_tokens":1,"stream":true}"#, ""),
            (true, DIME, "omit_usage"),
            (true, DIME, "status=503"),
            (false, r#"{"model":"sandbox-embed","input":["hello","world!"]}"#, ""),
            (false, r#"{"model":"sandbox-embed","input":"a","encoding_format":"base64"}"#, ""),
            (false, r#"{"model":"sandbox-embed","input":[1,2,3]}"#, ""),
            (true, r#"{"model":"sandbox-other","messages":[]}"#, ""),
        ] {
            let (status, text) = ask(chat, body, steering).await;
            all.push(format!("{body} {steering}\n{status}\n{}", text.unwrap()));
        }
        insta::assert_snapshot!(all.join("\n\n"));
    }

    #[tokio::test]
    async fn as_many_output_tokens_as_asked_for() {
        for (fields, tokens) in
            [("", 32), (r#","max_tokens":0"#, 32), (r#","max_tokens":5000"#, 5_000)]
        {
            let body = format!(r#"{{"model":"sandbox-tokens","messages":[]{fields}}}"#);
            let (_, text) = ask(true, &body, "").await;
            let answer: serde_json::Value = serde_json::from_str(&text.unwrap()).unwrap();
            assert_eq!(answer["usage"]["completion_tokens"], tokens, "{fields}");
        }
    }

    #[tokio::test]
    async fn breaks_off_after_so_many_bytes() {
        let steering = Steering::parse(["reset_after=10"]).unwrap();
        let mut body = answer(true, &Bytes::from(DIME), &steering).await.into_body();
        let mut seen = Vec::new();
        let end = loop {
            match body.frame().await {
                Some(Ok(frame)) => seen.extend_from_slice(&frame.into_data().unwrap()),
                other => break other,
            }
        };
        assert_eq!(seen.len(), 10);
        assert!(matches!(end, Some(Err(_))));
    }
}
