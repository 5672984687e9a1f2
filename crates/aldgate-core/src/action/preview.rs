//! The tokens that an event would give: for trying an action out, without a login.

use serde_json::{Map, Value, json};

use super::{Customised, Ground, Trigger};
use crate::access::Access;
use crate::api::Api;
use crate::application::Application;
use crate::error::Refusal;
use crate::scope::Scopes;
use crate::time::{Seconds, Timestamp};
use crate::token::{Channel, OPAQUE_LIFETIME, Target, access_lifetime, standard_claims};
use crate::user::User;

/// How long tokens live in a preview, where the event does not know: Auth0's defaults.
const ID_TOKEN_LIFETIME: Seconds = Seconds::hours(10);

/// An event, read as what actions are judged by.
#[derive(Debug, Clone)]
pub struct Scene {
    trigger: Trigger,
    issuer: String,
    client_id: String,
    user: Option<User>,
    requested: Scopes,
    granted: Scopes,
    audience: Option<String>,
    can_redirect: bool,
    id_token_lifetime: Seconds,
    access_token_lifetime: Seconds,
    channel: Channel,
}

/// The claims of the tokens.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct Preview {
    /// The ID token's; `None`: there is none.
    pub id_token: Option<Map<String, Value>>,
    /// The access token's; `None`: there is none, or it is opaque.
    pub access_token: Option<Map<String, Value>>,
}

impl Scene {
    /// Reads an event of a trigger.
    ///
    /// # Errors
    /// Says which member has another shape than Auth0's events have.
    pub fn of(trigger: Trigger, event: &Value) -> Result<Self, Refusal> {
        let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str);
        let hostname = text("/request/hostname").unwrap_or("login.example.com");
        let requested = match event.pointer("/transaction/requested_scopes") {
            None | Some(Value::Null) if trigger == Trigger::PostLogin => {
                "openid profile email".into()
            }
            other => words(other),
        };
        let requested = scopes("transaction.requested_scopes", &requested)?;
        let granted = match event.pointer("/accessToken/scope") {
            None => requested.clone(),
            other => scopes("accessToken.scope", &words(other))?,
        };
        Ok(Self {
            trigger,
            issuer: format!("https://{hostname}/"),
            client_id: text("/client/client_id").unwrap_or("client").to_owned(),
            user: event.get("user").map(user).transpose()?,
            requested,
            granted,
            audience: text("/resource_server/identifier").map(str::to_owned),
            can_redirect: event.pointer("/transaction/can_redirect") != Some(&json!(false)),
            id_token_lifetime: ID_TOKEN_LIFETIME,
            access_token_lifetime: OPAQUE_LIFETIME,
            channel: match text("/transaction/protocol") {
                Some("oidc-implicit-profile") => Channel::Front,
                _ => Channel::Back,
            },
        })
    }

    /// The application that the event names.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// The API that the access token is for.
    #[must_use]
    pub fn audience(&self) -> Option<&str> {
        self.audience.as_deref()
    }

    /// Lets tokens live as long as the application and the API have it, where they are known.
    #[must_use]
    pub fn living(mut self, application: Option<&Application>, api: Option<&Api>) -> Self {
        if let Some(application) = application {
            self.id_token_lifetime = application.jwt_configuration.lifetime_in_seconds;
        }
        if api.is_some() {
            self.access_token_lifetime = access_lifetime(api, self.channel);
        }
        self
    }

    /// What commands are checked against.
    #[must_use]
    pub fn ground(&self) -> Ground<'_> {
        Ground {
            trigger: self.trigger,
            user: self.user.as_ref(),
            requested: &self.requested,
            audience: self.audience.as_deref(),
            own_api: false,
            can_redirect: self.can_redirect,
        }
    }

    /// The tokens with what actions changed. Only what an event tells is known: a nonce, a session
    /// or the lifetimes of an API are not in it.
    #[must_use]
    pub fn tokens(&self, custom: &Customised, now: Timestamp) -> Preview {
        match self.trigger {
            Trigger::PostLogin => Preview {
                id_token: self.id_token(custom, now),
                access_token: self.access_token(custom, now),
            },
            Trigger::CredentialsExchange => Preview {
                id_token: None,
                access_token: self.access_token(custom, now),
            },
            _ => Preview::default(),
        }
    }

    fn id_token(&self, custom: &Customised, now: Timestamp) -> Option<Map<String, Value>> {
        let user = self.user.as_ref()?;
        if !self.requested.contains("openid") {
            return None;
        }
        let mut claims = self.times(now, self.id_token_lifetime);
        claims.insert("sub".into(), json!(user.id));
        claims.insert("aud".into(), json!(self.client_id));
        claims.extend(standard_claims(
            user,
            &self.requested,
            Target::IdToken,
            None,
        ));
        claims.extend(custom.id_token.as_map().clone());
        Some(claims)
    }

    fn access_token(&self, custom: &Customised, now: Timestamp) -> Option<Map<String, Value>> {
        let audience = self.audience.as_ref()?;
        let mut access = Access {
            audience: Some(audience.clone()),
            scope: self.granted.clone(),
            permissions: None,
        };
        custom.adjust(&mut access, None);
        let mut claims = self.times(now, self.access_token_lifetime);
        let subject = match (&self.user, self.trigger) {
            (Some(user), Trigger::PostLogin) => user.id.to_string(),
            _ => format!("{}@clients", self.client_id),
        };
        claims.insert("sub".into(), json!(subject));
        claims.insert("aud".into(), json!(audience));
        claims.insert("azp".into(), json!(self.client_id));
        claims.insert("client_id".into(), json!(self.client_id));
        if !access.scope.is_empty() {
            claims.insert("scope".into(), json!(access.scope.to_string()));
        }
        if self.trigger == Trigger::CredentialsExchange {
            claims.insert("gty".into(), json!("client-credentials"));
        }
        claims.extend(custom.access_token.as_map().clone());
        Some(claims)
    }

    fn times(&self, now: Timestamp, lifetime: Seconds) -> Map<String, Value> {
        let mut claims = Map::new();
        claims.insert("iss".into(), json!(self.issuer));
        claims.insert("iat".into(), json!(now.seconds()));
        claims.insert("exp".into(), json!((now + lifetime).seconds()));
        claims
    }
}

