//! Who is calling: address, user agent, request id.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use aldgate_core::random::{Entropy, alphanumeric};
use axum::extract::FromRequestParts;
use http::header::USER_AGENT;
use http::request::Parts;
use http::{HeaderMap, HeaderName};

use crate::config::Cidr;
use crate::serve::Peer;

/// Auth0's name of the header that carries the request id.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-auth0-requestid");

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const USER_AGENT_CHARS_MAX: usize = 500;
/// Proxies in a row that are looked through.
const HOPS_MAX: usize = 16;

/// Who is calling. Made once a request by [`crate::edge`]; cheap to clone.
#[derive(Clone, Debug)]
pub struct Caller(Arc<Facts>);

#[derive(Debug)]
struct Facts {
    address: IpAddr,
    user_agent: String,
    request_id: String,
}

impl Caller {
    /// Reads the facts. Forwarding headers count only from `trusted_proxies` (OPS-01).
    pub fn read(parts: &Parts, trusted_proxies: &[Cidr], rng: &mut dyn Entropy) -> Self {
        let peer = parts.extensions.get::<Peer>().map(|peer| peer.0.ip());
        // Without a socket, as in tests, the caller is on this machine.
        let peer = peer
            .unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST))
            .to_canonical();
        let agent = parts.headers.get(USER_AGENT).map(|value| value.as_bytes());
        let agent = String::from_utf8_lossy(agent.unwrap_or_default());
        Self(Arc::new(Facts {
            address: client_address(peer, &parts.headers, trusted_proxies),
            user_agent: agent.chars().take(USER_AGENT_CHARS_MAX).collect(),
            request_id: alphanumeric(rng, 20),
        }))
    }

    /// The client's address.
    #[must_use]
    pub fn address(&self) -> IpAddr {
        self.0.address
    }

    /// `User-Agent`, cut to 500 characters.
    #[must_use]
    pub fn user_agent(&self) -> &str {
        &self.0.user_agent
    }

    /// The id of this request, also in the answer's `x-auth0-requestid`.
    #[must_use]
    pub fn request_id(&self) -> &str {
        &self.0.request_id
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        let known = parts.extensions.get::<Self>().cloned();
        Ok(known.unwrap_or_else(|| Self::read(parts, &[], &mut crate::rng::Rng::system())))
    }
}

/// The right-most address that is not one of our own proxies: what stands left of it was written
/// by strangers.
fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[Cidr]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    if !is_trusted(peer) {
        return peer;
    }
    let lists = headers.get_all(FORWARDED_FOR);
    let lists: Vec<&str> = lists.iter().filter_map(|list| list.to_str().ok()).collect();
    let hops = lists.iter().rev().flat_map(|list| list.rsplit(','));
    let mut nearest = peer;
    for hop in hops.take(HOPS_MAX) {
        // What cannot be read ends the chain: the proxy that wrote it is the last thing known.
        let Some(address) = parse_hop(hop.trim()) else {
            return nearest;
        };
        nearest = address;
        if !is_trusted(address) {
            return address;
        }
    }
    nearest
}

/// An address, perhaps with a port.
fn parse_hop(hop: &str) -> Option<IpAddr> {
    let address = hop.parse::<IpAddr>().ok();
    let with_port = || {
        hop.parse::<std::net::SocketAddr>()
            .ok()
            .map(|socket| socket.ip())
    };
    address
        .or_else(with_port)
        .map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(peer: &str, forwarded: &[&str]) -> String {
        let trusted = ["10.0.0.0/8".parse().expect("a network")];
        let mut headers = HeaderMap::new();
        for list in forwarded {
            headers.append(FORWARDED_FOR, list.parse().expect("a header"));
        }
        client_address(peer.parse().expect("an address"), &headers, &trusted).to_string()
    }

    #[test]
    fn ops_01_forwarding_headers_of_strangers_are_ignored() {
        assert_eq!(address("203.0.113.9", &["198.51.100.1"]), "203.0.113.9");
    }

    #[test]
    fn ops_01_a_trusted_proxy_is_looked_through_from_the_right() {
        assert_eq!(address("10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(address("10.0.0.1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(
            address("10.0.0.1", &["1.1.1.1, 198.51.100.1, 10.9.9.9"]),
            "198.51.100.1"
        );
        assert_eq!(
            address("10.0.0.1", &["1.1.1.1", "198.51.100.1:555"]),
            "198.51.100.1"
        );
        assert_eq!(address("10.0.0.1", &["1.1.1.1, unknown"]), "10.0.0.1");
        assert_eq!(address("10.0.0.1", &["[2001:db8::1]:9"]), "2001:db8::1");
    }
}
