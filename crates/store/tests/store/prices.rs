//! The price book.

use chrono::{Days, TimeDelta};
use domain::{
    Caller, Origin, Price, Role, ServiceTier, TokenClass, Tokens, Usd,
    price::{Listed, Rates, Variant},
};
use store::{
    Conflict, Store, StoreError,
    system::operator::{BookStanding, NewVersion},
};
use testkit::{Database, Tenant};

async fn price(store: &Store, provider: &str, model: &str) -> Price {
    let prices = store.system().prices().await.unwrap();
    let mut found = prices.into_iter().filter(|p| (&*p.provider, &*p.model) == (provider, model));
    let price = found.next().unwrap();
    assert!(found.next().is_none(), "one version is in force");
    price
}

#[tokio::test]
async fn the_book_is_filled_once_by_many_nodes() {
    let database = Database::new().await;
    let count = "SELECT count(*) FROM prices";
    let full = database.look(count).await;
    let ids = "SELECT md5(string_agg(id::text, ' ' ORDER BY id)) FROM prices";
    let before = database.look(ids).await;
    database.tamper("DELETE FROM prices").await;
    let (one, two) = (&database.store, &database.another().await);
    let (first, second) =
        tokio::join!(one.system().fill_price_book(), two.system().fill_price_book());
    first.and(second).unwrap();
    assert_eq!(database.look(count).await, full);
    assert_eq!(database.look(ids).await, before);
    // A version is never changed, not even by a newer book.
    database.tamper("UPDATE prices SET source = 'corrected' WHERE model = 'gpt-4o'").await;
    one.system().fill_price_book().await.unwrap();
    let kept = "SELECT source FROM prices WHERE model = 'gpt-4o'";
    assert_eq!(database.look(kept).await, "corrected");
}

#[tokio::test]
async fn the_sandbox_costs_what_it_says() {
    let database = Database::new().await;
    let million =
        Tokens { input: 1_000_000, cached: 1_000_000, output: 1_000_000, ..Tokens::default() };
    for (model, charge) in
        [("sandbox-dime", "0.10"), ("sandbox-tokens", "5.10"), ("sandbox-embed", "0.20")]
    {
        let price = price(&database.store, "sandbox", model).await;
        assert_eq!(price.charge(million, ServiceTier::Default).to_string(), charge, "{model}");
    }
}

#[tokio::test]
async fn the_version_in_force_follows_the_clock() {
    let database = Database::new().await;
    let store = &database.store;
    let today = price(store, "openai", "gpt-4o").await;
    assert_eq!(today.rates.own(TokenClass::Input), Some(2_500_000_000_000));
    assert_eq!((today.context, today.max_output), (Some(128_000), Some(16_384)));
    let announced = "INSERT INTO prices (id, provider, model, effective_from, source, rates)
        VALUES (gen_random_uuid(), 'openai', 'gpt-4o', clock_timestamp() + interval '1 day', 'test',
            '[{\"tier\":\"default\",\"from\":0,\"input\":\"9\",\"output\":\"9\"}]')";
    database.tamper(announced).await;
    assert_eq!(price(store, "openai", "gpt-4o").await.id, today.id);
    database.advance(TimeDelta::days(2)).await;
    let tomorrow = price(store, "openai", "gpt-4o").await;
    assert_eq!(
        tomorrow.charge(Tokens { input: 1_000_000, ..Tokens::default() }, ServiceTier::Default),
        Usd::from_dollars(9)
    );
}

