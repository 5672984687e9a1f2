//! `/attack-protection`: the brakes on guessing passwords, which the login path acts on, and
//! settings of what is not built, which are stored and returned.

mod shapes;

use aldgate_core::attack_protection::{
    BotDetection, BreachedPasswords, BruteForce, Captcha, SuspiciousIp,
};
use aldgate_core::error::Refusal;
use aldgate_core::members;
use aldgate_core::settings;
use serde_json::{Value, json};

use crate::document::Document;
use crate::op::schema::free;
use crate::op::{ApiError, Call, Operation, Reply, get, patch};

const BRUTE_FORCE: Document = Document {
    members: shapes::BRUTE_FORCE,
    check: |document| read::<BruteForce>(document)?.check(),
    ..of::<BruteForce>()
};
const SUSPICIOUS_IP: Document = Document {
    members: shapes::SUSPICIOUS_IP,
    check: |document| read::<SuspiciousIp>(document)?.check(),
    ..of::<SuspiciousIp>()
};
const BREACHED: Document = Document {
    members: shapes::BREACHED,
    ..of::<BreachedPasswords>()
};
const BOTS: Document = Document {
    members: shapes::BOTS,
    ..of::<BotDetection>()
};
const CAPTCHA: Document = Document {
    members: shapes::CAPTCHA,
    ..of::<Captcha>()
};

pub(crate) fn operations() -> Vec<Operation> {
    let mut all = Vec::new();
    for (path, document) in [
        ("/attack-protection/brute-force-protection", BRUTE_FORCE),
        ("/attack-protection/suspicious-ip-throttling", SUSPICIOUS_IP),
        ("/attack-protection/breached-password-detection", BREACHED),
        ("/attack-protection/bot-detection", BOTS),
    ] {
        all.push(reading(path, document));
        let change = patch(path, "Update attack protection", move |call| {
            document.change(call)
        });
        all.push(writing(change, document));
    }
    let captcha = "/attack-protection/captcha";
    all.push(reading(captcha, CAPTCHA));
    let change = patch(captcha, "Update attack protection", change_captcha);
    all.push(writing(change, CAPTCHA));
    all
}

fn reading(path: &'static str, document: Document) -> Operation {
    get(path, "Get attack protection", move |call| {
        document.read(call)
    })
    .scopes(&["read:attack_protection"])
    .answers(free())
}

fn writing(operation: Operation, document: Document) -> Operation {
    operation
        .scopes(&["update:attack_protection"])
        .body(document.body())
        .answers(free())
}

/// The document of a type that the house knows.
const fn of<T: settings::Document>() -> Document {
    Document {
        kind: T::KIND,
        id: "",
        members: &[],
        defaults: || json!(T::default()),
        check: |document| read::<T>(document).map(drop),
    }
}

fn read<T: settings::Document>(document: &Value) -> Result<T, Refusal> {
    serde_path_to_error::deserialize(document.clone()).map_err(|error| {
        let cause = format!("{} on property {}", error.inner(), error.path());
        Refusal::new("invalid_body", cause)
    })
}

/// Secrets of providers that are never called are not kept.
async fn change_captcha(call: Call) -> Result<Reply, ApiError> {
    let mut body = call.object()?;
    members::check(CAPTCHA.members, &[], &body)?;
    for provider in body.values_mut().filter_map(Value::as_object_mut) {
        for secret in ["secret", "api_key"] {
            provider.remove(secret);
        }
    }
    CAPTCHA.save(call, body).await
}
