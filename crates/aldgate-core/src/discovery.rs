//! The discovery document (OpenID Connect Discovery 1.0 section 3, RFC 8414, RFC 9207). Only what
//! works is in it (OID-04).

use serde::Serialize;

use crate::api::SigningAlg;
use crate::tenant::Tenant;

/// What clients of a tenant need to know. Both well-known addresses serve the same document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Document {
    /// Byte-identical to `iss` in every token (ruling R10).
    pub issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    userinfo_endpoint: String,
    jwks_uri: String,
    revocation_endpoint: String,
    introspection_endpoint: String,
    end_session_endpoint: String,
    backchannel_logout_supported: bool,
    backchannel_logout_session_supported: bool,
    scopes_supported: [&'static str; 6],
    response_types_supported: [&'static str; 7],
    response_modes_supported: [&'static str; 3],
    grant_types_supported: [&'static str; 7],
    code_challenge_methods_supported: [&'static str; 1],
    subject_types_supported: [&'static str; 1],
    id_token_signing_alg_values_supported: Vec<&'static str>,
    token_endpoint_auth_methods_supported: [&'static str; 4],
    token_endpoint_auth_signing_alg_values_supported: [&'static str; 8],
    revocation_endpoint_auth_methods_supported: [&'static str; 4],
    revocation_endpoint_auth_signing_alg_values_supported: [&'static str; 8],
    introspection_endpoint_auth_methods_supported: [&'static str; 3],
    introspection_endpoint_auth_signing_alg_values_supported: [&'static str; 8],
    claims_supported: Vec<&'static str>,
    claim_types_supported: [&'static str; 1],
    claims_parameter_supported: bool,
    request_parameter_supported: bool,
    request_uri_parameter_supported: bool,
    authorization_response_iss_parameter_supported: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ui_locales_supported: Vec<String>,
}

/// What a client assertion may be signed with: the list that `client_auth` accepts.
const ASSERTION_ALGS: [&str; 8] = [
    "RS256", "RS384", "RS512", "PS256", "PS384", "ES256", "ES384", "EdDSA",
];

const CLIENT_AUTH: [&str; 4] = [
    "client_secret_basic",
    "client_secret_post",
    "private_key_jwt",
    "none",
];

const CONFIDENTIAL_CLIENT_AUTH: [&str; 3] = [
    "client_secret_basic",
    "client_secret_post",
    "private_key_jwt",
];

const CLAIMS: [&str; 30] = [
    "iss",
    "sub",
    "aud",
    "iat",
    "exp",
    "sid",
    "nonce",
    "auth_time",
    "amr",
    "at_hash",
    "c_hash",
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "updated_at",
    "email",
    "email_verified",
    "phone_number",
    "phone_number_verified",
    "address",
];

/// Writes the document of `tenant`, which has signing keys for `algs`.
#[must_use]
pub fn document(tenant: &Tenant, algs: &[SigningAlg]) -> Document {
    let at = |path| tenant.issuer.join(path);
    let mut signing: Vec<_> = algs.iter().map(|alg| alg.as_str()).collect();
    // An application may always choose its own secret (ruling R11).
    signing.push(SigningAlg::Hs256.as_str());
    signing.sort_unstable();
    signing.dedup();
    Document {
        issuer: tenant.issuer.as_str().to_owned(),
        authorization_endpoint: at("authorize"),
        token_endpoint: at("oauth/token"),
        userinfo_endpoint: at("userinfo"),
        jwks_uri: at(".well-known/jwks.json"),
        revocation_endpoint: at("oauth/revoke"),
        introspection_endpoint: at("oauth/introspect"),
        end_session_endpoint: at("oidc/logout"),
        backchannel_logout_supported: true,
        backchannel_logout_session_supported: true,
        scopes_supported: crate::scope::STANDARD,
        response_types_supported: [
            "code",
            "token",
            "id_token",
            "code token",
            "code id_token",
            "token id_token",
            "code token id_token",
        ],
        response_modes_supported: ["query", "fragment", "form_post"],
        grant_types_supported: [
            "authorization_code",
            "refresh_token",
            "client_credentials",
            "implicit",
            "password",
            crate::grant::password::PASSWORD_REALM,
            crate::grant::passwordless::PASSWORDLESS_OTP,
        ],
        code_challenge_methods_supported: ["S256"],
        subject_types_supported: ["public"],
        id_token_signing_alg_values_supported: signing,
        token_endpoint_auth_methods_supported: CLIENT_AUTH,
        token_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGS,
        revocation_endpoint_auth_methods_supported: CLIENT_AUTH,
        revocation_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGS,
        introspection_endpoint_auth_methods_supported: CONFIDENTIAL_CLIENT_AUTH,
        introspection_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGS,
        claims_supported: CLAIMS.to_vec(),
        claim_types_supported: ["normal"],
        claims_parameter_supported: true,
        request_parameter_supported: false,
        request_uri_parameter_supported: false,
        authorization_response_iss_parameter_supported: true,
        ui_locales_supported: tenant.settings.enabled_locales.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn oid_04_the_document_says_what_works_and_nothing_else() {
        let tenant = serde_json::from_value(json!({
            "id": "default", "issuer": "https://id.test:8443/", "created_at": 0,
        }))
        .unwrap();
        let document = document(&tenant, &[SigningAlg::Rs256, SigningAlg::Es256]);
        let json: Value = serde_json::to_value(&document).unwrap();
        assert_eq!(json["issuer"], "https://id.test:8443/");
        assert_eq!(json["token_endpoint"], "https://id.test:8443/oauth/token");
        assert_eq!(json["code_challenge_methods_supported"], json!(["S256"]));
        assert_eq!(json["backchannel_logout_session_supported"], true);
        assert_eq!(json["authorization_response_iss_parameter_supported"], true);
        let algs = json!(["ES256", "HS256", "RS256"]);
        assert_eq!(json["id_token_signing_alg_values_supported"], algs);
        for absent in [
            "device_authorization_endpoint",
            "pushed_authorization_request_endpoint",
            "backchannel_authentication_endpoint",
            "registration_endpoint",
            "mfa_challenge_endpoint",
        ] {
            assert!(json.get(absent).is_none(), "{absent}");
        }
    }
}
