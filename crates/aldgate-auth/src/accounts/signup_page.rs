//! `/u/signup`: opens an account within a running authorization, and logs the person in.

use std::sync::Arc;

use aldgate_app::accounts::CreateUserError;
use aldgate_app::error::{hashing_failed, store_failed};
use aldgate_app::extract::FormParams;
use aldgate_app::page::{self, NoticeKind, Problem};
use aldgate_core::action::event;
use aldgate_core::connection::Connection;
use aldgate_core::connection::attributes::{AtSignUp, Name};
use aldgate_core::error::Refusal;
use aldgate_core::event::EventType;
use aldgate_core::params::Params;
use aldgate_core::password::PasswordPolicy;
use aldgate_core::passwordless::{Channel, Recipient};
use aldgate_core::secret::Secret;
use aldgate_core::session::AuthenticationMethod;
use aldgate_core::signup::{Draft, RefusedField};
use aldgate_store::StoreError;
use axum::extract::RawQuery;
use axum::response::Response;
use http::StatusCode;
use serde_json::Map;

use super::pages::problem_of;
use super::sign_up::SignUp;
use crate::actions::request as request_facts;
use crate::authorize::running::state_of;
use crate::login::session::{Proof, log_in};
use crate::login::stage::{self, Stage};
use crate::visitor::{Fault, Visitor};

/// The path.
pub(super) const PATH: &str = "/u/signup";

const FORM: &str = "signup";

/// What is wrong with what was typed.
#[derive(Default)]
struct Problems {
    form: Option<Problem>,
    email: Option<Problem>,
    username: Option<Problem>,
    phone: Option<Problem>,
    password: Option<Problem>,
    /// What an action says, who refuses the registration.
    message: Option<String>,
}

pub(super) async fn show(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let state = state_of(query.as_deref());
    let result = match open(&visitor, state.as_deref()).await {
        Ok(Ok((stage, connection))) => {
            let hint = stage.login_hint();
            let typed = Params::default();
            Ok(form(
                &visitor,
                &stage,
                &connection,
                (&typed, &hint),
                Problems::default(),
            )
            .await)
        }
        Ok(Err(instead)) => Ok(*instead),
        Err(fault) => Err(fault),
    };
    visitor.answer(result).await
}

pub(super) async fn submit(visitor: Visitor, FormParams(mut fields): FormParams) -> Response {
    let password = match fields.take("password") {
        Some(serde_json::Value::String(password)) => password,
        _ => String::new(),
    };
    let result = match open(&visitor, fields.get("state")).await {
        Ok(Ok((stage, connection))) => {
            match visitor.check_form(&fields, &stage.form_name(FORM)).await {
                Ok(()) => {
                    let password = Secret::new(password);
                    submitted(&visitor, &stage, &connection, &fields, password).await
                }
                Err(page) => Ok(*page),
            }
        }
        Ok(Err(instead)) => Ok(*instead),
        Err(fault) => Err(fault),
    };
    visitor.answer(result).await
}

type Opened = Result<(Stage, Arc<Connection>), Box<Response>>;

/// The running authorization and its database, or the page that says why nobody signs up here.
async fn open(visitor: &Visitor, state: Option<&str>) -> Result<Opened, Fault> {
    let stage = match stage::open(visitor, state).await? {
        Ok(stage) => stage,
        Err(instead) => return Ok(Err(instead)),
    };
    Ok(match stage.database(visitor).await? {
        Ok(connection) => Ok((stage, connection)),
        Err(instead) => Err(instead),
    })
}

async fn submitted(
    visitor: &Visitor,
    stage: &Stage,
    connection: &Arc<Connection>,
    fields: &Params,
    password: Secret<String>,
) -> Result<Response, Fault> {
    let chrome = visitor.chrome(stage.locales()).await;
    let sent = ("POST", Map::new(), event::shown(fields.iter()));
    let request = request_facts(&visitor.tenant, &visitor.caller, &visitor.headers, sent);
    let sign_up = SignUp {
        app: &visitor.app,
        tenant: &visitor.tenant,
        connection,
        application: &stage.application,
        caller: &visitor.caller,
        chrome: &chrome,
        request: &request,
    };
    let user = match attempt(&sign_up, fields, password).await? {
        Ok(user) => user,
        Err((problems, refusal)) => {
            let mut event = sign_up.event(EventType::FailedSignup);
            event.description = refusal.cause.clone().into_owned();
            event.refusal = Some(refusal);
            visitor.app.events.record(&visitor.tenant.id, event);
            return Ok(form(visitor, stage, connection, (fields, ""), problems).await);
        }
    };
    let proof = Proof {
        user_id: user.id,
        method: AuthenticationMethod {
            name: "pwd".to_owned(),
            timestamp: visitor.now,
            connection: Some(connection.name.clone()),
        },
    };
    let running = &stage.running;
    match log_in(visitor, &running.handle, &running.transaction, proof).await? {
        Some(response) => Ok(response),
        None => Ok(visitor
            .notice(StatusCode::BAD_REQUEST, NoticeKind::LoginExpired)
            .await),
    }
}

type Attempt = Result<aldgate_core::user::User, (Problems, Refusal)>;

