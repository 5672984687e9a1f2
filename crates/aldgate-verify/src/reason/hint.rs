//! Near misses: what a wrong issuer or audience probably means.

use crate::foreign::Platform;

/// How a wrong issuer relates to the right one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum IssuerHint {
    /// They differ only in upper and lower case.
    Case,
    /// Another platform issued the token.
    Foreign(Platform),
    /// The same host, another path: another tenant or realm.
    Path,
    /// They differ only in `http` and `https`.
    Scheme,
    /// They differ only by the slash at the end.
    Slash,
}

/// How a wrong audience relates to the right one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AudienceHint {
    /// The token's audience is the application itself.
    Application,
    /// They differ only in upper and lower case.
    Case,
    /// They differ only in white space at the ends, as from a line end in an `.env` file.
    Space,
    /// They differ only by the slash at the end.
    Slash,
    /// The token is for the management API.
    ManagementApi,
    /// The token is for `/userinfo` alone.
    UserInfo,
}

impl IssuerHint {
    pub(crate) fn between(expected: &[String], actual: &str) -> Option<Self> {
        let near = expected.iter().find_map(|expected| {
            let bare = |text: &str| text.trim_end_matches('/').to_owned();
            let scheme = |text: &str| {
                text.split_once("://")
                    .map_or("", |(_, rest)| rest)
                    .to_owned()
            };
            let host = |text: &str| scheme(text).split('/').next().unwrap_or("").to_owned();
            if bare(expected) == bare(actual) {
                Some(Self::Slash)
            } else if expected.eq_ignore_ascii_case(actual) {
                Some(Self::Case)
            } else if !scheme(actual).is_empty() && scheme(expected) == scheme(actual) {
                Some(Self::Scheme)
            } else if !host(actual).is_empty() && host(expected) == host(actual) {
                Some(Self::Path)
            } else {
                None
            }
        });
        near.or_else(|| Platform::of_issuer(actual).map(Self::Foreign))
    }
}

impl AudienceHint {
    pub(crate) fn between(
        expected: &[String],
        actual: &[String],
        azp: Option<&str>,
    ) -> Option<Self> {
        let pairs = || {
            expected
                .iter()
                .flat_map(|e| actual.iter().map(move |a| (e, a)))
        };
        let bare = |text: &str| text.trim_end_matches('/').to_owned();
        if pairs().any(|(e, a)| e.trim() == a.trim()) {
            Some(Self::Space)
        } else if pairs().any(|(e, a)| bare(e) == bare(a)) {
            Some(Self::Slash)
        } else if pairs().any(|(e, a)| e.eq_ignore_ascii_case(a)) {
            Some(Self::Case)
        } else if azp.is_some() && actual.iter().any(|a| Some(a.as_str()) == azp) {
            Some(Self::Application)
        } else if actual.iter().any(|a| a.ends_with("/api/v2/")) {
            Some(Self::ManagementApi)
        } else if actual.iter().all(|a| a.ends_with("/userinfo")) && !actual.is_empty() {
            Some(Self::UserInfo)
        } else {
            None
        }
    }
}
