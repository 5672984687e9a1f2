//! JSON values one after the other from a reader: the items of one list, or one value a line.

use std::io::{BufRead, BufReader, Read};

use serde_json::Value;

/// The largest record, in bytes.
const RECORD_BYTES_MAX: usize = 1 << 20;

/// Why a record was not read. Nothing after it is read either.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The reader failed.
    #[error("the input cannot be read: {0}")]
    Input(#[from] std::io::Error),
    /// The text is not JSON.
    #[error("record {number} is not JSON: {cause}")]
    Json {
        /// Which record, from 1.
        number: u64,
        /// What is wrong.
        cause: String,
    },
    /// The record is too large.
    #[error("record {0} has more than {RECORD_BYTES_MAX} bytes")]
    TooLarge(u64),
}

/// Reads records one by one, holding one at a time.
pub fn records(reader: impl Read) -> impl Iterator<Item = Result<Value, RecordError>> {
    Records {
        reader: BufReader::new(reader),
        number: 0,
        list: None,
        over: false,
    }
}

struct Records<R> {
    reader: BufReader<R>,
    number: u64,
    /// Whether the records are the items of a list; `None` at the start.
    list: Option<bool>,
    over: bool,
}

impl<R: Read> Iterator for Records<R> {
    type Item = Result<Value, RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        let record = self.record().transpose();
        self.over = !matches!(record, Some(Ok(_)));
        record
    }
}

impl<R: Read> Records<R> {
    fn record(&mut self) -> Result<Option<Value>, RecordError> {
        let Some(mut first) = self.skip_space()? else {
            return Ok(None);
        };
        if self.list.is_none() {
            self.list = Some(first == b'[');
            if first == b'[' {
                self.reader.consume(1);
                let Some(next) = self.skip_space()? else {
                    return Err(self.wrong("the list does not end"));
                };
                first = next;
            }
        } else if first == b',' && self.list == Some(true) {
            self.reader.consume(1);
            let Some(next) = self.skip_space()? else {
                return Err(self.wrong("the list does not end"));
            };
            first = next;
        }
        if first == b']' && self.list == Some(true) {
            return Ok(None);
        }
        self.number += 1;
        let text = self.text()?;
        serde_json::from_slice(&text)
            .map(Some)
            .map_err(|error| RecordError::Json {
                number: self.number,
                cause: error.to_string(),
            })
    }

    /// The bytes of one value: to the end of its outermost brackets, or to a separator.
    fn text(&mut self) -> Result<Vec<u8>, RecordError> {
        let (mut text, mut depth, mut quoted, mut escaped) = (Vec::new(), 0_u32, false, false);
        loop {
            let Some(byte) = self.peek()? else {
                return Ok(text);
            };
            if !quoted && depth == 0 && matches!(byte, b',' | b']' | b'\n' | b'}') {
                return Ok(text);
            }
            self.reader.consume(1);
            text.push(byte);
            if text.len() > RECORD_BYTES_MAX {
                return Err(RecordError::TooLarge(self.number));
            }
            match (quoted, escaped, byte) {
                (true, true, _) => escaped = false,
                (true, false, b'\\') => escaped = true,
                (_, _, b'"') => quoted = !quoted,
                (false, _, b'{' | b'[') => depth += 1,
                (false, _, b'}' | b']') => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return Ok(text);
                    }
                }
                _ => {}
            }
        }
    }

    fn skip_space(&mut self) -> Result<Option<u8>, RecordError> {
        loop {
            match self.peek()? {
                // A byte order mark may stand at the start of a file.
                Some(byte)
                    if byte.is_ascii_whitespace()
                        || self.list.is_none() && matches!(byte, 0xef | 0xbb | 0xbf) =>
                {
                    self.reader.consume(1);
                }
                other => return Ok(other),
            }
        }
    }

    fn peek(&mut self) -> Result<Option<u8>, RecordError> {
        Ok(self.reader.fill_buf()?.first().copied())
    }

    fn wrong(&self, cause: &str) -> RecordError {
        RecordError::Json {
            number: self.number,
            cause: cause.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn all(text: &str) -> Result<Vec<Value>, String> {
        records(text.as_bytes())
            .map(|one| one.map_err(|error| error.to_string()))
            .collect()
    }

    #[test]
    fn lists_and_lines_are_read_alike() {
        let expected = vec![json!({"a": "x,]}\""}), json!({"b": [1, {"c": 2}]})];
        let list = "\u{feff}[ {\"a\":\"x,]}\\\"\"} ,\n {\"b\":[1,{\"c\":2}]} ]\n";
        assert_eq!(all(list), Ok(expected.clone()));
        let lines = "{\"a\":\"x,]}\\\"\"}\n\n{\"b\":[1,{\"c\":2}]}";
        assert_eq!(all(lines), Ok(expected));
        assert_eq!(all("[]"), Ok(Vec::new()));
        assert_eq!(all(""), Ok(Vec::new()));
    }

    #[test]
    fn what_is_wrong_is_said_once() {
        let broken: Vec<_> = records("[{\"a\":1},{\"a\":},{\"a\":2}]".as_bytes()).collect();
        assert_eq!(broken.len(), 2);
        assert!(matches!(
            &broken[1],
            Err(RecordError::Json { number: 2, .. })
        ));
        assert!(all("[{\"a\":1}").is_ok(), "what was read counts");
        assert!(all(&format!("[\"{}\"]", "x".repeat(RECORD_BYTES_MAX))).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,200}") {
            drop(all(&text));
        }

        #[test]
        fn what_was_written_is_read(texts in prop::collection::vec(".{0,20}", 0..8)) {
            let values: Vec<Value> = texts.into_iter().map(|text| json!({"t": text})).collect();
            prop_assert_eq!(all(&json!(values).to_string()), Ok(values.clone()));
            let lines: String = values.iter().map(|value| format!("{value}\n")).collect();
            prop_assert_eq!(all(&lines), Ok(values));
        }
    }
}
