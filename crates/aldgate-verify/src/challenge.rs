//! How a refusal is said over HTTP: `WWW-Authenticate` and a body (RFC 6750, 9449, 9470, 9728).

use serde::Serialize;

use crate::reason::Reason;
use crate::verifier::Verifier;

/// How much a caller is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Verbosity {
    /// Everything: summary, expected, actual, remedy, documentation. For development: it quotes
    /// tokens and settings.
    Explain,
    /// A code only, the same for everything that is wrong with key and signature.
    #[default]
    Terse,
}

/// Settings of the answers.
#[derive(Clone, Debug, Default)]
pub struct Challenge {
    realm: Option<String>,
    verbosity: Verbosity,
    resource_metadata: Option<String>,
}

impl Challenge {
    /// Terse answers without a realm.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How much a caller is told.
    #[must_use]
    pub const fn verbosity(mut self, verbosity: Verbosity) -> Self {
        self.verbosity = verbosity;
        self
    }

    /// Tells callers everything: for development.
    #[must_use]
    pub const fn explain(self) -> Self {
        self.verbosity(Verbosity::Explain)
    }

    /// The protection space (RFC 9110 section 11.5).
    #[must_use]
    pub fn realm(mut self, realm: impl Into<String>) -> Self {
        self.realm = Some(realm.into());
        self
    }

    /// Where this API describes itself, so that clients find its issuer (RFC 9728 section 5.1).
    #[must_use]
    pub fn resource_metadata(mut self, url: impl Into<String>) -> Self {
        self.resource_metadata = Some(url.into());
        self
    }

    /// The values of `WWW-Authenticate`, one per scheme; none for a status of 503.
    #[must_use]
    pub fn headers(&self, reason: &Reason, verifier: &Verifier) -> Vec<String> {
        if reason.status() == 503 {
            return Vec::new();
        }
        let dpop = verifier.dpop();
        let dpop_only = dpop.is_some_and(crate::dpop::Dpop::is_required);
        let about_dpop = matches!(reason, Reason::Dpop(_) | Reason::DpopBound);
        let mut headers = Vec::new();
        if !dpop_only && !about_dpop {
            headers.push(self.header("Bearer", reason, &[]));
        }
        if dpop.is_some() || about_dpop {
            let algorithms = "RS256 PS256 ES256 ES384 ES512 EdDSA".to_owned();
            let error_elsewhere = !headers.is_empty();
            headers.push(if error_elsewhere {
                format!("DPoP algs={}", quote(&algorithms))
            } else {
                self.header("DPoP", reason, &[("algs", algorithms)])
            });
        }
        headers
    }

    /// The JSON body.
    #[must_use]
    pub fn body(&self, reason: &Reason) -> String {
        let body = Body {
            error: match (reason.oauth_error(), reason.status()) {
                (Some(error), _) => error,
                (None, 503) => "temporarily_unavailable",
                (None, _) => "unauthorized",
            },
            reason: match self.verbosity {
                Verbosity::Explain => reason.code(),
                Verbosity::Terse => reason.terse_code(),
            },
            explanation: (self.verbosity == Verbosity::Explain).then(|| Explanation {
                error_description: reason.summary(),
                expected: reason.expected(),
                actual: reason.actual(),
                remedy: reason.remedy(),
                documentation: reason.documentation(),
            }),
        };
        serde_json::to_string(&body).expect("invariant: strings only")
    }

    fn header(&self, scheme: &str, reason: &Reason, extra: &[(&str, String)]) -> String {
        let mut parameters: Vec<(&str, String)> = Vec::new();
        parameters.extend(self.realm.clone().map(|realm| ("realm", realm)));
        if let Some(error) = reason.oauth_error() {
            parameters.push(("error", error.to_owned()));
            let description = match self.verbosity {
                Verbosity::Explain => format!("{} {}", reason.summary(), reason.remedy()),
                Verbosity::Terse => reason.terse_code().to_owned(),
            };
            parameters.push(("error_description", description));
        }
        match reason {
            Reason::ScopeMissing { required, .. } => {
                parameters.push(("scope", required.join(" ")));
            }
            Reason::StepUp {
                acr_values,
                max_age,
                ..
            } => {
                if !acr_values.is_empty() {
                    parameters.push(("acr_values", acr_values.join(" ")));
                }
                parameters.extend(max_age.map(|age| ("max_age", age.to_string())));
            }
            _ => {}
        }
        parameters.extend(
            self.resource_metadata
                .clone()
                .map(|url| ("resource_metadata", url)),
        );
        parameters.extend(extra.iter().cloned());
        let rendered: Vec<String> = parameters
            .iter()
            .map(|(name, value)| format!("{name}={}", quote(value)))
            .collect();
        match rendered.is_empty() {
            true => scheme.to_owned(),
            false => format!("{scheme} {}", rendered.join(", ")),
        }
    }
}

