//! What the login pages say, in the tenant's own words: for one prompt and language at a time.

use std::sync::Arc;

use aldgate_app::page::custom_text::{keys, shown_prompts};
use aldgate_app::page::{Locale, Texts};
use axum::response::Response;
use http::{Method, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};

use super::preview::language;
use super::{Frame, frames, sheet};
use crate::dashboard::Visit;
use crate::dashboard::api::Refused;
use crate::dashboard::fault::Fault;
use crate::dashboard::fields::Fields;
use crate::dashboard::page::{Page, act, show};
use crate::dashboard::path::at;

const PATH: &str = "/branding/texts";

pub(super) fn pages() -> Vec<Page> {
    let read = "GET /prompts/{prompt}/custom-text/{language}";
    vec![
        show(PATH, "Texts of the login pages", texts).needs(read),
        act(PATH, "Change texts of the login pages", save).needs(read),
    ]
}

#[derive(Serialize)]
struct View {
    prompts: Vec<Choice>,
    languages: Vec<Choice>,
    prompt: &'static str,
    language: &'static str,
    language_name: &'static str,
    dir: &'static str,
    screens: Vec<Screen>,
    /// Which screen the preview shows.
    screen: String,
    /// What is wrong, if the texts were refused.
    problem: Option<String>,
    frames: [Frame; 2],
}

#[derive(Serialize)]
struct Choice {
    value: &'static str,
    label: String,
    chosen: bool,
}

#[derive(Serialize)]
struct Screen {
    name: &'static str,
    label: String,
    rows: Vec<Shown>,
}

#[derive(Serialize)]
struct Shown {
    field: String,
    id: String,
    label: String,
    /// What stands there without a text of the tenant's own.
    shipped: String,
    value: String,
}

/// A text that shows on a page of ours.
struct Row {
    screen: &'static str,
    /// Auth0's key.
    key: &'static str,
    /// Ours.
    own: &'static str,
}

impl Row {
    /// The name of its field.
    fn field(&self) -> String {
        format!("text.{}.{}", self.screen, self.key)
    }
}

/// The texts of a prompt, each once: several of Auth0's keys may mean the same text of ours.
fn rows(prompt: &str) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for (screen, key, own) in keys(prompt) {
        if !rows.iter().any(|row| row.own == own) {
            rows.push(Row { screen, key, own });
        }
    }
    rows
}

/// The prompt and the language that a query or form names, or the first ones.
pub(super) fn chosen(visit: &Visit, fields: &Fields) -> (&'static str, Locale) {
    let named = fields.get("prompt");
    let known = shown_prompts().into_iter().find(|prompt| *prompt == named);
    let language = language(visit, fields.get("language"));
    (known.unwrap_or("login"), language)
}

/// Where the texts are.
pub(super) fn operation(prompt: &str, language: Locale) -> String {
    at("/prompts/{}/custom-text/{}", &[prompt, language.tag()])
}

async fn texts(visit: Visit) -> Result<Response, Fault> {
    let (prompt, language) = chosen(&visit, &visit.query);
    let stored = visit.get(&operation(prompt, language)).await?;
    let value = |row: &Row| own(&stored, prompt, row);
    let view = view((prompt, language), &value, &visit.query);
    Ok(sheet(&visit, "branding_texts", PATH).show(&view))
}

/// The tenant's text, under whichever of Auth0's keys it stands; the last one counts.
fn own(stored: &Value, prompt: &str, row: &Row) -> String {
    let same = keys(prompt).filter(|(_, _, own)| *own == row.own);
    let found = same.filter_map(|(screen, key, _)| stored[screen][key].as_str());
    found.last().unwrap_or_default().to_owned()
}

