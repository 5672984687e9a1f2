//! What an action gets to see: Auth0's `event`, as plain data, without any secret of the request
//! (Auth0: Actions, event objects).

use serde_json::{Map, Value, json};

use crate::application::{Application, RotationType};
use crate::authorize::Request as AuthorizeRequest;
use crate::connection::Connection;
use crate::grant::Grant;
use crate::grant::refresh::RefreshToken;
use crate::scope::Scopes;
use crate::session::{AuthenticationMethod, Session};
use crate::tenant::Tenant;
use crate::time::Timestamp;
use crate::user::User;

/// Parameters that no action sees.
const SECRET: [&str; 13] = [
    "access_token",
    "actor_token",
    "assertion",
    "client_assertion",
    "client_secret",
    "code",
    "code_verifier",
    "csrf",
    "id_token_hint",
    "login_ticket",
    "password",
    "refresh_token",
    "subject_token",
];

/// The longest parameter that is shown, in bytes.
const PARAMETER_BYTES_MAX: usize = 8192;

/// The request that led here.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The caller's address.
    pub ip: String,
    /// The host of the tenant.
    pub hostname: String,
    /// The HTTP method.
    pub method: String,
    /// Parameters of the query.
    pub query: Map<String, Value>,
    /// Parameters of the body.
    pub body: Map<String, Value>,
    /// The first language that the caller wishes.
    pub language: Option<String>,
    /// `User-Agent`.
    pub user_agent: String,
}

/// What every event tells.
#[derive(Debug, Clone, Copy)]
pub struct Base<'a> {
    /// The tenant.
    pub tenant: &'a Tenant,
    /// The application; `None` where an administrator acts.
    pub application: Option<&'a Application>,
    /// The request.
    pub request: &'a Request,
}

/// What a login tells.
#[derive(Debug, Clone, Copy)]
pub struct Login<'a> {
    /// Who logs in.
    pub user: &'a User,
    /// How she proved it.
    pub methods: &'a [AuthenticationMethod],
    /// The names of her roles.
    pub roles: &'a [String],
    /// Where she comes from.
    pub connection: Option<&'a Connection>,
    /// The API that the access token is for.
    pub audience: Option<&'a str>,
    /// Her session, where there is one.
    pub session: Option<&'a Session>,
    /// The refresh token that is exchanged, with its grant.
    pub refresh_token: Option<(&'a RefreshToken, &'a Grant)>,
    /// What was asked for.
    pub transaction: Transaction<'a>,
}

/// What was asked for.
#[derive(Debug, Clone, Copy)]
pub struct Transaction<'a> {
    /// Auth0's name of the protocol: `oidc-basic-profile`, `oauth2-refresh-token` ….
    pub protocol: &'a str,
    /// The scopes.
    pub requested: &'a Scopes,
    /// The authorization request, where there was one.
    pub request: Option<&'a AuthorizeRequest>,
    /// Whether the user may be sent elsewhere.
    pub can_redirect: bool,
}

