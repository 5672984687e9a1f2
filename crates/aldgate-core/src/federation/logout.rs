//! Logging out at the provider as well (Auth0: `federated`; RP-Initiated Logout 1.0 from the side
//! of the client).

use aldgate_jose::{b64, digest};
use url::Url;

use super::metadata::Endpoints;

/// The longest address that a browser is sent back to, in bytes.
const BACK_BYTES_MAX: usize = 2048;

/// The address at which the provider logs the browser out; `None` when it has none.
///
/// `back`: where the provider sends the browser afterwards, as registered there; `state` comes back
/// with it.
#[must_use]
pub fn address(
    endpoints: &Endpoints,
    client_id: &str,
    id_token: Option<&str>,
    back: &str,
    state: Option<&str>,
) -> Option<Url> {
    let mut url = endpoints.end_session.clone()?;
    let mut query = url.query_pairs_mut();
    query
        .append_pair("client_id", client_id)
        .append_pair("post_logout_redirect_uri", back);
    if let Some(token) = id_token {
        query.append_pair("id_token_hint", token);
    }
    if let Some(state) = state {
        query.append_pair("state", state);
    }
    drop(query);
    Some(url)
}

/// A `state` that remembers where the browser goes in the end. Only this server can make it, so
/// that nobody is sent anywhere by a made-up one.
#[must_use]
pub fn state(key: &[u8; 32], next: &str) -> String {
    let mark = b64::encode(&mark(key, next));
    format!("{}.{mark}", b64::encode(next.as_bytes()))
}

/// Where the browser goes in the end, if this server made the `state`.
#[must_use]
pub fn next(key: &[u8; 32], state: &str) -> Option<String> {
    let (next, sent) = state.split_once('.')?;
    if next.len() > BACK_BYTES_MAX * 2 {
        return None;
    }
    let next = String::from_utf8(b64::decode(next).ok()?).ok()?;
    let sent = b64::decode(sent).ok()?;
    digest::constant_time_eq(&sent, &mark(key, &next)).then_some(next)
}

fn mark(key: &[u8; 32], next: &str) -> [u8; 32] {
    digest::hmac_sha256(key, format!("logout {next}").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::federation::testing::connection;
    use crate::federation::upstream::{Source, Upstream};
    use serde_json::json;

    #[test]
    fn oid_03_only_our_own_state_leads_anywhere() {
        let key = [7; 32];
        let state = state(&key, "https://app.test/bye?x=1");
        assert_eq!(
            next(&key, &state).as_deref(),
            Some("https://app.test/bye?x=1")
        );
        assert_eq!(next(&[8; 32], &state), None);
        let evil = b64::encode(b"https://evil.test/");
        let (_, mark) = state.split_once('.').unwrap();
        for bad in [
            "",
            ".",
            "x",
            &evil,
            &format!("{evil}.{mark}"),
            &format!("{evil}."),
        ] {
            assert_eq!(next(&key, bad), None, "{bad}");
        }
    }

    #[test]
    fn a_provider_without_the_endpoint_is_left_alone() {
        let endpoints = |strategy: &str| {
            let own = connection(strategy, json!({"client_id": "c"}));
            match Upstream::of(&own).unwrap().source {
                Source::Known(endpoints) => endpoints,
                Source::Discover { .. } => panic!("known"),
            }
        };
        let back = "https://us.test/login/logged-out";
        assert_eq!(
            address(&endpoints("google-oauth2"), "c", None, back, None),
            None
        );
        let url = address(&endpoints("windowslive"), "c", Some("t"), back, Some("s")).unwrap();
        let query = url.query().unwrap();
        for part in [
            "client_id=c",
            "id_token_hint=t",
            "state=s",
            "post_logout_redirect_uri=",
        ] {
            assert!(query.contains(part), "{query}");
        }
    }
}
