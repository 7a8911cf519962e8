//! The loop: one per node, one call in flight.
//!
//! It is a task of its own and never cancelled; requests talk to it by channel. A batch's commands
//! are kept until its fate is known.

mod aside;
mod doubt;

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use domain::{EventId, NodeId, OrgId};
use tokio::sync::{mpsc, watch};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    Admitted, Applied, Batch, Book, BookError, Decision, Ledger, Refusal, Reserving, decide,
    handle::Command,
    memory::Memory,
    parked::{ASK_AGAIN, Parking},
    windows::Windows,
    work::{Asking, Work},
};

/// Most commands of one batch.
const MOST: usize = 1_000;
/// How long a reservation waits for the database before it is refused.
const DATABASE_PATIENCE: Duration = Duration::from_secs(1);
/// A pause before something that just failed is tried again.
const PAUSE: Duration = Duration::from_millis(50);
/// How often the node compares its intents with its requests.
const SWEEP: Duration = Duration::from_secs(10);
/// How often it tells that it lives.
const BEAT: Duration = Duration::from_secs(1);

/// The loop's state.
pub struct Node<B> {
    book: Arc<B>,
    id: watch::Sender<NodeId>,
    epoch: i64,
    number: i64,
    commands: mpsc::UnboundedReceiver<Command>,
    /// What may be written next.
    next: Work,
    /// What is set aside: organizations whose rows are locked by somebody or can't be written, and
    /// when to try again.
    aside: HashMap<OrgId, (Work, Instant)>,
    parking: Parking,
    memory: Memory,
    windows: Windows,
    /// Admitted and not yet ended.
    live: HashMap<EventId, Arc<Admitted>>,
    /// Whether the last batch gave something back.
    freed: bool,
    swept: Instant,
}

enum Next {
    Go,
    Stop,
}

impl<B: Book> Node<B> {
    /// Registers the node and starts its loop and its heartbeat. After `stop` is cancelled the loop
    /// writes what is waiting, tells that it leaves, and ends.
    pub async fn start(
        book: Arc<B>,
        tasks: &TaskTracker,
        stop: CancellationToken,
    ) -> Result<Ledger, BookError> {
        let id = NodeId::generate();
        let epoch = book.register(id).await?;
        let (ledger, commands) = Ledger::new();
        let (sender, receiver) = watch::channel(id);
        let node = Self {
            book: Arc::clone(&book),
            id: sender,
            epoch,
            number: 0,
            commands,
            next: Work::default(),
            aside: HashMap::new(),
            parking: Parking::default(),
            memory: Memory::default(),
            windows: Windows::default(),
            live: HashMap::new(),
            freed: false,
            swept: Instant::now(),
        };
        tasks.spawn(beat(book, receiver, stop.clone()));
        tasks.spawn(node.run(stop));
        Ok(ledger)
    }

    async fn run(mut self, stop: CancellationToken) {
        while let Next::Go = self.gather(&stop).await {
            self.sweep().await;
            for work in self.assemble() {
                failpoint::at("ledger::gathered");
                self.write(work).await;
            }
        }
        let id = *self.id.borrow();
        if let Err(error) = self.book.leave(id).await {
            tracing::warn!(error = %error, "this node could not sign off; its open requests are booked in half a minute");
        }
    }

