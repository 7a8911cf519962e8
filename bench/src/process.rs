//! Programs that a run starts, and what they use of the machine.

use std::{
    fs,
    process::{Child, Command},
    time::Duration,
};

use anyhow::Context as _;
use rustix::process::{Pid, Signal, kill_process};

/// A running program, ended with this value.
pub(crate) struct Running(Child);

impl Running {
    pub(crate) fn start(command: &mut Command) -> anyhow::Result<Self> {
        let named = || format!("{} can't be started", command.get_program().display());
        let context = named();
        command.spawn().map(Self).context(context)
    }

    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }

    /// Whether it has ended by itself.
    pub(crate) fn has_ended(&mut self) -> bool {
        !matches!(self.0.try_wait(), Ok(None))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.has_ended() {
            return;
        }
        if let Some(id) = i32::try_from(self.0.id()).ok().and_then(Pid::from_raw) {
            // One that is gone meanwhile needs no ending.
            let _ = kill_process(id, Signal::TERM);
        }
        for _ in 0..200 {
            if self.has_ended() {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Resident memory of a process in kibibytes.
pub(crate) fn resident(id: u32) -> anyhow::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{id}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|line| line.trim().trim_end_matches(" kB").trim().parse().ok());
    kibibytes.with_context(|| format!("the memory of process {id} can't be read"))
}

/// What a process and its descendants have computed, in milliseconds.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Computed {
    pub(crate) own: u64,
    pub(crate) descendants: u64,
}

/// What a process and its descendants have computed until now.
pub(crate) fn computed(root: u32) -> anyhow::Result<Computed> {
    let mut all = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(id) = name.to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        // It may have ended since it was listed.
        if let Ok(stat) = fs::read_to_string(format!("/proc/{id}/stat")) {
            all.extend(Stat::read(id, &stat));
        }
    }
    let mut computed = Computed::default();
    let mut family = vec![root];
    while let Some(parent) = family.pop() {
        family.extend(all.iter().filter(|stat| stat.parent == u64::from(parent)).map(|s| s.id));
        for stat in all.iter().filter(|stat| stat.id == parent) {
            let own = if parent == root { &mut computed.own } else { &mut computed.descendants };
            *own += stat.own * TICK;
            computed.descendants += stat.ended * TICK;
        }
    }
    Ok(computed)
}

/// Linux counts in hundredths of a second.
const TICK: u64 = 10;

struct Stat {
    id: u32,
    parent: u64,
    /// Ticks.
    own: u64,
    /// Ticks of children that ended.
    ended: u64,
}

impl Stat {
    /// From `/proc/…/stat`: see proc(5), fields 4 and 14 to 17.
    fn read(id: u32, stat: &str) -> Option<Self> {
        // The name is in brackets and may hold anything; what follows is state and numbers.
        let (_, fields) = stat.rsplit_once(')')?;
        let fields: Vec<u64> =
            fields.split_whitespace().map(|field| field.parse().unwrap_or(0)).collect();
        let [parent, user, system, ended_user, ended_system] =
            [1, 11, 12, 13, 14].map(|place| fields.get(place).copied());
        Some(Self { id, parent: parent?, own: user? + system?, ended: ended_user? + ended_system? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_name_with_brackets() {
        let stat = "7 (a) b (c) S 3 7 7 0 -1 4194560 1 2 3 4 50 6 70 8 20 0 1 0";
        let stat = Stat::read(7, stat).unwrap();
        assert_eq!((stat.parent, stat.own, stat.ended), (3, 56, 78));
    }
}
