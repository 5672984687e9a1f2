//! The exact change that makes it work, as code to copy.

use serde::Serialize;

use super::Context;
use crate::reason::Reason;

/// What to change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// In words.
    pub text: String,
    /// As code.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub snippets: Vec<Snippet>,
    /// Where in the dashboard.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dashboard: Option<String>,
}

/// Code to copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Snippet {
    /// For which library or tool.
    pub title: &'static str,
    /// `js` or `sh`.
    pub language: &'static str,
    /// The code.
    pub code: String,
}

/// Stands in snippets where no application is known.
const PLACE_FOR_CLIENT: &str = "YOUR_CLIENT_ID";

/// The names to write into snippets.
pub(super) struct Names {
    domain: String,
    issuer: String,
    client: String,
    audience: String,
    scopes: Vec<String>,
    dashboard: Option<String>,
    api_id: Option<String>,
}

impl Names {
    pub(super) fn new(context: &Context, issuer: Option<&str>, client: &Option<String>) -> Self {
        let issuer = context
            .issuer
            .as_deref()
            .or(issuer)
            .unwrap_or("https://YOUR_DOMAIN/");
        let domain = issuer.split_once("://").map_or(issuer, |(_, rest)| rest);
        Self {
            domain: domain.trim_end_matches('/').to_owned(),
            issuer: format!("{}/", issuer.trim_end_matches('/')),
            client: client.clone().unwrap_or_else(|| PLACE_FOR_CLIENT.into()),
            audience: context
                .audience
                .clone()
                .unwrap_or_else(|| "YOUR_API_IDENTIFIER".into()),
            scopes: context.scopes.clone(),
            dashboard: context.dashboard.clone(),
            api_id: context.api_id.clone(),
        }
    }

    /// Placeholders instead of names.
    pub(super) fn placeholders() -> Self {
        Self {
            domain: "{domain}".into(),
            issuer: "{issuer}".into(),
            client: "{client}".into(),
            audience: "{audience}".into(),
            scopes: Vec::new(),
            dashboard: None,
            api_id: None,
        }
    }

    fn scope(&self) -> String {
        let mut scopes = vec![
            "openid".to_owned(),
            "profile".to_owned(),
            "email".to_owned(),
        ];
        scopes.extend(self.scopes.iter().cloned());
        scopes.join(" ")
    }

    /// The address of a page: of the thing itself where its id is known, else of the list.
    fn link(&self, page: &str) -> Option<String> {
        let base = self.dashboard.as_ref()?.trim_end_matches('/');
        let id = match page {
            "apis" => self.api_id.as_deref(),
            "applications" => Some(&*self.client),
            _ => None,
        };
        // What a token says of its application may be anything.
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        Some(
            match id.filter(|id| id.bytes().all(is_plain) && *id != PLACE_FOR_CLIENT) {
                Some(id) => format!("{base}/{page}/{id}"),
                None => format!("{base}/{page}"),
            },
        )
    }
}

/// Advice on a reason.
pub(super) fn advise(reason: &Reason, names: &Names) -> Change {
    let snippets = match reason {
        Reason::IdToken { .. }
        | Reason::Opaque { .. }
        | Reason::WrongAudience { .. }
        | Reason::WrongKind { .. }
        | Reason::ScopeMissing { .. } => ask_with_audience(names),
        Reason::Expired { .. } | Reason::Inactive => renew(),
        Reason::NoToken | Reason::Malformed(_) | Reason::Request(_) => call(),
        Reason::ClaimMissing { .. } | Reason::ClaimMismatch { .. } => claim(),
        Reason::WrongIssuer {
            actual: Some(actual),
            ..
        } => trust(actual, names),
        _ => Vec::new(),
    };
    Change {
        text: reason.remedy(),
        snippets,
        dashboard: page(reason).and_then(|page| names.link(page)),
    }
}

