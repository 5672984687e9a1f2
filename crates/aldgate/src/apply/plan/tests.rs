//! The plan: creates, updates, leaves alone, deletes only when allowed.

use serde_json::json;

use super::*;
use crate::apply::place::{Sections, check_names};
use crate::apply::schema::Schema;

const SCOPE: &str = "read:orders";

fn files() -> Value {
    json!({
        "clients": [
            {"name": "Shop", "app_type": "spa", "callbacks": ["https://shop.test/cb"]},
            {"name": "Worker", "jwt_configuration": {"alg": "RS256"}},
        ],
        "resourceServers": [{"identifier": "https://orders.test/", "name": "Orders"}],
        "clientGrants": [
            {"client_id": "Worker", "audience": "https://orders.test/", "scope": [SCOPE, "a"]},
        ],
        "roles": [{"name": "Reader", "permissions": [{"permission_name": SCOPE}]}],
    })
}

fn closed(members: &[&str]) -> Value {
    let members: Map<String, Value> = members.iter().map(|m| ((*m).into(), json!({}))).collect();
    json!({"requestBody": {"content": {"application/json": {"schema": {
        "properties": members, "additionalProperties": false,
    }}}}})
}

fn schema() -> Schema {
    let client = ["name", "app_type", "callbacks", "jwt_configuration"];
    let clients = closed(&client);
    Schema::new(json!({"paths": {
        "/clients": {"post": clients},
        "/clients/{id}": {"patch": clients},
        "/resource-servers": {"post": closed(&["identifier", "name", "signing_secret"])},
        "/resource-servers/{id}": {"patch": closed(&["name", "signing_secret"])},
        "/client-grants": {"post": closed(&["client_id", "audience", "scope", "subject_type"])},
        "/client-grants/{id}": {"patch": closed(&["scope"])},
        "/roles": {"post": closed(&["name", "description"])},
        "/roles/{id}": {"patch": closed(&["name", "description"])},
        "/guardian/factors/{name}": {"put": closed(&["enabled"])},
    }}))
}

fn index(section: &str) -> usize {
    KINDS
        .iter()
        .position(|kind| kind.section == section)
        .unwrap()
}

/// A tenant that has only what is its own.
fn empty() -> Present {
    let mut kinds = vec![None; KINDS.len()];
    for section in [
        "clients",
        "resourceServers",
        "clientGrants",
        "roles",
        "guardianFactors",
    ] {
        kinds[index(section)] = Some(Vec::new());
    }
    let found = |key: &str, fixed| Found {
        key: key.to_owned(),
        id: Some(format!("id of {key}")),
        body: Map::new(),
        fixed,
    };
    kinds[index("resourceServers")] = Some(vec![found("https://t/api/v2/", true)]);
    kinds[index("roles")] = Some(vec![found("Administrator", true)]);
    kinds[index("guardianFactors")] = Some(vec![found("otp", false)]);
    Present {
        kinds,
        schema: schema(),
        applications: Vec::new(),
    }
}

fn make(files: Value, present: &Present, rules: Rules) -> Result<Plan> {
    let sections: Sections = serde_json::from_value(files).unwrap();
    check_names(&sections)?;
    let (desired, _) = desired(&sections, present, rules)?;
    plan(&desired, present, &Secrets::new(), rules)
}

/// What the tenant has once the plan is carried out.
fn carry_out(mut present: Present, plan: Plan) -> Present {
    for step in plan.steps {
        assert_eq!(step.action, Action::Create);
        let id = format!("id of {}", step.key);
        if step.kind.section == "clients" {
            present.applications.push((id.clone(), step.key.clone()));
        }
        let all = present.kinds[index(step.kind.section)].get_or_insert_default();
        all.push(Found {
            key: step.key,
            id: Some(id),
            body: step.body,
            fixed: false,
        });
    }
    present
}

fn applied() -> Present {
    let present = empty();
    let plan = make(files(), &present, Rules::default()).unwrap();
    carry_out(present, plan)
}

#[test]
fn a_second_apply_changes_nothing() {
    let first = make(files(), &empty(), Rules::default()).unwrap();
    let names: Vec<_> = first
        .steps
        .iter()
        .map(|s| (s.kind.label, s.key.as_str()))
        .collect();
    let expected = [
        ("API", "https://orders.test/"),
        ("application", "Shop"),
        ("application", "Worker"),
        ("client grant", "Worker → https://orders.test/ → client"),
        ("role", "Reader"),
    ];
    assert_eq!(names, expected);
    assert_eq!(first.steps[3].body["client_id"], "Worker");
    let second = make(files(), &applied(), Rules::default()).unwrap();
    assert_eq!((second.steps.len(), second.unchanged), (0, 5));
}

#[test]
fn what_the_server_adds_and_the_order_of_a_set_are_no_change() {
    let mut present = applied();
    let clients = present.kinds[index("clients")].as_mut().unwrap();
    clients[1].body["jwt_configuration"]["lifetime_in_seconds"] = json!(36000);
    clients[1].body.insert("is_first_party".into(), json!(true));
    let grants = present.kinds[index("clientGrants")].as_mut().unwrap();
    grants[0].body["scope"] = json!(["a", SCOPE]);
    assert!(
        make(files(), &present, Rules::default())
            .unwrap()
            .steps
            .is_empty()
    );
}

