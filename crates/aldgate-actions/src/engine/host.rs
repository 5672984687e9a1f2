//! The one function that a realm can call: commands, log, timers, fetches, digests, URLs.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use aldgate_jose::{b64, digest};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Command;
use crate::job::{Fault, FaultKind, Fetch, Limits, LogLine, Outcome, Stats};

/// The most random bytes of one call.
const RANDOM_MAX: usize = 4096;

/// The most timers at once.
const TIMERS_MAX: usize = 100;

/// Secrets shorter than this are not looked for in logs: they would match everywhere.
const SECRET_MIN: usize = 4;

/// What a run said and asked for so far.
pub(super) struct Host {
    limits: Limits,
    secrets: Vec<(String, String)>,
    commands: Vec<Command>,
    command_bytes: usize,
    logs: Vec<LogLine>,
    logs_dropped: usize,
    timers: Vec<(u64, Instant)>,
    fetches: Vec<Fetch>,
    fetches_made: usize,
    fetches_open: usize,
    fault: Option<Fault>,
    done: bool,
    began: Instant,
}

#[derive(Deserialize)]
struct Timer {
    id: u64,
    ms: f64,
}

#[derive(Deserialize)]
struct Thrown {
    name: String,
    message: String,
    stack: String,
}

impl Host {
    pub(super) fn new(limits: Limits, secrets: &BTreeMap<String, String>, began: Instant) -> Self {
        let secrets = secrets
            .iter()
            .filter(|(_, value)| value.len() >= SECRET_MIN);
        Self {
            limits,
            secrets: secrets.map(|(k, v)| (k.clone(), v.clone())).collect(),
            commands: Vec::new(),
            command_bytes: 0,
            logs: Vec::new(),
            logs_dropped: 0,
            timers: Vec::new(),
            fetches: Vec::new(),
            fetches_made: 0,
            fetches_open: 0,
            fault: None,
            done: false,
            began,
        }
    }

    /// Answers a call of the realm. Commands and logs answer with an empty text or the refusal;
    /// everything else with `{"value": …}` or `{"error": …}`.
    pub(super) fn call(&mut self, op: &str, payload: &str) -> String {
        match op {
            "command" => self.command(payload),
            "log" => self.log(payload),
            "done" => {
                self.done = true;
                String::new()
            }
            "fail" => self.thrown(payload),
            _ => match self.ask(op, payload) {
                Ok(value) => json!({"value": value}).to_string(),
                Err(error) => json!({"error": error}).to_string(),
            },
        }
    }

    fn command(&mut self, payload: &str) -> String {
        let Limits {
            commands,
            command_bytes,
            ..
        } = self.limits;
        if self.commands.len() >= commands {
            return format!("The action asked for more than {commands} things.");
        }
        if self.command_bytes + payload.len() > command_bytes {
            return format!("What the action asked for is larger than {command_bytes} bytes.");
        }
        match serde_json::from_str(payload) {
            Ok(command) => {
                self.command_bytes += payload.len();
                self.commands.push(command);
                String::new()
            }
            Err(error) => format!("This cannot be asked for: {error}"),
        }
    }

    fn log(&mut self, payload: &str) -> String {
        if self.logs.len() >= self.limits.log_lines {
            self.logs_dropped += 1;
            return String::new();
        }
        if let Ok(LogLine { level, text }) = serde_json::from_str(payload) {
            let text = self.redact(&text);
            let text = text.chars().take(self.limits.log_line_characters).collect();
            self.logs.push(LogLine { level, text });
        }
        String::new()
    }

    fn thrown(&mut self, payload: &str) -> String {
        if let Ok(Thrown {
            name,
            message,
            stack,
        }) = serde_json::from_str(payload)
        {
            let kind = match (name.as_str(), message.as_str()) {
                ("InternalError", "out of memory") => FaultKind::Memory,
                ("InternalError", "interrupted") => FaultKind::Time,
                _ => FaultKind::Thrown,
            };
            self.fail(kind, &format!("{name}: {message}"), &stack);
        }
        String::new()
    }

    fn ask(&mut self, op: &str, payload: &str) -> Result<Value, String> {
        let payload: Value = serde_json::from_str(payload).map_err(|error| error.to_string())?;
        let text = |name: &str| payload[name].as_str().unwrap_or_default();
        let bytes = |name: &str| {
            b64::decode_standard(text(name)).map_err(|_| format!("{name} is not base64"))
        };
        match op {
            "timer" => self.timer(&payload),
            "fetch" => self.fetch(payload),
            "random" => {
                let count = payload["bytes"].as_u64().unwrap_or_default();
                let count = usize::try_from(count).unwrap_or(usize::MAX);
                if count > RANDOM_MAX {
                    return Err(format!("at most {RANDOM_MAX} random bytes at once"));
                }
                let mut random = vec![0; count];
                getrandom::fill(&mut random).map_err(|error| error.to_string())?;
                Ok(b64::encode_standard(&random).into())
            }
            "digest" => hashed(text("algorithm"), &bytes("data")?),
            "hmac" => authenticated(text("algorithm"), &bytes("key")?, &bytes("data")?),
            "url" => super::url::read(text("url"), payload["base"].as_str()),
            "query" => Ok(super::url::pairs(text("text"))),
            "form" => super::url::form(&payload["pairs"]),
            _ => Err(format!("the host does not know {op}")),
        }
    }

