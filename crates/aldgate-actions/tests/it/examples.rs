//! Every example of `examples/actions` does what its file of runs says, in the sandbox of a server.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use aldgate_actions::{Fetch, Fetched, Job, Limits, Outbound, Pool, Trigger, check};
use aldgate_jose::b64;
use serde::Deserialize;
use serde_json::Value;

use crate::pool_with;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Example {
    trigger: String,
    runs: Vec<Run>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Run {
    title: String,
    event: Value,
    #[serde(default)]
    secrets: BTreeMap<String, String>,
    handler: Option<String>,
    #[serde(default)]
    answers: BTreeMap<String, Answer>,
    requests: Option<Vec<String>>,
    fault: Option<String>,
    commands: Vec<Value>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    status: u16,
    #[serde(default)]
    json: Value,
}

/// Answers as the example at hand says; anything else is refused.
#[derive(Default)]
struct Scripted(Mutex<(BTreeMap<String, Answer>, Vec<String>)>);

impl Outbound for Scripted {
    fn fetch(&self, fetch: Fetch) -> Pin<Box<dyn Future<Output = Fetched> + Send>> {
        let mut state = self.0.lock().unwrap();
        state.1.push(format!("{} {}", fetch.method, fetch.url));
        let answer = match state.0.get(&fetch.url) {
            None => Fetched::Failed {
                error: format!("nobody answers at {}", fetch.url),
            },
            Some(answer) => Fetched::Answer {
                url: fetch.url,
                status: answer.status,
                headers: vec![("content-type".into(), "application/json".into())],
                body: b64::encode_standard(answer.json.to_string().as_bytes()),
            },
        };
        Box::pin(async move { answer })
    }
}

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/actions")
}

/// The names of all examples.
fn names() -> Vec<String> {
    let entries = std::fs::read_dir(directory()).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let json = paths.filter(|path| path.extension().is_some_and(|ending| ending == "json"));
    let names = json.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned());
    // What has no code beside it is an event to try things on.
    let has_code = |name: &String| code_of(name).is_some();
    let mut names: Vec<String> = names.filter(has_code).collect();
    names.sort();
    names
}

fn code_of(name: &str) -> Option<String> {
    let read = |ending: &str| std::fs::read_to_string(directory().join(format!("{name}.{ending}")));
    read("js").or_else(|_| read("ts")).ok()
}

/// `"*"` in what is expected stands for any text or number.
fn fits(expected: &Value, actual: &Value) -> bool {
    match (expected, actual) {
        (Value::String(any), Value::String(_) | Value::Number(_)) if any == "*" => true,
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(k, v)| b.get(k).is_some_and(|w| fits(v, w)))
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| fits(a, b))
        }
        (a, b) => a == b,
    }
}

async fn try_out(pool: &Pool, outside: &Scripted, name: &str, example: Example) {
    let trigger: Trigger = example.trigger.parse().unwrap();
    let code = code_of(name).unwrap();
    let compiled = pool.compile(&code).await.unwrap();
    let code = compiled.expect(name).unwrap_or(code);
    assert_eq!(check(&code, trigger), [], "{name}");
    for run in example.runs {
        let at = format!("{name}: {}", run.title);
        *outside.0.lock().unwrap() = (run.answers, Vec::new());
        let handler = run.handler.unwrap_or_else(|| trigger.handler().to_owned());
        let outcome = pool.run(Job {
            name: name.to_owned(),
            code: code.clone(),
            trigger,
            handler,
            event: run.event,
            secrets: run.secrets.clone(),
            limits: Limits::default(),
        });
        let outcome = outcome.await.unwrap();
        let fault = outcome.fault.as_ref().map(|fault| fault.message.as_str());
        match (&run.fault, fault) {
            (None, None) => {}
            (Some(part), Some(fault)) => assert!(fault.contains(part), "{at}: {fault}"),
            _ => panic!("{at}: {outcome:?}"),
        }
        let commands = serde_json::to_value(&outcome.commands).unwrap();
        let expected = Value::Array(run.commands);
        assert!(fits(&expected, &commands), "{at}: {expected}\n{commands}");
        if let Some(requests) = run.requests {
            assert_eq!(outside.0.lock().unwrap().1, requests, "{at}");
        }
        let logs = format!("{:?}", outcome.logs);
        for secret in run.secrets.values() {
            assert!(!logs.contains(secret), "{at} tells a secret");
        }
    }
}

#[tokio::test]
async fn every_example_does_what_it_says() {
    let outside = Arc::new(Scripted::default());
    let pool = pool_with(1, 10, Arc::<Scripted>::clone(&outside));
    let names = names();
    assert!(names.len() >= 25, "{} examples", names.len());
    for name in names {
        let text = std::fs::read_to_string(directory().join(format!("{name}.json"))).unwrap();
        let example: Example = serde_json::from_str(&text).expect(&name);
        try_out(&pool, &outside, &name, example).await;
    }
}
