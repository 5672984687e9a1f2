//! What a browser and its application do: log in, get a code, redeem it, refresh.

use std::collections::BTreeMap;

use anyhow::Context;
use url::Url;

use crate::http::{self, Answer, Connection};
use crate::server::{self, CALLBACK, PASSWORD, Server};

/// A PKCE pair; RFC 7636 appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// More redirects than this are a loop.
const REDIRECTS_MAX: usize = 10;

/// One browser: a connection and its cookies.
pub(crate) struct Browser {
    host: String,
    connection: Connection,
    cookies: BTreeMap<String, String>,
}

/// What an application asks for.
#[derive(Clone, Copy)]
pub(crate) struct Ask {
    /// The application.
    pub(crate) client_id: &'static str,
    /// The API, for an access token that is a JWT.
    pub(crate) audience: Option<&'static str>,
    /// Whether to ask for a refresh token.
    pub(crate) offline: bool,
}

impl Browser {
    /// A browser without cookies.
    pub(crate) async fn open(server: &Server) -> anyhow::Result<Self> {
        let connection = server.connect().await?;
        Ok(Self {
            host: server.host(),
            connection,
            cookies: BTreeMap::new(),
        })
    }

    /// The cookies, for [`Browser::with_cookies`].
    pub(crate) fn cookies(&self) -> BTreeMap<String, String> {
        self.cookies.clone()
    }

    /// The same browser with other cookies.
    pub(crate) fn with_cookies(mut self, cookies: BTreeMap<String, String>) -> Self {
        self.cookies = cookies;
        self
    }

    /// The `Host` to send.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// Sends a request that carries no cookies.
    pub(crate) async fn send(&mut self, request: &[u8]) -> anyhow::Result<Answer> {
        self.connection.send(request).await
    }

    /// Another browser, with a connection of its own and without cookies.
    pub(crate) async fn stranger(&self) -> anyhow::Result<Self> {
        let (_, port) = self.host.rsplit_once(':').context("the host has a port")?;
        let connection = Connection::open(port.parse()?).await?;
        Ok(Self {
            host: self.host.clone(),
            connection,
            cookies: BTreeMap::new(),
        })
    }

    /// Logs in with the form and returns the code.
    pub(crate) async fn log_in(&mut self, ask: Ask, person: usize) -> anyhow::Result<String> {
        let answer = self.get(&authorize(ask)).await?;
        let (form, at) = match self.follow(answer).await? {
            End::Code(code) => return Ok(code),
            End::Page(page, at) => (page.text(), at),
        };
        let email = server::email(person);
        let mut fields = hidden_fields(&form);
        fields.push(("username".to_owned(), email));
        fields.push(("password".to_owned(), PASSWORD.to_owned()));
        fields.push(("action".to_owned(), "default".to_owned()));
        let fields: Vec<_> = fields
            .iter()
            .map(|(n, v)| (n.as_str(), v.as_str()))
            .collect();
        let cookie = self.cookie();
        let origin = format!("http://{}", self.host);
        let headers = [("cookie", cookie.as_str()), ("origin", origin.as_str())];
        let request = http::post(&self.host, &at, &headers, &fields);
        let answer = self.connection.send(&request).await?;
        self.keep_cookies(&answer);
        match self.follow(answer).await? {
            End::Code(code) => Ok(code),
            End::Page(page, at) => anyhow::bail!("no code, but {at}:\n{}", page.text()),
        }
    }

    /// Gets a code with the session that the browser has.
    pub(crate) async fn code(&mut self, ask: Ask) -> anyhow::Result<String> {
        let answer = self.get(&authorize(ask)).await?;
        match self.follow(answer).await? {
            End::Code(code) => Ok(code),
            End::Page(page, at) => anyhow::bail!("no code, but {at}:\n{}", page.text()),
        }
    }

    /// Redeems a code; the answer is the token response.
    pub(crate) async fn redeem(&mut self, ask: Ask, code: &str) -> anyhow::Result<Answer> {
        self.try_redeem(ask, code).await?.expect(200)
    }

    /// Redeems a code, perhaps in vain.
    pub(crate) async fn try_redeem(&mut self, ask: Ask, code: &str) -> anyhow::Result<Answer> {
        let fields = [
            ("grant_type", "authorization_code"),
            ("client_id", ask.client_id),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
            ("code", code),
        ];
        let request = http::post(&self.host, "/oauth/token", &[], &fields);
        self.connection.send(&request).await
    }

