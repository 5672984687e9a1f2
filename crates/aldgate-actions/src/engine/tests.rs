//! Actions in a realm of this process: what they can do, and what they cannot reach. That a process
//! is stopped from outside is shown in `tests/it/pool.rs`.

use serde_json::{Value, json};

use super::*;
use crate::{Claims, Command};
use crate::{Limits, Trigger};

/// A server that answers every request with what was asked.
#[derive(Default)]
struct Echo(Vec<Fetch>);

impl Outside for Echo {
    fn send(&mut self, fetch: Fetch) {
        self.0.push(fetch);
    }

    fn receive(&mut self, _: Instant) -> Option<(u64, Fetched)> {
        let fetch = self.0.pop()?;
        if fetch.url.contains("refused") {
            let error = "refused by the address policy".to_owned();
            return Some((fetch.id, Fetched::Failed { error }));
        }
        let body = json!({"method": fetch.method, "headers": fetch.headers, "sent": fetch.body});
        let answer = Fetched::Answer {
            url: fetch.url,
            status: 200,
            headers: vec![("content-type".into(), "application/json".into())],
            body: aldgate_jose::b64::encode_standard(body.to_string().as_bytes()),
        };
        Some((fetch.id, answer))
    }
}

fn job(body: &str) -> Job {
    Job {
        name: "test".into(),
        code: format!("exports.onExecutePostLogin = async (event, api) => {{\n{body}\n}};"),
        trigger: Trigger::PostLogin,
        handler: "onExecutePostLogin".into(),
        event: json!({
            "user": {"user_id": "auth0|1", "email": "ann@example.com"},
            "request": {"ip": "192.0.2.1", "hostname": "login.test", "query": {}},
            "transaction": {"protocol": "oidc-basic-profile"},
        }),
        secrets: [("KEY".to_owned(), "hunter2-hunter2".to_owned())].into(),
        limits: Limits {
            wall_ms: 2_000,
            ..Limits::default()
        },
    }
}

fn runs(body: &str) -> Outcome {
    run(&job(body), &mut Echo::default())
}

fn run(job: &Job, outside: &mut dyn Outside) -> Outcome {
    Realm::prepare().unwrap().run(job, outside)
}

/// What an action that succeeds says on its console.
fn says(body: &str) -> Vec<String> {
    let outcome = runs(body);
    assert_eq!(outcome.fault, None, "{body}");
    outcome.logs.into_iter().map(|line| line.text).collect()
}

#[test]
fn claims_scopes_and_metadata_come_out_in_order() {
    let outcome = runs(
        "api.idToken.setCustomClaim('https://app/email', event.user.email)
            .accessToken.setCustomClaim('https://app/roles', ['a', {b: 1}]);
         api.accessToken.addScope('read:x');
         api.user.setAppMetadata('plan', 'pro');",
    );
    assert_eq!(outcome.fault, None);
    let expected = json!([
        {"kind": "set_claim", "token": "id", "name": "https://app/email", "value": "ann@example.com"},
        {"kind": "set_claim", "token": "access", "name": "https://app/roles", "value": ["a", {"b": 1}]},
        {"kind": "add_scope", "scope": "read:x"},
        {"kind": "set_metadata", "field": "app_metadata", "key": "plan", "value": "pro"},
    ]);
    assert_eq!(json!(outcome.commands), expected);
}

