//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;

/// What to measure and how long.
pub(crate) struct Options {
    /// The release binary of the server.
    pub(crate) binary: PathBuf,
    /// How often each scenario is measured.
    pub(crate) rounds: usize,
    /// How long one measurement takes.
    pub(crate) duration: Duration,
    /// How many connections send at once; scenarios without a limit of their own run on each.
    pub(crate) connections: Vec<usize>,
    /// Only scenarios whose name contains this.
    pub(crate) only: Option<String>,
    /// The database's address: PostgreSQL, for example. Without it, SQLite in a fresh directory.
    pub(crate) database: Option<String>,
    /// Print JSON instead of a table.
    pub(crate) json: bool,
}

const USAGE: &str = "\
aldgate-bench [--binary FILE] [--rounds N] [--seconds N] [--connections N,N] [--only WORD]
              [--database URL] [--quick] [--json]";

impl Options {
    /// Reads the command line.
    ///
    /// # Errors
    /// With the usage, when an argument is not understood.
    pub(crate) fn parse() -> anyhow::Result<Self> {
        let mut options = Self {
            binary: PathBuf::from("target/release/aldgate"),
            rounds: 5,
            duration: Duration::from_secs(3),
            connections: vec![16, 64],
            only: None,
            database: None,
            json: false,
        };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            let mut value = || {
                arguments
                    .next()
                    .with_context(|| format!("{argument} of what?"))
            };
            match argument.as_str() {
                "--binary" => options.binary = value()?.into(),
                "--rounds" => options.rounds = value()?.parse()?,
                "--seconds" => options.duration = Duration::from_secs(value()?.parse()?),
                "--connections" => {
                    let numbers = value()?;
                    let numbers = numbers.split(',').map(str::parse);
                    options.connections = numbers.collect::<Result<_, _>>().context(USAGE)?;
                }
                "--only" => options.only = Some(value()?),
                "--quick" => (options.rounds, options.duration) = (1, Duration::from_secs(1)),
                "--database" => options.database = Some(value()?),
                "--json" => options.json = true,
                _ => anyhow::bail!("unknown argument `{argument}`\n{USAGE}"),
            }
        }
        anyhow::ensure!(options.rounds > 0 && !options.connections.is_empty(), USAGE);
        Ok(options)
    }

    /// The largest number of connections that any scenario uses.
    pub(crate) fn connections_max(&self) -> usize {
        self.connections.iter().copied().max().unwrap_or(1)
    }
}
