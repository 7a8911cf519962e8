use std::{
    fs::TryLockError,
    io,
    process::{Child, ExitStatus},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, Thread},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use tokio::sync::oneshot;

use super::{cluster, error::PostgresError, place::Place, postmaster, postmaster::Postmaster};

/// How often a running PostgreSQL, or another program's lock, is looked at.
const GLANCE: Duration = Duration::from_millis(200);
/// The same while something is about to happen.
const STARE: Duration = Duration::from_millis(10);
const RETRY: Duration = Duration::from_secs(2);
/// For another Exchequer to make its database ready.
const OTHER_READY: Duration = Duration::from_mins(2);
/// For a fast shutdown; then it must do without its last checkpoint, and recovers at the next start.
const FAST_STOP: Duration = Duration::from_secs(30);

/// The thread that runs PostgreSQL, or waits to take it over. PostgreSQL ends when the thread that
/// spawned it does, so this one lives as long as it is wanted.
pub(super) struct Supervisor {
    thread: Thread,
    stopping: Arc<AtomicBool>,
}

type Started = oneshot::Receiver<Result<(), PostgresError>>;

impl Supervisor {
    /// The receivers say when PostgreSQL takes connections (or why it never will), and when the
    /// thread is done.
    pub(super) fn spawn(
        place: Place,
    ) -> Result<(Self, Started, oneshot::Receiver<()>), PostgresError> {
        let (tell, started) = oneshot::channel();
        let (end, ended) = oneshot::channel();
        let stopping = Arc::new(AtomicBool::new(false));
        let watch = Watch { place, stopping: Arc::clone(&stopping), tell: Some(tell) };
        let thread = thread::Builder::new()
            .name("postgres".to_owned())
            .spawn(move || {
                watch.run();
                // Nobody may be waiting.
                let _ = end.send(());
            })
            .map_err(|_| PostgresError::Supervisor)?;
        Ok((Self { thread: thread.thread().clone(), stopping }, started, ended))
    }

    /// Asks for the end; does not wait for it.
    pub(super) fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
        self.thread.unpark();
    }
}

struct Watch {
    place: Place,
    stopping: Arc<AtomicBool>,
    /// Whoever waits for the start; taken by the first answer.
    tell: Option<oneshot::Sender<Result<(), PostgresError>>>,
}

impl Watch {
    fn run(mut self) {
        if !self.wait_for_lock() {
            return;
        }
        while !self.is_stopping() {
            match self.serve() {
                Ok(status) if !self.is_stopping() => {
                    tracing::error!(%status, "PostgreSQL ended; starting it again");
                }
                Ok(_) => {}
                Err(error) if self.tell.is_some() => return self.answer(Err(error)),
                Err(error) => {
                    tracing::error!(%error, "PostgreSQL can't be started; trying again");
                    self.pause(RETRY);
                }
            }
        }
    }

    /// Until the lock is ours (true) or the end is asked for. Meanwhile another program's
    /// PostgreSQL is ours to use.
    fn wait_for_lock(&mut self) -> bool {
        let began = Instant::now();
        while !self.is_stopping() {
            match self.place.lock.try_lock() {
                Ok(()) => return true,
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => {
                    self.answer(Err(PostgresError::folder(&self.place.cluster)(error)));
                    return false;
                }
            }
            if Postmaster::is_serving(&self.place.cluster) {
                self.answer(Ok(()));
            } else if self.tell.is_some() && began.elapsed() > OTHER_READY {
                let (path, seconds) = (cluster::folder(&self.place), OTHER_READY.as_secs());
                self.answer(Err(PostgresError::Busy { path, seconds }));
                return false;
            }
            self.pause(GLANCE);
        }
        false
    }

    /// Runs PostgreSQL until it ends, by itself or because it is told to.
    fn serve(&mut self) -> Result<ExitStatus, PostgresError> {
        let programs = cluster::open(&self.place)?;
        postmaster::evict(&self.place.cluster)?;
        let mut server = cluster::server(&self.place, &programs)
            .map_err(PostgresError::folder(&self.place.log))?;
        let spawned = server.spawn();
        let mut child = spawned.map_err(|error| self.not_started(error.to_string()))?;
        let began = Instant::now();
        let mut ready = false;
        loop {
            if let Some(status) =
                child.try_wait().map_err(|error| self.not_started(error.to_string()))?
            {
                if ready || self.is_stopping() {
                    return Ok(status);
                }
                let says = cluster::last_words(&self.place.log);
                return Err(self.not_started(says.unwrap_or_else(|| status.to_string())));
            }
            if self.is_stopping() {
                return end(&mut child).map_err(|error| self.not_started(error.to_string()));
            }
            if !ready && self.is_ready(&child) {
                ready = true;
                tracing::info!(took = ?began.elapsed(), "PostgreSQL is ready");
                self.answer(Ok(()));
            }
            self.pause(if ready { GLANCE } else { STARE });
        }
    }

    fn is_ready(&self, child: &Child) -> bool {
        let found = Postmaster::read(&self.place.cluster);
        found.is_some_and(|one| one.ready && one.pid.unsigned_abs() == child.id())
    }

    fn not_started(&self, says: String) -> PostgresError {
        let (path, log) = (cluster::folder(&self.place), self.place.log.clone());
        PostgresError::NotStarted { path, says, log }
    }

    fn answer(&mut self, result: Result<(), PostgresError>) {
        if let Some(tell) = self.tell.take() {
            // The caller may have given up.
            let _ = tell.send(result);
        }
    }

    fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    fn pause(&self, time: Duration) {
        if !self.is_stopping() {
            thread::park_timeout(time);
        }
    }
}

/// A fast shutdown: connections are cut, everything committed is on disk.
fn end(child: &mut Child) -> io::Result<ExitStatus> {
    signal(child, Signal::INT)?;
    let began = Instant::now();
    let mut urged = false;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if !urged && began.elapsed() > FAST_STOP {
            tracing::warn!("PostgreSQL is slow to end; it will recover at the next start");
            signal(child, Signal::QUIT)?;
            urged = true;
        }
        thread::sleep(STARE);
    }
}

/// The number can't have passed to another process: nobody but us waits for this one.
fn signal(child: &Child, signal: Signal) -> io::Result<()> {
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    pid.map_or(Ok(()), |pid| kill_process(pid, signal)).map_err(io::Error::from)
}
