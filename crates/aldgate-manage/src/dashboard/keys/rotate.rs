//! Turning the rings: the next keys sign.

use axum::response::Response;
use http::Method;
use serde_json::json;

use super::{keys, short, too_early};
use crate::dashboard::Visit;
use crate::dashboard::confirm::Confirm;
use crate::dashboard::events::when;
use crate::dashboard::fault::Fault;
use crate::dashboard::page::{Page, act, show};
use crate::dashboard::visit::href;
use aldgate_core::key::{KEY_SET_MAX_AGE, LONGEST_TOKEN};
use aldgate_core::time::Seconds;

const PATH: &str = "/keys/rotate";
const NEEDS: &str = "POST /keys/signing/rotate";

pub(super) fn pages() -> Vec<Page> {
    vec![
        show(PATH, "Rotate the signing keys?", ask).needs(NEEDS),
        act(PATH, "Rotate the signing keys", rotate).needs(NEEDS),
    ]
}

async fn ask(visit: Visit) -> Result<Response, Fault> {
    let keys = keys(&visit).await?;
    if let Some(at) = too_early(&keys, visit.now) {
        let at = when(&at.iso8601());
        let said = format!(
            "Not yet: the next key may sign from {at} UTC on, once every cache of the key set \
             knows it."
        );
        return Ok(visit.go("/keys", &said));
    }
    let until = when(&(visit.now + LONGEST_TOKEN).iso8601());
    let mut consequences = Vec::new();
    for current in keys.iter().filter(|key| key.state == "current") {
        let next = keys
            .iter()
            .find(|key| key.alg == current.alg && key.state == "next");
        let ready = next.is_some_and(|key| key.times.signs.is_none_or(|at| at <= visit.now));
        consequences.push(match next {
            Some(next) if ready => format!(
                "{}: {} signs from now on in place of {}.",
                current.alg,
                short(&next.kid),
                short(&current.kid)
            ),
            _ => format!(
                "{}: nothing changes, since its next key is too young.",
                current.alg
            ),
        });
    }
    consequences.push(format!(
        "Tokens that were signed until now stay good: their keys stay in the key set until {until}."
    ));
    consequences.push(format!(
        "Nobody is logged out, and no API has to do anything: the keys that sign now have been in \
         the key set all along. Only an API that never fetches it again ({} minutes are usual) or \
         has a key built in refuses new tokens.",
        KEY_SET_MAX_AGE.0 / Seconds::minutes(1).0
    ));
    consequences.push("New next keys are made and published, for the next time.".to_owned());
    let confirm = Confirm {
        action: href(PATH),
        question: "Rotate the signing keys now?".to_owned(),
        consequences,
        button: "Rotate the keys".to_owned(),
        back: href("/keys"),
        is_final: true,
        hidden: Vec::new(),
    };
    Ok(visit
        .page("confirm", "Rotate the signing keys")
        .under("Signing keys", "/keys")
        .show(&confirm))
}

async fn rotate(visit: Visit) -> Result<Response, Fault> {
    visit
        .send(Method::POST, "/keys/signing/rotate", &json!({}))
        .await?;
    let said = "The keys were rotated. New tokens are signed with the new keys from now on.";
    Ok(visit.go("/keys", said))
}
