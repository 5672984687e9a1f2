//! Configuration as code: files in the layouts of auth0-deploy-cli, a readable plan, calls of the
//! Management API.
//!
//! [`layout`] reads files into sections, [`kind`] is the table of what a section means, [`present`]
//! reads what the tenant has, [`plan`] decides (pure), [`carry`] calls, [`show`] prints. Applying
//! the same files twice changes nothing the second time.

mod actions;
mod adapt;
mod carry;
pub(crate) mod export;
pub(crate) mod keywords;
mod kind;
pub(crate) mod layout;
mod pages;
mod people;
mod place;
mod plan;
mod present;
mod schema;
pub(crate) mod show;

use aldgate_app::App;
use aldgate_app::shared_keys::signing_secret_place;
use aldgate_core::id::ClientId;
use aldgate_core::secret::{Secret, TokenHash};
use aldgate_core::tenant::Tenant;
use aldgate_manage::Local;
use aldgate_store::{StoreError, Tx};
use anyhow::Result;
use serde_json::Value;

pub(crate) use adapt::adapt;
use carry::{Carrier, Done};
use kind::KINDS;
pub(crate) use place::Sections;
pub(crate) use plan::{Action, LeftOut, Rules, Step};
use plan::{Desired, Secrets};
use present::Present;

/// Whether to change anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Show the plan only.
    DryRun,
    /// Carry it out.
    Commit,
}

/// What applying came to.
#[derive(Debug, Default)]
pub(crate) struct Applied {
    /// The steps that were carried out, or would be.
    pub(crate) steps: Vec<(Step, Done)>,
    /// Steps that were refused, which only a lenient plan goes past.
    pub(crate) refused: Vec<(Step, String)>,
    /// Things that were as the files say.
    pub(crate) unchanged: usize,
    /// Addresses of users who were created, or would be.
    pub(crate) users: Vec<String>,
    /// What a lenient plan left out.
    pub(crate) left_out: Vec<LeftOut>,
    /// Members of things it took that it left out.
    pub(crate) dropped: Vec<LeftOut>,
}

/// Brings the tenant to what the sections say.
pub(crate) async fn apply(
    app: &App,
    tenant: &Tenant,
    mut sections: Sections,
    mode: Mode,
    rules: Rules,
) -> Result<Applied> {
    place::check_names(&sections)?;
    let people = sections.remove(place::USERS);
    let pages = pages::into_settings(&mut sections);
    let local = Local::new(app, tenant.clone());
    let locales = locales(tenant, &sections);
    let named = |section: &str| sections.contains_key(section);
    // Client grants are checked against the APIs that there are.
    let wanted =
        |section: &str| named(section) || (section == "resourceServers" && named("clientGrants"));
    let present = present::load(&local, &locales, |_, kind| wanted(kind.section)).await?;
    let (desired, mut left_out) = plan::desired(&sections, &present, rules)?;
    left_out.extend(pages.into_iter().map(|page| LeftOut {
        what: format!("pages {page:?}"),
        why: "the login page is made by the server; see branding and prompts".to_owned(),
    }));
    let secrets = known_secrets(app, tenant, &desired, &present).await?;
    let plan = plan::plan(&desired, &present, &secrets, rules)?;
    left_out.extend(plan.refused);
    let mut applied = Applied {
        unchanged: plan.unchanged,
        left_out,
        dropped: plan.dropped,
        ..Applied::default()
    };
    let mut carrier = Carrier::new(&local, &present);
    for step in plan.steps {
        let done = match mode {
            Mode::DryRun => Ok(Done::default()),
            Mode::Commit => carrier.step(&step).await,
        };
        match done {
            Ok(done) => applied.steps.push((step, done)),
            Err(error) if rules.lenient => applied.refused.push((step, format!("{error:#}"))),
            Err(error) => return Err(error),
        }
    }
    applied.users = people::create(app, tenant, people, mode).await?;
    app.events.flush().await;
    Ok(applied)
}

/// The locales whose texts are read: the tenant's, and those that the files name.
fn locales(tenant: &Tenant, sections: &Sections) -> Vec<String> {
    let mut all = tenant.settings.enabled_locales.clone();
    let texts = sections
        .get("prompts")
        .map(|prompts| &prompts["customText"]);
    let texts = texts.and_then(Value::as_object);
    all.extend(
        texts
            .into_iter()
            .flatten()
            .map(|(locale, _)| locale.clone()),
    );
    all.sort();
    all.dedup();
    all
}

/// Compares secrets in the files with those that are stored, where that can be done.
async fn known_secrets(
    app: &App,
    tenant: &Tenant,
    desired: &Desired,
    present: &Present,
) -> Result<Secrets> {
    let mut known = Secrets::new();
    for (index, items) in desired.iter().enumerate() {
        for item in items.iter().flatten() {
            let kind = &KINDS[index];
            let member = match kind.section {
                "clients" => "client_secret",
                "resourceServers" => "signing_secret",
                _ => continue,
            };
            let Some(given) = item.body.get(member).and_then(Value::as_str) else {
                continue;
            };
            let id = item.body.get("client_id").and_then(Value::as_str);
            let id = id.map(str::to_owned).or_else(|| {
                let mut all = present.of(index).iter();
                all.find(|found| found.key == item.key)?.id.clone()
            });
            let same = match (kind.section, id) {
                (_, None) => false,
                ("clients", Some(id)) => same_client_secret(app, tenant, &id, given).await?,
                (_, Some(_)) => same_signing_secret(app, tenant, &item.key, given).await?,
            };
            known.insert((index, item.key.clone(), member), same);
        }
    }
    Ok(known)
}

async fn same_client_secret(app: &App, tenant: &Tenant, id: &str, given: &str) -> Result<bool> {
    let Ok(id) = ClientId::parse(id) else {
        return Ok(false);
    };
    let find = move |tx: &mut Tx<'_>| tx.applications().by_id(&id);
    let found: Result<_, StoreError> = app.store.read(&tenant.id, find).await;
    // A public application has no secret to change.
    Ok(found?.is_some_and(|application| {
        application.is_public() || application.secret_hash == Some(TokenHash::of(given))
    }))
}

async fn same_signing_secret(
    app: &App,
    tenant: &Tenant,
    identifier: &str,
    given: &str,
) -> Result<bool> {
    let (identifier, now) = (identifier.to_owned(), app.now());
    let find = move |tx: &mut Tx<'_>| tx.apis().by_identifier(&identifier, now);
    let found: Result<_, StoreError> = app.store.read(&tenant.id, find).await;
    Ok(found?.is_some_and(|api| {
        let place = signing_secret_place(&tenant.id, &api.id);
        let sealed = api.signing_secret_sealed.as_deref();
        let open = sealed.and_then(|sealed| app.open_text(&place, sealed));
        open == Some(Secret::new(given.to_owned()))
    }))
}
