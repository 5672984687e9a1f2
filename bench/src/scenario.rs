//! The scenarios: what one operation is, and what it may cost.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::sync::Mutex;
use tokio::task::JoinSet;

use crate::flow::{Ask, Browser};
use crate::http;
use crate::limits::Limits;
use crate::measure::{Sample, now, percentiles};
use crate::options::Options;
use crate::server::{APIS, M2M, SPA_ES256, SPA_RS256, Server};

/// One line of the table.
pub(crate) struct Scenario {
    /// As the table shows it.
    pub(crate) name: &'static str,
    operation: Operation,
    /// The goal in CPU milliseconds, given the limits of this run.
    pub(crate) goal_ms: fn(&Limits) -> f64,
    /// The goal in operations per second on 64 connections, if there is one.
    pub(crate) goal_per_second: Option<fn(&Limits) -> f64>,
}

#[derive(Clone, Copy)]
enum Operation {
    /// GET of a path, without credentials.
    Get(&'static str),
    /// The client credentials grant for the API at this place in [`APIS`].
    Machine(usize),
    /// A refresh of the application's token.
    Refresh(Ask),
    /// A code with the session that exists, and its redemption.
    Code(Ask),
    /// GET /userinfo with an opaque token.
    Userinfo,
    /// POST /oauth/introspect of an opaque token, by the application without a person.
    Introspection,
    /// A login with the form, and the redemption of its code.
    Login(Ask),
}

const RS256: Ask = Ask {
    client_id: SPA_RS256,
    audience: None,
    offline: false,
};
const RS256_TWICE: Ask = Ask {
    audience: Some(APIS[0].1),
    ..RS256
};
const ES256: Ask = Ask {
    client_id: SPA_ES256,
    audience: None,
    offline: false,
};
const RS256_OFFLINE: Ask = Ask {
    offline: true,
    ..RS256
};
const ES256_OFFLINE: Ask = Ask {
    offline: true,
    ..ES256
};

/// HTTP and routing alone, measured with a static endpoint.
const HTTP_MS: f64 = 0.023;

/// Logins at once; the hashing queue holds 16 for each thread.
const LOGINS_MAX: usize = 16;

/// All scenarios, cheap ones first.
pub(crate) const SCENARIOS: &[Scenario] = &[
    Scenario::new(
        "discovery",
        Operation::Get("/.well-known/openid-configuration"),
        |_| 0.030,
    ),
    Scenario::new("JWKS", Operation::Get("/.well-known/jwks.json"), |_| 0.030),
    Scenario::new(
        "client credentials RS256",
        Operation::Machine(0),
        |limits| 1.2 * (limits.rs256_ms + HTTP_MS),
    ),
    Scenario::new("client credentials ES256", Operation::Machine(1), |_| 0.09),
    Scenario::new("client credentials EdDSA", Operation::Machine(2), |_| 0.085),
    Scenario::new("userinfo, opaque token", Operation::Userinfo, |_| 0.07),
    Scenario::new(
        "introspection, opaque token",
        Operation::Introspection,
        |_| 0.08,
    ),
    Scenario::new(
        "refresh, RS256 ID token",
        Operation::Refresh(RS256_OFFLINE),
        |_| 1.05,
    ),
    Scenario {
        // Group commit: many waiting requests share one wait for the disk.
        goal_per_second: Some(|limits| 8.0 * limits.commits_per_second),
        ..Scenario::new(
            "refresh, ES256 only",
            Operation::Refresh(ES256_OFFLINE),
            |_| 0.22,
        )
    },
    Scenario::new(
        "code flow, one RS256 signature",
        Operation::Code(RS256),
        |_| 1.25,
    ),
    Scenario::new(
        "code flow, two RS256 signatures",
        Operation::Code(RS256_TWICE),
        |_| 2.0,
    ),
    Scenario::new("code flow, ES256 only", Operation::Code(ES256), |_| 0.40),
    Scenario::new("login", Operation::Login(RS256), |limits| {
        limits.argon2_ms + 2.5
    }),
];

impl Scenario {
    const fn new(name: &'static str, operation: Operation, goal_ms: fn(&Limits) -> f64) -> Self {
        Self {
            name,
            operation,
            goal_ms,
            goal_per_second: None,
        }
    }

