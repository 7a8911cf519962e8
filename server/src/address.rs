//! Whose request it is, by network address.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, header},
    middleware::Next,
    response::Response,
};
use domain::Origin;

/// The proxies whose word is believed.
#[derive(Debug, Clone)]
pub struct Proxies(pub Arc<[IpAddr]>);

impl Proxies {
    /// The client's address: the connection's, or if that is a trusted proxy's, the last address in
    /// `X-Forwarded-For` that is not a trusted proxy's. What a client wrote there itself stands
    /// further left and is not reached.
    fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        if !self.0.contains(&peer) {
            return peer;
        }
        let forwarded: Vec<&str> = headers
            .get_all("x-forwarded-for")
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map(str::trim)
            .collect();
        let mut client = peer;
        for entry in forwarded.into_iter().rev() {
            match entry.parse::<IpAddr>() {
                Ok(address) => client = address,
                Err(_) => break,
            }
            if !self.0.contains(&client) {
                break;
            }
        }
        client
    }
}

/// A middleware that tells everything inside it the [`Origin`] of each request.
pub async fn client_address(
    State(proxies): State<Proxies>,
    mut request: Request,
    next: Next,
) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let address = peer.map(|peer| proxies.client(peer.to_canonical(), request.headers()));
    let agent = request.headers().get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
    let origin = Origin::new(address, agent);
    request.extensions_mut().insert(origin);
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_trusted_proxies_are_believed() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let proxies = Proxies([ip("10.0.0.1"), ip("10.0.0.2")].into());
        let client = |peer: &str, forwarded: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("x-forwarded-for", forwarded.parse().unwrap());
            proxies.client(ip(peer), &headers)
        };
        assert_eq!(client("192.0.2.9", "198.51.100.1"), ip("192.0.2.9"));
        assert_eq!(client("10.0.0.1", "198.51.100.1"), ip("198.51.100.1"));
        assert_eq!(client("10.0.0.1", "6.6.6.6, 198.51.100.1, 10.0.0.2"), ip("198.51.100.1"));
        assert_eq!(client("10.0.0.1", "198.51.100.1, nonsense"), ip("10.0.0.1"));
        assert_eq!(client("10.0.0.1", ""), ip("10.0.0.1"));
    }
}
