//! The Management API of a running server, over HTTP: a token by client credentials, then calls.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use http::Method;
use reqwest::{Certificate, Client, redirect};
use serde_json::{Value, json};

use aldgate_manage::Answer;

use crate::cli::Server;

/// The longest answer that is read, in bytes.
const ANSWER_BYTES_MAX: usize = 64 << 20;

/// A server and a token for its Management API.
pub(crate) struct Remote {
    client: Client,
    base: String,
    token: String,
}

impl Remote {
    /// Gets a token. What the flags and the environment leave out comes from `DATA/dev.json`,
    /// which `aldgate dev` writes.
    pub(crate) async fn connect(server: &Server, data: &Path) -> Result<Self> {
        let known = Known::gather(server, data)?;
        let client = client(known.ca.as_deref())?;
        let issuer = known.issuer;
        let answer = client
            .post(format!("{issuer}oauth/token"))
            .json(&json!({
                "grant_type": "client_credentials",
                "client_id": known.id,
                "client_secret": known.secret,
                "audience": known.audience,
            }))
            .send()
            .await
            .map_err(|error| unreachable(&issuer, &error))?;
        let (status, body) = read(answer).await?;
        let Some(token) = body["access_token"].as_str() else {
            let told = body["error_description"].as_str().unwrap_or_default();
            bail!("{issuer}oauth/token answered {status}: {told}");
        };
        Ok(Self {
            client,
            base: format!("{issuer}api/v2"),
            token: token.to_owned(),
        })
    }

    /// Does one operation. A refusal is an [`Answer`].
    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Answer> {
        let url = format!("{}{path}", self.base);
        let mut request = self.client.request(method, &url).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request
            .send()
            .await
            .map_err(|error| unreachable(&url, &error))?;
        let (status, body) = read(answer).await?;
        Ok(Answer { status, body })
    }
}

/// Where the server is, and who calls.
struct Known {
    issuer: String,
    audience: String,
    id: String,
    secret: String,
    ca: Option<PathBuf>,
}

impl Known {
    fn gather(server: &Server, data: &Path) -> Result<Self> {
        let file = data.join("dev.json");
        let dev: Value = match std::fs::read(&file) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .with_context(|| format!("{} is not JSON", file.display()))?,
            Err(_) => Value::Null,
        };
        let text = |pointer: &str| dev.pointer(pointer).and_then(Value::as_str);
        let issuer = match (&server.domain, text("/issuer")) {
            (Some(domain), _) => issuer_of(domain),
            (None, Some(issuer)) => issuer.to_owned(),
            (None, None) => bail!(
                "which server? Pass --domain or set ALDGATE_DOMAIN; or point --data to the \
                 directory of `aldgate dev`; or add --local to work on the database"
            ),
        };
        let given = |flag: &Option<String>, pointer: &str, name: &str| {
            let found = flag.clone().or_else(|| text(pointer).map(str::to_owned));
            found.ok_or_else(|| {
                anyhow!(
                    "no credentials for {issuer}: pass --{name}, or set its variable; `aldgate \
                     credentials create` makes some"
                )
            })
        };
        let id = given(&server.client_id, "/management/client_id", "client-id")?;
        let secret = "/management/client_secret";
        let secret = given(&server.client_secret, secret, "client-secret")?;
        let audience = server.audience.clone();
        Ok(Self {
            audience: audience.unwrap_or_else(|| format!("{issuer}api/v2/")),
            id,
            secret,
            ca: server.ca.clone().or_else(|| text("/ca").map(PathBuf::from)),
            issuer,
        })
    }
}

/// `id.example.com`, `localhost:4455`, `https://id.example.com/`: the issuer that is meant.
fn issuer_of(domain: &str) -> String {
    let domain = domain.trim_end_matches('/');
    match domain.contains("://") {
        true => format!("{domain}/"),
        false => format!("https://{domain}/"),
    }
}

/// The operator names the server, so the address policy of what strangers name is not for here.
#[expect(
    clippy::disallowed_methods,
    reason = "the operator of the command line chooses the address"
)]
fn client(ca: Option<&Path>) -> Result<Client> {
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    let mut builder = Client::builder()
        .redirect(redirect::Policy::none())
        .user_agent(concat!("aldgate/", env!("CARGO_PKG_VERSION")));
    if let Some(ca) = ca {
        let pem = std::fs::read(ca).with_context(|| format!("cannot read {}", ca.display()))?;
        for certificate in Certificate::from_pem_bundle(&pem)? {
            builder = builder.add_root_certificate(certificate);
        }
    }
    builder.build().context("no TLS")
}

async fn read(mut answer: reqwest::Response) -> Result<(http::StatusCode, Value)> {
    let status = answer.status();
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.context("the answer broke off")? {
        if bytes.len() + chunk.len() > ANSWER_BYTES_MAX {
            bail!("the answer is longer than {ANSWER_BYTES_MAX} bytes");
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok((status, serde_json::from_slice(&bytes).unwrap_or_default()))
}

/// What went wrong, down to its cause: reqwest itself only says that sending failed.
fn unreachable(url: &str, error: &reqwest::Error) -> anyhow::Error {
    let mut text = format!("{url} cannot be reached");
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    if text.contains("certificate") {
        text += "; pass the authority's certificate with --ca";
    }
    anyhow!(text)
}

#[cfg(test)]
mod tests {
    use super::issuer_of;

    #[test]
    fn a_domain_may_be_written_in_several_ways() {
        assert_eq!(issuer_of("id.example.com"), "https://id.example.com/");
        assert_eq!(
            issuer_of("http://localhost:4455/"),
            "http://localhost:4455/"
        );
    }
}
