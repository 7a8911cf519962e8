//! A closed cycle's statement never changes, and each cent stands on one.

mod random;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use domain::{Caller, Environment, EventId, ProjectId, Role, invoice::Item};
use ledger::{Realm, Settlement};
use store::{
    Conflict, StoreError,
    statements::{Line, Numbers, Statement},
};
use testkit::{Database, Tenant};

use crate::{
    people::member,
    support::{Running, answered, price, request, usd},
};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn label(text: &str) -> NaiveDate {
    format!("{text}-01").parse().unwrap()
}

/// An organization that books, at a stopped clock.
struct House {
    database: Database,
    tenant: Tenant,
    node: Running,
    rehearsal: ProjectId,
}

impl House {
    async fn new(now: &str) -> Self {
        let database = Database::new().await;
        database.stop_clock(at(now)).await;
        let tenant = Tenant::new(&database, "owner").await;
        let name = "Rehearsal".parse().unwrap();
        let made = database.store.create_rehearsal(&tenant.caller, &name, Environment::Staging);
        let rehearsal = made.await.unwrap();
        let node = Running::new(&database.store).await;
        Self { database, tenant, node, rehearsal }
    }

    async fn is(&self, now: &str) {
        self.database.set_clock(at(now)).await;
    }

    async fn spend(&self, model: &str, charge: &str) {
        self.book(self.tenant.project, Realm::Provider, model, answered(charge)).await;
    }

    /// One that is booked at its bound, because no answer came.
    async fn unanswered(&self, bound: &str) -> EventId {
        let settlement = Settlement::unknown(usd(bound));
        self.book(self.tenant.project, Realm::Provider, "gpt-4o", settlement).await
    }

    async fn book(
        &self,
        project: ProjectId,
        realm: Realm,
        model: &str,
        settlement: Settlement,
    ) -> EventId {
        let price = price(&self.database, "sandbox-tokens").await;
        let mut asked = request(&self.tenant, &price, "9");
        asked.bound = settlement.charge;
        (asked.project, asked.realm, asked.model) = (project, realm, model.to_owned());
        let id = asked.id;
        self.node.ledger.reserve(asked).await.unwrap().settle(settlement).await;
        id
    }

    async fn correct(&self, id: EventId, charge: &str) {
        let why = "Invoice".parse().unwrap();
        let (store, caller) = (&self.database.store, &self.tenant.caller);
        let answer = store.correct_charge(caller, id, usd(charge), &why).await;
        // Too long ago, it stays as it was booked.
        let is_late = matches!(answer, Err(StoreError::Conflict(Conflict::CorrectionLate)));
        assert!(is_late || answer.is_ok(), "{answer:?}");
    }

    async fn close(&self, cycle: &str) -> Result<(), StoreError> {
        self.database.store.close_cycle(&self.tenant.caller, label(cycle)).await
    }

    async fn statement(&self, cycle: &str) -> Statement {
        self.database.store.statement(&self.tenant.caller, label(cycle)).await.unwrap()
    }

    /// Of each cycle, the newest first: used, on its statement, on none.
    async fn list(&self) -> Vec<String> {
        let cycles = self.database.store.statements(&self.tenant.caller).await.unwrap();
        cycles
            .iter()
            .map(|it| {
                let state = if it.closed.is_some() { "closed" } else { "open" };
                let month = it.window.label.format("%Y-%m");
                format!("{month} {state} {} {} {}", it.used, it.billed, it.unbilled)
            })
            .collect()
    }
}

/// Lines as `cycle model requests charge`.
fn told<'a>(lines: impl IntoIterator<Item = &'a Line>) -> Vec<String> {
    lines
        .into_iter()
        .map(|line| {
            let (cycle, numbers) = (line.cycle.format("%Y-%m"), line.numbers);
            format!("{cycle} {} {} {}", line.model, numbers.requests, numbers.charge)
        })
        .collect()
}

fn is_conflict(answer: &Result<(), StoreError>, rule: Conflict) {
    assert!(matches!(answer, Err(StoreError::Conflict(told)) if *told == rule), "{answer:?}");
}

/// An October with usage of every kind, some folded; and the request that no answer came to.
async fn october() -> (House, EventId) {
    let house = House::new("2026-10-15T09:00:00Z").await;
    house.spend("gpt-4o", "1.000000000001").await;
    house.database.store.system().fold().await.unwrap();
    house.spend("gpt-4o", "0.50").await;
    house.spend("gpt-4.1", "0.25").await;
    let unknown = house.unanswered("2.00").await;
    house.book(house.tenant.project, Realm::Sandbox, "sandbox-dime", answered("5")).await;
    house.book(house.rehearsal, Realm::Rehearsal, "sandbox-dime", answered("7")).await;
    (house, unknown)
}

