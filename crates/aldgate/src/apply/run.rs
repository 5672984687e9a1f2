//! Loads what a tenant has, carries a plan out in one commit, and prints it.

use aldgate_app::App;
use aldgate_app::shared_keys::{client_secret_place, signing_secret_place};
use aldgate_core::application::Application;
use aldgate_core::id::{ApiId, ClientId, RoleId};
use aldgate_core::secret::Secret;
use aldgate_core::signup::Draft;
use aldgate_core::tenant::Tenant;
use aldgate_core::time::Timestamp;
use aldgate_store::{Page, StoreError, Tx};
use anyhow::{Result, anyhow};
use serde_json::{Map, Value, json};

use super::files::Desired;
use super::plan::{Action, Current, Effect, Means, Plan, Step, Vault, plan};
use crate::people::{self, Outcome};
use crate::ui;

/// What applying came to.
#[derive(Debug, Default)]
pub(crate) struct Applied {
    /// The plan that was carried out, or would be.
    pub(crate) plan: Plan,
    /// Addresses of users who were created, or would be.
    pub(crate) users: Vec<String>,
}

/// Seals under the master key.
struct Sealing<'a> {
    app: &'a App,
    tenant: &'a Tenant,
}

impl Vault for Sealing<'_> {
    fn seal_client(&self, id: &ClientId, secret: &Secret<String>) -> String {
        self.app
            .seal_text(&client_secret_place(&self.tenant.id, id), secret)
    }

    fn seal_api(&self, id: &ApiId, secret: &Secret<String>) -> String {
        self.app
            .seal_text(&signing_secret_place(&self.tenant.id, id), secret)
    }

    fn open_api(&self, id: &ApiId, sealed: &str) -> Option<Secret<String>> {
        self.app
            .open_text(&signing_secret_place(&self.tenant.id, id), sealed)
    }
}

/// Whether to change anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Show the plan only.
    DryRun,
    /// Carry it out.
    Commit,
}

/// Brings the tenant to what `desired` says.
pub(crate) async fn apply(
    app: &App,
    tenant: &Tenant,
    mut desired: Desired,
    mode: Mode,
    allow_delete: bool,
) -> Result<Applied> {
    let current = load(app, tenant).await?;
    let people = std::mem::take(&mut desired.users);
    let now = app.now();
    let mut means = Means {
        now,
        rng: &mut app.rng(),
        vault: &Sealing { app, tenant },
        allow_delete,
    };
    let plan = plan(desired, &current, &mut means)?;
    let effects: Vec<Effect> = plan.steps.iter().map(|step| step.effect.clone()).collect();
    if mode == Mode::Commit && !effects.is_empty() {
        let commit = move |tx: &mut Tx<'_>| effects.iter().try_for_each(|e| carry_out(tx, e, now));
        let done: Result<(), StoreError> = app.store.write(&tenant.id, commit).await;
        done?;
    }
    let users = create_people(app, tenant, people, mode).await?;
    Ok(Applied { plan, users })
}

/// Reads what the plan compares with.
pub(crate) async fn load(app: &App, tenant: &Tenant) -> Result<Current> {
    let tenant_now = tenant.clone();
    let read = move |tx: &mut Tx<'_>| -> Result<Current, StoreError> {
        let roles = tx.roles().list("", &Page::largest())?;
        let roles = roles.into_iter().map(|role| {
            let permissions = tx.roles().permissions(&role.id)?;
            Ok((role, permissions))
        });
        let roles = roles.collect::<Result<Vec<_>, StoreError>>()?;
        Ok(Current {
            tenant: tx
                .own_tenant()
                .load()?
                .unwrap_or_else(|| tenant_now.clone()),
            applications: tx.applications().list("", &Page::largest())?,
            apis: tx.apis().list(&Page::largest())?,
            client_grants: tx
                .client_grants()
                .list(&Default::default(), &Page::largest())?,
            roles,
        })
    };
    Ok(app.store.read(&tenant.id, read).await?)
}

