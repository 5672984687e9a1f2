//! What the user has to do next: log in, choose an account, agree, or nothing more.
//!
//! Runs at `/authorize` and again each time the user comes back (OID-02, SES-04): a live session
//! skips no rule.

use super::plan::Plan;
use crate::error::{ErrorCode, OAuthError, Refusal};
use crate::id::UserId;
use crate::session::Session;
use crate::time::Timestamp;

/// What is known when the question is asked.
#[derive(Debug, Clone, Copy)]
pub struct Situation<'a> {
    /// The browser's session, if it is live and its user still exists and is not blocked.
    pub session: Option<&'a Session>,
    /// Whether the user of the session proved who she is within this very transaction.
    pub fresh: bool,
    /// Whether consent is needed and has not been given (see [`crate::consent`]).
    pub consent_due: bool,
    /// Now.
    pub now: Timestamp,
}

/// What the user has to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Log in. The session, if there is one, stays until somebody does.
    LogIn,
    /// Open an account, or log in.
    SignUp,
    /// Agree to what the application asks for.
    Consent,
    /// Nothing: the answer can be made.
    Answer,
}

/// Decides what comes next.
///
/// # Errors
/// For `prompt=none`: `login_required` or `consent_required` where a page would be needed. For all:
/// `login_required` when somebody else logged in than the request demands.
pub fn next(plan: &Plan, situation: Situation<'_>) -> Result<Step, OAuthError> {
    let step = match situation.session {
        None => login_page(plan),
        Some(session) if situation.fresh => {
            check_user(plan.required_user.as_ref(), session)?;
            after_login(situation)
        }
        Some(session) if needs_login(plan, session, situation.now) => login_page(plan),
        Some(_) => after_login(situation),
    };
    if !plan.prompts.none || step == Step::Answer {
        return Ok(step);
    }
    Err(match step {
        Step::Consent => consent_required(),
        _ => login_required(situation.session),
    })
}

fn login_page(plan: &Plan) -> Step {
    if plan.prompts.create {
        Step::SignUp
    } else {
        Step::LogIn
    }
}

fn after_login(situation: Situation<'_>) -> Step {
    if situation.consent_due {
        Step::Consent
    } else {
        Step::Answer
    }
}

/// Whether the session from before this transaction is not enough.
fn needs_login(plan: &Plan, session: &Session, now: Timestamp) -> bool {
    let prompts = plan.prompts;
    let asked = prompts.login || prompts.select_account || prompts.create;
    let too_old = plan
        .max_age
        .is_some_and(|max_age| now >= session.authenticated_at + max_age);
    let someone_else = plan
        .required_user
        .as_ref()
        .is_some_and(|user| *user != session.user_id);
    asked || too_old || someone_else
}

/// Whoever just logged in must be who the request demands (OpenID Connect Core section 3.1.2.1).
fn check_user(required: Option<&UserId>, session: &Session) -> Result<(), OAuthError> {
    match required {
        Some(user) if *user != session.user_id => {
            let refusal = Refusal::new(
                "other_user",
                "Somebody else logged in than the one whom id_token_hint or claims names.",
            )
            .expected(user.as_str())
            .actual(session.user_id.as_str());
            let text = "Another user logged in than the one asked for";
            Err(OAuthError::new(ErrorCode::LoginRequired, text).because(refusal))
        }
        _ => Ok(()),
    }
}

fn login_required(session: Option<&Session>) -> OAuthError {
    let cause = if session.is_some() {
        "The session does not satisfy prompt, max_age or the user hint, and no page may be shown."
    } else {
        "No session came with the request, and prompt=none allows no page."
    };
    let refusal = Refusal::new("login_required", cause).remedy(
        "Expected when nobody is logged in. If somebody is: the session cookie reaches a frame only \
         when page and server are on the same site, or both use https.",
    );
    OAuthError::new(ErrorCode::LoginRequired, "Login required").because(refusal)
}

/// `prompt=none`, but the user has to agree first.
#[must_use]
pub fn consent_required() -> OAuthError {
    let refusal = Refusal::new(
        "consent_required",
        "The user has not agreed to these scopes yet, and prompt=none allows no page.",
    )
    .remedy(
        "Log in once without prompt=none, or let first-party applications skip consent in the \
         API's settings.",
    );
    OAuthError::new(ErrorCode::ConsentRequired, "Consent required").because(refusal)
}

#[cfg(test)]
mod tests;
