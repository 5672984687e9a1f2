//! What a provider's answer to the browser must look like before a code is redeemed.

use crate::error::Refusal;
use crate::params::Params;
use crate::secret::Secret;

use super::attempt::Attempt;

/// The longest code that is redeemed, in bytes.
const CODE_BYTES_MAX: usize = 4096;

/// The answer, as it came by query or form.
#[derive(Debug)]
pub struct Callback {
    code: Option<String>,
    error: Option<String>,
    description: Option<String>,
    issuer: Option<String>,
}

impl Callback {
    /// Reads the parameters that mean something. `state` is read before, to find the attempt.
    #[must_use]
    pub fn read(params: &Params) -> Self {
        let text = |name: &str| params.get(name).map(str::to_owned);
        Self {
            code: text("code"),
            error: text("error"),
            description: text("error_description"),
            issuer: text("iss"),
        }
    }

    /// Checks the answer and gives the code.
    ///
    /// `sends_issuer`: the provider promises the `iss` parameter, so that its absence is a fault.
    ///
    /// # Errors
    /// A mix-up of providers (RFC 9207), an error of the provider, no code.
    pub fn code(self, attempt: &Attempt, sends_issuer: bool) -> Result<Secret<String>, Refusal> {
        check_issuer(self.issuer.as_deref(), attempt, sends_issuer)?;
        if let Some(error) = self.error {
            return Err(refused_by_provider(&error, self.description.as_deref()));
        }
        match self.code {
            Some(code) if !code.is_empty() && code.len() <= CODE_BYTES_MAX => Ok(Secret::new(code)),
            code => {
                let actual = match code {
                    Some(code) => format!("{} bytes", code.len()),
                    None => "none".to_owned(),
                };
                Err(
                    Refusal::new("federation_code", "The provider sent no usable code.")
                        .expected(format!("code with at most {CODE_BYTES_MAX} bytes"))
                        .actual(&actual),
                )
            }
        }
    }
}

/// RFC 9207 section 2.4: an `iss` that came must be right, one that was promised must come.
fn check_issuer(sent: Option<&str>, attempt: &Attempt, promised: bool) -> Result<(), Refusal> {
    match (sent, attempt.issuer.as_deref()) {
        (Some(sent), Some(issuer)) if sent == issuer => Ok(()),
        // Without an issuer of its own (OAuth 2.0) a provider has nothing to compare.
        (_, None) => Ok(()),
        (None, Some(_)) if !promised => Ok(()),
        (sent, Some(issuer)) => {
            let cause = "The answer is another provider's than the browser was sent to.";
            Err(Refusal::new("federation_mix_up", cause)
                .expected(issuer)
                .actual(sent.unwrap_or("no iss parameter"))
                .remedy(
                    "Begin the login anew. If it happens again, compare the issuer in the \
                     connection's options with the provider's metadata.",
                ))
        }
    }
}

fn refused_by_provider(error: &str, description: Option<&str>) -> Refusal {
    let said = match description {
        Some(description) => format!("{error}: {description}"),
        None => error.to_owned(),
    };
    let remedy = match error {
        "access_denied" => "The user said no, or the provider's policy did. She can try again.",
        "invalid_scope" => "Compare the connection's scope with what the provider offers.",
        "redirect_uri_mismatch" | "unauthorized_client" | "invalid_client" => {
            "Register this server's address /login/callback at the provider, and compare client id."
        }
        _ => "See the provider's documentation of this error.",
    };
    Refusal::new("federation_refused", "The provider refused the login.")
        .actual(&said)
        .remedy(remedy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::federation::attempt::Purpose;
    use crate::id::ConnectionId;
    use crate::secret::TokenHash;
    use crate::time::Timestamp;

    fn judge(query: &str, issuer: Option<&str>, promised: bool) -> Result<String, String> {
        let params = Params::from_form(query.as_bytes()).unwrap();
        let id = ConnectionId::parse("con_1").unwrap();
        let hash = TokenHash::of("x");
        let mut attempt = Attempt::begin(id, hash, Purpose::LogIn(hash), Timestamp::default());
        attempt.issuer = issuer.map(str::to_owned);
        let code = Callback::read(&params).code(&attempt, promised);
        code.map(|code| code.expose().clone())
            .map_err(|refusal| refusal.code.into_owned())
    }

    #[test]
    fn fed_02_the_answer_is_checked_before_its_code_is_used() {
        let one = Some("https://a.test");
        assert_eq!(judge("code=c", one, false), Ok("c".into()));
        assert_eq!(
            judge("code=c&iss=https://a.test", one, true),
            Ok("c".into())
        );
        let refused = [
            ("code=c&iss=https://b.test", one, false, "federation_mix_up"),
            ("code=c", one, true, "federation_mix_up"),
            ("error=access_denied", one, false, "federation_refused"),
            ("error=x&code=c", one, false, "federation_refused"),
            ("code=", one, false, "federation_code"),
            ("x=y", None, false, "federation_code"),
        ];
        for (query, issuer, promised, expected) in refused {
            assert_eq!(
                judge(query, issuer, promised),
                Err(expected.into()),
                "{query}"
            );
        }
        let long = format!("code={}", "a".repeat(CODE_BYTES_MAX + 1));
        assert_eq!(judge(&long, None, false), Err("federation_code".into()));
    }
}
