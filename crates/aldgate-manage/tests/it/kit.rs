//! What the tests share: a server with its world, and callers with their tokens.

use aldgate_app::config::Config;
use aldgate_core::api::SigningAlg;
use aldgate_core::client_grant::{ClientGrant, SubjectType};
use aldgate_core::grant::Grant;
use aldgate_core::grant::refresh::RefreshToken;
use aldgate_core::id::{ClientGrantId, ClientId, GrantId};
use aldgate_core::provision::management_scopes;
use aldgate_core::scope::Scopes;
use aldgate_core::secret::TokenHash;
use aldgate_core::session::{Device, Lifetimes, Login, Session};
use aldgate_core::time::Seconds;
use aldgate_core::user::User;
use aldgate_store::{StoreError, Tx};
use aldgate_test::{Reply, TestServer, World};
use axum::body::Body;
use http::{Method, Request};
use serde_json::{Map, Value, json};

/// A server with its world, and an application that may do everything.
pub(crate) struct Kit {
    pub(crate) server: TestServer,
    pub(crate) world: World,
    pub(crate) token: String,
}

impl Kit {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// The same with a configuration of its own.
    pub(crate) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let server = TestServer::start_with(aldgate_manage::routes(), change).await;
        let world = World::make(&server).await;
        let mut kit = Self {
            server,
            world,
            token: String::new(),
        };
        let scopes: Vec<String> = management_scopes().collect();
        let scopes: Vec<&str> = scopes.iter().map(String::as_str).collect();
        kit.grant(&kit.world.m2m.id, &scopes).await;
        kit.token = kit.machine_token(&kit.world.m2m.id, &scopes).await;
        kit
    }

    /// Gives an application a client grant for the Management API.
    pub(crate) async fn grant(&self, client: &ClientId, scopes: &[&str]) -> ClientGrantId {
        let grant = self.client_grant(client, scopes);
        let id = grant.id.clone();
        self.write(move |tx| tx.client_grants().create(&grant))
            .await;
        id
    }

    fn client_grant(&self, client: &ClientId, scopes: &[&str]) -> ClientGrant {
        ClientGrant {
            id: ClientGrantId::generate(&mut self.server.app.rng()),
            client_id: client.clone(),
            audience: self.audience(),
            scope: Scopes::collect(scopes.iter().copied()),
            allow_all_scopes: false,
            subject_type: SubjectType::Client,
            created_at: self.server.now(),
            updated_at: self.server.now(),
            extra: Map::new(),
        }
    }

    /// The identifier of the Management API.
    pub(crate) fn audience(&self) -> String {
        self.server.tenant.issuer.management()
    }

    /// The claims of an application's own token.
    pub(crate) fn claims(&self, client: &ClientId, scopes: &[&str]) -> Value {
        let now = self.server.now().seconds();
        json!({
            "iss": self.server.tenant.issuer.as_str(),
            "sub": format!("{client}@clients"),
            "aud": self.audience(),
            "iat": now,
            "exp": now + 3600,
            "scope": scopes.join(" "),
            "client_id": client,
            "azp": client,
            "gty": "client-credentials",
            "jti": "machine",
        })
    }

    /// A token with these claims, signed by the tenant's key.
    pub(crate) async fn sign(&self, typ: &str, claims: &Value) -> String {
        let ring = self.server.app.key_ring(&self.server.tenant.id).await;
        let ring = ring.expect("the keys open");
        let key = ring.signer(SigningAlg::Rs256).expect("a key");
        key.sign(typ, claims.to_string().as_bytes())
    }

    /// An application's own token.
    pub(crate) async fn machine_token(&self, client: &ClientId, scopes: &[&str]) -> String {
        self.sign("JWT", &self.claims(client, scopes)).await
    }

    /// A user's token, got through the single-page application.
    pub(crate) async fn user_token(&self, user: &User, scopes: &[&str]) -> String {
        let mut rng = self.server.app.rng();
        let (now, id) = (self.server.now(), GrantId::generate(&mut rng));
        let client = &self.world.spa.id;
        self.let_act_for_users(client).await;
        let grant: Grant = serde_json::from_value(json!({
            "id": id, "client_id": client, "user_id": user.id, "audience": self.audience(),
            "requested": scopes, "scope": scopes, "origin": "code",
            "auth_time": now, "created_at": now,
            "methods": [{"name": "pwd", "timestamp": now}],
        }))
        .expect("a grant");
        self.write(move |tx| tx.grants().create(&grant, now + Seconds::hours(1)))
            .await;
        let mut claims = self.claims(client, scopes);
        claims["sub"] = json!(user.id);
        claims["jti"] = json!(format!("{id}.1"));
        claims.as_object_mut().expect("an object").remove("gty");
        self.sign("JWT", &claims).await
    }

    /// Lets an application use the Management API for its users.
    async fn let_act_for_users(&self, client: &ClientId) {
        let mut grant = self.client_grant(client, &[]);
        grant.allow_all_scopes = true;
        grant.subject_type = SubjectType::User;
        self.write(move |tx| {
            let known =
                tx.client_grants()
                    .of(&grant.client_id, &grant.audience, SubjectType::User)?;
            known.map_or_else(|| tx.client_grants().create(&grant), |_| Ok(()))
        })
        .await;
    }

    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl Fn(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> T {
        let store = &self.server.app.store;
        store
            .write(&self.server.tenant.id, work)
            .await
            .expect("stored")
    }

    /// A call with a token; `path` is below `/api/v2`.
    pub(crate) async fn call_as(
        &self,
        token: &str,
        method: Method,
        path: &str,
        body: &Value,
    ) -> Reply {
        let url = self.server.url(&format!("api/v2{path}"));
        let request = Request::builder().method(method).uri(url);
        let request = match token {
            "" => request,
            token => request.header("authorization", format!("Bearer {token}")),
        };
        let request = match body {
            Value::Null => request.body(Body::empty()),
            body => request
                .header("content-type", "application/json")
                .body(Body::from(body.to_string())),
        };
        self.server.send(request.expect("a request")).await
    }

    /// A call by the application that may do everything.
    pub(crate) async fn call(&self, method: Method, path: &str, body: &Value) -> Reply {
        self.call_as(&self.token, method, path, body).await
    }

    /// Makes a user an administrator.
    pub(crate) async fn give_administrator(&self, user: &User) {
        let (user, now) = (user.id.clone(), self.server.now());
        self.write(move |tx| {
            let role = tx.roles().by_name(aldgate_core::role::ADMINISTRATOR)?;
            tx.roles().give(&role.expect("the role").id, &user, now)
        })
        .await;
    }

    /// A user's refresh token at the single-page application; returns the id of its family.
    pub(crate) async fn refresh_family(&self, user: &User) -> String {
        let mut rng = self.server.app.rng();
        let (now, id) = (self.server.now(), GrantId::generate(&mut rng));
        let grant: Grant = serde_json::from_value(json!({
            "id": id, "client_id": self.world.spa.id, "user_id": user.id, "requested": ["openid"],
            "scope": ["openid"], "origin": "code", "created_at": now,
        }))
        .expect("a grant");
        let end = now + Seconds::hours(1);
        let hash = TokenHash::of(id.as_str());
        let token = RefreshToken {
            grant_id: id.clone(),
            generation: 0,
            idle_expires_at: end,
            expires_at: end,
            retired_at: None,
        };
        self.write(move |tx| {
            tx.grants().create(&grant, end)?;
            tx.refresh_tokens().create(&hash, &token, now)
        })
        .await;
        id.to_string()
    }

    /// A user's session; returns its public name.
    pub(crate) async fn session(&self, user: &User) -> String {
        let mut rng = self.server.app.rng();
        let login = Login {
            user_id: user.id.clone(),
            methods: Vec::new(),
            device: Device::default(),
        };
        let lifetimes = Lifetimes::of(&self.server.tenant.settings);
        let session = Session::begin(login, None, lifetimes, self.server.now(), &mut rng);
        let id = session.id.to_string();
        self.write(move |tx| {
            tx.sessions()
                .begin(&TokenHash::of(session.id.as_str()), &session, None)
        })
        .await;
        id
    }

    /// The path of one of the world's users: ada, eve or admin.
    pub(crate) fn user_path(&self, name: &str) -> String {
        let user = match name {
            "ada" => &self.world.ada,
            "eve" => &self.world.eve,
            _ => &self.world.admin,
        };
        format!("/users/{}", user.id.as_str().replace('|', "%7C"))
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.call(Method::GET, path, &Value::Null).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Reply {
        self.call(Method::POST, path, &body).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Reply {
        self.call(Method::PATCH, path, &body).await
    }

    pub(crate) async fn delete_with(&self, path: &str, body: Value) -> Reply {
        self.call(Method::DELETE, path, &body).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Reply {
        self.call(Method::DELETE, path, &Value::Null).await
    }
}