#[tokio::test]
async fn a_cycle_is_closed_when_all_of_it_is_over_and_frozen_as_it_was_shown() {
    let (house, _) = october().await;
    is_conflict(&house.close("2026-10").await, Conflict::CycleRuns);
    let open = request(&house.tenant, &price(&house.database, "sandbox-tokens").await, "1");
    let open = ledger::Request { realm: Realm::Provider, ..open };
    let open = house.node.ledger.reserve(open).await.unwrap();

    // Until what runs across the end has ended.
    house.is("2026-11-01T00:00:00Z").await;
    is_conflict(&house.close("2026-10").await, Conflict::CycleBusy(1));
    assert_eq!(house.statement("2026-10").await.running, 1);
    open.settle(answered("0.125")).await;
    let draft = house.statement("2026-10").await;
    assert_eq!((draft.closed.clone(), draft.running), (None, 0));
    house.close("2026-10").await.unwrap();
    is_conflict(&house.close("2026-10").await, Conflict::CycleClosed);
    let october = house.statement("2026-10").await;
    assert_eq!(
        told(&october.lines),
        [
            "2026-10 gpt-4.1 1 0.25",
            "2026-10 gpt-4o 3 3.500000000001",
            "2026-10 sandbox-tokens 1 0.125"
        ]
    );
    let without = |lines: &[Line]| -> Vec<Line> {
        lines.iter().map(|line| Line { statement: None, ..line.clone() }).collect()
    };
    assert_eq!(without(&october.lines), draft.lines, "frozen as it was shown");
    assert_eq!(october.closed.as_ref().unwrap().by.as_deref(), Some("owner"));
    assert_eq!(october.lines[1].numbers.estimated, 1);
    assert_eq!(october.lines[1].numbers.tokens[..2], [20, 4]);
    assert_eq!((october.since.len(), Numbers::of(october.own()).requests), (0, 5));
    assert_eq!(
        house.list().await,
        ["2026-11 open 0.00 0.00 0.00", "2026-10 closed 3.875000000001 3.875000000001 0.00"]
    );
    house.node.finish().await;
}

#[tokio::test]
async fn what_is_closed_stays_and_what_comes_late_is_billed_once() {
    let (house, unknown) = october().await;
    let (store, caller) = (&house.database.store, &house.tenant.caller);
    house.is("2026-11-01T00:00:00Z").await;
    house.close("2026-10").await.unwrap();
    let october = house.statement("2026-10").await;

    // A late truth, a new name, another payer: the statement stays.
    house.correct(unknown, "0.75").await;
    let name = "Renamed".parse().unwrap();
    store.rename_project(caller, house.tenant.project, &name).await.unwrap();
    store.edit_organization(caller, &name, Tz::UTC).await.unwrap();
    house.spend("gpt-4o", "4").await;
    let later = house.statement("2026-10").await;
    assert_eq!(later.lines, october.lines);
    assert_eq!((&later.payer, &later.closed), (&october.payer, &october.closed));
    assert_eq!(later.payer.organization, "owner");
    assert_eq!(later.payer.profile.legal_name, "owner Ltd");
    assert_eq!(told(&later.since), ["2026-10 gpt-4o 0 -1.25"]);
    assert_eq!(later.since[0].numbers.estimated, -1);
    assert_eq!(later.since[0].statement, None);
    assert_eq!(house.list().await[1], "2026-10 closed 2.500000000001 3.750000000001 -1.25");

    // It stands on the next one, and then nowhere else.
    house.is("2026-12-02T00:00:00Z").await;
    let expected = ["2026-11 gpt-4o 1 4.00", "2026-10 gpt-4o 0 -1.25"];
    assert_eq!(told(&house.statement("2026-11").await.lines), expected);
    house.close("2026-11").await.unwrap();
    let november = house.statement("2026-11").await;
    assert_eq!(told(&november.lines), expected);
    assert_eq!(november.lines[0].project_name, "Renamed");
    let later = house.statement("2026-10").await;
    assert_eq!(later.since[0].statement, Some(label("2026-11")));
    assert_eq!(
        house.list().await,
        [
            "2026-12 open 0.00 0.00 0.00",
            "2026-11 closed 4.00 2.75 0.00",
            "2026-10 closed 2.500000000001 3.750000000001 0.00"
        ]
    );
    house.is("2027-01-01T00:00:00Z").await;
    house.close("2026-12").await.unwrap();
    assert_eq!(told(&house.statement("2026-12").await.lines), [""; 0]);
    let log = "SELECT string_agg(body::json->>'subject', ' ' ORDER BY seq) FROM audit_entries WHERE action = 'cycle.closed'";
    assert_eq!(house.database.look(log).await, "2026-10 2026-11 2026-12");
    house.node.finish().await;
}

