//! Runs every check of the verifier, also those after the first failure.

use std::time::Duration;

use aldgate_jose::{Alg, JoseError, jws};
use serde::Serialize;
use serde_json::Value;

use super::{Context, Decoded};
use crate::kind::{Look, TokenKind};
use crate::provider::{Found, Snapshot};
use crate::reason::Reason;
use crate::token::{self, Scheme};
use crate::verifier::checks::{self, CHECKS, Facts};
use crate::verifier::{Settings, TypPolicy};

/// One check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CheckRow {
    /// What is checked.
    pub name: &'static str,
    /// How it went.
    pub outcome: Outcome,
    /// What the API wants.
    pub expected: String,
    /// What the token has.
    pub actual: String,
    /// The code of the reason, when it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'static str>,
    /// Whether an API cannot accept the token without this check.
    #[serde(skip)]
    pub(super) decides: bool,
}

/// Stands in snippets where no API is known.
const UNKNOWN_AUDIENCE: &str = "YOUR_API_IDENTIFIER";

/// How a check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Failed.
    Fail,
    /// Passed.
    Pass,
    /// Not possible with what is known.
    Skipped,
}

/// The rows, and the first decisive failure in the order of the verifier.
pub(super) fn run(
    token: &str,
    decoded: &Decoded,
    context: &Context,
    scheme: Option<Scheme>,
) -> (Vec<CheckRow>, Option<Reason>) {
    let mut list = List {
        rows: Vec::new(),
        first: None,
    };
    list.add("form", true, form(token, decoded, context), || {
        ("a JWT: three segments".into(), "three segments".into())
    });
    let Ok(claims) = &decoded.claims else {
        return (list.rows, list.first);
    };
    let settings = settings(context);
    list.add(
        "algorithm",
        true,
        algorithm(token, decoded, &settings),
        || {
            let allowed: Vec<_> = settings.algorithms.iter().map(|alg| alg.name()).collect();
            (allowed.join(" or "), text(decoded.header.get("alg")))
        },
    );
    let issuer = context
        .issuer
        .as_deref()
        .map(|expected| checks::issuer(&[expected], claims));
    list.add("issuer", true, issuer, || {
        (
            context.issuer.clone().unwrap_or_default(),
            or_none(claims.issuer()),
        )
    });
    list.add("signature", true, signature(token, context), || {
        (
            "a signature by the issuer's key".into(),
            format!("key {}", text(decoded.header.get("kid"))),
        )
    });
    let now = Duration::from_secs(context.now_seconds);
    let facts = Facts {
        settings: &settings,
        typ: decoded.typ(),
        claims,
        now,
    };
    list.add_content(&facts, context);
    list.add("binding", false, binding(&facts, scheme), || {
        let how = scheme.map_or("the token alone", |_| "it is");
        ("a token that is sent as it is bound".into(), how.into())
    });
    (list.rows, list.first)
}

struct List {
    rows: Vec<CheckRow>,
    first: Option<Reason>,
}

impl List {
    /// The verifier's own table.
    fn add_content(&mut self, facts: &Facts<'_>, context: &Context) {
        for (name, check) in CHECKS {
            let needed = needed(name, context);
            let result = needed.then(|| check(facts));
            if result.is_some() || name == "audience" {
                self.add(name, true, result, || described(name, facts));
            }
        }
    }

    fn add(
        &mut self,
        name: &'static str,
        decides: bool,
        result: Option<Result<(), Reason>>,
        good: impl FnOnce() -> (String, String),
    ) {
        let (outcome, code, (expected, actual)) = match &result {
            None => (Outcome::Skipped, None, ("not known here".into(), good().1)),
            Some(Ok(())) => (Outcome::Pass, None, good()),
            Some(Err(reason)) => (
                Outcome::Fail,
                Some(reason.code()),
                (reason.expected(), reason.actual()),
            ),
        };
        self.rows.push(CheckRow {
            name,
            outcome,
            expected,
            actual,
            code,
            decides,
        });
        if let (None, Some(Err(reason))) = (&self.first, result) {
            self.first = Some(reason);
        }
    }
}

fn settings(context: &Context) -> Settings {
    Settings {
        audiences: context.audience.iter().cloned().collect(),
        wanted_audience: context
            .audience
            .as_deref()
            .unwrap_or(UNKNOWN_AUDIENCE)
            .into(),
        algorithms: match context.algorithms.is_empty() {
            true => Alg::ASYMMETRIC.to_vec(),
            false => context.algorithms.clone(),
        },
        leeway: Duration::from_secs(5),
        typ: TypPolicy::AccessToken,
        max_age: None,
        scopes: context.scopes.clone(),
        permissions: Vec::new(),
        claims: Vec::new(),
        applications: None,
    }
}

