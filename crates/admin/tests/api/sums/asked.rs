//! A question to the API, and what the answer to it is.

use std::fmt::Write as _;

use domain::{KeyId, ProjectId, UserId};
use store::{slices::Only, usage::Totals};

use super::events::{Event, Names};

/// What is asked, and what is to be told.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) path: &'static str,
    pub(crate) text: String,
    /// The first bucket's beginning, and the last one's end.
    pub(crate) from: i64,
    pub(crate) until: i64,
    pub(crate) seconds: i64,
    pub(crate) by: Vec<&'static str>,
    pub(crate) only: Only,
    pub(crate) batch: Option<bool>,
}

impl Asked {
    /// With its groups and filters, in all forms.
    pub(crate) fn written(mut self) -> Self {
        let (text, only) = (&mut self.text, &self.only);
        for word in &self.by {
            write!(text, "&group_by[]={word}").unwrap();
        }
        let list = |ids: Vec<String>| ids.join(",");
        let projects = only.projects.iter().map(|id| ProjectId::from_uuid(*id).to_string());
        let keys = only.keys.iter().map(|id| KeyId::from_uuid(*id).to_string());
        let users = only.members.iter().map(|id| UserId::from_uuid(*id).to_string());
        for (name, ids) in [
            ("project_ids", list(projects.collect())),
            ("api_key_ids[]", list(keys.collect())),
            ("user_ids", list(users.collect())),
        ] {
            if !ids.is_empty() {
                write!(text, "&{name}={ids}").unwrap();
            }
        }
        for model in &only.models {
            write!(text, "&models[]={model}").unwrap();
        }
        for (name, set) in [("exchequer_sandbox", only.sandbox), ("batch", self.batch)] {
            if let Some(set) = set {
                write!(text, "&{name}={set}").unwrap();
            }
        }
        self
    }

    /// Whether an event is to be told.
    pub(crate) fn lets(&self, event: &Event) -> bool {
        let embeds = event.model.contains("embed") || event.model == "bge-m3";
        let is_here = match self.path {
            "/usage/completions" => !embeds,
            "/usage/embeddings" => embeds,
            _ => true,
        };
        let is_batch = self.batch.is_none_or(|batch| batch == (event.tier == "batch"));
        is_here && is_batch && event.is_in(&self.only)
    }

    /// What it is told of.
    pub(crate) fn names(&self, event: &Event) -> Names {
        let (key, user) = (event.key, event.member);
        let value = |word: &str| match word {
            "project_id" => Some(ProjectId::from_uuid(event.project).to_string()),
            "api_key_id" => (!key.is_nil()).then(|| KeyId::from_uuid(key).to_string()),
            "user_id" => (!user.is_nil()).then(|| UserId::from_uuid(user).to_string()),
            "model" | "line_item" => Some(event.model.clone()),
            "batch" => Some((event.tier == "batch").to_string()),
            _ => Some(event.tier.clone()),
        };
        self.by.iter().filter_map(|word| Some(((*word).to_owned(), value(word)?))).collect()
    }

    /// The numbers of a result, by name.
    pub(crate) fn shown(&self, totals: Totals) -> Vec<(String, String)> {
        let [input, cached, write, hour, heard, seen, output, thought, said, drawn] =
            totals.tokens.by_class();
        let prompt = input + cached + write + hour + heard + seen;
        let generated = output + thought + said + drawn;
        let number = |name: &str, number: u64| (name.to_owned(), number.to_string());
        let requests = totals.requests.cast_unsigned();
        let mut shown = match self.path {
            "/usage/completions" => vec![
                number("input_tokens", prompt),
                number("input_cached_tokens", cached),
                number("input_cache_write_tokens", write + hour),
                number("input_uncached_tokens", input + heard + seen),
                number("input_text_tokens", input),
                number("input_audio_tokens", heard),
                number("input_image_tokens", seen),
                number("output_tokens", generated),
                number("output_text_tokens", output + thought),
                number("output_audio_tokens", said),
                number("output_image_tokens", drawn),
                number("num_model_requests", requests),
                number("exchequer_reasoning_tokens", thought),
            ],
            "/usage/embeddings" => vec![
                number("input_tokens", prompt + generated),
                number("num_model_requests", requests),
            ],
            _ => {
                let quantity = number("quantity", prompt + generated);
                let by_item = self.by.contains(&"line_item");
                let mut shown: Vec<_> = by_item.then_some(quantity).into_iter().collect();
                shown.push(("amount".to_owned(), totals.charge.to_string()));
                shown.push(number("exchequer_unpriced_requests", totals.unpriced.cast_unsigned()));
                shown
            }
        };
        shown.push(number("exchequer_estimated_requests", totals.estimated.cast_unsigned()));
        shown.sort();
        shown
    }
}
