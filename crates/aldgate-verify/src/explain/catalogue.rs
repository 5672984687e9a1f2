//! All texts of the doctor with placeholders, for a doctor in another language: the page of the
//! server decodes tokens in the browser, and its words come from here.

use std::collections::BTreeMap;

use aldgate_jose::{Alg, JoseError};
use serde::Serialize;

use super::{Snippet, change, claims, describe};
use crate::foreign::Platform;
use crate::kind::{Look, TokenKind};
use crate::reason::{AudienceHint, IssuerHint, Reason, Report};

/// Every text. In braces stand the names of what the caller fills in.
#[derive(Clone, Debug, Serialize)]
pub struct Catalogue {
    /// Refusals by code and, behind a dot, variant: `wrong_issuer.slash`.
    pub reasons: BTreeMap<String, Entry>,
    /// What each kind of token is; by `kind` or `kind.look`.
    pub kinds: BTreeMap<String, String>,
    /// Known claims: what each means and where it comes from.
    pub claims: BTreeMap<&'static str, [&'static str; 2]>,
    /// Where claims come from that are not among them.
    pub custom: &'static str,
    /// Names of other platforms.
    pub platforms: BTreeMap<String, &'static str>,
}

/// A refusal and what to do about it.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// Code, summary, expected, actual, remedy, documentation.
    #[serde(flatten)]
    pub report: Report,
    /// Code to copy.
    pub snippets: Vec<Snippet>,
    /// The page of the dashboard that has to do with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<&'static str>,
}

/// A span and two times that stand for any other: their words become placeholders.
const LONG: u64 = 4_000_000 * 86_400;
const SHORT: u64 = 90;
const THEN: u64 = 1_111_111_111;

/// Makes the catalogue.
#[must_use]
pub fn catalogue() -> Catalogue {
    let kinds = KINDS
        .iter()
        .map(|kind| (name(kind), describe(*kind, Look::Jwt)));
    let looks = LOOKS.iter().map(|look| {
        let key = format!("{}.{}", name(&look.kind()), name(look));
        (key, describe(look.kind(), *look))
    });
    let known = claims::KNOWN.iter();
    Catalogue {
        reasons: reasons()
            .into_iter()
            .map(|(variant, reason)| entry(variant, &reason))
            .collect(),
        kinds: kinds.chain(looks).collect(),
        claims: known
            .map(|(claim, meaning, source)| (*claim, [*meaning, *source]))
            .collect(),
        custom: claims::CUSTOM,
        platforms: Platform::ALL
            .iter()
            .map(|platform| (name(platform), platform.name()))
            .collect(),
    }
}

fn entry(variant: String, reason: &Reason) -> (String, Entry) {
    let change = change::advise(reason, &change::Names::placeholders());
    let mut report = reason.report();
    for text in [
        &mut report.summary,
        &mut report.expected,
        &mut report.actual,
        &mut report.remedy,
    ] {
        *text = open(text);
    }
    let snippets = change.snippets.into_iter().map(|snippet| Snippet {
        code: snippet.code.replace("openid profile email", "{scope}"),
        ..snippet
    });
    let key = match variant.is_empty() {
        true => report.code.to_owned(),
        false => format!("{}.{variant}", report.code),
    };
    let entry = Entry {
        report,
        snippets: snippets.collect(),
        page: change::page(reason),
    };
    (key, entry)
}

/// Turns the stand-ins back into placeholders.
fn open(text: &str) -> String {
    let (long, short) = (crate::reason::span(LONG), crate::reason::span(SHORT));
    let (now, soon) = ((THEN + LONG).to_string(), (THEN + SHORT).to_string());
    text.replace(&long, "{span}")
        .replace(&short, "{span}")
        .replace(&now, "{now}")
        .replace(&soon, "{now}")
        .replace(&THEN.to_string(), "{exp}")
        .replace(Platform::Keycloak.name(), "{platform}")
        .replace(&LONG.to_string(), "{count}")
        .replace("HS256", "{alg}")
}

/// One reason for each text that differs by more than its values.
fn reasons() -> Vec<(String, Reason)> {
    let text = |name: &str| format!("{{{name}}}");
    let audience = || text("audience").into();
    let mut list = simple();
    list.extend([
        (
            String::new(),
            Reason::IdToken {
                application: Some(text("application")),
                audience: audience(),
            },
        ),
        (
            String::new(),
            Reason::KeyUnknown {
                kid: text("kid"),
                issuer: text("issuer"),
                known: vec![text("known")],
            },
        ),
        (
            String::new(),
            Reason::ScopeMissing {
                required: vec![text("required")],
                granted: vec![text("granted")],
            },
        ),
    ]);
    list.extend(LOOKS.map(|look| {
        let audience = audience();
        (name(&look), Reason::Opaque { look, audience })
    }));
    list.extend(KINDS.map(|kind| {
        let audience = audience();
        (name(&kind), Reason::WrongKind { kind, audience })
    }));
    list.extend(FAULTS.map(|fault| (fault.code().to_owned(), Reason::Malformed(fault))));
    list.extend(CLAIM_FAULTS.map(|fault| (fault.code().to_owned(), Reason::Claims(fault))));
    let issuer = |(variant, hint): (&str, _)| {
        let reason = Reason::WrongIssuer {
            expected: vec![text("issuer")],
            actual: Some(text("actual")),
            hint,
        };
        (variant.to_owned(), reason)
    };
    list.extend(ISSUER_HINTS.map(issuer));
    let audience = |(variant, hint): (&str, _)| {
        let reason = Reason::WrongAudience {
            expected: vec![text("audience")],
            actual: vec![text("actual")],
            hint,
        };
        (variant.to_owned(), reason)
    };
    list.extend(AUDIENCE_HINTS.map(audience));
    list
}

