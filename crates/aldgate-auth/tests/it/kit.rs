//! What the tests share: a server with its world, and logins made without a browser.

use aldgate_core::application::Application;
use aldgate_core::grant::{Code, Grant};
use aldgate_core::id::{ClientId, GrantId};
use aldgate_core::secret::{TokenHash, TokenKind};
use aldgate_core::time::Seconds;
use aldgate_core::user::User;
use aldgate_jose::jwt::Claims;
use aldgate_jose::{JwkSet, VerifyingKey, b64, digest, jws};
use aldgate_store::{StoreError, Tx};
use aldgate_test::{API, Client, Reply, TestServer, World};
use serde_json::{Value, json};

pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// A server with its world.
pub(crate) struct Kit {
    pub(crate) server: TestServer,
    pub(crate) world: World,
}

/// What a login gave: the facts of a code before it is redeemed.
pub(crate) struct Login<'a> {
    pub(crate) client: &'a Client,
    pub(crate) scope: &'a str,
    pub(crate) audience: Option<&'a str>,
    pub(crate) challenge: bool,
    pub(crate) nonce: Option<&'a str>,
}

impl<'a> Login<'a> {
    /// A login with everything: ID token, API, refresh token, PKCE.
    pub(crate) fn full(client: &'a Client) -> Self {
        Self {
            client,
            scope: "openid profile email offline_access read:things write:things",
            audience: Some(API),
            challenge: true,
            nonce: Some("n-0S6_WzA2Mj"),
        }
    }

    /// A login without an API: the access token is opaque.
    pub(crate) fn opaque(client: &'a Client) -> Self {
        Self {
            scope: "openid profile email offline_access",
            audience: None,
            ..Self::full(client)
        }
    }
}

impl Kit {
    pub(crate) async fn new() -> Self {
        let server = TestServer::start(aldgate_auth::routes()).await;
        let world = World::make(&server).await;
        Self { server, world }
    }

    /// Logs Ada in and gives the authorization code.
    pub(crate) async fn login(&self, login: Login<'_>) -> String {
        let mut rng = self.server.app.rng();
        let (now, grant_id) = (self.server.now(), GrantId::generate(&mut rng));
        let scope: Vec<&str> = login.scope.split(' ').collect();
        let grant: Grant = serde_json::from_value(json!({
            "id": grant_id, "client_id": login.client.id, "user_id": self.world.ada.id,
            "audience": login.audience, "requested": scope, "scope": scope, "origin": "code",
            "auth_time": now, "created_at": now,
            "methods": [{"name": "pwd", "timestamp": now}],
        }))
        .expect("the kit works");
        let text = TokenKind::Code.generate(&mut rng).expose().clone();
        let challenge = b64::encode(&digest::sha256(VERIFIER.as_bytes()));
        let code = Code {
            grant_id,
            client_id: login.client.id.clone(),
            redirect_uri: Some(login.client.callback.clone()),
            code_challenge: login.challenge.then_some(challenge),
            nonce: login.nonce.map(ToOwned::to_owned),
            expires_at: now + Seconds(60),
        };
        let hash = TokenHash::of(&text);
        self.write(move |tx| {
            tx.grants().create(&grant, now + Seconds::hours(1))?;
            tx.codes().create(&hash, &code)
        })
        .await;
        text
    }