#[tokio::test]
async fn a_request_that_never_ends_holds_up_no_close_for_more_than_a_day() {
    let house = House::new("2026-10-31T23:00:00Z").await;
    let open = request(&house.tenant, &price(&house.database, "sandbox-tokens").await, "1");
    let open = ledger::Request { realm: Realm::Provider, ..open };
    let open = house.node.ledger.reserve(open).await.unwrap();
    house.is("2026-11-01T23:59:59Z").await;
    is_conflict(&house.close("2026-10").await, Conflict::CycleBusy(1));
    house.is("2026-11-02T00:00:00Z").await;
    house.close("2026-10").await.unwrap();
    assert!(house.statement("2026-10").await.lines.is_empty());
    open.settle(answered("0.30")).await;
    let october = house.statement("2026-10").await;
    assert_eq!(told(&october.since), ["2026-10 sandbox-tokens 1 0.30"]);
    house.node.finish().await;
}

#[tokio::test]
async fn of_owners_who_close_at_once_one_does_and_no_adjustment_is_billed_twice() {
    let house = House::new("2026-09-10T09:00:00Z").await;
    let unknown = house.unanswered("2.00").await;
    house.is("2026-10-10T09:00:00Z").await;
    house.close("2026-09").await.unwrap();
    house.correct(unknown, "0.50").await;
    house.spend("gpt-4o", "1").await;
    house.is("2026-11-10T09:00:00Z").await;
    house.spend("gpt-4o", "3").await;
    house.is("2026-12-10T09:00:00Z").await;
    house.list().await;
    let closing = (0..12).map(|n| {
        let cycle = label(["2026-10", "2026-11"][n % 2]);
        let (store, caller) = (house.database.store.clone(), house.tenant.caller.clone());
        tokio::spawn(async move { (cycle, store.close_cycle(&caller, cycle).await) })
    });
    let closing: Vec<_> = closing.collect();
    let mut closed = Vec::new();
    for closing in closing {
        match closing.await.unwrap() {
            (cycle, Ok(())) => closed.push(cycle.to_string()),
            (_, refused) => is_conflict(&refused, Conflict::CycleClosed),
        }
    }
    closed.sort();
    assert_eq!(closed, ["2026-10-01", "2026-11-01"]);
    let adjusted = "SELECT count(*) || ' ' || sum(charge)::numeric(9, 2) FROM statement_lines WHERE cycle < statement";
    assert_eq!(house.database.look(adjusted).await, "1 -1.50");
    let all = "SELECT sum(charge)::numeric(9, 2) FROM statement_lines";
    assert_eq!(house.database.look(all).await, "4.50");
    house.node.finish().await;
}

#[tokio::test]
async fn a_day_that_two_cycles_share_is_parted_to_the_quarter_of_an_hour() {
    let house = House::new("2026-11-10T09:00:00Z").await;
    let (store, caller) = (&house.database.store, &house.tenant.caller);
    house.spend("gpt-4o", "1").await;
    let name = "Moved".parse().unwrap();
    store.edit_organization(caller, &name, Tz::America__Los_Angeles).await.unwrap();
    // November ends at midnight in UTC, which is in the afternoon of a day over there.
    house.is("2026-11-30T20:00:00Z").await;
    house.spend("gpt-4o", "2").await;
    house.is("2026-11-30T23:59:59Z").await;
    house.spend("gpt-4o", "4").await;
    house.is("2026-12-01T00:00:00Z").await;
    house.spend("gpt-4o", "8").await;
    let days = "SELECT count(DISTINCT day_starts) FROM events WHERE admitted_at > '2026-11-30'";
    assert_eq!(house.database.look(days).await, "1");
    // December is over there's, and longer.
    house.is("2027-01-01T07:59:59Z").await;
    house.spend("gpt-4o", "16").await;
    house.is("2027-01-01T08:00:00Z").await;
    house.spend("gpt-4o", "32").await;
    for folded in [false, true] {
        if folded {
            store.system().fold().await.unwrap();
        }
        assert_eq!(
            house.list().await,
            [
                "2027-01 open 32.00 0.00 32.00",
                "2026-12 open 24.00 0.00 24.00",
                "2026-11 open 7.00 0.00 7.00"
            ],
            "folded: {folded}"
        );
    }
    house.close("2026-11").await.unwrap();
    house.close("2026-12").await.unwrap();
    assert_eq!(told(&house.statement("2026-11").await.lines), ["2026-11 gpt-4o 3 7.00"]);
    let december = house.statement("2026-12").await;
    assert_eq!(told(&december.lines), ["2026-12 gpt-4o 2 24.00"]);
    assert_eq!(december.zone, Tz::America__Los_Angeles);
    house.node.finish().await;
}

