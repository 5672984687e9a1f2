//! Code to begin with, with the real names filled in.

use serde::Serialize;

/// What stands in the snippets.
#[derive(Clone, Debug)]
pub(super) struct Names {
    /// The tenant's issuer, with its slash.
    pub(super) issuer: String,
    /// What Auth0's SDKs call the domain: host and port.
    pub(super) domain: String,
    /// The application.
    pub(super) client_id: String,
    /// Where it returns to after a login.
    pub(super) callback: String,
    /// The API's identifier.
    pub(super) audience: String,
    /// The scopes to ask for besides those of OpenID Connect; may be empty.
    pub(super) scope: String,
}

/// A stack one can choose.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Stack {
    pub(super) id: &'static str,
    pub(super) label: &'static str,
    #[serde(skip)]
    code: &'static str,
    /// What to install first.
    pub(super) install: &'static str,
}

/// A piece of code to copy.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Snippet {
    pub(super) label: &'static str,
    pub(super) install: &'static str,
    pub(super) code: String,
}

/// For applications in the browser.
pub(super) const APPLICATIONS: [Stack; 3] = [
    Stack {
        id: "spa-js",
        label: "auth0-spa-js",
        install: "npm install @auth0/auth0-spa-js",
        code: SPA_JS,
    },
    Stack {
        id: "react",
        label: "React",
        install: "npm install @auth0/auth0-react",
        code: REACT,
    },
    Stack {
        id: "auth0-js",
        label: "auth0.js",
        install: "npm install auth0-js",
        code: AUTH0_JS,
    },
];

/// For APIs.
pub(super) const APIS: [Stack; 5] = [
    Stack {
        id: "express",
        label: "Express",
        install: "npm install express express-oauth2-jwt-bearer",
        code: EXPRESS,
    },
    Stack {
        id: "axum",
        label: "axum",
        install: "cargo add aldgate-verify --features axum,http-client",
        code: AXUM,
    },
    Stack {
        id: "ktor",
        label: "Ktor",
        install: "implementation(\"io.ktor:ktor-server-auth-jwt\")",
        code: KTOR,
    },
    Stack {
        id: "fastapi",
        label: "FastAPI",
        install: "pip install fastapi uvicorn \"pyjwt[crypto]\"",
        code: FASTAPI,
    },
    Stack {
        id: "curl",
        label: "curl",
        install: "",
        code: CURL,
    },
];

/// The stack of that name, or the first.
pub(super) fn choose(stacks: &'static [Stack], id: &str) -> &'static Stack {
    stacks
        .iter()
        .find(|stack| stack.id == id)
        .unwrap_or(&stacks[0])
}

impl Stack {
    /// Its code with the names filled in.
    pub(super) fn fill(&self, names: &Names) -> Snippet {
        // auth0-spa-js takes an origin where the server speaks http, as on a developer's machine.
        let spa_domain = match names.issuer.starts_with("https://") {
            true => names.domain.clone(),
            false => names.issuer.trim_end_matches('/').to_owned(),
        };
        let values = [
            ("{spa_domain}", &spa_domain),
            ("{issuer}", &names.issuer),
            ("{domain}", &names.domain),
            ("{client_id}", &names.client_id),
            ("{callback}", &names.callback),
            ("{audience}", &names.audience),
        ];
        let scope = match names.scope.is_empty() {
            true => "openid profile email".to_owned(),
            false => format!("openid profile email {}", names.scope),
        };
        let code = self.code.trim_start().replace("{scope}", &scope);
        let code = values
            .iter()
            .fold(code, |code, (name, value)| code.replace(name, value));
        Snippet {
            label: self.label,
            install: self.install,
            code,
        }
    }
}

const SPA_JS: &str = r#"
import { createAuth0Client } from "@auth0/auth0-spa-js";

const auth0 = await createAuth0Client({
  domain: "{spa_domain}",
  clientId: "{client_id}",
  authorizationParams: {
    redirect_uri: "{callback}",
    audience: "{audience}", // makes the access token one for your API
    scope: "{scope}",
  },
});

if (location.search.includes("code=")) {
  await auth0.handleRedirectCallback();
  history.replaceState({}, "", location.pathname);
}
if (!(await auth0.isAuthenticated())) await auth0.loginWithRedirect();

const token = await auth0.getTokenSilently();
const answer = await fetch("http://localhost:8080/orders", {
  headers: { authorization: `Bearer ${token}` },
});
console.log(await answer.json());
"#;

const REACT: &str = r#"
import { Auth0Provider, useAuth0 } from "@auth0/auth0-react";

// Around your application:
<Auth0Provider
  domain="{spa_domain}"
  clientId="{client_id}"
  authorizationParams={{
    redirect_uri: "{callback}",
    audience: "{audience}", // makes the access token one for your API
    scope: "{scope}",
  }}
>
  <App />
</Auth0Provider>;

// In a component:
const { isAuthenticated, loginWithRedirect, getAccessTokenSilently } = useAuth0();
if (!isAuthenticated) return <button onClick={() => loginWithRedirect()}>Log in</button>;

const token = await getAccessTokenSilently();
const answer = await fetch("http://localhost:8080/orders", {
  headers: { authorization: `Bearer ${token}` },
});
"#;

const AUTH0_JS: &str = r#"
import auth0 from "auth0-js";

const webAuth = new auth0.WebAuth({
  domain: "{domain}",
  clientID: "{client_id}",
  redirectUri: "{callback}",
  responseType: "token id_token",
  audience: "{audience}", // makes the access token one for your API
  scope: "{scope}",
});

webAuth.parseHash((error, result) => {
  if (error) return console.error(error);
  if (!result) return webAuth.authorize();
  location.hash = "";
  // The access token, not the ID token: the API is its audience.
  fetch("http://localhost:8080/orders", {
    headers: { authorization: `Bearer ${result.accessToken}` },
  });
});
"#;

const EXPRESS: &str = r#"
import express from "express";
import { auth } from "express-oauth2-jwt-bearer";

const app = express();
app.use(auth({ issuerBaseURL: "{issuer}", audience: "{audience}" }));
app.get("/orders", (request, response) => {
  response.json({ user: request.auth.payload.sub, orders: ["a lamp", "a book"] });
});
app.listen(8080);
"#;

const AXUM: &str = r#"
use aldgate_verify::{AccessToken, Verifier, VerifyLayer};
use axum::{Router, routing::get};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let verifier = Verifier::builder("{issuer}", "{audience}").build()?;
    let app = Router::new()
        .route("/orders", get(orders))
        .layer(VerifyLayer::new(verifier));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
    Ok(axum::serve(listener, app).await?)
}

