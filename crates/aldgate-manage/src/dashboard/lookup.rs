//! Whom people mean and what ids stand for: users by what was typed, names of applications, lists
//! as a whole.

use std::collections::{BTreeMap, BTreeSet};

use http::StatusCode;
use serde_json::Value;

use super::Visit;
use super::api::Refused;
use super::applications::text;
use super::path::at;

/// Pages of a hundred items that [`all`] reads at most.
const PAGES_MAX: usize = 20;

/// Applications whose names are looked up for one page.
const NAMES_MAX: usize = 100;

/// The thing of a page's path; what is no id at all is as little there as an unknown one.
///
/// # Errors
/// What the operation refused.
pub(super) async fn one(visit: &Visit, path: &str) -> Result<Value, Refused> {
    let found = visit.get(path).await;
    found.map_err(|refused| match refused.status {
        StatusCode::BAD_REQUEST => Refused {
            status: StatusCode::NOT_FOUND,
            ..refused
        },
        _ => refused,
    })
}

/// Every item of a list that is turned by pages; `path` may carry a query. What lies behind the
/// first two thousand is not read.
///
/// # Errors
/// What the operation refused.
pub(super) async fn all(visit: &Visit, path: &str) -> Result<Vec<Value>, Refused> {
    let join = if path.contains('?') { '&' } else { '?' };
    let mut items = Vec::new();
    for page in 0..PAGES_MAX {
        let answer = visit
            .get(&format!("{path}{join}page={page}&per_page=100"))
            .await?;
        let part = answer.as_array().cloned().unwrap_or_default();
        let is_last = part.len() < 100;
        items.extend(part);
        if is_last {
            break;
        }
    }
    Ok(items)
}

/// The one user whom a person means by an id, an address, a user name or a phone number. `field`
/// is what the form calls it: a refusal marks it.
///
/// # Errors
/// Nobody or several are meant, or what the operation refused.
pub(super) async fn user(visit: &Visit, field: &str, typed: &str) -> Result<Value, Refused> {
    let unclear = |cause: String, remedy: &str| Refused {
        remedy: Some(remedy.to_owned()),
        ..Refused::new(StatusCode::BAD_REQUEST, format!("{field}: {cause}"))
    };
    if typed.is_empty() {
        let remedy = "Type an e-mail address, a user name or a user ID.";
        return Err(unclear("Somebody has to be named.".to_owned(), remedy));
    }
    let found = match typed {
        id if id.contains('|') => match visit.get(&at("/users/{}", &[id])).await {
            Ok(user) => vec![user],
            Err(refused) if refused.status == StatusCode::NOT_FOUND => Vec::new(),
            Err(refused) => return Err(refused),
        },
        email if email.contains('@') => list(visit, "/users-by-email?email={}", email).await?,
        name => {
            let quoted = name.replace('\\', "\\\\").replace('"', "\\\"");
            let query = format!("username:\"{quoted}\" OR phone_number:\"{quoted}\"");
            list(visit, "/users?per_page=5&q={}", &query).await?
        }
    };
    match found.as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(unclear(
            format!("Nobody here goes by {typed}."),
            "Look at the list of users: the ID of a user always works.",
        )),
        several => {
            let ids: Vec<String> = several.iter().map(|one| text(one, "user_id")).collect();
            let cause = format!("{} users go by {typed}.", several.len());
            let remedy = format!("Use the ID of one of them: {}.", ids.join(", "));
            Err(unclear(cause, &remedy))
        }
    }
}

async fn list(visit: &Visit, path: &str, value: &str) -> Result<Vec<Value>, Refused> {
    let answer = visit.get(&at(path, &[value])).await?;
    Ok(answer.as_array().cloned().unwrap_or_default())
}

/// What applications are called, by their ids: of those that she may look at.
///
/// # Errors
/// What the operation refused for another reason than a missing permission.
pub(super) async fn applications(
    visit: &Visit,
    ids: impl IntoIterator<Item = String>,
) -> Result<BTreeMap<String, String>, Refused> {
    let mut names = BTreeMap::new();
    if !visit.can("GET /clients/{id}") {
        return Ok(names);
    }
    let ids: BTreeSet<String> = ids.into_iter().collect();
    for id in ids.into_iter().take(NAMES_MAX) {
        match visit.get(&at("/clients/{}", &[&id])).await {
            Ok(application) => drop(names.insert(id, text(&application, "name"))),
            Err(refused) if refused.status == StatusCode::NOT_FOUND => {}
            Err(refused) => return Err(refused),
        }
    }
    Ok(names)
}
