//! While nodes are upgraded one by one, those of the version before book beside the new ones. Theirs is
//! `exq_ledger_batch`; it goes when no such node can be there any more.

use std::sync::Arc;

use domain::{Level, NodeId, Period, Scope};
use ledger::{Admitted, Applied, Batch, Book as _, Request, Reserving, Settling};
use store::system::LedgerBook;
use testkit::{Database, Tenant};

use crate::support::{answered, price, request, usd};

/// A node of the version before.
struct Old {
    node: NodeId,
    epoch: i64,
    number: i64,
}

impl Old {
    /// What it sends: `given`, and nothing else.
    async fn write(&mut self, database: &Database, given: &str) -> String {
        const ALL: [&str; 32] = [
            "e_orgs",
            "e_ids",
            "e_charges",
            "e_tokens",
            "e_used",
            "e_outcomes",
            "e_tiers",
            "e_statuses",
            "e_firsts",
            "e_totals",
            "r_orgs",
            "r_ids",
            "r_projects",
            "r_keys",
            "r_members",
            "r_models",
            "r_prices",
            "r_sandboxes",
            "r_streams",
            "r_bounds",
            "r_counters",
            "r_rates",
            "r_tokens",
            "r_day_starts",
            "r_day_ends",
            "w_counters",
            "w_bounds",
            "w_requests",
            "w_rates",
            "w_days",
            "w_rate_requests",
            "w_rate_tokens",
        ];
        self.number += 1;
        let words: Vec<&str> = given.split_whitespace().collect();
        let others = ALL.iter().filter(|name| !words.contains(name));
        let empty: Vec<String> = others.map(|name| format!("{name} => '{{}}'")).collect();
        let call = format!(
            "SELECT status FROM exq_ledger_batch(p_node => '{}', p_epoch => {}, p_batch => {},
                p_from => '-infinity', p_until => 'infinity', {given}, {})",
            self.node.uuid(),
            self.epoch,
            self.number,
            empty.join(", ")
        );
        database.look(&call).await
    }

    async fn end(&mut self, database: &Database, ended: &Request) -> String {
        let given = format!(
            "e_orgs => ARRAY['{}'::uuid], e_ids => ARRAY['{}'::uuid], e_charges => ARRAY[0.04],
             e_tokens => ARRAY[10, 2, 0, 0, 0, 0, 5, 0, 0, 0]::bigint[], e_used => ARRAY[17]::bigint[],
             e_outcomes => ARRAY['answered'], e_tiers => ARRAY['default'], e_statuses => ARRAY[200],
             e_firsts => ARRAY[NULL::integer], e_totals => ARRAY[3]",
            ended.org.uuid(),
            ended.id.uuid()
        );
        self.write(database, &given).await
    }

    async fn reserve(&mut self, database: &Database, it: &Reserving) -> String {
        let counters: Vec<String> = it.counters.iter().map(|one| one.id.to_string()).collect();
        let (many, counters) = (counters.len(), counters.join(","));
        let (rate, asked, day) = (it.rate, &it.request, it.day());
        let given = format!(
            "r_orgs => ARRAY['{}'::uuid], r_ids => ARRAY['{}'::uuid], r_projects => ARRAY['{}'::uuid],
             r_keys => ARRAY['{}'::uuid], r_members => ARRAY['{}'::uuid], r_models => ARRAY['{}'],
             r_prices => ARRAY['{}'::uuid], r_sandboxes => ARRAY[true], r_streams => ARRAY[false],
             r_bounds => ARRAY[{bound}], r_counters => ARRAY['{{{counters}}}'], r_rates => ARRAY[{rate}]::bigint[],
             r_tokens => ARRAY[20]::bigint[], r_day_starts => ARRAY['{day}'::timestamptz], r_day_ends => ARRAY['{}'::timestamptz],
             w_counters => ARRAY[{counters}]::bigint[], w_bounds => array_fill({bound}::numeric, ARRAY[{many}]),
             w_requests => array_fill(1::bigint, ARRAY[{many}]), w_rates => ARRAY[{rate}]::bigint[],
             w_days => ARRAY['{day}'::timestamptz], w_rate_requests => ARRAY[1]::bigint[],
             w_rate_tokens => ARRAY[20]::bigint[]",
            asked.org.uuid(),
            asked.id.uuid(),
            asked.project.uuid(),
            asked.key.uuid(),
            asked.member.unwrap().uuid(),
            asked.model,
            asked.price.as_ref().unwrap().id.uuid(),
            day.ends,
            bound = asked.bound,
            day = day.starts,
        );
        self.write(database, &given).await
    }
}

