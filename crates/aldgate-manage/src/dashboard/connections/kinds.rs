//! The kinds of connection that people can log in with: what each is called and what its provider
//! has to be told.

use aldgate_core::federation::preset::Preset;
use serde::Serialize;
use serde_json::{Value, json};

use crate::dashboard::applications::text;

/// What kinds have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) enum Sort {
    Database,
    Social,
    Enterprise,
    Passwordless,
}

impl Sort {
    pub(super) const ALL: [Self; 4] = [
        Self::Database,
        Self::Social,
        Self::Enterprise,
        Self::Passwordless,
    ];

    /// The heading of the list.
    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Database => "Databases",
            Self::Social => "Social providers",
            Self::Enterprise => "Enterprise providers",
            Self::Passwordless => "Codes by mail and text message",
        }
    }
}

/// A kind of connection.
#[derive(Debug, Serialize)]
pub(super) struct Kind {
    pub(super) strategy: &'static str,
    pub(super) label: &'static str,
    pub(super) sort: Sort,
    pub(super) about: &'static str,
    /// The name that a new one begins with.
    pub(super) name: &'static str,
    /// Where the callback address is registered.
    pub(super) register: &'static str,
}

const fn social(
    strategy: &'static str,
    label: &'static str,
    about: &'static str,
    register: &'static str,
) -> Kind {
    Kind {
        strategy,
        label,
        sort: Sort::Social,
        about,
        name: strategy,
        register,
    }
}

const fn enterprise(
    strategy: &'static str,
    label: &'static str,
    about: &'static str,
    register: &'static str,
) -> Kind {
    Kind {
        sort: Sort::Enterprise,
        name: "",
        ..social(strategy, label, about, register)
    }
}

const fn own(
    strategy: &'static str,
    label: &'static str,
    sort: Sort,
    about: &'static str,
    name: &'static str,
) -> Kind {
    Kind {
        sort,
        name,
        ..social(strategy, label, about, "")
    }
}

/// Every kind, in the order in which they are offered.
pub(super) const KINDS: &[Kind] = &[
    own(
        "auth0",
        "Database",
        Sort::Database,
        "Accounts with a password, kept here.",
        "",
    ),
    social(
        "google-oauth2",
        "Google",
        "Google accounts, private and of organizations.",
        "Google Cloud console: APIs & Services, Credentials, OAuth client ID, Authorized redirect URIs",
    ),
    social(
        "apple",
        "Apple",
        "Sign in with Apple. Needs an issuer with https.",
        "Apple Developer: Identifiers, Services IDs, Sign in with Apple, Return URLs",
    ),
    social(
        "github",
        "GitHub",
        "Accounts of developers.",
        "GitHub: Settings, Developer settings, OAuth Apps, Authorization callback URL",
    ),
    social(
        "windowslive",
        "Microsoft accounts",
        "Private Microsoft accounts.",
        "Microsoft Entra admin center: App registrations, Authentication, Redirect URIs",
    ),
    social(
        "facebook",
        "Facebook",
        "Facebook accounts.",
        "Meta for Developers: your app, Facebook Login, Valid OAuth Redirect URIs",
    ),
    social(
        "linkedin",
        "LinkedIn",
        "LinkedIn accounts.",
        "LinkedIn Developers: your app, Auth, Authorized redirect URLs",
    ),
    social(
        "twitter",
        "X",
        "X accounts. X tells no e-mail address.",
        "X developer portal: your app, User authentication settings, Callback URI",
    ),
    social(
        "gitlab",
        "GitLab",
        "gitlab.com, or a GitLab of your own.",
        "GitLab: Preferences, Applications, Redirect URI",
    ),
    social(
        "discord",
        "Discord",
        "Discord accounts.",
        "Discord developer portal: your application, OAuth2, Redirects",
    ),
    social(
        "slack",
        "Slack",
        "Members of Slack workspaces.",
        "Slack API: your app, OAuth & Permissions, Redirect URLs",
    ),
    enterprise(
        "oidc",
        "OpenID Connect",
        "Any provider that publishes a discovery document.",
        "The provider's own console: the client's redirect URIs",
    ),
    enterprise(
        "waad",
        "Microsoft Entra ID",
        "People of an organization with Microsoft 365.",
        "Microsoft Entra admin center: App registrations, Authentication, Redirect URIs",
    ),
    enterprise(
        "okta",
        "Okta",
        "People of an organization with Okta.",
        "Okta admin console: Applications, your application, Sign-in redirect URIs",
    ),
    own(
        "email",
        "Code by mail",
        Sort::Passwordless,
        "No password: a code or a link comes by mail.",
        "email",
    ),
    own(
        "sms",
        "Code by text message",
        Sort::Passwordless,
        "No password: a code comes to the phone, through a web hook of yours.",
        "sms",
    ),
];

