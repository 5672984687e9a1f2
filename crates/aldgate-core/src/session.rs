//! A session: a browser's login at the tenant.

use serde::{Deserialize, Serialize};

use crate::id::{ClientId, SessionId, UserId};
use crate::random::Entropy;
use crate::tenant::TenantSettings;
use crate::time::{Seconds, Timestamp};

/// The most applications that one session remembers.
pub const CLIENTS_MAX: usize = 100;

/// How long after its last use a session's next use is written down.
const USE_COUNTS_AFTER: Seconds = Seconds::minutes(1);

/// A browser's login at the tenant. The cookie holds a secret whose hash is the look-up key; `id`
/// is the public `sid`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// `sid`.
    pub id: SessionId,
    /// Who is logged in.
    pub user_id: UserId,
    /// How and when she proved it, oldest first.
    pub methods: Vec<AuthenticationMethod>,
    /// `auth_time`: when she last actively proved it.
    pub authenticated_at: Timestamp,
    /// When the session began.
    pub created_at: Timestamp,
    /// When it was last used.
    pub last_interacted_at: Timestamp,
    /// When it ends if it is not used.
    pub idle_expires_at: Timestamp,
    /// When it ends in any case.
    pub expires_at: Timestamp,
    /// Applications that used it.
    #[serde(default)]
    pub clients: Vec<ClientId>,
    /// Whether the cookie survives closing the browser.
    #[serde(default)]
    pub persistent: bool,
    /// The browser at the start.
    #[serde(default)]
    pub device: Device,
    /// What the Management API keeps with it (Auth0: `session_metadata`).
    #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
    pub metadata: serde_json::Map<String, serde_json::Value>,
}

/// One proof of who the user is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthenticationMethod {
    /// `pwd`, `federated`, `email`, `mfa` …
    pub name: String,
    /// When.
    pub timestamp: Timestamp,
    /// The connection that vouched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<String>,
}

/// What is known of the browser.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Device {
    /// `User-Agent` at the start, cut to 500 characters.
    pub initial_user_agent: String,
    /// Address at the start.
    pub initial_ip: String,
    /// `User-Agent` at the last use.
    pub last_user_agent: String,
    /// Address at the last use.
    pub last_ip: String,
}

/// A login that just succeeded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// Who logged in.
    pub user_id: UserId,
    /// How, in the order proved; never empty.
    pub methods: Vec<AuthenticationMethod>,
    /// From where.
    pub device: Device,
}

/// How long sessions last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetimes {
    /// In any case.
    pub absolute: Seconds,
    /// Without use.
    pub idle: Seconds,
    /// Whether the cookie survives closing the browser.
    pub persistent: bool,
}

impl Lifetimes {
    /// What the tenant wants (Auth0: `session_lifetime`, `idle_session_lifetime`,
    /// `session_cookie.mode`).
    #[must_use]
    pub fn of(settings: &TenantSettings) -> Self {
        let mode = settings.extra.get("session_cookie");
        let persistent = mode.is_none_or(|cookie| cookie["mode"] != "non-persistent");
        // A session that ends with the browser may have lifetimes of its own.
        let ephemeral = |name: &str| {
            let own = settings.extra.get(name).filter(|_| !persistent);
            own.and_then(serde_json::Value::as_f64)
                .map(crate::tenant::hours)
        };
        Self {
            absolute: ephemeral("ephemeral_session_lifetime")
                .unwrap_or_else(|| settings.session_absolute()),
            idle: ephemeral("idle_ephemeral_session_lifetime")
                .unwrap_or_else(|| settings.session_idle()),
            persistent,
        }
    }
}

impl Session {
    /// Begins the session of a login. If the same user was logged in already, her session goes on
    /// under its name, so that logout reaches all of it; the cookie's value is new in any case, and
    /// the caller retires the old one (SES-01).
    #[must_use]
    pub fn begin(
        login: Login,
        previous: Option<Self>,
        lifetimes: Lifetimes,
        now: Timestamp,
        rng: &mut dyn Entropy,
    ) -> Self {
        let same = previous.filter(|session| session.user_id == login.user_id);
        let (id, created_at, clients) = match same {
            Some(session) => (session.id, session.created_at, session.clients),
            None => (SessionId::generate(rng), now, Vec::new()),
        };
        let expires_at = now + lifetimes.absolute;
        Self {
            id,
            user_id: login.user_id,
            methods: login.methods,
            authenticated_at: now,
            created_at,
            last_interacted_at: now,
            idle_expires_at: (now + lifetimes.idle).min(expires_at),
            expires_at,
            clients,
            persistent: lifetimes.persistent,
            device: login.device,
            metadata: serde_json::Map::new(),
        }
    }

