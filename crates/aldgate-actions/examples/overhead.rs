//! What a one-line action costs on a warm pool, and what others notice of one that loops for ever.
//! Build `--example worker` in the same profile first; figures are in `docs/performance.md`.

use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aldgate_actions::{Fetch, Fetched, Job, Limits, Outbound, Pool, PoolOptions, Trigger};
use serde_json::json;

struct Nowhere;

impl Outbound for Nowhere {
    fn fetch(&self, _: Fetch) -> Pin<Box<dyn Future<Output = Fetched> + Send>> {
        Box::pin(async {
            Fetched::Failed {
                error: "nowhere".to_owned(),
            }
        })
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let program = std::env::current_exe()?.with_file_name("worker");
    let options = PoolOptions {
        program,
        arguments: Vec::new(),
        workers: 4,
        waiting_max: 64,
        runs_per_worker: 1_000_000,
    };
    let pool = Pool::new(options, Arc::new(Nowhere));
    let began = now();
    pool.run(job("", 5_000)).await?;
    println!(
        "first run, with the start of a worker: {:?}",
        began.elapsed()
    );
    let idle = many(&pool, 1_000).await?;
    report("one line, warm", &idle);
    let looping = {
        let pool = pool.clone();
        tokio::spawn(async move {
            let began = now();
            let outcome = pool.run(job("for (;;);", 5_000)).await;
            outcome.map(|outcome| (began.elapsed(), outcome.fault))
        })
    };
    #[expect(
        clippy::disallowed_methods,
        reason = "the loop has to be under way; this measures"
    )]
    tokio::time::sleep(Duration::from_millis(100)).await;
    let beside = many(&pool, 1_000).await?;
    report("the same beside a loop", &beside);
    let (took, fault) = looping.await??;
    println!(
        "the loop, limit 5 s: {took:?}, {:?}",
        fault.map(|fault| fault.kind)
    );
    Ok(())
}

/// How long each run took for who asked for it, and within the worker.
async fn many(pool: &Pool, runs: usize) -> Result<[Vec<Duration>; 2], Box<dyn std::error::Error>> {
    let line = r#"api.accessToken.setCustomClaim("https://demo/email", event.user.email);"#;
    let mut spans = [Vec::with_capacity(runs), Vec::with_capacity(runs)];
    for _ in 0..runs {
        work();
        let began = now();
        let outcome = pool.run(job(line, 5_000)).await?;
        spans[0].push(began.elapsed());
        spans[1].push(Duration::from_micros(outcome.stats.wall_us));
        assert_eq!(outcome.commands.len(), 1, "{outcome:?}");
    }
    spans.iter_mut().for_each(|spans| spans.sort_unstable());
    Ok(spans)
}

/// What the server does between two actions: a login hashes a password, for longer than this.
fn work() {
    let until = now() + Duration::from_millis(3);
    while now() < until {
        std::hint::spin_loop();
    }
}

fn report(what: &str, [whole, within]: &[Vec<Duration>; 2]) {
    let at = |sorted: &[Duration], share: f64| sorted[((sorted.len() - 1) as f64 * share) as usize];
    println!(
        "{what}: median {:?}, p95 {:?}, p99 {:?}; of it in the engine: median {:?}",
        at(whole, 0.5),
        at(whole, 0.95),
        at(whole, 0.99),
        at(within, 0.5)
    );
}

fn job(line: &str, wall_ms: u64) -> Job {
    Job {
        name: "overhead".to_owned(),
        code: format!("exports.onExecutePostLogin = async (event, api) => {{\n{line}\n}};"),
        trigger: Trigger::PostLogin,
        handler: Trigger::PostLogin.handler().to_owned(),
        event: json!({
            "user": {"user_id": "auth0|5f7c8ec7c33c6c004bbafe82", "email": "ada@example.com",
                "email_verified": true, "name": "Ada Example", "app_metadata": {"plan": "gold"},
                "user_metadata": {}, "identities": [{"connection": "db", "provider": "auth0"}]},
            "client": {"client_id": "abc", "name": "Shop", "metadata": {}},
            "request": {"ip": "192.0.2.1", "hostname": "id.test", "method": "GET", "query": {},
                "body": {}, "user_agent": "Mozilla/5.0", "geoip": {}},
            "transaction": {"protocol": "oidc-basic-profile", "requested_scopes": ["openid"]},
            "authorization": {"roles": ["admin"]}, "stats": {"logins_count": 7}, "cache": {},
        }),
        secrets: [].into(),
        limits: Limits {
            wall_ms,
            ..Limits::default()
        },
    }
}

#[expect(clippy::disallowed_methods, reason = "it measures")]
fn now() -> Instant {
    Instant::now()
}
