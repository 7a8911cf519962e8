//! Requests that providers did not serve, by model.

use std::collections::BTreeMap;

use domain::{Action, Caller, ProviderError};

use crate::{Store, StoreError, latencies::Ask};

/// How many requests a provider did not serve, by why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ProviderErrors([u64; ProviderError::ALL.len()]);

impl ProviderErrors {
    /// Counts more of a kind.
    pub fn add(&mut self, error: ProviderError, requests: u64) {
        self.0[error as usize] += requests;
    }

    /// Of one kind.
    pub const fn of(&self, error: ProviderError) -> u64 {
        self.0[error as usize]
    }

    /// All of them.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    /// Those that say that something is wrong with the provider or the way to it.
    pub fn against_provider(&self) -> u64 {
        let counts = |error: &ProviderError| error.counts_against_provider();
        ProviderError::ALL.into_iter().filter(counts).map(|error| self.of(error)).sum()
    }

    /// Both together.
    #[must_use]
    pub fn plus(mut self, other: Self) -> Self {
        for error in ProviderError::ALL {
            self.add(error, other.of(error));
        }
        self
    }
}

impl Store {
    /// What providers did not serve within the ask's bounds, by model. Projects and models of others
    /// find nothing.
    pub async fn provider_errors(
        &self,
        caller: &Caller,
        ask: Ask<'_>,
    ) -> Result<BTreeMap<String, ProviderErrors>, StoreError> {
        caller.may(Action::List)?;
        let mut tx = self.tenant(caller).await?;
        let rows = sqlx::query!(
            r#"SELECT model, kind, sum(requests)::bigint AS "requests!" FROM provider_errors
             WHERE org_id = $1 AND quarter >= $2 AND quarter < $3
                AND (cardinality($4::uuid[]) = 0 OR project_id = ANY ($4))
                AND (cardinality($5::text[]) = 0 OR model = ANY ($5))
             GROUP BY model, kind"#,
            caller.org.uuid(),
            ask.bounds.first(),
            ask.bounds.last(),
            ask.projects,
            ask.models
        )
        .fetch_all(&mut *tx)
        .await?;
        let mut models = BTreeMap::<String, ProviderErrors>::new();
        for row in rows {
            let kind = ProviderError::ALL.into_iter().find(|error| error.as_str() == row.kind);
            let kind = kind.ok_or(StoreError::Damaged("a provider's error is of no kind"))?;
            let requests = u64::try_from(row.requests).unwrap_or(0);
            models.entry(row.model).or_default().add(kind, requests);
        }
        Ok(models)
    }
}