#[test]
fn sbx_04_a_value_is_copied_when_it_is_set() {
    let outcome = runs(
        "const list = [1]; api.idToken.setCustomClaim('x', list); list.push(2);
         const tricky = { get a() { return Math.random() > 2 ? 1 : 'b'; } };
         api.idToken.setCustomClaim('y', tricky);",
    );
    let values: Vec<&Value> = outcome
        .commands
        .iter()
        .map(|command| match command {
            Command::SetClaim {
                value,
                token: Claims::Id,
                ..
            } => value,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(values, [&json!([1]), &json!({"a": "b"})]);
    for bad in [
        "1n",
        "() => 1",
        "undefined",
        "(() => { const a = {}; a.a = a; return a; })()",
    ] {
        let outcome = runs(&format!("api.idToken.setCustomClaim('x', {bad});"));
        assert!(
            outcome.fault.is_some() && outcome.commands.is_empty(),
            "{bad}"
        );
    }
}

#[test]
fn the_usual_tools_work() {
    let said = says(
        "const crypto = require('node:crypto');
         console.log(crypto.createHash('sha256').update('abc').digest('hex'));
         console.log(crypto.createHmac('sha256', 'key').update('msg').digest('base64'));
         const jwt = require('jsonwebtoken');
         const token = jwt.sign({ a: 1 }, 'secret', { expiresIn: '1h' });
         console.log(jwt.verify(token, 'secret').a, jwt.decode(token).a);
         try { jwt.verify(token, 'other'); } catch (error) { console.log(error.name); }
         const url = new URL('https://a.test/p?q=1#h'); url.searchParams.set('q', 'ü 2');
         console.log(url.href, new URLSearchParams({ a: 'b c' }).toString());
         console.log(new TextDecoder().decode(new TextEncoder().encode('ü€😀')), btoa('ab'), atob('YWI='));
         console.log(Buffer.from('hi').toString('base64'), Buffer.from('aGk=', 'base64').toString());
         const hash = await globalThis.crypto.subtle.digest('SHA-256', new TextEncoder().encode('abc'));
         console.log(new Uint8Array(hash).length, globalThis.crypto.randomUUID().length);
         await new Promise((resolve) => setTimeout(resolve, 5));
         console.log('later', { a: [1] }, undefined, 5n);",
    );
    assert_eq!(
        said,
        [
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            "LZPLwb4We8sWN6SiPL/wGnh48MUO6DOVTqUiG7G4xig=",
            "1 1",
            "JsonWebTokenError",
            "https://a.test/p?q=%C3%BC+2#h a=b+c",
            "ü€😀 YWI= ab",
            "aGk= hi",
            "32 36",
            "later {\"a\":[1]} undefined 5n",
        ]
    );
}

#[test]
fn fetch_goes_through_the_server_and_nowhere_else() {
    let said = says(
        "const answer = await fetch('https://x.test/a', { method: 'post', body: 'hi', headers: { A: 'b' } });
         console.log(answer.status, answer.ok, await answer.text());
         try { await fetch('https://refused.test/'); } catch (error) { console.log(error.message); }
         const axios = require('axios');
         const { data } = await axios.get('https://x.test/b', { params: { c: 'd' } });
         console.log(data.method);",
    );
    assert_eq!(
        said[0],
        "200 true {\"method\":\"POST\",\"headers\":[[\"a\",\"b\"]],\"sent\":\"aGk=\"}"
    );
    assert_eq!(said[1], "fetch failed: refused by the address policy");
    assert_eq!(said[2], "GET");
}

#[test]
fn failures_say_what_and_where() {
    let outcome = runs("throw new Error('no such plan');");
    let fault = outcome.fault.expect("a fault");
    assert_eq!(
        (fault.kind, fault.message.as_str()),
        (FaultKind::Thrown, "Error: no such plan")
    );
    assert!(fault.stack.contains("action.js:2"), "{}", fault.stack);
    let mut broken = job("");
    broken.code = "exports.x = (".into();
    let fault = run(&broken, &mut Echo::default()).fault.expect("a fault");
    assert_eq!(fault.kind, FaultKind::Syntax);
    let fault = runs("await new Promise(() => {});").fault.expect("a fault");
    assert_eq!(fault.kind, FaultKind::NeverSettled);
    let mut other = job("");
    other.code = "exports.other = 1;".into();
    let fault = run(&other, &mut Echo::default()).fault.expect("a fault");
    assert_eq!(
        fault.message,
        "Error: The action does not export onExecutePostLogin."
    );
}

#[test]
fn sbx_03_secrets_reach_the_action_and_no_log() {
    let outcome = runs(
        "console.log(event.secrets.KEY, { k: event.secrets.KEY }); throw new Error(event.secrets.KEY);",
    );
    let everything = serde_json::to_string(&outcome).expect("JSON");
    assert!(!everything.contains("hunter2"), "{everything}");
    assert_eq!(
        outcome.logs[0].text,
        "[secret KEY] {\"k\":\"[secret KEY]\"}"
    );
}

#[test]
fn sbx_02_time_memory_and_output_are_bounded() {
    let quick = |body: &str| {
        let mut job = job(body);
        job.limits.wall_ms = 200;
        run(&job, &mut Echo::default())
    };
    for endless in [
        "while (true) {}",
        "for (;;) { try { while (true) {} } catch {} finally { continue; } }",
        "const spin = () => Promise.resolve().then(spin); await spin();",
        "/^(a+)+$/.test('a'.repeat(40) + 'b');",
        "const f = () => { try { return f(); } finally { f(); } }; f();",
        "[...(function* () { for (;;) yield 1; })()].length",
        "({ get x() { return this.x; } }).x; while (true) {}",
        "setInterval(() => {}, 0); await new Promise(() => {});",
    ] {
        let fault = quick(endless).fault.expect(endless);
        assert_ne!(fault.kind, FaultKind::Syntax, "{endless}: {fault:?}");
    }
    for greedy in [
        "const a = []; for (;;) a.push(new Array(1000).fill(1));",
        "let s = 'x'; for (;;) s += s;",
        "new Uint8Array(1 << 30);",
        "const m = new Map(); for (let i = 0; ; i++) m.set(i, { i });",
    ] {
        assert!(quick(greedy).fault.is_some(), "{greedy}");
    }
    let loud = runs("for (let i = 0; i < 5000; i++) console.log('x'.repeat(9999));");
    assert!(loud.logs.len() <= 101 && loud.logs.iter().all(|line| line.text.len() <= 256));
    let wishful = runs("for (let i = 0; i < 5000; i++) api.accessToken.addScope('x' + i);");
    assert!(wishful.fault.is_some() && wishful.commands.len() <= 200);
    let large = runs("api.idToken.setCustomClaim('x', 'y'.repeat(1 << 20));");
    assert!(large.fault.is_some() && large.commands.is_empty());
}

/// Ways to reach beyond the realm; each reports what it reached.
const ESCAPES: &[&str] = &[
    "return typeof process",
    "return typeof global.process",
    "return typeof Deno",
    "return typeof std",
    "return typeof os",
    "return typeof scriptArgs",
    "return typeof print",
    "return typeof loadScript",
    "return typeof WebAssembly",
    "return await import('prelude').then(() => 'imported', () => 'undefined')",
    "return typeof eval",
    "return typeof host",
    "return typeof ask",
    "return typeof MODULES",
    "return typeof XMLHttpRequest",
    "return typeof navigator",
    "return typeof globalThis.require",
    "return typeof Worker",
    "return typeof SharedWorker",
    "return typeof importScripts",
    "return typeof Atomics.waitAsync",
    "return console.log.constructor('return typeof process')()",
    "return (function () { return typeof this.host; })()",
    "return [].constructor.constructor('return typeof process')()",
    "return (async () => {}).constructor('return typeof host')()",
    "return (function* () {}).constructor('yield typeof host')().next().value",
    "return api.idToken.setCustomClaim.constructor('return typeof host')()",
    "return fetch.constructor('return typeof host')()",
    "return new Error().constructor.constructor('return typeof process')()",
    "return Reflect.construct(Function, ['return typeof host'])()",
    "try { require('fs'); } catch (error) { return 'undefined' }",
    "try { require('child_process'); } catch (error) { return 'undefined' }",
    "try { require('constructor'); } catch (error) { return 'undefined' }",
    "try { require('__proto__'); } catch (error) { return 'undefined' }",
    "try { require('/etc/passwd'); } catch (error) { return 'undefined' }",
    "try { await import('std'); } catch (error) { return 'undefined' }",
    "try { await import('file:///etc/passwd'); } catch (error) { return 'undefined' }",
    "return typeof require.cache",
    "return typeof require.main",
    "return typeof module.parent",
    "return typeof (() => { try { null.x } catch (e) { return e.constructor.constructor('return host') } })()",
];

#[test]
fn sbx_01_nothing_leads_out_of_the_realm() {
    for escape in ESCAPES {
        let body = format!(
            "const reached = await (async () => {{ {escape} }})(); console.log(String(reached));"
        );
        let outcome = runs(&body);
        let reached = match (&outcome.fault, outcome.logs.first()) {
            (None, Some(line)) => line.text.clone(),
            _ => "undefined".to_owned(),
        };
        assert!(
            ["undefined", "function"].contains(&reached.as_str()),
            "{escape}: {reached}"
        );
        if reached == "function" {
            let harmless = escape.contains("return host") || escape.ends_with("console.log");
            assert!(harmless, "{escape}: {reached}");
        }
    }
}

#[test]
fn sbx_01_polluted_built_ins_change_nothing_for_the_host_or_the_next_run() {
    for pollution in [
        "JSON.stringify = () => '{\"kind\":\"deny\",\"reason\":\"x\"}';",
        "JSON.parse = () => ({ value: 'x' });",
        "Object.prototype.toJSON = () => ({ kind: 'deny', reason: 'x' });",
        "Array.prototype.toJSON = () => 1;",
        "Promise.prototype.then = () => { throw new Error('x'); };",
        "Reflect.apply = () => { throw new Error('x'); };",
        "Map.prototype.get = () => undefined;",
        "String.prototype.slice = () => 'x';",
        "Object.defineProperty(Array.prototype, '0', { set() { throw new Error('x'); }, configurable: true });",
    ] {
        let body = format!("{pollution}\napi.accessToken.addScope('read:x');");
        let outcome = runs(&body);
        let scope = "read:x".to_owned();
        let honest = outcome.commands == [Command::AddScope { scope }] && outcome.fault.is_none();
        assert!(
            honest || outcome.fault.is_some(),
            "{pollution}: {outcome:?}"
        );
        assert_eq!(
            says("console.log(JSON.stringify([{}.toJSON === undefined]));"),
            ["[true]"]
        );
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
    #[test]
    fn any_code_ends_with_an_outcome(code in "[ -~]{0,120}") {
        let mut job = job("");
        job.code = code;
        job.limits.wall_ms = 100;
        let _outcome = run(&job, &mut Echo::default());
    }
}
