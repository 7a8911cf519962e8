//! One of two organizations to which the same happens.

use std::{fmt::Write as _, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};
use domain::{BudgetId, KeyId, NodeId, Outcome, Price, Scope, ThresholdId, Tokens, Usd};
use ledger::{Applied, Batch, Book as _, Found, Request, Reserving, Settlement, Settling, decide};
use store::system::LedgerBook;
use testkit::{Database, Tenant};

use super::{
    plain::{Amount, Plain},
    plan::{Asked, Ending, Limits, On, Step},
};
use crate::support::{Known, answered, request};

/// How a batch is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Path {
    Fast,
    Slow,
}

pub(super) struct Twin {
    pub(super) tenant: Tenant,
    keys: [KeyId; 2],
    prices: [Arc<Price>; 2],
    book: LedgerBook,
    node: NodeId,
    epoch: i64,
    number: i64,
    pub(super) plain: Plain,
    /// What its ids and names stand for, so that twins can be compared.
    pub(super) names: Vec<(String, String)>,
    tiers: i32,
    known: Known,
}

impl Twin {
    pub(super) async fn new(database: &Database, prices: &[Arc<Price>; 2], name: &str) -> Self {
        let tenant = Tenant::new(database, name).await;
        let (other, _) = Tenant::key(&database.store, &tenant.caller, tenant.project).await;
        let (book, node) = (database.store.book(), NodeId::generate());
        let epoch = book.register(node).await.unwrap();
        let keys = [tenant.key, other];
        let names = [
            (tenant.org.uuid().to_string(), "organization"),
            (tenant.project.uuid().to_string(), "project"),
            (tenant.user.uuid().to_string(), "owner"),
            (keys[0].uuid().to_string(), "key 0"),
            (keys[1].uuid().to_string(), "key 1"),
            (name.to_owned(), "name"),
        ];
        let names = names.map(|(id, name)| (id, name.to_owned())).to_vec();
        let plain = Plain::new();
        let prices = prices.clone();
        let known = Known::default();
        Self { tenant, keys, prices, book, node, epoch, number: 0, plain, names, tiers: 0, known }
    }

    fn name(&mut self, id: &impl ToString, name: String) {
        self.names.push((id.to_string(), name));
    }