/// The members of one token that differ: name, before, after.
pub type Difference = Vec<(String, Option<Value>, Option<Value>)>;

/// What differs between two previews of one token.
#[must_use]
pub fn difference(
    before: Option<&Map<String, Value>>,
    after: Option<&Map<String, Value>>,
) -> Difference {
    let empty = Map::new();
    let (before, after) = (before.unwrap_or(&empty), after.unwrap_or(&empty));
    let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
    names.sort();
    names.dedup();
    let differs = |name: &&String| before.get(*name) != after.get(*name);
    let pair = |name: &String| {
        (
            name.clone(),
            before.get(name).cloned(),
            after.get(name).cloned(),
        )
    };
    names.into_iter().filter(differs).map(pair).collect()
}

fn words(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(items)) => {
            let items: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
            items.join(" ")
        }
        _ => String::new(),
    }
}

fn scopes(member: &str, text: &str) -> Result<Scopes, Refusal> {
    Scopes::parse(text).map_err(|_| {
        Refusal::new("event", format!("event.{member} is no list of scopes"))
            .expected("a list such as [\"openid\"]")
            .actual(text)
    })
}

/// Members of a user whose values are times, in another form than the store has them.
const TIMES: [&str; 4] = [
    "created_at",
    "updated_at",
    "last_login",
    "last_password_reset",
];

