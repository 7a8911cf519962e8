//! Which models there are: names, prices, and who serves them.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, PoisonError, RwLock},
};

use domain::{OrgId, Price, price::in_force};
use store::system::KeyState;

use crate::{error::Error, sandbox};

/// Prices by model.
type List = BTreeMap<String, Arc<Price>>;

/// The prices of this moment.
#[derive(Debug, Default)]
struct Lists {
    book: List,
    /// Organizations' own.
    own: HashMap<OrgId, List>,
}

impl Lists {
    /// An organization's own price stands before the book's.
    fn price(&self, org: OrgId, model: &str) -> Option<&Arc<Price>> {
        let own = self.own.get(&org).and_then(|own| own.get(model));
        own.or_else(|| self.book.get(model))
    }
}

/// The price list of this moment.
#[derive(Debug, Default)]
pub(crate) struct Models(RwLock<Option<Arc<Lists>>>);

/// Who answers a request, and at which price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Route {
    /// None: not known, and the organization lets such requests pass.
    pub(crate) price: Option<Arc<Price>>,
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
    /// Takes a new price list.
    pub(crate) fn replace(&self, prices: Vec<Price>, own: Vec<(OrgId, Price)>) {
        let book = in_force::preferred(prices);
        let mut lists = Lists::default();
        for (org, price) in own {
            if let Some(price) = in_force::own(price, &book) {
                lists.own.entry(org).or_default().insert(price.model.clone(), Arc::new(price));
            }
        }
        lists.book = book.into_iter().map(|(model, price)| (model, Arc::new(price))).collect();
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(lists));
    }

    /// Whether there is a price list.
    pub(crate) fn are_known(&self) -> bool {
        self.lists().is_ok()
    }

    fn lists(&self) -> Result<Arc<Lists>, Error> {
        let lists = self.0.read().unwrap_or_else(PoisonError::into_inner);
        // Before the first list nothing has a price.
        lists.clone().ok_or(Error::LedgerUnavailable)
    }

    /// Who answers this key's requests for this model.
    pub(crate) fn route(
        &self,
        key: &KeyState,
        model: &str,
        serving: Serving,
    ) -> Result<Route, Error> {
        let price = self.lists()?.price(key.org, model).cloned();
        let sandbox = model.starts_with(sandbox::PREFIX);
        let served = if sandbox { serving.sandbox } else { serving.upstream };
        match price {
            Some(price) if served => Ok(Route { price: Some(price), sandbox }),
            Some(_) => Err(Error::ModelNotServed(model.to_owned())),
            None if served && !sandbox && key.unpriced => Ok(Route { price: None, sandbox }),
            None if served && !sandbox => Err(Error::ModelNotPriced(model.to_owned())),
            None => Err(Error::ModelUnknown(model.to_owned())),
        }
    }

    /// Models with a price that would be answered, by name.
    pub(crate) fn served(&self, org: OrgId, serving: Serving) -> Result<Vec<Arc<Price>>, Error> {
        let lists = self.lists()?;
        let mut all = lists.book.clone();
        all.extend(lists.own.get(&org).cloned().unwrap_or_default());
        Ok(all
            .into_values()
            .filter(|price| {
                if price.provider == sandbox::PROVIDER { serving.sandbox } else { serving.upstream }
            })
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use domain::{KeyId, Permissions, PriceId, ProjectId, Usd, price::Rates};

    use super::*;

    fn price(provider: &str, model: &str) -> Price {
        Price {
            id: PriceId::generate(),
            provider: provider.to_owned(),
            model: model.to_owned(),
            rates: Rates::new(1, 1),
            variants: Vec::new(),
            per_request: Usd::ZERO,
            context: None,
            max_output: None,
        }
    }

    const ALL: Serving = Serving { sandbox: true, upstream: true };
    const SANDBOX: Serving = Serving { sandbox: true, upstream: false };
    const UPSTREAM: Serving = Serving { sandbox: false, upstream: true };

    fn key(org: OrgId, unpriced: bool) -> KeyState {
        KeyState {
            key: KeyId::generate(),
            org,
            project: ProjectId::generate(),
            project_name: String::new(),
            member: None,
            tracked: true,
            permissions: Permissions::All,
            models: None,
            rehearsal: false,
            fingerprints: false,
            bodies: false,
            unpriced,
            max_request: None,
            obstacle: None,
        }
    }

    fn models() -> Models {
        let models = Models::default();
        models.replace(book(), Vec::new());
        models
    }

    fn book() -> Vec<Price> {
        vec![
            price("azure", "gpt"),
            price("openai", "gpt"),
            price("vertex", "other"),
            price("bedrock", "other"),
            price("sandbox", "sandbox-dime"),
            price("evil", "sandbox-tokens"),
        ]
    }

    #[test]
    fn finds_who_answers() {
        let models = models();
        let key = key(OrgId::generate(), false);
        let provider = |model, serving| {
            models.route(&key, model, serving).map(|route| route.price.unwrap().provider.clone())
        };
        assert_eq!(provider("gpt", ALL).unwrap(), "openai");
        assert_eq!(provider("other", ALL).unwrap(), "bedrock");
        assert_eq!(provider("sandbox-dime", SANDBOX).unwrap(), "sandbox");
        assert!(matches!(provider("gpt", SANDBOX), Err(Error::ModelNotServed(_))));
        assert!(matches!(provider("sandbox-dime", UPSTREAM), Err(Error::ModelNotServed(_))));
        assert!(matches!(provider("gpt-0", UPSTREAM), Err(Error::ModelNotPriced(_))));
        assert!(matches!(provider("gpt-0", SANDBOX), Err(Error::ModelUnknown(_))));
        assert!(matches!(provider("sandbox-tokens", ALL), Err(Error::ModelUnknown(_))));
        let none = Models::default();
        assert!(matches!(none.route(&key, "gpt", ALL), Err(Error::LedgerUnavailable)));
    }

    #[test]
    fn an_owner_may_let_pass_what_has_no_price() {
        let (models, key) = (models(), key(OrgId::generate(), true));
        let unpriced = Route { price: None, sandbox: false };
        assert_eq!(models.route(&key, "gpt-0", UPSTREAM).unwrap(), unpriced);
        assert!(matches!(models.route(&key, "gpt-0", SANDBOX), Err(Error::ModelUnknown(_))));
        let sandbox = models.route(&key, "sandbox-none", ALL);
        assert!(matches!(sandbox, Err(Error::ModelUnknown(_))));
    }

    #[test]
    fn an_organization_has_its_own_price() {
        let (models, org) = (Models::default(), OrgId::generate());
        let own = |model| {
            let rates = Rates::new(7, 7);
            (org, Price { rates, ..price("own", model) })
        };
        models.replace(book(), vec![own("gpt"), own("ours"), own("sandbox-dime")]);
        let rate = |org, model| {
            let route = models.route(&key(org, false), model, ALL)?;
            Ok::<_, Error>(route.price.unwrap().rates.own(domain::TokenClass::Input).unwrap())
        };
        assert_eq!((rate(org, "gpt").unwrap(), rate(org, "ours").unwrap()), (7, 7));
        assert_eq!((rate(org, "other").unwrap(), rate(org, "sandbox-dime").unwrap()), (1, 1));
        assert_eq!(rate(OrgId::generate(), "gpt").unwrap(), 1);
        assert!(matches!(rate(OrgId::generate(), "ours"), Err(Error::ModelNotPriced(_))));
        let served = models.served(org, UPSTREAM).unwrap();
        let served: Vec<_> = served.iter().map(|price| (&*price.provider, &*price.model)).collect();
        assert_eq!(served, [("openai", "gpt"), ("bedrock", "other"), ("own", "ours")]);
    }

    #[test]
    fn lists_what_would_be_answered() {
        let names = |serving| -> Vec<String> {
            let served = models().served(OrgId::generate(), serving).unwrap();
            served.iter().map(|price| price.model.clone()).collect()
        };
        assert_eq!(names(ALL), ["gpt", "other", "sandbox-dime"]);
        assert_eq!(names(SANDBOX), ["sandbox-dime"]);
    }
}