    fn timer(&mut self, payload: &Value) -> Result<Value, String> {
        let Timer { id, ms } = Timer::deserialize(payload).map_err(|error| error.to_string())?;
        if self.timers.len() >= TIMERS_MAX {
            return Err(format!("more than {TIMERS_MAX} timers at once"));
        }
        let delay = ms.clamp(0.0, 86_400_000.0);
        let at = super::now() + Duration::from_micros((delay * 1000.0) as u64);
        self.timers.push((id, at));
        Ok(Value::Null)
    }

    fn fetch(&mut self, payload: Value) -> Result<Value, String> {
        let fetch: Fetch = serde_json::from_value(payload).map_err(|error| error.to_string())?;
        if self.fetches_made >= self.limits.fetches {
            return Err(format!("more than {} requests", self.limits.fetches));
        }
        self.fetches_made += 1;
        self.fetches_open += 1;
        self.fetches.push(fetch);
        Ok(Value::Null)
    }

    /// Requests that were not handed over yet.
    pub(super) fn take_fetches(&mut self) -> Vec<Fetch> {
        std::mem::take(&mut self.fetches)
    }

    /// An answer to a request came.
    pub(super) const fn answered(&mut self) {
        self.fetches_open = self.fetches_open.saturating_sub(1);
    }

    /// Whether an answer is still to come.
    pub(super) const fn waits_for_fetch(&self) -> bool {
        self.fetches_open > 0
    }

    /// When the next timer is due.
    pub(super) fn next_timer(&self) -> Option<Instant> {
        self.timers.iter().map(|(_, at)| *at).min()
    }

    /// Takes the timer that is due first.
    pub(super) fn due_timer(&mut self, now: Instant) -> Option<u64> {
        let due = self
            .timers
            .iter()
            .enumerate()
            .filter(|(_, (_, at))| *at <= now);
        let (index, _) = due.min_by_key(|(_, (_, at))| *at)?;
        Some(self.timers.remove(index).0)
    }

    /// Whether the action said that it is done, or failed.
    pub(super) const fn is_over(&self) -> bool {
        self.done || self.fault.is_some()
    }

    /// The first failure counts.
    pub(super) fn fail(&mut self, kind: FaultKind, message: &str, stack: &str) {
        if self.fault.is_none() {
            let cut = |text: &str| self.redact(text).chars().take(2000).collect::<String>();
            self.fault = Some(Fault {
                kind,
                message: cut(message),
                stack: cut(stack.trim()),
            });
        }
    }

    /// What came of the run.
    pub(super) fn finish(&mut self) -> Outcome {
        if self.logs_dropped > 0 {
            let text = format!("{} further lines were dropped", self.logs_dropped);
            let level = "warning".to_owned();
            self.logs.push(LogLine { level, text });
        }
        Outcome {
            commands: std::mem::take(&mut self.commands),
            logs: std::mem::take(&mut self.logs),
            fault: self.fault.take(),
            stats: Stats {
                wall_us: u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX),
                heap_bytes: 0,
                fetches: self.fetches_made as u64,
            },
        }
    }

    /// A text without the values of secrets (SBX-03).
    fn redact(&self, text: &str) -> String {
        self.secrets
            .iter()
            .fold(text.to_owned(), |text, (name, value)| {
                text.replace(value, &format!("[secret {name}]"))
            })
    }
}

fn hashed(algorithm: &str, data: &[u8]) -> Result<Value, String> {
    let hash = match algorithm {
        "sha1" => digest::sha1(data).to_vec(),
        "sha256" => digest::sha256(data).to_vec(),
        "sha384" => digest::sha384(data).to_vec(),
        "sha512" => digest::sha512(data).to_vec(),
        other => return Err(format!("the digest {other} is not offered")),
    };
    Ok(b64::encode_standard(&hash).into())
}

/// A digest of bytes.
type Digest = fn(&[u8]) -> Vec<u8>;

/// HMAC (RFC 2104) over any of the digests.
fn authenticated(algorithm: &str, key: &[u8], data: &[u8]) -> Result<Value, String> {
    let (block, hash): (usize, Digest) = match algorithm {
        "sha1" => (64, |bytes| digest::sha1(bytes).to_vec()),
        "sha256" => (64, |bytes| digest::sha256(bytes).to_vec()),
        "sha384" => (128, |bytes| digest::sha384(bytes).to_vec()),
        "sha512" => (128, |bytes| digest::sha512(bytes).to_vec()),
        other => return Err(format!("the digest {other} is not offered")),
    };
    let mut padded = if key.len() > block {
        hash(key)
    } else {
        key.to_vec()
    };
    padded.resize(block, 0);
    let with = |pad: u8, rest: &[u8]| {
        let mut bytes: Vec<u8> = padded.iter().map(|byte| byte ^ pad).collect();
        bytes.extend_from_slice(rest);
        hash(&bytes)
    };
    let tag = with(0x5c, &with(0x36, data));
    Ok(b64::encode_standard(&tag).into())
}
