//! Reads typed values out of the file and the environment, and collects every problem.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use toml::Value;

use super::keys::{KEYS, suggestion};

/// Why the configuration is refused: all reasons at once.
#[derive(Debug, thiserror::Error)]
pub struct ConfigError {
    /// Each reason.
    pub problems: Vec<Problem>,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The key, or the file.
    pub key: String,
    /// What was found there.
    pub value: String,
    /// What would be accepted.
    pub accepted: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the configuration is refused:")?;
        self.problems
            .iter()
            .try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.value.as_str() {
            "" => write!(f, "{}: expected {}", self.key, self.accepted),
            value => write!(
                f,
                "{}: got {value},\n    expected {}",
                self.key, self.accepted
            ),
        }
    }
}

/// Values by key, and the problems met so far.
pub(super) struct Reader {
    values: BTreeMap<&'static str, (Value, String)>,
    problems: Vec<Problem>,
}

impl Reader {
    /// Reads the file, then the environment over it.
    pub(super) fn open(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let mut reader = Self {
            values: BTreeMap::new(),
            problems: Vec::new(),
        };
        if let Some(file) = file {
            reader.read_file(file);
        }
        reader.read_environment(environment);
        if reader.problems.is_empty() {
            Ok(reader)
        } else {
            Err(reader.into_error())
        }
    }

    fn read_file(&mut self, file: &Path) {
        let shown = file.display().to_string();
        let text = match std::fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) => return self.problem(&shown, &error.to_string(), "a readable file"),
        };
        let table = match text.parse::<toml::Table>() {
            Ok(table) => table,
            Err(error) => return self.problem(&shown, error.to_string().trim(), "TOML"),
        };
        for (section, value) in table {
            let Value::Table(entries) = value else {
                self.unknown(&section, &section);
                continue;
            };
            for (key, value) in entries {
                let name = format!("{section}.{key}");
                self.set(&name, value, &format!("{name} in {shown}"));
            }
        }
    }

    fn read_environment(&mut self, environment: impl IntoIterator<Item = (String, String)>) {
        for (variable, value) in environment {
            let Some(rest) = variable.strip_prefix("ALDGATE_") else {
                continue;
            };
            // Variables without a section belong to the command line or to tests.
            if !rest.contains("__") {
                continue;
            }
            let name = rest.to_lowercase().replacen("__", ".", 1);
            self.set(&name, Value::String(value), &variable);
        }
    }

    fn set(&mut self, name: &str, value: Value, origin: &str) {
        match KEYS.iter().find(|key| key.name == name) {
            Some(key) => drop(self.values.insert(key.name, (value, origin.to_owned()))),
            None => self.unknown(name, origin),
        }
    }

    fn unknown(&mut self, name: &str, origin: &str) {
        let accepted = match suggestion(name) {
            Some(known) => format!("a known key; did you mean {known}?"),
            None => "a known key; docs/configuration.md lists them".to_owned(),
        };
        self.problem(origin, "", &accepted);
    }

    /// Notes that `value` of `key` is not what is accepted.
    pub(super) fn problem(&mut self, key: &str, value: &str, accepted: &str) {
        let origin = self
            .values
            .get(key)
            .map_or(key, |(_, origin)| origin.as_str());
        self.problems.push(Problem {
            key: origin.to_owned(),
            value: value.to_owned(),
            accepted: accepted.to_owned(),
        });
    }

    /// A text; an empty one counts as not set.
    pub(super) fn text(&mut self, key: &'static str) -> Option<String> {
        match self.known(key)? {
            Value::String(text) if text.is_empty() => None,
            Value::String(text) => Some(text),
            other => {
                self.problem(key, &other.to_string(), "a text in quotes");
                None
            }
        }
    }

    /// A path; relative ones start at the working directory.
    pub(super) fn path(&mut self, key: &'static str) -> Option<PathBuf> {
        self.text(key).map(PathBuf::from)
    }

    /// Anything that parses from text.
    pub(super) fn parsed<T: FromStr>(
        &mut self,
        key: &'static str,
        accepted: &str,
        default: T,
    ) -> T {
        let Some(text) = self.text(key) else {
            return default;
        };
        text.parse().unwrap_or_else(|_| {
            self.problem(key, &format!("{text:?}"), accepted);
            default
        })
    }

    /// A list: an array of texts, or one text with commas.
    pub(super) fn list<T: FromStr>(&mut self, key: &'static str, accepted: &str) -> Vec<T> {
        let items: Vec<String> = match self.known(key) {
            None => Vec::new(),
            Some(Value::String(text)) => text.split(',').map(|item| item.trim().into()).collect(),
            Some(Value::Array(items)) => items
                .into_iter()
                .map(|item| {
                    item.as_str()
                        .map_or_else(|| item.to_string(), str::to_owned)
                })
                .collect(),
            Some(other) => {
                self.problem(key, &other.to_string(), accepted);
                Vec::new()
            }
        };
        let mut list = Vec::new();
        for item in items.iter().filter(|item| !item.is_empty()) {
            match item.parse() {
                Ok(item) => list.push(item),
                Err(_) => self.problem(key, &format!("{item:?}"), accepted),
            }
        }
        list
    }

    /// A whole number within `range`.
    pub(super) fn number<N>(&mut self, key: &'static str, range: RangeInclusive<N>, default: N) -> N
    where
        N: TryFrom<i64> + PartialOrd + fmt::Display + Copy,
    {
        let Some(value) = self.known(key) else {
            return default;
        };
        let number = match &value {
            Value::Integer(number) => Some(*number),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        let number = number.and_then(|number| N::try_from(number).ok());
        if let Some(number) = number.filter(|number| range.contains(number)) {
            return number;
        }
        let accepted = format!("a whole number from {} to {}", range.start(), range.end());
        self.problem(key, &value.to_string(), &accepted);
        default
    }

    /// A number of bytes or things.
    pub(super) fn size(
        &mut self,
        key: &'static str,
        range: RangeInclusive<usize>,
        default: usize,
    ) -> usize {
        self.number(key, range, default)
    }

    /// A span in whole seconds.
    pub(super) fn span(
        &mut self,
        key: &'static str,
        range: RangeInclusive<u64>,
        default: u64,
    ) -> Duration {
        Duration::from_secs(self.number(key, range, default))
    }

    /// `true` or `false`.
    pub(super) fn flag(&mut self, key: &'static str, default: bool) -> bool {
        match self.known(key) {
            None => default,
            Some(Value::Boolean(flag)) => flag,
            Some(Value::String(text)) if text == "true" => true,
            Some(Value::String(text)) if text == "false" => false,
            Some(other) => {
                self.problem(key, &other.to_string(), "true or false");
                default
            }
        }
    }

    /// Ends reading: every problem, or none.
    pub(super) fn finish(self) -> Result<(), ConfigError> {
        if self.problems.is_empty() {
            Ok(())
        } else {
            Err(self.into_error())
        }
    }

    fn into_error(self) -> ConfigError {
        ConfigError {
            problems: self.problems,
        }
    }

    fn known(&self, key: &'static str) -> Option<Value> {
        debug_assert!(
            KEYS.iter().any(|known| known.name == key),
            "{key} is missing in KEYS"
        );
        self.values.get(key).map(|(value, _)| value.clone())
    }
}
