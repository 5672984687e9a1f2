//! A server with dashboard and login pages, its world, and people who are logged in.

use aldgate_app::config::Config;
use aldgate_core::id::RoleId;
use aldgate_core::role::{Permission, Role};
use aldgate_core::user::User;
use aldgate_store::{StoreError, Tx};
use aldgate_test::{Browser, PASSWORD, Reply, TestServer, World};
use http::StatusCode;

/// A server with its world.
pub(crate) struct Desk {
    pub(crate) server: TestServer,
    pub(crate) world: World,
}

/// Somebody at the dashboard.
pub(crate) struct Person<'d> {
    pub(crate) browser: Browser<'d>,
    desk: &'d Desk,
}

impl Desk {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// A server with a configuration of its own.
    pub(crate) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let routes = aldgate_auth::routes()
            .merge(aldgate_manage::routes())
            .merge(aldgate_manage::dashboard(aldgate_auth::routes()));
        let server = TestServer::start_with(routes, change).await;
        let world = World::make(&server).await;
        Self { server, world }
    }

    /// The administrator, logged in.
    pub(crate) async fn admin(&self) -> Person<'_> {
        self.log_in("admin@example.com").await
    }

    /// A user who may do only this, logged in.
    pub(crate) async fn with_scopes(&self, scopes: &[&str]) -> Person<'_> {
        self.permit(&self.world.ada, scopes).await;
        self.log_in("ada@example.com").await
    }

    /// Gives a user a role that permits these scopes of the Management API.
    pub(crate) async fn permit(&self, user: &User, scopes: &[&str]) {
        let role = Role {
            id: RoleId::generate(&mut self.server.app.rng()),
            name: format!("Only {}", scopes.join(" ")),
            description: None,
        };
        let api = self.server.tenant.issuer.management();
        let permissions: Vec<Permission> = scopes
            .iter()
            .map(|scope| Permission {
                api: api.clone(),
                name: (*scope).to_owned(),
            })
            .collect();
        let (user, now) = (user.id.clone(), self.server.now());
        self.write(move |tx| {
            tx.roles().create(&role, now)?;
            tx.roles().permit(&role.id, &permissions)?;
            tx.roles().give(&role.id, &user, now)
        })
        .await;
    }

    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl Fn(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> T {
        let store = &self.server.app.store;
        let done = store.write(&self.server.tenant.id, work).await;
        done.expect("stored")
    }

    /// Opens the dashboard and logs in on the tenant's page.
    pub(crate) async fn log_in(&self, email: &str) -> Person<'_> {
        let mut browser = self.server.browser();
        let login = browser.get(&self.server.url("dashboard/")).await;
        assert_eq!(login.status, StatusCode::OK, "{}", login.text());
        let fields = [
            ("username", email),
            ("password", PASSWORD),
            ("action", "default"),
        ];
        let page = browser.submit("/u/login", &fields).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text());
        assert_eq!(browser.url().path(), "/dashboard/", "{}", page.text());
        Person {
            browser,
            desk: self,
        }
    }
}

impl Person<'_> {
    /// Goes to a page; `path` is below `/dashboard`.
    pub(crate) async fn open(&mut self, path: &str) -> Reply {
        let url = self.desk.server.url(&format!("dashboard{path}"));
        self.browser.get(&url).await
    }

    /// Goes to a page that must be there; gives its text.
    pub(crate) async fn see(&mut self, path: &str) -> String {
        let page = self.open(path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}: {}", page.text());
        page.text()
    }

    /// Fills the form that posts to exactly `path` and sends it.
    pub(crate) async fn send(&mut self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let action = self.desk.server.url(&format!("dashboard{path}"));
        let mut forms = self.browser.forms();
        forms.retain(|form| form.action == action);
        // A search may stand on the same page, and lead to the same address.
        forms.sort_by_key(|form| form.method != http::Method::POST);
        let form = forms.into_iter().next();
        let form = form.unwrap_or_else(|| panic!("no form posts to {action}"));
        self.browser.send(&form.fill(fields)).await
    }
}