#[tokio::test]
async fn statements_are_for_owners_of_the_organization() {
    let house = House::new("2026-10-15T09:00:00Z").await;
    let (store, owner) = (&house.database.store, &house.tenant.caller);
    house.spend("gpt-4o", "1").await;
    house.is("2026-11-02T00:00:00Z").await;
    let (_, reader) = member(&house.database, &house.tenant, "reader", Role::Reader).await;
    let stranger = Tenant::new(&house.database, "stranger").await;
    let october = label("2026-10");
    let items = [Item { name: "gpt-4o".to_owned(), amount: usd("1") }];
    let forbidden = |answer: Result<(), StoreError>| {
        assert!(matches!(answer, Err(StoreError::Forbidden(_))), "{answer:?}");
    };
    let missing = |answer: Result<(), StoreError>| {
        assert!(matches!(answer, Err(StoreError::NotFound)), "{answer:?}");
    };
    store.close_cycle(owner, october).await.unwrap();
    store.keep_invoice(owner, october, &items).await.unwrap();
    let all = async |caller: &Caller, judge: &dyn Fn(Result<(), StoreError>)| {
        judge(store.statement(caller, october).await.map(|_| ()));
        judge(store.close_cycle(caller, october).await);
        judge(store.keep_invoice(caller, october, &items).await);
        judge(store.remove_invoice(caller, october).await);
    };
    all(&reader, &forbidden).await;
    forbidden(store.statements(&reader).await.map(|_| ()));
    all(&stranger.caller, &missing).await;
    let theirs = store.statements(&stranger.caller).await.unwrap();
    assert!(theirs.iter().all(|cycle| cycle.used == usd("0") && cycle.closed.is_none()));
    missing(store.close_cycle(owner, label("2026-09")).await);
    missing(store.close_cycle(owner, label("2030-01")).await);
    assert_eq!(house.database.look("SELECT count(*) FROM invoices").await, "1");
    house.node.finish().await;
}

#[tokio::test]
async fn one_invoice_is_kept_for_a_statement() {
    let house = House::new("2026-10-15T09:00:00Z").await;
    let (store, owner) = (&house.database.store, &house.tenant.caller);
    house.spend("gpt-4o", "1").await;
    house.is("2026-11-02T00:00:00Z").await;
    let october = label("2026-10");
    let item = |name: &str, amount| Item { name: name.to_owned(), amount };
    let first = [item("credit", -usd("3")), item("gpt-4o", usd("1.000000000001"))];
    is_conflict(&store.keep_invoice(owner, october, &first).await, Conflict::CycleOpen);
    house.close("2026-10").await.unwrap();
    store.keep_invoice(owner, october, &first).await.unwrap();
    assert_eq!(house.statement("2026-10").await.invoice.unwrap().items, first);
    let second = [item("gpt-4o", usd("2"))];
    store.keep_invoice(owner, october, &second).await.unwrap();
    let kept = house.statement("2026-10").await;
    assert_eq!(kept.invoice.unwrap().items, second);
    assert_eq!(told(&kept.lines), ["2026-10 gpt-4o 1 1.00"]);
    store.remove_invoice(owner, october).await.unwrap();
    assert_eq!(house.statement("2026-10").await.invoice, None);
    let again = store.remove_invoice(owner, october).await;
    assert!(matches!(again, Err(StoreError::NotFound)), "{again:?}");
    assert_eq!(house.database.look("SELECT count(*) FROM invoice_items").await, "0");
    house.node.finish().await;
}

/// Whoever gets at the database as the tenant's role changes no statement.
#[tokio::test]
async fn nobody_has_the_right_to_change_one() {
    let database = Database::new().await;
    let rights = database
        .look(
            "SELECT string_agg(role || ' ' || name || ' ' || what, ', ') FROM unnest(ARRAY['exq_tenant', 'exq_system']) role,
                unnest(ARRAY['statements', 'statement_lines']) name, unnest(ARRAY['UPDATE', 'TRUNCATE']) what
             WHERE has_table_privilege(role, name, what) OR has_any_column_privilege(role, name, 'UPDATE')",
        )
        .await;
    assert_eq!(rights, "");
    let deletes = "SELECT has_table_privilege('exq_tenant', 'statements', 'DELETE')
        OR has_table_privilege('exq_tenant', 'statement_lines', 'DELETE')";
    assert_eq!(database.look(deletes).await, "false");
}
