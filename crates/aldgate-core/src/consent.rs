//! Consent: what a user allowed an application, and when she has to be asked (ruling R13).

use serde::{Deserialize, Serialize};

use crate::api::Api;
use crate::application::Application;
use crate::id::{ClientId, UserId};
use crate::scope::Scopes;
use crate::time::Timestamp;

/// What a user allowed an application for one audience. Auth0 calls it a grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// Key; what `/api/v2/grants/{id}` takes.
    pub id: String,
    /// Who allowed it.
    pub user_id: UserId,
    /// Whom.
    pub client_id: ClientId,
    /// The API's identifier; `None`: user info only.
    pub audience: Option<String>,
    /// What.
    pub scope: Scopes,
    /// When first.
    pub created_at: Timestamp,
    /// When last.
    pub updated_at: Timestamp,
}

/// Facts for [`is_due`].
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// Who asks.
    pub application: &'a Application,
    /// For which API; `None`: user info only.
    pub api: Option<&'a Api>,
    /// For what: the scopes that would be granted.
    pub scope: &'a Scopes,
    /// `prompt=consent`.
    pub forced: bool,
    /// What she allowed earlier, for the same audience.
    pub remembered: Option<&'a Scopes>,
    /// What she allowed within this transaction.
    pub given: Option<&'a Scopes>,
}

/// Whether the user has to be asked.
///
/// First-party applications skip consent for user info, and for APIs that say so, whatever the
/// address they run at. Everybody else asks once for each new scope; `prompt=consent` always asks.
#[must_use]
pub fn is_due(ask: Ask<'_>) -> bool {
    if ask.given.is_some_and(|given| ask.scope.is_subset(given)) {
        return false;
    }
    if ask.forced {
        return true;
    }
    let remembered = ask
        .remembered
        .is_some_and(|known| ask.scope.is_subset(known));
    !is_skipped(ask.application, ask.api) && !remembered
}

/// Whether an application is not asked about for an API, whatever the user said earlier: only
/// `prompt=consent` asks then.
#[must_use]
pub fn is_skipped(application: &Application, api: Option<&Api>) -> bool {
    let agrees = |api: &Api| api.skip_consent_for_verifiable_first_party_clients;
    application.is_first_party && api.is_none_or(agrees)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn due(first_party: bool, skips: Option<bool>, forced: bool, known: &str, given: &str) -> bool {
        let app = json!({"client_id": "a", "name": "A", "is_first_party": first_party,
            "callbacks": ["http://localhost:3000/cb"]});
        let application: Application = serde_json::from_value(app).unwrap();
        let api = skips.map(|skips| -> Api {
            let json = json!({"id": "0123456789abcdef01234567", "identifier": "https://api.test/",
                "skip_consent_for_verifiable_first_party_clients": skips});
            serde_json::from_value(json).unwrap()
        });
        let read = |text: &str| (!text.is_empty()).then(|| Scopes::parse(text).unwrap());
        is_due(Ask {
            application: &application,
            api: api.as_ref(),
            scope: &Scopes::parse("openid read").unwrap(),
            forced,
            remembered: read(known).as_ref(),
            given: read(given).as_ref(),
        })
    }

    #[test]
    fn r13_who_is_asked() {
        // first party, API skips, prompt=consent, remembered, given just now: due
        let table = [
            (true, None, false, "", "", false),
            (true, Some(true), false, "", "", false),
            (true, Some(false), false, "", "", true),
            (true, Some(false), false, "openid read write", "", false),
            (true, Some(false), false, "openid", "", true),
            (true, Some(true), true, "openid read", "", true),
            (true, Some(true), true, "", "openid read", false),
            (false, None, false, "", "", true),
            (false, Some(true), false, "", "", true),
            (false, Some(true), false, "read openid", "", false),
            (false, Some(true), false, "", "openid", true),
            (false, None, true, "openid read", "", true),
        ];
        for (first_party, skips, forced, known, given, expected) in table {
            assert_eq!(
                due(first_party, skips, forced, known, given),
                expected,
                "first party {first_party}, skips {skips:?}, forced {forced}, {known:?}, {given:?}"
            );
        }
    }
}
