//! What a connection demands of a new password.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::guess::{Guess, fold, guess};
use super::refused::RefusedPassword;
use super::{NewPassword, Password};
use crate::connection::Connection;

/// What a connection demands of a new password. Length and guessability only: there are no rules
/// of composition and no expiry, whatever Auth0's `passwordPolicy` level says (ACC-08).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordPolicy {
    /// Fewest characters.
    pub min_length: u32,
    /// Words of the connection that must not be the password, folded.
    dictionary: BTreeSet<String>,
    /// So many former passwords may not come back; 0 for no history.
    pub history: usize,
}

/// Words that somebody who knows the person would try.
#[derive(Debug, Clone, Default)]
pub struct PersonalWords(Vec<String>);

/// A password that is the only factor (ACC-08, NIST SP 800-63B).
const LENGTH_DEFAULT: u32 = 15;
/// The least a tenant may ask for.
const LENGTH_FLOOR: u32 = 8;
/// The most a tenant may ask for; 64 must always be allowed.
const LENGTH_CEILING: u32 = 64;
const DICTIONARY_MAX: usize = 2000;
const HISTORY_MAX: usize = 24;
const WORDS_MAX: usize = 40;

impl PasswordPolicy {
    /// Reads the options of a database connection, in Auth0's names.
    ///
    /// The minimum is `password_complexity_options.min_length`; without it the level that
    /// `passwordPolicy` names (`excellent`: 10, any other: 8); without both 15, because the
    /// password is then the only factor and nobody decided otherwise. Never below 8 or above 64.
    #[must_use]
    pub fn of(connection: &Connection) -> Self {
        let options = &connection.options;
        let chosen = options
            .get("password_complexity_options")
            .and_then(|o| o.get("min_length"))
            .and_then(Value::as_u64)
            .map(|length| u32::try_from(length).unwrap_or(u32::MAX));
        let level = options.get("passwordPolicy").and_then(Value::as_str);
        let min_length = match (chosen, level) {
            (Some(length), _) => length,
            (None, Some("excellent")) => 10,
            (None, Some(_)) => 8,
            (None, None) => LENGTH_DEFAULT,
        };
        Self {
            min_length: min_length.clamp(LENGTH_FLOOR, LENGTH_CEILING),
            dictionary: dictionary(options),
            history: history(options),
        }
    }

    /// Accepts a password, or says why not.
    ///
    /// # Errors
    /// [`RefusedPassword`]: too short, too common, or the person's own data.
    pub fn accept(
        &self,
        password: Password,
        words: &PersonalWords,
    ) -> Result<NewPassword, RefusedPassword> {
        let length = password.text().chars().count();
        if length < usize::try_from(self.min_length).unwrap_or(usize::MAX) {
            let min = self.min_length;
            return Err(RefusedPassword::TooShort { min });
        }
        if self.dictionary.contains(&fold(password.text())) {
            return Err(RefusedPassword::TooCommon);
        }
        match guess(password.text(), &words.0) {
            Guess::Personal => Err(RefusedPassword::Personal),
            Guess::Common => Err(RefusedPassword::TooCommon),
            Guess::Hard => Ok(NewPassword(password)),
        }
    }
}

impl PersonalWords {
    /// Collects words from texts about the person: addresses, names, the tenant's name. A text
    /// counts as a whole and by its parts of four and more characters; limits keep it small.
    pub fn of<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut words = BTreeSet::new();
        for text in texts {
            let whole: String = fold(text).chars().take(100).collect();
            let parts = whole.split(|c: char| !c.is_alphanumeric());
            words.extend(parts.filter(|p| p.chars().count() >= 4).map(str::to_owned));
            if let Some((local, _)) = whole.split_once('@') {
                words.insert(local.to_owned());
            }
            words.insert(whole);
        }
        words.remove("");
        Self(words.into_iter().take(WORDS_MAX).collect())
    }
}

/// `password_dictionary: {enable, dictionary: […]}`.
fn dictionary(options: &Map<String, Value>) -> BTreeSet<String> {
    let Some(setting) = enabled(options, "password_dictionary") else {
        return BTreeSet::new();
    };
    let words = setting.get("dictionary").and_then(Value::as_array);
    let words = words.into_iter().flatten().filter_map(Value::as_str);
    words.take(DICTIONARY_MAX).map(fold).collect()
}

