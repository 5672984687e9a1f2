//! Decides what has to change so that a tenant is as the files say. Pure.

mod secret;

use aldgate_core::api::Api;
use aldgate_core::application::{self, Application};
use aldgate_core::client_grant::ClientGrant;
use aldgate_core::id::{ClientGrantId, ClientId, RoleId};
use aldgate_core::random::Entropy;
use aldgate_core::role::{Permission, Role};
use aldgate_core::secret::Secret;
use aldgate_core::tenant::{Tenant, TenantSettings};
use aldgate_core::time::Timestamp;
use aldgate_core::{body, error::Refusal};
use anyhow::{Result, anyhow, bail};
use serde_json::{Map, Value, json};

pub(crate) use secret::Vault;

use super::files::Desired;

/// What the tenant has now.
#[derive(Debug)]
pub(crate) struct Current {
    pub(crate) tenant: Tenant,
    pub(crate) applications: Vec<Application>,
    pub(crate) apis: Vec<Api>,
    pub(crate) client_grants: Vec<ClientGrant>,
    pub(crate) roles: Vec<(Role, Vec<Permission>)>,
}

/// Everything that has to happen, in order.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub(crate) steps: Vec<Step>,
    /// Things that already are as the files say.
    pub(crate) unchanged: usize,
}

/// One change.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) action: Action,
    /// `application`, `API` …
    pub(crate) kind: &'static str,
    /// What people call it.
    pub(crate) name: String,
    /// Members that change, with both values.
    pub(crate) changes: Vec<FieldChange>,
    pub(crate) effect: Effect,
}

/// What happens to the thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Create,
    Delete,
    Update,
}

/// One member that changes. A secret shows as `(secret)`.
#[derive(Debug, PartialEq)]
pub(crate) struct FieldChange {
    pub(crate) field: String,
    pub(crate) before: Option<Value>,
    pub(crate) after: Option<Value>,
}

/// What to store.
#[derive(Debug, Clone)]
pub(crate) enum Effect {
    Api(Box<Api>),
    Application {
        application: Box<Application>,
        secret: Option<Secret<String>>,
    },
    ClientGrant(ClientGrant),
    DeleteApi(Box<Api>),
    DeleteApplication(ClientId),
    DeleteClientGrant(ClientGrantId),
    DeleteRole(RoleId),
    Role {
        role: Role,
        permissions: Option<Vec<Permission>>,
    },
    Settings(Box<TenantSettings>),
}

/// What the plan may use besides the facts.
pub(crate) struct Means<'a> {
    pub(crate) now: Timestamp,
    pub(crate) rng: &'a mut dyn Entropy,
    pub(crate) vault: &'a dyn Vault,
    pub(crate) allow_delete: bool,
}

/// Decides the plan.
pub(crate) fn plan(desired: Desired, current: &Current, means: &mut Means<'_>) -> Result<Plan> {
    let mut plan = Plan::default();
    if let Some(settings) = desired.tenant {
        plan.tenant(settings, current)?;
    }
    if let Some(apis) = desired.apis {
        plan.apis(apis, current, means)?;
    }
    if let Some(clients) = desired.clients {
        plan.applications(clients, current, means)?;
    }
    if let Some(grants) = desired.client_grants {
        plan.client_grants(grants, current, means)?;
    }
    if let Some(roles) = desired.roles {
        plan.roles(roles, current, means)?;
    }
    Ok(plan)
}

impl Plan {
    fn tenant(&mut self, body: Map<String, Value>, current: &Current) -> Result<()> {
        let before = &current.tenant.settings;
        let names: Vec<String> = body.keys().cloned().collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let after = body::merge(before, body, &names).map_err(|r| refused("tenant", &r))?;
        let name = current.tenant.id.to_string();
        self.compare("tenant settings", name, Some(before), &after, |after| {
            Effect::Settings(Box::new(after))
        });
        Ok(())
    }

    fn apis(
        &mut self,
        bodies: Vec<Map<String, Value>>,
        current: &Current,
        means: &mut Means<'_>,
    ) -> Result<()> {
        let mut named = Vec::new();
        for body in bodies {
            let identifier = text(&body, "identifier")
                .ok_or_else(|| anyhow!("an entry of resourceServers lacks `identifier`"))?;
            let label = format!("resourceServers {identifier:?}");
            let before = current.apis.iter().find(|api| api.identifier == identifier);
            named.push(identifier.clone());
            let after = match before {
                // The Management API is the tenant's own; exports name it, nobody changes it.
                Some(before) if before.is_system => before.clone(),
                before => secret::api(before, body, &label, means)?,
            };
            self.compare("API", identifier, before, &after, |after| {
                Effect::Api(Box::new(after))
            });
        }
        let gone = |api: &&Api| !api.is_system && !named.contains(&api.identifier);
        for api in current
            .apis
            .iter()
            .filter(gone)
            .filter(|_| means.allow_delete)
        {
            let effect = Effect::DeleteApi(Box::new(api.clone()));
            self.delete("API", api.identifier.clone(), effect);
        }
        Ok(())
    }

