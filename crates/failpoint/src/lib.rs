//! Places where a test ends the program at once, as `kill -9` would: nothing is unwound, flushed or
//! said. Without the feature `on` they compile to nothing.
//!
//! `EXCHEQUER_FAILPOINT=gateway::reserved=3` ends it the third time it comes by there. All names
//! stand in `server/tests/nodes/failpoints.golden`; a test compares them with the sources.

/// The program comes by a place; `name` is its crate and what has just happened, or is about to.
#[cfg(not(feature = "on"))]
#[inline]
pub const fn at(_name: &'static str) {}

#[cfg(feature = "on")]
pub use on::at;

#[cfg(feature = "on")]
mod on {
    use std::{
        env,
        sync::{
            LazyLock,
            atomic::{AtomicU64, Ordering},
        },
    };

    use rustix::process::{Signal, getpid, kill_process};

    /// Where it ends.
    struct End {
        name: String,
        /// How often it may still come by before.
        left: AtomicU64,
    }

    static END: LazyLock<Option<End>> = LazyLock::new(|| {
        let setting = env::var("EXCHEQUER_FAILPOINT").ok()?;
        let (name, times) = setting.rsplit_once('=')?;
        Some(End { name: name.to_owned(), left: AtomicU64::new(times.parse().ok()?) })
    });

    /// The program comes by a place.
    pub fn at(name: &'static str) {
        if let Some(end) = &*END
            && end.name == name
            && end.left.fetch_sub(1, Ordering::Relaxed) == 1
        {
            // It does not come back from this; should the signal be refused, it goes on.
            let _ = kill_process(getpid(), Signal::KILL);
        }
    }
}
