//! The refusal of an audience that no API has: it lists what to do (ruling R7).

use crate::error::{OAuthError, Refusal};

/// Refuses an audience that no API of the tenant has. `known` are the tenant's identifiers, as many
/// as the shell has at hand: they go to the tenant log, never to the caller.
#[must_use]
pub fn unknown_audience<'a>(
    asked: &str,
    known: impl IntoIterator<Item = &'a str>,
    machine: bool,
) -> OAuthError {
    let lead = if machine {
        "Service not enabled within domain"
    } else {
        "Service not found"
    };
    let shown: String = asked.chars().take(200).collect();
    let known: Vec<&str> = known.into_iter().collect();
    let near = known.iter().find(|k| simplified(k) == simplified(asked));
    let remedy = near.map_or_else(
        || "Register an API with exactly this identifier, or correct the audience.".to_owned(),
        |near| {
            format!(
                "Did you mean {near:?}? They differ in {}.",
                difference(asked, near)
            )
        },
    );
    let mut list: Vec<_> = known.iter().take(20).map(|k| format!("{k:?}")).collect();
    list.sort_unstable();
    OAuthError::access_denied(format!(
        "{lead}: {shown}. No API has exactly this identifier. Either register an API with it, or \
         send the identifier of a registered API as audience (compared byte for byte: case, \
         trailing slash and line breaks count), or leave audience out to get a token for /userinfo \
         only."
    ))
    .because(
        Refusal::new(
            "audience_unknown",
            "No API of the tenant has the audience that was asked for.",
        )
        .expected(list.join(", "))
        .actual(asked)
        .remedy(remedy),
    )
}

/// What is left when the usual slips are taken away.
fn simplified(identifier: &str) -> String {
    let lower = identifier.trim().to_lowercase();
    let bare = lower
        .strip_prefix("https://")
        .or_else(|| lower.strip_prefix("http://"))
        .unwrap_or(&lower);
    bare.trim_end_matches('/').to_owned()
}

fn difference(asked: &str, near: &str) -> &'static str {
    if asked.trim() != asked {
        "spaces or line breaks at the ends"
    } else if asked.trim_end_matches('/') == near.trim_end_matches('/') {
        "the trailing slash"
    } else if asked.eq_ignore_ascii_case(near) {
        "upper and lower case"
    } else {
        "scheme, case or trailing slash"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn oau_11_an_unknown_audience_says_what_to_do() {
        let known = ["https://api.test/", "urn:other"];
        let slips = [
            ("https://api.test", "the trailing slash"),
            ("https://api.test/\n", "spaces or line breaks at the ends"),
            ("https://API.test/", "upper and lower case"),
            ("http://api.test", "scheme, case or trailing slash"),
        ];
        for (asked, hint) in slips {
            let error = unknown_audience(asked, known, false);
            assert!(
                error.description.starts_with("Service not found: "),
                "{asked}"
            );
            assert!(
                !error.description.contains("urn:other"),
                "identifiers stay private"
            );
            let remedy = error.refusal.unwrap().remedy.unwrap();
            assert!(remedy.contains(hint), "{asked:?}: {remedy}");
        }
        let error = unknown_audience("https://nothing.test", known, true);
        assert!(
            error
                .description
                .starts_with("Service not enabled within domain: ")
        );
        let refusal = error.refusal.unwrap();
        assert!(refusal.remedy.unwrap().starts_with("Register an API"));
        assert_eq!(
            refusal.expected.unwrap(),
            r#""https://api.test/", "urn:other""#
        );
    }
}
