//! The code flow with PKCE, userinfo and refresh, by the `openidconnect` crate.
//!
//! Prints the authorization address, reads the address that the browser ended at, prints what it
//! learnt as one line of JSON. The login in between is done by the test that starts this program.

use std::io::BufRead;

use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreProviderMetadata, CoreUserInfoClaims,
};
use openidconnect::{
    AuthType, AuthorizationCode, ClientId, ClientSecret, CsrfToken, HttpRequest, HttpResponse,
    IssuerUrl, Nonce, OAuth2TokenResponse, PkceCodeChallenge, RedirectUrl, Scope, TokenResponse,
};

type AnyError = Box<dyn std::error::Error>;

fn main() -> Result<(), AnyError> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [issuer, client_id, client_secret, redirect_uri] = arguments.as_slice() else {
        return Err("usage: ISSUER CLIENT_ID CLIENT_SECRET REDIRECT_URI".into());
    };
    let metadata = CoreProviderMetadata::discover(&IssuerUrl::new(issuer.clone())?, &send)?;
    let client = CoreClient::from_provider_metadata(
        metadata,
        ClientId::new(client_id.clone()),
        Some(ClientSecret::new(client_secret.clone())),
    )
    // As the application is registered: `token_endpoint_auth_method: client_secret_post`.
    .set_auth_type(AuthType::RequestBody)
    .set_redirect_uri(RedirectUrl::new(redirect_uri.clone())?);

    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (address, state, nonce) = client
        .authorize_url(
            CoreAuthenticationFlow::AuthorizationCode,
            CsrfToken::new_random,
            Nonce::new_random,
        )
        .add_scopes(["email", "profile", "offline_access"].map(|s| Scope::new(s.to_owned())))
        .set_pkce_challenge(challenge)
        .url();
    println!("{address}");

    let answer = std::io::stdin()
        .lock()
        .lines()
        .next()
        .ok_or("no answer on stdin")??;
    let answer = openidconnect::url::Url::parse(&answer)?;
    assert_eq!(
        parameter(&answer, "state")?,
        *state.secret(),
        "the state differs"
    );
    let tokens = client
        .exchange_code(AuthorizationCode::new(parameter(&answer, "code")?))?
        .set_pkce_verifier(verifier)
        .request(&send)?;
    let id_token = tokens.id_token().ok_or("no ID token")?;
    let claims = id_token.claims(&client.id_token_verifier(), &nonce)?;
    let subject = claims.subject().clone();
    let info: CoreUserInfoClaims = client
        .user_info(tokens.access_token().clone(), Some(subject.clone()))?
        .request(&send)?;
    let refresh = tokens.refresh_token().ok_or("no refresh token")?;
    let renewed = client.exchange_refresh_token(refresh)?.request(&send)?;
    let email = info.email().map_or("", |email| email.as_str());
    let again = renewed.access_token().secret() != tokens.access_token().secret();
    println!(
        "{{\"sub\":\"{}\",\"email\":\"{email}\",\"renewed\":{again}}}",
        subject.as_str()
    );
    Ok(())
}

/// A parameter of the address that the browser ended at.
fn parameter(answer: &openidconnect::url::Url, name: &str) -> Result<String, String> {
    let found = answer.query_pairs().find(|(found, _)| found == name);
    let value = found.map(|(_, value)| value.into_owned());
    value.ok_or_else(|| format!("no {name} in {answer}"))
}

/// Sends one request; redirects are not followed.
fn send(request: HttpRequest) -> Result<HttpResponse, ureq::Error> {
    let agent: ureq::Agent = ureq::config::Config::builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .build()
        .into();
    let mut answer = agent.run(request)?;
    let body = answer.body_mut().read_to_vec()?;
    let (parts, _) = answer.into_parts();
    Ok(HttpResponse::from_parts(parts, body))
}
