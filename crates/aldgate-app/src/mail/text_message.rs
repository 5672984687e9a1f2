//! Text messages: handed to the web hook of the connection (Auth0: SMS gateway). Where messages
//! stay on this machine and there is no gateway, they appear in the outbox among the mails.

use aldgate_core::connection::{Connection, rules};
use aldgate_core::id::{ConnectionId, TenantId};
use aldgate_core::liquid::{Escape, Template};
use aldgate_core::secret::Secret;
use aldgate_core::time::Timestamp;
use aldgate_jose::{Alg, SigningKey};
use serde_json::{Value, json};
use url::Url;

use super::OutgoingMail;
use super::transport::MailError;
use crate::app::App;
use crate::outbound::Asked;
use crate::seal::Place;

/// The most bytes of a gateway's answer that are read.
const ANSWER_MAX: usize = 16 << 10;
/// How long the token for the gateway is valid, in seconds.
const TOKEN_LIFETIME: i64 = 300;

impl App {
    /// Hands a text message to the gateway of its connection.
    pub(super) async fn carry_text(
        &self,
        tenant: &TenantId,
        connection: &ConnectionId,
        mut mail: OutgoingMail,
        now: Timestamp,
    ) -> Result<(), MailError> {
        let failed = |why: &str| MailError::Gateway(why.to_owned());
        let connection = self.connection(tenant, connection).await?;
        let connection = connection.ok_or_else(|| failed("its connection was deleted"))?;
        let text = |name: &str| connection.options.get(name).and_then(Value::as_str);
        if let Some(filled) = filled(&connection, &mail) {
            mail.text = filled;
        }
        let Some(url) = text("gateway_url").filter(|url| !url.is_empty()) else {
            if self.mailer.keeps() {
                return self.mailer.send(&mail, now).await.map(drop);
            }
            return Err(failed("the connection has no gateway_url"));
        };
        let url = Url::parse(url).map_err(|_| failed("gateway_url is no URL"))?;
        let body = json!({
            "recipient": mail.to,
            "body": mail.text,
            "sender": text("from").unwrap_or_default(),
        });
        let mut headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        if let Some(token) = self.gateway_token(tenant, &connection, now)? {
            headers.push(("authorization".to_owned(), format!("Bearer {token}")));
        }
        let asked = Asked {
            method: "POST",
            url: &url,
            headers: &headers,
            body: Some(body.to_string().into_bytes()),
        };
        let (answer, _headers) = self
            .outbound
            .request(asked, ANSWER_MAX)
            .await
            .map_err(|error| MailError::Gateway(error.to_string()))?;
        match answer.status {
            200..=299 => Ok(()),
            status => Err(MailError::Gateway(format!("it answered {status}"))),
        }
    }

    /// The token that tells the gateway who asks (Auth0: `gateway_authentication`, HS256).
    fn gateway_token(
        &self,
        tenant: &TenantId,
        connection: &Connection,
        now: Timestamp,
    ) -> Result<Option<String>, MailError> {
        let Some(sealed) = rules::sealed(connection, "gateway_authentication") else {
            return Ok(None);
        };
        let failed = |why: &str| MailError::Gateway(why.to_owned());
        let place = Place {
            tenant,
            table: "connections",
            row: connection.id.as_str(),
            column: "gateway_authentication",
        };
        let opened: Option<Secret<String>> = self.open_text(&place, sealed);
        let settings: Value = opened
            .and_then(|text| serde_json::from_str(text.expose()).ok())
            .ok_or_else(|| failed("gateway_authentication does not open here"))?;
        let secret = settings["secret"].as_str().unwrap_or_default();
        let secret = match settings["secret_base64_encoded"].as_bool() {
            Some(true) => aldgate_jose::b64::decode_standard(secret).ok(),
            _ => Some(secret.as_bytes().to_vec()),
        };
        let key = secret.and_then(|secret| SigningKey::hmac(Alg::HS256, &secret).ok());
        let key = key.ok_or_else(|| {
            failed("the secret of gateway_authentication has fewer than 32 bytes")
        })?;
        let claims = json!({
            "sub": settings["subject"], "aud": settings["audience"],
            "iat": now.seconds(), "exp": now.seconds() + TOKEN_LIFETIME,
        });
        Ok(Some(key.sign("JWT", claims.to_string().as_bytes())))
    }
}

/// The connection's own text (Auth0: `template`, with Liquid or the macro `@@password@@`).
fn filled(connection: &Connection, mail: &OutgoingMail) -> Option<String> {
    let about = mail.about.as_ref()?;
    let code = about.code.as_deref()?;
    let text = |name: &str| connection.options.get(name).and_then(Value::as_str);
    let template = text("template").filter(|template| !template.is_empty())?;
    if text("syntax") != Some("liquid") {
        return Some(template.replace("@@password@@", code));
    }
    let variables = json!({
        "code": code, "password": code,
        "phone_number": mail.to, "application": {"name": about.application},
    });
    let template = Template::parse(template).ok()?;
    template.render(&variables, Escape::Line).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::About;

    #[test]
    fn a_connections_own_text_is_liquid_or_has_auth0s_macro() {
        let mail = |template: &str, syntax: &str| {
            let id = ConnectionId::parse("con_0123456789abcdef").expect("an id");
            let connection = serde_json::from_value(json!({
                "id": id, "name": "sms", "strategy": "sms",
                "options": {"template": template, "syntax": syntax},
            }));
            let mail = OutgoingMail::text_message("+15550100", "x".into(), id);
            let about = About {
                code: Some("123456".into()),
                application: Some("Orchard".into()),
                ..About::default()
            };
            filled(&connection.expect("a connection"), &mail.about(Some(about)))
        };
        let expected = Some("123456 for Orchard".to_owned());
        assert_eq!(
            mail("{{ code }} for {{ application.name }}", "liquid"),
            expected
        );
        assert_eq!(mail("@@password@@ for Orchard", "md_with_macros"), expected);
        assert_eq!(mail("", "liquid"), None);
    }
}
