//! `aldgate token explain`: the token doctor on the command line.

use std::io::Read as _;

use aldgate_app::App;
use aldgate_core::tenant::Tenant;
use aldgate_jose::JwkSet;
use aldgate_verify::explain::{Context, Explanation, explain, render};
use anyhow::{Context as _, Result, anyhow};

use crate::cli::{Cli, Token};
use crate::{context, ui};

/// The most that is read from stdin: a token within the output of `curl -v`.
const INPUT_BYTES_MAX: u64 = 1 << 20;

/// The database as far as it is known here: without one, the token is explained by itself.
struct Known {
    app: App,
    tenant: Tenant,
}

/// Explains; fails (exit code 1) if the API would not accept the token.
pub(crate) async fn run(cli: &Cli, command: &Token) -> Result<()> {
    let Token::Explain {
        token,
        api,
        tenant,
        output,
    } = command;
    let text = if token == "-" {
        read_stdin()?
    } else {
        token.clone()
    };
    let known = match cli.data.exists() || cli.config.is_some() {
        true => Some(context::open(cli, &tenant.tenant).await?),
        false => None,
    };
    let known = known.map(|(app, tenant)| Known { app, tenant });
    let explanation = explain(&text, &facts(known.as_ref(), api.as_deref()).await?);
    print(&explanation, output.json)?;
    if explanation.verdict.accepted {
        Ok(())
    } else {
        Err(anyhow!("not accepted: {}", explanation.verdict.summary))
    }
}

/// What the doctor may know: the tenant's issuer and keys, and the API asked about.
async fn facts(known: Option<&Known>, api: Option<&str>) -> Result<Context> {
    let now = aldgate_app::clock::Clock::now(&aldgate_app::clock::SystemClock);
    let mut context = Context {
        now_seconds: u64::try_from(now.seconds()).unwrap_or(0),
        audience: api.map(str::to_owned),
        ..Context::default()
    };
    let Some(Known { app, tenant }) = known else {
        return Ok(context);
    };
    context.issuer = Some(tenant.issuer.to_string());
    context.dashboard = Some(tenant.issuer.join("dashboard"));
    let ring = app.key_ring(&tenant.id).await?;
    context.keys = Some(JwkSet::parse(ring.key_set().body()).context("the tenant's keys")?);
    let registered = match api {
        Some(identifier) => app.api(&tenant.id, identifier, now).await?,
        None => None,
    };
    if let (Some(identifier), None) = (api, &registered) {
        ui::note(&format!(
            "The tenant has no API {identifier:?}; the checks take your word for it."
        ));
    }
    context.api_id = registered.map(|api| api.id.to_string());
    Ok(context)
}

fn print(explanation: &Explanation, as_json: bool) -> Result<()> {
    if as_json {
        ui::json(&serde_json::to_value(explanation)?);
        return Ok(());
    }
    let style = if ui::stdout_is_terminal() {
        render::Style::Ansi
    } else {
        render::Style::Plain
    };
    ui::result(render::text(explanation, style).trim_end());
    Ok(())
}

fn read_stdin() -> Result<String> {
    let mut bytes = Vec::new();
    let mut stdin = std::io::stdin().take(INPUT_BYTES_MAX);
    stdin.read_to_end(&mut bytes).context("cannot read stdin")?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
