//! Times this project's verifier beside other libraries for APIs, interleaved in one process.
//!
//! ```sh
//! cargo run --release --manifest-path bench/peers/Cargo.toml
//! ```
//!
//! `jwt-authorizer` and `oauth-resource-server` verify with `jsonwebtoken` 9 over `ring`; each has
//! its keys before it starts, and the same demands: issuer, audience, expiry. A signature over
//! `ring` costs other than one over `aws-lc-rs`, so their ratio to the bare one says what a
//! caller pays in all.

use aldgate_bench_verify::{API, Case, ISSUER, Work, compare, ready, work};
use aldgate_verify::jose::Alg;
use anyhow::Context;
use jwt_authorizer::{JwtAuthorizer, Validation};
use oauth_resource_server::{KeyNaming, OAuthConfig, OAuthValidator};
use serde_json::Value;

fn main() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let _guard = runtime.enter();
    for alg in [Alg::RS256, Alg::ES256, Alg::EdDSA] {
        let case = Case::new(alg)?;
        let mut works = case.own();
        works.push(case.jsonwebtoken()?);
        works.push(jwt_authorizer(&case)?);
        works.push(oauth_resource_server(&case)?);
        compare(alg, &works);
    }
    Ok(())
}

fn jwt_authorizer(case: &Case) -> anyhow::Result<Work<'_>> {
    let rules = Validation::new()
        .iss(&[ISSUER])
        .aud(&[API])
        .algs(vec![serde_json::from_value(case.alg.name().into())?]);
    let builder = JwtAuthorizer::<Value>::from_jwks_text(&case.set()?).validation(rules);
    let authorizer = ready(builder.build()).map_err(|error| anyhow::anyhow!("{error}"))?;
    Ok(work("jwt-authorizer 0.15", move || {
        ready(authorizer.check_auth(&case.token))
    }))
}

fn oauth_resource_server(case: &Case) -> anyhow::Result<Work<'_>> {
    let config = OAuthConfig {
        enabled: true,
        issuer: ISSUER.into(),
        audience: API.into(),
        resource: API.into(),
        require_at_jwt: true,
        jwks_uri: Some(format!("{ISSUER}.well-known/jwks.json")),
        ..OAuthConfig::default()
    };
    let config = config
        .resolve(KeyNaming::Dotted("oauth"))
        .map_err(|error| anyhow::anyhow!("{error}"))?
        .context("it is enabled")?;
    let builder = OAuthValidator::builder(&config).initial_jwks(&case.set()?);
    let validator = builder
        .build()
        .map_err(|error| anyhow::anyhow!("{error}"))?;
    Ok(work("oauth-resource-server 0.4", move || {
        ready(validator.validate(&case.token))
    }))
}
