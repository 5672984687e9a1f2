//! Whose account it is that a provider vouches for (FED-01).
//!
//! Accounts are found by connection and the provider's id, never by an e-mail address. A first
//! login makes a user of its own, also when somebody else has the address already.

use serde_json::{Map, Value};

use super::preset::Preset;
use super::profile::Arrival;
use crate::connection::{Connection, DATABASE};
use crate::error::{ErrorCode, OAuthError, Refusal};
use crate::id::UserId;
use crate::time::Timestamp;
use crate::user::link::IDENTITIES_MAX;
use crate::user::{Identity, User};

/// When the profile at the provider is copied to the user (Auth0: `set_user_root_attributes`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Copying {
    EachLogin,
    FirstLogin,
    Never,
}

/// What is known when somebody arrives.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The provider.
    pub preset: &'a Preset,
    /// The connection, as it is now.
    pub connection: &'a Connection,
    /// Who the provider says it is.
    pub arrival: &'a Arrival,
    /// From where.
    pub ip: &'a str,
    /// Now.
    pub now: Timestamp,
}

/// The user who has the account already, one login later.
///
/// # Errors
/// When an administrator blocked her.
pub fn welcome_back(mut user: User, facts: Facts<'_>) -> Result<User, OAuthError> {
    if user.blocked {
        let refusal = Refusal::new("user_blocked", "An administrator blocked the user.")
            .actual(user.id.as_str())
            .remedy("Unblock the user.");
        return Err(OAuthError::new(ErrorCode::Unauthorized, "user is blocked").because(refusal));
    }
    let (id, subject) = (&facts.connection.id, &facts.arrival.subject);
    let place = user
        .identities
        .iter()
        .position(|one| one.connection_id == *id && one.user_id == *subject);
    match place {
        Some(0) if copying(facts.connection) == Copying::EachLogin => {
            copy(&mut user, facts.arrival);
        }
        Some(index) if index > 0 => {
            user.identities[index].profile_data = Some(data(facts.arrival));
        }
        _ => {}
    }
    count(&mut user, facts);
    Ok(user)
}

/// The user of a first login.
///
/// # Errors
/// When the connection takes nobody new, or the id does not fit into ours.
pub fn welcome(facts: Facts<'_>) -> Result<User, OAuthError> {
    let Facts {
        connection,
        arrival,
        now,
        ..
    } = facts;
    if connection.disables_signup() {
        let cause = format!(
            "Nobody new can log in with the connection {}.",
            connection.name
        );
        let refusal = Refusal::new("federation_closed", cause)
            .expected("a user who exists already")
            .actual(&arrival.subject)
            .remedy("Make the user by the Management API, or set options.disable_signup to false.");
        return Err(OAuthError::access_denied("signup is disabled").because(refusal));
    }
    let strategy = &connection.strategy;
    let id = UserId::parse(&format!("{strategy}|{}", arrival.subject)).map_err(|error| {
        let refusal = Refusal::new("federation_subject", error.to_string());
        OAuthError::access_denied("The provider's id cannot be used").because(refusal)
    })?;
    let mut user = User {
        id,
        email: None,
        email_verified: false,
        proved_elsewhere: false,
        username: None,
        phone_number: None,
        phone_verified: false,
        profile: crate::user::Profile::default(),
        user_metadata: Map::new(),
        app_metadata: Map::new(),
        blocked: false,
        identities: vec![identity(facts.preset, connection, arrival)],
        created_at: now,
        updated_at: now,
        last_login: None,
        last_ip: None,
        logins_count: 0,
        last_password_reset: None,
    };
    if copying(connection) != Copying::Never {
        copy(&mut user, arrival);
    }
    count(&mut user, facts);
    Ok(user)
}

/// A user with one account more. She has proved both sides.
///
/// # Errors
/// When she is blocked, or has too many.
pub fn add(
    mut user: User,
    preset: &Preset,
    connection: &Connection,
    (arrival, now): (&Arrival, Timestamp),
) -> Result<User, Refusal> {
    if user.blocked {
        return Err(Refusal::new(
            "user_blocked",
            "An administrator blocked the user.",
        ));
    }
    if user.identities.len() >= IDENTITIES_MAX {
        let cause = "The user would have too many identities";
        return Err(Refusal::new("federation_link_many", cause)
            .expected(format!("at most {IDENTITIES_MAX}")));
    }
    user.identities.push(Identity {
        profile_data: Some(data(arrival)),
        ..identity(preset, connection, arrival)
    });
    user.updated_at = now;
    Ok(user)
}

/// The account at the provider as it is kept with a user.
#[must_use]
pub fn identity(preset: &Preset, connection: &Connection, arrival: &Arrival) -> Identity {
    Identity {
        connection: connection.name.clone(),
        connection_id: connection.id.clone(),
        provider: connection.strategy.clone(),
        user_id: arrival.subject.clone(),
        is_social: preset.social,
        profile_data: None,
    }
}

/// The provider's words as they are kept with an account that is not the main one.
#[must_use]
pub fn data(arrival: &Arrival) -> Map<String, Value> {
    let profile = serde_json::to_value(&arrival.profile).unwrap_or_default();
    let Value::Object(mut data) = profile else {
        return Map::new();
    };
    if let Some(email) = &arrival.email {
        data.insert("email".into(), email.clone().into());
        data.insert("email_verified".into(), arrival.email_verified.into());
    }
    data
}