impl Base<'_> {
    /// The event of `post-login`.
    #[must_use]
    pub fn post_login(&self, login: &Login<'_>) -> Value {
        let mut event = self.members();
        let methods: Vec<Value> = login.methods.iter().map(method).collect();
        event.insert("authentication".into(), json!({"methods": methods}));
        event.insert("authorization".into(), json!({"roles": login.roles}));
        event.insert(
            "stats".into(),
            json!({"logins_count": login.user.logins_count}),
        );
        event.insert("user".into(), user(login.user));
        event.insert("transaction".into(), transaction(&login.transaction));
        let optional = [
            ("connection", login.connection.map(connection)),
            (
                "resource_server",
                login
                    .audience
                    .map(|identifier| json!({"identifier": identifier})),
            ),
            ("session", login.session.map(session)),
            (
                "refresh_token",
                login
                    .refresh_token
                    .map(|token| refresh_token(token, self.application)),
            ),
        ];
        for (name, value) in optional {
            if let Some(value) = value {
                event.insert(name.into(), value);
            }
        }
        Value::Object(event)
    }

    /// The event of `credentials-exchange`: the scopes are what is granted, those of the
    /// transaction what was asked for.
    #[must_use]
    pub fn credentials_exchange(
        &self,
        audience: &str,
        granted: &Scopes,
        requested: Option<&Scopes>,
    ) -> Value {
        let mut event = self.members();
        let token = json!({"customClaims": {}, "scope": granted});
        event.insert("accessToken".into(), token);
        event.insert("resource_server".into(), json!({"identifier": audience}));
        let requested = requested.cloned().unwrap_or_default();
        event.insert("transaction".into(), json!({"requested_scopes": requested}));
        Value::Object(event)
    }

    /// The event of both registration triggers. Before the user exists she has no id.
    #[must_use]
    pub fn registration(&self, new: &User, from: &Connection, exists: bool) -> Value {
        let mut event = self.members();
        let mut shown = user(new);
        if !exists && let Some(members) = shown.as_object_mut() {
            for name in ["user_id", "identities", "created_at", "updated_at"] {
                members.remove(name);
            }
        }
        event.insert("user".into(), shown);
        event.insert("connection".into(), connection(from));
        Value::Object(event)
    }

    /// The event of `post-change-password`.
    #[must_use]
    pub fn password_changed(&self, whose: &User, from: Option<&Connection>) -> Value {
        let mut event = self.members();
        event.insert("user".into(), user(whose));
        if let Some(from) = from {
            event.insert("connection".into(), connection(from));
        }
        Value::Object(event)
    }

    fn members(&self) -> Map<String, Value> {
        let mut event = Map::new();
        event.insert("tenant".into(), json!({"id": self.tenant.id}));
        event.insert("request".into(), request(self.request));
        event.insert("configuration".into(), json!({}));
        if let Some(application) = self.application {
            let client = json!({
                "client_id": application.id,
                "name": application.name,
                "metadata": application.client_metadata,
            });
            event.insert("client".into(), client);
        }
        event
    }
}

/// Parameters without what is secret or too long.
pub fn shown<'a>(params: impl IntoIterator<Item = (&'a str, &'a Value)>) -> Map<String, Value> {
    params
        .into_iter()
        .filter(|(name, value)| {
            let short = value
                .as_str()
                .is_none_or(|text| text.len() <= PARAMETER_BYTES_MAX);
            short && !SECRET.contains(name)
        })
        .map(|(name, value)| (name.to_owned(), value.clone()))
        .collect()
}

fn request(request: &Request) -> Value {
    json!({
        "ip": request.ip,
        "hostname": request.hostname,
        "method": request.method,
        "query": request.query,
        "body": request.body,
        "language": request.language,
        "user_agent": request.user_agent,
        // Nobody here knows where an address is; actions look into it without asking.
        "geoip": {},
    })
}

fn method(method: &AuthenticationMethod) -> Value {
    json!({"name": method.name, "timestamp": method.timestamp.iso8601()})
}

fn connection(connection: &Connection) -> Value {
    let metadata = connection.extra.get("metadata").cloned();
    json!({
        "id": connection.id,
        "name": connection.name,
        "strategy": connection.strategy,
        "metadata": metadata.filter(Value::is_object).unwrap_or_else(|| json!({})),
    })
}

fn session(session: &Session) -> Value {
    let clients: Vec<Value> = session
        .clients
        .iter()
        .map(|id| json!({"client_id": id}))
        .collect();
    let device = &session.device;
    json!({
        "id": session.id,
        "created_at": session.created_at.iso8601(),
        "updated_at": session.last_interacted_at.iso8601(),
        "authenticated_at": session.authenticated_at.iso8601(),
        "expires_at": session.expires_at.iso8601(),
        "idle_expires_at": session.idle_expires_at.iso8601(),
        "clients": clients,
        "device": {
            "initial_ip": device.initial_ip,
            "initial_user_agent": device.initial_user_agent,
            "last_ip": device.last_ip,
            "last_user_agent": device.last_user_agent,
        },
        "cookie": {"mode": if session.persistent { "persistent" } else { "non-persistent" }},
        "metadata": session.metadata,
    })
}