    fn applications(
        &mut self,
        bodies: Vec<Map<String, Value>>,
        current: &Current,
        means: &mut Means<'_>,
    ) -> Result<()> {
        let mut kept: Vec<ClientId> = Vec::new();
        for mut body in bodies {
            let name =
                text(&body, "name").ok_or_else(|| anyhow!("an entry of clients lacks `name`"))?;
            let label = format!("clients {name:?}");
            let id = take_client_id(&mut body, &label)?;
            let given = secret::take(&mut body, "client_secret", &label)?;
            let before = find_application(&current.applications, id.as_ref(), &name);
            let mut after = match before {
                Some(before) => application::rules::update(before, body, means.now),
                None => application::rules::create(body, id, means.now, means.rng),
            }
            .map_err(|refusal| refused(&label, &refusal))?;
            let secret = secret::settle(&mut after, given, &label, means)?;
            kept.push(after.id.clone());
            self.compare("application", name, before, &after, |application| {
                Effect::Application {
                    application: Box::new(application),
                    secret,
                }
            });
        }
        let gone = |app: &&Application| !kept.contains(&app.id);
        for app in current
            .applications
            .iter()
            .filter(gone)
            .filter(|_| means.allow_delete)
        {
            self.delete(
                "application",
                app.name.clone(),
                Effect::DeleteApplication(app.id.clone()),
            );
        }
        Ok(())
    }

    fn client_grants(
        &mut self,
        bodies: Vec<Map<String, Value>>,
        current: &Current,
        means: &mut Means<'_>,
    ) -> Result<()> {
        let mut kept: Vec<ClientGrantId> = Vec::new();
        for body in bodies {
            let wanted = self.read_client_grant(body, current, means)?;
            let before = current.client_grants.iter().find(|grant| {
                grant.client_id == wanted.client_id
                    && grant.audience == wanted.audience
                    && grant.subject_type == wanted.subject_type
            });
            let mut after = wanted;
            if let Some(before) = before {
                after.id = before.id.clone();
                after.created_at = before.created_at;
            }
            kept.push(after.id.clone());
            let name = format!("{} → {}", after.client_id, after.audience);
            self.compare("client grant", name, before, &after, Effect::ClientGrant);
        }
        let gone = |grant: &&ClientGrant| !kept.contains(&grant.id);
        for grant in current
            .client_grants
            .iter()
            .filter(gone)
            .filter(|_| means.allow_delete)
        {
            let name = format!("{} → {}", grant.client_id, grant.audience);
            self.delete(
                "client grant",
                name,
                Effect::DeleteClientGrant(grant.id.clone()),
            );
        }
        Ok(())
    }

    /// Reads a client grant; deploy-cli names the application by its name.
    fn read_client_grant(
        &self,
        mut body: Map<String, Value>,
        current: &Current,
        means: &mut Means<'_>,
    ) -> Result<ClientGrant> {
        let named = text(&body, "client_id")
            .ok_or_else(|| anyhow!("an entry of clientGrants lacks `client_id`"))?;
        let client_id = self.client_named(&named, current).ok_or_else(|| {
            anyhow!(
                "clientGrants names the application {named:?}, which neither the tenant nor the \
                 files have; add it to `clients`"
            )
        })?;
        body.insert("client_id".into(), json!(client_id));
        body.insert("id".into(), json!(ClientGrantId::generate(means.rng)));
        body.insert("created_at".into(), json!(means.now));
        body.insert("updated_at".into(), json!(means.now));
        let grant: ClientGrant = serde_json::from_value(Value::Object(body))
            .map_err(|error| anyhow!("clientGrants of {named:?}: {error}"))?;
        if !self.has_audience(&grant.audience, current) {
            bail!(
                "clientGrants of {named:?} names the API {:?}, which neither the tenant nor the \
                 files have; add it to `resourceServers`",
                grant.audience
            );
        }
        Ok(grant)
    }

    fn client_named(&self, named: &str, current: &Current) -> Option<ClientId> {
        let planned = self.steps.iter().filter_map(|step| match &step.effect {
            Effect::Application { application, .. } => Some(&**application),
            _ => None,
        });
        let mut all = planned.chain(&current.applications);
        let matches = |app: &&Application| app.id.as_str() == named || app.name == named;
        all.find(matches).map(|app| app.id.clone())
    }

    fn has_audience(&self, audience: &str, current: &Current) -> bool {
        let planned = self.steps.iter().filter_map(|step| match &step.effect {
            Effect::Api(api) => Some(&**api),
            _ => None,
        });
        planned
            .chain(&current.apis)
            .any(|api| api.identifier == audience)
    }

