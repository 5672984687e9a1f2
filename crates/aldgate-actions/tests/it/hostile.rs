//! Hostile scripts (SBX-01 to SBX-08): whatever they do, the run ends in time, nothing of the
//! server is reached, no secret is told, and the next run is as if they had not been there.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aldgate_actions::{FaultKind, Fetch, Fetched, Job, Limits, Outbound, Outcome, Trigger};
use serde_json::json;
use tokio::task::JoinSet;

use crate::pool_with;

/// The scripts by category. `// ==== title [expectation]` begins each.
const FILES: [(&str, &str); 9] = [
    ("escape", include_str!("../hostile/escape.js")),
    ("cpu", include_str!("../hostile/cpu.js")),
    ("memory", include_str!("../hostile/memory.js")),
    ("output", include_str!("../hostile/output.js")),
    ("network", include_str!("../hostile/network.js")),
    ("secrets", include_str!("../hostile/secrets.js")),
    ("pollution", include_str!("../hostile/pollution.js")),
    ("time", include_str!("../hostile/time.js")),
    ("engine", include_str!("../hostile/engine.js")),
];

/// Time on the clock for each: enough for the realm to begin in a debug build.
const WALL_MS: u64 = 150;

const SECRET: &str = "hunter2-hunter2-hunter2";

struct Script {
    name: String,
    expects: String,
    code: String,
}

/// No way out; counts who tries.
#[derive(Default)]
struct Walls(AtomicU64);

impl Outbound for Walls {
    fn fetch(&self, fetch: Fetch) -> Pin<Box<dyn Future<Output = Fetched> + Send>> {
        self.0.fetch_add(1, Ordering::Relaxed);
        let error = format!("{} is refused by the address policy", fetch.url);
        Box::pin(async move { Fetched::Failed { error } })
    }
}

fn job(script: &Script) -> Job {
    Job {
        name: script.name.clone(),
        code: format!(
            "exports.onExecutePostLogin = async (event, api) => {{\n{}\n}};",
            script.code
        ),
        trigger: Trigger::PostLogin,
        handler: "onExecutePostLogin".into(),
        event: json!({"user": {"user_id": "auth0|1", "email": "ada@example.com"}}),
        secrets: [("KEY".to_owned(), SECRET.to_owned())].into(),
        limits: Limits {
            wall_ms: WALL_MS,
            heap_bytes: 8 << 20,
            ..Limits::default()
        },
    }
}

fn corpus() -> Vec<Script> {
    let mut all = generated();
    for (category, text) in FILES {
        for part in text.split("// ==== ").skip(1) {
            let (head, code) = part.split_once('\n').unwrap();
            let (title, expects) = head.rsplit_once(" [").unwrap();
            all.push(Script {
                name: format!("{category}: {title}"),
                expects: expects.trim_end_matches(']').to_owned(),
                code: code.to_owned(),
            });
        }
    }
    all
}

/// What is too long or too odd to be written down.
fn generated() -> Vec<Script> {
    let all = [nested(), long(), odd()].concat();
    let script = |(title, expects, code): (&str, &str, String)| Script {
        name: format!("parser: {title}"),
        expects: expects.to_owned(),
        code,
    };
    all.into_iter().map(script).collect()
}

type Generated = (&'static str, &'static str, String);

fn nested() -> Vec<Generated> {
    let pair = |open: &str, middle: &str, close: &str| {
        format!("{}{middle}{};", open.repeat(3_000), close.repeat(3_000))
    };
    vec![
        ("ten thousand brackets", "syntax", "[".repeat(10_000)),
        ("ten thousand braces", "syntax", "{".repeat(10_000)),
        ("nested parentheses", "any", pair("(", "1", ")")),
        ("nested lists", "any", pair("[", "", "]")),
        ("nested templates", "syntax", "`${".repeat(3_000)),
        ("nested functions", "syntax", "(() => {".repeat(800)),
    ]
}

