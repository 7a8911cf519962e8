//! The sandbox's answer as a stream: a frame per word.

use bytes::Bytes;
use serde_json::{Value, json};

use super::answer::Completion;

fn frame(data: &Value) -> Bytes {
    Bytes::from(format!("data: {data}\n\n"))
}

/// Frames of a completion; the usage in a frame of its own if asked for.
pub(super) fn of(answer: Completion, usage: bool) -> impl Iterator<Item = Bytes> + Send {
    let chunk = move |model: &str, choices: Value| {
        json!({
            "id": "chatcmpl-sandbox",
            "object": "chat.completion.chunk",
            "created": 0,
            "model": model,
            "choices": choices,
        })
    };
    let choice = |index: u64, delta: &Value, finish: &Value| json!([{ "index": index, "delta": delta, "finish_reason": finish }]);
    let told = answer.usage().filter(|_| usage).map(|usage| {
        let mut last = chunk(&answer.model, json!([]));
        last["usage"] = usage;
        frame(&last)
    });
    let words = (0..answer.choices).flat_map(move |index| {
        let model = answer.model.clone();
        let said = answer.words().enumerate().map(|(at, word)| {
            let space = if at > 0 { " " } else { "" };
            (json!({ "content": format!("{space}{word}") }), Value::Null)
        });
        std::iter::once((json!({ "role": "assistant", "content": "" }), Value::Null))
            .chain(said)
            .chain(std::iter::once((json!({}), json!("stop"))))
            .map(move |(delta, finish)| frame(&chunk(&model, choice(index, &delta, &finish))))
            .collect::<Vec<_>>()
    });
    words.chain(told).chain(std::iter::once(Bytes::from_static(b"data: [DONE]\n\n")))
}