    /// Waits until there is something to do, and takes what is waiting.
    async fn gather(&mut self, stop: &CancellationToken) -> Next {
        let now = Instant::now();
        let pause = if self.parking.is_empty() && self.aside.is_empty() {
            SWEEP.saturating_sub(now.duration_since(self.swept))
        } else {
            ASK_AGAIN
        };
        let parked_may_go = self.freed && !self.parking.is_empty();
        if self.next.is_empty() && !parked_may_go {
            tokio::select! {
                command = self.commands.recv() => match command {
                    Some(command) => self.next.push(command, Instant::now()),
                    None if self.aside.is_empty() => return Next::Stop,
                    // Nobody can ask any more, but what ended must be written.
                    None => tokio::time::sleep(Duration::from_millis(5)).await,
                },
                () = tokio::time::sleep(pause) => {}
                () = stop.cancelled() => {
                    if self.commands.is_empty() && self.aside.is_empty() {
                        return Next::Stop;
                    }
                    // Nothing new is admitted any more, but what ended must be written.
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            }
        }
        while self.next.len() < MOST {
            let Ok(command) = self.commands.try_recv() else {
                break;
            };
            self.next.push(command, Instant::now());
        }
        Next::Go
    }

    /// What the next batches are made of: one for all, parked reservations first, in their order; and
    /// one for each organization that was set aside and is due.
    fn assemble(&mut self) -> Vec<Work> {
        let now = Instant::now();
        for (waiting, limit) in self.parking.expire(now) {
            let (key, at) = (waiting.request.key, self.windows.now().unwrap_or_default());
            waiting.refuse(Refusal::Held(limit).said_to(key, at));
        }
        let mut work = std::mem::take(&mut self.next);
        let arrived = std::mem::take(&mut work.reservations);
        if self.parking.due(self.freed, now) {
            let offered = self.parking.offer(now);
            work.reservations
                .extend(offered.into_iter().map(|(waiting, since)| Asking { waiting, since }));
        }
        self.freed = false;
        for asking in arrived {
            match self.parking.ahead_of(&asking.waiting.request) {
                // It must not overtake; it is offered with the others in a moment.
                Some(limit) => self.parking.park(asking.waiting, asking.since, limit),
                None => work.reservations.push(asking),
            }
        }
        let mut works = vec![self.without_aside(work)];
        works.extend(self.due_again(now));
        works.retain(|work| !work.is_empty());
        works
    }

    /// Writes until every command is answered, parked, or set aside.
    async fn write(&mut self, work: Work) {
        let mut queue = vec![work];
        let mut tries = 0;
        while let Some(mut work) = queue.pop() {
            let reservations = match self.prepare(&mut work).await {
                Ok(_) if work.is_empty() => continue,
                Ok(reservations) => reservations,
                Err(BookError::BadData(reason)) => {
                    self.narrow(work, &reason, &mut queue).await;
                    continue;
                }
                Err(BookError::Locked) => {
                    self.single_out(work, &mut queue);
                    continue;
                }
                Err(error) => {
                    tracing::warn!(error = %error, "counters could not be read");
                    self.put_back(work).await;
                    continue;
                }
            };
            let mut batch = self.batch(&work, reservations);
            match self.apply(&mut batch, &mut work).await {
                Ok(Applied::Done(_)) => {}
                Ok(Applied::Stale(at)) if tries < 5 => {
                    tries += 1;
                    self.windows.set_clock(at);
                    self.windows.forget();
                    queue.push(work);
                }
                Ok(Applied::Superseded | Applied::Void) => {
                    self.register().await;
                    queue.push(work);
                }
                Ok(Applied::Missing) if tries < 5 => {
                    tries += 1;
                    self.windows.forget();
                    queue.push(work);
                }
                Ok(Applied::Missing) => {
                    // A row is gone that an open request holds on: a fault of that organization's
                    // rows, which reconcile names, must not stop the others.
                    tracing::error!(
                        batch = batch.number,
                        "a counter is missing; run `exchequer reconcile`"
                    );
                    self.single_out(work, &mut queue);
                }
                Ok(_) => self.put_back(work).await,
                Err(BookError::Locked) => self.single_out(work, &mut queue),
                Err(BookError::BadData(reason)) => self.narrow(work, &reason, &mut queue).await,
                Err(BookError::Lost(error)) => {
                    tracing::warn!(error = %error, batch = batch.number, "the answer to a batch was lost");
                    self.resolve(&batch, work, &mut queue).await;
                }
            }
        }
    }

    /// Refuses what needs no asking; finds where the others are held, in their order.
    async fn prepare(&mut self, work: &mut Work) -> Result<Vec<Reserving>, BookError> {
        work.reservations.retain(|asking| !asking.waiting.is_gone());
        self.find_rows(work).await?;
        let now = Instant::now();
        let mut reservations = Vec::with_capacity(work.reservations.len());
        let mut kept = Vec::with_capacity(work.reservations.len());
        for asking in work.reservations.drain(..) {
            let reserving = self.windows.of(&asking.waiting.request);
            let known = reserving.as_ref().and_then(|reserving| self.remembered(reserving, now));
            if let Some(refusal) = known {
                asking.waiting.refuse(refusal);
            } else {
                reservations.extend(reserving);
                kept.push(asking);
            }
        }
        work.reservations = kept;
        Ok(reservations)
    }

    async fn find_rows(&mut self, work: &Work) -> Result<(), BookError> {
        let (mut places, mut paced) = (BTreeSet::new(), BTreeSet::new());
        for asking in &work.reservations {
            let missing = self.windows.missing(&asking.waiting.request);
            places.extend(missing.0);
            paced.extend(missing.1);
        }
        if !places.is_empty() || !paced.is_empty() {
            // In the order of their keys, like on every other node.
            let (places, paced) = (Vec::from_iter(places), Vec::from_iter(paced));
            let rows = self.book.rows(&places, &paced).await?;
            failpoint::at("ledger::rows_found");
            self.windows.learn(&places, &paced, &rows);
        }
        Ok(())
    }

    fn remembered(&self, reserving: &Reserving, now: Instant) -> Option<Refusal> {
        self.memory.refusal(reserving, self.windows.now()?, now)
    }

    fn batch(&self, work: &Work, reservations: Vec<Reserving>) -> Batch {
        let settled = work.settlements.iter().map(|ended| ended.settling.id);
        let ended = settled.chain(work.releases.iter().map(|(_, id)| *id));
        Batch {
            settlements: work.settlements.iter().map(|ended| ended.settling.clone()).collect(),
            releases: work.releases.clone(),
            reservations,
            admitted: ended.filter_map(|id| Some((id, Arc::clone(self.live.get(&id)?)))).collect(),
            ..Batch::empty(*self.id.borrow(), self.epoch, self.number + 1)
        }
    }

    /// One batch by the fast path, else by the slow one; answers everyone when it is written.
    async fn apply(&mut self, batch: &mut Batch, work: &mut Work) -> Result<Applied, BookError> {
        if batch.reservations.len() < work.reservations.len() {
            // A window ended between finding the counters and here.
            return Ok(Applied::Missing);
        }
        failpoint::at("ledger::batch_made");
        let fast = self.book.apply(batch).await?;
        failpoint::at("ledger::fast_path_answered");
        if fast != Applied::Contended {
            if let Applied::Done(found) = &fast {
                let decided = decide(found.clone(), &batch.reservations);
                let decided =
                    decided.into_iter().map(|decision| admitted(batch, decision)).collect();
                let reservations = std::mem::take(&mut batch.reservations);
                self.written(found.at, std::mem::take(work), reservations, decided);
            }
            return Ok(fast);
        }
        let mut decided = Vec::new();
        let slow = self
            .book
            .decide(batch, |found| {
                decided = decide(found, &batch.reservations);
                decided.clone()
            })
            .await?;
        failpoint::at("ledger::slow_path_answered");
        if let Applied::Done(found) = &slow {
            let reservations = std::mem::take(&mut batch.reservations);
            self.written(found.at, std::mem::take(work), reservations, decided);
        }
        Ok(slow)
    }

    /// Answers everyone in a batch that is written.
    fn written(
        &mut self,
        at: DateTime<Utc>,
        work: Work,
        reservations: Vec<Reserving>,
        decided: Vec<Decision>,
    ) {
        self.number += 1;
        self.windows.set_clock(at);
        if !work.settlements.is_empty() || !work.releases.is_empty() {
            self.freed = true;
            self.memory.freed();
        }
        for ended in work.settlements {
            self.live.remove(&ended.settling.id);
            if let Some(done) = ended.done {
                // A caller that left does not want to know.
                let _ = done.send(());
            }
        }
        for (_, id) in work.releases {
            self.live.remove(&id);
        }
        failpoint::at("ledger::endings_told");
        let now = Instant::now();
        let decided = reservations.into_iter().zip(decided);
        for (asking, (reserving, decision)) in work.reservations.into_iter().zip(decided) {
            match decision {
                Decision::Admit(standing) => {
                    let admitted = Admitted { reserving, at };
                    self.live.insert(asking.waiting.request.id, Arc::new(admitted));
                    asking.waiting.admit(*standing);
                    failpoint::at("ledger::admission_told");
                }
                Decision::Wait(_, limit) => {
                    self.parking.park(asking.waiting, asking.since, *limit);
                }
                Decision::Refuse(refused) => {
                    asking.waiting.refuse(self.memory.remember(&reserving, refused, now));
                }
            }
        }
    }

    /// Keeps what must be written for the next turn; refuses what has waited too long for the
    /// database.
    async fn put_back(&mut self, mut work: Work) {
        if work.is_empty() {
            return;
        }
        refuse_late(&mut work, Instant::now());
        self.next.append(work);
        tokio::time::sleep(PAUSE).await;
    }

    /// Finds the command whose data the tables would not take, and takes it out.
    async fn narrow(&mut self, work: Work, reason: &str, queue: &mut Vec<Work>) {
        match work.halve() {
            Ok((first, second)) => queue.extend([second, first]),
            Err(single) => {
                for (_, id) in &single.releases {
                    // The sweep releases it again.
                    self.live.remove(id);
                }
                tracing::error!(reason, "a command's data was refused by the tables");
                for asking in single.reservations {
                    asking.waiting.refuse(Refusal::Invalid);
                }
                for ended in single.settlements {
                    let batch = self.batch(&Work::default(), Vec::new());
                    match self.book.quarantine(&batch, &ended.settling, reason).await {
                        Ok(Applied::Done(found)) => {
                            let work = Work { settlements: vec![ended], ..Work::default() };
                            self.written(found.at, work, Vec::new(), Vec::new());
                        }
                        other => {
                            // Its counters are damaged; the intent stands for it meanwhile.
                            tracing::error!(
                                outcome = ?other, id = %ended.settling.id,
                                "the quarantine failed; it is tried again"
                            );
                            let org = ended.settling.org;
                            let work = Work { settlements: vec![ended], ..Work::default() };
                            self.set_aside(org, work);
                        }
                    }
                }
            }
        }
    }

    /// Releases intents that no request of this node owns.
    async fn sweep(&mut self) {
        if self.swept.elapsed() < SWEEP {
            return;
        }
        self.swept = Instant::now();
        let id = *self.id.borrow();
        match self.book.open(id, self.epoch, 10).await {
            Ok(open) => {
                let waiting: HashSet<EventId> =
                    self.next.settlements.iter().map(|e| e.settling.id).collect();
                let ownerless = open
                    .into_iter()
                    .filter(|(_, id)| !self.live.contains_key(id) && !waiting.contains(id));
                self.next.releases.extend(ownerless);
            }
            Err(error) => tracing::warn!(error = %error, "open requests could not be compared"),
        }
    }
}

/// What the fast path has booked is admitted, whatever the rules say of it.
fn admitted(batch: &Batch, decision: Decision) -> Decision {
    if decision.admits() {
        return decision;
    }
    tracing::error!(batch = batch.number, ?decision, "the rules would not have admitted a request");
    Decision::Admit(Box::default())
}

/// Refuses reservations that have waited too long for the database.
fn refuse_late(work: &mut Work, now: Instant) {
    let (late, kept) = work
        .reservations
        .drain(..)
        .partition(|asking: &Asking| now.duration_since(asking.since) >= DATABASE_PATIENCE);
    let late: Vec<Asking> = late;
    work.reservations = kept;
    for asking in late {
        asking.waiting.refuse(Refusal::Unavailable);
    }
}

async fn beat<B: Book>(book: Arc<B>, node: watch::Receiver<NodeId>, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let id = *node.borrow();
        if let Err(error) = book.beat(id).await {
            tracing::warn!(error = %error, "the heartbeat was not written");
        }
        tokio::select! {
            () = tokio::time::sleep(BEAT) => {}
            () = stop.cancelled() => {}
        }
    }
}
