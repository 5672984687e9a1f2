//! The providers we know: one row each, with what the generic code has to know of it.
//!
//! Endpoints and quirks are those of the providers' own documentation. Every address can be
//! replaced in a connection's options, for self-hosted installations and for tests.

/// What a provider speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// OpenID Connect: the ID token says who logged in.
    OpenId,
    /// OAuth 2.0: an API of the provider says who logged in.
    OAuth2,
}

/// How we authenticate at a provider's token endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientAuth {
    /// `client_id` and `client_secret` in the form (`client_secret_post`).
    Post,
    /// HTTP Basic (`client_secret_basic`).
    Basic,
    /// Apple: the secret is a JWT that we sign for each request.
    AppleJwt,
}

/// Where a provider's endpoints come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// From the connection's options alone.
    Options,
    /// From the discovery document of `https://{domain}` in the options (Okta).
    Domain,
    /// From the discovery document of a Microsoft Entra tenant in the options.
    Entra,
    /// The same for everybody.
    Fixed(Fixed),
}

/// Endpoints that are the same for everybody. Empty text: there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fixed {
    /// `iss` of ID tokens.
    pub issuer: &'static str,
    /// Where the browser goes.
    pub authorization: &'static str,
    /// Where codes are redeemed.
    pub token: &'static str,
    /// Where the profile is.
    pub userinfo: &'static str,
    /// Where the keys are.
    pub jwks: &'static str,
    /// Where the browser goes to log out.
    pub end_session: &'static str,
}

/// One provider.
#[derive(Debug, PartialEq, Eq)]
pub struct Preset {
    /// The connection's `strategy`, and the provider part of user ids.
    pub strategy: &'static str,
    /// What buttons call it.
    pub label: &'static str,
    /// The asset with its mark, where we have one.
    pub icon: Option<&'static str>,
    /// What it speaks.
    pub protocol: Protocol,
    /// Where its endpoints are.
    pub place: Place,
    /// What is asked for always.
    pub scope: &'static [&'static str],
    /// What stands between scopes.
    pub scope_separator: &'static str,
    /// How we authenticate there, unless the options say otherwise.
    pub client_auth: ClientAuth,
    /// Whether PKCE is sent (RFC 7636). Off only where the provider fails with it.
    pub pkce: bool,
    /// `response_mode`, where another one than `query` is needed.
    pub response_mode: Option<&'static str>,
    /// Whether the profile endpoint is asked besides the ID token.
    pub asks_userinfo: bool,
    /// Whether `max_age` is understood.
    pub knows_max_age: bool,
    /// Where the members of our profile are in the provider's answer.
    pub fields: &'static [Field],
    /// Whether it is a social provider: anybody may have an account there.
    pub social: bool,
}

/// A member of our profile, and the JSON pointer of where it comes from.
pub type Field = (&'static str, &'static str);

impl Preset {
    /// Finds the provider of a strategy.
    #[must_use]
    pub fn of(strategy: &str) -> Option<&'static Self> {
        PRESETS.iter().find(|preset| preset.strategy == strategy)
    }

    /// The part of the user id after the provider (Auth0: `google-oauth2|1`, but
    /// `oidc|connection|1`): subjects of enterprise providers are unique in their connection only.
    #[must_use]
    pub fn subject(&self, connection: &str, subject: &str) -> String {
        if self.social {
            subject.to_owned()
        } else {
            format!("{connection}|{subject}")
        }
    }
}

/// The standard claims (OpenID Connect Core section 5.1).
pub const OPENID_FIELDS: &[Field] = &[
    ("sub", "/sub"),
    ("email", "/email"),
    ("email_verified", "/email_verified"),
    ("name", "/name"),
    ("given_name", "/given_name"),
    ("family_name", "/family_name"),
    ("middle_name", "/middle_name"),
    ("nickname", "/nickname"),
    ("preferred_username", "/preferred_username"),
    ("profile", "/profile"),
    ("picture", "/picture"),
    ("website", "/website"),
    ("gender", "/gender"),
    ("birthdate", "/birthdate"),
    ("zoneinfo", "/zoneinfo"),
    ("locale", "/locale"),
];

const GITHUB_FIELDS: &[Field] = &[
    ("sub", "/id"),
    ("email", "/email"),
    ("email_verified", "/email_verified"),
    ("name", "/name"),
    ("nickname", "/login"),
    ("picture", "/avatar_url"),
    ("profile", "/html_url"),
    ("website", "/blog"),
];

