//! Recognises other identity platforms by the tokens they issue, to name them in explanations.

use aldgate_jose::jwt::Claims;
use serde::Serialize;

/// A well-known issuer of tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Platform {
    /// Apple ID.
    Apple,
    /// Auth0 in the cloud.
    Auth0,
    /// Clerk.
    Clerk,
    /// Amazon Cognito.
    Cognito,
    /// Microsoft Entra ID, formerly Azure AD.
    Entra,
    /// Firebase Authentication.
    Firebase,
    /// GitHub Actions.
    GitHubActions,
    /// Google accounts.
    Google,
    /// Keycloak.
    Keycloak,
    /// A Kubernetes service account.
    Kubernetes,
    /// Okta.
    Okta,
    /// Supabase.
    Supabase,
}

impl Platform {
    /// Every platform that is known here.
    pub const ALL: [Self; 12] = [
        Self::Apple,
        Self::Auth0,
        Self::Clerk,
        Self::Cognito,
        Self::Entra,
        Self::Firebase,
        Self::GitHubActions,
        Self::Google,
        Self::Keycloak,
        Self::Kubernetes,
        Self::Okta,
        Self::Supabase,
    ];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Apple => "Apple ID",
            Self::Auth0 => "Auth0",
            Self::Clerk => "Clerk",
            Self::Cognito => "Amazon Cognito",
            Self::Entra => "Microsoft Entra ID",
            Self::Firebase => "Firebase",
            Self::GitHubActions => "GitHub Actions",
            Self::Google => "Google",
            Self::Keycloak => "Keycloak",
            Self::Kubernetes => "Kubernetes",
            Self::Okta => "Okta",
            Self::Supabase => "Supabase",
        }
    }

    /// Judges by the issuer and, for platforms on hosts of their users, by claims of their own.
    #[must_use]
    pub fn of(claims: &Claims) -> Option<Self> {
        let by_issuer = claims.issuer().and_then(Self::of_issuer);
        let has = |name| claims.get(name).is_some();
        by_issuer.or_else(|| {
            if has("realm_access") || has("resource_access") {
                Some(Self::Keycloak)
            } else if has("cognito:username") {
                Some(Self::Cognito)
            } else if has("firebase") {
                Some(Self::Firebase)
            } else if has("kubernetes.io") {
                Some(Self::Kubernetes)
            } else if has("tid") && (has("oid") || has("ver")) {
                Some(Self::Entra)
            } else {
                None
            }
        })
    }

    /// Judges by the issuer alone.
    #[must_use]
    pub fn of_issuer(issuer: &str) -> Option<Self> {
        let address = issuer
            .split_once("://")
            .map_or(issuer, |(_, address)| address);
        let (host, path) = address.split_once('/').unwrap_or((address, ""));
        let on = |domain: &str| {
            host == domain
                || host
                    .strip_suffix(domain)
                    .is_some_and(|prefix| prefix.ends_with('.'))
        };
        Some(match () {
            () if on("auth0.com") => Self::Auth0,
            () if on("login.microsoftonline.com") || on("sts.windows.net") => Self::Entra,
            () if on("ciamlogin.com") || on("b2clogin.com") => Self::Entra,
            () if host.starts_with("cognito-idp.") && on("amazonaws.com") => Self::Cognito,
            () if on("okta.com") || on("oktapreview.com") || on("okta-emea.com") => Self::Okta,
            () if on("securetoken.google.com") => Self::Firebase,
            () if on("accounts.google.com") => Self::Google,
            () if on("appleid.apple.com") => Self::Apple,
            () if on("token.actions.githubusercontent.com") => Self::GitHubActions,
            () if on("clerk.accounts.dev") => Self::Clerk,
            () if on("supabase.co") => Self::Supabase,
            () if path.starts_with("realms/") || path.contains("/realms/") => Self::Keycloak,
            () if issuer.contains("kubernetes") => Self::Kubernetes,
            () => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn issuers_are_recognised_and_lookalikes_are_not() {
        for (issuer, platform) in [
            ("https://acme.eu.auth0.com/", Some(Platform::Auth0)),
            (
                "https://login.microsoftonline.com/t/v2.0",
                Some(Platform::Entra),
            ),
            ("https://sts.windows.net/t/", Some(Platform::Entra)),
            (
                "https://cognito-idp.eu-west-1.amazonaws.com/p",
                Some(Platform::Cognito),
            ),
            ("https://acme.okta.com/oauth2/default", Some(Platform::Okta)),
            ("https://securetoken.google.com/p", Some(Platform::Firebase)),
            ("accounts.google.com", Some(Platform::Google)),
            (
                "https://id.acme.example/realms/main",
                Some(Platform::Keycloak),
            ),
            (
                "https://id.acme.example/auth/realms/main",
                Some(Platform::Keycloak),
            ),
            ("https://notauth0.com/", None),
            ("https://auth0.com.evil.example/", None),
            ("http://localhost:4455/", None),
        ] {
            assert_eq!(Platform::of_issuer(issuer), platform, "{issuer}");
        }
    }
}