#[derive(Serialize)]
struct Body {
    error: &'static str,
    reason: &'static str,
    #[serde(flatten)]
    explanation: Option<Explanation>,
}

#[derive(Serialize)]
struct Explanation {
    error_description: String,
    expected: String,
    actual: String,
    remedy: String,
    documentation: String,
}

/// A quoted string of the characters that RFC 6750 section 3 allows; others become `?`, quotes
/// become apostrophes.
fn quote(text: &str) -> String {
    let safe = text.chars().map(|character| match character {
        '"' | '\\' => '\'',
        ' '..='~' => character,
        '\n' | '\r' | '\t' => ' ',
        _ => '?',
    });
    format!("\"{}\"", safe.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use aldgate_jose::JwkSet;

    fn verifier(dpop: bool) -> Verifier {
        let keys = crate::JwkProvider::fixed(&JwkSet::default()).unwrap();
        let builder = Verifier::builder("https://i/", "https://my-api").keys(keys);
        let builder = if dpop {
            builder.dpop(crate::Dpop::default())
        } else {
            builder
        };
        builder.build().unwrap()
    }

    fn scope_missing() -> Reason {
        Reason::ScopeMissing {
            required: vec!["a".into(), "b".into()],
            granted: Vec::new(),
        }
    }

    #[test]
    fn challenges_follow_rfc_6750() {
        let challenge = Challenge::new().realm("api");
        let headers = |reason: &Reason| challenge.headers(reason, &verifier(false));
        assert_eq!(headers(&Reason::NoToken), [r#"Bearer realm="api""#]);
        assert_eq!(
            headers(&Reason::Expired {
                expired_at: 1,
                now: 2
            }),
            [r#"Bearer realm="api", error="invalid_token", error_description="expired""#]
        );
        assert_eq!(
            headers(&scope_missing()),
            [concat!(
                r#"Bearer realm="api", error="insufficient_scope", "#,
                r#"error_description="scope_missing", scope="a b""#
            )]
        );
        let down = Reason::KeysUnavailable {
            issuer: "i".into(),
            cause: "c".into(),
        };
        assert!(headers(&down).is_empty());
    }

    #[test]
    fn explanations_cannot_break_out_of_the_header() {
        let reason = Reason::ClaimMismatch {
            claim: "a\"b\r\nX: y".into(),
            expected: String::new(),
            actual: String::new(),
        };
        let [header] = &Challenge::new()
            .explain()
            .headers(&reason, &verifier(false))[..]
        else {
            panic!("one header");
        };
        assert!(header.contains("Claim a'b  X: y"), "{header}");
        assert!(header.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
    }

    #[test]
    fn dpop_is_offered_where_it_is_checked() {
        let challenge = Challenge::new();
        let headers = challenge.headers(&Reason::NoToken, &verifier(true));
        assert_eq!(headers[0], "Bearer");
        assert!(headers[1].starts_with("DPoP algs=\"RS256"), "{headers:?}");
        let headers = challenge.headers(&Reason::DpopBound, &verifier(false));
        assert!(
            headers[0].starts_with("DPoP error=\"invalid_token\""),
            "{headers:?}"
        );
    }

    #[test]
    fn step_up_and_metadata_are_told() {
        let reason = Reason::StepUp {
            acr_values: vec!["urn:mfa".into()],
            max_age: Some(300),
            actual: String::new(),
        };
        let url = "https://api/.well-known/oauth-protected-resource";
        let headers = Challenge::new()
            .resource_metadata(url)
            .headers(&reason, &verifier(false));
        assert_eq!(
            headers,
            [format!(
                "Bearer error=\"insufficient_user_authentication\", \
                 error_description=\"step_up\", acr_values=\"urn:mfa\", max_age=\"300\", \
                 resource_metadata=\"{url}\""
            )]
        );
    }

    #[test]
    fn bodies_say_as_much_as_they_should() {
        let reason = Reason::BadSignature {
            kid: Some("k".into()),
        };
        let terse = Challenge::new().body(&reason);
        assert_eq!(terse, r#"{"error":"invalid_token","reason":"not_trusted"}"#);
        let explained = Challenge::new().explain().body(&reason);
        assert!(
            explained.contains(r#""reason":"bad_signature""#),
            "{explained}"
        );
        assert!(explained.contains("remedy"), "{explained}");
    }
}