    /// Puts these limits in the place of all there were.
    pub(super) async fn limit(&mut self, database: &Database, limits: &Limits, now: DateTime<Utc>) {
        let (org, project) = (self.tenant.org.uuid(), self.tenant.project.uuid());
        let mut sql = String::new();
        for table in ["raises", "budgets", "thresholds", "rate_limits"] {
            writeln!(sql, "DELETE FROM {table} WHERE org_id = '{org}';").unwrap();
        }
        self.set_tier(&mut sql, limits);
        self.plain.guards.clear();
        for (key, most) in self.keys.into_iter().zip(limits.guards) {
            let set = text(most.map(u64::from));
            writeln!(
                sql,
                "UPDATE api_keys SET max_running = {set} WHERE org_id = '{org}' AND id = '{}';",
                key.uuid()
            )
            .unwrap();
            self.plain.guards.extend(most.map(|most| (key, most)));
        }
        self.plain.own_rates.clear();
        for (price, own) in self.prices.iter().zip(limits.own) {
            let Some(own) = own else { continue };
            let revision = self.tiers + 2;
            writeln!(
                sql,
                "INSERT INTO rate_limits (org_id, id, project_id, model, requests_per_minute, tokens_per_minute,
                    requests_per_day, tokens_per_day, revision)
                 VALUES ('{org}', exq_id(), '{project}', '{}', {}, {revision});",
                price.model,
                own.map(text).join(", ")
            )
            .unwrap();
            self.plain.own_rates.insert(price.model.clone(), (revision, own));
        }
        self.set_budgets(&mut sql, limits, now);
        database.tamper(&sql).await;
    }

    /// A tier of its own; its twin's has the same numbers.
    fn set_tier(&mut self, sql: &mut String, limits: &Limits) {
        self.tiers += 1;
        let (org, rates) = (self.tenant.org.uuid(), limits.tier.map(text).join(", "));
        writeln!(
            sql,
            "DELETE FROM tiers WHERE tier = {0} + 10;
             INSERT INTO tiers (tier, usage_limit, charged, days, requests_per_minute, tokens_per_minute,
                requests_per_day, tokens_per_day) VALUES ({0} + 10, {1}, 0, 0, {rates});
             UPDATE organizations SET tier = {0} + 10 WHERE org_id = '{org}';",
            self.tiers,
            cents(limits.usage_limit),
        )
        .unwrap();
        self.plain.tier = self.tiers + 10;
        self.plain.usage_limit = cents(limits.usage_limit);
        self.plain.tier_rates = limits.tier;
    }

    fn set_budgets(&mut self, sql: &mut String, limits: &Limits, now: DateTime<Utc>) {
        let org = self.tenant.org.uuid();
        self.plain.budgets.clear();
        for (at, budget) in limits.budgets.iter().enumerate() {
            let id = BudgetId::generate();
            self.name(&id.uuid(), format!("budget {} {at}", self.tiers));
            let (scope, kind) = self.scope(budget.on);
            writeln!(
                sql,
                "INSERT INTO budgets (org_id, id, scope, scope_id, period, amount, observe, revision)
                 VALUES ('{org}', '{}', {kind}, '{}', {}, {}, {});",
                id.uuid(),
                budget.period.as_str(),
                cents(budget.amount),
                budget.observed,
                budget.revision
            )
            .unwrap();
            let instant = |seconds| now + TimeDelta::seconds(seconds);
            let raises: Vec<_> = budget
                .raises
                .iter()
                .map(|raise| (cents(raise.amount), instant(raise.from), instant(raise.until)))
                .collect();
            for (amount, from, until) in &raises {
                writeln!(
                    sql,
                    "INSERT INTO raises (org_id, id, budget_id, amount, starts, ends, reason)
                     VALUES ('{org}', exq_id(), '{}', {amount}, '{from}', '{until}', 'launch');",
                    id.uuid()
                )
                .unwrap();
            }
            let (own, observed) = (cents(budget.amount), budget.observed);
            let amount = Amount { id, revision: budget.revision, own, observed, raises };
            self.plain.budgets.insert((scope, budget.period), amount);
        }
        for (at, threshold) in limits.thresholds.iter().enumerate() {
            let id = ThresholdId::generate();
            self.name(&id.uuid(), format!("threshold {} {at}", self.tiers));
            let (_, kind) = self.scope(threshold.on);
            let (column, level) = if threshold.is_percent {
                ("percent", threshold.level.to_string())
            } else {
                ("amount", cents(threshold.level).to_string())
            };
            writeln!(
                sql,
                "INSERT INTO thresholds (org_id, id, scope, scope_id, period, {column})
                 VALUES ('{org}', '{}', {kind}, '{}', {level}) ON CONFLICT DO NOTHING;",
                id.uuid(),
                threshold.period.as_str(),
            )
            .unwrap();
        }
    }

    /// And as the tables call it.
    fn scope(&self, on: On) -> (Scope, String) {
        let (scope, kind, id) = match on {
            On::Org => (Scope::Org(self.tenant.org), "org", self.tenant.org.uuid()),
            On::Project => {
                (Scope::Project(self.tenant.project), "project", self.tenant.project.uuid())
            }
            On::Key(which) => (Scope::Key(self.keys[which]), "key", self.keys[which].uuid()),
        };
        (scope, format!("'{kind}', '{id}'"))
    }

    /// A step's batch.
    pub(super) async fn batch(&mut self, step: &Step) -> Batch {
        self.number += 1;
        let number = self.number;
        let mut batch = Batch::empty(self.node, self.epoch, number);
        let (org, mut open) = (self.tenant.org, self.plain.open());
        for (which, ending) in &step.endings {
            if open.is_empty() {
                break;
            }
            let (id, bound) = open.remove(which % open.len());
            let settlement = match ending {
                Ending::Released => {
                    batch.releases.push((org, id));
                    continue;
                }
                Ending::Unknown => Settlement::unknown(bound),
                Ending::Answered { charge, tokens, estimated } => Settlement {
                    outcome: if *estimated { Outcome::Estimated } else { Outcome::Answered },
                    charge: cents(*charge),
                    // Each class another number.
                    tokens: Tokens::from_classes(std::array::from_fn(|at| tokens * at as u64)),
                    ..answered("0")
                },
            };
            batch.settlements.push(Settling { org, id, settlement });
        }
        for (at, asked) in step.asked.iter().enumerate() {
            let reserving = self.reserving(asked).await;
            self.name(&reserving.request.id.uuid(), format!("request {number} {at}"));
            batch.reservations.push(reserving);
        }
        self.known.tell(&mut batch);
        batch
    }

    async fn reserving(&self, asked: &Asked) -> Reserving {
        let price = &self.prices[asked.model];
        let request = Request {
            price: asked.priced.then(|| Arc::clone(price)),
            tracked: asked.tracked,
            key: self.keys[asked.key],
            realm: asked.realm,
            bound: cents(asked.bound),
            tokens: asked.tokens,
            ..request(&self.tenant, price, "0")
        };
        let paced = [Reserving::paced(&request)];
        let rows = self.book.rows(&Reserving::places(&request), &paced).await.unwrap();
        Reserving { request, counters: rows.counters, rate: rows.rates[0] }
    }

    /// Writes a batch, on the slow path as well if the fast one does not take it; answers which one did,
    /// and what its reservations were measured against.
    pub(super) async fn write(&mut self, batch: &Batch, path: Path) -> (Path, Found) {
        if path == Path::Fast {
            match self.book.apply(batch).await.unwrap() {
                Applied::Done(found) => {
                    self.known.learn(batch, found.at);
                    return (Path::Fast, found);
                }
                Applied::Contended => {}
                other => unreachable!("{other:?}"),
            }
        }
        let mut measured = Found::default();
        let rule = |found: Found| {
            measured = found.clone();
            decide(found, &batch.reservations)
        };
        let slow = self.book.decide(batch, rule).await.unwrap();
        let Applied::Done(found) = slow else { unreachable!("{slow:?}") };
        self.known.learn(batch, found.at);
        (Path::Slow, measured)
    }

    /// All counters as they are, against the model's sums.
    pub(super) async fn compare_counters(&self, database: &Database) {
        let rows: Vec<(i64, String, String, i64, i64)> = sqlx::query_as(
            "SELECT id, spent::text, held::text, requests, running::bigint FROM counters WHERE org_id = $1",
        )
        .bind(self.tenant.org.uuid())
        .fetch_all(&database.admin)
        .await
        .unwrap();
        let sums = self.plain.sums();
        for (id, spent, held, requests, running) in rows {
            let sum = sums.get(&id).copied().unwrap_or_default();
            let found = (spent.parse().unwrap(), held.parse().unwrap(), requests, running);
            assert_eq!(found, (sum.spent, sum.held, sum.requests, sum.running), "counter {id}");
        }
    }
}

fn cents(n: u64) -> Usd {
    Usd::from_pico(i128::from(n) * Usd::PICO / 100)
}

fn text(number: Option<u64>) -> String {
    number.map_or_else(|| "NULL".to_owned(), |number| number.to_string())
}
