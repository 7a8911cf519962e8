//! The usage that a provider tells.

use domain::Tokens;
use serde::Deserialize;

/// More tokens of one class than any request has: a number beyond it is a mistake.
const ABSURD: u64 = 1_000_000_000;

#[derive(Deserialize)]
struct Wire {
    prompt_tokens: u64,
    completion_tokens: Option<u64>,
    total_tokens: Option<u64>,
    prompt_tokens_details: Option<Details>,
}

#[derive(Deserialize)]
struct Details {
    cached_tokens: Option<u64>,
}

/// Reads a `usage` object. None where its numbers can't be true: negative, not whole, absurdly large,
/// more cached than there was.
pub(crate) fn read(json: &str) -> Option<Tokens> {
    let wire: Wire = serde_json::from_str(json).ok()?;
    let cached = wire.prompt_tokens_details.and_then(|details| details.cached_tokens).unwrap_or(0);
    // Embeddings tell no completion, only a total.
    let output = match (wire.completion_tokens, wire.total_tokens) {
        (Some(output), _) => output,
        (None, Some(total)) => total.checked_sub(wire.prompt_tokens)?,
        (None, None) => return None,
    };
    let input = wire.prompt_tokens.checked_sub(cached)?;
    let told = wire.prompt_tokens.saturating_add(output);
    // Nothing at all is not a usage: a request has a prompt.
    (told > 0 && wire.prompt_tokens <= ABSURD && output <= ABSURD).then_some(Tokens {
        input,
        cached,
        output,
        ..Tokens::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_providers_tell() {
        let tokens =
            |input, cached, output| Some(Tokens { input, cached, output, ..Tokens::default() });
        for (json, told) in [
            (r#"{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}"#, tokens(9, 0, 3)),
            (
                r#"{"prompt_tokens":9,"completion_tokens":0,"prompt_tokens_details":{"cached_tokens":4,"x":1}}"#,
                tokens(5, 4, 0),
            ),
            (
                r#"{"prompt_tokens":9,"completion_tokens":3,"prompt_tokens_details":null}"#,
                tokens(9, 0, 3),
            ),
            (r#"{"prompt_tokens":7,"total_tokens":7}"#, tokens(7, 0, 0)),
        ] {
            assert_eq!(read(json), told, "{json}");
        }
    }

    #[test]
    fn believes_no_impossible_number() {
        for json in [
            "null",
            "{}",
            "[]",
            r#"{"prompt_tokens":9}"#,
            r#"{"prompt_tokens":0,"completion_tokens":0}"#,
            r#"{"prompt_tokens":-1,"completion_tokens":3}"#,
            r#"{"prompt_tokens":1,"completion_tokens":3.5}"#,
            r#"{"prompt_tokens":"1","completion_tokens":3}"#,
            r#"{"prompt_tokens":1,"completion_tokens":1000000001}"#,
            r#"{"prompt_tokens":1e30,"completion_tokens":1}"#,
            r#"{"prompt_tokens":99999999999999999999,"completion_tokens":1}"#,
            r#"{"prompt_tokens":4,"completion_tokens":1,"prompt_tokens_details":{"cached_tokens":5}}"#,
            r#"{"prompt_tokens":7,"total_tokens":6}"#,
        ] {
            assert_eq!(read(json), None, "{json}");
        }
    }
}
