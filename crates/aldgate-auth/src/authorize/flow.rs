//! The flow of an authorization: check, find out who is there, decide what comes next, do it.
//! Every return from a page runs all of it again (SES-04, OAU-12).

use aldgate_app::respond::found;
use aldgate_core::access::Access;
use aldgate_core::action::Progress;
use aldgate_core::application::Application;
use aldgate_core::authorize::checks::{self, Rejected};
use aldgate_core::authorize::plan::Target;
use aldgate_core::authorize::prompt::{self, Situation, Step};
use aldgate_core::authorize::respond::Answer;
use aldgate_core::authorize::{Plan, Request};
use aldgate_core::consent::{self, Ask};
use aldgate_core::error::OAuthError;
use aldgate_core::event::EventType;
use aldgate_core::federation::attempt::Purpose;
use aldgate_core::secret::{TokenHash, TokenKind};
use aldgate_core::transaction::Transaction;
use aldgate_store::Tx;
use axum::response::Response;

use super::actions::{Login, Passage, Return};
use super::answer::{self, Granted};
use super::facts::{self, Named, Person};
use super::running::{self, Running};
use super::send;
use crate::cross_origin;
use crate::federation::start::{self, Way};
use crate::visitor::{Fault, Visitor};

/// Begins with a request as it came.
pub(crate) async fn start(visitor: &Visitor, request: Request) -> Result<Response, Fault> {
    let named = Named::load(visitor, &request).await?;
    let plan = match checks::run(&request, &named.facts(visitor)) {
        Ok(plan) => plan,
        Err(rejected) => return reject(visitor, &named, rejected).await,
    };
    if let Some(ticket) = &request.login_ticket {
        let ticket = ticket.clone();
        return cross_origin::redeem(visitor, &plan, &named, request, &ticket).await;
    }
    run(visitor, &request, (plan, &named), None, None).await
}

/// Goes on after a page.
pub(crate) async fn go_on(visitor: &Visitor, running: &Running) -> Result<Response, Fault> {
    again(visitor, running, None).await
}

/// Goes on after the user was where an action had sent her.
pub(crate) async fn come_back(
    visitor: &Visitor,
    running: &Running,
    back: Return<'_>,
) -> Result<Response, Fault> {
    again(visitor, running, Some(back)).await
}

async fn again(
    visitor: &Visitor,
    running: &Running,
    back: Option<Return<'_>>,
) -> Result<Response, Fault> {
    let request = &running.transaction.request;
    let named = Named::load(visitor, request).await?;
    match checks::run(request, &named.facts(visitor)) {
        Ok(plan) => run(visitor, request, (plan, &named), Some(running), back).await,
        Err(rejected) => reject(visitor, &named, rejected).await,
    }
}

async fn run(
    visitor: &Visitor,
    request: &Request,
    (plan, named): (Plan, &Named),
    running: Option<&Running>,
    back: Option<Return<'_>>,
) -> Result<Response, Fault> {
    let person = facts::person(visitor, &plan, named).await?;
    let access = match access(visitor, &plan, named, person.as_ref()).await? {
        Ok(access) => access,
        Err(error) => return refuse(visitor, named, &plan.target, &error, true).await,
    };
    let situation = Situation {
        session: person.as_ref().map(|person| &person.session),
        fresh: is_fresh(running, person.as_ref()),
        consent_due: is_consent_due(&plan, named, person.as_ref(), access.as_ref(), running),
        now: visitor.now,
    };
    let step = match prompt::next(&plan, situation) {
        Ok(step) => step,
        Err(error) => return refuse(visitor, named, &plan.target, &error, person.is_some()).await,
    };
    let (Step::Answer | Step::Consent, Some(person), Some(mut access)) = (&step, person, access)
    else {
        return show(visitor, request, named, &step, running, None).await;
    };
    let login = Login {
        visitor,
        request,
        plan: &plan,
        named,
        person: &person,
        running,
    };
    let decided = match login.pass(back).await? {
        Passage::On(decided) => *decided,
        Passage::Leave(response) => return Ok(*response),
    };
    decided.adjust(&mut access);
    // Actions may have changed what there is to agree to.
    let due = is_consent_due(&plan, named, Some(&person), Some(&access), running);
    if due && plan.prompts.none {
        let error = prompt::consent_required();
        return refuse(visitor, named, &plan.target, &error, true).await;
    }
    if due {
        let progress = decided.progress(&person.session);
        return show(visitor, request, named, &Step::Consent, running, progress).await;
    }
    login.keep_unless(&decided).await?;
    let granted = Granted {
        plan,
        person,
        access,
        decided,
    };
    answer::make(visitor, named, granted, running).await
}

