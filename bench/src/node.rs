//! Nodes of Exchequer, all on one database: the private one that the first of them starts.

use std::{fs::File, net::SocketAddr, process::Command};

use crate::{
    place::{self, Place},
    process::Running,
};

/// The real program.
pub(crate) const BOOKED: &str = "exchequer";
/// The same, with a ledger that writes nothing.
pub(crate) const UNBOOKED: &str = "exchequer-unbooked";

/// A running node.
pub(crate) struct Node {
    program: Running,
    pub(crate) address: SocketAddr,
}

impl Node {
    pub(crate) fn start(place: &Place, name: &str) -> anyhow::Result<Self> {
        let address = place::free()?;
        let log = File::create(place.path(&format!("{name}-{}.log", address.port())))?;
        let mut command = Command::new(place::beside(name)?);
        command.arg("serve").env_clear().current_dir(place.path("."));
        for name in ["PATH", "HOME", "LANG"] {
            command.envs(std::env::var_os(name).map(|value| (name, value)));
        }
        command
            .env("EXCHEQUER_DATA_DIR", place.data())
            .env("EXCHEQUER_BIND", address.to_string())
            .env("EXCHEQUER_UPSTREAM_URL", format!("http://{}/v1", place.upstream))
            .env("EXCHEQUER_DRAIN", "1")
            .stdout(log.try_clone()?)
            .stderr(log);
        let mut program = Running::start(&mut command)?;
        place::listens(&mut program, address, name)?;
        ready(address, name)?;
        Ok(Self { program, address })
    }

    pub(crate) fn id(&self) -> u32 {
        self.program.id()
    }
}

/// It listens before its database is there.
fn ready(address: SocketAddr, name: &str) -> anyhow::Result<()> {
    use std::io::{Read as _, Write as _};
    for _ in 0..600 {
        let mut stream = std::net::TcpStream::connect(address)?;
        stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        if answer.starts_with("HTTP/1.1 200") {
            return Ok(());
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    anyhow::bail!("{name} is not ready")
}
