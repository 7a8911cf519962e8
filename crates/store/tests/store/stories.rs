//! How requests went, beside their events.

use std::sync::Arc;

use domain::{NodeId, Outcome};
use ledger::{Admitted, Applied, Batch, Book as _, Request, Reserving, Settlement, Settling};
use store::system::LedgerBook;
use testkit::{Database, Tenant};

use crate::support::{answered, price, request};

/// A node that has admitted some requests.
pub(crate) struct Desk {
    pub(crate) database: Database,
    pub(crate) book: LedgerBook,
    batch: Batch,
    reservings: Vec<Reserving>,
}

impl Desk {
    pub(crate) async fn new(many: usize) -> Self {
        let database = Database::new().await;
        let tenant = Tenant::new(&database, "owner").await;
        let (book, node) = (database.store.book(), NodeId::generate());
        let epoch = book.register(node).await.unwrap();
        let dime = price(&database, "sandbox-dime").await;
        let requests: Vec<Request> = (0..many).map(|_| request(&tenant, &dime, "0.10")).collect();
        let paced = [Reserving::paced(&requests[0])];
        let rows = book.rows(&Reserving::places(&requests[0]), &paced).await.unwrap();
        let reserving =
            |request| Reserving { request, counters: rows.counters.clone(), rate: rows.rates[0] };
        let reservings: Vec<_> = requests.into_iter().map(reserving).collect();
        let batch = Batch { reservations: reservings.clone(), ..Batch::empty(node, epoch, 1) };
        let Applied::Done(found) = book.apply(&batch).await.unwrap() else { unreachable!() };
        let admitted = reservings.iter().map(|reserving| {
            let known = Admitted { reserving: reserving.clone(), at: found.at };
            (reserving.request.id, Arc::new(known))
        });
        let batch = Batch { admitted: admitted.collect(), ..Batch::empty(node, epoch, 1) };
        Self { database, book, batch, reservings }
    }

    /// The next batch: one of them ends.
    pub(crate) fn ends(&mut self, which: usize, settlement: Settlement) -> Batch {
        let asked = &self.reservings[which].request;
        let ended = Settling { org: asked.org, id: asked.id, settlement };
        self.batch.number += 1;
        Batch { settlements: vec![ended], ..self.batch.clone() }
    }

    /// Which of them have an event, and which a story of the same project.
    async fn told(&self) -> String {
        let mut told = Vec::new();
        for reserving in &self.reservings {
            let id = reserving.request.id.uuid();
            let query = format!(
                "SELECT concat_ws(' ', (SELECT outcome FROM events WHERE id = '{id}'),
                    (SELECT 'told ' || array_to_string(s.tags, ' ') || ' ' || s.last_us FROM stories s
                     JOIN events e USING (org_id, id, project_id) WHERE s.id = '{id}'))"
            );
            told.push(self.database.look(&query).await);
        }
        told.join(", ")
    }
}

const TOLD: &str = "told feature=chat team=search 3000";

#[tokio::test]
async fn both_paths_tell_what_they_book() {
    let mut desk = Desk::new(4).await;
    let untold = Settlement { story: None, ..answered("0.10") };
    for (which, ending) in [(0, answered("0.10")), (2, untold), (3, Settlement::released())] {
        let batch = desk.ends(which, ending);
        let applied = desk.book.apply(&batch).await.unwrap();
        assert!(matches!(applied, Applied::Done(_)), "{applied:?}");
    }
    let batch = desk.ends(1, answered("0.10"));
    let decided = desk.book.decide(&batch, |_| Vec::new()).await.unwrap();
    assert!(matches!(decided, Applied::Done(_)), "{decided:?}");
    assert_eq!(desk.told().await, format!("answered {TOLD}, answered {TOLD}, answered, "));
    assert_eq!(desk.database.look("SELECT count(*) FROM stories").await, "2");
}

#[tokio::test]
async fn a_late_settlement_brings_its_story_and_a_second_changes_none() {
    let mut desk = Desk::new(1).await;
    // Its node is taken for dead: booked at its bound, and nobody can tell how it went.
    let lost = desk.ends(
        0,
        Settlement {
            outcome: Outcome::Interrupted,
            ..Settlement::unknown("0.10".parse().unwrap())
        },
    );
    desk.book.decide(&lost, |_| Vec::new()).await.unwrap();
    assert_eq!(desk.told().await, "interrupted");
    let late = desk.ends(0, answered("0.05"));
    desk.book.decide(&late, |_| Vec::new()).await.unwrap();
    assert_eq!(desk.told().await, format!("answered {TOLD}"));
    let again = desk.ends(0, answered("0.05"));
    desk.book.decide(&again, |_| Vec::new()).await.unwrap();
    assert_eq!(desk.told().await, format!("answered {TOLD}"));
    assert_eq!(desk.database.store.system().reconcile().await.unwrap(), None);
}
