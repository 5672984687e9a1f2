//! What an action asks for, in sentences.

use aldgate_core::action::{Claims, Command, MetadataField};
use serde_json::Value;

/// The longest value that a sentence tells, in characters.
const VALUE_MAX: usize = 200;

/// The commands of an answer as sentences.
pub(super) fn sentences(commands: &Value) -> Vec<String> {
    let all = commands.as_array().cloned().unwrap_or_default();
    all.into_iter()
        .map(|command| match serde_json::from_value(command.clone()) {
            Ok(command) => sentence(&command),
            Err(_) => short(&command),
        })
        .collect()
}

fn sentence(command: &Command) -> String {
    match command {
        Command::SetClaim { token, name, value } => {
            let token = match token {
                Claims::Id => "the ID token",
                Claims::Access => "the access token",
            };
            match value {
                Value::Null => format!("Takes {name} out of {token}."),
                value => format!("Sets {name} in {token} to {}.", short(value)),
            }
        }
        Command::AddScope { scope } => format!("Adds the scope {scope}."),
        Command::RemoveScope { scope } => format!("Takes the scope {scope} away."),
        Command::Deny { reason, .. } => format!("Refuses: “{reason}”."),
        Command::SetMetadata { field, key, value } => {
            let field = match field {
                MetadataField::UserMetadata => "user_metadata",
                MetadataField::AppMetadata => "app_metadata",
            };
            match value {
                Value::Null => format!("Takes {key} out of the user's {field}."),
                value => format!("Stores {key} in the user's {field}: {}.", short(value)),
            }
        }
        Command::Redirect { url, .. } => format!("Sends the user to {url} first."),
        Command::ValidationError { message, .. } => format!("Shows a page: “{message}”."),
        Command::CacheSet { key, .. } => format!("Keeps {key} in the cache."),
        Command::CacheDelete { key } => format!("Takes {key} out of the cache."),
        Command::SetPrimaryUser { user_id } => format!("The login goes on as {user_id}."),
        Command::RecordMethod { url } => format!("Notes {url} as a method of the login."),
        Command::RevokeSession { reason } => format!("Ends the session: “{reason}”."),
        Command::RevokeRefreshToken { reason } => {
            format!("Revokes the refresh token: “{reason}”.")
        }
    }
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(VALUE_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn commands_are_told_in_sentences_and_long_values_are_cut() {
        let told = sentences(&json!([
            {"kind": "set_claim", "token": "access", "name": "https://x/a", "value": "b"},
            {"kind": "remove_scope", "scope": "read:x"},
            {"kind": "set_claim", "token": "id", "name": "n", "value": "é".repeat(500)},
            {"kind": "unheard_of"},
        ]));
        assert_eq!(told[0], "Sets https://x/a in the access token to \"b\".");
        assert_eq!(told[1], "Takes the scope read:x away.");
        assert!(told[2].chars().count() < 250, "{}", told[2]);
        assert_eq!(told[3], r#"{"kind":"unheard_of"}"#);
    }
}
