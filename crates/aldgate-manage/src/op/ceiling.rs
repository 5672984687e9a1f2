//! Nobody climbs (ADM-04, ADM-05): a caller can give, change or take over only what is not above
//! its own rights at the Management API.

use aldgate_core::client_grant::{ClientGrant, SubjectType};
use aldgate_core::error::Refusal;
use aldgate_core::id::{ClientId, ConnectionId, RoleId, UserId};
use aldgate_core::role::Permission;
use aldgate_store::Tx;

use super::{Actor, ApiError};

/// Whether `scopes` of the Management API may pass through the hands of `actor`.
///
/// # Errors
/// 403, with what the caller lacks.
pub(crate) fn scopes<'a>(
    actor: &Actor,
    scopes: impl IntoIterator<Item = &'a str>,
) -> Result<(), ApiError> {
    let lacking: Vec<&str> = scopes.into_iter().filter(|s| !actor.holds(s)).collect();
    if lacking.is_empty() {
        return Ok(());
    }
    let lacking = lacking.join(",");
    let cause = "This would give or touch rights at the Management API that the caller lacks.";
    let refusal = Refusal::new("privilege_ceiling", cause)
        .expected("a caller that holds them itself")
        .actual(&format!("the caller lacks {lacking}"))
        .remedy("Let somebody do it who holds these scopes.");
    Err(ApiError::forbidden("insufficient_scope", refusal))
}

/// Whether `actor` may give these permissions: those at the Management API (its identifier is
/// `management`) only if it holds them itself.
///
/// # Errors
/// 403.
pub(crate) fn permissions(
    actor: &Actor,
    management: &str,
    permissions: &[Permission],
) -> Result<(), ApiError> {
    let at_management = permissions.iter().filter(|one| one.api == management);
    scopes(actor, at_management.map(|one| one.name.as_str()))
}

/// Whether `actor` may give this client grant to an application, change it or take it away.
///
/// # Errors
/// 403.
pub(crate) fn client_grant(
    actor: &Actor,
    management: &str,
    grant: &ClientGrant,
) -> Result<(), ApiError> {
    if grant.audience != management {
        return Ok(());
    }
    if grant.allow_all_scopes {
        let all: Vec<String> = aldgate_core::provision::management_scopes().collect();
        return scopes(actor, all.iter().map(String::as_str));
    }
    scopes(actor, grant.scope.iter())
}

/// Whether `actor` may change what an application can do or how it authenticates: its client
/// grants for the Management API, its own and those for users, must not reach beyond the caller's
/// rights.
///
/// # Errors
/// 403, or the store's.
pub(crate) fn application(
    tx: &mut Tx<'_>,
    actor: &Actor,
    management: &str,
    id: &ClientId,
) -> Result<(), ApiError> {
    for subject in [SubjectType::Client, SubjectType::User] {
        if let Some(grant) = tx.client_grants().of(id, management, subject)? {
            client_grant(actor, management, &grant)?;
        }
    }
    Ok(())
}

/// Whether `actor` may change a user's credentials, address or state: her permissions at the
/// Management API must not reach beyond the caller's rights.
///
/// # Errors
/// 403, or the store's.
pub(crate) fn user(
    tx: &mut Tx<'_>,
    actor: &Actor,
    management: &str,
    id: &UserId,
) -> Result<(), ApiError> {
    let held = tx.permissions().of_user_at(id, management)?;
    scopes(actor, held.iter().map(String::as_str))
}

/// Whether `actor` may change where the users of a connection are known from, or remove them: what
/// they may do at the Management API must not reach beyond the caller's rights.
///
/// # Errors
/// 403, or the store's.
pub(crate) fn connection(
    tx: &mut Tx<'_>,
    actor: &Actor,
    management: &str,
    id: &ConnectionId,
) -> Result<(), ApiError> {
    let held = tx.connections().reaches(id, management)?;
    scopes(actor, held.iter().map(String::as_str))
}

/// Whether `actor` may give a role away: what it permits at the Management API must not reach
/// beyond the caller's rights.
///
/// # Errors
/// 403, or the store's.
pub(crate) fn role(
    tx: &mut Tx<'_>,
    actor: &Actor,
    management: &str,
    id: &RoleId,
) -> Result<(), ApiError> {
    let held = tx.roles().permissions(id)?;
    permissions(actor, management, &held)
}

/// Refuses to take the last administrator away: somebody must be able to give rights back.
///
/// # Errors
/// 403, or the store's.
pub(crate) fn not_the_last_administrator(tx: &mut Tx<'_>, user: &UserId) -> Result<(), ApiError> {
    let role = tx.roles().by_name(aldgate_core::role::ADMINISTRATOR)?;
    let Some(role) = role else {
        return Ok(());
    };
    let holds = tx
        .roles()
        .of_user(user)?
        .iter()
        .any(|own| own.id == role.id);
    if !holds || tx.roles().holders_count(&role.id)? > 1 {
        return Ok(());
    }
    let cause = "This user is the last administrator of the tenant.";
    let refusal = Refusal::new("last_administrator", cause)
        .expected("another user with the role Administrator")
        .remedy("Make somebody else an administrator first.");
    Err(ApiError::forbidden("last_administrator", refusal))
}
