//! What these tests stand on: a server with a world, and a browser that logs in.

use std::collections::HashMap;

use aldgate_core::application::{Application, GrantType};
use aldgate_core::id::ClientId;
use aldgate_store::Tx;
use aldgate_test::{Browser, Client, PASSWORD, Reply, TestServer, World};
use url::Url;

/// A well-formed S256 challenge (RFC 7636 appendix B).
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// Parameters of a request, in place of or beside the usual ones.
pub(crate) type Extra<'a> = &'a [(&'a str, &'a str)];

/// A server and its world.
pub(crate) struct Stand {
    pub(crate) server: TestServer,
    pub(crate) world: World,
}

impl Stand {
    pub(crate) async fn new() -> Self {
        Self::at("http://localhost:4455/").await
    }

    pub(crate) async fn at(url: &str) -> Self {
        let server = TestServer::start_at(aldgate_auth::routes(), url).await;
        let world = World::make(&server).await;
        Self { server, world }
    }

    /// The URL of an authorization request of `client`, with `extra` in place of or beside the
    /// usual parameters. An empty value leaves a parameter out.
    pub(crate) fn authorize(&self, client: &Client, extra: Extra<'_>) -> String {
        let usual = [
            ("client_id", client.id.as_str()),
            ("redirect_uri", client.callback.as_str()),
            ("response_type", "code"),
            ("scope", "openid profile email"),
            ("state", "s-1"),
            ("nonce", "n-1"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        let mut url = Url::parse(&self.server.url("authorize")).expect("a URL");
        {
            let mut query = url.query_pairs_mut();
            for (name, value) in usual {
                if !extra.iter().any(|(other, _)| *other == name) {
                    query.append_pair(name, value);
                }
            }
            query.extend_pairs(extra.iter().filter(|(_, value)| !value.is_empty()));
        }
        url.into()
    }

    /// Changes an application.
    pub(crate) async fn change(&self, id: &ClientId, change: fn(&mut Application)) {
        let id = id.clone();
        let now = self.server.now();
        let write = move |tx: &mut Tx<'_>| {
            let mut application = tx.applications().by_id(&id)?.expect("it exists");
            change(&mut application);
            application.updated_at = now;
            tx.applications().update(&application)
        };
        self.server
            .app
            .store
            .write(&self.server.tenant.id, write)
            .await
            .expect("it is stored");
    }

    /// Logs `name` in at the login page that the browser shows.
    pub(crate) async fn log_in(&self, browser: &mut Browser<'_>, name: &str) -> Reply {
        let email = format!("{name}@example.com");
        let fields = [
            ("username", email.as_str()),
            ("password", PASSWORD),
            ("action", "default"),
        ];
        browser.submit("/u/login", &fields).await
    }
}

/// Gives an application a grant type.
pub(crate) fn allow(application: &mut Application, grant: GrantType) {
    application.grant_types.insert(grant);
}

/// The parameters of a redirect to an application, from query and fragment.
pub(crate) fn params(reply: &Reply) -> HashMap<String, String> {
    let location = reply.location().unwrap_or_else(|| {
        panic!(
            "expected a redirect, got {}: {}",
            reply.status,
            reply.text()
        )
    });
    let url = Url::parse(location).expect("an absolute URL");
    let fragment = url.fragment().unwrap_or_default();
    let fragment = url::form_urlencoded::parse(fragment.as_bytes()).into_owned();
    url.query_pairs().into_owned().chain(fragment).collect()
}

/// The path of the page that the browser shows.
pub(crate) fn path(browser: &Browser<'_>) -> String {
    browser.url().path().to_owned()
}
