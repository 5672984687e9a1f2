//! `cnf` (RFC 7800): a bound token works only with its key or its certificate.

use std::time::Duration;

use crate::dpop::{Dpop, DpopFault};
use crate::reason::Reason;
use crate::token::{AccessToken, Presented, Scheme};

/// Compares what a token is bound to with what came along.
pub(super) fn check(
    dpop: Option<&Dpop>,
    token: &AccessToken,
    presented: &Presented<'_>,
    now: Duration,
) -> Result<(), Reason> {
    let required = dpop.is_some_and(Dpop::is_required);
    let Some(cnf) = token.claim("cnf") else {
        return match presented.scheme {
            Scheme::Dpop => Err(Reason::NotDpopBound),
            Scheme::Bearer if required => Err(Reason::Dpop(DpopFault::Missing)),
            Scheme::Bearer => Ok(()),
        };
    };
    let cnf = cnf.to_value();
    let (jkt, x5t) = (cnf["jkt"].as_str(), cnf["x5t#S256"].as_str());
    if let Some(expected) = x5t {
        let actual = presented
            .certificate
            .map(|hash| aldgate_jose::b64::encode(&hash));
        if actual.as_deref() != Some(expected) {
            return Err(Reason::Certificate {
                presented: actual.is_some(),
            });
        }
    }
    match (jkt, presented.scheme) {
        (Some(_), Scheme::Bearer) => Err(Reason::DpopBound),
        (Some(jkt), Scheme::Dpop) => {
            let (Some(dpop), Some(proof)) = (dpop, presented.proof) else {
                return Err(Reason::Dpop(DpopFault::Missing));
            };
            dpop.check(proof, presented.token, jkt, now)
                .map_err(Reason::Dpop)
        }
        (None, Scheme::Dpop) => Err(Reason::NotDpopBound),
        (None, Scheme::Bearer) if x5t.is_some() => Ok(()),
        (None, Scheme::Bearer) => Err(Reason::ClaimMismatch {
            claim: "cnf".into(),
            expected: "jkt or x5t#S256".into(),
            actual: cnf.to_string().chars().take(200).collect(),
        }),
    }
}
