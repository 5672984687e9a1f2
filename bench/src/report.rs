//! The table: measured, limit, goal, verdict.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};

use crate::limits::Limits;
use crate::measure::{Sample, median};
use crate::options::Options;
use crate::scenario::{SCENARIOS, Scenario};

const COLD_START_MS_MAX: f64 = 50.0;
/// Idle; after load, with one hashing thread (the server has one core) and its 19 MiB.
const MEMORY_MIB_MAX: [f64; 2] = [20.0, 40.0 + 19.0];

/// What all rounds found.
pub(crate) struct Report {
    rounds: usize,
    limits: Vec<Limits>,
    samples: BTreeMap<(usize, usize), Vec<Sample>>,
    memory: Vec<(&'static str, f64)>,
    cold_starts_ms: Vec<f64>,
}

/// One line: medians over the rounds.
struct Line {
    name: &'static str,
    connections: usize,
    cpu_ms: f64,
    goal_ms: f64,
    per_second: f64,
    goal_per_second: Option<f64>,
    latency_ms: [f64; 3],
}

impl Report {
    /// An empty report.
    pub(crate) fn new(options: &Options) -> Self {
        Self {
            rounds: options.rounds,
            limits: Vec::new(),
            samples: BTreeMap::new(),
            memory: Vec::new(),
            cold_starts_ms: Vec::new(),
        }
    }

    /// Adds a round of limits.
    pub(crate) fn limits(&mut self, limits: Limits) {
        self.limits.push(limits);
    }

    /// Adds a measurement.
    pub(crate) fn sample(&mut self, scenario: &Scenario, connections: usize, sample: Sample) {
        let place = SCENARIOS
            .iter()
            .position(|other| other.name == scenario.name);
        let place = place.expect("scenarios come from the list");
        self.samples
            .entry((place, connections))
            .or_default()
            .push(sample);
    }

    /// Adds a reading of the server's memory.
    pub(crate) fn memory(&mut self, name: &'static str, mib: f64) {
        self.memory.push((name, mib));
    }

    /// Adds a start on an existing database.
    pub(crate) fn cold_start(&mut self, took: Duration) {
        self.cold_starts_ms.push(took.as_secs_f64() * 1000.0);
    }

    /// Everything, for scripts.
    pub(crate) fn json(&self) -> Value {
        let limits = self.median_limits();
        let line = |line: Line| {
            json!({
                "name": line.name,
                "connections": line.connections,
                "cpu_ms": line.cpu_ms,
                "goal_ms": line.goal_ms,
                "per_second": line.per_second,
                "goal_per_second": line.goal_per_second,
                "p50_p95_p99_ms": line.latency_ms,
                "met": line.met(),
            })
        };
        json!({
            "rounds": self.rounds,
            "limits": {
                "rs256_ms": limits.rs256_ms,
                "es256_ms": limits.es256_ms,
                "eddsa_ms": limits.eddsa_ms,
                "argon2_ms": limits.argon2_ms,
                "commits_per_second": limits.commits_per_second,
            },
            "scenarios": self.lines().map(line).collect::<Vec<_>>(),
            "cold_start_ms": median(&self.cold_starts_ms),
            "memory_mib": self.memory.iter().copied().collect::<BTreeMap<_, _>>(),
        })
    }

    fn median_limits(&self) -> Limits {
        let middle =
            |of: fn(&Limits) -> f64| median(&self.limits.iter().map(of).collect::<Vec<_>>());
        Limits {
            rs256_ms: middle(|limits| limits.rs256_ms),
            es256_ms: middle(|limits| limits.es256_ms),
            eddsa_ms: middle(|limits| limits.eddsa_ms),
            argon2_ms: middle(|limits| limits.argon2_ms),
            commits_per_second: middle(|limits| limits.commits_per_second),
        }
    }

    fn lines(&self) -> impl Iterator<Item = Line> {
        let limits = self.median_limits();
        self.samples
            .iter()
            .map(move |(&(place, connections), samples)| {
                let scenario = &SCENARIOS[place];
                let middle =
                    |of: fn(&Sample) -> f64| median(&samples.iter().map(of).collect::<Vec<_>>());
                // Fewer connections than 64 cannot fill a group commit.
                let goal_per_second = scenario.goal_per_second.filter(|_| connections >= 64);
                Line {
                    name: scenario.name,
                    connections,
                    cpu_ms: middle(|sample| sample.cpu_ms),
                    goal_ms: (scenario.goal_ms)(&limits),
                    per_second: middle(|sample| sample.per_second),
                    goal_per_second: goal_per_second.map(|goal| goal(&limits)),
                    latency_ms: std::array::from_fn(|place| {
                        let each = samples.iter().map(|sample| sample.latency_ms[place]);
                        median(&each.collect::<Vec<_>>())
                    }),
                }
            })
    }
}

impl Line {
    fn met(&self) -> bool {
        let fast = self
            .goal_per_second
            .is_none_or(|goal| self.per_second >= goal);
        self.cpu_ms <= self.goal_ms && fast
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let limits = self.median_limits();
        writeln!(
            f,
            "limits of this machine in this run, medians of {} rounds:",
            self.rounds
        )?;
        writeln!(
            f,
            "  RS256 {:.3}, ES256 {:.4}, EdDSA {:.4}, Argon2id {:.1} ms; {:.0} commits/s\n",
            limits.rs256_ms,
            limits.es256_ms,
            limits.eddsa_ms,
            limits.argon2_ms,
            limits.commits_per_second,
        )?;
        writeln!(
            f,
            "{:<34}{:>6}{:>11}{:>9}{:>10}{:>9}{:>9}{:>9}{:>9}  verdict",
            "scenario", "conns", "CPU ms/op", "goal", "op/s", "goal", "p50 ms", "p95", "p99"
        )?;
        for line in self.lines() {
            writeln!(f, "{line}")?;
        }
        let cold = median(&self.cold_starts_ms);
        let verdict = verdict_of(cold <= COLD_START_MS_MAX, cold, COLD_START_MS_MAX);
        writeln!(
            f,
            "\ncold start, existing database: {cold:.0} ms ({verdict})"
        )?;
        for ((name, mib), goal) in self.memory.iter().zip(MEMORY_MIB_MAX) {
            let verdict = verdict_of(*mib <= goal, *mib, goal);
            writeln!(f, "{name}: {mib:.1} MiB ({verdict})")?;
        }
        Ok(())
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let goal_rate = self
            .goal_per_second
            .map_or(String::new(), |goal| format!("{goal:.0}"));
        let latencies = self.latency_ms.map(|ms| format!("{ms:>9.1}")).concat();
        write!(
            f,
            "{:<34}{:>6}{:>11.3}{:>9.3}{:>10.0}{goal_rate:>9}{latencies}  {}",
            self.name,
            self.connections,
            self.cpu_ms,
            self.goal_ms,
            self.per_second,
            verdict_of(self.met(), self.cpu_ms, self.goal_ms),
        )
    }
}

fn verdict_of(met: bool, value: f64, goal: f64) -> String {
    if met {
        "met".to_owned()
    } else if value <= goal {
        "missed: too few op/s".to_owned()
    } else {
        format!("missed: {:.2} x the goal", value / goal)
    }
}
