//! What the outbound client must never call, and its limits.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;

fn outbound(allow: &[&str]) -> Outbound {
    let allow_cidrs = allow
        .iter()
        .map(|text| text.parse().expect("a network"))
        .collect();
    Outbound::new(&config::Outbound {
        allow_cidrs,
        extra_ca: None,
        allow_http: true,
    })
    .expect("a client")
}

/// A server that must never be asked, or answers `answer` to each connection.
async fn canary(answer: String) -> (u16, tokio::sync::mpsc::Receiver<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (seen, watch) = tokio::sync::mpsc::channel(8);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _unheard = seen.send(()).await.is_err();
            let mut buffer = [0; 2048];
            let _read = stream.read(&mut buffer).await;
            let _written = stream.write_all(answer.as_bytes()).await;
        }
    });
    (port, watch)
}

fn answer(body: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}

fn url(text: &str) -> Url {
    Url::parse(text).expect("a URL")
}

#[tokio::test]
async fn net_01_loopback_is_never_called_in_any_spelling() {
    let (port, mut seen) = canary(answer("secret")).await;
    let outbound = outbound(&[]);
    let hosts = [
        "127.0.0.1",
        "localhost",
        "LOCALHOST.",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127.0.0.1.",
        "0",
        "0.0.0.0",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::127.0.0.1]",
    ];
    for host in hosts {
        let target = url(&format!("http://{host}:{port}/"));
        let refused = outbound.get(&target, 100).await;
        assert!(refused.is_err(), "{host}");
    }
    let nothing = tokio::time::timeout(Duration::from_millis(50), seen.recv()).await;
    assert!(nothing.is_err(), "the canary was called");
}

#[tokio::test]
async fn net_01_an_allowed_network_is_reached_within_limits() {
    let (port, _seen) = canary(answer("0123456789")).await;
    let outbound = outbound(&["127.0.0.0/8"]);
    let target = url(&format!("http://127.0.0.1:{port}/"));
    let fetched = outbound.get(&target, 10).await.expect("allowed");
    assert_eq!(
        (fetched.status, &fetched.body[..]),
        (200, &b"0123456789"[..])
    );
    let large = outbound.get(&target, 9).await;
    assert!(matches!(large, Err(OutboundError::TooLarge(9))));
}

#[tokio::test]
async fn net_01_redirects_are_not_followed() {
    let (secret, mut seen) = canary(answer("secret")).await;
    let location = format!("http://127.0.0.1:{secret}/");
    let moved = format!("HTTP/1.1 302 Found\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n");
    let (port, _) = canary(moved).await;
    let outbound = outbound(&["127.0.0.0/8"]);
    let fetched = outbound
        .get(&url(&format!("http://127.0.0.1:{port}/")), 100)
        .await;
    assert_eq!(fetched.expect("an answer").status, 302);
    let nothing = tokio::time::timeout(Duration::from_millis(50), seen.recv()).await;
    assert!(nothing.is_err(), "the redirect was followed");
}

#[tokio::test]
async fn net_01_plain_http_and_credentials_are_refused() {
    let strict = config::Outbound {
        allow_cidrs: vec![],
        extra_ca: None,
        allow_http: false,
    };
    let strict = Outbound::new(&strict).expect("a client");
    for target in [
        "http://example.com/",
        "https://user@example.com/",
        "file:///etc/passwd",
    ] {
        let refused = strict.get(&url(target), 100).await;
        assert!(matches!(refused, Err(OutboundError::Scheme(_))), "{target}");
    }
}
