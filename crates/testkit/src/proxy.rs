//! A wire to Postgres that can be cut.

use tokio::{
    io::copy,
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// Forwards connections to the database until it is told to cut all of them; new ones go on.
pub struct Wire {
    /// The database's address through this wire.
    pub url: String,
    cuts: watch::Sender<u64>,
}

impl Wire {
    /// Between a program and the database at `url` (`postgres://user@host:port/name`).
    #[expect(clippy::disallowed_methods, reason = "a test's tasks end with its runtime")]
    pub async fn to(url: &str) -> Self {
        let (front, name) = url.rsplit_once('/').unwrap();
        let (user, target) = front.rsplit_once('@').unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (cuts, cut) = watch::channel(0);
        let target = target.to_owned();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (target, mut cut) = (target.clone(), cut.clone());
                tokio::spawn(async move {
                    let Ok(server) = TcpStream::connect(target).await else { return };
                    cut.mark_unchanged();
                    let ((mut from_client, mut to_client), (mut from_server, mut to_server)) =
                        (client.into_split(), server.into_split());
                    // Dropping both ends is the cut: what was sent may have been heard.
                    tokio::select! {
                        _ = copy(&mut from_client, &mut to_server) => {}
                        _ = copy(&mut from_server, &mut to_client) => {}
                        _ = cut.changed() => {}
                    }
                });
            }
        });
        Self { url: format!("{user}@{address}/{name}"), cuts }
    }

    /// Cuts all connections.
    pub fn cut(&self) {
        self.cuts.send_modify(|cuts| *cuts += 1);
    }
}
