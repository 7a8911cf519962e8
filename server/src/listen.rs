//! Connections: one task each, so that a stop can wait for them and, in the end, cut them.

use std::{convert::Infallible, net::SocketAddr, pin::pin, time::Duration};

use axum::{body::Body, extract::ConnectInfo};
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::router::Site;

/// How long a client may take for a request's head.
const SLOWEST_HEAD: Duration = Duration::from_secs(30);
/// A pause when no connection can be taken, as when all file descriptors are in use.
const BREATH: Duration = Duration::from_millis(50);

/// Takes connections until `stop`; those that are open then end with their request, or at `cut`.
pub(crate) async fn listen(
    listener: TcpListener,
    site: Site,
    connections: TaskTracker,
    stop: CancellationToken,
    cut: CancellationToken,
) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => return,
        };
        match accepted {
            Ok((stream, peer)) => {
                connections.spawn(serve(stream, peer, site.clone(), stop.clone(), cut.clone()));
            }
            Err(error) => {
                tracing::warn!(error = %error, "a connection could not be taken");
                tokio::time::sleep(BREATH).await;
            }
        }
    }
}

async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    site: Site,
    stop: CancellationToken,
    cut: CancellationToken,
) {
    // Small pieces of a stream go out as they come.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(error = %error, "a connection delays small pieces");
    }
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        let answer = site.clone().answer(request.map(Body::new));
        async move { Ok::<_, Infallible>(answer.await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(SLOWEST_HEAD)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            tokio::select! {
                ended = connection => ended,
                () = cut.cancelled() => return,
            }
        }
    };
    if let Err(error) = ended {
        tracing::debug!(error = %error, "a connection ended early");
    }
}