#[test]
fn an_update_names_the_member_and_both_values_and_sends_objects_whole() {
    let mut present = applied();
    let clients = present.kinds[index("clients")].as_mut().unwrap();
    clients[1].body["jwt_configuration"] = json!({"alg": "RS256", "lifetime_in_seconds": 60});
    let text = json!({"clients": [{"name": "Worker", "jwt_configuration": {"alg": "ES256"}}]});
    let plan = make(text, &present, Rules::default()).unwrap();
    let step = &plan.steps[0];
    assert_eq!(
        (step.action, step.id.as_deref()),
        (Action::Update, Some("id of Worker"))
    );
    let change = &step.changes[0];
    assert_eq!(change.path, "jwt_configuration.alg");
    assert_eq!(
        (change.before.clone(), change.after.clone()),
        (Some(json!("RS256")), Some(json!("ES256")))
    );
    let whole = json!({"jwt_configuration": {"alg": "ES256", "lifetime_in_seconds": 60}});
    assert_eq!(Value::Object(step.body.clone()), whole);
}

#[test]
fn nothing_is_deleted_unless_allowed_and_never_what_the_tenant_needs() {
    let nothing = json!({"clients": [], "resourceServers": [], "clientGrants": [], "roles": []});
    let present = applied();
    assert!(
        make(nothing.clone(), &present, Rules::default())
            .unwrap()
            .steps
            .is_empty()
    );
    let rules = Rules {
        allow_delete: true,
        ..Rules::default()
    };
    let plan = make(nothing, &present, rules).unwrap();
    assert!(plan.steps.iter().all(|step| step.action == Action::Delete));
    let names: Vec<_> = plan.steps.iter().map(|step| step.key.as_str()).collect();
    assert_eq!(
        names.len(),
        5,
        "two applications, an API, a grant, a role: {names:?}"
    );
    assert_eq!(names[0], "Reader", "what names others goes first");
}

#[test]
fn mistakes_name_the_entry_and_the_remedy() {
    let told = |files| {
        make(files, &applied(), Rules::default())
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        told(json!({"clients": [{"name": "A", "calbacks": []}]})),
        "clients \"A\": unknown member `calbacks`; did you mean `callbacks`?"
    );
    let grant = told(json!({"clientGrants": [{"client_id": "Nobody", "audience": "x"}]}));
    assert!(
        grant.contains("neither the tenant nor the files"),
        "{grant}"
    );
    let factor = told(json!({"guardianFactors": [{"name": "ot", "enabled": true}]}));
    assert!(factor.contains("did you mean \"otp\"?"), "{factor}");
    let hook = told(json!({"hooks": [{"name": "Add roles"}]}));
    assert!(
        hook.starts_with("hooks \"Add roles\" is not supported"),
        "{hook}"
    );
    let absent = told(json!({"logStreams": [{"name": "S"}]}));
    assert!(
        absent.contains("has no setting for a log stream"),
        "{absent}"
    );
}

#[test]
fn a_lenient_plan_reports_what_it_leaves_out() {
    let given = json!({"rules": [{"name": "Add roles"}], "hooks": [], "roles": []});
    let sections: Sections = serde_json::from_value(given).unwrap();
    let rules = Rules {
        lenient: true,
        ..Rules::default()
    };
    let (_, left) = desired(&sections, &empty(), rules).unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].what, "rules \"Add roles\"");
    let text = json!({
        "clients": [{"name": "A", "app_type": "spa", "odd": 1, "empty": []}],
        "guardianFactors": [{"name": "palm", "enabled": true}],
    });
    let plan = make(text, &empty(), rules).unwrap();
    assert_eq!(plan.dropped[0].what, "clients \"A\" odd");
    assert_eq!((plan.dropped.len(), plan.steps.len()), (1, 1));
    assert_eq!(plan.refused[0].what, "guardianFactors \"palm\"");
}

#[test]
fn secrets_are_compared_where_they_can_be_and_never_shown() {
    let text = json!({"resourceServers": [
        {"identifier": "https://orders.test/", "signing_secret": "0123456789abcdef"},
    ]});
    let present = applied();
    assert!(
        make(text.clone(), &present, Rules::default())
            .unwrap()
            .steps
            .is_empty()
    );
    let sections: Sections = serde_json::from_value(text).unwrap();
    let (wanted, _) = desired(&sections, &present, Rules::default()).unwrap();
    let place = (
        index("resourceServers"),
        "https://orders.test/".to_owned(),
        "signing_secret",
    );
    for (same, steps) in [(true, 0), (false, 1)] {
        let secrets = Secrets::from([(place.clone(), same)]);
        let plan = plan(&wanted, &present, &secrets, Rules::default()).unwrap();
        assert_eq!(plan.steps.len(), steps);
        for step in &plan.steps {
            assert!(step.changes[0].secret && step.changes[0].after.is_none());
            assert_eq!(step.body["signing_secret"], "0123456789abcdef");
        }
    }
}