const FACEBOOK_FIELDS: &[Field] = &[
    ("sub", "/id"),
    ("email", "/email"),
    ("name", "/name"),
    ("given_name", "/first_name"),
    ("family_name", "/last_name"),
    ("picture", "/picture/data/url"),
];

const TWITTER_FIELDS: &[Field] = &[
    ("sub", "/data/id"),
    ("name", "/data/name"),
    ("nickname", "/data/username"),
    ("picture", "/data/profile_image_url"),
    ("website", "/data/url"),
];

const DISCORD_FIELDS: &[Field] = &[
    ("sub", "/id"),
    ("email", "/email"),
    ("email_verified", "/verified"),
    ("name", "/global_name"),
    ("nickname", "/username"),
    ("locale", "/locale"),
];

const ENTRA_FIELDS: &[Field] = &[
    ("sub", "/sub"),
    ("email", "/email"),
    ("email_verified", "/email_verified"),
    ("name", "/name"),
    ("given_name", "/given_name"),
    ("family_name", "/family_name"),
    ("preferred_username", "/preferred_username"),
    ("picture", "/picture"),
];

const OPENID_SCOPE: &[&str] = &["openid", "profile", "email"];

/// What most OpenID providers have in common.
const OPENID: Preset = Preset {
    strategy: "oidc",
    label: "OpenID Connect",
    icon: None,
    protocol: Protocol::OpenId,
    place: Place::Options,
    scope: OPENID_SCOPE,
    scope_separator: " ",
    client_auth: ClientAuth::Post,
    pkce: true,
    response_mode: None,
    asks_userinfo: true,
    knows_max_age: true,
    fields: OPENID_FIELDS,
    social: false,
};

/// What most social providers have in common.
const SOCIAL: Preset = Preset {
    asks_userinfo: false,
    knows_max_age: false,
    social: true,
    ..OPENID
};

const NONE: Fixed = Fixed {
    issuer: "",
    authorization: "",
    token: "",
    userinfo: "",
    jwks: "",
    end_session: "",
};

