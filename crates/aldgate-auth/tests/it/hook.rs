//! Another server that the server posts to: takes one request.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// Takes one request and gives its head, in lower case, and its body.
pub(crate) async fn take_one(listener: &TcpListener, status: u16) -> (String, String) {
    take_one_then(listener, status, async {}).await
}

/// As [`take_one`], and does something before it answers.
pub(crate) async fn take_one_then(
    listener: &TcpListener,
    status: u16,
    work: impl Future<Output = ()>,
) -> (String, String) {
    let (mut stream, _) = listener.accept().await.expect("a connection");
    let mut heard = Vec::new();
    while !heard.ends_with(b"\r\n\r\n") {
        heard.push(stream.read_u8().await.expect("read"));
    }
    let head = String::from_utf8(heard).expect("text").to_lowercase();
    let length = head.split("content-length: ").nth(1).expect("a length");
    let length = length.split("\r\n").next().expect("a line");
    let mut body = vec![0; length.parse().expect("a number")];
    stream.read_exact(&mut body).await.expect("read");
    work.await;
    let answer = format!("HTTP/1.1 {status} x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    stream.write_all(answer.as_bytes()).await.expect("written");
    (head, String::from_utf8(body).expect("text"))
}
