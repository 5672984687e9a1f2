//! How soon a guesser would try a password.

use unicode_normalization::UnicodeNormalization as _;
use zxcvbn::matching::patterns::MatchPattern;

/// What a guesser needs for a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Guess {
    /// The person's own data, with little added.
    Personal,
    /// A list of common passwords, words, keyboard walks, dates and repetitions.
    Common,
    /// More than [`GUESSES_MIN`] attempts.
    Hard,
}

/// Fewer estimated guesses than this, and a password is refused: 10^6 is what zxcvbn's authors
/// call "somewhat guessable", safe against guessing that is limited as ours (ACC-03).
const GUESSES_MIN: u64 = 1_000_000;

/// The estimate looks at so many characters; its work grows faster than the length.
const LOOKED_AT: usize = 72;

/// Estimates how soon `password` is guessed by somebody who knows `words` of the person.
pub(super) fn guess(password: &str, words: &[String]) -> Guess {
    let folded = fold(password);
    if words.contains(&folded) {
        return Guess::Personal;
    }
    let start: String = password.chars().take(LOOKED_AT).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let estimate = zxcvbn::zxcvbn(&start, &words);
    if estimate.guesses() >= GUESSES_MIN {
        return Guess::Hard;
    }
    let personal = estimate
        .sequence()
        .iter()
        .any(|found| match &found.pattern {
            MatchPattern::Dictionary(found) => words.contains(&found.matched_word.as_str()),
            _ => false,
        });
    if personal {
        Guess::Personal
    } else {
        Guess::Common
    }
}

/// The form in which a password is compared with words: compatible characters are one, case and
/// surrounding space do not count.
pub(super) fn fold(text: &str) -> String {
    let text: String = text.nfkc().collect();
    text.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| fold(word)).collect()
    }

    #[test]
    fn acc_08_lists_walks_dates_and_repetitions_are_common() {
        let common = [
            "password",
            "Password1",
            "P@ssw0rd",
            "iloveyou",
            "sunshine",
            "princess",
            "football",
            "qwertyuiop",
            "1qaz2wsx3edc",
            "abcdefghijklmnop",
            "123456789012345",
            "aaaaaaaaaaaaaaaaaaaa",
            "passwordpassword",
            "abcabcabcabcabcabc",
            "drowssap",
            "monkey123",
            "letmein1",
            "19701231",
            "trustno1",
        ];
        for password in common {
            assert_eq!(guess(password, &[]), Guess::Common, "{password}");
        }
    }

    #[test]
    fn acc_08_good_passwords_are_not_refused_for_a_word_inside() {
        let good = [
            "correct horse battery staple",
            "Tr0ub4dor&3x",
            "wheel-otter-93",
            "пароль и ещё слово",
            "password-of-my-old-aunt",
            "naïve café déjà",
        ];
        for password in good {
            assert_eq!(
                guess(password, &words(&["ann@example.com"])),
                Guess::Hard,
                "{password}"
            );
        }
    }

    #[test]
    fn acc_08_her_own_data_is_personal() {
        let words = words(&["Ann.Lovelace@example.com", "ann.lovelace", "Orchardville"]);
        for password in [
            "ann.lovelace@EXAMPLE.com",
            "Ann.Lovelace",
            "0rchardv1lle",
            "orchardville1",
        ] {
            assert_eq!(guess(password, &words), Guess::Personal, "{password}");
        }
    }

    #[test]
    fn rel_03_long_and_odd_passwords_are_estimated_at_all() {
        // Without the limit on what is looked at, some of these take minutes.
        let odd = [
            "@4(<6903!1|7$5%2".repeat(32),
            "a".repeat(512),
            "zxcvbnm,./".repeat(51),
        ];
        let guesses = odd.map(|password| guess(&password, &[]));
        assert_eq!(guesses, [Guess::Hard, Guess::Common, Guess::Hard]);
    }
}
