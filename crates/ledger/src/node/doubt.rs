//! When the database does not answer, or has given this node up.

use std::time::Instant;

use domain::NodeId;

use super::{DATABASE_PATIENCE, Node, PAUSE};
use crate::{Batch, Book, Fate, Refusal, handle::Command, work::Work};

impl<B: Book> Node<B> {
    /// Finds out whether a batch whose answer was lost was applied. Callers do not wait for it
    /// longer than for the database; who was admitted after all is released.
    pub(super) async fn resolve(&mut self, batch: &Batch, mut work: Work, queue: &mut Vec<Work>) {
        failpoint::at("ledger::answer_lost");
        let mut unheard = Vec::new();
        let fate = loop {
            match self.book.void(batch).await {
                Ok(fate) => break fate,
                Err(error) => tracing::warn!(error = %error, "the database does not answer"),
            }
            let now = Instant::now();
            let asked = work
                .reservations
                .iter()
                .map(|asking| (asking.waiting.request.org, asking.waiting.request.id));
            if work
                .reservations
                .iter()
                .any(|asking| now.duration_since(asking.since) >= DATABASE_PATIENCE)
            {
                unheard.extend(asked);
                for asking in work.reservations.drain(..) {
                    asking.waiting.refuse(Refusal::Unavailable);
                }
            }
            self.refuse_arriving(now);
            tokio::time::sleep(PAUSE).await;
        };
        failpoint::at("ledger::fate_known");
        match fate {
            Fate::Applied(at) => {
                // In the slow path the decisions are lost with the answer: those who were not told
                // are released, which does nothing for who was not admitted.
                unheard.extend(
                    work.reservations.iter().map(|a| (a.waiting.request.org, a.waiting.request.id)),
                );
                for asking in work.reservations.drain(..) {
                    asking.waiting.refuse(Refusal::Unavailable);
                }
                self.written(at, work, Vec::new(), Vec::new());
                self.next.releases.extend(unheard);
            }
            Fate::Void => {
                self.number += 1;
                // Whatever it was may befall the next one, too.
                self.put_back(work).await;
            }
            Fate::Superseded => {
                // It may have been applied under the old name, and booked as interrupted since: under
                // the same id nothing may be admitted again, and what was is given back.
                unheard.extend(
                    work.reservations.iter().map(|a| (a.waiting.request.org, a.waiting.request.id)),
                );
                for asking in work.reservations.drain(..) {
                    asking.waiting.refuse(Refusal::Unavailable);
                }
                self.register().await;
                self.next.releases.extend(unheard);
                queue.push(work);
            }
        }
    }

    /// While the database does not answer: what arrives is refused, what ended is kept.
    fn refuse_arriving(&mut self, now: Instant) {
        while let Ok(command) = self.commands.try_recv() {
            match command {
                Command::Reserve(waiting) => waiting.refuse(Refusal::Unavailable),
                ended => self.next.push(ended, now),
            }
        }
    }

    /// A new beginning under a new id, after this node was given up.
    pub(super) async fn register(&mut self) {
        loop {
            let id = NodeId::generate();
            match self.book.register(id).await {
                Ok(epoch) => {
                    failpoint::at("ledger::registered_anew");
                    tracing::warn!(node = %id, "this node had been given up and starts anew");
                    self.id.send_replace(id);
                    self.epoch = epoch;
                    self.number = 0;
                    return;
                }
                Err(error) => {
                    tracing::warn!(error = %error, "the node can't register");
                    self.refuse_arriving(Instant::now());
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }
}
