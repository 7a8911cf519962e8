//! The rule for gitleaks finds every key and nothing else.

use domain::api_key::Opens;
use regex::Regex;
use testkit::Tenant;

const RULES: &str = include_str!("../../../../docs/gitleaks.toml");

fn rule() -> Regex {
    let (_, rest) = RULES.split_once("\nregex = '''").unwrap();
    Regex::new(rest.split_once("'''").unwrap().0).unwrap()
}

fn keys() -> Vec<String> {
    let admin =
        |n: u8| Opens::Admin.compose(std::array::from_fn(|at| n * 7 + u8::try_from(at).unwrap()));
    (0..10).map(|_| Tenant::secret().0).chain((0..10).map(admin)).collect()
}

#[test]
fn finds_every_planted_key() {
    let rule = rule();
    let mut found = 0;
    for key in keys() {
        for text in [
            format!("OPENAI_API_KEY={key}\n"),
            format!("client = OpenAI(api_key=\"{key}\")"),
            format!("curl -H 'Authorization: Bearer {key}' -d '{{}}'"),
            format!("{{\"token\":\"{key}\"}}"),
        ] {
            assert_eq!(rule.find(&text).unwrap().as_str(), key);
        }
        found += 1;
    }
    assert_eq!(found, 20);
}

#[test]
fn finds_nothing_in_other_texts() {
    let rule = rule();
    let keys = keys();
    for (place, key) in keys.iter().enumerate() {
        let text = match place % 5 {
            // Another prefix, a part of a key, one too long, a masked one, and an id.
            0 => key.replace("sk-exq-", "sk-proj-"),
            1 => key[..60].to_owned(),
            2 => format!("{key}x"),
            3 => domain::api_key::masked(key),
            _ => domain::KeyId::generate().to_string(),
        };
        assert_eq!(rule.find(&text), None, "{text}");
    }
}
