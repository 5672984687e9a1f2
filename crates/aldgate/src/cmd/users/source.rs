//! The users of a file one by one: a JSON list, or a line each; compressed by gzip or not.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use aldgate_app::transfer::records;
use anyhow::{Context as _, Result};
use flate2::bufread::MultiGzDecoder;
use indicatif::ProgressBar;
use serde_json::Value;

/// The longest line, in bytes.
const LINE_BYTES_MAX: usize = 1 << 20;

/// The first bytes of a gzip file (RFC 1952, section 2.3.1).
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// A line that is no JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BadLine {
    /// From 1.
    pub(super) number: u64,
    pub(super) cause: String,
}

/// Why reading ended before the file did.
pub(super) type Stopped = Arc<Mutex<Option<String>>>;

/// Where bad lines are put.
pub(super) type BadLines = Arc<Mutex<Vec<BadLine>>>;

/// The users of a file; a line that is no JSON is `null`, and among the bad lines.
pub(super) struct Source {
    users: Box<dyn Iterator<Item = Value> + Send>,
    stopped: Stopped,
}

impl Source {
    /// Opens a file and passes over the first `done` users.
    pub(super) fn open(path: &Path, bar: &ProgressBar, done: u64, bad: BadLines) -> Result<Self> {
        let told = || format!("cannot read {}", path.display());
        let file = File::open(path).with_context(told)?;
        let mut file = BufReader::new(bar.wrap_read(file));
        let compressed = file.fill_buf().with_context(told)?.starts_with(&GZIP);
        if compressed {
            return Self::of(MultiGzDecoder::new(file), done, bad).with_context(told);
        }
        Self::of(file, done, bad).with_context(told)
    }

    fn of(reader: impl Read + Send + 'static, done: u64, bad: BadLines) -> Result<Self> {
        let mut reader = BufReader::new(reader);
        let stopped = Stopped::default();
        let ended = Arc::clone(&stopped);
        let stop = move |cause: String| {
            *ended.lock().unwrap_or_else(PoisonError::into_inner) = Some(cause);
        };
        let done = usize::try_from(done)?;
        let users: Box<dyn Iterator<Item = Value> + Send> = if is_list(reader.fill_buf()?) {
            let all = records(reader).map_while(move |record| match record {
                Ok(user) => Some(user),
                Err(error) => {
                    stop(error.to_string());
                    None
                }
            });
            Box::new(all.skip(done))
        } else {
            let lines = Lines { reader, number: 0 };
            let users = lines.map_while(move |line| match line {
                Ok(line) => Some(line),
                Err(error) => {
                    stop(format!("the file cannot be read: {error}"));
                    None
                }
            });
            Box::new(
                users
                    .skip(done)
                    .map(move |(number, text)| parse(number, &text, &bad)),
            )
        };
        Ok(Self { users, stopped })
    }

    /// Why reading ended, if it was before the end.
    pub(super) fn stopped(&self) -> Stopped {
        Arc::clone(&self.stopped)
    }
}

impl Iterator for Source {
    type Item = Value;

    fn next(&mut self) -> Option<Value> {
        self.users.next()
    }
}

/// Whether a file begins as a list; a byte order mark may come first.
fn is_list(start: &[u8]) -> bool {
    let mark = |byte: &&u8| !byte.is_ascii_whitespace() && ![0xef, 0xbb, 0xbf].contains(*byte);
    start.iter().find(mark) == Some(&b'[')
}

fn parse(number: u64, text: &Result<Vec<u8>, usize>, bad: &BadLines) -> Value {
    let read = match text {
        Ok(text) => serde_json::from_slice::<Value>(text).map_err(|error| error.to_string()),
        Err(length) => Err(format!("{length} bytes; at most {LINE_BYTES_MAX} are read")),
    };
    let cause = match read {
        Ok(user @ Value::Object(_)) => return user,
        Ok(_) => "expected a JSON object".to_owned(),
        Err(cause) => cause,
    };
    bad.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(BadLine { number, cause });
    Value::Null
}

/// Lines with their numbers, without empty ones; of a line that is too long, its length.
struct Lines<R> {
    reader: R,
    number: u64,
}

impl<R: BufRead> Iterator for Lines<R> {
    type Item = std::io::Result<(u64, Result<Vec<u8>, usize>)>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            self.number += 1;
            match line(&mut self.reader) {
                Err(error) => return Some(Err(error)),
                Ok(None) => return None,
                Ok(Some(Ok(text))) if text.iter().all(u8::is_ascii_whitespace) => {}
                Ok(Some(found)) => return Some(Ok((self.number, found))),
            }
        }
    }
}

/// One line, without holding more than a line may have.
fn line(reader: &mut impl BufRead) -> std::io::Result<Option<Result<Vec<u8>, usize>>> {
    let (mut text, mut length) = (Vec::new(), 0);
    loop {
        let buffer = reader.fill_buf()?;
        if buffer.is_empty() {
            break;
        }
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let taken = end.map_or(buffer.len(), |end| end + 1);
        length += taken;
        if length <= LINE_BYTES_MAX {
            text.extend_from_slice(&buffer[..taken]);
        }
        reader.consume(taken);
        if end.is_some() {
            break;
        }
    }
    Ok(match length {
        0 => None,
        length if length > LINE_BYTES_MAX => Some(Err(length)),
        _ => Some(Ok(text)),
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use serde_json::json;

    use super::*;

    fn users(bytes: &[u8], done: u64) -> (Vec<Value>, Vec<BadLine>, Option<String>) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("users");
        std::fs::write(&path, bytes).unwrap();
        let bad = BadLines::default();
        let source = Source::open(&path, &ProgressBar::hidden(), done, Arc::clone(&bad)).unwrap();
        let stopped = source.stopped();
        let users = source.collect();
        let bad = bad.lock().unwrap().clone();
        let stopped = stopped.lock().unwrap().clone();
        (users, bad, stopped)
    }

    #[test]
    fn lists_lines_and_compressed_files_are_read_alike() {
        let expected = vec![json!({"email": "a@x"}), json!({"email": "b@x"})];
        let list = br#" [{"email": "a@x"}, {"email": "b@x"}]"#;
        let lines = b"{\"email\": \"a@x\"}\n\n{\"email\": \"b@x\"}\n";
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(lines).unwrap();
        for bytes in [&list[..], &lines[..], &gzip.finish().unwrap()] {
            assert_eq!(users(bytes, 0), (expected.clone(), Vec::new(), None));
            assert_eq!(users(bytes, 1).0, &expected[1..]);
        }
    }

    #[test]
    fn a_bad_line_is_told_and_the_next_is_read() {
        let mut bytes = b"{\"email\": \n[1]\n".to_vec();
        bytes.resize(bytes.len() + LINE_BYTES_MAX + 1, b'x');
        bytes.extend(b"\n{\"email\": \"b@x\"}\n");
        let (users, bad, _) = users(&bytes, 0);
        let nothing = Value::Null;
        let expected = [
            nothing.clone(),
            nothing.clone(),
            nothing,
            json!({"email": "b@x"}),
        ];
        assert_eq!(users, expected);
        let numbers: Vec<u64> = bad.iter().map(|line| line.number).collect();
        assert_eq!(numbers, [1, 2, 3]);
        assert_eq!(bad[1].cause, "expected a JSON object");
    }

    #[test]
    fn a_broken_list_says_where_it_breaks() {
        let (users, _, stopped) = users(br#"[{"email": "a@x"}, {"email": }]"#, 0);
        assert_eq!(users.len(), 1);
        assert!(stopped.unwrap().contains("record 2"));
    }
}
