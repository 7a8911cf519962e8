//! Which models there are: names, prices, and who serves them.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

use domain::Price;
use store::system::KeyState;

use crate::{error::Error, sandbox};

/// Whose price is taken where several providers sell the same name: a connection does not say whose
/// it is, and most speak for OpenAI.
const PREFERRED: &str = "openai";

/// Prices by model.
type List = Arc<BTreeMap<String, Arc<Price>>>;

/// The price list of this moment.
#[derive(Debug, Default)]
pub(crate) struct Models(RwLock<Option<List>>);

/// Who answers a request, and at which price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) price: Arc<Price>,
    pub(crate) sandbox: bool,
}

/// Who can answer at all.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Serving {
    pub(crate) sandbox: bool,
    pub(crate) upstream: bool,
}

/// Stops unless the key's project may ask the model, whether there is one of that name or not.
pub(crate) fn allowed(key: &KeyState, model: &str) -> Result<(), Error> {
    let is_in =
        |models: &Vec<String>| models.binary_search_by(|one| one.as_str().cmp(model)).is_ok();
    if key.models.as_ref().is_none_or(is_in) {
        return Ok(());
    }
    Err(Error::ModelNotAllowed { model: model.to_owned(), project: key.project_name.clone() })
}

impl Models {
    /// Takes a new price list. A name belongs to the sandbox by its beginning, and to nobody else.
    pub(crate) fn replace(&self, prices: Vec<Price>) {
        let mut models: BTreeMap<String, Arc<Price>> = BTreeMap::new();
        let rank = |price: &Price| (price.provider != PREFERRED, price.provider.clone());
        for price in prices {
            if (price.provider == sandbox::PROVIDER) != price.model.starts_with(sandbox::PREFIX) {
                continue;
            }
            let other = models.get(&price.model);
            if other.is_none_or(|other| rank(&price) < rank(other)) {
                models.insert(price.model.clone(), Arc::new(price));
            }
        }
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(models));
    }

    fn list(&self) -> Result<List, Error> {
        let list = self.0.read().unwrap_or_else(PoisonError::into_inner);
        // Before the first list nothing has a price.
        list.clone().ok_or(Error::LedgerUnavailable)
    }

    /// Who answers requests for this model.
    pub(crate) fn route(&self, model: &str, serving: Serving) -> Result<Route, Error> {
        let price = self.list()?.get(model).cloned();
        let sandbox = model.starts_with(sandbox::PREFIX);
        let served = if sandbox { serving.sandbox } else { serving.upstream };
        match price {
            Some(price) if served => Ok(Route { price, sandbox }),
            Some(_) => Err(Error::ModelNotServed(model.to_owned())),
            None if served && !sandbox => Err(Error::ModelNotPriced(model.to_owned())),
            None => Err(Error::ModelUnknown(model.to_owned())),
        }
    }

    /// Models that would be answered, by name.
    pub(crate) fn served(&self, serving: Serving) -> Result<Vec<Arc<Price>>, Error> {
        Ok(self
            .list()?
            .values()
            .filter(|price| {
                if price.provider == sandbox::PROVIDER { serving.sandbox } else { serving.upstream }
            })
            .cloned()
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use domain::{PriceId, Usd};

    use super::*;

    fn price(provider: &str, model: &str) -> Price {
        Price {
            id: PriceId::generate(),
            provider: provider.to_owned(),
            model: model.to_owned(),
            input: 1,
            cached: 1,
            output: 1,
            per_request: Usd::ZERO,
            context: None,
            max_output: None,
        }
    }

    const ALL: Serving = Serving { sandbox: true, upstream: true };
    const SANDBOX: Serving = Serving { sandbox: true, upstream: false };
    const UPSTREAM: Serving = Serving { sandbox: false, upstream: true };

    fn models() -> Models {
        let models = Models::default();
        models.replace(vec![
            price("azure", "gpt"),
            price("openai", "gpt"),
            price("vertex", "other"),
            price("bedrock", "other"),
            price("sandbox", "sandbox-dime"),
            price("evil", "sandbox-tokens"),
        ]);
        models
    }

    #[test]
    fn finds_who_answers() {
        let models = models();
        let provider =
            |model, serving| models.route(model, serving).map(|route| route.price.provider.clone());
        assert_eq!(provider("gpt", ALL).unwrap(), "openai");
        assert_eq!(provider("other", ALL).unwrap(), "bedrock");
        assert_eq!(provider("sandbox-dime", SANDBOX).unwrap(), "sandbox");
        assert!(matches!(provider("gpt", SANDBOX), Err(Error::ModelNotServed(_))));
        assert!(matches!(provider("sandbox-dime", UPSTREAM), Err(Error::ModelNotServed(_))));
        assert!(matches!(provider("gpt-0", UPSTREAM), Err(Error::ModelNotPriced(_))));
        assert!(matches!(provider("gpt-0", SANDBOX), Err(Error::ModelUnknown(_))));
        assert!(matches!(provider("sandbox-tokens", ALL), Err(Error::ModelUnknown(_))));
        assert!(matches!(Models::default().route("gpt", ALL), Err(Error::LedgerUnavailable)));
    }

    #[test]
    fn lists_what_would_be_answered() {
        let names = |serving| -> Vec<String> {
            let served = models().served(serving).unwrap();
            served.iter().map(|price| price.model.clone()).collect()
        };
        assert_eq!(names(ALL), ["gpt", "other", "sandbox-dime"]);
        assert_eq!(names(SANDBOX), ["sandbox-dime"]);
    }
}