    /// On how many connections the scenario runs, each a measurement of its own.
    pub(crate) fn connections(&self, options: &Options) -> Vec<usize> {
        let only = options.only.as_deref();
        let wanted = only.is_none_or(|word| self.name.contains(word));
        // More logins at once than the hashing queue holds are shed with 503, as they should be.
        let is_login = matches!(self.operation, Operation::Login(_));
        let max = if is_login { LOGINS_MAX } else { usize::MAX };
        let fitting = options
            .connections
            .iter()
            .copied()
            .filter(|count| *count <= max);
        fitting.filter(|_| wanted).collect()
    }
}

/// Browsers with a session each, and the tokens they hold from one measurement to the next.
pub(crate) struct Workers {
    workers: Vec<Arc<Mutex<Worker>>>,
}

struct Worker {
    person: usize,
    signed_in: Browser,
    opaque: String,
    refresh: [String; 2],
}

impl Workers {
    /// Opens `count` browsers and logs a different person in with each.
    pub(crate) async fn log_in(server: &Server, count: usize) -> anyhow::Result<Self> {
        let mut workers = Vec::with_capacity(count);
        for person in 0..count {
            let worker = Worker::log_in(server, person).await;
            let worker = worker.with_context(|| format!("login of person {person}"))?;
            workers.push(Arc::new(Mutex::new(worker)));
        }
        Ok(Self { workers })
    }

    /// Runs one scenario on `connections` connections for `duration`.
    pub(crate) async fn run(
        &self,
        scenario: &Scenario,
        server: &Server,
        connections: usize,
        duration: Duration,
    ) -> anyhow::Result<Sample> {
        let (started, cpu) = (now(), server.cpu_ms()?);
        let operation = scenario.operation;
        let mut loops = JoinSet::new();
        for worker in self.workers.iter().take(connections) {
            let worker = Arc::clone(worker);
            loops.spawn(async move {
                let mut worker = worker.lock().await;
                let mut latencies = Vec::new();
                while started.elapsed() < duration {
                    let asked = now();
                    worker.operate(operation).await?;
                    latencies.push(asked.elapsed().as_secs_f64() * 1000.0);
                }
                anyhow::Ok(latencies)
            });
        }
        let mut latencies = Vec::new();
        while let Some(measured) = loops.join_next().await {
            latencies.append(&mut measured??);
        }
        let operations = latencies.len() as f64;
        let (took, cpu) = (started.elapsed().as_secs_f64(), server.cpu_ms()? - cpu);
        Ok(Sample {
            cpu_ms: cpu / operations,
            per_second: operations / took,
            latency_ms: percentiles(latencies),
        })
    }
}

impl Worker {
    async fn log_in(server: &Server, person: usize) -> anyhow::Result<Self> {
        let mut signed_in = Browser::open(server).await?;
        let code = signed_in.log_in(RS256, person).await?;
        let opaque = signed_in.redeem(RS256, &code).await?.json("access_token")?;
        let mut refresh = [String::new(), String::new()];
        for (token, ask) in refresh.iter_mut().zip([RS256_OFFLINE, ES256_OFFLINE]) {
            let code = signed_in.code(ask).await?;
            *token = signed_in.redeem(ask, &code).await?.json("refresh_token")?;
        }
        Ok(Self {
            person,
            signed_in,
            opaque,
            refresh,
        })
    }

    /// One operation.
    async fn operate(&mut self, operation: Operation) -> anyhow::Result<()> {
        match operation {
            Operation::Get(path) => {
                self.signed_in
                    .send(&http::get(self.signed_in.host(), path, &[]))
                    .await?
                    .expect(200)?;
            }
            Operation::Machine(api) => {
                let fields = [
                    ("grant_type", "client_credentials"),
                    ("client_id", M2M.0),
                    ("client_secret", M2M.1),
                    ("audience", APIS[api].1),
                ];
                let request = http::post(self.signed_in.host(), "/oauth/token", &[], &fields);
                self.signed_in.send(&request).await?.expect(200)?;
            }
            Operation::Refresh(ask) => {
                let token = &mut self.refresh[usize::from(ask.client_id == SPA_ES256)];
                *token = self.signed_in.refresh(ask, token).await?;
            }
            Operation::Code(ask) => {
                let code = self.signed_in.code(ask).await?;
                self.signed_in.redeem(ask, &code).await?;
            }
            Operation::Userinfo => {
                let bearer = format!("Bearer {}", self.opaque);
                let headers = [("authorization", bearer.as_str())];
                let request = http::get(self.signed_in.host(), "/userinfo", &headers);
                self.signed_in.send(&request).await?.expect(200)?;
            }
            Operation::Introspection => {
                let fields = [
                    ("token", self.opaque.as_str()),
                    ("client_id", M2M.0),
                    ("client_secret", M2M.1),
                ];
                let host = self.signed_in.host();
                let request = http::post(host, "/oauth/introspect", &[], &fields);
                let answer = self.signed_in.send(&request).await?.expect(200)?;
                let is_active = answer.text().contains(r#""active":true"#);
                anyhow::ensure!(is_active, "not active: {}", answer.text());
            }
            Operation::Login(ask) => {
                let mut browser = self.signed_in.stranger().await?;
                let code = browser.log_in(ask, self.person).await?;
                browser.redeem(ask, &code).await?;
            }
        }
        Ok(())
    }
}
