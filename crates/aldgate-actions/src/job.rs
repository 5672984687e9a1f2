//! What goes into a worker and what comes out: plain data, one JSON line each.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Command;
use crate::Trigger;

/// One run of one action.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Job {
    /// Its name, for messages.
    pub name: String,
    /// Its code: a CommonJS module.
    pub code: String,
    /// When it runs.
    pub trigger: Trigger,
    /// The function to call; [`Trigger::handler`], or `onContinuePostLogin` after a redirect.
    pub handler: String,
    /// What it gets to see, without secrets.
    pub event: Value,
    /// `event.secrets`.
    #[serde(default)]
    pub secrets: BTreeMap<String, String>,
    /// What it may use up.
    #[serde(default)]
    pub limits: Limits,
}

/// What one run may use up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// Time on the clock, in milliseconds; then the process is killed (Auth0: 20 s at most).
    pub wall_ms: u64,
    /// Bytes of JavaScript heap.
    pub heap_bytes: usize,
    /// Bytes of JavaScript stack.
    pub stack_bytes: usize,
    /// Commands in all.
    pub commands: usize,
    /// Bytes of all commands together.
    pub command_bytes: usize,
    /// Lines of log; later ones are dropped.
    pub log_lines: usize,
    /// Characters of one line of log (Auth0: 256).
    pub log_line_characters: usize,
    /// Fetches in all.
    pub fetches: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            wall_ms: 5_000,
            heap_bytes: 32 << 20,
            stack_bytes: 512 << 10,
            commands: 200,
            command_bytes: 256 << 10,
            log_lines: 100,
            log_line_characters: 256,
            fetches: 10,
        }
    }
}

/// What came of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// What the action asks for, in its order. To be used only without a fault.
    pub commands: Vec<Command>,
    /// What it said.
    pub logs: Vec<LogLine>,
    /// Why it failed, if it did.
    pub fault: Option<Fault>,
    /// What it used.
    pub stats: Stats,
}

/// One line of an action's console.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// `info`, `debug`, `warning` or `error`.
    pub level: String,
    /// The text, cut, with secrets replaced.
    pub text: String,
}

/// Why an action failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Which limit or rule.
    pub kind: FaultKind,
    /// One sentence, with secrets replaced.
    pub message: String,
    /// Where, as the engine tells it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub stack: String,
}

impl Fault {
    /// A failure that the engine says nothing more of.
    pub(crate) fn plain(kind: FaultKind, message: &str) -> Self {
        Self {
            kind,
            message: message.to_owned(),
            stack: String::new(),
        }
    }
}

impl Outcome {
    /// What came of a run that ended without saying anything.
    pub(crate) fn lost(fault: Fault) -> Self {
        Self {
            commands: Vec::new(),
            logs: Vec::new(),
            fault: Some(fault),
            stats: Stats::default(),
        }
    }
}

/// The kinds of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// The code cannot be read.
    Syntax,
    /// The action threw, or its promise was rejected.
    Thrown,
    /// The action returned while a promise it waits for can never be settled.
    NeverSettled,
    /// It took too long.
    Time,
    /// It used too much memory, or its process died.
    Memory,
}

/// What a run used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stats {
    /// Time on the clock, in microseconds.
    pub wall_us: u64,
    /// Bytes of heap at the end.
    pub heap_bytes: u64,
    /// How many fetches it made.
    pub fetches: u64,
}

/// A request that an action wants made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fetch {
    /// Which one, within the run.
    pub id: u64,
    /// Where to.
    pub url: String,
    /// The method, upper case.
    pub method: String,
    /// Headers, lower-case names.
    pub headers: Vec<(String, String)>,
    /// The body, base64.
    pub body: Option<String>,
}

/// The answer to a [`Fetch`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Fetched {
    /// It was not made, or failed.
    Failed {
        /// Why, in words for the action's author.
        error: String,
    },
    /// An answer came.
    Answer {
        /// The address.
        url: String,
        /// The status.
        status: u16,
        /// Headers, lower-case names.
        headers: Vec<(String, String)>,
        /// The body, base64.
        body: String,
    },
}

/// From the server to a worker.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ToWorker {
    /// Run this.
    Run(Box<Job>),
    /// Make JavaScript of this.
    Compile {
        /// The code as it was written.
        code: String,
        /// What it may use up.
        limits: Limits,
    },
    /// Here is the answer to a fetch.
    Fetched {
        /// Which one.
        id: u64,
        /// The answer.
        answer: Fetched,
    },
}

/// From a worker to the server.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FromWorker {
    /// Ready for the next run.
    Ready,
    /// Make this request.
    Fetch(Fetch),
    /// The run is over.
    Done(Box<Outcome>),
    /// The JavaScript, where it differs from the code.
    Compiled(Result<Option<String>, Fault>),
}

impl FromWorker {
    /// Whether the worker that gave this answer can be trusted with another run (SBX-08).
    pub(crate) fn leaves_sound(&self) -> bool {
        let fault = match self {
            Self::Done(outcome) => outcome.fault.as_ref(),
            Self::Compiled(compiled) => compiled.as_ref().err(),
            Self::Ready | Self::Fetch(_) => None,
        };
        fault.is_none_or(|fault| matches!(fault.kind, FaultKind::Thrown | FaultKind::Syntax))
    }
}
