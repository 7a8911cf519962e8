//! Results, as they are written.

use domain::{KeyId, ProjectId, Usd, UserId};
use serde::Serialize;
use serde_json::value::RawValue;
use store::usage::Totals;

use super::{
    endpoint::Meter,
    question::{Group, Question},
    sums::Names,
};
use crate::error::Error;

/// What was used in a bucket by those it is told apart by.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Row {
    Completions(Box<Completions>),
    Embeddings(Embeddings),
    Costs(Costs),
}

impl Row {
    pub(super) fn new(
        meter: Meter,
        question: &Question,
        names: Names,
        totals: Totals,
    ) -> Result<Self, Error> {
        Ok(match meter {
            Meter::Completions => Self::Completions(Box::new(Completions::new(names, totals))),
            Meter::Embeddings => Self::Embeddings(Embeddings::new(names, totals)),
            Meter::Costs => Self::Costs(Costs::new(question, names, totals)?),
        })
    }
}

/// What all results are told apart by; null where it is not asked for, or there is none.
#[derive(Debug, Serialize)]
struct Of {
    project_id: Option<ProjectId>,
    user_id: Option<UserId>,
    api_key_id: Option<KeyId>,
    model: Option<String>,
}

impl Of {
    fn new(names: Names) -> Self {
        let Names { project, user, key, model, .. } = names;
        Self { project_id: project, user_id: user, api_key_id: key, model }
    }
}

#[derive(Debug, Serialize)]
pub(super) struct Completions {
    object: &'static str,
    input_tokens: u64,
    input_cached_tokens: u64,
    input_cache_write_tokens: u64,
    input_uncached_tokens: u64,
    input_text_tokens: u64,
    input_audio_tokens: u64,
    input_image_tokens: u64,
    output_tokens: u64,
    output_text_tokens: u64,
    output_audio_tokens: u64,
    output_image_tokens: u64,
    num_model_requests: i64,
    batch: Option<bool>,
    service_tier: Option<&'static str>,
    exchequer_reasoning_tokens: u64,
    exchequer_estimated_requests: i64,
    #[serde(flatten)]
    of: Of,
}

impl Completions {
    fn new(names: Names, totals: Totals) -> Self {
        let Totals { requests, estimated, tokens, .. } = totals;
        Self {
            object: "organization.usage.completions.result",
            input_tokens: tokens.prompt(),
            input_cached_tokens: tokens.cached,
            input_cache_write_tokens: tokens.cache_write.saturating_add(tokens.cache_write_1h),
            input_uncached_tokens: [tokens.input, tokens.audio_input, tokens.image_input]
                .into_iter()
                .fold(0, u64::saturating_add),
            input_text_tokens: tokens.input,
            input_audio_tokens: tokens.audio_input,
            input_image_tokens: tokens.image_input,
            output_tokens: tokens.generated(),
            output_text_tokens: tokens.output.saturating_add(tokens.reasoning),
            output_audio_tokens: tokens.audio_output,
            output_image_tokens: tokens.image_output,
            num_model_requests: requests,
            batch: names.batch,
            service_tier: names.tier,
            exchequer_reasoning_tokens: tokens.reasoning,
            exchequer_estimated_requests: estimated,
            of: Of::new(names),
        }
    }
}

#[derive(Debug, Serialize)]
pub(super) struct Embeddings {
    object: &'static str,
    input_tokens: u64,
    num_model_requests: i64,
    exchequer_estimated_requests: i64,
    #[serde(flatten)]
    of: Of,
}

impl Embeddings {
    fn new(names: Names, totals: Totals) -> Self {
        Self {
            object: "organization.usage.embeddings.result",
            // Where a provider tells that something was generated, it counts here as well.
            input_tokens: totals.tokens.total(),
            num_model_requests: totals.requests,
            exchequer_estimated_requests: totals.estimated,
            of: Of::new(names),
        }
    }
}

#[derive(Debug, Serialize)]
pub(super) struct Costs {
    object: &'static str,
    amount: Amount,
    line_item: Option<String>,
    quantity: Option<u64>,
    quantity_unit: Option<&'static str>,
    exchequer_estimated_requests: i64,
    exchequer_unpriced_requests: i64,
    #[serde(flatten)]
    of: Of,
}

/// Exact: a number of as many digits as it takes.
#[derive(Debug, Serialize)]
struct Amount {
    value: Box<RawValue>,
    currency: &'static str,
}

impl Costs {
    fn new(question: &Question, names: Names, totals: Totals) -> Result<Self, Error> {
        let by_item = question.by(Group::LineItem);
        let line_item = names.model.clone().filter(|_| by_item);
        let mut of = Of::new(names);
        of.model = of.model.filter(|_| question.by(Group::Model));
        Ok(Self {
            object: "organization.costs.result",
            amount: Amount { value: number(totals.charge)?, currency: "usd" },
            line_item,
            quantity: by_item.then(|| totals.tokens.total()),
            quantity_unit: by_item.then_some("tokens"),
            exchequer_estimated_requests: totals.estimated,
            exchequer_unpriced_requests: totals.unpriced,
            of,
        })
    }
}

fn number(amount: Usd) -> Result<Box<RawValue>, Error> {
    RawValue::from_string(amount.to_string()).map_err(|_| Error::Internal)
}