async fn orders(token: AccessToken) -> String {
    format!("Orders of {}\n", token.subject().unwrap_or("nobody"))
}
"#;

const KTOR: &str = r#"
val issuer = "{issuer}"
val jwkProvider = JwkProviderBuilder(issuer)
    .cached(10, 24, TimeUnit.HOURS)
    .rateLimited(10, 1, TimeUnit.MINUTES)
    .build()

install(Authentication) {
    jwt {
        verifier(jwkProvider, issuer) {
            withAudience("{audience}") // the API's identifier, not a client id
            acceptLeeway(5)
        }
        validate { credential -> JWTPrincipal(credential.payload) }
    }
}
routing {
    authenticate {
        get("/orders") { call.respondText("Orders of \
             ${call.principal<JWTPrincipal>()?.subject}\n") }
    }
}
"#;

const FASTAPI: &str = r#"
import jwt
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPBearer

keys = jwt.PyJWKClient("{issuer}.well-known/jwks.json")
app = FastAPI()


def caller(bearer=Depends(HTTPBearer())):
    try:
        key = keys.get_signing_key_from_jwt(bearer.credentials).key
        return jwt.decode(
            bearer.credentials,
            key,
            algorithms=["RS256", "ES256", "PS256", "EdDSA"],
            issuer="{issuer}",
            audience="{audience}",  # the API's identifier, not a client id
        )
    except jwt.PyJWTError as error:
        raise HTTPException(401, str(error)) from error


@app.get("/orders")
def orders(token=Depends(caller)):
    return {"user": token["sub"], "orders": ["a lamp", "a book"]}
"#;

const CURL: &str = r#"
# Any API, asked with the token of your application:
curl http://localhost:8080/orders --header "authorization: Bearer $TOKEN"

# What the API must check, besides the signature and the expiry:
#   iss  {issuer}
#   aud  {audience}
# Its keys: {issuer}.well-known/jwks.json
# Why a token is refused: aldgate token explain "$TOKEN" --api {audience}
"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_snippet_has_the_real_names_and_no_gap() {
        let names = Names {
            issuer: "https://id.test/".to_owned(),
            domain: "id.test".to_owned(),
            client_id: "abc".to_owned(),
            callback: "https://app.test/callback".to_owned(),
            audience: "https://api.test/".to_owned(),
            scope: "read:orders".to_owned(),
        };
        for stack in APPLICATIONS.iter().chain(&APIS) {
            let code = stack.fill(&names).code;
            for gap in [
                "{issuer}",
                "{domain}",
                "{spa_domain}",
                "{client_id}",
                "{callback}",
                "{audience}",
                "{scope}",
            ] {
                assert!(!code.contains(gap), "{}: {code}", stack.id);
            }
            assert!(code.contains("https://api.test/"), "{}", stack.id);
        }
    }
}