    /// Redeems a code; `more` replaces or adds parameters, an empty value leaves one out.
    pub(crate) async fn redeem(&self, client: &Client, code: &str, more: &[(&str, &str)]) -> Reply {
        let base = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &client.callback),
            ("code_verifier", VERIFIER),
        ];
        self.token(client, &base, more).await
    }

    /// Exchanges a refresh token.
    pub(crate) async fn refresh(
        &self,
        client: &Client,
        token: &str,
        more: &[(&str, &str)],
    ) -> Reply {
        self.token(
            client,
            &[("grant_type", "refresh_token"), ("refresh_token", token)],
            more,
        )
        .await
    }

    /// Posts a form to the token endpoint, with `client_secret_post` where there is a secret.
    pub(crate) async fn token(
        &self,
        client: &Client,
        base: &[(&str, &str)],
        more: &[(&str, &str)],
    ) -> Reply {
        self.post("oauth/token", client, base, more).await
    }

    pub(crate) async fn post(
        &self,
        path: &str,
        client: &Client,
        base: &[(&str, &str)],
        more: &[(&str, &str)],
    ) -> Reply {
        let own = [
            ("client_id", client.id.as_str()),
            ("client_secret", client.secret.as_str()),
        ];
        let replaced = |(name, _): &&(&str, &str)| more.iter().all(|(other, _)| other != name);
        let fields = base
            .iter()
            .chain(&own)
            .filter(replaced)
            .chain(more)
            .copied();
        let fields: Vec<_> = fields.filter(|(_, value)| !value.is_empty()).collect();
        self.server
            .post_form(&self.server.url(path), &fields, &[])
            .await
    }

    /// Logs in and redeems: the token response.
    pub(crate) async fn tokens(&self, login: Login<'_>) -> Value {
        let client = login.client;
        let code = self.login(login).await;
        let reply = self.redeem(client, &code, &[]).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.json()
    }

    pub(crate) async fn userinfo(&self, token: &str) -> Reply {
        let bearer = format!("Bearer {token}");
        self.server
            .get(&self.server.url("userinfo"), &[("authorization", &bearer)])
            .await
    }

    /// Verifies a token against the published key set and gives header `typ`, `alg` and claims.
    pub(crate) async fn verify(&self, token: &str) -> (String, String, Value) {
        let set = self
            .server
            .get(&self.server.url(".well-known/jwks.json"), &[])
            .await;
        let set = JwkSet::parse(&set.body).expect("the kit works");
        let unverified = jws::parse(token).expect("the kit works");
        let header = unverified.header();
        let (typ, alg) = (
            header.typ().expect("the kit works").to_owned(),
            header.alg().name().to_owned(),
        );
        let key = set
            .find(header.kid().expect("the kit works"))
            .expect("the kit works");
        let key = VerifyingKey::from_jwk(key).expect("the kit works");
        let claims = Claims::from_verified(unverified.verify(&key).expect("the kit works"))
            .expect("the kit works");
        (typ, alg, Value::Object(claims.to_map()))
    }

    /// Changes an application as the Management API would.
    pub(crate) async fn change(&self, id: &ClientId, change: impl Fn(&mut Application)) {
        let tenant = self.server.tenant.id.clone();
        let application = self
            .server
            .app
            .application(&tenant, id)
            .await
            .expect("the kit works")
            .expect("the kit works");
        let mut application = (*application).clone();
        change(&mut application);
        self.write(move |tx| tx.applications().update(&application).map(drop))
            .await;
    }

    /// Blocks or unblocks Ada.
    pub(crate) async fn block(&self, blocked: bool) {
        let user = User {
            blocked,
            ..self.world.ada.clone()
        };
        self.write(move |tx| {
            let saved = tx.users().update(&user)?;
            assert_eq!(saved, aldgate_store::Saved::Done);
            Ok(())
        })
        .await;
    }

    pub(crate) async fn write<F>(&self, work: F)
    where
        F: Fn(&mut Tx<'_>) -> Result<(), StoreError> + Send + 'static,
    {
        self.server
            .app
            .store
            .write(&self.server.tenant.id, work)
            .await
            .expect("the kit works");
    }
}

/// `error` and `error_description` of a refusal.
pub(crate) fn refusal(reply: &Reply) -> (u16, String, String) {
    let body = reply.json();
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    (
        reply.status.as_u16(),
        text("error"),
        text("error_description"),
    )
}

/// The code of a refusal.
pub(crate) fn error(reply: &Reply) -> String {
    refusal(reply).1
}
