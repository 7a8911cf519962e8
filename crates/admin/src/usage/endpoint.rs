//! What each address may be asked, and which usage it tells.

/// An address.
#[derive(Debug)]
pub(super) struct Endpoint {
    /// The last part of the address.
    pub(super) name: &'static str,
    /// What `group_by` may name.
    pub(super) groups: &'static [&'static str],
    /// The lists that leave usage out.
    pub(super) filters: &'static [&'static str],
    /// What of the ledger it tells; none for what never passes Exchequer.
    pub(super) meter: Option<Meter>,
}

/// A part of the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meter {
    /// Requests to models that are not known to embed.
    Completions,
    /// Requests to models that embed.
    Embeddings,
    /// What all requests cost.
    Costs,
}

impl Meter {
    /// Whether what a model used is told here. Each model is told by one of completions and embeddings.
    pub(super) fn tells(self, model: &str) -> bool {
        match self {
            Self::Completions => !embeds(model),
            Self::Embeddings => embeds(model),
            Self::Costs => true,
        }
    }

    /// Whether that depends on the model.
    pub(super) const fn asks_models(self) -> bool {
        matches!(self, Self::Completions | Self::Embeddings)
    }
}

/// Beginnings of the names of models that embed and do not say so.
const EMBEDDING: [&str; 7] =
    ["bge-", "e5-", "gte-", "voyage-", "all-minilm", "text-similarity-", "text-search-"];

/// Whether a model makes embeddings, by its name: rollups know models, and not which address was
/// called.
fn embeds(model: &str) -> bool {
    let name = model.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    name.contains("embed") || EMBEDDING.iter().any(|start| name.starts_with(start))
}

const FOUR: &[&str] = &["project_id", "user_id", "api_key_id", "model"];
const FILTERS: &[&str] = &["project_ids", "user_ids", "api_key_ids", "models"];

/// What is never metered, but for what it may be asked.
const fn never(
    name: &'static str,
    groups: &'static [&'static str],
    filters: &'static [&'static str],
) -> Endpoint {
    Endpoint { name, groups, filters, meter: None }
}

pub(super) static COMPLETIONS: Endpoint = Endpoint {
    name: "completions",
    groups: &["project_id", "user_id", "api_key_id", "model", "batch", "service_tier"],
    filters: FILTERS,
    meter: Some(Meter::Completions),
};
pub(super) static EMBEDDINGS: Endpoint =
    Endpoint { name: "embeddings", groups: FOUR, filters: FILTERS, meter: Some(Meter::Embeddings) };
pub(super) static COSTS: Endpoint = Endpoint {
    name: "costs",
    groups: &["project_id", "line_item", "api_key_id", "user_id", "model"],
    filters: FILTERS,
    meter: Some(Meter::Costs),
};
pub(super) static MODERATIONS: Endpoint = never("moderations", FOUR, FILTERS);
pub(super) static AUDIO_SPEECHES: Endpoint = never("audio_speeches", FOUR, FILTERS);
pub(super) static AUDIO_TRANSCRIPTIONS: Endpoint = never("audio_transcriptions", FOUR, FILTERS);
pub(super) static IMAGES: Endpoint = never(
    "images",
    &["project_id", "user_id", "api_key_id", "model", "size", "source"],
    &["project_ids", "user_ids", "api_key_ids", "models", "sources", "sizes"],
);
pub(super) static VECTOR_STORES: Endpoint =
    never("vector_stores", &["project_id"], &["project_ids"]);
pub(super) static CODE_INTERPRETER_SESSIONS: Endpoint =
    never("code_interpreter_sessions", &["project_id"], &["project_ids"]);
pub(super) static FILE_SEARCH_CALLS: Endpoint = never(
    "file_search_calls",
    &["project_id", "user_id", "api_key_id", "vector_store_id"],
    &["project_ids", "user_ids", "api_key_ids", "vector_store_ids"],
);
pub(super) static WEB_SEARCH_CALLS: Endpoint = never(
    "web_search_calls",
    &["project_id", "user_id", "api_key_id", "model", "context_level"],
    &["project_ids", "user_ids", "api_key_ids", "models", "context_levels"],
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_that_embed_are_known_by_their_names() {
        for model in [
            "text-embedding-3-small",
            "gemini-embedding-001",
            "sandbox-embed",
            "amazon.titan-embed-text-v1",
            "BAAI/bge-m3",
            "Voyage-3",
            "all-minilm",
        ] {
            assert!(embeds(model), "{model}");
        }
        for model in ["gpt-4.1", "claude-opus-5", "embedders/chat", "voyager", ""] {
            assert!(!embeds(model), "{model}");
        }
        for model in ["gpt-4.1", "bge-m3"] {
            let told = [Meter::Completions, Meter::Embeddings].map(|meter| meter.tells(model));
            assert_ne!(told[0], told[1], "{model}");
        }
    }
}
