//! How an API describes itself (RFC 9728).

use serde::Serialize;

use crate::verifier::Verifier;

/// The document at `/.well-known/oauth-protected-resource`: clients that meet a challenge find
/// here which issuer to ask, and for which scopes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ResourceMetadata {
    /// The API's identifier.
    pub resource: String,
    /// Issuers whose tokens it accepts.
    pub authorization_servers: Vec<String>,
    /// Scopes that it knows.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub scopes_supported: Vec<String>,
    /// How tokens are sent: in the header only.
    pub bearer_methods_supported: Vec<&'static str>,
    /// A name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_name: Option<String>,
    /// A page for developers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_documentation: Option<String>,
    /// Algorithms of DPoP proofs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dpop_signing_alg_values_supported: Vec<&'static str>,
    /// Whether every token must be bound to a key.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub dpop_bound_access_tokens_required: bool,
}

impl ResourceMetadata {
    /// Describes what a verifier accepts.
    #[must_use]
    pub fn of(verifier: &Verifier) -> Self {
        let dpop = verifier.dpop();
        Self {
            resource: verifier.audiences().first().cloned().unwrap_or_default(),
            authorization_servers: verifier.issuers().map(str::to_owned).collect(),
            scopes_supported: Vec::new(),
            bearer_methods_supported: vec!["header"],
            resource_name: None,
            resource_documentation: None,
            dpop_signing_alg_values_supported: dpop.map_or_else(Vec::new, |_| {
                vec!["RS256", "PS256", "ES256", "ES384", "ES512", "EdDSA"]
            }),
            dpop_bound_access_tokens_required: dpop.is_some_and(crate::Dpop::is_required),
        }
    }

    /// Lists the scopes that the API knows.
    #[must_use]
    pub fn scopes<I: IntoIterator<Item = S>, S: Into<String>>(mut self, scopes: I) -> Self {
        self.scopes_supported = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// Where the document belongs for an API at this address: the path of the API comes after
    /// the well-known part (RFC 9728 section 3.1).
    #[must_use]
    pub fn path_for(resource_path: &str) -> String {
        let path = resource_path.trim_end_matches('/');
        format!("/.well-known/oauth-protected-resource{path}")
    }

    /// The document.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("invariant: strings and lists of strings")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aldgate_jose::JwkSet;

    #[test]
    fn the_document_names_issuer_and_audience() {
        let keys = crate::JwkProvider::fixed(&JwkSet::default()).unwrap();
        let verifier = Verifier::builder("https://i/", "https://my-api").keys(keys);
        let metadata = ResourceMetadata::of(&verifier.build().unwrap()).scopes(["read:orders"]);
        assert_eq!(
            metadata.to_json(),
            concat!(
                r#"{"resource":"https://my-api","authorization_servers":["https://i/"],"#,
                r#""scopes_supported":["read:orders"],"bearer_methods_supported":["header"]}"#
            )
        );
        assert_eq!(
            ResourceMetadata::path_for("/"),
            "/.well-known/oauth-protected-resource"
        );
        assert_eq!(
            ResourceMetadata::path_for("/v1"),
            "/.well-known/oauth-protected-resource/v1"
        );
    }
}
