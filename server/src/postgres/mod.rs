//! A private PostgreSQL under the data folder, started and stopped with the program.
//!
//! Several programs may use one data folder at once (`serve`, a second `serve`, `admin`). Whoever
//! holds the folder's lock runs PostgreSQL as its child; the others join it, and one of them takes
//! over when it leaves, whether it leaves tidily or by `kill -9`. There is no TCP port: the socket
//! lies in a folder that only this account can enter.

mod account;
mod cluster;
mod error;
mod place;
mod postmaster;
mod programs;
mod supervisor;

use std::{
    fmt,
    path::{Path, PathBuf},
};

use tokio::sync::oneshot;

pub use self::error::PostgresError;
use self::{place::Place, supervisor::Supervisor};

/// A running PostgreSQL of a data folder. Dropping it ends it without waiting.
pub struct Embedded {
    socket: PathBuf,
    supervisor: Supervisor,
    ended: oneshot::Receiver<()>,
}

impl Embedded {
    /// Starts the PostgreSQL of `data_dir`, or joins the one that runs there already; makes folder,
    /// role and database at the first start. Returns when it takes connections.
    pub async fn start(data_dir: &Path) -> Result<Self, PostgresError> {
        let place = Place::of(data_dir)?;
        let socket = place.socket.clone();
        let (supervisor, started, ended) = Supervisor::spawn(place)?;
        // Made before the wait: when the caller gives up waiting, the drop ends what was begun.
        let embedded = Self { socket, supervisor, ended };
        match started.await {
            Ok(result) => result.map(|()| embedded),
            Err(_) => Err(PostgresError::Supervisor),
        }
    }

    /// Where sqlx finds it: role and database `exchequer`, by socket.
    pub fn url(&self) -> String {
        let socket = self.socket.display();
        format!("postgres://exchequer@localhost/exchequer?host={socket}")
    }

    /// Ends it and waits until everything is on disk. A PostgreSQL that was only joined runs on.
    pub async fn stop(mut self) {
        self.supervisor.stop();
        // An error says that the supervisor is gone already, which is as good.
        let _ = (&mut self.ended).await;
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        self.supervisor.stop();
    }
}

impl fmt::Debug for Embedded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Embedded").field("socket", &self.socket).finish_non_exhaustive()
    }
}
