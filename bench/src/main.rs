//! `./x bench`: what one operation costs the server in CPU time, beside what the machine needs for
//! the unavoidable part of it, measured in the same run.
//!
//! CPU time is the figure that holds on a shared machine; operations per second are shown, but
//! wander with the neighbours. Rounds are interleaved and medians reported, so that a noisy minute
//! hits every scenario alike. `aldgate-bench crash` kills the server under load instead; see
//! [`crash`]. Reading order: this file, `scenario`, `flow`, `http`, `limits`,
//! `report`.

mod crash;
mod flow;
mod http;
mod limits;
mod measure;
mod options;
mod report;
mod scenario;
mod server;

use anyhow::Context;

use crate::options::Options;
use crate::report::Report;
use crate::scenario::{SCENARIOS, Workers};
use crate::server::Server;

fn main() -> anyhow::Result<()> {
    if std::env::args().nth(1).as_deref() == Some("crash") {
        return crash::run();
    }
    let options = Options::parse()?;
    // One thread of load: the server has the other core to itself.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let report = runtime.block_on(run(&options))?;
    if options.json {
        println!("{}", serde_json::to_string_pretty(&report.json())?);
    } else {
        print!("{report}");
    }
    Ok(())
}

async fn run(options: &Options) -> anyhow::Result<Report> {
    let dir = tempfile::tempdir()?;
    let mut report = Report::new(options);
    let database = options.database.iter();
    let variables = database.map(|url| ("ALDGATE_DATABASE__URL", url.clone()));
    let variables = variables.collect();
    let mut server = Server::start(&options.binary, dir.path(), variables).await?;
    report.memory("idle memory", server.memory_mib()?);
    let workers = Workers::log_in(&server, options.connections_max()).await?;
    for round in 1..=options.rounds {
        report.limits(limits::measure(dir.path())?);
        for scenario in SCENARIOS {
            for connections in scenario.connections(options) {
                eprintln!(
                    "round {round}: {} on {connections} connections",
                    scenario.name
                );
                let sample = workers
                    .run(scenario, &server, connections, options.duration)
                    .await
                    .with_context(|| format!("scenario `{}`", scenario.name))?;
                report.sample(scenario, connections, sample);
            }
        }
    }
    report.memory("memory after load", server.memory_mib()?);
    for _ in 0..options.rounds.max(3) {
        report.cold_start(server.restart().await?);
    }
    Ok(report)
}