    fn roles(
        &mut self,
        bodies: Vec<Map<String, Value>>,
        current: &Current,
        means: &mut Means<'_>,
    ) -> Result<()> {
        let mut kept: Vec<String> = Vec::new();
        for mut body in bodies {
            let name =
                text(&body, "name").ok_or_else(|| anyhow!("an entry of roles lacks `name`"))?;
            let label = format!("roles {name:?}");
            let permissions: Option<Vec<Permission>> = match body.remove("permissions") {
                None | Some(Value::Null) => None,
                Some(list) => Some(
                    serde_json::from_value(list).map_err(|error| anyhow!("{label}: {error}"))?,
                ),
            };
            let before = current.roles.iter().find(|(role, _)| role.name == name);
            let blank = Role {
                id: RoleId::generate(means.rng),
                name: String::new(),
                description: None,
            };
            let base = before.map_or(&blank, |(role, _)| role);
            let role = body::merge(base, body, &["name", "description"])
                .map_err(|refusal| refused(&label, &refusal))?;
            kept.push(name.clone());
            let view = |role: &Role, permissions: &[Permission]| {
                let mut sorted = permissions.to_vec();
                sorted.sort();
                json!({"name": role.name, "description": role.description, "permissions": sorted})
            };
            let held = before.map_or(&[][..], |(_, held)| held);
            let old = before.map(|(role, held)| view(role, held));
            let new = view(&role, permissions.as_deref().unwrap_or(held));
            self.compare("role", name, old.as_ref(), &new, |_| Effect::Role {
                role,
                permissions,
            });
        }
        let gone = |(role, _): &&(Role, Vec<Permission>)| {
            role.name != aldgate_core::role::ADMINISTRATOR && !kept.contains(&role.name)
        };
        for (role, _) in current
            .roles
            .iter()
            .filter(gone)
            .filter(|_| means.allow_delete)
        {
            self.delete(
                "role",
                role.name.clone(),
                Effect::DeleteRole(role.id.clone()),
            );
        }
        Ok(())
    }

    /// Adds a step if `before` and `after` differ in more than their times.
    fn compare<T: serde::Serialize + Clone>(
        &mut self,
        kind: &'static str,
        name: String,
        before: Option<&T>,
        after: &T,
        effect: impl FnOnce(T) -> Effect,
    ) {
        let changes = differences(before, after);
        if changes.is_empty() {
            self.unchanged += 1;
            return;
        }
        let action = if before.is_some() {
            Action::Update
        } else {
            Action::Create
        };
        self.steps.push(Step {
            action,
            kind,
            name,
            changes,
            effect: effect(after.clone()),
        });
    }

    fn delete(&mut self, kind: &'static str, name: String, effect: Effect) {
        let action = Action::Delete;
        self.steps.push(Step {
            action,
            kind,
            name,
            changes: Vec::new(),
            effect,
        });
    }
}

/// The members that differ, times aside.
fn differences<T: serde::Serialize>(before: Option<&T>, after: &T) -> Vec<FieldChange> {
    let members = |value: Option<&T>| match value.map(serde_json::to_value) {
        Some(Ok(Value::Object(members))) => members,
        _ => Map::new(),
    };
    let (old, new) = (members(before), members(Some(after)));
    let mut names: Vec<&String> = old.keys().chain(new.keys()).collect();
    names.sort();
    names.dedup();
    names
        .into_iter()
        .filter(|name| !matches!(name.as_str(), "created_at" | "updated_at"))
        .filter(|name| old.get(*name) != new.get(*name))
        .map(|name| {
            let shown = |value: Option<&Value>| value.map(|value| redact(name, value));
            FieldChange {
                field: name.clone(),
                before: shown(old.get(name)),
                after: shown(new.get(name)),
            }
        })
        .collect()
}

fn redact(name: &str, value: &Value) -> Value {
    if name.contains("secret") {
        json!("(secret)")
    } else {
        value.clone()
    }
}

fn find_application<'a>(
    all: &'a [Application],
    id: Option<&ClientId>,
    name: &str,
) -> Option<&'a Application> {
    match id {
        Some(id) => all.iter().find(|app| app.id == *id),
        None => all.iter().find(|app| app.name == name),
    }
}

fn take_client_id(body: &mut Map<String, Value>, label: &str) -> Result<Option<ClientId>> {
    match body.remove("client_id") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(id)) => Ok(Some(
            ClientId::parse(&id).map_err(|error| anyhow!("{label}: client_id: {error}"))?,
        )),
        Some(_) => bail!("{label}: client_id must be a string"),
    }
}

fn text(body: &Map<String, Value>, member: &str) -> Option<String> {
    body.get(member).and_then(Value::as_str).map(str::to_owned)
}

fn refused(label: &str, refusal: &Refusal) -> anyhow::Error {
    match &refusal.remedy {
        Some(remedy) => anyhow!("{label}: {} {remedy}", refusal.cause),
        None => anyhow!("{label}: {}", refusal.cause),
    }
}

#[cfg(test)]
mod tests;
