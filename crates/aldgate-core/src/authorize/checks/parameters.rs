//! The checks behind the target, one parameter or two at a time. Their refusals travel.

use serde_json::Value;

use super::super::plan::{Plan, Prompts, Target};
use super::super::request::Request;
use super::super::response_type::{ResponseMode, ResponseType};
use super::Facts;
use crate::access::{Audience, unknown_audience};
use crate::application::{Application, GrantType};
use crate::error::{ErrorCode, OAuthError, Refusal};
use crate::id::UserId;
use crate::params::check_json_depth;
use crate::pkce::Challenge;
use crate::scope::Scopes;
use crate::time::Seconds;

/// A request whose answer has somewhere to go.
pub(super) struct Addressed<'a> {
    pub(super) request: &'a Request,
    pub(super) target: Target,
}

/// A request that says what its answer holds and how it travels.
pub(super) struct Shaped<'a> {
    request: &'a Request,
    target: Target,
    response_type: ResponseType,
}

/// A plan under construction, with the request it is made from.
pub(super) struct Draft<'a> {
    request: &'a Request,
    plan: Plan,
}

pub(super) fn once_each<'a>(
    addressed: Addressed<'a>,
    _: &Facts<'_>,
) -> Result<Addressed<'a>, OAuthError> {
    match addressed.request.defects.first() {
        None => Ok(addressed),
        Some(defect) => Err(OAuthError::invalid_request(defect.describe())),
    }
}

pub(super) fn request_object<'a>(
    addressed: Addressed<'a>,
    _: &Facts<'_>,
) -> Result<Addressed<'a>, OAuthError> {
    let (code, name) = if addressed.request.request.is_some() {
        (ErrorCode::RequestNotSupported, "request")
    } else if addressed.request.request_uri.is_some() {
        (ErrorCode::RequestUriNotSupported, "request_uri")
    } else {
        return Ok(addressed);
    };
    let text = format!("The parameter {name} is not supported; send the parameters themselves");
    Err(OAuthError::new(code, text))
}

pub(super) fn response_type<'a>(
    addressed: Addressed<'a>,
    _: &Facts<'_>,
) -> Result<Shaped<'a>, OAuthError> {
    let Addressed { request, target } = addressed;
    let Some(text) = &request.response_type else {
        return Err(OAuthError::missing("response_type"));
    };
    let Some(response_type) = ResponseType::parse(text) else {
        let expected = "code, token, id_token, code token, code id_token, token id_token, \
                        code token id_token";
        let described = format!("Unsupported response type: {text}; expected one of {expected}");
        return Err(OAuthError::new(
            ErrorCode::UnsupportedResponseType,
            described,
        ));
    };
    Ok(Shaped {
        request,
        target,
        response_type,
    })
}

pub(super) fn response_mode<'a>(
    shaped: Shaped<'a>,
    _: &Facts<'_>,
) -> Result<Shaped<'a>, OAuthError> {
    let Some(text) = &shaped.request.response_mode else {
        return Ok(shaped);
    };
    match ResponseMode::parse(text) {
        None => Err(OAuthError::invalid_request(format!(
            "Unsupported response mode: {text}; expected query, fragment, form_post or web_message"
        ))),
        Some(mode) if !mode.suits(shaped.response_type) => Err(OAuthError::invalid_request(
            "response_mode=query cannot carry tokens; use fragment, form_post or web_message",
        )),
        Some(_) => Ok(shaped),
    }
}

