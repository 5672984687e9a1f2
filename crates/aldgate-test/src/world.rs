//! One application of each kind, an API, and users: what black-box tests start from.

use aldgate_core::api::Api;
use aldgate_core::application::{Application, ClientCredential};
use aldgate_core::client_grant::{ClientGrant, SubjectType};
use aldgate_core::connection::{Connection, DEFAULT_DATABASE};
use aldgate_core::id::{ApiId, ClientGrantId, ClientId, UserId};
use aldgate_core::role::ADMINISTRATOR;
use aldgate_core::scope::Scopes;
use aldgate_core::secret::{Secret, TokenHash, TokenKind};
use aldgate_core::time::Timestamp;
use aldgate_core::user::{Identity, User};
use aldgate_jose::{Alg, SigningKey};
use aldgate_store::{Saved, StoreError, Tx};
use serde_json::{Map, Value, json};

use crate::server::TestServer;

/// The identifier of the world's API.
pub const API: &str = "https://api.test/";

/// The password of every user.
pub const PASSWORD: &str = "correct horse battery staple 9";

/// An application with its secret.
#[derive(Debug)]
pub struct Client {
    /// `client_id`.
    pub id: ClientId,
    /// `client_secret`; empty for those without.
    pub secret: String,
    /// The first registered callback; empty for those without.
    pub callback: String,
}

/// One application of each kind, an API, and users.
pub struct World {
    /// Confidential, code and refresh, `client_secret_post`.
    pub web: Client,
    /// A second confidential one, `client_secret_basic`.
    pub web2: Client,
    /// Public, in the browser, PKCE, rotation.
    pub spa: Client,
    /// Public, installed, loopback callback.
    pub native: Client,
    /// Client credentials for the API.
    pub m2m: Client,
    /// `private_key_jwt` with client credentials; see [`World::pkj_key`].
    pub pkj: Client,
    /// Signs the assertions of [`World::pkj`].
    pub pkj_key: SigningKey,
    /// Of a third party: always asks for consent.
    pub tp: Client,
    /// The API `https://api.test/` with `read:things` and `write:things`.
    pub api: Api,
    /// The user database.
    pub connection: Connection,
    /// A user with a verified address and a password.
    pub ada: User,
    /// A user whose address is not verified.
    pub eve: User,
    /// A user with the administrator's role.
    pub admin: User,
}

impl World {
    /// Puts the world into the server's default tenant.
    ///
    /// # Panics
    /// When it cannot be stored: there is nothing to test then.
    pub async fn make(server: &TestServer) -> Self {
        let connection = database(server).await;
        let pkj_key = SigningKey::generate(Alg::ES256)
            .expect("a key")
            .with_kid("pkj-1");
        let make = |name, extra| client(server, name, &extra);
        let (web, web_app) = make("Web", web_settings("client_secret_post"));
        let (web2, web2_app) = make("Web 2", web_settings("client_secret_basic"));
        let (spa, spa_app) = make("SPA", spa_settings("spa", "http://localhost:3000/callback"));
        let (native, native_app) = make(
            "Native",
            spa_settings("native", "http://127.0.0.1/callback"),
        );
        let (m2m, m2m_app) = make("M2M", machine_settings("client_secret_post"));
        let (pkj, mut pkj_app) = make("PKJ", machine_settings("private_key_jwt"));
        pkj_app.credentials = vec![credential(&pkj_key)];
        let mut third_party = spa_settings("spa", "https://third.test/callback");
        third_party["is_first_party"] = json!(false);
        let (tp, tp_app) = make("Third party", third_party);
        let api = api(server);
        let grants = [&m2m.id, &pkj.id].map(|id| grant(server, id));
        let applications = [
            web_app, web2_app, spa_app, native_app, m2m_app, pkj_app, tp_app,
        ];
        let users = ["ada", "eve", "admin"].map(|name| user(server, &connection, name));
        let rows = Rows {
            applications: applications.into(),
            api: api.clone(),
            grants: grants.into(),
            users: users.to_vec(),
        };
        rows.store(server).await;
        let [ada, eve, admin] = users;
        let world = Self {
            web,
            web2,
            spa,
            native,
            m2m,
            pkj,
            pkj_key,
            tp,
            api,
            connection,
            ada,
            eve,
            admin,
        };
        world.appoint(server).await;
        world
    }

    async fn appoint(&self, server: &TestServer) {
        let (admin, now) = (self.admin.id.clone(), server.now());
        let appoint = move |tx: &mut Tx<'_>| {
            let role = tx.roles().by_name(ADMINISTRATOR)?;
            let role = role.ok_or_else(|| StoreError::unavailable("no administrator role"))?;
            tx.roles().give(&role.id, &admin, now)
        };
        server
            .app
            .store
            .write(&server.tenant.id, appoint)
            .await
            .expect("the role is given");
    }
}

async fn database(server: &TestServer) -> Connection {
    let found = server
        .app
        .connection_by_name(&server.tenant.id, DEFAULT_DATABASE)
        .await;
    let found = found
        .expect("the store answers")
        .expect("it is provisioned");
    Connection::clone(&found)
}

/// What is stored of the world at once.
struct Rows {
    applications: Vec<Application>,
    api: Api,
    grants: Vec<ClientGrant>,
    users: Vec<User>,
}