/// Whether `primary` has the account that just logged in: then an action may say that she is the
/// user of this login (Auth0: `api.authentication.setPrimaryUser`).
///
/// # Errors
/// When she has not, or is blocked: nobody becomes somebody else by an action alone (FED-01).
pub fn may_become(primary: &User, logged_in: &[Identity]) -> Result<(), Refusal> {
    let has = |one: &Identity| {
        let same =
            |own: &Identity| own.connection_id == one.connection_id && own.user_id == one.user_id;
        primary.identities.iter().any(same)
    };
    if primary.blocked {
        return Err(Refusal::new("user_blocked", "The primary user is blocked."));
    }
    if logged_in.iter().any(has) {
        return Ok(());
    }
    let cause = "The primary user does not have the account that logged in.";
    Err(Refusal::new("primary_user_unlinked", cause)
        .actual(primary.id.as_str())
        .remedy("Link the accounts first: POST /api/v2/users/{id}/identities."))
}

fn copying(connection: &Connection) -> Copying {
    let option = connection.options.get("set_user_root_attributes");
    match option.and_then(Value::as_str) {
        Some("never_on_login") => Copying::Never,
        Some("on_first_login") => Copying::FirstLogin,
        _ => Copying::EachLogin,
    }
}

/// Members that the provider says something about are taken over; the others stay.
fn copy(user: &mut User, arrival: &Arrival) {
    // Where she has a password too, the address is what she logs in with: it stays hers to change.
    let names_her = user.identities.iter().any(|one| one.provider == DATABASE);
    if arrival.email.is_some() && !names_her {
        user.email.clone_from(&arrival.email);
        user.email_verified = arrival.email_verified;
    }
    let Ok(Value::Object(mut known)) = serde_json::to_value(&user.profile) else {
        return;
    };
    if let Ok(Value::Object(said)) = serde_json::to_value(&arrival.profile) {
        known.extend(said);
    }
    user.profile = serde_json::from_value(Value::Object(known)).unwrap_or_default();
}

fn count(user: &mut User, facts: Facts<'_>) {
    user.last_login = Some(facts.now);
    user.last_ip = Some(facts.ip.to_owned());
    user.logins_count += 1;
    user.updated_at = facts.now;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::federation::testing::connection;
    use serde_json::json;

    const NOW: Timestamp = Timestamp::from_seconds(9);

    fn arrival(subject: &str, email: &str, verified: bool) -> Arrival {
        Arrival {
            subject: subject.into(),
            email: Some(email.into()),
            email_verified: verified,
            profile: serde_json::from_value(json!({"name": email})).unwrap(),
        }
    }

    fn facts<'a>(connection: &'a Connection, arrival: &'a Arrival) -> Facts<'a> {
        Facts {
            preset: Preset::of(&connection.strategy).unwrap(),
            connection,
            arrival,
            ip: "192.0.2.1",
            now: NOW,
        }
    }

    #[test]
    fn a_first_login_makes_a_user_with_auth0s_id() {
        let google = connection("google-oauth2", json!({}));
        let ada = welcome(facts(&google, &arrival("7", "a@x.org", true))).unwrap();
        assert_eq!(ada.id.as_str(), "google-oauth2|7");
        assert!(ada.email_verified && ada.identities[0].is_social);
        assert_eq!((ada.logins_count, ada.last_login), (1, Some(NOW)));
        let oidc = connection(
            "oidc",
            json!({"set_user_root_attributes": "never_on_login"}),
        );
        let corp = welcome(facts(&oidc, &arrival("corp|7", "a@x.org", true))).unwrap();
        assert_eq!((corp.id.as_str(), corp.email), ("oidc|corp|7", None));
        let closed = connection("oidc", json!({"disable_signup": true}));
        let refused = welcome(facts(&closed, &arrival("corp|7", "a@x.org", true))).unwrap_err();
        assert_eq!(refused.code, ErrorCode::AccessDenied);
    }

    #[test]
    fn acc_06_a_later_login_brings_what_the_provider_says_now() {
        let google = connection("google-oauth2", json!({}));
        let ada = welcome(facts(&google, &arrival("7", "a@x.org", true))).unwrap();
        let moved = arrival("7", "new@x.org", false);
        let later = welcome_back(ada.clone(), facts(&google, &moved)).unwrap();
        assert_eq!(later.email.as_deref(), Some("new@x.org"));
        assert!(
            !later.email_verified,
            "another address is not verified by the old one"
        );
        assert_eq!(later.logins_count, 2);
        let first = connection(
            "google-oauth2",
            json!({"set_user_root_attributes": "on_first_login"}),
        );
        let same = welcome_back(ada.clone(), facts(&first, &moved)).unwrap();
        assert_eq!(same.email.as_deref(), Some("a@x.org"));
        let blocked = User {
            blocked: true,
            ..ada
        };
        assert!(welcome_back(blocked, facts(&google, &moved)).is_err());
    }

    #[test]
    fn acc_06_a_linked_account_never_changes_the_main_one() {
        let google = connection("google-oauth2", json!({}));
        let arrived = arrival("7", "other@x.org", true);
        let mut ada = welcome(facts(&google, &arrived)).unwrap();
        let mut main = ada.identities[0].clone();
        (main.connection_id, main.user_id) = ("con_2".parse().unwrap(), "1".into());
        ada.identities.insert(0, main);
        ada.email = Some("ada@x.org".into());
        let later = welcome_back(ada.clone(), facts(&google, &arrived)).unwrap();
        assert_eq!(later.email.as_deref(), Some("ada@x.org"));
        let kept = later.identities[1].profile_data.as_ref().unwrap();
        assert_eq!(kept["email"], "other@x.org");
        assert!(may_become(&ada, &later.identities[1..]).is_ok());
        let stranger = welcome(facts(&google, &arrival("8", "s@x.org", true))).unwrap();
        assert!(may_become(&ada, &stranger.identities).is_err());
    }
}