    /// Spends a refresh token; returns its successor.
    pub(crate) async fn refresh(&mut self, ask: Ask, token: &str) -> anyhow::Result<String> {
        let answer = self.try_refresh(ask, token).await?.expect(200)?;
        answer.json("refresh_token")
    }

    /// Spends a refresh token, perhaps in vain.
    pub(crate) async fn try_refresh(&mut self, ask: Ask, token: &str) -> anyhow::Result<Answer> {
        let fields = [
            ("grant_type", "refresh_token"),
            ("client_id", ask.client_id),
            ("refresh_token", token),
        ];
        let request = http::post(&self.host, "/oauth/token", &[], &fields);
        self.connection.send(&request).await
    }

    async fn get(&mut self, target: &str) -> anyhow::Result<Answer> {
        let cookie = self.cookie();
        let headers: &[(&str, &str)] = &[("cookie", cookie.as_str())];
        let headers = if cookie.is_empty() { &[] } else { headers };
        let request = http::get(&self.host, target, headers);
        let answer = self.connection.send(&request).await?;
        self.keep_cookies(&answer);
        Ok(answer)
    }

    /// Follows redirects within the server, to a page or to the application.
    async fn follow(&mut self, mut answer: Answer) -> anyhow::Result<End> {
        let base = Url::parse(&format!("http://{}/", self.host))?;
        let mut at = String::from("/");
        for _ in 0..REDIRECTS_MAX {
            if answer.status == 200 {
                return Ok(End::Page(answer, at));
            }
            let location = answer
                .header("location")
                .map(|location| base.join(location));
            let Some(location) = location.transpose()? else {
                anyhow::bail!("{} at {at}:\n{}", answer.status, answer.text());
            };
            if location.as_str().starts_with(CALLBACK) {
                let code = location.query_pairs().find(|(name, _)| name == "code");
                let code = code.with_context(|| format!("no code in {location}"))?.1;
                return Ok(End::Code(code.into_owned()));
            }
            at = location[url::Position::BeforePath..].to_owned();
            answer = self.get(&at).await?;
        }
        anyhow::bail!("more than {REDIRECTS_MAX} redirects")
    }

    fn cookie(&self) -> String {
        let pairs = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"));
        pairs.collect::<Vec<_>>().join("; ")
    }

    fn keep_cookies(&mut self, answer: &Answer) {
        for cookie in answer.headers("set-cookie") {
            let pair = cookie.split(';').next().unwrap_or_default();
            let Some((name, value)) = pair.split_once('=') else {
                continue;
            };
            if value.is_empty() || cookie.to_ascii_lowercase().contains("max-age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

enum End {
    Code(String),
    Page(Answer, String),
}

/// The address of an authorization request, path and query.
fn authorize(ask: Ask) -> String {
    let scope = if ask.offline {
        "openid email offline_access"
    } else {
        "openid email"
    };
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query
        .append_pair("client_id", ask.client_id)
        .append_pair("response_type", "code")
        .append_pair("redirect_uri", CALLBACK)
        .append_pair("scope", scope)
        .append_pair("state", "bench-state")
        .append_pair("nonce", "bench-nonce")
        .append_pair("code_challenge", CHALLENGE)
        .append_pair("code_challenge_method", "S256");
    if let Some(audience) = ask.audience {
        query.append_pair("audience", audience);
    }
    format!("/authorize?{}", query.finish())
}

/// Names and values of the hidden inputs of a page.
fn hidden_fields(page: &str) -> Vec<(String, String)> {
    let inputs = page
        .split("<input")
        .skip(1)
        .filter_map(|rest| rest.split('>').next());
    let hidden = inputs.filter(|input| input.contains("type=\"hidden\""));
    hidden
        .filter_map(|input| Some((attribute(input, "name")?, attribute(input, "value")?)))
        .collect()
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    let value = rest.split('"').next()?;
    let entities = [
        ("&#x2f;", "/"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&amp;", "&"),
    ];
    let value = entities.iter().fold(value.to_owned(), |value, (from, to)| {
        value.replace(from, to)
    });
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_fields_are_read_as_a_browser_would() {
        let page = r#"<form><input type="hidden" name="state" value="a&amp;b">
            <input type="text" name="username" value="x"></form>"#;
        assert_eq!(
            hidden_fields(page),
            [("state".to_owned(), "a&b".to_owned())]
        );
    }
}
