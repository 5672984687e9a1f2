//! `/prompts/{prompt}/custom-text/{language}`: a tenant's own texts. They show on the pages that
//! Aldgate has, in the languages that it speaks.

use std::collections::BTreeMap;

use aldgate_app::page::Locale;
use aldgate_app::page::custom_text::translate;
use aldgate_app::present::PAGE_TEXTS;
use aldgate_core::error::Refusal;
use aldgate_store::{StoreError, Tx};
use serde_json::{Map, Value, json};

use super::prompt;
use crate::op::schema::free;
use crate::op::{ApiError, Call, Operation, Reply, get, put};

const PATH: &str = "/prompts/{prompt}/custom-text/{language}";
const KIND: &str = "custom_text";
/// The most screens of a prompt, and keys of a screen.
const ENTRIES_MAX: usize = 200;
/// The longest text, in characters.
const TEXT_MAX: usize = 2000;

pub(super) fn operations() -> Vec<Operation> {
    let text = json!({"type": "string", "maxLength": TEXT_MAX});
    let screen = json!({
        "type": "object", "additionalProperties": text, "maxProperties": ENTRIES_MAX,
    });
    let body = json!({
        "type": "object", "additionalProperties": screen, "maxProperties": ENTRIES_MAX,
    });
    vec![
        get(PATH, "Get the custom texts of a prompt", read)
            .scopes(&["read:prompts"])
            .answers(free()),
        put(PATH, "Set the custom texts of a prompt", save)
            .scopes(&["update:prompts"])
            .body(body)
            .answers(free()),
    ]
}

async fn read(call: Call) -> Result<Reply, ApiError> {
    let id = key(language(&call)?, prompt(&call)?);
    let stored = call.app.settings(&call.tenant.id, KIND, &id).await?;
    let stored = stored.map_or_else(|| json!({}), |stored| Value::clone(&stored));
    Ok(Reply::ok(stored))
}

async fn save(call: Call) -> Result<Reply, ApiError> {
    let (tag, prompt) = (language(&call)?.to_owned(), prompt(&call)?);
    let body = call.object()?;
    check(&body)?;
    let (id, body) = (key(&tag, prompt), Value::Object(body));
    let (audit, now, shown) = (call.audit(), call.now, body.clone());
    let save = move |tx: &mut Tx<'_>| {
        let before: Option<Value> = tx.settings().load(KIND, &id)?;
        tx.settings().save(KIND, &id, &body, now)?;
        if let Some(locale) = Locale::find(&tag) {
            let texts = texts_of(tx, locale)?;
            tx.settings().save(PAGE_TEXTS, locale.tag(), &texts, now)?;
        }
        audit.record(tx, &before.unwrap_or_default(), &body)
    };
    call.app.store.write(&call.tenant.id, save).await?;
    Ok(Reply::ok(shown))
}

/// The texts of a page language: those of `de` also serve what was set for `de-AT`.
fn texts_of(tx: &mut Tx<'_>, locale: Locale) -> Result<Map<String, Value>, StoreError> {
    let all: Vec<(String, Value)> = tx.settings().all(KIND)?;
    let mut prompts = BTreeMap::new();
    for (id, screens) in &all {
        let Some((tag, prompt)) = id.split_once('/') else {
            continue;
        };
        if Locale::find(tag) == Some(locale) {
            let exact = tag == locale.tag();
            if exact || !prompts.contains_key(prompt) {
                prompts.insert(prompt, screens);
            }
        }
    }
    Ok(translate(prompts))
}

fn key(tag: &str, prompt: &str) -> String {
    format!("{tag}/{prompt}")
}

/// The language that the path names: a BCP 47 tag.
fn language(call: &Call) -> Result<&str, ApiError> {
    let tag = call.segment("language");
    let word = |part: &str| {
        (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    let primary = tag.split('-').next().unwrap_or_default();
    if (2..=3).contains(&primary.len()) && tag.len() <= 20 && tag.split('-').all(word) {
        return Ok(tag);
    }
    let cause = "Path validation error: 'No enum match' on property language.";
    let refusal = Refusal::new("language", cause)
        .expected("a language tag such as en or pt-BR")
        .actual(tag);
    Err(ApiError::bad_request("invalid_uri", refusal))
}

fn check(body: &Map<String, Value>) -> Result<(), ApiError> {
    let wrong = |problem: String| Err(ApiError::invalid_body(problem));
    if body.len() > ENTRIES_MAX {
        return wrong(format!("more than {ENTRIES_MAX} screens"));
    }
    for (screen, texts) in body {
        let Some(texts) = texts.as_object() else {
            return wrong(format!("Expected type object on property {screen}"));
        };
        if texts.len() > ENTRIES_MAX {
            return wrong(format!(
                "more than {ENTRIES_MAX} texts on property {screen}"
            ));
        }
        for (name, text) in texts {
            let fits = text
                .as_str()
                .is_some_and(|text| text.chars().count() <= TEXT_MAX);
            if !fits {
                return wrong(format!(
                    "Expected text of at most {TEXT_MAX} characters on property {screen}.{name}"
                ));
            }
        }
    }
    Ok(())
}