/// The application must have the grant type of each part of the answer (R5, OAU-12).
pub(super) fn grant_type<'a>(
    shaped: Shaped<'a>,
    facts: &Facts<'_>,
) -> Result<Shaped<'a>, OAuthError> {
    let parts = [
        (
            shaped.response_type.code,
            GrantType::AuthorizationCode,
            "authorization_code",
        ),
        (
            shaped.response_type.is_front_channel(),
            GrantType::Implicit,
            "implicit",
        ),
    ];
    let has = |grant| facts.application.is_some_and(|app| app.may(grant));
    let missing = parts
        .iter()
        .find(|(asked, grant, _)| *asked && !has(*grant));
    let Some((_, _, name)) = missing else {
        return Ok(shaped);
    };
    let refusal = Refusal::new(
        "grant_type_not_allowed",
        "The response type needs a grant type that the application does not have.",
    )
    .expected(format!("{name} among the application's grant types"))
    .actual(shaped.request.response_type.as_deref().unwrap_or_default())
    .remedy(if *name == "implicit" {
        "Better use response_type=code with PKCE: tokens then never pass through an address bar. \
         If the application cannot change, add implicit to its grant types."
    } else {
        "Add authorization_code to the application's grant types."
    });
    let text = format!("Grant type '{name}' not allowed for the client.");
    Err(OAuthError::unauthorized_client(text).because(refusal))
}

pub(super) fn scope<'a>(shaped: Shaped<'a>, _: &Facts<'_>) -> Result<Draft<'a>, OAuthError> {
    let Shaped {
        request,
        target,
        response_type,
    } = shaped;
    let scope = request.scope.as_deref().map(Scopes::parse).transpose();
    let scope =
        scope.map_err(|error| OAuthError::new(ErrorCode::InvalidScope, error.to_string()))?;
    if response_type.id_token && !scope.as_ref().is_some_and(|s| s.contains("openid")) {
        let text = "response_type with id_token needs the scope openid";
        return Err(OAuthError::new(ErrorCode::InvalidScope, text));
    }
    let plan = Plan {
        target,
        response_type,
        scope,
        audience: None,
        nonce: None,
        code_challenge: None,
        prompts: Prompts::default(),
        max_age: None,
        required_user: None,
        claims: None,
    };
    Ok(Draft { request, plan })
}

/// Public applications and those of others must use PKCE when they ask for a code (R8).
pub(super) fn pkce<'a>(mut draft: Draft<'a>, facts: &Facts<'_>) -> Result<Draft<'a>, OAuthError> {
    let needs = |app: &Application| app.is_public() || !app.is_first_party;
    let required = draft.plan.response_type.code && facts.application.is_none_or(needs);
    let challenge = Challenge::from_request(
        draft.request.code_challenge.as_deref(),
        draft.request.code_challenge_method.as_deref(),
        required,
    )?;
    draft.plan.code_challenge = challenge.map(Challenge::into_string);
    Ok(draft)
}

pub(super) fn nonce<'a>(mut draft: Draft<'a>, _: &Facts<'_>) -> Result<Draft<'a>, OAuthError> {
    if draft.plan.response_type.id_token && draft.request.nonce.is_none() {
        return Err(OAuthError::missing("nonce"));
    }
    draft.plan.nonce.clone_from(&draft.request.nonce);
    Ok(draft)
}

pub(super) fn prompt<'a>(mut draft: Draft<'a>, _: &Facts<'_>) -> Result<Draft<'a>, OAuthError> {
    if let Some(text) = &draft.request.prompt {
        draft.plan.prompts = Prompts::parse(text)?;
        draft.plan.target.silent = draft.plan.prompts.none;
    }
    Ok(draft)
}

pub(super) fn max_age<'a>(mut draft: Draft<'a>, _: &Facts<'_>) -> Result<Draft<'a>, OAuthError> {
    let Some(text) = &draft.request.max_age else {
        return Ok(draft);
    };
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse::<u64>() {
        Ok(seconds) if digits => {
            draft.plan.max_age = Some(Seconds(seconds));
            Ok(draft)
        }
        _ => Err(OAuthError::invalid_request(
            "max_age must be a number of seconds",
        )),
    }
}

