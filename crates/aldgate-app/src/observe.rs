//! The process's own log: structured lines on stderr. Tenant log events are domain data and live
//! in [`crate::events`].
//!
//! A line says something readable alone and carries values as fields: `tenant.id`, `client.id`,
//! `user.id`, `request.id`. Never a token, code, cookie, password or address of a mail (LOG-01).

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::config::{Log, LogFormat};

/// Why logging cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ObserveError {
    /// `log.level` is no filter.
    #[error(
        "log.level: got {level:?}, expected a filter such as info or aldgate_auth=debug: {reason}"
    )]
    Level {
        /// What was configured.
        level: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Somebody else has set up logging in this process.
    #[error("logging is set up already")]
    Twice,
}

/// Sends this process's log to stderr.
///
/// # Errors
/// [`ObserveError`] when `log.level` is no filter, or logging is set up already.
pub fn start(log: &Log) -> Result<(), ObserveError> {
    start_with(log, std::io::stderr, std::io::stderr().is_terminal())
}

fn start_with<W>(log: &Log, writer: W, colors: bool) -> Result<(), ObserveError>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let filter = EnvFilter::try_new(&log.level).map_err(|error| ObserveError::Level {
        level: log.level.clone(),
        reason: error.to_string(),
    })?;
    let registry = tracing_subscriber::registry().with(filter);
    let layer = tracing_subscriber::fmt::layer().with_writer(writer);
    let started = match log.format {
        // JSON escapes control characters: nobody forges a line (LOG-01).
        LogFormat::Json => registry.with(layer.json().flatten_event(true)).try_init(),
        LogFormat::Text => registry.with(layer.with_ansi(colors)).try_init(),
    };
    started.map_err(|_| ObserveError::Twice)
}