impl Kind {
    /// The kind of a strategy.
    pub(super) fn named(strategy: &str) -> Option<&'static Self> {
        KINDS.iter().find(|kind| kind.strategy == strategy)
    }

    /// The kind of a connection; `None`: people cannot log in with it here.
    pub(super) fn of(connection: &Value) -> Option<&'static Self> {
        Self::named(&text(connection, "strategy"))
    }

    /// Whether another provider vouches for its people.
    pub(super) fn is_federated(&self) -> bool {
        Preset::of(self.strategy).is_some()
    }

    /// A new connection of this kind, as its form begins.
    pub(super) fn blank(&self) -> Value {
        let options = match self.sort {
            Sort::Database => json!({"brute_force_protection": true}),
            Sort::Passwordless if self.strategy == "sms" => json!({
                "totp": {"length": 6, "time_step": 180}, "syntax": "liquid",
            }),
            Sort::Passwordless => json!({"totp": {"length": 6, "time_step": 180}}),
            Sort::Social | Sort::Enterprise => json!({}),
        };
        json!({"name": self.name, "strategy": self.strategy, "options": options})
    }

    /// A connection with what holds where its settings are silent: so that the form shows it.
    pub(super) fn with_defaults(&self, mut connection: Value) -> Value {
        if self.sort == Sort::Database {
            let length = match connection["options"]["passwordPolicy"].as_str() {
                None => 15,
                Some("excellent") => 10,
                Some(_) => 8,
            };
            let rules = &mut connection["options"]["password_complexity_options"];
            if rules["min_length"].is_null() {
                rules["min_length"] = json!(length);
            }
        }
        let mut fill = |name: &str, value: Value| {
            if connection["options"][name].is_null() {
                connection["options"][name] = value;
            }
        };
        if self.is_federated() {
            fill("set_user_root_attributes", json!("on_each_login"));
        }
        if self.sort == Sort::Passwordless {
            fill("brute_force_protection", json!(true));
        }
        if self.strategy == "sms" {
            fill("syntax", json!("liquid"));
        }
        if let Some(scope) = connection["options"]["scope"].as_str() {
            let words: Vec<&str> = scope
                .split([' ', ','])
                .filter(|word| !word.is_empty())
                .collect();
            connection["options"]["scope"] = json!(words);
        }
        if connection["show_as_button"].is_null() && self.sort == Sort::Social {
            connection["show_as_button"] = json!(true);
        }
        connection
    }
}

#[cfg(test)]
mod tests {
    use aldgate_core::federation::preset::PRESETS;

    use super::*;

    #[test]
    fn every_provider_that_is_spoken_to_can_be_made() {
        for preset in PRESETS {
            let kind = Kind::named(preset.strategy);
            let sort = if preset.social {
                Sort::Social
            } else {
                Sort::Enterprise
            };
            assert_eq!(
                kind.map(|kind| kind.sort),
                Some(sort),
                "{}",
                preset.strategy
            );
        }
        for kind in KINDS {
            assert_eq!(
                kind.is_federated(),
                !kind.register.is_empty(),
                "{}",
                kind.label
            );
        }
    }
}
