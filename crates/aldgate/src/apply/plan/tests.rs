//! The plan: creates, updates, leaves alone, deletes only when allowed.

use aldgate_app::rng::Rng;
use aldgate_core::id::TenantId;
use aldgate_core::provision::provision;
use aldgate_core::tenant::Issuer;

use super::*;
use crate::apply::files;

const FILES: &str = "
clients:
  - {name: Shop, app_type: spa, callbacks: ['https://shop.test/cb']}
  - {name: Worker, app_type: non_interactive}
resourceServers:
  - {identifier: 'https://orders.test/', name: Orders, scopes: [{value: 'read:orders'}]}
clientGrants:
  - {client_id: Worker, audience: 'https://orders.test/', scope: ['read:orders']}
roles:
  - name: Reader
    permissions:
      - {resource_server_identifier: 'https://orders.test/', permission_name: 'read:orders'}
";

/// Seals by turning the text around.
struct Reversing;

impl Vault for Reversing {
    fn seal_client(&self, _: &ClientId, secret: &Secret<String>) -> String {
        secret.expose().chars().rev().collect()
    }

    fn seal_api(&self, _: &aldgate_core::id::ApiId, secret: &Secret<String>) -> String {
        secret.expose().chars().rev().collect()
    }

    fn open_api(&self, _: &aldgate_core::id::ApiId, sealed: &str) -> Option<Secret<String>> {
        Some(Secret::new(sealed.chars().rev().collect()))
    }
}

fn empty() -> Current {
    let issuer = Issuer::parse("http://localhost:4455/").unwrap();
    let now = Timestamp::from_seconds(1);
    let fresh = provision(TenantId::default(), issuer, now, &mut Rng::seeded(1));
    Current {
        tenant: fresh.tenant,
        applications: Vec::new(),
        apis: vec![fresh.management],
        client_grants: Vec::new(),
        roles: vec![(fresh.administrator, fresh.permissions)],
    }
}

fn make(text: &str, current: &Current, allow_delete: bool) -> Result<Plan> {
    let desired = files::parse(text, &|_| None)?;
    let now = Timestamp::from_seconds(2);
    plan(
        desired,
        current,
        &mut Means {
            now,
            rng: &mut Rng::seeded(2),
            vault: &Reversing,
            allow_delete,
        },
    )
}

/// What the tenant has once the plan is carried out.
fn carry_out(mut current: Current, plan: Plan) -> Current {
    for step in plan.steps {
        match step.effect {
            Effect::Api(api) => current.apis.push(*api),
            Effect::Application { application, .. } => current.applications.push(*application),
            Effect::ClientGrant(grant) => current.client_grants.push(grant),
            Effect::Role { role, permissions } => {
                current.roles.push((role, permissions.unwrap_or_default()));
            }
            other => panic!("unexpected {other:?}"),
        }
    }
    current
}

#[test]
fn a_second_apply_changes_nothing() {
    let first = make(FILES, &empty(), false).unwrap();
    let names: Vec<_> = first
        .steps
        .iter()
        .map(|s| (s.action, s.kind, s.name.as_str()))
        .collect();
    assert_eq!(names[0], (Action::Create, "API", "https://orders.test/"));
    assert_eq!(names[1], (Action::Create, "application", "Shop"));
    assert_eq!(names[2], (Action::Create, "application", "Worker"));
    assert_eq!(
        (names[3].1, names[4].1, names.len()),
        ("client grant", "role", 5)
    );
    let secrets = first.steps.iter().filter(|step| {
        matches!(
            &step.effect,
            Effect::Application {
                secret: Some(_),
                ..
            }
        )
    });
    assert_eq!(
        secrets.count(),
        1,
        "only the confidential application gets a secret"
    );
    let second = make(FILES, &carry_out(empty(), first), false).unwrap();
    assert_eq!((second.steps.len(), second.unchanged), (0, 5));
}

#[test]
fn an_update_names_the_member_and_both_values() {
    let current = carry_out(empty(), make(FILES, &empty(), false).unwrap());
    let text = "clients: [{name: Shop, callbacks: ['https://shop.test/new']}]";
    let plan = make(text, &current, false).unwrap();
    assert_eq!(plan.steps.len(), 1);
    assert_eq!(plan.steps[0].action, Action::Update);
    let change = &plan.steps[0].changes[0];
    assert_eq!(change.field, "callbacks");
    assert_eq!(change.before, Some(json!(["https://shop.test/cb"])));
    assert_eq!(change.after, Some(json!(["https://shop.test/new"])));
}

#[test]
fn nothing_is_deleted_unless_allowed_and_never_what_the_tenant_needs() {
    let current = carry_out(empty(), make(FILES, &empty(), false).unwrap());
    let nothing = "clients: []\nresourceServers: []\nclientGrants: []\nroles: []";
    assert!(make(nothing, &current, false).unwrap().steps.is_empty());
    let plan = make(nothing, &current, true).unwrap();
    assert!(plan.steps.iter().all(|step| step.action == Action::Delete));
    let names: Vec<_> = plan.steps.iter().map(|step| step.name.as_str()).collect();
    assert_eq!(
        names.len(),
        5,
        "two applications, an API, a grant, a role: {names:?}"
    );
    assert!(!names.contains(&"http://localhost:4455/api/v2/") && !names.contains(&"Administrator"));
}

#[test]
fn mistakes_name_the_entry_and_the_remedy() {
    let error = |text: &str| make(text, &empty(), false).unwrap_err().to_string();
    let text = error("clients: [{name: A, calbacks: []}]");
    assert_eq!(
        text,
        "clients \"A\": additional property calbacks is not allowed Did you mean callbacks?"
    );
    assert!(error("clients: [{app_type: spa}]").contains("lacks `name`"));
    let text = error("clientGrants: [{client_id: Nobody, audience: x}]");
    assert!(text.contains("neither the tenant nor the files"), "{text}");
    let text = error("clients: [{name: A, client_secret: short}]");
    assert!(text.contains("at least 32 characters"), "{text}");
}

#[test]
fn r11_hs256_secrets_are_sealed_once_and_a_second_apply_changes_nothing() {
    let text = "
clients:
  - {name: Old, client_secret: 0123456789abcdef0123456789abcdef, jwt_configuration: {alg: HS256}}
resourceServers:
  - {identifier: old, signing_alg: HS256, signing_secret: 0123456789abcdef0123456789abcdef}
";
    let first = make(text, &empty(), false).unwrap();
    let sealed = first.steps.iter().all(|step| match &step.effect {
        Effect::Api(api) => api.signing_secret_sealed.is_some(),
        Effect::Application { application, .. } => application.secret_sealed.is_some(),
        _ => false,
    });
    assert!(sealed && first.steps.len() == 2);
    let second = make(text, &carry_out(empty(), first), false).unwrap();
    assert_eq!((second.steps.len(), second.unchanged), (0, 2));
    let short = "resourceServers: [{identifier: x, signing_alg: HS256, signing_secret: short}]";
    assert!(make(short, &empty(), false).is_err());
}