fn carry_out(tx: &mut Tx<'_>, effect: &Effect, now: Timestamp) -> Result<(), StoreError> {
    match effect {
        Effect::Api(api) => {
            if !tx.apis().update(api)? {
                tx.apis().create(api)?;
            }
        }
        Effect::Application { application, .. } => {
            if !tx.applications().update(application)? {
                tx.applications().create(application)?;
            }
        }
        Effect::ClientGrant(grant) => {
            if !tx.client_grants().update(grant)? {
                tx.client_grants().create(grant)?;
            }
        }
        Effect::DeleteApi(api) => {
            tx.apis().delete(api)?;
        }
        Effect::DeleteApplication(id) => {
            tx.applications().delete(id)?;
        }
        Effect::DeleteClientGrant(id) => {
            tx.client_grants().delete(id)?;
        }
        Effect::DeleteRole(id) => {
            tx.roles().delete(id)?;
        }
        Effect::Role { role, permissions } => {
            if !tx.roles().update(role, now)? {
                tx.roles().create(role, now)?;
            }
            if let Some(wanted) = permissions {
                let held = tx.roles().permissions(&role.id)?;
                let gone: Vec<_> = held.into_iter().filter(|p| !wanted.contains(p)).collect();
                tx.roles().forbid(&role.id, &gone)?;
                tx.roles().permit(&role.id, wanted)?;
            }
        }
        Effect::Settings(settings) => {
            if let Some(mut tenant) = tx.own_tenant().load_to_change()? {
                tenant.settings = (**settings).clone();
                tx.own_tenant().update(&tenant, now)?;
            }
        }
    }
    Ok(())
}

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

async fn create_people(
    app: &App,
    tenant: &Tenant,
    people: Vec<Map<String, Value>>,
    mode: Mode,
) -> Result<Vec<String>> {
    let mut created = Vec::new();
    for (index, body) in people.into_iter().enumerate() {
        let label = format!("users[{index}]");
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
    })
}

/// Prints the plan as people read it: `+` create, `~` change, `-` delete.
pub(crate) fn print(applied: &Applied, mode: Mode) {
    let terminal = ui::stdout_is_terminal();
    for step in &applied.plan.steps {
        let (mark, style) = match step.action {
            Action::Create => ("+", ui::GREEN),
            Action::Delete => ("-", ui::RED),
            Action::Update => ("~", ui::YELLOW),
        };
        ui::result(&ui::paint(
            terminal,
            style,
            &format!("{mark} {} {}", step.kind, step.name),
        ));
        if step.action == Action::Update {
            for change in &step.changes {
                let shown = |value: &Option<Value>| {
                    let value = value.as_ref();
                    value.map_or_else(|| "(unset)".to_owned(), Value::to_string)
                };
                let line = format!(
                    "    {}: {} → {}",
                    change.field,
                    shown(&change.before),
                    shown(&change.after)
                );
                ui::result(&line);
            }
        }
        if let (
            Effect::Application {
                application,
                secret: Some(secret),
            },
            Mode::Commit,
        ) = (&step.effect, mode)
        {
            ui::result(&format!("    client_id: {}", application.id));
            ui::result(&format!(
                "    client_secret (shown once): {}",
                secret.expose()
            ));
        }
    }
    applied.users.iter().for_each(|user| {
        ui::result(&ui::paint(terminal, ui::GREEN, &format!("+ user {user}")));
    });
    let verb = if mode == Mode::DryRun {
        "to make"
    } else {
        "made"
    };
    let changes = applied.plan.steps.len() + applied.users.len();
    ui::result(&format!(
        "{changes} changes {verb}, {} as they should be.",
        applied.plan.unchanged
    ));
}

/// The same for scripts.
pub(crate) fn as_json(applied: &Applied, mode: Mode) -> Value {
    let steps: Vec<Value> = applied
        .plan
        .steps
        .iter()
        .map(|step| step_json(step, mode))
        .collect();
    json!({"changes": steps, "users": applied.users, "unchanged": applied.plan.unchanged})
}

fn step_json(step: &Step, mode: Mode) -> Value {
    let action = match step.action {
        Action::Create => "create",
        Action::Delete => "delete",
        Action::Update => "update",
    };
    let fields: Vec<Value> = step
        .changes
        .iter()
        .map(|c| json!({"field": c.field, "before": c.before, "after": c.after}))
        .collect();
    let mut value =
        json!({"action": action, "kind": step.kind, "name": step.name, "fields": fields});
    if let Effect::Application {
        application,
        secret,
    } = &step.effect
    {
        let Application { id, .. } = &**application;
        value["client_id"] = json!(id);
        if let (Some(secret), Mode::Commit) = (secret, mode) {
            value["client_secret"] = json!(secret.expose());
        }
    }
    value
}
