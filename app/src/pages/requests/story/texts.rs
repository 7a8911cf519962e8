//! What a prompt and an answer say, for people: a chat message by message, all else as it came.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// More texts, or longer ones together, are not told one by one.
const MOST_SAID: usize = 200;
const LARGEST_SAID: usize = 1024 * 1024;

/// A text, and whose it is.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) title: String,
    pub(super) text: String,
}

impl Said {
    fn new(title: impl Into<String>, text: String) -> Self {
        Self { title: title.into(), text }
    }

    fn raw(bytes: &[u8]) -> Vec<Self> {
        vec![Self::new("As it came", String::from_utf8_lossy(bytes).into_owned())]
    }
}

/// What was asked: messages and then the other fields, or the fields of what is no chat.
pub(super) fn prompt(bytes: &[u8]) -> Vec<Said> {
    let Ok(Value::Object(mut fields)) = serde_json::from_slice(bytes) else {
        return Said::raw(bytes);
    };
    let Some(Value::Array(messages)) = fields.remove("messages") else {
        return Said::raw(bytes);
    };
    let mut said: Vec<_> = messages
        .iter()
        .map(|message| Said::new(message["role"].as_str().unwrap_or("message"), spoken(message)))
        .collect();
    if !fields.is_empty() {
        said.push(Said::new("Other fields", pretty(&Value::Object(fields))));
    }
    bounded(said, bytes)
}

/// What would make a page of any size, as it came.
fn bounded(said: Vec<Said>, bytes: &[u8]) -> Vec<Said> {
    let size: usize = said.iter().map(|said| said.text.len()).sum();
    if said.is_empty() || said.len() > MOST_SAID || size > LARGEST_SAID {
        return Said::raw(bytes);
    }
    said
}

/// What was answered: each choice, of a stream put together from its pieces.
pub(super) fn answer(bytes: &[u8]) -> Vec<Said> {
    let whole = serde_json::from_slice::<Value>(bytes);
    let (choices, errors) = match &whole {
        Ok(answer) => {
            (choices(answer).map(|choice| spoken(&choice["message"])).collect(), Vec::new())
        }
        Err(_) => pieced(&String::from_utf8_lossy(bytes)),
    };
    let many = choices.len();
    let said = choices.into_iter().enumerate().map(|(at, text)| {
        let title =
            if many == 1 { "assistant".to_owned() } else { format!("assistant, {}", at + 1) };
        Said::new(title, text)
    });
    let errors = errors.into_iter().map(|text| Said::new("Error", text));
    bounded(said.chain(errors).collect(), bytes)
}

fn choices(answer: &Value) -> impl Iterator<Item = &Value> {
    answer["choices"].as_array().into_iter().flatten()
}

/// The choices of a stream, and what its events say of errors.
fn pieced(stream: &str) -> (Vec<String>, Vec<String>) {
    let mut whole = BTreeMap::<u64, Value>::new();
    let mut errors = Vec::new();
    let events = stream.lines().filter_map(|line| line.strip_prefix("data:"));
    for event in events.filter_map(|data| serde_json::from_str::<Value>(data).ok()) {
        for choice in choices(&event) {
            let index = choice["index"].as_u64().unwrap_or(0);
            grow(whole.entry(index).or_insert_with(|| json!({})), &choice["delta"]);
        }
        if let Some(error) = event.get("error") {
            errors.push(pretty(error));
        }
    }
    (whole.values().map(spoken).collect(), errors)
}

/// Adds a piece of a message to what came before: texts go on, what has an index by its index.
fn grow(whole: &mut Value, piece: &Value) {
    match (whole, piece) {
        (Value::String(whole), Value::String(piece)) => whole.push_str(piece),
        (Value::Object(whole), Value::Object(piece)) => {
            for (name, piece) in piece {
                match whole.get_mut(name) {
                    // Said again in each piece by some providers.
                    Some(_) if matches!(name.as_str(), "role" | "id" | "type") => {}
                    Some(known) => grow(known, piece),
                    None => drop(whole.insert(name.clone(), piece.clone())),
                }
            }
        }
        (Value::Array(whole), Value::Array(pieces)) => {
            for piece in pieces {
                match whole.iter_mut().find(|known| known["index"] == piece["index"]) {
                    Some(known) if !piece["index"].is_null() => grow(known, piece),
                    _ => whole.push(piece.clone()),
                }
            }
        }
        (_, Value::Null) => {}
        (whole, piece) => *whole = piece.clone(),
    }
}

