//! A plain HTTP/1.1 client on one kept-alive connection: as little as the load needs, so that the
//! load costs less than the server.

use std::io;

use anyhow::Context;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Larger answers than this are not ours.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// One connection.
pub(crate) struct Connection {
    port: u16,
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: Vec<u8>,
}

impl Connection {
    /// Connects to the loopback interface.
    pub(crate) async fn open(port: u16) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            port,
            stream,
            buffer: Vec::with_capacity(16 * 1024),
        })
    }

    /// Sends one request and reads its answer; once more on a fresh connection if the server has
    /// closed this one while it was idle (RFC 9112 §9.3.1).
    pub(crate) async fn send(&mut self, request: &[u8]) -> anyhow::Result<Answer> {
        self.buffer.clear();
        match self.exchange(request).await {
            Err(_) if self.buffer.is_empty() => {
                self.stream = Self::open(self.port).await?.stream;
                self.exchange(request).await
            }
            other => other,
        }
    }

    async fn exchange(&mut self, request: &[u8]) -> anyhow::Result<Answer> {
        self.stream.write_all(request).await?;
        let head_end = loop {
            if let Some(at) = find(&self.buffer, b"\r\n\r\n") {
                break at;
            }
            self.more().await?;
        };
        let head = String::from_utf8_lossy(&self.buffer[..head_end]).into_owned();
        let status = head.get(9..12).and_then(|digits| digits.parse().ok());
        let mut answer = Answer {
            status: status.context("no status line")?,
            head,
            body: Vec::new(),
        };
        let body = head_end + 4;
        if let Some(length) = answer.header("content-length") {
            let length: usize = length.parse()?;
            while self.buffer.len() < body + length {
                self.more().await?;
            }
            answer.body = self.buffer[body..body + length].to_vec();
        } else if answer.header("transfer-encoding") == Some("chunked") {
            answer.body = self.chunks(body).await?;
        }
        Ok(answer)
    }

    async fn chunks(&mut self, mut at: usize) -> anyhow::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let line_end = loop {
                if let Some(end) = find(&self.buffer[at..], b"\r\n") {
                    break at + end;
                }
                self.more().await?;
            };
            let size = std::str::from_utf8(&self.buffer[at..line_end])?;
            let size = usize::from_str_radix(size.trim(), 16)?;
            let start = line_end + 2;
            while self.buffer.len() < start + size + 2 {
                self.more().await?;
            }
            body.extend_from_slice(&self.buffer[start..start + size]);
            at = start + size + 2;
            if size == 0 {
                return Ok(body);
            }
        }
    }

    async fn more(&mut self) -> anyhow::Result<()> {
        anyhow::ensure!(
            self.buffer.len() < ANSWER_BYTES_MAX,
            "the answer is too long"
        );
        if self.stream.read_buf(&mut self.buffer).await? == 0 {
            let text = "the server closed the connection";
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, text).into());
        }
        Ok(())
    }
}

impl Answer {
    /// The first header of that name, given in lower case.
    pub(crate) fn header<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        self.headers(name).next()
    }

    /// All headers of that name, given in lower case.
    pub(crate) fn headers<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.head.lines().skip(1).filter_map(move |line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }

    /// The body as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Fails unless the status is the expected one.
    pub(crate) fn expect(self, status: u16) -> anyhow::Result<Self> {
        let found = self.status;
        anyhow::ensure!(
            found == status,
            "{found} instead of {status}:\n{}\n{}",
            self.head,
            self.text()
        );
        Ok(self)
    }

    /// A text field of a JSON body.
    pub(crate) fn json(&self, field: &str) -> anyhow::Result<String> {
        let json: serde_json::Value = serde_json::from_slice(&self.body)?;
        let value = json.get(field).and_then(|value| value.as_str());
        Ok(value
            .with_context(|| format!("no `{field}` in {json}"))?
            .to_owned())
    }
}

/// A GET request.
pub(crate) fn get(host: &str, target: &str, headers: &[(&str, &str)]) -> Vec<u8> {
    let mut request = format!("GET {target} HTTP/1.1\r\nhost: {host}\r\n");
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str("\r\n");
    request.into_bytes()
}

/// A POST request with a form.
pub(crate) fn post(
    host: &str,
    target: &str,
    headers: &[(&str, &str)],
    fields: &[(&str, &str)],
) -> Vec<u8> {
    let body = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish();
    let mut request = format!(
        "POST {target} HTTP/1.1\r\nhost: {host}\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str("\r\n");
    request.push_str(&body);
    request.into_bytes()
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
}
