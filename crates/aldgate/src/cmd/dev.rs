//! `aldgate dev`: everything on this machine, with a demo to walk through.

mod routes;
mod seed;

use std::net::{Ipv6Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use aldgate_app::App;
use aldgate_app::clock::ManualClock;
use aldgate_app::config::Cidr;
use aldgate_app::observe;
use aldgate_app::serve::Server;
use aldgate_app::tls::LocalCa;
use aldgate_core::tenant::Tenant;
use anyhow::{Context as _, Result};
use axum::Router;
use rustls::ServerConfig;
use serde_json::Value;

use crate::cli::{Cli, Dev};
use crate::context::{self, Schema};
use crate::{demo, server, ui};

/// Where the demo is: one port after another.
pub(crate) struct Addresses {
    scheme: &'static str,
    port: u16,
}

impl Addresses {
    fn at(&self, offset: u16) -> String {
        format!(
            "{}://localhost:{}",
            self.scheme,
            self.port.saturating_add(offset)
        )
    }

    /// Origin of the demo API.
    pub(crate) fn api(&self) -> String {
        self.at(1)
    }

    /// Origin of the demo application.
    pub(crate) fn spa(&self) -> String {
        self.at(2)
    }

    /// Issuer of the fake Google; on plain HTTP always, so that it needs no certificate.
    pub(crate) fn google(&self) -> String {
        format!("http://localhost:{}", self.port.saturating_add(3))
    }
}

/// Runs the server with the demo until a signal comes.
pub(crate) async fn run(cli: &Cli, args: &Dev) -> Result<()> {
    let temporary = args.ephemeral.then(tempfile::tempdir).transpose()?;
    let data = temporary
        .as_ref()
        .map_or(cli.data.as_path(), |directory| directory.path());
    let scheme = if args.https { "https" } else { "http" };
    let addresses = Addresses {
        scheme,
        port: args.port,
    };
    let app = open(cli, args, data, &addresses).await?;
    let tenant = app.ensure_default_tenant().await?;
    let ca = args
        .https
        .then(|| LocalCa::open(data, app.now()))
        .transpose()?;
    let tls = ca
        .as_ref()
        .map(|ca| ca.server_config(&[], app.now()))
        .transpose()?;

    let place = seed::Place {
        data,
        addresses: &addresses,
        ca: ca.as_ref().map(LocalCa::path),
        google: google(args),
    };
    let seeded = seed::seed(&app, &tenant, &place).await?;
    let router = server::router(&app, routes::routes());
    let mut public = listen(&app, args.port, tls.as_ref(), &router).await?;
    if !args.no_demo {
        public.extend(
            start_demo(&app, &tenant, args.port, tls.as_ref(), &seeded, ca.as_ref()).await?,
        );
    }
    print(&tenant, &seeded, data, args.no_demo);
    server::run(app, public).await?;
    drop(temporary);
    Ok(())
}

async fn open(cli: &Cli, args: &Dev, data: &Path, addresses: &Addresses) -> Result<App> {
    let mut overrides = vec![
        ("ALDGATE_SERVER__LISTEN", format!("127.0.0.1:{}", args.port)),
        (
            "ALDGATE_SERVER__PUBLIC_URL",
            format!("{}/", addresses.at(0)),
        ),
    ];
    if context::variable("ALDGATE_LOG__LEVEL").is_none() {
        overrides.push(("ALDGATE_LOG__LEVEL", "warn,aldgate=info".to_owned()));
    }
    let cli = Cli {
        data: data.to_owned(),
        ..cli.clone()
    };
    let mut config = context::config(&cli, &overrides)?;
    observe::start(&config.log)?;
    if google(args) == seed::Google::Fake {
        // The server asks the fake Google as it would ask the real one, but on this machine.
        let loopback = ["127.0.0.0/8", "::1/128"];
        let loopback = loopback
            .iter()
            .filter_map(|network| network.parse::<Cidr>().ok());
        config.outbound.allow_cidrs.extend(loopback);
        config.outbound.allow_http = true;
    }
    // A second `dev` beside the first is no mistake: its operators' listener gives way.
    if let Some(address) = config.admin.listen
        && std::net::TcpListener::bind(address).is_err()
    {
        config.admin.listen = Some(SocketAddr::new(address.ip(), 0));
    }
    context::open_app(config, Schema::Migrate, Arc::new(ManualClock::running())).await
}

/// Which Google the login page offers.
fn google(args: &Dev) -> seed::Google {
    match (&args.google_client_id, &args.google_client_secret) {
        (Some(id), Some(secret)) => seed::Google::Real {
            client_id: id.clone(),
            client_secret: secret.clone(),
        },
        _ if args.no_demo => seed::Google::None,
        _ => seed::Google::Fake,
    }
}

/// Listens on both loopback addresses: `localhost` may mean either.
async fn listen(
    app: &App,
    port: u16,
    tls: Option<&Arc<ServerConfig>>,
    router: &Router,
) -> Result<Vec<(Server, Router)>> {
    let v4 = SocketAddr::from(([127, 0, 0, 1], port));
    let mut servers = vec![(server::bind(app, v4, tls.cloned()).await?, router.clone())];
    let v6 = SocketAddr::from((Ipv6Addr::LOCALHOST, port));
    match Server::bind(v6, tls.cloned(), app.config.server.limits).await {
        Ok(server) => servers.push((server, router.clone())),
        Err(error) => tracing::debug!(%error, "no IPv6 here"),
    }
    Ok(servers)
}

async fn start_demo(
    app: &App,
    tenant: &Tenant,
    port: u16,
    tls: Option<&Arc<ServerConfig>>,
    seeded: &Value,
    ca: Option<&LocalCa>,
) -> Result<Vec<(Server, Router)>> {
    let api = demo::api::router(tenant, seeded, ca.map(LocalCa::certificate))
        .context("the demo API cannot start")?;
    let mut servers = listen(app, port.saturating_add(1), tls, &api).await?;
    let spa = demo::spa::router(app, &tenant.id, seeded)?;
    servers.extend(listen(app, port.saturating_add(2), tls, &spa).await?);
    if seeded["google"]["fake"] == true {
        let google = demo::google::router(app, seeded).context("the fake Google cannot start")?;
        servers.extend(listen(app, port.saturating_add(3), None, &google).await?);
    }
    Ok(servers)
}

/// Tells everything that is needed to begin.
fn print(tenant: &Tenant, dev: &Value, data: &Path, no_demo: bool) {
    let terminal = ui::stderr_is_terminal();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut lines = vec![("issuer", tenant.issuer.to_string())];
    if !no_demo {
        lines.push(("start here", format!("{}/", text(&dev["demo_spa_url"]))));
        lines.push(("demo API", format!("{}/orders", text(&dev["demo_api_url"]))));
    }
    lines.push(("dashboard", tenant.issuer.join("dashboard/")));
    lines.push(("mails", tenant.issuer.join("dev/outbox")));
    lines.push(("user", text(&dev["user"]["email"])));
    lines.push(("password", text(&dev["user"]["password"])));
    lines.push(("administrator", text(&dev["admin"]["email"])));
    lines.push(("password", text(&dev["admin"]["password"])));
    lines.push(("for scripts", data.join("dev.json").display().to_string()));
    if let Some(ca) = dev["ca"].as_str() {
        lines.push(("trust this CA", ca.to_owned()));
    }
    ui::note(&ui::paint(terminal, ui::BOLD, "\nAldgate is ready.\n"));
    for (name, value) in lines {
        ui::note(&format!(
            "  {}{value}",
            ui::paint(terminal, ui::DIM, &format!("{name:<15}"))
        ));
    }
    ui::note("\nStop with Ctrl-C.");
}