fn refresh_token(
    (token, grant): (&RefreshToken, &Grant),
    application: Option<&Application>,
) -> Value {
    let ends = |at: Timestamp| (at.micros() != i64::MAX).then(|| at.iso8601());
    let rotates =
        application.is_some_and(|app| app.refresh_token.rotation_type == RotationType::Rotating);
    json!({
        "id": grant.id,
        "client_id": grant.client_id,
        "created_at": grant.created_at.iso8601(),
        "expires_at": ends(token.expires_at),
        "idle_expires_at": ends(token.idle_expires_at),
        "rotating": rotates,
        "session_id": grant.session_id,
        "resource_servers": grant.audience.as_ref().map(|audience| {
            json!([{"audience": audience, "scopes": grant.scope.to_string()}])
        }).unwrap_or_else(|| json!([])),
        "metadata": grant.metadata,
    })
}

fn transaction(transaction: &Transaction<'_>) -> Value {
    let mut told = json!({
        "protocol": transaction.protocol,
        "requested_scopes": transaction.requested,
        "can_redirect": transaction.can_redirect,
        "metadata": {},
        "acr_values": [], "ui_locales": [], "prompt": [], "response_type": [],
    });
    let Some(request) = transaction.request else {
        return told;
    };
    let words = |text: &Option<String>| -> Vec<String> {
        let text = text.as_deref().unwrap_or_default();
        text.split(' ')
            .filter(|w| !w.is_empty())
            .map(str::to_owned)
            .collect()
    };
    told["acr_values"] = json!(words(&request.acr_values));
    told["ui_locales"] = json!(words(&request.ui_locales));
    told["prompt"] = json!(words(&request.prompt));
    told["response_type"] = json!(words(&request.response_type));
    for (name, value) in [
        ("locale", words(&request.ui_locales).into_iter().next()),
        ("login_hint", request.login_hint.clone()),
        ("redirect_uri", request.redirect_uri.clone()),
        ("response_mode", request.response_mode.clone()),
        ("state", request.state.clone()),
    ] {
        if let Some(value) = value {
            told[name] = value.into();
        }
    }
    told
}

fn user(user: &User) -> Value {
    let mut shown = user.to_wire(false);
    for name in ["blocked", "last_login", "last_ip", "logins_count"] {
        shown.remove(name);
    }
    for name in ["user_metadata", "app_metadata"] {
        shown.entry(name).or_insert_with(|| json!({}));
    }
    shown.insert("multifactor".into(), json!([]));
    shown.insert("enrolledFactors".into(), json!([]));
    Value::Object(shown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grant::testing::{grant, user};

    #[test]
    fn an_event_tells_of_the_login_and_of_no_secret() {
        let tenant = crate::grant::testing::tenant();
        let application = json!({"client_id": "app", "name": "App",
            "client_metadata": {"tier": "gold"}, "client_secret": "hush-hush"});
        let application: Application = serde_json::from_value(application).unwrap();
        let sent = json!({"password": "hush-hush", "username": "ann", "big": "x".repeat(9000)});
        let sent = sent.as_object().unwrap();
        let request = Request {
            body: shown(sent.iter().map(|(name, value)| (name.as_str(), value))),
            ..Request::default()
        };
        let base = Base {
            tenant: &tenant,
            application: Some(&application),
            request: &request,
        };
        let asked = AuthorizeRequest {
            prompt: Some("login consent".into()),
            state: Some("s".into()),
            ..AuthorizeRequest::default()
        };
        let (grant, user) = (grant(), user(false));
        let event = base.post_login(&Login {
            user: &user,
            methods: &grant.methods,
            roles: &["admin".into()],
            connection: None,
            audience: Some("https://api.test/"),
            session: None,
            refresh_token: None,
            transaction: Transaction {
                protocol: "oidc-basic-profile",
                requested: &grant.requested,
                request: Some(&asked),
                can_redirect: true,
            },
        });
        assert!(!event.to_string().contains("hush-hush"), "{event}");
        assert_eq!(event["request"]["body"], json!({"username": "ann"}));
        assert_eq!(event["client"]["metadata"]["tier"], "gold");
        assert_eq!(event["transaction"]["prompt"], json!(["login", "consent"]));
        assert_eq!(event["user"]["app_metadata"], json!({}));
        assert_eq!(event["user"].get("blocked"), None);
        assert_eq!(event["resource_server"]["identifier"], "https://api.test/");
        assert_eq!(event.get("session"), None);
    }
}
