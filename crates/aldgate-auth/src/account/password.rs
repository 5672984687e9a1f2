//! `/account/password`: another password, for who knows the present one (ACC-08). Every other login
//! ends, and this one gets a new name (SES-01, ACC-07).

use std::sync::Arc;

use aldgate_app::accounts::{
    HashedPassword, PasswordChange, Post, SetPasswordError, change_password, hash_new_password,
    personal_words,
};
use aldgate_app::extract::FormParams;
use aldgate_app::page::{MailKind, MyPassword, Problem};
use aldgate_core::application::Application;
use aldgate_core::connection::Connection;
use aldgate_core::event::EventType;
use aldgate_core::params::Params;
use aldgate_core::password::PasswordPolicy;
use aldgate_core::secret::{Secret, TokenHash, TokenKind};
use aldgate_store::{StoreError, Tx};
use axum::response::Response;

use super::owner::{self, Login, Owner};
use crate::accounts::{LoginFailure, PasswordAttempt, authenticate, problem_of};
use crate::login::password::status_of;
use crate::visitor::{Fault, Visitor};
use http::StatusCode;

const FORM: &str = "my password";

pub(super) async fn get(visitor: Visitor) -> Response {
    let result = match owner::open(&visitor, Login::Any, "password").await {
        Ok(Ok(owner)) => show(&visitor, &owner).await,
        Ok(Err(instead)) => Ok(*instead),
        Err(fault) => Err(fault),
    };
    visitor.answer(result).await
}

async fn show(visitor: &Visitor, owner: &Owner) -> Result<Response, Fault> {
    match database(visitor, owner).await? {
        Some(connection) => Ok(page(visitor, owner, &connection, None).await),
        None => Ok(owner::onward(visitor, None)),
    }
}

pub(super) async fn post(visitor: Visitor, FormParams(fields): FormParams) -> Response {
    let owner = owner::submitted(&visitor, Login::Any, "password", &fields, FORM).await;
    let result = match owner {
        Ok(Ok(owner)) => submitted(&visitor, &owner, &fields).await,
        Ok(Err(instead)) => Ok(*instead),
        Err(fault) => Err(fault),
    };
    visitor.answer(result).await
}

/// The database that her password belongs to, if she has one.
async fn database(visitor: &Visitor, owner: &Owner) -> Result<Option<Arc<Connection>>, Fault> {
    let Some(main) = owner.user.identities.first() else {
        return Ok(None);
    };
    if !owner.has_password(visitor).await? {
        return Ok(None);
    }
    let (tenant, id) = (&visitor.tenant.id, &main.connection_id);
    let found = visitor.app.connection(tenant, id).await?;
    Ok(found.filter(|connection| connection.is_database()))
}

async fn submitted(visitor: &Visitor, owner: &Owner, fields: &Params) -> Result<Response, Fault> {
    let Some(connection) = database(visitor, owner).await? else {
        return Ok(owner::onward(visitor, None));
    };
    let text = |name: &str| Secret::new(fields.get(name).unwrap_or_default().to_owned());
    let (current, password) = (text("current"), text("password"));
    if password != text("password_again") {
        return Ok(page(visitor, owner, &connection, Some(Problem::PasswordsDiffer)).await);
    }
    let problem = match prove(visitor, owner, &connection, &current).await? {
        Some(problem) => problem,
        None => match hash(visitor, owner, &connection, &password).await? {
            Ok(hashed) => return change(visitor, owner, &connection, hashed).await,
            Err(problem) => problem,
        },
    };
    Ok(page(visitor, owner, &connection, Some(problem)).await)
}

/// Checks the present password, counted like any attempt to log in (ACC-03).
async fn prove(
    visitor: &Visitor,
    owner: &Owner,
    connection: &Connection,
    current: &Secret<String>,
) -> Result<Option<Problem>, Fault> {
    let user = &owner.user;
    let names = [&user.email, &user.username, &user.phone_number];
    let Some(name) = names.into_iter().flatten().next() else {
        return Ok(Some(Problem::PasswordWrong));
    };
    let chrome = visitor.chrome(None).await;
    let attempt = PasswordAttempt {
        connection,
        username: name,
        password: current,
        client: &Application::account(&visitor.tenant.issuer),
        caller: &visitor.caller,
        chrome: &chrome,
    };
    match authenticate(&visitor.app, &visitor.tenant, attempt).await {
        Ok(proven) if proven.user.id == user.id => Ok(None),
        Ok(_) | Err(LoginFailure::WrongCredentials) => Ok(Some(Problem::PasswordWrong)),
        Err(LoginFailure::Store(error)) => Err(error.into()),
        Err(failure) => Ok(Some(failure.problem())),
    }
}