async fn attempt(
    sign_up: &SignUp<'_>,
    fields: &Params,
    password: Secret<String>,
) -> Result<Attempt, Fault> {
    let form = |problem, refusal| {
        let form = Some(problem);
        let problems = Problems {
            form,
            ..Problems::default()
        };
        Ok(Err((problems, refusal)))
    };
    if sign_up.connection.disables_signup() {
        let cause = "The connection has sign-up switched off.";
        return form(
            Problem::SignupClosed,
            Refusal::new("signup_disabled", cause),
        );
    }
    if !sign_up.is_allowed().await? {
        let cause = "Too many accounts were opened from this address.";
        let refusal = Refusal::new("too_many_sign_ups", cause);
        return form(Problem::TooManyAttempts { minutes: 15 }, refusal);
    }
    let draft = match typed(sign_up.connection, fields) {
        Ok(draft) => draft,
        Err(refused) => return Ok(Err(refused_field(refused))),
    };
    match sign_up.create(draft, password).await {
        Ok(user) => Ok(Ok(user)),
        Err(CreateUserError::Action(error)) => Err((*error).into()),
        Err(CreateUserError::Denied(denial)) => {
            let refusal = Refusal::new("action_denied", "An action refused the registration.")
                .actual(&denial.reason)
                .remedy("See the actions of pre-user-registration.");
            let problems = Problems {
                message: Some(denial.message.unwrap_or(denial.reason)),
                ..Problems::default()
            };
            Ok(Err((problems, refusal)))
        }
        Err(CreateUserError::Store(error)) => Err(store_failed(&error).into()),
        Err(CreateUserError::Mail(error)) => Err(StoreError::unavailable(error).into()),
        Err(CreateUserError::Hashing(error)) => form(
            Problem::Busy,
            hashing_failed(error)
                .refusal
                .map_or_else(Refusal::default, |r| *r),
        ),
        Err(error) => Ok(Err(refused(sign_up, error))),
    }
}

/// Who wants to sign up, from the fields that the form has.
fn typed(connection: &Connection, fields: &Params) -> Result<Draft, RefusedField> {
    let text = |name: Name| {
        let text = fields.get(name.as_str()).map(|text| text.trim().to_owned());
        text.filter(|text| !text.is_empty() && is_asked(connection, name))
    };
    let number = text(Name::Phone).map(|typed| Recipient::parse(Channel::Sms, &typed));
    Ok(Draft {
        email: text(Name::Email),
        username: text(Name::Username),
        phone_number: number.transpose()?.map(|recipient| recipient.text),
        by_herself: true,
        ..Draft::default()
    })
}

/// Whether the form has a field for a name.
fn is_asked(connection: &Connection, name: Name) -> bool {
    // The number of a database without attributes is for applications that sign people up.
    let newer = connection.options.contains_key("attributes");
    let asked = connection.attribute(name).at_sign_up != AtSignUp::Inactive;
    asked && (newer || name != Name::Phone)
}

/// What is wrong with one field.
fn refused_field(RefusedField { field, refusal }: RefusedField) -> (Problems, Refusal) {
    let mut problems = Problems::default();
    let missing = refusal.code == "field_missing";
    match field {
        "username" if missing => problems.username = Some(Problem::Required),
        "username" => problems.username = Some(Problem::UsernameInvalid),
        "phone_number" if missing => problems.phone = Some(Problem::Required),
        "phone_number" => problems.phone = Some(Problem::PhoneInvalid),
        _ if missing => problems.email = Some(Problem::Required),
        _ => problems.email = Some(Problem::EmailInvalid),
    }
    (problems, *refusal)
}

/// What is wrong, for the form and for the log.
fn refused(sign_up: &SignUp<'_>, error: CreateUserError) -> (Problems, Refusal) {
    let mut problems = Problems::default();
    let refusal = match error {
        CreateUserError::Field(refused) => return refused_field(refused),
        CreateUserError::Password(refused, policy) => {
            problems.password = Some(problem_of(refused));
            refused.refusal(&policy)
        }
        error => {
            let tells = &sign_up
                .tenant
                .settings
                .enable_public_signup_user_exists_error;
            match tells {
                true => problems.email = Some(Problem::UserExists),
                false => problems.form = Some(Problem::SignupRefused),
            }
            Refusal::new("user_exists", error.to_string())
        }
    };
    (problems, refusal)
}

async fn form(
    visitor: &Visitor,
    stage: &Stage,
    connection: &Connection,
    (typed, hint): (&Params, &str),
    problems: Problems,
) -> Response {
    let text = |name: &str| {
        typed
            .get(name)
            .unwrap_or_default()
            .chars()
            .take(500)
            .collect()
    };
    let email: String = text("email");
    let asked = |name: Name| is_asked(connection, name);
    let optional = |name: &Name| {
        let attribute = connection.attribute(*name);
        attribute.at_sign_up == AtSignUp::Optional && !attribute.required
    };
    let page = page::SignUp {
        form: visitor.form(PATH, &stage.form_name(FORM), Some(stage.handle())),
        application: Some(stage.view()),
        email: asked(Name::Email).then(|| match email.is_empty() {
            true => hint.to_owned(),
            false => email,
        }),
        username: asked(Name::Username).then(|| text("username")),
        phone: asked(Name::Phone).then(|| text("phone_number")),
        optional: Name::ALL
            .into_iter()
            .filter(optional)
            .map(Name::as_str)
            .collect(),
        message: problems.message,
        problem: problems.form,
        email_problem: problems.email,
        username_problem: problems.username,
        phone_problem: problems.phone,
        password_problem: problems.password,
        password_min: PasswordPolicy::of(connection).min_length,
        login_url: stage.link("u/login"),
    };
    let first = [
        problems.form,
        problems.email,
        problems.username,
        problems.phone,
        problems.password,
    ];
    let status = match first.into_iter().flatten().next() {
        None if page.message.is_some() => StatusCode::BAD_REQUEST,
        None => StatusCode::OK,
        Some(Problem::Busy) => StatusCode::SERVICE_UNAVAILABLE,
        Some(Problem::TooManyAttempts { .. }) => StatusCode::TOO_MANY_REQUESTS,
        Some(_) => StatusCode::BAD_REQUEST,
    };
    stage.show(visitor, status, &page).await
}