    /// Notes that an application used the session; the first [`CLIENTS_MAX`] are kept.
    #[must_use]
    pub fn used_by(mut self, client_id: &ClientId) -> Self {
        if self.clients.len() < CLIENTS_MAX && !self.clients.contains(client_id) {
            self.clients.push(client_id.clone());
        }
        self
    }

    /// Whether the session still counts at `now`.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        now < self.idle_expires_at && now < self.expires_at
    }

    /// Prolongs the idle lifetime, never beyond the absolute end. What was used a moment ago stays
    /// as it is: a minute, or a sixtieth of the idle lifetime, is as exact as anybody needs, and a
    /// browser with several applications uses its session several times within one.
    #[must_use]
    pub fn touched(mut self, now: Timestamp, idle: Seconds) -> Self {
        if now.since(self.last_interacted_at) < USE_COUNTS_AFTER.min(Seconds(idle.0 / 60)) {
            return self;
        }
        self.last_interacted_at = now;
        self.idle_expires_at = (now + idle).min(self.expires_at);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::tests::Counting;

    const NOW: Timestamp = Timestamp::from_seconds(1_000);

    fn log_in(user: &str, previous: Option<Session>, now: Timestamp) -> Session {
        let lifetimes = Lifetimes {
            absolute: Seconds(100),
            idle: Seconds(40),
            persistent: true,
        };
        let login = Login {
            user_id: UserId::parse(user).unwrap(),
            methods: Vec::new(),
            device: Device::default(),
        };
        Session::begin(login, previous, lifetimes, now, &mut Counting(7))
    }

    #[test]
    fn a_session_ends_idle_and_absolutely() {
        let session = log_in("auth0|1", None, NOW);
        assert!(session.is_live(NOW + Seconds(39)) && !session.is_live(NOW + Seconds(40)));
        let late = session.touched(NOW + Seconds(30), Seconds(40));
        let late = late.touched(NOW + Seconds(65), Seconds(40));
        assert!(late.is_live(NOW + Seconds(99)));
        assert!(
            !late.is_live(NOW + Seconds(100)),
            "use does not move the absolute end"
        );
    }

    #[test]
    fn use_after_a_moment_changes_nothing() {
        let (session, idle) = (log_in("auth0|1", None, NOW), Seconds::hours(2));
        assert_eq!(session.clone().touched(NOW + Seconds(59), idle), session);
        let used = session.clone().touched(NOW + Seconds(60), idle);
        assert_eq!(used.last_interacted_at, NOW + Seconds(60));
        // A short idle lifetime is counted more exactly.
        assert_ne!(
            session.clone().touched(NOW + Seconds(1), Seconds(90)),
            session
        );
    }

    #[test]
    fn ses_01_another_user_gets_another_session() {
        let client = ClientId::parse("abc").unwrap();
        let first = log_in("auth0|1", None, NOW)
            .used_by(&client)
            .used_by(&client);
        let again = log_in("auth0|1", Some(first.clone()), NOW + Seconds(10));
        assert_eq!((&again.id, &again.clients), (&first.id, &vec![client]));
        assert_eq!(again.authenticated_at, NOW + Seconds(10));
        let mut rng = Counting(99);
        let other_id = SessionId::generate(&mut rng);
        let before = Session {
            id: other_id.clone(),
            ..first
        };
        let other = log_in("auth0|2", Some(before), NOW);
        assert!(other.id != other_id && other.clients.is_empty());
    }

    #[test]
    fn the_tenant_says_how_long() {
        let mut settings = TenantSettings::default();
        assert!(Lifetimes::of(&settings).persistent);
        let mode = serde_json::json!({"mode": "non-persistent"});
        settings.extra.insert("session_cookie".into(), mode);
        assert!(!Lifetimes::of(&settings).persistent);
        assert_eq!(Lifetimes::of(&settings).absolute, Seconds::hours(168));
        let hours = serde_json::json!(2);
        settings
            .extra
            .insert("ephemeral_session_lifetime".into(), hours);
        assert_eq!(Lifetimes::of(&settings).absolute, Seconds::hours(2));
    }
}