fn view(
    (prompt, language): (&'static str, Locale),
    value: &dyn Fn(&Row) -> String,
    given: &Fields,
) -> View {
    let shipped = Texts::new(language, Arc::default());
    let mut screens: Vec<Screen> = Vec::new();
    for row in rows(prompt) {
        if screens
            .last()
            .is_none_or(|screen| screen.name != row.screen)
        {
            screens.push(Screen {
                name: row.screen,
                label: spoken(row.screen),
                rows: Vec::new(),
            });
        }
        let shown = Shown {
            field: row.field(),
            id: format!("text-{}-{}", row.screen, row.key),
            label: spoken(row.key),
            shipped: shipped.get(row.own).unwrap_or_default().to_owned(),
            value: value(&row),
        };
        if let Some(screen) = screens.last_mut() {
            screen.rows.push(shown);
        }
    }
    let prompts = shown_prompts().into_iter().map(|value| Choice {
        value,
        label: spoken(value),
        chosen: value == prompt,
    });
    let languages = Locale::ALL.into_iter().map(|locale| Choice {
        value: locale.tag(),
        label: locale.name().to_owned(),
        chosen: locale == language,
    });
    View {
        prompts: prompts.collect(),
        languages: languages.collect(),
        prompt,
        language: language.tag(),
        language_name: language.name(),
        dir: language.direction().as_str(),
        screen: given.get("screen").to_owned(),
        screens,
        problem: None,
        frames: frames(Some(given)),
    }
}

async fn save(visit: Visit) -> Result<Response, Fault> {
    let (prompt, language) = chosen(&visit, &visit.form);
    let sent = |row: &Row| visit.form.get(&row.field()).to_owned();
    let mut view = view((prompt, language), &sent, &visit.form);
    let sheet = sheet(&visit, "branding_texts", PATH);
    if visit.form.has("preview") {
        return Ok(sheet.show(&view));
    }
    let changes = "PUT /prompts/{prompt}/custom-text/{language}";
    if !visit.can(changes) {
        let scopes = visit.desk.rights.scopes(changes).unwrap_or_default();
        return Err(Fault::Missing(scopes.to_vec()));
    }
    match put(&visit, prompt, language).await {
        Ok(()) => {
            let back = at(
                &format!("{PATH}?prompt={{}}&language={{}}"),
                &[prompt, language.tag()],
            );
            Ok(visit.go(&back, "The texts were saved. The next page says them."))
        }
        Err(refused) if refused.status == StatusCode::BAD_REQUEST => {
            view.problem = Some(refused.cause);
            Ok(sheet.status(StatusCode::BAD_REQUEST).show(&view))
        }
        Err(refused) => Err(refused.into()),
    }
}

async fn put(visit: &Visit, prompt: &str, language: Locale) -> Result<(), Refused> {
    let operation = operation(prompt, language);
    let stored = visit.get(&operation).await?;
    let document = lay_over(stored, prompt, &visit.form);
    let sent = visit.send(Method::PUT, &operation, &document).await;
    sent.map(drop)
}

/// Lays the texts of the form over those that are stored: others, which have no field, stay.
pub(super) fn lay_over(mut document: Value, prompt: &str, form: &Fields) -> Value {
    for row in rows(prompt) {
        for (screen, key, _) in keys(prompt).filter(|(_, _, own)| *own == row.own) {
            let texts = document.get_mut(screen).and_then(Value::as_object_mut);
            if let Some(texts) = texts {
                texts.remove(key);
            }
        }
        let text = form.get(&row.field());
        if !text.is_empty() {
            document[row.screen][row.key] = json!(text);
        }
    }
    if let Some(screens) = document.as_object_mut() {
        screens.retain(|_, texts| texts.as_object().is_some_and(|texts| !texts.is_empty()));
    }
    document
}

/// What people call a prompt, screen or key: `forgotPasswordText` is `Forgot password text`.
fn spoken(name: &str) -> String {
    // Auth0 spells it so.
    if name == "reEnterpasswordPlaceholder" {
        return "Password again".to_owned();
    }
    let mut words = String::with_capacity(name.len() + 8);
    for letter in name.chars() {
        match letter {
            '-' | '_' => words.push(' '),
            letter if letter.is_ascii_uppercase() && !words.is_empty() => {
                words.push(' ');
                words.push(letter.to_ascii_lowercase());
            }
            letter if words.is_empty() => words.push(letter.to_ascii_uppercase()),
            letter => words.push(letter),
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_spoken_as_words() {
        for (name, expected) in [
            ("forgotPasswordText", "Forgot password text"),
            ("reset-password", "Reset password"),
            ("title", "Title"),
        ] {
            assert_eq!(spoken(name), expected);
        }
    }

    #[test]
    fn each_text_of_ours_is_asked_for_once_and_each_prompt_has_some() {
        for prompt in shown_prompts() {
            let rows = rows(prompt);
            assert!(!rows.is_empty(), "{prompt}");
            for row in &rows {
                let same = rows.iter().filter(|one| one.own == row.own);
                assert_eq!(same.count(), 1, "{}", row.own);
            }
        }
    }
}