/// What the person may be granted; nothing yet where nobody is known.
async fn access(
    visitor: &Visitor,
    plan: &Plan,
    named: &Named,
    person: Option<&Person>,
) -> Result<Result<Option<Access>, OAuthError>, Fault> {
    let Some(person) = person else {
        return Ok(Ok(None));
    };
    let access = facts::access(visitor, plan, named, person).await?;
    Ok(access.map(Some))
}

fn is_fresh(running: Option<&Running>, person: Option<&Person>) -> bool {
    match (running, person) {
        (Some(running), Some(person)) => running.transaction.is_fresh(&person.session.id),
        _ => false,
    }
}

fn is_consent_due(
    plan: &Plan,
    named: &Named,
    person: Option<&Person>,
    access: Option<&Access>,
    running: Option<&Running>,
) -> bool {
    let (Some(application), Some(person), Some(access)) = (&named.application, person, access)
    else {
        return false;
    };
    consent::is_due(Ask {
        application,
        api: named.api.as_deref(),
        scope: &access.scope,
        forced: plan.prompts.consent,
        remembered: person.remembered.as_ref(),
        given: running.and_then(|running| running.transaction.consented.as_ref()),
    })
}

/// Sends the browser to the page of a step, beginning the transaction if need be. `progress` of the
/// actions is kept with it.
async fn show(
    visitor: &Visitor,
    request: &Request,
    named: &Named,
    step: &Step,
    running: Option<&Running>,
    progress: Option<Progress>,
) -> Result<Response, Fault> {
    let handle = match running {
        Some(running) => {
            if progress.is_some() && !running.note(visitor, progress).await? {
                return Ok(*running::gone(visitor).await);
            }
            running.handle.clone()
        }
        None => {
            let begun = Transaction::begin(request.clone(), visitor.browser.hash(), visitor.now);
            let transaction = Transaction {
                actions: progress,
                ..begun
            };
            begin(visitor, transaction).await?
        }
    };
    // A request that names another provider goes straight there.
    if let (Step::LogIn | Step::SignUp, Some(connection)) = (step, named.provider()) {
        let way = Way {
            connection,
            purpose: Purpose::LogIn(TokenHash::of(&handle)),
            handle: &handle,
            request,
            typed: None,
            application: named.application.as_deref(),
        };
        return start::leave(visitor, way).await;
    }
    let signup = request.screen_hint.as_deref() == Some("signup");
    let page = match step {
        Step::Consent => "u/consent",
        Step::SignUp => "u/signup",
        Step::LogIn | Step::Answer if signup => "u/signup",
        Step::LogIn | Step::Answer => "u/login",
    };
    let mut response = found(
        &visitor
            .tenant
            .issuer
            .join(&format!("{page}?state={handle}")),
    );
    visitor.remember_browser(&mut response);
    Ok(response)
}

/// Stores a new transaction; returns its handle.
pub(crate) async fn begin(visitor: &Visitor, transaction: Transaction) -> Result<String, Fault> {
    let handle = TokenKind::Transaction.generate(&mut visitor.app.rng());
    let hash = TokenHash::of(handle.expose());
    let write = move |tx: &mut Tx<'_>| tx.transactions().begin(&hash, &transaction);
    visitor.app.store.write(&visitor.tenant.id, write).await?;
    Ok(handle.expose().clone())
}

/// Answers a request that a check refused.
async fn reject(visitor: &Visitor, named: &Named, rejected: Rejected) -> Result<Response, Fault> {
    let Rejected {
        check,
        error,
        target,
    } = rejected;
    let application = named.application.as_deref();
    let someone = visitor.live_session().await?.is_some();
    Ok(match target {
        Some(target) if checks::may_travel(&target, &error, someone) => {
            visitor.record(kind_of(&target), &error, application, Some(check));
            deliver(visitor, &target, Answer::error(&error), application).await
        }
        _ => {
            visitor
                .refuse(&error, EventType::FailedLogin, application, Some(check))
                .await
        }
    })
}

/// Answers with a refusal that was decided after the checks.
pub(crate) async fn refuse(
    visitor: &Visitor,
    named: &Named,
    target: &Target,
    error: &OAuthError,
    someone: bool,
) -> Result<Response, Fault> {
    let application = named.application.as_deref();
    Ok(if checks::may_travel(target, error, someone) {
        visitor.record(kind_of(target), error, application, None);
        deliver(visitor, target, Answer::error(error), application).await
    } else {
        visitor
            .refuse(error, EventType::FailedLogin, application, None)
            .await
    })
}

/// How the log calls a refusal.
pub(super) fn kind_of(target: &Target) -> EventType {
    if target.silent {
        EventType::FailedSilentAuth
    } else {
        EventType::FailedLogin
    }
}

/// Puts an answer on its way.
pub(crate) async fn deliver(
    visitor: &Visitor,
    target: &Target,
    answer: Answer,
    application: Option<&Application>,
) -> Response {
    let name = application.map(|application| application.name.clone());
    send::send(visitor, target, answer, name).await
}
