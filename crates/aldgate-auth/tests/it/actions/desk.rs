//! What these tests stand on: a server with a world whose tenant has actions.

use aldgate_app::App;
use aldgate_app::config::Config;
use aldgate_core::action::{
    Action, ActionVersion, Binding, Execution, FailureMode, SealedSecret, Trigger,
};
use aldgate_core::event::Event;
use aldgate_core::id::{ActionId, ActionVersionId};
use aldgate_core::secret::Secret;
use aldgate_store::{Page, Tx};
use aldgate_test::{Browser, Client, Reply, TestServer, World, build_worker};
use serde_json::Value;

use crate::kit::VERIFIER;
use crate::stand::{Extra, Stand, params};

/// An action of a test.
#[derive(Clone)]
pub(super) struct Written<'a> {
    pub(super) name: &'a str,
    pub(super) code: String,
    pub(super) failure: Option<FailureMode>,
    pub(super) secret: Option<(&'a str, &'a str)>,
}

impl<'a> Written<'a> {
    /// An action of `post-login` with this body.
    pub(super) fn post_login(name: &'a str, body: &str) -> Self {
        Self::of(name, Trigger::PostLogin, body)
    }

    /// An action with this body.
    pub(super) fn of(name: &'a str, trigger: Trigger, body: &str) -> Self {
        let handler = trigger.handler();
        Self {
            name,
            code: format!("exports.{handler} = async (event, api) => {{\n{body}\n}};"),
            failure: None,
            secret: None,
        }
    }

    pub(super) fn open(self) -> Self {
        Self {
            failure: Some(FailureMode::Open),
            ..self
        }
    }
}

/// A server whose tenant has actions.
pub(super) struct Desk {
    pub(super) stand: Stand,
}

impl Desk {
    pub(super) async fn new() -> Self {
        Self::with(|_| ()).await
    }

    pub(super) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        build_worker();
        let server = TestServer::start_with(aldgate_auth::routes(), change).await;
        let world = World::make(&server).await;
        Self {
            stand: Stand { server, world },
        }
    }

    pub(super) fn app(&self) -> &App {
        &self.stand.server.app
    }

    /// Deploys and binds the actions of a trigger, in this order.
    pub(super) async fn bind(&self, trigger: Trigger, actions: &[Written<'_>]) {
        let now = self.stand.server.now();
        let mut rng = self.app().rng();
        let mut rows = Vec::new();
        for written in actions {
            let id = ActionId::generate(&mut rng);
            let version_id = ActionVersionId::generate(&mut rng);
            let secrets: Vec<SealedSecret> = written
                .secret
                .iter()
                .map(|(name, value)| {
                    let tenant = &self.stand.server.tenant.id;
                    let place = aldgate_app::action_secrets::action_secret_place(tenant, &id, name);
                    SealedSecret {
                        name: (*name).to_owned(),
                        sealed: self
                            .app()
                            .seal_text(&place, &Secret::new((*value).to_owned())),
                        updated_at: now,
                    }
                })
                .collect();
            let action = Action {
                id: id.clone(),
                name: written.name.to_owned(),
                trigger,
                trigger_version: None,
                runtime: None,
                code: written.code.clone(),
                dependencies: Vec::new(),
                secrets: secrets.clone(),
                failure_mode: written.failure,
                deployed: Some(version_id.clone()),
                all_changes_deployed: true,
                created_at: now,
                updated_at: now,
            };
            let version = ActionVersion {
                id: version_id,
                action_id: id.clone(),
                number: 1,
                trigger,
                trigger_version: None,
                runtime: None,
                code: written.code.clone(),
                javascript: None,
                dependencies: Vec::new(),
                secrets,
                created_at: now,
            };
            let binding = Binding {
                id: ActionId::generate(&mut rng).to_string(),
                trigger,
                action_id: id,
                display_name: written.name.to_owned(),
                created_at: now,
                updated_at: now,
            };
            rows.push((action, version, binding));
        }
        let write = move |tx: &mut Tx<'_>| {
            for (action, version, _) in &rows {
                tx.actions().create(action)?;
                tx.actions().add_version(version)?;
            }
            let bindings: Vec<Binding> = rows.iter().map(|(_, _, one)| one.clone()).collect();
            tx.actions().bind(trigger, &bindings)
        };
        let tenant = &self.stand.server.tenant.id;
        self.app()
            .store
            .write(tenant, write)
            .await
            .expect("the actions are bound");
    }

    /// Logs `name` in at `client` in a fresh browser; the answer to the last request.
    pub(super) async fn log_in(&self, client: &Client, name: &str, extra: Extra<'_>) -> Reply {
        let mut browser = self.stand.server.browser();
        self.log_in_with(&mut browser, client, name, extra).await
    }

    pub(super) async fn log_in_with(
        &self,
        browser: &mut Browser<'_>,
        client: &Client,
        name: &str,
        extra: Extra<'_>,
    ) -> Reply {
        browser.get(&self.stand.authorize(client, extra)).await;
        self.stand.log_in(browser, name).await
    }

    /// Redeems the code of an answer.
    pub(super) async fn redeem(&self, client: &Client, answer: &Reply) -> Value {
        let params = params(answer);
        let code = params
            .get("code")
            .unwrap_or_else(|| panic!("no code: {params:?}"));
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &client.callback),
            ("code_verifier", VERIFIER),
        ];
        let reply = self.token(client, &fields).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.json()
    }

    /// Posts to the token endpoint as `client`.
    pub(super) async fn token(&self, client: &Client, fields: &[(&str, &str)]) -> Reply {
        let own = [
            ("client_id", client.id.as_str()),
            ("client_secret", client.secret.as_str()),
        ];
        let fields: Vec<_> = fields.iter().chain(&own).copied().collect();
        let url = self.stand.server.url("oauth/token");
        self.stand.server.post_form(&url, &fields, &[]).await
    }

    /// What was recorded of a trigger, the newest first.
    pub(super) async fn executions(&self, trigger: Trigger) -> Vec<Execution> {
        self.app().sandbox.settled().await;
        self.app().events.flush().await;
        let read = move |tx: &mut Tx<'_>| tx.action_records().executions(trigger, &Page::largest());
        let tenant = &self.stand.server.tenant.id;
        self.app()
            .store
            .read(tenant, read)
            .await
            .expect("executions are read")
    }

    /// The newest event of the tenant log with this code.
    pub(super) async fn event(&self, code: &str) -> Event {
        let events = self.stand.server.events().await;
        let found = events.iter().rev().find(|event| event.kind.code() == code);
        let known: Vec<&str> = events.iter().map(|event| event.kind.code()).collect();
        found
            .unwrap_or_else(|| panic!("no event {code}: {known:?}"))
            .clone()
    }
}

/// The claims of a token, not verified: other tests do that.
pub(super) fn claims(token: &Value) -> Value {
    let token = token.as_str().expect("a token");
    let payload = token.split('.').nth(1).expect("a JWT");
    let bytes = aldgate_jose::b64::decode(payload).expect("base64url");
    serde_json::from_slice(&bytes).expect("JSON")
}
