//! `aldgate admin create`: a user with the administrator role (ADM-02).

use std::io::Read as _;
use std::time::Duration;

use aldgate_app::App;
use aldgate_core::id::RoleId;
use aldgate_core::random::alphanumeric;
use aldgate_core::role::ADMINISTRATOR;
use aldgate_core::secret::Secret;
use aldgate_core::signup::Draft;
use aldgate_core::tenant::Tenant;
use aldgate_store::{LoginName, StoreError, Tx};
use anyhow::{Context as _, Result, bail};
use serde_json::json;

use crate::cli::{Admin, Cli};
use crate::people::{self, Outcome};
use crate::{context, ui};

/// How long a pipe may take to bring a password.
const PIPED_WITHIN: Duration = Duration::from_millis(500);

/// Runs the command. A generated password is printed once.
pub(crate) async fn run(cli: &Cli, command: &Admin) -> Result<()> {
    let Admin::Create {
        email,
        tenant,
        password_stdin,
        output,
    } = command;
    let (app, tenant) = context::open(cli, &tenant.tenant).await?;
    let given = match password_stdin {
        true => Some(read_password()?),
        false => piped_password()?,
    };
    let generated = given.is_none();
    let password = given.unwrap_or_else(|| Secret::new(alphanumeric(&mut app.rng(), 24)));
    let role = administrator(&app, &tenant).await?;
    let draft = Draft {
        email: Some(email.clone()),
        email_verified: true,
        ..Draft::default()
    };
    let outcome = people::create(&app, &tenant, draft, &password, vec![role.clone()]).await?;
    let created = matches!(outcome, Outcome::Created(_));
    if !created {
        promote(&app, &tenant, email, role).await?;
    }
    let shown = (created && generated).then(|| password.expose().clone());
    if output.json {
        ui::json(&json!({"email": email, "created": created, "password": shown}));
        return Ok(());
    }
    match (created, shown) {
        (true, Some(password)) => {
            ui::result(&format!("{email} administers {}.", tenant.issuer));
            ui::result(&format!("Password (shown once): {password}"));
        }
        (true, None) => ui::result(&format!(
            "{email} administers {}, with the password from standard input.",
            tenant.issuer
        )),
        (false, _) => ui::result(&format!(
            "{email} existed and administers {} now; her password stays as it was.",
            tenant.issuer
        )),
    }
    Ok(())
}

/// The administrator role of a tenant.
pub(crate) async fn administrator(app: &App, tenant: &Tenant) -> Result<RoleId> {
    let find = |tx: &mut Tx<'_>| -> Result<_, StoreError> { tx.roles().by_name(ADMINISTRATOR) };
    let role = app.store.read(&tenant.id, find).await?;
    role.map(|role| role.id)
        .with_context(|| format!("the tenant has no role {ADMINISTRATOR:?}"))
}

/// Gives the role to the user who has the address already.
async fn promote(app: &App, tenant: &Tenant, email: &str, role: RoleId) -> Result<()> {
    let connection = people::database(app, tenant).await?.id;
    let (address, now) = (email.to_owned(), app.now());
    let give = move |tx: &mut Tx<'_>| -> Result<bool, StoreError> {
        let Some(user) = tx
            .users()
            .by_login(&connection, LoginName::Email, &address)?
        else {
            return Ok(false);
        };
        tx.roles().give(&role, &user.id, now)?;
        Ok(true)
    };
    if app.store.write(&tenant.id, give).await? {
        Ok(())
    } else {
        bail!("{email} is taken by an account of another connection")
    }
}

/// A password that somebody pipes in without saying so; an idle or empty pipe has none.
fn piped_password() -> Result<Option<Secret<String>>> {
    use std::os::unix::fs::FileTypeExt as _;
    let is_pipe = std::fs::metadata("/dev/stdin")
        .is_ok_and(|stdin| stdin.file_type().is_fifo() || stdin.file_type().is_socket());
    if !is_pipe {
        return Ok(None);
    }
    let (send, read) = std::sync::mpsc::channel();
    std::thread::spawn(move || send.send(read_password()));
    let Ok(password) = read.recv_timeout(PIPED_WITHIN) else {
        return Ok(None);
    };
    Ok(Some(password?).filter(|password| !password.expose().is_empty()))
}

fn read_password() -> Result<Secret<String>> {
    let mut text = String::new();
    std::io::stdin()
        .take(4096)
        .read_to_string(&mut text)
        .context("cannot read the password")?;
    Ok(Secret::new(text.trim_end_matches(['\r', '\n']).to_owned()))
}