/// Every provider, by strategy.
pub const PRESETS: &[Preset] = &[
    Preset {
        strategy: "apple",
        label: "Apple",
        place: Place::Fixed(Fixed {
            issuer: "https://appleid.apple.com",
            authorization: "https://appleid.apple.com/auth/authorize",
            token: "https://appleid.apple.com/auth/token",
            jwks: "https://appleid.apple.com/auth/keys",
            ..NONE
        }),
        scope: &["openid", "name", "email"],
        client_auth: ClientAuth::AppleJwt,
        pkce: false,
        // Apple sends name and e-mail address only so.
        response_mode: Some("form_post"),
        ..SOCIAL
    },
    Preset {
        strategy: "discord",
        label: "Discord",
        protocol: Protocol::OAuth2,
        place: Place::Fixed(Fixed {
            authorization: "https://discord.com/oauth2/authorize",
            token: "https://discord.com/api/oauth2/token",
            userinfo: "https://discord.com/api/users/@me",
            ..NONE
        }),
        scope: &["identify", "email"],
        fields: DISCORD_FIELDS,
        ..SOCIAL
    },
    Preset {
        strategy: "facebook",
        label: "Facebook",
        protocol: Protocol::OAuth2,
        place: Place::Fixed(Fixed {
            authorization: "https://www.facebook.com/v23.0/dialog/oauth",
            token: "https://graph.facebook.com/v23.0/oauth/access_token",
            userinfo: "https://graph.facebook.com/v23.0/me?fields=id,name,first_name,last_name,email,picture",
            ..NONE
        }),
        scope: &["public_profile", "email"],
        scope_separator: ",",
        fields: FACEBOOK_FIELDS,
        ..SOCIAL
    },
    Preset {
        strategy: "github",
        label: "GitHub",
        protocol: Protocol::OAuth2,
        place: Place::Fixed(Fixed {
            authorization: "https://github.com/login/oauth/authorize",
            token: "https://github.com/login/oauth/access_token",
            userinfo: "https://api.github.com/user",
            ..NONE
        }),
        scope: &["read:user", "user:email"],
        fields: GITHUB_FIELDS,
        ..SOCIAL
    },
    Preset {
        strategy: "gitlab",
        label: "GitLab",
        place: Place::Fixed(Fixed {
            issuer: "https://gitlab.com",
            authorization: "https://gitlab.com/oauth/authorize",
            token: "https://gitlab.com/oauth/token",
            userinfo: "https://gitlab.com/oauth/userinfo",
            jwks: "https://gitlab.com/oauth/discovery/keys",
            ..NONE
        }),
        asks_userinfo: true,
        ..SOCIAL
    },
    Preset {
        strategy: "google-oauth2",
        label: "Google",
        icon: Some("google.svg"),
        place: Place::Fixed(Fixed {
            issuer: "https://accounts.google.com",
            authorization: "https://accounts.google.com/o/oauth2/v2/auth",
            token: "https://oauth2.googleapis.com/token",
            userinfo: "https://openidconnect.googleapis.com/v1/userinfo",
            jwks: "https://www.googleapis.com/oauth2/v3/certs",
            ..NONE
        }),
        ..SOCIAL
    },
    Preset {
        strategy: "linkedin",
        label: "LinkedIn",
        // Its ID tokens have no nonce, so they prove nothing about this login: the profile
        // endpoint says who it is.
        protocol: Protocol::OAuth2,
        place: Place::Fixed(Fixed {
            authorization: "https://www.linkedin.com/oauth/v2/authorization",
            token: "https://www.linkedin.com/oauth/v2/accessToken",
            userinfo: "https://api.linkedin.com/v2/userinfo",
            ..NONE
        }),
        pkce: false,
        ..SOCIAL
    },
    OPENID,
    Preset {
        strategy: "okta",
        label: "Okta",
        place: Place::Domain,
        ..OPENID
    },
    Preset {
        strategy: "slack",
        label: "Slack",
        place: Place::Fixed(Fixed {
            issuer: "https://slack.com",
            authorization: "https://slack.com/openid/connect/authorize",
            token: "https://slack.com/api/openid.connect.token",
            userinfo: "https://slack.com/api/openid.connect.userInfo",
            jwks: "https://slack.com/openid/connect/keys",
            ..NONE
        }),
        pkce: false,
        ..SOCIAL
    },
    Preset {
        strategy: "twitter",
        label: "X",
        protocol: Protocol::OAuth2,
        place: Place::Fixed(Fixed {
            authorization: "https://x.com/i/oauth2/authorize",
            token: "https://api.x.com/2/oauth2/token",
            userinfo: "https://api.x.com/2/users/me?user.fields=profile_image_url,url",
            ..NONE
        }),
        scope: &["users.read", "tweet.read"],
        client_auth: ClientAuth::Basic,
        fields: TWITTER_FIELDS,
        ..SOCIAL
    },
    Preset {
        strategy: "waad",
        label: "Microsoft Entra ID",
        icon: Some("microsoft.svg"),
        place: Place::Entra,
        asks_userinfo: false,
        fields: ENTRA_FIELDS,
        ..OPENID
    },
    Preset {
        strategy: "windowslive",
        label: "Microsoft",
        icon: Some("microsoft.svg"),
        place: Place::Fixed(Fixed {
            // The tenant of all personal accounts.
            issuer: "https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0",
            authorization: "https://login.microsoftonline.com/consumers/oauth2/v2.0/authorize",
            token: "https://login.microsoftonline.com/consumers/oauth2/v2.0/token",
            jwks: "https://login.microsoftonline.com/consumers/discovery/v2.0/keys",
            end_session: "https://login.microsoftonline.com/consumers/oauth2/v2.0/logout",
            ..NONE
        }),
        fields: ENTRA_FIELDS,
        ..SOCIAL
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use url::Url;

    #[test]
    fn fed_02_every_row_can_work() {
        for preset in PRESETS {
            assert_eq!(Preset::of(preset.strategy), Some(preset));
            assert!(preset.fields.iter().any(|(name, _)| *name == "sub"));
            let Place::Fixed(fixed) = preset.place else {
                continue;
            };
            let mut needed = vec![fixed.authorization, fixed.token];
            match preset.protocol {
                Protocol::OpenId => {
                    needed.extend([fixed.issuer, fixed.jwks]);
                    assert!(preset.scope.contains(&"openid"), "{}", preset.strategy);
                }
                Protocol::OAuth2 => needed.push(fixed.userinfo),
            }
            for address in needed {
                let url = Url::parse(address).unwrap();
                assert_eq!(url.scheme(), "https", "{}", preset.strategy);
            }
        }
        assert_eq!(Preset::of("auth0"), None);
    }

    #[test]
    fn user_ids_have_auth0s_forms() {
        let id = |strategy: &str| Preset::of(strategy).unwrap().subject("corp", "7");
        assert_eq!(id("google-oauth2"), "7");
        assert_eq!(id("github"), "7");
        assert_eq!(id("oidc"), "corp|7");
        assert_eq!(id("waad"), "corp|7");
    }
}