/// Those with numbers or nothing in them.
fn simple() -> Vec<(String, Reason)> {
    let expired = |span| Reason::Expired {
        expired_at: THEN,
        now: THEN + span,
    };
    let claim = "{claim}".into();
    [
        ("", Reason::NoToken),
        ("", Reason::DpopBound),
        ("", Reason::NotDpopBound),
        ("", Reason::ClaimMissing { claim }),
        ("", Reason::Symmetric { alg: Alg::HS256 }),
        ("", expired(LONG)),
        ("recent", expired(SHORT)),
        ("", Reason::NotYetValid { ahead: LONG }),
        ("", Reason::IssuedInFuture { ahead: LONG }),
        (
            "",
            Reason::BadSignature {
                kid: Some("{kid}".into()),
            },
        ),
        (
            "",
            Reason::KeyAmbiguous {
                candidates: usize::try_from(LONG).unwrap_or(usize::MAX),
            },
        ),
    ]
    .map(|(variant, reason)| (variant.to_owned(), reason))
    .into()
}

const KINDS: [TokenKind; 11] = [
    TokenKind::AccessToken,
    TokenKind::ClientAssertion,
    TokenKind::DpopProof,
    TokenKind::Encrypted,
    TokenKind::IdToken,
    TokenKind::Jwt,
    TokenKind::LogoutToken,
    TokenKind::Opaque,
    TokenKind::RefreshToken,
    TokenKind::RequestObject,
    TokenKind::Unknown,
];

const LOOKS: [Look; 5] = [
    Look::AldgateAccess,
    Look::AldgateRefresh,
    Look::Auth0Opaque,
    Look::Auth0Refresh,
    Look::Opaque,
];

const FAULTS: [JoseError; 8] = [
    JoseError::AlgorithmNone,
    JoseError::AlgorithmUnknown,
    JoseError::Base64,
    JoseError::DuplicateMember,
    JoseError::HeaderParameter,
    JoseError::Json,
    JoseError::Segments,
    JoseError::TooLarge,
];

const CLAIM_FAULTS: [JoseError; 6] = [
    JoseError::Base64,
    JoseError::ClaimAudience,
    JoseError::ClaimTime,
    JoseError::ClaimType,
    JoseError::DuplicateMember,
    JoseError::Json,
];

const ISSUER_HINTS: [(&str, Option<IssuerHint>); 6] = [
    ("", None),
    ("case", Some(IssuerHint::Case)),
    ("foreign", Some(IssuerHint::Foreign(Platform::Keycloak))),
    ("path", Some(IssuerHint::Path)),
    ("scheme", Some(IssuerHint::Scheme)),
    ("slash", Some(IssuerHint::Slash)),
];

const AUDIENCE_HINTS: [(&str, Option<AudienceHint>); 7] = [
    ("", None),
    ("application", Some(AudienceHint::Application)),
    ("case", Some(AudienceHint::Case)),
    ("management_api", Some(AudienceHint::ManagementApi)),
    ("slash", Some(AudienceHint::Slash)),
    ("space", Some(AudienceHint::Space)),
    ("user_info", Some(AudienceHint::UserInfo)),
];

/// The name that serde gives a variant.
fn name<T: Serialize>(value: &T) -> String {
    let json = serde_json::to_value(value).ok();
    let name = json.as_ref().and_then(serde_json::Value::as_str);
    name.unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_has_its_placeholders_and_no_stand_in_is_left() {
        let catalogue = catalogue();
        let expired = &catalogue.reasons["expired"];
        assert_eq!(expired.report.summary, "The token expired {span} ago.");
        assert_eq!(expired.report.expected, "exp after {now}");
        assert_eq!(expired.report.actual, "exp {exp}");
        assert!(
            catalogue.reasons["expired.recent"]
                .report
                .remedy
                .contains("clocks")
        );
        let id_token = &catalogue.reasons["id_token"];
        assert!(id_token.report.remedy.contains("{audience}"));
        assert_eq!(id_token.page, Some("apis"));
        let spa = &id_token.snippets[1].code;
        for placeholder in ["'{domain}'", "'{client}'", "'{audience}'", "'{scope}'"] {
            assert!(spa.contains(placeholder), "{spa}");
        }
        assert_eq!(catalogue.reasons["symmetric"].report.actual, "{alg}");
        let foreign = &catalogue.reasons["wrong_issuer.foreign"].report;
        assert!(foreign.summary.contains("{platform}"));
        let all = serde_json::to_string(&catalogue).unwrap();
        for stand_in in ["11111111", "4000000", "Keycloak,", "90 s"] {
            assert!(!all.contains(stand_in), "{stand_in}");
        }
    }
}