/// The texts of a message, and whatever else it has by its name.
fn spoken(message: &Value) -> String {
    let Some(fields) = message.as_object() else { return pretty(message) };
    let parts = fields.iter().filter_map(|(name, value)| match (name.as_str(), value) {
        ("role", _) | (_, Value::Null) => None,
        ("content" | "refusal", value) => Some(content(value)),
        (_, Value::Array(items)) if items.is_empty() => None,
        (name, Value::String(text)) => Some(format!("{name}: {text}")),
        (name, value) => Some(format!("{name}: {}", pretty(value))),
    });
    parts.collect::<Vec<_>>().join("\n\n")
}

fn content(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().map(part).collect::<Vec<_>>().join("\n\n"),
        other => pretty(other),
    }
}

fn part(value: &Value) -> String {
    match (value.as_str(), value["text"].as_str()) {
        (Some(text), _) | (None, Some(text)) => text.to_owned(),
        (None, None) => pretty(value),
    }
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(said: &[Said]) -> Vec<(&str, &str)> {
        said.iter().map(|said| (said.title.as_str(), said.text.as_str())).collect()
    }

    #[test]
    fn a_chat_is_told_message_by_message() {
        let body = br#"{"model":"m","messages":[{"role":"system","content":"Be kind."},
            {"role":"user","content":[{"type":"text","text":"a"},"b",{"type":"image_url","image_url":{"url":"x"}}]},
            {"role":"assistant","content":null,"tool_calls":[{"id":"t"}]},{"content":7},3]}"#;
        let said = prompt(body);
        let expected = [
            ("system", "Be kind."),
            (
                "user",
                "a\n\nb\n\n{\n  \"image_url\": {\n    \"url\": \"x\"\n  },\n  \"type\": \"image_url\"\n}",
            ),
            ("assistant", "tool_calls: [\n  {\n    \"id\": \"t\"\n  }\n]"),
            ("message", "7"),
            ("message", "3"),
            ("Other fields", "{\n  \"model\": \"m\"\n}"),
        ];
        assert_eq!(shown(&said), expected);
    }

    #[test]
    fn what_would_make_a_page_of_any_size_stays_as_it_came() {
        let many = format!("{{\"messages\":[{}{{}}]}}", "{},".repeat(MOST_SAID));
        assert_eq!(shown(&prompt(many.as_bytes())), [("As it came", many.as_str())]);
        let deep = format!("{}{}1{}", "[".repeat(100), "1,".repeat(9_000), "]".repeat(100));
        let body = format!("{{\"messages\":[],\"x\":{deep}}}");
        assert_eq!(shown(&prompt(body.as_bytes())), [("As it came", body.as_str())]);
    }

    #[test]
    fn what_is_no_chat_stays_as_it_came() {
        for body in [
            &br#"{"model":"m","input":"x"}"#[..],
            b"{\"messages\":[{\"role\":\"us",
            b"[]",
            b"",
            b"data: [DONE]\n\n",
            br#"{"data":[{"embedding":"AAA"}]}"#,
        ] {
            let text = std::str::from_utf8(body).unwrap();
            assert_eq!(shown(&prompt(body)), [("As it came", text)]);
            assert_eq!(shown(&answer(body)), [("As it came", text)]);
        }
        assert_eq!(shown(&answer(b"\xff")), [("As it came", "\u{fffd}")]);
    }

    #[test]
    fn an_answer_is_told_choice_by_choice() {
        let one = answer(br#"{"choices":[{"message":{"role":"assistant","content":"Hi"}}]}"#);
        assert_eq!(shown(&one), [("assistant", "Hi")]);
        let two = answer(
            br#"{"choices":[{"message":{"content":"a","annotations":[]}},{"message":{"refusal":"No."}}]}"#,
        );
        assert_eq!(shown(&two), [("assistant, 1", "a"), ("assistant, 2", "No.")]);
    }

    #[test]
    fn a_stream_is_put_together() {
        let stream = b"data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\r\n\r\n\
            : ping\n\ndata: {\"choices\":[{\"index\":1,\"delta\":{\"content\":\"B\"}},{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"Hel\"}}]}\n\n\
            data:{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"lo\"}}]}\n\n\
            data: {\"choices\":[{\"index\":1,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"t\",\"function\":{\"arguments\":\"{\\\"a\"}}]}}]}\n\n\
            data: {\"choices\":[{\"index\":1,\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"\\\":1}\"}}]}}]}\n\n\
            data: {\"error\":{\"code\":\"upstream_lost\"}}\n\ndata: {\"choi";
        let said = answer(stream);
        let calls = "B\n\ntool_calls: [\n  {\n    \"function\": {\n      \"arguments\": \"{\\\"a\\\":1}\"\n    },\n    \"id\": \"t\",\n    \"index\": 0\n  }\n]";
        let error = "{\n  \"code\": \"upstream_lost\"\n}";
        let expected = [("assistant, 1", "Hello"), ("assistant, 2", calls), ("Error", error)];
        assert_eq!(shown(&said), expected);
    }
}