/// `password_history: {enable, size}`; Auth0's size is 5 unless given.
fn history(options: &Map<String, Value>) -> usize {
    let Some(setting) = enabled(options, "password_history") else {
        return 0;
    };
    let size = setting.get("size").and_then(Value::as_u64).unwrap_or(5);
    usize::try_from(size)
        .unwrap_or(HISTORY_MAX)
        .min(HISTORY_MAX)
}

fn enabled<'o>(options: &'o Map<String, Value>, name: &str) -> Option<&'o Value> {
    let setting = options.get(name)?;
    let on = setting.get("enable").and_then(Value::as_bool) == Some(true);
    on.then_some(setting)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(options: Value) -> PasswordPolicy {
        let connection = serde_json::json!({
            "id": "con_1", "name": "db", "strategy": "auth0", "options": options,
        });
        PasswordPolicy::of(&serde_json::from_value(connection).unwrap())
    }

    fn try_out(policy: &PasswordPolicy, text: &str) -> Result<(), RefusedPassword> {
        let words = PersonalWords::of(["ann.lovelace@example.com"]);
        policy
            .accept(Password::parse(text).unwrap(), &words)
            .map(drop)
    }

    #[test]
    fn acc_08_the_minimum_is_15_unless_the_connection_says_otherwise() {
        let cases = [
            (serde_json::json!({}), 15),
            (serde_json::json!({"passwordPolicy": "good"}), 8),
            (serde_json::json!({"passwordPolicy": "none"}), 8),
            (serde_json::json!({"passwordPolicy": "excellent"}), 10),
            (
                serde_json::json!({"password_complexity_options": {"min_length": 12}}),
                12,
            ),
            (
                serde_json::json!({"password_complexity_options": {"min_length": 1}}),
                8,
            ),
            (
                serde_json::json!({"password_complexity_options": {"min_length": 500}}),
                64,
            ),
            (
                serde_json::json!({"password_complexity_options": {"min_length": "9"}}),
                15,
            ),
        ];
        for (options, min) in cases {
            assert_eq!(policy(options.clone()).min_length, min, "{options}");
        }
    }

    #[test]
    fn acc_08_characters_count_not_bytes() {
        let policy = policy(serde_json::json!({}));
        let fourteen = "wheel-otter-93";
        assert_eq!(
            try_out(&policy, fourteen),
            Err(RefusedPassword::TooShort { min: 15 })
        );
        assert_eq!(try_out(&policy, "wheel-otter-93ж"), Ok(()));
        assert_eq!(try_out(&policy, " wheel-otter-93"), Ok(()));
        assert_eq!(try_out(&policy, &"wheel-otter-93/q".repeat(4)), Ok(()));
        assert_eq!(try_out(&policy, &"wheel-otter-93/q".repeat(32)), Ok(()));
    }

    #[test]
    fn acc_08_her_address_and_the_connections_words_are_refused() {
        let policy = policy(serde_json::json!({
            "passwordPolicy": "good",
            "password_dictionary": {"enable": true, "dictionary": ["Violet Orchard 7"]},
        }));
        let personal = Err(RefusedPassword::Personal);
        assert_eq!(try_out(&policy, "Ann.Lovelace@example.com"), personal);
        assert_eq!(try_out(&policy, "ann.lovelace"), personal);
        assert_eq!(
            try_out(&policy, "violet orchard 7"),
            Err(RefusedPassword::TooCommon)
        );
        assert_eq!(try_out(&policy, "violet orchard 7 gates"), Ok(()));
    }

    #[test]
    fn the_history_is_bounded() {
        let size = |value| policy(serde_json::json!({ "password_history": value })).history;
        assert_eq!(size(serde_json::json!({"enable": true})), 5);
        assert_eq!(size(serde_json::json!({"enable": true, "size": 1000})), 24);
        assert_eq!(size(serde_json::json!({"enable": false, "size": 3})), 0);
    }
}