impl Rows {
    async fn store(self, server: &TestServer) {
        let (app, mut rng) = (&server.app, server.app.rng());
        let hash = app
            .hashing
            .hash(Secret::new(PASSWORD.into()), &mut rng)
            .await;
        let hash = Secret::new(hash.expect("the password is hashed"));
        let store = move |tx: &mut Tx<'_>| {
            let applications = &mut self.applications.iter();
            applications.try_for_each(|one| tx.applications().create(one))?;
            tx.apis().create(&self.api)?;
            let grants = &mut self.grants.iter();
            grants.try_for_each(|one| tx.client_grants().create(one))?;
            self.users
                .iter()
                .try_for_each(|one| store_user(tx, one, &hash))
        };
        let stored = app.store.write(&server.tenant.id, store).await;
        stored.expect("the world is stored");
    }
}

fn store_user(tx: &mut Tx<'_>, user: &User, hash: &Secret<String>) -> Result<(), StoreError> {
    match tx.users().create(user)? {
        Saved::Done => tx.passwords().set(&user.id, hash, 0, user.created_at),
        other => Err(StoreError::unavailable(format!("{}: {other:?}", user.id))),
    }
}

fn client(server: &TestServer, name: &str, settings: &Value) -> (Client, Application) {
    let mut rng = server.app.rng();
    let id = ClientId::generate(&mut rng);
    let mut document = json!({"client_id": id, "name": name});
    let members = document.as_object_mut().expect("an object");
    members.extend(settings.as_object().expect("an object").clone());
    let mut application: Application = serde_json::from_value(document).expect("an application");
    (application.created_at, application.updated_at) = (server.now(), server.now());
    let method = settings["token_endpoint_auth_method"]
        .as_str()
        .unwrap_or_default();
    let mut secret = String::new();
    if method.starts_with("client_secret") {
        secret.clone_from(TokenKind::ClientSecret.generate(&mut rng).expose());
        application.secret_hash = Some(TokenHash::of(&secret));
    }
    let callback = application.callbacks.first().cloned().unwrap_or_default();
    (
        Client {
            id,
            secret,
            callback,
        },
        application,
    )
}

fn web_settings(method: &str) -> Value {
    json!({
        "app_type": "regular_web",
        "token_endpoint_auth_method": method,
        "grant_types": ["authorization_code", "refresh_token"],
        "callbacks": ["https://web.test/callback", "https://web.test/callback?tenant=1"],
        "allowed_logout_urls": ["https://web.test/bye"],
    })
}

fn spa_settings(app_type: &str, callback: &str) -> Value {
    json!({
        "app_type": app_type,
        "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code", "refresh_token"],
        "callbacks": [callback],
        "allowed_logout_urls": ["http://localhost:3000/"],
        "web_origins": ["http://localhost:3000"],
    })
}

fn machine_settings(method: &str) -> Value {
    json!({
        "app_type": "non_interactive",
        "token_endpoint_auth_method": method,
        "grant_types": ["client_credentials"],
    })
}

fn credential(key: &SigningKey) -> ClientCredential {
    let jwk = key.public_jwk().expect("an asymmetric key");
    ClientCredential {
        id: "cred_1".parse().expect("an id"),
        name: String::new(),
        alg: key.alg().name().to_owned(),
        jwk: serde_json::to_value(jwk).expect("a JWK is JSON"),
        expires_at: None,
        in_use: true,
        created_at: Timestamp::default(),
        updated_at: Timestamp::default(),
    }
}

fn api(server: &TestServer) -> Api {
    let document = json!({
        "id": ApiId::generate(&mut server.app.rng()),
        "identifier": API,
        "name": "Things",
        "scopes": [
            {"value": "read:things", "description": "See things"},
            {"value": "write:things", "description": "Change things"},
        ],
        "allow_offline_access": true,
        "skip_consent_for_verifiable_first_party_clients": true,
    });
    let mut api: Api = serde_json::from_value(document).expect("an API");
    (api.created_at, api.updated_at) = (server.now(), server.now());
    api
}

fn grant(server: &TestServer, client: &ClientId) -> ClientGrant {
    ClientGrant {
        id: ClientGrantId::generate(&mut server.app.rng()),
        client_id: client.clone(),
        audience: API.to_owned(),
        scope: Scopes::collect(["read:things", "write:things"]),
        allow_all_scopes: false,
        subject_type: SubjectType::Client,
        created_at: server.now(),
        updated_at: server.now(),
        extra: Map::new(),
    }
}

fn user(server: &TestServer, connection: &Connection, name: &str) -> User {
    let id = UserId::generate(&mut server.app.rng());
    let identity = Identity {
        connection: connection.name.clone(),
        connection_id: connection.id.clone(),
        provider: id.provider().to_owned(),
        user_id: id.subject().to_owned(),
        is_social: false,
        profile_data: None,
    };
    let document = json!({
        "user_id": id,
        "email": format!("{name}@example.com"),
        "email_verified": name != "eve",
        "name": name,
        "nickname": name,
    });
    let mut user: User = serde_json::from_value(document).expect("a user");
    user.identities = vec![identity];
    (user.created_at, user.updated_at) = (server.now(), server.now());
    user
}
