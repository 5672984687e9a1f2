//! Linking accounts: two users become one, and one becomes two again.

use serde_json::{Map, Value, json};

use super::{Profile, User};
use crate::error::Refusal;
use crate::id::UserId;
use crate::time::Timestamp;

/// The most accounts of one user.
pub(crate) const IDENTITIES_MAX: usize = 50;

/// What the secondary account's user was called, kept with the identity so that it can be undone.
const KEPT: [&str; 10] = [
    "email",
    "email_verified",
    "username",
    "phone_number",
    "phone_verified",
    "name",
    "nickname",
    "given_name",
    "family_name",
    "picture",
];

/// `primary` with the accounts of `secondary`, who is a user no more. Her metadata is not merged,
/// as in Auth0.
///
/// # Errors
/// When both are the same, or there would be too many accounts.
pub fn link(primary: &User, secondary: &User, now: Timestamp) -> Result<User, Refusal> {
    if primary.id == secondary.id {
        let cause = "Main identity and the new one are the same";
        return Err(Refusal::new("invalid_body", cause));
    }
    if primary.identities.len() + secondary.identities.len() > IDENTITIES_MAX {
        let cause = "The user would have too many identities";
        return Err(
            Refusal::new("invalid_body", cause).expected(format!("at most {IDENTITIES_MAX}"))
        );
    }
    let mut linked = primary.clone();
    for (index, identity) in secondary.identities.iter().enumerate() {
        let mut identity = identity.clone();
        if index == 0 {
            identity.profile_data = Some(kept(secondary));
        }
        linked.identities.push(identity);
    }
    linked.updated_at = now;
    Ok(linked)
}

/// The user without an account, and the user that the account is again.
///
/// # Errors
/// When it is her main account, or none of hers.
pub fn unlink(
    user: &User,
    provider: &str,
    subject: &str,
    now: Timestamp,
) -> Result<(User, User), Refusal> {
    let wanted = |one: &super::Identity| one.provider == provider && one.user_id == subject;
    match user.identities.iter().position(wanted) {
        Some(0) => Err(
            Refusal::new("main_identity", "Main identity cannot be unlinked")
                .remedy("Unlink another one, or delete the user."),
        ),
        None => Err(
            Refusal::new("identity_unknown", "The user has no such identity")
                .expected("provider and user_id of one of her identities"),
        ),
        Some(index) => {
            let mut rest = user.clone();
            let mut identity = rest.identities.remove(index);
            let profile = identity.profile_data.take().unwrap_or_default();
            rest.updated_at = now;
            let id = UserId::parse(&format!("{provider}|{subject}"));
            let id = id.map_err(|error| Refusal::new("identity_unknown", error.to_string()))?;
            Ok((rest, restored(id, identity, profile, now)))
        }
    }
}

fn kept(user: &User) -> Map<String, Value> {
    let wire = user.to_wire(false);
    let kept = wire
        .into_iter()
        .filter(|(name, _)| KEPT.contains(&name.as_str()));
    kept.collect()
}

fn restored(
    id: UserId,
    identity: super::Identity,
    profile: Map<String, Value>,
    now: Timestamp,
) -> User {
    let text = |name: &str| profile.get(name).and_then(Value::as_str).map(str::to_owned);
    let flag = |name: &str| profile.get(name) == Some(&json!(true));
    User {
        id,
        email: text("email"),
        email_verified: flag("email_verified"),
        proved_elsewhere: false,
        username: text("username"),
        phone_number: text("phone_number"),
        phone_verified: flag("phone_verified"),
        profile: Profile {
            name: text("name"),
            nickname: text("nickname"),
            given_name: text("given_name"),
            family_name: text("family_name"),
            picture: text("picture"),
            ..Profile::default()
        },
        user_metadata: Map::new(),
        app_metadata: Map::new(),
        blocked: false,
        identities: vec![identity],
        created_at: now,
        updated_at: now,
        last_login: None,
        last_ip: None,
        logins_count: 0,
        last_password_reset: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(9);

    fn user(id: &str, email: &str) -> User {
        let (provider, subject) = id.split_once('|').unwrap();
        let json = json!({"user_id": id, "email": email, "email_verified": true, "name": email,
            "user_metadata": {"a": 1}, "identities": [{"connection": provider,
                "connection_id": "con_1", "provider": provider, "user_id": subject}]});
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn linking_is_undone_by_unlinking() {
        let (ann, other) = (user("auth0|1", "ann@x.org"), user("google|7", "a@g.org"));
        let linked = link(&ann, &other, NOW).unwrap();
        assert_eq!(linked.identities.len(), 2);
        assert_eq!(
            linked.identities[1].profile_data.as_ref().unwrap()["email"],
            "a@g.org"
        );
        let (rest, again) = unlink(&linked, "google", "7", NOW).unwrap();
        assert_eq!(rest.identities, ann.identities);
        assert_eq!(
            (&again.id, &again.email, again.email_verified),
            (&other.id, &other.email, true)
        );
        assert!(again.user_metadata.is_empty(), "metadata stays behind");
        assert!(again.identities[0].profile_data.is_none());
    }

    #[test]
    fn what_cannot_be_linked_or_unlinked() {
        let ann = user("auth0|1", "ann@x.org");
        assert!(link(&ann, &ann, NOW).is_err());
        assert!(unlink(&ann, "auth0", "1", NOW).is_err());
        assert!(unlink(&ann, "auth0", "2", NOW).is_err());
    }
}
