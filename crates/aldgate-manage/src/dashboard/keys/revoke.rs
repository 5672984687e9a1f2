//! Revoking a key that may be in other hands.

use axum::response::Response;
use http::Method;
use serde_json::json;

use super::{Key, keys, short};
use crate::dashboard::Visit;
use crate::dashboard::confirm::Confirm;
use crate::dashboard::fault::Fault;
use crate::dashboard::page::{Page, act, show};
use crate::dashboard::path::at;
use crate::dashboard::visit::href;

const PATH: &str = "/keys/{kid}/revoke";
const NEEDS: &str = "PUT /keys/signing/{kid}/revoke";

pub(super) fn pages() -> Vec<Page> {
    vec![
        show(PATH, "Revoke a signing key?", ask)
            .needs(NEEDS)
            .needs("GET /keys/signing"),
        act(PATH, "Revoke a signing key", revoke).needs(NEEDS),
    ]
}

async fn ask(visit: Visit) -> Result<Response, Fault> {
    let keys = keys(&visit).await?;
    let key = keys.iter().find(|key| key.kid == visit.segment("kid"));
    let key = key.filter(|key| key.state != "revoked");
    let key = key.ok_or(Fault::NotFound)?;
    let confirm = Confirm {
        action: key.revoke.clone(),
        question: format!("Revoke the {} key {}?", key.alg, key.kid),
        consequences: consequences(key, &keys),
        button: format!("Revoke {}", short(&key.kid)),
        back: href("/keys"),
        is_final: true,
        hidden: Vec::new(),
    };
    Ok(visit
        .page("confirm", "Revoke a signing key")
        .under("Signing keys", "/keys")
        .show(&confirm))
}

fn consequences(key: &Key, keys: &[Key]) -> Vec<String> {
    let leaves = "It leaves the key set at once, and this server refuses every token that it \
                  signed. APIs do so when they fetch the key set again."
        .to_owned();
    let next = keys
        .iter()
        .find(|other| other.alg == key.alg && other.state == "next");
    match key.state {
        "current" => {
            let steps_in = match next {
                Some(next) => format!(
                    "The next key, {}, signs at once, and another one is made.",
                    short(&next.kid)
                ),
                None => "A new key is made and signs at once.".to_owned(),
            };
            vec![
                leaves,
                steps_in,
                "All access tokens and ID tokens of now stop working: applications get new ones \
                 with their refresh tokens or by a silent login. This dashboard logs you in \
                 again, too."
                    .to_owned(),
                "If you only want a fresh key, rotate instead: nobody notices.".to_owned(),
            ]
        }
        "next" => vec![
            "It leaves the key set at once. It has signed nothing yet.".to_owned(),
            "Another next key is made; it may sign once every cache knows it.".to_owned(),
        ],
        _ => vec![
            leaves,
            "Those are tokens from before the last rotation: whoever still has one gets a new one \
             or logs in again."
                .to_owned(),
        ],
    }
}

async fn revoke(visit: Visit) -> Result<Response, Fault> {
    let path = at("/keys/signing/{}/revoke", &[visit.segment("kid")]);
    visit.send(Method::PUT, &path, &json!({})).await?;
    Ok(visit.go("/keys", "The key was revoked."))
}
