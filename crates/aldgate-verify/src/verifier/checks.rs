//! The checks on a token's content, each a function of settings, claims and time.

use std::time::Duration;

use aldgate_jose::jws;
use aldgate_jose::jwt::{Claims, NumericDate};

use super::{Settings, TypPolicy};
use crate::kind::{self, TokenKind};
use crate::reason::{AudienceHint, IssuerHint, Reason};
use crate::token;

/// A check of the caller's on a claim's JSON value.
pub(super) type ClaimTest = dyn Fn(&serde_json::Value) -> bool + Send + Sync;

/// Everything that is checked after the signature, in the order in which a failure says most:
/// who made it, what it is, for whom, when, and what it allows.
pub(crate) fn check(
    settings: &Settings,
    typ: Option<&str>,
    claims: &Claims,
    now: Duration,
) -> Result<(), Reason> {
    for (_, check) in CHECKS {
        check(&Facts {
            settings,
            typ,
            claims,
            now,
        })?;
    }
    Ok(())
}

/// What a check may look at.
pub(crate) struct Facts<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) typ: Option<&'a str>,
    pub(crate) claims: &'a Claims,
    pub(crate) now: Duration,
}

type Check = fn(&Facts<'_>) -> Result<(), Reason>;

/// The checks and their names, in order.
pub(crate) const CHECKS: [(&str, Check); 11] = [
    ("kind", kind),
    ("audience", audience),
    ("typ", typ),
    ("expiry", expiry),
    ("not before", not_before),
    ("issued at", issued_at),
    ("age", age),
    ("application", application),
    ("claims", claims),
    ("scopes", scopes),
    ("permissions", permissions),
];

/// `iss`, byte by byte (JWT-04). Checked on its own, because it also chooses the keys.
pub(crate) fn issuer(expected: &[&str], claims: &Claims) -> Result<(), Reason> {
    match claims.issuer() {
        Some(issuer) if expected.contains(&issuer) => Ok(()),
        actual => Err(wrong_issuer(expected, actual)),
    }
}

pub(super) fn wrong_issuer(expected: &[&str], actual: Option<&str>) -> Reason {
    let expected: Vec<String> = expected.iter().map(|issuer| (*issuer).to_owned()).collect();
    Reason::WrongIssuer {
        hint: actual.and_then(|actual| IssuerHint::between(&expected, actual)),
        expected,
        actual: actual.map(str::to_owned),
    }
}

/// Other kinds of token never pass, whatever their audience (JWT-03).
fn kind(facts: &Facts<'_>) -> Result<(), Reason> {
    if facts.settings.typ == TypPolicy::Any {
        return Ok(());
    }
    let usual = |typ| jws::is_typ(typ, "JWT") || jws::is_typ(typ, "at+jwt");
    if facts.typ.is_none_or(usual) {
        return Ok(());
    }
    match kind::of_jwt(facts.typ, facts.claims) {
        TokenKind::AccessToken | TokenKind::Jwt | TokenKind::IdToken => Ok(()),
        kind => Err(Reason::WrongKind {
            kind,
            audience: facts.wanted_audience(),
        }),
    }
}

fn audience(facts: &Facts<'_>) -> Result<(), Reason> {
    let (settings, claims) = (facts.settings, facts.claims);
    let any = settings
        .audiences
        .iter()
        .any(|audience| claims.has_audience(audience));
    if any && (settings.typ == TypPolicy::Any || !claims.marks_id_token()) {
        return Ok(());
    }
    let azp = token::application(claims);
    match kind::of_jwt(facts.typ, claims) {
        TokenKind::IdToken => Err(Reason::IdToken {
            application: azp
                .map(std::borrow::Cow::into_owned)
                .or_else(|| claims.audience().next().map(str::to_owned)),
            audience: facts.wanted_audience(),
        }),
        TokenKind::AccessToken | TokenKind::Jwt => {
            let actual: Vec<String> = claims.audience().map(str::to_owned).collect();
            let hint = AudienceHint::between(&settings.audiences, &actual, azp.as_deref());
            Err(Reason::WrongAudience {
                expected: settings.audiences.clone(),
                actual,
                hint,
            })
        }
        kind => Err(Reason::WrongKind {
            kind,
            audience: facts.wanted_audience(),
        }),
    }
}

/// The strict policy: `typ`, and the claims that RFC 9068 section 2.2 requires.
fn typ(facts: &Facts<'_>) -> Result<(), Reason> {
    if facts.settings.typ != TypPolicy::Rfc9068 {
        return Ok(());
    }
    if !facts.typ.is_some_and(|typ| jws::is_typ(typ, "at+jwt")) {
        return Err(Reason::WrongTyp {
            actual: facts.typ.map(str::to_owned),
        });
    }
    for claim in ["sub", "client_id", "iat", "jti"] {
        if facts.claims.get(claim).is_none() {
            return Err(Reason::ClaimMissing {
                claim: claim.into(),
            });
        }
    }
    Ok(())
}

fn expiry(facts: &Facts<'_>) -> Result<(), Reason> {
    let Some(at) = facts.claims.expires_at() else {
        return Err(Reason::ClaimMissing {
            claim: "exp".into(),
        });
    };
    if facts.now_micros() < at.micros().saturating_add(facts.leeway_micros()) {
        return Ok(());
    }
    Err(Reason::Expired {
        expired_at: at.seconds(),
        now: facts.now.as_secs(),
    })
}

fn not_before(facts: &Facts<'_>) -> Result<(), Reason> {
    match facts.ahead(facts.claims.not_before()) {
        Some(ahead) => Err(Reason::NotYetValid { ahead }),
        None => Ok(()),
    }
}

fn issued_at(facts: &Facts<'_>) -> Result<(), Reason> {
    match facts.ahead(facts.claims.issued_at()) {
        Some(ahead) => Err(Reason::IssuedInFuture { ahead }),
        None => Ok(()),
    }
}

fn age(facts: &Facts<'_>) -> Result<(), Reason> {
    let Some(max_age) = facts.settings.max_age else {
        return Ok(());
    };
    let Some(at) = facts.claims.issued_at() else {
        return Err(Reason::ClaimMissing {
            claim: "iat".into(),
        });
    };
    let age = facts.now.as_secs().saturating_sub(at.seconds());
    if age <= max_age.as_secs() + facts.settings.leeway.as_secs() {
        return Ok(());
    }
    Err(Reason::TooOld {
        age,
        max_age: max_age.as_secs(),
    })
}

fn application(facts: &Facts<'_>) -> Result<(), Reason> {
    let Some(allowed) = &facts.settings.applications else {
        return Ok(());
    };
    let actual = token::application(facts.claims);
    if actual
        .as_deref()
        .is_some_and(|actual| allowed.iter().any(|own| own == actual))
    {
        return Ok(());
    }
    Err(Reason::ApplicationNotAllowed {
        actual: actual.map(std::borrow::Cow::into_owned),
        allowed: allowed.clone(),
    })
}

fn claims(facts: &Facts<'_>) -> Result<(), Reason> {
    for check in &facts.settings.claims {
        let Some(claim) = facts.claims.get(&check.claim) else {
            return Err(Reason::ClaimMissing {
                claim: check.claim.clone(),
            });
        };
        if !(check.test)(&claim.to_value()) {
            return Err(Reason::ClaimMismatch {
                claim: check.claim.clone(),
                expected: check.expected.clone(),
                actual: claim.as_json().chars().take(200).collect(),
            });
        }
    }
    Ok(())
}

fn scopes(facts: &Facts<'_>) -> Result<(), Reason> {
    let (required, claims) = (&facts.settings.scopes, facts.claims);
    if required
        .iter()
        .all(|scope| token::grants_scope(claims, scope))
    {
        return Ok(());
    }
    Err(Reason::ScopeMissing {
        required: required.clone(),
        granted: token::scopes(claims),
    })
}

fn permissions(facts: &Facts<'_>) -> Result<(), Reason> {
    let (required, claims) = (&facts.settings.permissions, facts.claims);
    let is_granted = |permission: &String| token::grants_permission(claims, permission);
    if required.iter().all(is_granted) {
        return Ok(());
    }
    Err(Reason::PermissionMissing {
        required: required.clone(),
        granted: token::permissions(claims),
    })
}

impl Facts<'_> {
    fn now_micros(&self) -> i64 {
        i64::try_from(self.now.as_micros()).unwrap_or(i64::MAX)
    }

    fn leeway_micros(&self) -> i64 {
        i64::try_from(self.settings.leeway.as_micros()).unwrap_or(i64::MAX)
    }

    /// By how many seconds, rounded up, a time is ahead of now and the leeway.
    fn ahead(&self, at: Option<NumericDate>) -> Option<u64> {
        let ahead = at?.micros().saturating_sub(self.now_micros());
        (ahead > self.leeway_micros()).then(|| ahead.unsigned_abs().div_ceil(1_000_000))
    }

    fn wanted_audience(&self) -> std::sync::Arc<str> {
        self.settings.wanted_audience()
    }
}
