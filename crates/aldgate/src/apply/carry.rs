//! Carries a plan out, one call of the Management API after another. A call that is refused stops
//! it; what was done stays done, and the next apply goes on from there.

use std::collections::HashMap;

use aldgate_manage::{Answer, Local};
use anyhow::{Context as _, Result, anyhow};
use http::Method;
use serde_json::{Map, Value, json};

use super::actions::{ACTIONS, TRIGGERS, bindings_of_wire, deploy};
use super::kind::Access;
use super::plan::{Action, Step};
use super::present::Present;
use super::schema::{address, encoded};
use crate::cmd::api;

/// How many members a list in one call may have.
const AT_ONCE: usize = 100;

/// Carries steps out.
pub(crate) struct Carrier<'a> {
    local: &'a Local,
    /// Ids of applications, by name.
    applications: HashMap<String, String>,
}

/// What came of a step.
#[derive(Debug, Clone, Default)]
pub(crate) struct Done {
    /// The id of an application that was made.
    pub(crate) client_id: Option<String>,
    /// A secret that was generated; nobody will see it again.
    pub(crate) client_secret: Option<String>,
}

impl<'a> Carrier<'a> {
    /// Knows what there is.
    pub(crate) fn new(local: &'a Local, present: &Present) -> Self {
        let mut applications = HashMap::new();
        for (id, _) in &present.applications {
            applications.insert(present.application_name(id).to_owned(), id.clone());
        }
        Self {
            local,
            applications,
        }
    }

    /// Carries one step out.
    pub(crate) async fn step(&mut self, step: &Step) -> Result<Done> {
        let told = || {
            let kind = step.kind.label;
            format!("{kind} {}", step.key).trim_end().to_owned()
        };
        self.attempt(step).await.with_context(told)
    }

    async fn attempt(&mut self, step: &Step) -> Result<Done> {
        let mut body = step.body.clone();
        self.name_by_id(step, &mut body);
        let permissions = match step.kind.section {
            "roles" => body.remove("permissions"),
            _ => None,
        };
        let deploys = step.kind.section == ACTIONS && body.remove("deployed") == Some(json!(true));
        let answer = match step.action {
            Action::Create => match step.kind.create() {
                Some((_, path)) => self.call(Method::POST, path, Some(body)).await?,
                None => self.update(step, body).await?,
            },
            Action::Update if body.is_empty() => Value::Null,
            Action::Update => self.update(step, body).await?,
            Action::Delete => {
                let path = match step.kind.section {
                    // The files say that no trigger runs it either.
                    ACTIONS => format!("{}?force=true", self.path(step)),
                    _ => self.path(step),
                };
                self.call(Method::DELETE, &path, None).await?
            }
        };
        if let Some(Value::Array(wanted)) = permissions {
            let id = step.id.as_deref().or_else(|| answer["id"].as_str());
            let id = id.ok_or_else(|| anyhow!("the role has no id"))?;
            let held = step.permissions_before.clone().unwrap_or_default();
            self.permit(id, &held, &wanted).await?;
        }
        if let (true, Some(id)) = (
            deploys,
            step.id.as_deref().or_else(|| answer["id"].as_str()),
        ) {
            deploy(self.local, id).await?;
        }
        let text = |member: &str| answer[member].as_str().map(str::to_owned);
        if (step.kind.section, step.action) != ("clients", Action::Create) {
            return Ok(Done::default());
        }
        if let Some(id) = text("client_id") {
            self.applications.insert(step.key.clone(), id);
        }
        // Who gave the secret knows it.
        let given = step.body.contains_key("client_secret");
        Ok(Done {
            client_id: text("client_id"),
            client_secret: text("client_secret").filter(|_| !given),
        })
    }

    async fn update(&self, step: &Step, body: Map<String, Value>) -> Result<Value> {
        let (method, _) = step.kind.update();
        let method = match method {
            "put" => Method::PUT,
            _ => Method::PATCH,
        };
        let path = self.path(step);
        let (Access::One(route) | Access::Each(_, route)) = step.kind.access else {
            return self.call(method, &path, Some(body)).await;
        };
        if step.kind.section == TRIGGERS {
            return self
                .send(method, &path, Some(&bindings_of_wire(&body)))
                .await;
        }
        let body = match (route.wrapped, route.sent_as) {
            (Some(member), _) => body.get(member).cloned().unwrap_or(json!([])),
            (None, Some((read, sent))) => json!({sent: body.get(read)}),
            (None, None) => Value::Object(body),
        };
        self.send(method, &path, Some(&body)).await
    }

    fn path(&self, step: &Step) -> String {
        match (step.kind.access, &step.id) {
            (Access::Collection { path, .. }, Some(id)) => format!("{path}/{}", encoded(id)),
            (Access::Collection { path, .. }, None) => path.to_owned(),
            (Access::One(route) | Access::Each(_, route), _) => address(route.path, &step.key),
        }
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<Map<String, Value>>,
    ) -> Result<Value> {
        self.send(method, path, body.map(Value::Object).as_ref())
            .await
    }

    async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value> {
        let answer: Answer = self.local.call(method, path, body).await?;
        match answer.status.is_success() {
            true => Ok(answer.body),
            false => Err(api::refusal(&answer)),
        }
    }

    /// The wire names applications by id.
    fn name_by_id(&self, step: &Step, body: &mut Map<String, Value>) {
        let id_of = |name: &str| -> Value {
            let known = self.applications.get(name);
            known.map_or_else(|| name.into(), |id| id.as_str().into())
        };
        for member in step.kind.applications {
            match body.get_mut(*member) {
                Some(Value::Array(names)) => {
                    *names = names.iter().filter_map(Value::as_str).map(id_of).collect();
                }
                Some(Value::String(name)) => {
                    let id = id_of(name);
                    body.insert((*member).to_owned(), id);
                }
                _ => {}
            }
        }
    }

    async fn permit(&self, role: &str, held: &[Value], wanted: &[Value]) -> Result<()> {
        let pair = |p: &Value| {
            let text = |member: &str| p[member].as_str().unwrap_or_default().to_owned();
            (text("resource_server_identifier"), text("permission_name"))
        };
        let missing = |list: &[Value], others: &[Value]| -> Vec<Value> {
            let others: Vec<_> = others.iter().map(pair).collect();
            let gone = list.iter().map(pair).filter(|p| !others.contains(p));
            gone.map(
                |(api, name)| json!({"resource_server_identifier": api, "permission_name": name}),
            )
            .collect()
        };
        let path = format!("/roles/{}/permissions", encoded(role));
        for (method, list) in [
            (Method::DELETE, missing(held, wanted)),
            (Method::POST, missing(wanted, held)),
        ] {
            for some in list.chunks(AT_ONCE) {
                let body = json!({"permissions": some});
                self.send(method.clone(), &path, Some(&body)).await?;
            }
        }
        Ok(())
    }
}
