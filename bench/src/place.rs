//! Where a run takes place: a folder that is thrown away, free ports, and nginx as both the upstream
//! and the proxy that everything is compared with.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::bail;
use tempfile::TempDir;

use crate::process::Running;

const CONFIG: &str = include_str!("../nginx.conf");

/// A whole answer.
const WHOLE: &str = r#"{"id":"chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT","object":"chat.completion","created":1741569952,"model":"gpt-4o-mini-2024-07-18","choices":[{"index":0,"message":{"role":"assistant","content":"Hello! How can I help you today?","refusal":null},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":19,"completion_tokens":10,"total_tokens":29},"service_tier":"default","system_fingerprint":null}"#;

/// The same as a stream.
fn stream() -> String {
    let chunk = |choices: &str, usage: &str| {
        format!(
            "data: {{\"id\":\"chatcmpl-B9MBs8\",\"object\":\"chat.completion.chunk\",\"created\":1741569952,\
             \"model\":\"gpt-4o-mini-2024-07-18\",\"choices\":[{choices}],\"usage\":{usage}}}\n\n"
        )
    };
    let mut frames = String::new();
    for word in ["Hello", "!", " How", " can", " I", " help", " you", " today", "?"] {
        let delta =
            format!("{{\"index\":0,\"delta\":{{\"content\":\"{word}\"}},\"finish_reason\":null}}");
        frames += &chunk(&delta, "null");
    }
    frames += &chunk("{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}", "null");
    frames += &chunk("", "{\"prompt_tokens\":19,\"completion_tokens\":10,\"total_tokens\":29}");
    frames + "data: [DONE]\n\n"
}

/// The folder and what runs in it.
pub(crate) struct Place {
    // In this order they go.
    _nginx: Running,
    folder: TempDir,
    /// Answers at once.
    pub(crate) upstream: SocketAddr,
    /// nginx as a plain reverse proxy in front of it.
    pub(crate) proxy: SocketAddr,
}

impl Place {
    pub(crate) fn new() -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("exchequer-bench-").tempdir()?;
        let [upstream, proxy] = [free()?, free()?];
        let quoted = |text: &str| text.replace('\n', "\\n");
        let config = CONFIG
            .replace("FOLDER", &folder.path().display().to_string())
            .replace("UPSTREAM", &upstream.port().to_string())
            .replace("PROXY", &proxy.port().to_string())
            .replace("WHOLE", WHOLE)
            .replace("STREAM", &quoted(&stream()));
        let path = folder.path().join("nginx.conf");
        fs::write(&path, config)?;
        let mut nginx = Running::start(Command::new("nginx").arg("-c").arg(&path))?;
        listens(&mut nginx, proxy, "nginx")?;
        Ok(Self { _nginx: nginx, folder, upstream, proxy })
    }

    /// A path in the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The program's data folder.
    pub(crate) fn data(&self) -> PathBuf {
        self.path("data")
    }
}

/// An address that nobody listens on.
pub(crate) fn free() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

/// Waits until somebody listens.
pub(crate) fn listens(
    program: &mut Running,
    address: SocketAddr,
    name: &str,
) -> anyhow::Result<()> {
    for _ in 0..600 {
        if TcpStream::connect(address).is_ok() {
            return Ok(());
        }
        if program.has_ended() {
            bail!("{name} ended at its start");
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    bail!("{name} does not listen")
}

/// A program that lies beside this one.
pub(crate) fn beside(name: &str) -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe()?;
    let path = own.parent().unwrap_or(Path::new(".")).join(name);
    if !path.exists() {
        bail!("{} is missing: scripts/bench builds it", path.display());
    }
    Ok(path)
}