pub(super) fn claims<'a>(mut draft: Draft<'a>, _: &Facts<'_>) -> Result<Draft<'a>, OAuthError> {
    let Some(text) = &draft.request.claims else {
        return Ok(draft);
    };
    let bad = |why: String| OAuthError::invalid_request(format!("claims is not usable: {why}"));
    check_json_depth(text.as_bytes()).map_err(|error| bad(error.to_string()))?;
    let claims: Value = serde_json::from_str(text).map_err(|error| bad(error.to_string()))?;
    let members = ["id_token", "userinfo"];
    let sound = claims.is_object()
        && members.iter().all(|name| {
            claims
                .get(name)
                .is_none_or(|m| m.is_object() || m.is_null())
        });
    if !sound {
        return Err(bad(
            "expected an object with the objects id_token and userinfo".into(),
        ));
    }
    // A request for a certain subject is a hint that must be met (section 5.5.1).
    if let Some(wanted) = claims["id_token"]["sub"]["value"].as_str() {
        let user = UserId::parse(wanted).map_err(|error| bad(error.to_string()))?;
        draft.plan.required_user = Some(user);
    }
    check_acr(&claims["id_token"]["acr"])?;
    draft.plan.claims = Some(claims);
    Ok(draft)
}

/// An essential `acr` must be met or the request fails (OpenID Connect Core section 5.5.1.1). No
/// class of authentication is asserted yet, so none can be.
fn check_acr(acr: &Value) -> Result<(), OAuthError> {
    let names_one = !acr["value"].is_null() || !acr["values"].is_null();
    if acr["essential"] == true && names_one {
        let text = "The essential acr asked for cannot be met";
        return Err(OAuthError::new(
            ErrorCode::UnmetAuthenticationRequirements,
            text,
        ));
    }
    Ok(())
}

pub(super) fn id_token_hint<'a>(
    mut draft: Draft<'a>,
    facts: &Facts<'_>,
) -> Result<Draft<'a>, OAuthError> {
    let hint = match facts.hint {
        None => return Ok(draft),
        Some(Err(refusal)) => {
            let text = "The id_token_hint is not an ID token of this issuer";
            return Err(OAuthError::invalid_request(text).because(refusal.clone()));
        }
        Some(Ok(hint)) => hint,
    };
    if !hint.is_for(draft.plan.target.client_id.as_str()) {
        let text = "The id_token_hint was issued to another application";
        return Err(OAuthError::invalid_request(text));
    }
    let wanted = draft.plan.required_user.replace(hint.user_id.clone());
    if wanted.is_some_and(|user| user != hint.user_id) {
        let text = "id_token_hint and the sub in claims name different users";
        return Err(OAuthError::invalid_request(text));
    }
    Ok(draft)
}

pub(super) fn organization<'a>(draft: Draft<'a>, _: &Facts<'_>) -> Result<Draft<'a>, OAuthError> {
    if draft.request.organization.is_none() {
        return Ok(draft);
    }
    let text = "parameter organization is not allowed for this client";
    let refusal = Refusal::new(
        "organization_unsupported",
        "This tenant has no organizations.",
    )
    .remedy("Leave the parameter organization out.");
    Err(OAuthError::invalid_request(text).because(refusal))
}

pub(super) fn connection<'a>(draft: Draft<'a>, facts: &Facts<'_>) -> Result<Draft<'a>, OAuthError> {
    let Some(name) = &draft.request.connection else {
        return Ok(draft);
    };
    let client_id = &draft.plan.target.client_id;
    match facts.connection {
        Some(connection) if connection.is_active() && connection.is_enabled_for(client_id) => {
            Ok(draft)
        }
        found => {
            let cause = if found.is_some() {
                "The connection is not enabled for this application."
            } else {
                "The tenant has no connection of this name."
            };
            let refusal = Refusal::new("connection_unusable", cause)
                .actual(name)
                .remedy("Enable the connection for the application, or leave connection out.");
            let text = "the connection was not found or is not enabled for this application";
            Err(OAuthError::invalid_request(text).because(refusal))
        }
    }
}

pub(super) fn audience(draft: Draft<'_>, facts: &Facts<'_>) -> Result<Plan, OAuthError> {
    let Draft { request, mut plan } = draft;
    let wanted = Audience::wanted(
        request.audience.as_deref(),
        request.resource.as_deref(),
        facts.tenant,
    )?;
    if let Some(identifier) = wanted.api() {
        if facts.api.is_none() {
            let known = facts.api_identifiers.iter().map(String::as_str);
            return Err(unknown_audience(identifier, known, false));
        }
        plan.audience = Some(identifier.to_owned());
    }
    Ok(plan)
}
