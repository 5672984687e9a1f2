//! The proof of the passwordless grant: a mailed or texted code that `/passwordless/start` sent.

use aldgate_app::page::Chrome;
use aldgate_core::error::{OAuthError, Refusal};
use aldgate_core::passwordless::{Binding, Recipient};

use super::super::Exchange;
use crate::accounts::{AuthenticatedUser, LoginFailure};
use crate::client::down;
use crate::passwordless::{CodeProof, Passwordless, find};

pub(super) async fn log_in(
    request: &Exchange<'_>,
    realm: &str,
) -> Result<AuthenticatedUser, OAuthError> {
    let Exchange {
        app,
        tenant,
        caller,
        client,
        params,
        now,
        ..
    } = request;
    let missing = |name: &'static str| move || OAuthError::missing(name);
    let username = params.get("username").ok_or_else(missing("username"))?;
    let code = params.get("otp").ok_or_else(missing("otp"))?;
    let application = client.application();
    let found = find(app, tenant, application, realm).await.map_err(down)?;
    let Some((connection, channel)) = found else {
        let text = "Unknown or invalid realm";
        return Err(OAuthError::invalid_request(text).because(
            Refusal::new(
                "connection_unknown",
                "There is no such passwordless connection.",
            )
            .expected("a connection of the strategy email or sms, enabled for the application")
            .actual(realm)
            .remedy("Correct realm, or enable the connection for the application."),
        ));
    };
    let wrong = || LoginFailure::WrongCode(channel).to_oauth();
    let recipient = Recipient::parse(channel, username).map_err(|_| wrong())?;
    let passwordless = Passwordless {
        app,
        tenant,
        connection: &connection,
        client: application,
        caller,
        chrome: &Chrome::of(tenant, "", ""),
        now: *now,
    };
    let binding = Binding::Application(&application.id);
    let proof = CodeProof {
        recipient: &recipient,
        binding,
        code,
        request: &request.as_seen(),
    };
    let proven = passwordless.redeem(proof).await;
    proven.map_err(|failure| failure.to_oauth())
}
