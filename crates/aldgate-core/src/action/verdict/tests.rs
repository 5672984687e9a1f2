//! What becomes of the commands of an action, case by case.

use serde_json::json;

use super::*;
use crate::grant::testing::user;

fn run(commands: Value, change: impl FnOnce(&mut Ground<'_>)) -> Result<Applied, String> {
    let commands: Vec<Command> = serde_json::from_value(commands).unwrap();
    let (requested, user) = (Scopes::parse("openid").unwrap(), user(false));
    let mut ground = Ground {
        trigger: Trigger::PostLogin,
        user: Some(&user),
        requested: &requested,
        audience: Some("https://api.test/"),
        own_api: false,
        can_redirect: true,
    };
    change(&mut ground);
    let applied = Verdict::default().apply(&commands, &ground);
    applied.map_err(|refusal| refusal.code.into_owned())
}

#[test]
fn r12_a_collision_undoes_the_whole_action() {
    let claim = |name: &str| json!({"kind": "set_claim", "token": "id", "name": name, "value": 1});
    let good = run(json!([claim("https://a.test/x")]), |_| {}).unwrap();
    assert_eq!(good.verdict.tokens.id_token.as_map()["https://a.test/x"], 1);
    let bad = run(json!([claim("https://a.test/x"), claim("iss")]), |_| {});
    assert_eq!(bad, Err("claim_reserved".into()));
    let large = json!([{"kind": "set_claim", "token": "access", "name": "big",
        "value": "x".repeat(200_000)}]);
    assert_eq!(run(large, |_| {}), Err("claim_refused".into()));
}

#[test]
fn a_denial_keeps_its_first_reason_and_the_metadata() {
    let applied = run(
        json!([
            {"kind": "set_metadata", "field": "app_metadata", "key": "seen", "value": true},
            {"kind": "deny", "reason": "No."},
            {"kind": "revoke_session", "reason": "Never."},
            {"kind": "redirect", "url": "https://a.test/"},
        ]),
        |_| {},
    )
    .unwrap();
    let Next::Denied(denial) = applied.next else {
        panic!("{:?}", applied.next)
    };
    assert_eq!(
        (denial.reason.as_str(), denial.revokes_session),
        ("No.", true)
    );
    let changed = applied.verdict.changed_user(&user(false)).unwrap().unwrap();
    assert_eq!(changed.app_metadata["seen"], true);
}

#[test]
fn sbx_04_users_are_sent_to_web_pages_alone() {
    let to = |url: &str| json!([{"kind": "redirect", "url": url, "query": {"a": "b c", "n": 1}}]);
    let sent = run(to("https://forms.test/x?y=z"), |_| {}).unwrap().next;
    assert_eq!(
        sent,
        Next::Redirect("https://forms.test/x?y=z&a=b+c&n=1".into())
    );
    for bad in [
        "javascript:alert(1)",
        "data:text/html,x",
        "/path",
        "https://u:p@a.test/",
        "file:///x",
    ] {
        assert_eq!(run(to(bad), |_| {}), Err("redirect_url".into()), "{bad}");
    }
    let silent = run(to("https://forms.test/"), |ground| {
        ground.can_redirect = false;
    });
    assert_eq!(silent, Err("redirect_impossible".into()));
}

#[test]
fn what_cannot_be_done_is_refused() {
    for (command, code) in [
        (
            json!({"kind": "add_scope", "scope": "offline_access"}),
            "add_scope",
        ),
        (json!({"kind": "add_scope", "scope": "a b"}), "add_scope"),
        (
            json!({"kind": "deny", "code": "teapot", "reason": "x"}),
            "deny_code",
        ),
        (
            json!({"kind": "set_metadata", "field": "user_metadata", "key": "a.b", "value": 1}),
            "metadata_key",
        ),
        (
            json!({"kind": "set_metadata", "field": "app_metadata", "key": "blocked", "value": 1}),
            "invalid_body",
        ),
        (
            json!({"kind": "record_method", "url": "http://a.test/"}),
            "record_method",
        ),
        (
            json!({"kind": "set_primary_user", "user_id": ""}),
            "primary_user",
        ),
    ] {
        assert_eq!(run(json!([command]), |_| {}), Err(code.into()));
    }
}

#[test]
fn later_actions_see_what_earlier_ones_asked_for() {
    let applied = run(
        json!([
            {"kind": "set_metadata", "field": "user_metadata", "key": "a", "value": 1},
            {"kind": "set_metadata", "field": "user_metadata", "key": "b", "value": null},
            {"kind": "set_claim", "token": "access", "name": "x", "value": 2},
        ]),
        |_| {},
    )
    .unwrap();
    let mut event = json!({"user": {"user_metadata": {"b": 1}, "app_metadata": {}},
        "accessToken": {"customClaims": {}}});
    applied.verdict.show_in(&mut event);
    assert_eq!(event["user"]["user_metadata"], json!({"a": 1}));
    assert_eq!(event["accessToken"]["customClaims"], json!({"x": 2}));
}