#[tokio::test]
async fn an_own_price_begins_ends_and_is_never_changed() {
    let database = Database::new().await;
    let (store, tenant) = (&database.store, Tenant::new(&database, "acme").await);
    let caller = &tenant.caller;
    let terms = |n| Some((Rates::new(n, n), Usd::from_dollars(1)));
    // The usage limit counts by it: below the book's price is for who runs the installation.
    let below = store.set_own_price(caller, "gpt-4o", terms(1), None).await;
    assert!(matches!(below, Err(StoreError::Conflict(Conflict::PriceBelowBook))));
    let above = Some((Rates::new(20_000_000_000_000, 20_000_000_000_000), Usd::ZERO));
    let day = store
        .set_own_price(caller, "gpt-4o", above, chrono::NaiveDate::from_ymd_opt(2999, 1, 1))
        .await;
    store.take_back_own_price(caller, day.unwrap()).await.unwrap();
    database.tamper("UPDATE users SET operator = true").await;
    let in_force = async || {
        let own = store.system().own_prices().await.unwrap();
        own.iter().map(|(_, price)| price.rates.own(TokenClass::Input).unwrap()).collect::<Vec<_>>()
    };
    let listed = store.prices_in_force(caller).await.unwrap().remove("gpt-4o").unwrap();
    assert_eq!(listed.rates.own(TokenClass::Input), Some(2_500_000_000_000));
    store.set_own_price(caller, "gpt-4o", terms(1), None).await.unwrap();
    assert_eq!(in_force().await, [1]);
    // Every member of the organization may know it, and nobody else does.
    let others = Tenant::new(&database, "other").await;
    for (caller, input) in [(caller, 1), (&others.caller, 2_500_000_000_000)] {
        for role in [Role::Owner, Role::Reader] {
            let caller = Caller { role, ..caller.clone() };
            let prices = store.prices_in_force(&caller).await.unwrap();
            let price = &prices["gpt-4o"];
            assert_eq!(price.rates.own(TokenClass::Input), Some(input));
            assert_eq!((&*price.provider, price.context), ("openai", Some(128_000)));
            assert!(prices.contains_key("sandbox-dime") && prices.len() > 100);
        }
    }
    let now = "SELECT (exq_now() AT TIME ZONE 'UTC')::date + 3";
    let day: chrono::NaiveDate = database.look(now).await.parse().unwrap();
    let planned = store.set_own_price(caller, "gpt-4o", terms(2), Some(day)).await.unwrap();
    let again = store.set_own_price(caller, "gpt-4o", terms(3), Some(day)).await;
    assert!(matches!(again, Err(StoreError::Conflict(Conflict::PriceVersion))));
    let past = store
        .set_own_price(
            caller,
            "gpt-4o",
            terms(3),
            day.pred_opt().unwrap().checked_sub_days(Days::new(9)),
        )
        .await;
    assert!(matches!(past, Err(StoreError::Conflict(Conflict::PriceInThePast))));
    assert_eq!(in_force().await, [1]);
    let shown = store.own_prices(caller).await.unwrap();
    assert_eq!(shown.iter().map(|own| own.planned).collect::<Vec<_>>(), [false, true]);

    // Its day comes, and then it can't be taken back.
    database.advance(TimeDelta::days(4)).await;
    assert_eq!(in_force().await, [2]);
    let late = store.take_back_own_price(caller, planned).await;
    assert!(matches!(late, Err(StoreError::NotFound)));
    store.set_own_price(caller, "gpt-4o", None, None).await.unwrap();
    assert_eq!(in_force().await, [0_u64; 0]);
    assert!(store.own_prices(caller).await.unwrap().is_empty());
    assert_eq!(database.look("SELECT count(*) FROM own_prices").await, "3");
}

#[tokio::test]
async fn an_organization_has_few_prices_of_its_own() {
    let database = Database::new().await;
    let (store, tenant) = (&database.store, Tenant::new(&database, "acme").await);
    let caller = &tenant.caller;
    let fill = "INSERT INTO own_prices (org_id, id, model, effective_from, rates)
        SELECT org_id, exq_id(), 'model-' || n, exq_now() - interval '1 day', '[{\"tier\":\"default\",\"from\":0,\"input\":\"1\",\"output\":\"1\"}]'
        FROM organizations, generate_series(1, 500) n";
    database.tamper(fill).await;
    let terms = Some((Rates::new(1, 1), Usd::ZERO));
    let more = store.set_own_price(caller, "one-more", terms, None).await;
    assert!(matches!(more, Err(StoreError::Conflict(Conflict::TooManyPrices))), "{more:?}");
    // What stands in the place of another is no more.
    store.set_own_price(caller, "model-7", terms, None).await.unwrap();
    store.set_own_price(caller, "model-8", None, None).await.unwrap();
    store.set_own_price(caller, "one-more", terms, None).await.unwrap();
}

#[tokio::test]
async fn the_operator_adds_versions_and_changes_none() {
    let database = Database::new().await;
    let (store, tenant) = (&database.store, Tenant::new(&database, "acme").await);
    let user = tenant.caller.user().unwrap();
    database.tamper("UPDATE users SET operator = true").await;
    let operator = store.as_operator(user, Origin::default()).await.unwrap();
    let listed = |input: u64| Listed {
        provider: "openai".to_owned(),
        model: "gpt-4o".to_owned(),
        rates: Rates::new(input, 7),
        variants: vec![Variant { tier: ServiceTier::Flex, from: 0, rates: Rates::new(1, 1) }],
        per_request: Usd::ZERO,
        context: Some(5),
        max_output: None,
    };
    let version =
        |input, day| [NewVersion { listed: listed(input), day, source: "test".to_owned() }];
    let before = price(store, "openai", "gpt-4o").await;
    let day = chrono::NaiveDate::from_ymd_opt(2999, 1, 1);
    assert_eq!(operator.add_prices(&version(1, day)).await.unwrap(), 1);
    assert_eq!(operator.add_prices(&version(2, day)).await.unwrap(), 0);
    assert_eq!(price(store, "openai", "gpt-4o").await.id, before.id);
    let past = chrono::NaiveDate::from_ymd_opt(2020, 1, 1);
    assert!(matches!(operator.add_prices(&version(1, past)).await, Err(StoreError::NotFound)));
    assert_eq!(operator.add_prices(&version(3, None)).await.unwrap(), 1);
    let now = price(store, "openai", "gpt-4o").await;
    assert_eq!((now.rates.own(TokenClass::Input), now.has(ServiceTier::Flex)), (Some(3), true));
    let book = operator.price_book("GPT-4o", 0, 200).await.unwrap();
    let standing: Vec<_> =
        book.iter().filter(|one| one.price.model == "gpt-4o").map(|one| one.standing).collect();
    assert_eq!(standing, [BookStanding::Planned, BookStanding::InForce, BookStanding::Over]);
}
