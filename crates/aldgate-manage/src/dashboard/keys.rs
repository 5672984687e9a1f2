//! Signing keys: which key signs since when, what comes next, turning and revoking.

mod draw;
mod revoke;
mod rotate;

use std::collections::BTreeMap;

use aldgate_core::time::{Seconds, Timestamp};
use axum::response::Response;
use serde::Serialize;
use serde_json::Value;

use super::Visit;
use super::applications::text;
use super::events::when;
use super::fault::Fault;
use super::page::{Group, Page, show};
use super::path::at;
use super::visit::href;

pub(super) fn pages() -> Vec<Page> {
    let list = show("/keys", "Signing keys", list)
        .needs("GET /keys/signing")
        .nav(Group::Tenant);
    let mut all = vec![list];
    all.extend(rotate::pages());
    all.extend(revoke::pages());
    all
}

#[derive(Serialize)]
struct View {
    rings: Vec<Ring>,
    key_set: String,
    /// How old a signing key becomes before it is replaced by itself; 0: never.
    days: u64,
    /// From when on somebody may rotate, if that is not now.
    not_before: Option<String>,
    now: String,
}

/// The keys of one algorithm.
#[derive(Serialize)]
struct Ring {
    alg: String,
    svg: String,
    keys: Vec<Key>,
}

/// A key, and what its dates mean.
#[derive(Clone, Debug, Serialize)]
struct Key {
    kid: String,
    alg: String,
    /// `next`, `current`, `previous` or `revoked`.
    state: &'static str,
    label: &'static str,
    tone: &'static str,
    facts: Vec<Fact>,
    fingerprint: String,
    certificate: String,
    revoke: String,
    #[serde(skip)]
    times: Times,
}

#[derive(Clone, Debug, Serialize)]
struct Fact {
    name: &'static str,
    at: String,
    when: String,
}

/// When a key is published and signs, as far as that is known.
#[derive(Clone, Copy, Debug, Default)]
struct Times {
    published: Option<Timestamp>,
    /// For a next key: when it may sign.
    signs: Option<Timestamp>,
    signed_until: Option<Timestamp>,
    published_until: Option<Timestamp>,
}

/// The keys of the tenant, those that matter most first.
async fn keys(visit: &Visit) -> Result<Vec<Key>, Fault> {
    let answer = visit.get("/keys/signing").await?;
    let all = answer.as_array().cloned().unwrap_or_default();
    Ok(all.iter().map(|item| key(visit, item)).collect())
}

fn key(visit: &Visit, item: &Value) -> Key {
    let states = [
        ("next", "Next", ""),
        ("current", "Signs", "good"),
        ("previous", "Previous", ""),
        ("revoked", "Revoked", "bad"),
    ];
    let found = states.into_iter().find(|(name, ..)| item[*name] == true);
    let (state, label, tone) = found.unwrap_or(("previous", "Previous", ""));
    let time = |name: &str| Timestamp::parse_iso8601(&text(item, name)).ok();
    let times = Times {
        published: time("published_since"),
        signs: time("current_since").or_else(|| time("signs_from")),
        signed_until: time("current_until"),
        published_until: time("published_until").or_else(|| time("revoked_at")),
    };
    let kid = text(item, "kid");
    Key {
        facts: facts(state, times, visit.app.config.security.key_rotation),
        fingerprint: text(item, "fingerprint"),
        certificate: text(item, "cert"),
        revoke: href(&at("/keys/{}/revoke", &[&kid])),
        alg: text(item, "alg"),
        state,
        label,
        tone,
        times,
        kid,
    }
}

/// What the dates of a key mean. `period` is how old a signing key becomes.
fn facts(state: &str, times: Times, period: Option<Seconds>) -> Vec<Fact> {
    let retired = match (state, period, times.signs) {
        ("current", Some(period), Some(since)) => Some(since + period),
        _ => None,
    };
    let facts = [
        ("Published since", times.published),
        (
            if state == "next" {
                "May sign from"
            } else {
                "Signs since"
            },
            times.signs,
        ),
        ("Will be replaced by itself on", retired),
        ("Signed until", times.signed_until),
        (
            if state == "revoked" {
                "Revoked"
            } else {
                "Leaves the key set on"
            },
            times.published_until,
        ),
    ];
    let fact = |(name, time): (&'static str, Option<Timestamp>)| {
        let at = time?.iso8601();
        Some(Fact {
            name,
            when: when(&at),
            at,
        })
    };
    facts.into_iter().filter_map(fact).collect()
}

async fn list(visit: Visit) -> Result<Response, Fault> {
    let mut rings: BTreeMap<(bool, String), Vec<Key>> = BTreeMap::new();
    let keys = keys(&visit).await?;
    let not_before = too_early(&keys, visit.now).map(|at| when(&at.iso8601()));
    for key in keys {
        // RS256 is what tools take for the key of the tenant.
        let order = (key.alg != "RS256", key.alg.clone());
        rings.entry(order).or_default().push(key);
    }
    let period = visit.app.config.security.key_rotation;
    let rings = rings.into_iter().map(|((_, alg), keys)| Ring {
        svg: draw::timeline(&alg, &keys, visit.now),
        alg,
        keys,
    });
    let view = View {
        rings: rings.collect(),
        key_set: visit.tenant.issuer.join(".well-known/jwks.json"),
        days: period.map_or(0, |period| period.0 / Seconds::days(1).0),
        not_before,
        now: when(&visit.now.iso8601()),
    };
    Ok(visit.page("keys", "Signing keys").show(&view))
}

/// From when on the keys can be rotated, if that is not now: RS256 decides, as the operation has
/// it.
fn too_early(keys: &[Key], now: Timestamp) -> Option<Timestamp> {
    let next = keys
        .iter()
        .find(|key| key.alg == "RS256" && key.state == "next");
    next?.times.signs.filter(|at| *at > now)
}

/// The first letters of a key's id: enough to tell it from its neighbours.
fn short(kid: &str) -> String {
    match kid.char_indices().nth(8) {
        Some((end, _)) => format!("{}…", &kid[..end]),
        None => kid.to_owned(),
    }
}
