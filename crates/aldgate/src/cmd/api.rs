//! `aldgate api`: one call of the Management API, of a running server or on the database itself.

use std::io::Read as _;

use aldgate_manage::{Answer, Local};
use anyhow::{Context as _, Result, anyhow, bail};
use http::Method;
use serde_json::Value;

use crate::cli::{Api, Cli};
use crate::remote::Remote;
use crate::{context, ui};

/// The longest body that is read from stdin, in bytes.
const BODY_BYTES_MAX: u64 = 16 << 20;

/// Runs the command: the answer on stdout, indented for people and on one line for programs.
pub(crate) async fn run(cli: &Cli, args: &Api) -> Result<()> {
    let method = args.method.to_ascii_uppercase();
    let known = ["GET", "POST", "PATCH", "PUT", "DELETE"];
    if !known.contains(&method.as_str()) {
        bail!("METHOD: {} is none of {}", args.method, known.join(", "));
    }
    let method: Method = method.parse().context("METHOD")?;
    let path = path_of(&args.path);
    let body = body_of(args.body.as_deref())?;
    let answer = if args.local {
        let (app, tenant) = context::open(cli, &args.tenant.tenant).await?;
        let answer = Local::new(&app, tenant)
            .call(method, &path, body.as_ref())
            .await;
        app.events.flush().await;
        answer.with_context(|| format!("PATH: {path} is no path"))?
    } else {
        let remote = Remote::connect(&args.server, &cli.data).await?;
        remote.call(method, &path, body.as_ref()).await?
    };
    if !answer.status.is_success() {
        return Err(refusal(&answer));
    }
    if !answer.body.is_null() {
        let text = if ui::stdout_is_terminal() {
            format!("{:#}", answer.body)
        } else {
            answer.body.to_string()
        };
        ui::result(&text);
    }
    Ok(())
}

/// `clients`, `/clients` and `/api/v2/clients` mean the same.
fn path_of(path: &str) -> String {
    let path = path.trim_start_matches('/');
    let path = path.strip_prefix("api/v2/").unwrap_or(path);
    // Users' ids hold a bar, which URLs must not.
    format!("/{}", path.replace('|', "%7C"))
}

fn body_of(given: Option<&str>) -> Result<Option<Value>> {
    let text = match given {
        None => return Ok(None),
        Some("-") => {
            let mut text = String::new();
            let stdin = std::io::stdin().take(BODY_BYTES_MAX);
            { stdin }
                .read_to_string(&mut text)
                .context("cannot read stdin")?;
            text
        }
        Some(text) => text.to_owned(),
    };
    let body = serde_json::from_str(&text).map_err(|error| anyhow!("JSON: {error}"))?;
    Ok(Some(body))
}

/// The envelope in words: cause, expected, actual, remedy.
pub(crate) fn refusal(answer: &Answer) -> anyhow::Error {
    let text = |member: &str| answer.body[member].as_str();
    let mut lines = vec![format!(
        "{}: {}",
        answer.status,
        text("message").unwrap_or("no reason was given")
    )];
    let more = ["expected", "actual", "remedy"];
    for (name, value) in more.iter().filter_map(|name| Some((name, text(name)?))) {
        lines.push(format!("  {name:<9} {value}"));
    }
    anyhow!(lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_path_may_be_written_in_several_ways() {
        for path in ["clients", "/clients", "/api/v2/clients", "api/v2/clients"] {
            assert_eq!(path_of(path), "/clients");
        }
        assert_eq!(path_of("users/auth0|1"), "/users/auth0%7C1");
    }

    #[test]
    fn a_refusal_says_expected_actual_and_remedy() {
        let answer = Answer {
            status: http::StatusCode::BAD_REQUEST,
            body: json!({"message": "No.", "expected": "a", "actual": "b", "remedy": "Do c."}),
        };
        assert_eq!(
            refusal(&answer).to_string(),
            "400 Bad Request: No.\n  expected  a\n  actual    b\n  remedy    Do c."
        );
    }
}