async fn registered(book: &LedgerBook) -> (NodeId, i64) {
    let node = NodeId::generate();
    (node, book.register(node).await.unwrap())
}

#[tokio::test]
async fn nodes_of_both_versions_book_side_by_side() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let (book, org) = (database.store.book(), Scope::Org(tenant.org));
    database.store.set_budget(&tenant.caller, org, Period::Month, usd("0.30")).await.unwrap();
    let level = Level::Amount(usd("0.05"));
    database.store.set_threshold(&tenant.caller, org, Period::Month, level).await.unwrap();
    let (node, epoch) = registered(&book).await;
    let (old_node, old_epoch) = registered(&book).await;
    let mut old = Old { node: old_node, epoch: old_epoch, number: 0 };
    let dime = price(&database, "sandbox-dime").await;
    let requests = [(); 4].map(|()| request(&tenant, &dime, "0.10"));
    let paced = [Reserving::paced(&requests[0])];
    let rows = book.rows(&Reserving::places(&requests[0]), &paced).await.unwrap();
    let reservings = requests.map(|request| Reserving {
        request,
        counters: rows.counters.clone(),
        rate: rows.rates[0],
    });

    // The new one admits two, and the old one a third; a fourth fits with neither.
    let reservations = reservings[..2].to_vec();
    let batch = Batch { reservations, ..Batch::empty(node, epoch, 1) };
    let Applied::Done(found) = book.apply(&batch).await.unwrap() else { unreachable!() };
    assert_eq!(old.reserve(&database, &reservings[2]).await, "done");
    let fourth =
        Batch { reservations: vec![reservings[3].clone()], ..Batch::empty(node, epoch, 2) };
    assert_eq!(book.apply(&fourth).await.unwrap(), Applied::Contended);
    assert_eq!(old.reserve(&database, &reservings[3]).await, "contended");

    // The old one ends what the new one admitted, and crosses the threshold with the third.
    old.number -= 1;
    assert_eq!(old.end(&database, &reservings[0].request).await, "done");
    assert_eq!(old.end(&database, &reservings[2].request).await, "done");
    let crossed =
        "SELECT concat_ws(' ', (SELECT count(*) FROM crossings), (SELECT count(*) FROM outbox))";
    assert_eq!(database.look(crossed).await, "1 1");

    // The new one ends its own, and crosses nothing again.
    let asked = &reservings[1].request;
    let ended = Settling { org: asked.org, id: asked.id, settlement: answered("0.04") };
    let known = Admitted { reserving: reservings[1].clone(), at: found.at };
    let batch = Batch {
        settlements: vec![ended],
        admitted: [(asked.id, Arc::new(known))].into(),
        ..Batch::empty(node, epoch, 2)
    };
    assert!(matches!(book.apply(&batch).await.unwrap(), Applied::Done(_)));
    assert_eq!(database.look(crossed).await, "1 1");
    let sums = "SELECT concat_ws(' ', spent, held, requests, running) FROM counters
        WHERE scope = 'org' AND period = 'month'";
    assert_eq!(database.look(sums).await, "0.120000000000 0.000000000000 3 0");
    assert_eq!(database.store.system().reconcile().await.unwrap(), None);
}
