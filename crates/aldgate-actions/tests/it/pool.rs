//! Workers as processes: what they cannot do, and that they end in time whatever they run.

use std::pin::Pin;
use std::sync::Arc;

use aldgate_actions::{
    FaultKind, Fetch, Fetched, Job, Limits, Outbound, Outcome, Pool, PoolError, Trigger,
};
use serde_json::json;

use crate::pool_with;

struct Nowhere;

impl Outbound for Nowhere {
    fn fetch(&self, fetch: Fetch) -> Pin<Box<dyn Future<Output = Fetched> + Send>> {
        Box::pin(async move {
            Fetched::Answer {
                url: fetch.url,
                status: 204,
                headers: Vec::new(),
                body: String::new(),
            }
        })
    }
}

fn pool(workers: usize, waiting_max: usize) -> Pool {
    pool_with(workers, waiting_max, Arc::new(Nowhere))
}

fn job(body: &str) -> Job {
    Job {
        name: "test".into(),
        code: format!("exports.onExecutePostLogin = async (event, api) => {{\n{body}\n}};"),
        trigger: Trigger::PostLogin,
        handler: "onExecutePostLogin".into(),
        event: json!({"user": {"user_id": "auth0|1"}}),
        secrets: [].into(),
        limits: Limits {
            wall_ms: 700,
            ..Limits::default()
        },
    }
}

async fn runs(pool: &Pool, body: &str) -> Outcome {
    pool.run(job(body)).await.expect("it was run")
}

#[tokio::test]
async fn a_worker_runs_action_after_action_in_fresh_realms() {
    let pool = pool(1, 10);
    let first = runs(
        &pool,
        "globalThis.kept = 1; Array.prototype.x = 1; api.accessToken.addScope('a');",
    )
    .await;
    assert_eq!((first.fault, first.commands.len()), (None, 1));
    let second = runs(&pool, "console.log(typeof globalThis.kept, [].x);").await;
    assert_eq!(second.fault, None);
    assert_eq!(second.logs[0].text, "undefined undefined");
    let fetched = runs(
        &pool,
        "console.log((await fetch('https://x.test/')).status);",
    )
    .await;
    assert_eq!(fetched.logs[0].text, "204");
}

#[tokio::test]
async fn sbx_02_what_the_engine_cannot_interrupt_is_killed_from_outside() {
    let pool = pool(2, 10);
    for stubborn in [
        "while (true) {}",
        "Array(2 ** 28).join('x');",
        "const z = []; z[2 ** 31] = 1; z.sort();",
        "'a'.repeat(1 << 20).indexOf('a'.repeat(1 << 19) + 'b');",
        "'x'.repeat(1 << 24).split('').reverse().join('');",
        "(10n ** 200000n).toString();",
        "let b = 3n; for (;;) b *= b;",
        "JSON.stringify(Array.from({ length: 3e6 }, (_, i) => i));",
        "const a = []; for (let i = 0; i < 1e5; i++) a.push(a.slice()); ",
    ] {
        let outcome = runs(&pool, stubborn).await;
        let limit = 700_000 + 500_000;
        assert!(outcome.stats.wall_us <= limit, "{stubborn}: {outcome:?}");
        let after = runs(&pool, "api.accessToken.addScope('still');").await;
        assert_eq!(
            (after.fault, after.commands.len()),
            (None, 1),
            "after {stubborn}"
        );
    }
}

#[tokio::test]
async fn a_dead_worker_is_a_failed_action_and_nothing_more() {
    let pool = pool(1, 10);
    let mut greedy = job("const a = []; for (;;) a.push(new Uint8Array(1 << 20));");
    greedy.limits.heap_bytes = 4 << 30;
    let outcome = pool.run(greedy).await.expect("it was run");
    let kind = outcome.fault.expect("a fault").kind;
    assert!(
        matches!(
            kind,
            FaultKind::Memory | FaultKind::Time | FaultKind::Thrown
        ),
        "{kind:?}"
    );
    assert_eq!(runs(&pool, "").await.fault, None);
}

#[tokio::test]
async fn more_than_may_wait_are_refused_at_once() {
    let pool = pool(1, 1);
    let running = tokio::spawn({
        let pool = pool.clone();
        async move {
            runs(
                &pool,
                "await new Promise((resolve) => setTimeout(resolve, 400));",
            )
            .await
        }
    });
    tokio::task::yield_now().await;
    let mut results = tokio::task::JoinSet::new();
    for _ in 0..5 {
        let pool = pool.clone();
        results.spawn(async move { pool.run(job("")).await.map(drop) });
    }
    let mut refused = 0;
    while let Some(result) = results.join_next().await {
        refused += u32::from(matches!(result.expect("no panic"), Err(PoolError::Full(_))));
    }
    assert!(refused >= 3, "{refused} of 5 were refused");
    assert_eq!(running.await.expect("no panic").fault, None);
}
