//! The section `users`, an addition of ours for development and tests: users who are created
//! once, never changed and never deleted.

use aldgate_app::App;
use aldgate_core::id::RoleId;
use aldgate_core::secret::Secret;
use aldgate_core::signup::Draft;
use aldgate_core::tenant::Tenant;
use aldgate_store::{StoreError, Tx};
use anyhow::{Result, anyhow};
use serde_json::{Map, Value};

use super::Mode;
use crate::people::{self, Outcome};

/// Members of a user that files may set.
const USER_MEMBERS: &[&str] = &[
    "email",
    "email_verified",
    "username",
    "password",
    "connection",
    "user_metadata",
    "app_metadata",
    "roles",
    "user_id",
    "blocked",
    "name",
    "given_name",
    "family_name",
    "nickname",
    "picture",
    "phone_number",
    "phone_verified",
    "middle_name",
    "preferred_username",
    "profile",
    "website",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "address",
];

/// Creates those who are not there yet; returns their addresses.
pub(crate) async fn create(
    app: &App,
    tenant: &Tenant,
    section: Option<Value>,
    mode: Mode,
) -> Result<Vec<String>> {
    let people = match section {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(people)) => people,
        Some(_) => return Err(anyhow!("`users` must be a list")),
    };
    let mut created = Vec::new();
    for (index, body) in people.into_iter().enumerate() {
        let label = format!("users[{index}]");
        let Value::Object(body) = body else {
            return Err(anyhow!("{label} must be a mapping"));
        };
        let person = read_person(app, tenant, body)
            .await
            .map_err(|e| anyhow!("{label}: {e:#}"))?;
        let (draft, password, roles) = person;
        let name = draft
            .email
            .clone()
            .or_else(|| draft.username.clone())
            .unwrap_or_default();
        if mode == Mode::DryRun {
            created.push(name);
            continue;
        }
        let outcome = people::create(app, tenant, draft, &password, roles)
            .await
            .map_err(|error| anyhow!("{label} ({name}): {error:#}"))?;
        if matches!(outcome, Outcome::Created(_)) {
            created.push(name);
        }
    }
    Ok(created)
}

async fn read_person(
    app: &App,
    tenant: &Tenant,
    mut body: Map<String, Value>,
) -> Result<(Draft, Secret<String>, Vec<RoleId>)> {
    if let Some(name) = body
        .keys()
        .find(|name| !USER_MEMBERS.contains(&name.as_str()))
    {
        return Err(anyhow!(
            "{}",
            aldgate_core::body::unknown_member(name, USER_MEMBERS).cause
        ));
    }
    let password = match body.remove("password") {
        Some(Value::String(password)) => Secret::new(password),
        _ => return Err(anyhow!("needs a `password`")),
    };
    let roles: Vec<String> = match body.remove("roles") {
        Some(roles) => serde_json::from_value(roles)?,
        None => Vec::new(),
    };
    let draft = draft(&body)?;
    let names = roles.clone();
    let find = move |tx: &mut Tx<'_>| -> Result<Vec<Option<RoleId>>, StoreError> {
        names
            .iter()
            .map(|name| Ok(tx.roles().by_name(name)?.map(|role| role.id)))
            .collect()
    };
    let found = app.store.read(&tenant.id, find).await?;
    let known = roles.iter().zip(found).map(|(name, id)| {
        id.ok_or_else(|| anyhow!("there is no role {name:?}; add it to `roles`"))
    });
    Ok((draft, password, known.collect::<Result<_>>()?))
}

fn draft(body: &Map<String, Value>) -> Result<Draft> {
    let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
    let flag = |name: &str| body.get(name).and_then(Value::as_bool).unwrap_or(false);
    let object = |name: &str| {
        body.get(name)
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default()
    };
    let subject = text("user_id").map(|id| id.trim_start_matches("auth0|").to_owned());
    Ok(Draft {
        subject,
        email: text("email"),
        email_verified: flag("email_verified"),
        username: text("username"),
        phone_number: text("phone_number"),
        phone_verified: flag("phone_verified"),
        profile: serde_json::from_value(Value::Object(body.clone()))?,
        user_metadata: object("user_metadata"),
        app_metadata: object("app_metadata"),
        blocked: flag("blocked"),
        by_herself: false,
    })
}