/// The page of the dashboard where the change is made.
pub(super) const fn page(reason: &Reason) -> Option<&'static str> {
    match reason {
        Reason::IdToken { .. }
        | Reason::Opaque { .. }
        | Reason::WrongAudience { .. }
        | Reason::WrongKind { .. }
        | Reason::ScopeMissing { .. } => Some("apis"),
        Reason::Symmetric { .. }
        | Reason::AlgorithmNotAllowed { .. }
        | Reason::ApplicationNotAllowed { .. } => Some("applications"),
        Reason::Inactive | Reason::KeyUnknown { .. } => Some("logs"),
        Reason::ClaimMissing { .. } | Reason::ClaimMismatch { .. } => Some("actions"),
        _ => None,
    }
}

fn ask_with_audience(names: &Names) -> Vec<Snippet> {
    let (domain, client, audience) = (
        quote(&names.domain),
        quote(&names.client),
        quote(&names.audience),
    );
    let scope = quote(&names.scope());
    let auth0_js = format!(
        "new auth0.WebAuth({{\n  domain: {domain},\n  clientID: {client},\n  audience: {audience}, \
         // the API's identifier\n  scope: {scope},\n  \
         responseType: 'token id_token',\n  redirectUri: window.location.origin,\n}});\n\
         // then send authResult.accessToken, not authResult.idToken"
    );
    let spa_js = format!(
        "const auth0 = await createAuth0Client({{\n  domain: {domain},\n  clientId: {client},\n  \
         authorizationParams: {{ audience: {audience}, scope: {scope} }},\n}});\n\
         const token = await auth0.getTokenSilently();"
    );
    let curl = format!(
        "curl --request POST '{}oauth/token' \\\n  --data grant_type=client_credentials \\\n  \
         --data-urlencode client_id={} \\\n  \
         --data-urlencode client_secret=\"$CLIENT_SECRET\" \\\n  \
         --data-urlencode audience={}",
        shell(&names.issuer),
        shell_quote(&names.client),
        shell_quote(&names.audience),
    );
    vec![
        Snippet {
            title: "auth0.js",
            language: "js",
            code: auth0_js,
        },
        Snippet {
            title: "@auth0/auth0-spa-js",
            language: "js",
            code: spa_js,
        },
        Snippet {
            title: "curl, for a machine",
            language: "sh",
            code: curl,
        },
    ]
}

fn renew() -> Vec<Snippet> {
    vec![
        Snippet {
            title: "auth0.js",
            language: "js",
            code: "webAuth.checkSession({}, (error, result) => { /* result.accessToken */ });"
                .into(),
        },
        Snippet {
            title: "@auth0/auth0-spa-js",
            language: "js",
            code: "const token = await auth0.getTokenSilently(); // renews when needed".into(),
        },
    ]
}

fn call() -> Vec<Snippet> {
    vec![
        Snippet {
            title: "fetch",
            language: "js",
            code: "fetch(url, { headers: { Authorization: `Bearer ${accessToken}` } });".into(),
        },
        Snippet {
            title: "curl",
            language: "sh",
            code: "curl --header \"Authorization: Bearer $ACCESS_TOKEN\" \"$URL\"".into(),
        },
    ]
}

fn claim() -> Vec<Snippet> {
    vec![Snippet {
        title: "post-login action",
        language: "js",
        code: "exports.onExecutePostLogin = async (event, api) => {\n  \
               api.accessToken.setCustomClaim('https://my-api/email', event.user.email);\n};"
            .into(),
    }]
}

fn trust(actual: &str, names: &Names) -> Vec<Snippet> {
    vec![Snippet {
        title: "aldgate-verify",
        language: "rust",
        code: format!("Verifier::builder({:?}, {:?})", actual, names.audience),
    }]
}

/// A JavaScript string in single quotes.
fn quote(text: &str) -> String {
    let escaped = text
        .replace('\\', "\\\\")
        .replace('\'', "\\'")
        .replace(['\n', '\r'], " ");
    format!("'{escaped}'")
}

/// A word for the shell.
fn shell_quote(text: &str) -> String {
    format!("'{}'", shell(text))
}

fn shell(text: &str) -> String {
    text.replace('\'', r"'\''")
}