fn long() -> Vec<Generated> {
    let names: Vec<String> = (0..12_000).map(|n| format!("a{n}")).collect();
    let sum = format!("const x = 0{};", " + 1".repeat(20_000));
    let text = format!("const s = '{}';", "x".repeat(80_000));
    let members = format!("let o = {{}}; o.o = o; o{};", ".o".repeat(15_000));
    let conditions = format!("const r = {}2;", "false ? 1 : ".repeat(5_000));
    vec![
        ("a sum of 20,000", "any", sum),
        ("12,000 names", "any", format!("var {};", names.join(","))),
        ("a long text", "any", text),
        ("a chain of members", "any", members),
        ("a chain of conditions", "any", conditions),
        (
            "stars within stars",
            "any",
            format!("/{}b/;", "(a*)*".repeat(2_000)),
        ),
    ]
}

fn odd() -> Vec<Generated> {
    let comment = format!("/* {}", "x".repeat(1_000));
    let text = format!("const s = '{}", "x".repeat(1_000));
    let early = "}; }); process.exit(0); (function () { {".to_owned();
    vec![
        ("a comment that never ends", "syntax", comment),
        ("a text that never ends", "syntax", text),
        (
            "odd characters",
            "syntax",
            "\u{2028}\u{7} const \u{fffd} = 1;".to_owned(),
        ),
        ("ends the function early", "any", early),
    ]
}

/// What is wrong with an outcome, if anything is.
fn wrong(script: &Script, outcome: &Outcome) -> Option<String> {
    let said = format!("{:?} {:?}", outcome.logs, outcome.fault);
    let told = serde_json::to_string(&outcome.commands).unwrap();
    let fault = outcome.fault.as_ref().map(|fault| fault.kind);
    let as_expected = match script.expects.as_str() {
        "any" => true,
        "fault" | "over" => fault.is_some(),
        // A machine with much to do may not even have read it in time.
        "syntax" => matches!(
            fault,
            Some(FaultKind::Syntax | FaultKind::Memory | FaultKind::Time)
        ),
        _ => false,
    };
    let late = outcome.stats.wall_us > (WALL_MS + 500) * 1_000;
    let limits = Limits::default();
    let much = outcome.logs.len() > limits.log_lines + 1
        || outcome.commands.len() > limits.commands
        || told.len() > limits.command_bytes * 2
        || said.len() > 64 << 10;
    let rules = [
        (said.contains("ESCAPED"), "reached something"),
        (said.contains(SECRET), "told its secret to a log"),
        (late, "took too long"),
        (much, "said too much"),
        (!as_expected, "did not end as expected"),
    ];
    let broken = rules.iter().find(|(broken, _)| *broken)?;
    let said: String = said.chars().take(400).collect();
    Some(format!(
        "{} [{}]: {}: {said}",
        script.name, script.expects, broken.1
    ))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sbx_01_to_08_hostile_scripts_are_contained() {
    let corpus = corpus();
    assert!(corpus.len() >= 150, "{} scripts", corpus.len());
    let walls = Arc::new(Walls::default());
    let pool = pool_with(2, 1_000, Arc::<Walls>::clone(&walls));
    let mut runs = JoinSet::new();
    let count = corpus.len() as u64;
    for script in corpus {
        let pool = pool.clone();
        runs.spawn(async move {
            let outcome = pool.run(job(&script)).await.unwrap();
            wrong(&script, &outcome)
        });
    }
    let wrong: Vec<String> = runs.join_all().await.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong.join("\n"));
    let asked = walls.0.load(Ordering::Relaxed);
    assert!(
        asked <= count * Limits::default().fetches as u64,
        "{asked} requests"
    );
    for _ in 0..4 {
        let fine = Script {
            name: "afterwards".into(),
            expects: "any".into(),
            code: "console.log(globalThis.left, [].left); api.accessToken.addScope('a');".into(),
        };
        let mut job = job(&fine);
        job.limits.wall_ms = 5_000;
        let outcome = pool.run(job).await.unwrap();
        assert_eq!((outcome.fault, outcome.commands.len()), (None, 1));
        assert_eq!(outcome.logs[0].text, "undefined undefined");
    }
}
