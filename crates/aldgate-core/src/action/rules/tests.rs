//! Writing, deploying and rolling back.

use serde_json::json;

use super::*;

const NOW: Timestamp = Timestamp::from_seconds(1_795_000_000);

fn id(number: u32) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

fn body(value: Value) -> ActionBody {
    serde_json::from_value(value).unwrap()
}

fn action(more: Value) -> Result<Action, Refusal> {
    let mut whole = json!({"name": "Add roles", "supported_triggers": [{"id": "post-login"}]});
    for (name, value) in more.as_object().unwrap() {
        whole[name] = value.clone();
    }
    let whole = body(whole);
    check_secrets(whole.secrets.as_deref().unwrap_or_default())?;
    let sealed = whole.secrets.iter().flatten();
    let sealed = sealed.map(|s| (s.name.clone(), s.value.as_ref().map(|_| "sealed".into())));
    let sealed = sealed.collect();
    create(whole, ActionId::parse(&id(1)).unwrap(), sealed, NOW)
}

#[test]
fn adm_03_a_body_is_checked_member_by_member() {
    assert!(action(json!({"runtime": "node18", "code": "x", "deploy": true})).is_ok());
    let many: Vec<Value> = (0..31)
        .map(|n| json!({"name": n.to_string(), "value": "v"}))
        .collect();
    for bad in [
        json!({"name": " "}),
        json!({"name": "a\nb"}),
        json!({"supported_triggers": []}),
        json!({"supported_triggers": [{"id": "send-phone-message"}]}),
        json!({"supported_triggers": [{"id": "post-login", "version": "v4"}]}),
        json!({"code": "x".repeat(CODE_BYTES_MAX + 1)}),
        json!({"runtime": "deno"}),
        json!({"failure_mode": "perhaps"}),
        json!({"modules": [{"module_name": "x"}]}),
        json!({"secrets": [{"name": "A"}]}),
        json!({"secrets": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]}),
        json!({"secrets": [{"name": "A", "value": "x".repeat(4097)}]}),
        json!({"secrets": many}),
        json!({"dependencies": [{"name": ""}]}),
    ] {
        assert!(action(bad.clone()).is_err(), "{bad}");
    }
    assert!(serde_json::from_value::<ActionBody>(json!({"deployed": true})).is_err());
}

#[test]
fn sbx_07_what_is_deployed_stays_until_the_next_deployment() {
    let draft = action(json!({"code": "one", "secrets": [{"name": "KEY", "value": "v"}]})).unwrap();
    let version = |number| ActionVersionId::parse(&id(number)).unwrap();
    let (live, first) = deploy(&draft, version(11), 1, None, NOW);
    assert!(live.all_changes_deployed);
    let same = update(
        &live,
        body(json!({"code": "one", "name": "B"})),
        vec![],
        NOW,
    )
    .unwrap();
    assert!(same.all_changes_deployed);
    let edited = update(&live, body(json!({"code": "two"})), vec![], NOW).unwrap();
    assert!(!edited.all_changes_deployed);
    assert_eq!(
        (edited.deployed.as_ref(), &*first.code),
        (Some(&first.id), "one")
    );
    let (live, _) = deploy(&edited, version(12), 2, None, NOW);
    let (back, third) = roll_back(&live, &first, (version(13), 3), false, NOW);
    assert_eq!((third.number, &*third.code, &*back.code), (3, "one", "two"));
    assert!(!back.all_changes_deployed);
    let (back, _) = roll_back(&live, &first, (version(13), 3), true, NOW);
    assert_eq!((&*back.code, back.all_changes_deployed), ("one", true));
}

#[test]
fn sbx_03_a_secret_without_a_value_keeps_the_one_it_has() {
    let before = action(json!({"secrets": [{"name": "KEY", "value": "v"}]})).unwrap();
    let both = body(json!({"secrets": [{"name": "KEY"}, {"name": "NEW", "value": "w"}]}));
    let sealed = vec![("KEY".into(), None), ("NEW".into(), Some("fresh".into()))];
    let after = update(
        &before,
        both,
        sealed,
        Timestamp::from_seconds(1_795_000_009),
    )
    .unwrap();
    assert_eq!(after.secrets[0], before.secrets[0]);
    assert_eq!(after.secrets[1].sealed, "fresh");
    let none = update(&after, body(json!({"secrets": []})), vec![], NOW).unwrap();
    assert!(none.secrets.is_empty());
}

#[test]
fn an_action_keeps_its_trigger() {
    let before = action(json!({})).unwrap();
    let moved = body(json!({"supported_triggers": [{"id": "credentials-exchange"}]}));
    assert!(update(&before, moved, vec![], NOW).is_err());
    let older = body(json!({"supported_triggers": [{"id": "post-login", "version": "v2"}]}));
    let after = update(&before, older, vec![], NOW).unwrap();
    assert_eq!(after.trigger_version.as_deref(), Some("v2"));
}
