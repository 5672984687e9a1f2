//! Which names a database's users have: `requires_username`, or Auth0's newer `attributes`
//! ("flexible identifiers").

use serde_json::{Map, Value};

use super::Connection;
use crate::error::Refusal;

/// A name that a user of a database can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Name {
    /// E-mail address.
    Email,
    /// Username.
    Username,
    /// Phone number.
    Phone,
}

/// What a connection says about one kind of name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attribute {
    /// Whether people can log in with it (Auth0: `identifier.active`).
    pub identifies: bool,
    /// Whether every user has to have it, however she is made (Auth0: `profile_required`).
    pub required: bool,
    /// What the form of who signs up does with it (Auth0: `signup.status`).
    pub at_sign_up: AtSignUp,
}

/// Whether who signs up is asked for a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AtSignUp {
    /// She has to give it.
    Required,
    /// She may.
    Optional,
    /// She is not asked, and cannot give it.
    Inactive,
}

impl Name {
    /// All of them, in the order in which what was typed is looked up.
    pub const ALL: [Self; 3] = [Self::Email, Self::Username, Self::Phone];

    /// Auth0's name, also of the field.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Username => "username",
            Self::Phone => "phone_number",
        }
    }
}

impl Attribute {
    const ALWAYS: Self = Self {
        identifies: true,
        required: true,
        at_sign_up: AtSignUp::Required,
    };
    /// The database knows no such name.
    pub const NEVER: Self = Self {
        identifies: false,
        required: false,
        at_sign_up: AtSignUp::Inactive,
    };
    /// The phone number of a database without `attributes`.
    const EXTRA: Self = Self {
        identifies: true,
        required: false,
        at_sign_up: AtSignUp::Optional,
    };
}

impl Connection {
    /// What a database says about one kind of name.
    #[must_use]
    pub fn attribute(&self, name: Name) -> Attribute {
        let Some(all) = self.options.get("attributes").and_then(Value::as_object) else {
            return match name {
                Name::Email => Attribute::ALWAYS,
                Name::Username if self.requires_username() => Attribute::ALWAYS,
                Name::Username => Attribute::NEVER,
                Name::Phone => Attribute::EXTRA,
            };
        };
        let Some(own) = all.get(name.as_str()) else {
            return Attribute::NEVER;
        };
        let at_sign_up = match own["signup"]["status"].as_str() {
            Some("required") => AtSignUp::Required,
            Some("inactive") => AtSignUp::Inactive,
            _ => AtSignUp::Optional,
        };
        Attribute {
            identifies: own["identifier"]["active"] == true,
            required: own["profile_required"] == true,
            at_sign_up,
        }
    }

    /// The shortest and the longest username (Auth0: 1 to 15, `validation.username` or
    /// `attributes.username.validation`).
    #[must_use]
    pub fn username_lengths(&self) -> (usize, usize) {
        let newer = self.options.get("attributes");
        let newer = newer.map(|all| &all["username"]["validation"]);
        let older = self.options.get("validation").map(|all| &all["username"]);
        let of = |rules: Option<&Value>, name: &str| rules.and_then(|one| one[name].as_u64());
        let limit = |newer_name, older_name, default: u64| {
            let value = of(newer, newer_name).or_else(|| of(older, older_name));
            usize::try_from(value.unwrap_or(default).clamp(1, 128)).unwrap_or(128)
        };
        (
            limit("min_length", "min", 1),
            limit("max_length", "max", 15),
        )
    }
}

/// Checks `attributes`: known names, and one at least that people can log in with.
///
/// # Errors
/// Says what does not fit.
pub(super) fn check(options: &Map<String, Value>) -> Result<(), Refusal> {
    let Some(all) = options.get("attributes").filter(|all| !all.is_null()) else {
        return Ok(());
    };
    let wrong = |cause: &'static str| Err(Refusal::new("invalid_body", cause));
    let Some(all) = all.as_object() else {
        return wrong("options.attributes must be an object");
    };
    if options.get("requires_username").is_some() || options.get("validation").is_some() {
        return wrong(
            "options.attributes cannot stand beside requires_username or validation, which it \
             replaces",
        );
    }
    let known = |name: &String| Name::ALL.iter().any(|known| known.as_str() == name);
    if !all.keys().all(known) {
        return wrong("options.attributes has members other than email, username, phone_number");
    }
    let status = |own: &Value| {
        let status = &own["signup"]["status"];
        status.is_null()
            || ["required", "optional", "inactive"]
                .iter()
                .any(|one| status == one)
    };
    if !all.values().all(status) {
        return wrong("signup.status must be required, optional or inactive");
    }
    let identifies = |own: &Value| own["identifier"]["active"] == true;
    if !all.values().any(identifies) {
        return wrong("options.attributes must have an identifier that is active");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn database(options: Value) -> Connection {
        let json = json!({"id": "con_1", "name": "u", "strategy": "auth0", "options": options});
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn a_database_without_attributes_goes_by_its_older_options() {
        let plain = database(json!({}));
        assert_eq!(plain.attribute(Name::Email), Attribute::ALWAYS);
        assert_eq!(plain.attribute(Name::Username), Attribute::NEVER);
        assert!(plain.attribute(Name::Phone).identifies);
        assert_eq!(plain.username_lengths(), (1, 15));
        let named = database(json!({"requires_username": true,
            "validation": {"username": {"min": 3, "max": 20}}}));
        assert_eq!(named.attribute(Name::Username), Attribute::ALWAYS);
        assert_eq!(named.username_lengths(), (3, 20));
    }

    #[test]
    fn attributes_say_what_identifies_and_what_is_asked() {
        let newer = database(json!({"attributes": {
            "username": {"identifier": {"active": true}, "profile_required": true,
                "signup": {"status": "required"}, "validation": {"min_length": 5}},
            "email": {"identifier": {"active": false}, "signup": {"status": "optional"}},
        }}));
        assert_eq!(newer.attribute(Name::Username), Attribute::ALWAYS);
        let email = newer.attribute(Name::Email);
        assert_eq!(
            (email.identifies, email.at_sign_up),
            (false, AtSignUp::Optional)
        );
        assert_eq!(newer.attribute(Name::Phone), Attribute::NEVER);
        assert_eq!(newer.username_lengths(), (5, 15));
    }

    #[test]
    fn attributes_that_let_nobody_log_in_are_refused() {
        for (options, good) in [
            (json!({}), true),
            (
                json!({"attributes": {"email": {"identifier": {"active": true}}}}),
                true,
            ),
            (json!({"attributes": {}}), false),
            (
                json!({"attributes": {"email": {"identifier": {"active": false}}}}),
                false,
            ),
            (
                json!({"attributes": {"pet": {"identifier": {"active": true}}}}),
                false,
            ),
            (
                json!({"attributes": {"email": {"identifier": {"active": true},
                    "signup": {"status": "maybe"}}}}),
                false,
            ),
            (
                json!({"attributes": {"email": {"identifier": {"active": true}}},
                    "requires_username": true}),
                false,
            ),
        ] {
            let own = options.as_object().unwrap();
            assert_eq!(check(own).is_ok(), good, "{options}");
        }
    }
}
