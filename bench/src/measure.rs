//! CPU time, wall time and memory, as Linux counts them.

use std::time::{Duration, Instant};

use anyhow::Context;

/// What one measurement of a scenario found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    /// CPU milliseconds of the server per operation.
    pub(crate) cpu_ms: f64,
    /// Operations per second of wall time.
    pub(crate) per_second: f64,
    /// How long one operation took for its caller, in milliseconds: of 100, the 50th, 95th and
    /// 99th.
    pub(crate) latency_ms: [f64; 3],
}

/// The places of [`Sample::latency_ms`] among a hundred.
pub(crate) const PERCENTILES: [usize; 3] = [50, 95, 99];

/// Of a hundred values in their order, those at [`PERCENTILES`].
pub(crate) fn percentiles(mut values: Vec<f64>) -> [f64; 3] {
    values.sort_by(f64::total_cmp);
    PERCENTILES.map(|percent| {
        let place = (values.len() * percent).div_ceil(100).saturating_sub(1);
        values.get(place).copied().unwrap_or(f64::NAN)
    })
}

/// Linux counts process times in ticks of this length on every architecture.
const TICK_MS: f64 = 10.0;

/// CPU milliseconds that a process has used, all its threads and both modes.
///
/// # Errors
/// When the process is gone.
pub(crate) fn process_cpu_ms(pid: u32) -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The second field is the name in parentheses and may hold spaces.
    let (_, fields) = stat
        .rsplit_once(')')
        .context("/proc/PID/stat has no name")?;
    let mut fields = fields.split_whitespace().skip(11);
    let mut ticks = || -> anyhow::Result<f64> {
        Ok(fields
            .next()
            .context("/proc/PID/stat ends early")?
            .parse()?)
    };
    Ok((ticks()? + ticks()?) * TICK_MS)
}

/// Memory of a process that is in RAM, in MiB.
///
/// # Errors
/// When the process is gone.
pub(crate) fn memory_mib(pid: u32) -> anyhow::Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next());
    let kib: f64 = kib.context("/proc/PID/status has no VmRSS")?.parse()?;
    Ok(kib / 1024.0)
}

/// CPU milliseconds of this thread for one call of `operation`, over about `duration`.
///
/// # Errors
/// Those of the operation.
pub(crate) fn thread_cpu_ms(
    duration: Duration,
    mut operation: impl FnMut() -> anyhow::Result<()>,
) -> anyhow::Result<f64> {
    operation()?;
    let (started, cpu) = (now(), thread_ns()?);
    let mut calls = 0_u32;
    while started.elapsed() < duration {
        operation()?;
        calls += 1;
    }
    Ok((thread_ns()? - cpu) / f64::from(calls) / 1e6)
}

/// Nanoseconds this thread has run.
fn thread_ns() -> anyhow::Result<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    Ok(text
        .split_whitespace()
        .next()
        .context("schedstat is empty")?
        .parse()?)
}

/// The stopwatch.
#[expect(
    clippy::disallowed_methods,
    reason = "measuring time is what this program is for"
)]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// The middle value; of an even number, the lower of the two.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
        .get(sorted.len().saturating_sub(1) / 2)
        .copied()
        .unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.0);
        assert!(median(&[]).is_nan());
    }

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let values: Vec<f64> = (1..=200).rev().map(f64::from).collect();
        assert_eq!(percentiles(values), [100.0, 190.0, 198.0]);
        assert_eq!(percentiles(vec![7.0]), [7.0; 3]);
        assert!(percentiles(Vec::new()).iter().all(|value| value.is_nan()));
    }

    #[test]
    fn our_own_process_can_be_measured() {
        let pid = std::process::id();
        assert!(process_cpu_ms(pid).unwrap() >= 0.0);
        assert!(memory_mib(pid).unwrap() > 0.5);
    }
}
