//! `/u/consent`: asks the user what the application may have (ruling R13).

use aldgate_app::extract::FormParams;
use aldgate_app::page::{Consent as ConsentPage, ConsentApi, ConsentScope};
use aldgate_app::respond::see_other;
use aldgate_core::access::Access;
use aldgate_core::authorize::{Plan, checks};
use aldgate_core::consent::Consent;
use aldgate_core::error::{OAuthError, Refusal};
use aldgate_core::event::EventType;
use aldgate_core::random::alphanumeric;
use aldgate_core::scope::{Scopes, is_standard};
use aldgate_core::transaction::Transaction;
use aldgate_store::{StoreError, Tx};
use axum::extract::RawQuery;
use axum::response::Response;
use http::StatusCode;

use super::stage::{self, Stage};
use crate::authorize::facts::{self, Named, Person};
use crate::authorize::flow;
use crate::authorize::running::state_of;
use crate::visitor::{Fault, Visitor};

/// What the page asks about.
struct Question {
    stage: Stage,
    named: Named,
    plan: Plan,
    person: Person,
    access: Access,
}

pub(super) async fn get(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let state = state_of(query.as_deref());
    let result = match question(&visitor, state.as_deref()).await {
        Ok(Ok(question)) => Ok(question.page(&visitor).await),
        Ok(Err(instead)) => Ok(*instead),
        Err(fault) => Err(fault),
    };
    visitor.answer(result).await
}

pub(super) async fn post(visitor: Visitor, FormParams(fields): FormParams) -> Response {
    let result = match question(&visitor, fields.get("state")).await {
        Ok(Ok(question)) => match visitor.check_form(&fields, &question.form_name()).await {
            Ok(()) if fields.get("action") == Some("accept") => question.accept(&visitor).await,
            Ok(()) => question.deny(&visitor).await,
            Err(page) => Ok(*page),
        },
        Ok(Err(instead)) => Ok(*instead),
        Err(fault) => Err(fault),
    };
    visitor.answer(result).await
}

/// Finds out what would be granted now; without that there is nothing to ask, and the flow decides
/// anew.
async fn question(
    visitor: &Visitor,
    state: Option<&str>,
) -> Result<Result<Question, stage::Instead>, Fault> {
    let stage = match stage::open(visitor, state).await? {
        Ok(stage) => stage,
        Err(instead) => return Ok(Err(instead)),
    };
    let request = &stage.running.transaction.request;
    let named = Named::load(visitor, request).await?;
    let plan = checks::run(request, &named.facts(visitor)).ok();
    let person = match &plan {
        Some(plan) => facts::person(visitor, plan, &named).await?,
        None => None,
    };
    let access = match (&plan, &person) {
        (Some(plan), Some(person)) => {
            let access = facts::access(visitor, plan, &named, person).await?.ok();
            access.map(|access| stage.running.adjusted(access, person))
        }
        _ => None,
    };
    Ok(match (plan, person, access) {
        (Some(plan), Some(person), Some(access)) => Ok(Question {
            stage,
            named,
            plan,
            person,
            access,
        }),
        _ => Err(Box::new(back(visitor, &stage))),
    })
}

fn back(visitor: &Visitor, stage: &Stage) -> Response {
    let path = format!("authorize/resume?state={}", stage.handle());
    see_other(&visitor.tenant.issuer.join(&path))
}

impl Question {
    /// The form is bound to what it shows: nobody agrees to scopes that came in meanwhile.
    fn form_name(&self) -> String {
        let name = self.stage.form_name("consent");
        format!("{name} {} {}", self.person.session.id, self.access.scope)
    }

    async fn page(&self, visitor: &Visitor) -> Response {
        let api = self.named.api.as_deref();
        let describe = |scope: &str| {
            let known = api.and_then(|api| api.scopes.iter().find(|s| s.value == scope));
            ConsentScope::new(scope, known.and_then(|scope| scope.description.clone()))
        };
        let scopes = |standard: bool| -> Vec<ConsentScope> {
            let all = self.access.scope.iter();
            all.filter(|scope| is_standard(scope) == standard)
                .map(describe)
                .collect()
        };
        let page = ConsentPage {
            form: visitor.form("/u/consent", &self.form_name(), Some(self.stage.handle())),
            application: self.stage.view(),
            third_party: !self.stage.application.is_first_party,
            redirect_host: self.plan.target.redirect.display_host(),
            user: self.person.user.display_name().to_owned(),
            api: api.map(|api| ConsentApi {
                name: if api.name.is_empty() {
                    api.identifier.clone()
                } else {
                    api.name.clone()
                },
                scopes: scopes(false),
            }),
            profile: scopes(true),
        };
        self.stage.show(visitor, StatusCode::OK, &page).await
    }

    async fn accept(&self, visitor: &Visitor) -> Result<Response, Fault> {
        let now = visitor.now;
        let scope = self.access.scope.clone();
        let mut event = visitor.event(EventType::ConsentGiven, Some(&self.stage.application));
        event.user_id = Some(self.person.user.id.clone());
        event.audience.clone_from(&self.access.audience);
        event.scope = Some(scope.to_string());
        let consent = Consent {
            id: format!("con_{}", alphanumeric(&mut visitor.app.rng(), 16)),
            user_id: self.person.user.id.clone(),
            client_id: self.stage.application.id.clone(),
            audience: self.plan.audience.clone(),
            scope: Scopes::none(),
            created_at: now,
            updated_at: now,
        };
        let noted = Transaction {
            consented: Some(scope.clone()),
            ..self.stage.running.transaction.clone()
        };
        let hash = self.stage.running.hash;
        let write = move |tx: &mut Tx<'_>| {
            if !tx.transactions().update(&hash, &noted, now)? {
                return Ok(());
            }
            let (user, client) = (&consent.user_id, &consent.client_id);
            let known = tx
                .consents()
                .find(user, client, consent.audience.as_deref())?;
            let known = known.map(|known| known.scope).unwrap_or_default();
            tx.consents().give(&Consent {
                scope: known.union(&scope),
                ..consent.clone()
            })?;
            tx.events().record(std::slice::from_ref(&event))?;
            Ok::<_, StoreError>(())
        };
        visitor.app.store.write(&visitor.tenant.id, write).await?;
        Ok(back(visitor, &self.stage))
    }

    /// The application is told; the session stays as it is.
    async fn deny(&self, visitor: &Visitor) -> Result<Response, Fault> {
        let (hash, now) = (self.stage.running.hash, visitor.now);
        let write = move |tx: &mut Tx<'_>| tx.transactions().finish(&hash, now);
        let finished: bool = visitor.app.store.write(&visitor.tenant.id, write).await?;
        if !finished {
            return Ok(back(visitor, &self.stage));
        }
        let refusal = Refusal::new("consent_denied", "The user did not agree.")
            .actual(&self.access.scope.to_string());
        let text = "User did not authorize the request";
        let error = OAuthError::access_denied(text).because(refusal);
        flow::refuse(visitor, &self.named, &self.plan.target, &error, true).await
    }
}
