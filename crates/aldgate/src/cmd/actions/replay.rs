//! `aldgate actions replay`: the draft of an action over the last real logins.

use anyhow::{Context as _, Result, bail};
use http::Method;
use serde_json::{Value, json};

use crate::cli::{ActionsReplay, Cli};
use crate::cmd::api;
use crate::remote::Remote;
use crate::ui;

/// Finds the action by its name, or its id, and has the server replay its draft.
pub(super) async fn run(cli: &Cli, args: &ActionsReplay) -> Result<()> {
    let remote = Remote::connect(&args.server, &cli.data).await?;
    let id = id_of(&remote, &args.action).await?;
    let body = json!({"count": args.count, "allow_requests": args.allow_requests});
    let path = format!("/actions/actions/{id}/replay");
    let answer = remote.call(Method::POST, &path, Some(&body)).await?;
    if !answer.status.is_success() {
        return Err(api::refusal(&answer));
    }
    if args.output.json {
        ui::json(&answer.body);
    } else {
        show(&answer.body);
    }
    Ok(())
}

async fn id_of(remote: &Remote, action: &str) -> Result<String> {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("actionName", action)
        .finish();
    let path = format!("/actions/actions?{query}");
    let answer = remote.call(Method::GET, &path, None).await?;
    if !answer.status.is_success() {
        return Err(api::refusal(&answer)).context("the actions cannot be listed");
    }
    match answer.body["actions"][0]["id"].as_str() {
        Some(id) => Ok(id.to_owned()),
        None if action.len() == 36 => Ok(action.to_owned()),
        None => {
            bail!("there is no action {action:?}; `aldgate api get actions/actions` lists them")
        }
    }
}

fn show(replay: &Value) {
    let number = |member: &str| replay[member].as_u64().unwrap_or_default();
    let (replayed, changed) = (number("replayed"), number("changed"));
    if replayed == 0 {
        ui::result(
            "No events are kept. Switch the tenant's setting kept_action_events on, and log in.",
        );
        return;
    }
    ui::result(&format!("{replayed} logins, {changed} would differ"));
    for run in replay["runs"].as_array().into_iter().flatten() {
        let text = |member: &str| run[member].as_str().unwrap_or("-").to_owned();
        let (before, after) = (text("before"), text("after"));
        let claims = claims(run);
        if before == after && claims.is_empty() {
            continue;
        }
        let end = match before == after {
            true => after,
            false => format!("{before} → {after}"),
        };
        ui::result(&format!("{} {}: {end}", text("at"), text("user_id")));
        for [token, claim, before, after] in claims {
            ui::result(&format!("  {token} {claim}: {before} → {after}"));
        }
    }
    for (member, unit, divisor) in [
        ("wall_us", "ms", 1000),
        ("heap_bytes", "KiB", 1024),
        ("claims_bytes", "bytes of claims", 1),
    ] {
        let value = |name: &str| replay[member][name].as_u64().unwrap_or_default() / divisor;
        let (most, limit) = (value("most"), value("limit"));
        ui::result(&format!("at most {most} of {limit} {unit}"));
    }
}

/// What differs in the tokens: token, claim, before, after.
fn claims(run: &Value) -> Vec<[String; 4]> {
    let of = |member: &'static str| {
        let all = run[member].as_array().into_iter().flatten();
        all.map(move |one| {
            let shown = |name: &str| match &one[name] {
                Value::Null => "–".to_owned(),
                value => value.to_string(),
            };
            let claim = one["claim"].as_str().unwrap_or_default().to_owned();
            [
                member.replace('_', " "),
                claim,
                shown("before"),
                shown("after"),
            ]
        })
    };
    of("id_token").chain(of("access_token")).collect()
}