fn form(token: &str, decoded: &Decoded, context: &Context) -> Option<Result<(), Reason>> {
    let audience = context
        .audience
        .as_deref()
        .unwrap_or(UNKNOWN_AUDIENCE)
        .into();
    let error = match (jws::parse(token), &decoded.claims) {
        (Ok(_), Ok(_)) => return Some(Ok(())),
        (Ok(_), Err(error)) => return Some(Err(Reason::Claims(*error))),
        // The algorithm has a row of its own.
        (Err(JoseError::AlgorithmNone | JoseError::AlgorithmUnknown), Ok(_)) => {
            return Some(Ok(()));
        }
        (Err(error), _) => error,
    };
    Some(Err(match Look::of(token) {
        _ if token.is_empty() => Reason::NoToken,
        Look::Garbage | Look::Jwt => Reason::Malformed(error),
        Look::Encrypted => Reason::WrongKind {
            kind: TokenKind::Encrypted,
            audience,
        },
        look => Reason::Opaque { look, audience },
    }))
}

fn algorithm(token: &str, decoded: &Decoded, settings: &Settings) -> Option<Result<(), Reason>> {
    let named = decoded
        .header
        .get("alg")
        .and_then(Value::as_str)
        .unwrap_or_default();
    Some(match (named.parse::<Alg>(), jws::parse(token)) {
        (Ok(alg), _) if settings.algorithms.contains(&alg) => Ok(()),
        (Ok(alg), _) if alg.is_symmetric() => Err(Reason::Symmetric { alg }),
        (Ok(alg), _) => Err(Reason::AlgorithmNotAllowed {
            alg,
            allowed: settings.algorithms.clone(),
        }),
        (Err(error), _) => Err(Reason::Malformed(error)),
    })
}

fn signature(token: &str, context: &Context) -> Option<Result<(), Reason>> {
    let keys = context.keys.as_ref()?;
    let unverified = jws::parse(token).ok()?;
    let (kid, alg) = (unverified.header().kid(), unverified.header().alg());
    if alg.is_symmetric() {
        return None;
    }
    let snapshot = Snapshot::new(keys, usize::MAX, 0).ok()?;
    Some(match snapshot.find(kid, alg) {
        Found::Ambiguous(candidates) => Err(Reason::KeyAmbiguous { candidates }),
        Found::Nothing => Err(Reason::KeyUnknown {
            kid: or_none(kid),
            issuer: context
                .issuer
                .clone()
                .unwrap_or_else(|| "the issuer".into()),
            known: snapshot.kids(),
        }),
        Found::Key(key) => match unverified.verify(key) {
            Ok(_) => Ok(()),
            Err(JoseError::AlgorithmMismatch) => Err(Reason::AlgorithmNotAllowed {
                alg,
                allowed: key.algs().collect(),
            }),
            Err(_) => Err(Reason::BadSignature {
                kid: kid.map(str::to_owned),
            }),
        },
    })
}

/// Whether a check of the verifier has what it needs here.
fn needed(name: &str, context: &Context) -> bool {
    match name {
        "audience" => context.audience.is_some(),
        "scopes" => !context.scopes.is_empty(),
        "typ" | "age" | "application" | "claims" | "permissions" => false,
        _ => true,
    }
}

fn described(name: &str, facts: &Facts<'_>) -> (String, String) {
    let time = |claim: &str| text(facts.claims.get(claim).map(|c| c.to_value()).as_ref());
    let now = facts.now.as_secs();
    match name {
        "kind" => ("an access token".into(), or_none(facts.typ)),
        "audience" => {
            let actual: Vec<_> = facts.claims.audience().collect();
            (
                facts.settings.wanted_audience().to_string(),
                actual.join(", "),
            )
        }
        "expiry" => (format!("exp after {now}"), format!("exp {}", time("exp"))),
        "not before" => (
            format!("nbf not after {now}"),
            format!("nbf {}", time("nbf")),
        ),
        "issued at" => (
            format!("iat not after {now}"),
            format!("iat {}", time("iat")),
        ),
        "scopes" => (
            facts.settings.scopes.join(" "),
            token::scopes(facts.claims).join(" "),
        ),
        _ => (String::new(), String::new()),
    }
}

fn binding(facts: &Facts<'_>, scheme: Option<Scheme>) -> Option<Result<(), Reason>> {
    let bound = facts
        .claims
        .get("cnf")
        .map(|cnf| cnf.to_value()["jkt"].is_string());
    Some(match (bound, scheme?) {
        (Some(true), Scheme::Bearer) => Err(Reason::DpopBound),
        (Some(true), Scheme::Dpop) | (_, Scheme::Bearer) => Ok(()),
        (_, Scheme::Dpop) => Err(Reason::NotDpopBound),
    })
}

fn text(value: Option<&Value>) -> String {
    match value {
        None => "(none)".into(),
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
    }
}

fn or_none(value: Option<&str>) -> String {
    value.unwrap_or("(none)").to_owned()
}
