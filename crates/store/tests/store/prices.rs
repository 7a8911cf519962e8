//! The price book.

use chrono::TimeDelta;
use domain::{Price, Tokens, Usd};
use store::Store;
use testkit::Database;

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
        assert_eq!(price.charge(million).to_string(), charge, "{model}");
    }
}

#[tokio::test]
async fn the_version_in_force_follows_the_clock() {
    let database = Database::new().await;
    let store = &database.store;
    let today = price(store, "openai", "gpt-4o").await;
    assert_eq!(today.input, 2_500_000_000_000);
    assert_eq!((today.context, today.max_output), (Some(128_000), Some(16_384)));
    let announced = "INSERT INTO prices (id, provider, model, effective_from, source, input, cached, output)
        VALUES (gen_random_uuid(), 'openai', 'gpt-4o', clock_timestamp() + interval '1 day', 'test', 9, 9, 9)";
    database.tamper(announced).await;
    assert_eq!(price(store, "openai", "gpt-4o").await.id, today.id);
    database.advance(TimeDelta::days(2)).await;
    let tomorrow = price(store, "openai", "gpt-4o").await;
    assert_eq!(
        tomorrow.charge(Tokens { input: 1_000_000, ..Tokens::default() }),
        Usd::from_dollars(9)
    );
}