async fn hash(
    visitor: &Visitor,
    owner: &Owner,
    connection: &Connection,
    password: &Secret<String>,
) -> Result<Result<HashedPassword, Problem>, Fault> {
    let id = owner.user.id.clone();
    let find = move |tx: &mut Tx<'_>| tx.passwords().of(&id);
    let stored = visitor.app.store.read(&visitor.tenant.id, find).await?;
    let known = stored.map(|stored| [vec![stored.hash], stored.former].concat());
    let words = personal_words(&visitor.tenant, &owner.user);
    let (typed, known) = (password.expose(), known.unwrap_or_default());
    match hash_new_password(&visitor.app, connection, typed, &words, &known).await {
        Ok(hashed) => Ok(Ok(hashed)),
        Err(SetPasswordError::Refused(refused, policy)) => {
            let mut event = owner.event(visitor, EventType::FailedChangePassword, "");
            event.refusal = Some(refused.refusal(&policy));
            visitor.app.events.record(&visitor.tenant.id, event);
            Ok(Err(problem_of(refused)))
        }
        Err(SetPasswordError::Hashing(_)) => Ok(Err(Problem::Busy)),
        Err(SetPasswordError::Store(error)) => Err(error.into()),
    }
}

async fn change(
    visitor: &Visitor,
    owner: &Owner,
    connection: &Connection,
    password: HashedPassword,
) -> Result<Response, Fault> {
    let mut event = owner.event(
        visitor,
        EventType::ChangePassword,
        "She changed her password",
    );
    event.connection = Some(connection.name.clone());
    let change = PasswordChange {
        user: owner.user.id.clone(),
        password,
        keep: Some(owner.session.id.clone()),
        proves_email: false,
        event,
        notice: notice(visitor, owner).await?,
    };
    let value = TokenKind::Session.generate(&mut visitor.app.rng());
    let (fresh, retired) = (TokenHash::of(value.expose()), visitor.session());
    let (session, now) = (owner.session.clone(), visitor.now);
    let write = move |tx: &mut Tx<'_>| {
        let done = change_password(tx, &change, now)?;
        tx.sessions().begin(&fresh, &session, retired.as_ref())?;
        Ok::<_, StoreError>(done)
    };
    let _exists: bool = visitor.app.store.write(&visitor.tenant.id, write).await?;
    let mut response = owner::done(visitor, "password", "login");
    visitor.set_session(&mut response, value.expose(), &owner.session);
    Ok(response)
}

/// The mail that tells her.
async fn notice(
    visitor: &Visitor,
    owner: &Owner,
) -> Result<Option<aldgate_app::mail::QueuedMail>, Fault> {
    let Some(email) = &owner.user.email else {
        return Ok(None);
    };
    let ip = visitor.caller.address().to_string();
    let post = Post {
        app: &visitor.app,
        tenant: &visitor.tenant,
        chrome: &visitor.chrome(None).await,
        application: None,
        ip: Some(&ip),
    };
    let link = visitor.tenant.issuer.join("login");
    let notice = post.notice(MailKind::PasswordChanged, email, Some(link));
    Ok(Some(notice.map_err(StoreError::unavailable)?))
}

async fn page(
    visitor: &Visitor,
    owner: &Owner,
    connection: &Connection,
    problem: Option<Problem>,
) -> Response {
    let user = &owner.user;
    let name = user.email.clone().or_else(|| user.username.clone());
    let page = MyPassword {
        form: visitor.form("/account/password", FORM, None),
        username: name.unwrap_or_default(),
        problem,
        password_min: PasswordPolicy::of(connection).min_length,
    };
    let status = problem.map_or(StatusCode::OK, status_of);
    owner::show(visitor, status, &page).await
}
