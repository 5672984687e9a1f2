//! `aldgate doctor`: checks configuration, database, clock, keys and whether the issuer answers.

use std::sync::Arc;
use std::time::Duration;

use aldgate_app::App;
use aldgate_app::clock::{Clock as _, SystemClock};
use aldgate_core::id::TenantId;
use aldgate_core::time::Timestamp;
use anyhow::{Result, bail};
use serde_json::{Value, json};

use crate::cli::{Cli, Json};
use crate::context::{self, Schema};
use crate::ui;

/// One check and what came of it.
struct Check {
    name: &'static str,
    verdict: Verdict,
    detail: String,
}

enum Verdict {
    Fine,
    Attention,
    Broken,
}

/// Runs every check; fails if one is broken.
pub(crate) async fn run(cli: &Cli, output: &Json) -> Result<()> {
    let mut checks = Vec::new();
    match context::config(cli, &[]) {
        Err(error) => checks.push(broken("configuration", format!("{error:#}"))),
        Ok(config) => {
            checks.push(fine(
                "configuration",
                format!("data under {}", config.data.display()),
            ));
            match context::open_app(config, Schema::Require, Arc::new(SystemClock)).await {
                Err(error) => checks.push(broken("database", format!("{error:#}"))),
                Ok(app) => examine(&app, &mut checks).await,
            }
        }
    }
    checks.push(check_clock());
    print(&checks, output.json);
    if checks
        .iter()
        .any(|check| matches!(check.verdict, Verdict::Broken))
    {
        bail!("something is broken; see above");
    }
    Ok(())
}

async fn examine(app: &App, checks: &mut Vec<Check>) {
    checks.push(fine(
        "database",
        format!("{}, migrated", app.store.engine_name()),
    ));
    let tenant = match app.tenant(&TenantId::default()).await {
        Ok(Some(tenant)) => tenant,
        Ok(None) => {
            checks.push(attention(
                "tenant",
                "none yet: start the server once".to_owned(),
            ));
            return;
        }
        Err(error) => {
            checks.push(broken("tenant", error.to_string()));
            return;
        }
    };
    let configured = app.config.server.public_url.as_str();
    checks.push(if tenant.issuer.as_str() == configured {
        fine("issuer", configured.to_owned())
    } else {
        let text = format!(
            "the database says {}, the configuration {configured}; the next `serve` takes the latter",
            tenant.issuer
        );
        attention("issuer", text)
    });
    checks.push(match app.key_ring(&tenant.id).await {
        Ok(ring) if !ring.keys().is_empty() => fine(
            "keys",
            format!(
                "{} signing keys open with the master key",
                ring.keys().len()
            ),
        ),
        Ok(_) => broken("keys", "the default tenant has no signing key".to_owned()),
        Err(error) => broken("keys", format!("{error}; is this the right master key?")),
    });
    checks.push(
        reach(
            tenant.issuer.as_str(),
            &tenant.issuer.join(".well-known/openid-configuration"),
        )
        .await,
    );
}

/// Asks the issuer for its discovery document, as any client would.
#[expect(
    clippy::disallowed_methods,
    reason = "the doctor asks as a stranger would"
)]
async fn reach(issuer: &str, url: &str) -> Check {
    let client = reqwest::Client::builder()
        .timeout(Duration::from_secs(5))
        .redirect(reqwest::redirect::Policy::none())
        .build();
    let asked = match client {
        Ok(client) => client.get(url).send().await,
        Err(error) => return broken("reachability", error.to_string()),
    };
    let body: Result<Value, reqwest::Error> = match asked {
        Ok(answer) => answer.json().await,
        Err(error) => Err(error),
    };
    match body {
        Ok(document) if document["issuer"] == issuer => {
            fine("reachability", format!("{url} answers"))
        }
        Ok(document) => broken(
            "reachability",
            format!(
                "{url} answers for issuer {}, expected {issuer}",
                document["issuer"]
            ),
        ),
        Err(error) => attention(
            "reachability",
            format!("{url}: {error}; is the server running?"),
        ),
    }
}

/// Tokens carry times, so a clock that is years off breaks every client.
fn check_clock() -> Check {
    let now = SystemClock.now();
    let built = Timestamp::from_seconds(1_790_000_000);
    if now < built {
        broken(
            "clock",
            format!("{now} is before this program was made; set the clock"),
        )
    } else {
        fine("clock", now.to_string())
    }
}

fn fine(name: &'static str, detail: String) -> Check {
    Check {
        name,
        verdict: Verdict::Fine,
        detail,
    }
}

fn attention(name: &'static str, detail: String) -> Check {
    Check {
        name,
        verdict: Verdict::Attention,
        detail,
    }
}

fn broken(name: &'static str, detail: String) -> Check {
    Check {
        name,
        verdict: Verdict::Broken,
        detail,
    }
}

fn print(checks: &[Check], as_json: bool) {
    let word = |check: &Check| match check.verdict {
        Verdict::Fine => ("ok", ui::GREEN),
        Verdict::Attention => ("look", ui::YELLOW),
        Verdict::Broken => ("broken", ui::RED),
    };
    if as_json {
        let list: Vec<Value> = checks
            .iter()
            .map(|c| json!({"check": c.name, "verdict": word(c).0, "detail": c.detail}))
            .collect();
        ui::json(&json!(list));
        return;
    }
    let terminal = ui::stdout_is_terminal();
    for check in checks {
        let (text, style) = word(check);
        let verdict = ui::paint(terminal, style, &format!("{text:<6}"));
        ui::result(&format!("{verdict}  {:<14}{}", check.name, check.detail));
    }
}