fn user(shown: &Value) -> Result<User, Refusal> {
    let mut members = shown.as_object().cloned().unwrap_or_default();
    for name in TIMES {
        let time = members.remove(name);
        let time = time.as_ref().and_then(Value::as_str);
        if let Some(time) = time.and_then(|text| Timestamp::parse_iso8601(text).ok()) {
            members.insert(name.into(), json!(time.micros()));
        }
    }
    // Before a user exists she has no id; her identities decide nothing here.
    members.remove("identities");
    members
        .entry("user_id")
        .or_insert_with(|| json!("auth0|new"));
    serde_path_to_error::deserialize(Value::Object(members)).map_err(|error| {
        let cause = format!("event.user: {} at {}", error.inner(), error.path());
        Refusal::new("event", cause).expected("a user as in the events of Auth0")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::{Command, Verdict};

    const NOW: Timestamp = Timestamp::from_seconds(1_795_000_000);

    fn event() -> Value {
        json!({
            "user": {"user_id": "auth0|1", "email": "ada@example.com", "email_verified": true,
                "name": "Ada", "updated_at": "2026-11-24T06:31:18.123Z", "identities": [{"x": 1}]},
            "client": {"client_id": "shop"},
            "request": {"hostname": "login.test"},
            "resource_server": {"identifier": "https://api.test/"},
            "transaction": {"requested_scopes": ["openid", "email", "read:x"]},
        })
    }

    fn commands(list: &Value) -> Vec<Command> {
        serde_json::from_value(list.clone()).unwrap()
    }

    #[test]
    fn the_tokens_are_those_of_the_event_with_what_was_asked_for() {
        let scene = Scene::of(Trigger::PostLogin, &event()).unwrap();
        let asked = commands(&json!([
            {"kind": "set_claim", "token": "access", "name": "https://demo/email", "value": "a"},
            {"kind": "set_claim", "token": "id", "name": "https://demo/n", "value": 1},
            {"kind": "remove_scope", "scope": "read:x"},
        ]));
        let applied = Verdict::default().apply(&asked, &scene.ground()).unwrap();
        let plain = scene.tokens(&Customised::default(), NOW);
        let tokens = scene.tokens(&applied.verdict.tokens, NOW);
        let id = tokens.id_token.clone().unwrap();
        assert_eq!(id["email"], "ada@example.com");
        assert_eq!((id.get("name"), &id["aud"]), (None, &json!("shop")));
        let (before, after) = (plain.access_token.as_ref(), tokens.access_token.as_ref());
        let names: Vec<String> = difference(before, after)
            .into_iter()
            .map(|(name, ..)| name)
            .collect();
        assert_eq!(names, ["https://demo/email", "scope"]);
        assert_eq!(after.unwrap()["scope"], "openid email");
    }

    #[test]
    fn tokens_live_as_long_as_application_and_api_have_it() {
        let api: Api = serde_json::from_value(json!({
            "id": "0123456789abcdef01234567", "identifier": "https://api.test/",
            "token_lifetime": 900, "token_lifetime_for_web": 300,
        }))
        .unwrap();
        let life = |event: &Value| {
            let scene = Scene::of(Trigger::PostLogin, event).unwrap();
            let scene = scene.living(None, Some(&api));
            let claims = scene
                .tokens(&Customised::default(), NOW)
                .access_token
                .unwrap();
            claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap()
        };
        let mut event = event();
        assert_eq!(life(&event), 900);
        event["transaction"]["protocol"] = json!("oidc-implicit-profile");
        assert_eq!(life(&event), 300);
    }

    #[test]
    fn without_an_api_the_access_token_is_opaque_and_machines_have_no_id_token() {
        let mut event = event();
        event["resource_server"] = Value::Null;
        let scene = Scene::of(Trigger::PostLogin, &event).unwrap();
        assert_eq!(scene.tokens(&Customised::default(), NOW).access_token, None);
        let machine = json!({"client": {"client_id": "job"}, "accessToken": {"scope": ["read:x"]},
            "resource_server": {"identifier": "https://api.test/"}});
        let scene = Scene::of(Trigger::CredentialsExchange, &machine).unwrap();
        let tokens = scene.tokens(&Customised::default(), NOW);
        assert_eq!(tokens.id_token, None);
        let claims = tokens.access_token.unwrap();
        assert_eq!(
            (&claims["sub"], &claims["scope"]),
            (&json!("job@clients"), &json!("read:x"))
        );
        let odd = json!({"user": {"user_id": 5}});
        assert!(Scene::of(Trigger::PostLogin, &odd).is_err());
    }
}
