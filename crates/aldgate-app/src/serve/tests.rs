//! Limits and ends of connections, over real sockets.

use std::path::Path;

use axum::routing::get;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::*;
use crate::config::Config;

fn limits() -> Limits {
    let mut limits = Config::defaults(Path::new("/data"))
        .expect("defaults")
        .server
        .limits;
    limits.header_timeout = Duration::from_millis(300);
    limits.idle_timeout = Duration::from_millis(300);
    limits
}

async fn start(router: Router, limits: Limits) -> (SocketAddr, Stop, tokio::task::JoinHandle<()>) {
    let server = Server::bind("127.0.0.1:0".parse().unwrap(), None, limits)
        .await
        .unwrap();
    let address = server.address().unwrap();
    let stop = Stop::new();
    let signal = stop.clone();
    let task = tokio::spawn(async move { server.run(router, &signal).await });
    (address, stop, task)
}

/// Sends `bytes` and gives everything that comes until the server closes.
async fn exchange(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    // A server that refuses early resets the connection: what came before still counts.
    let _ended = stream.read_to_end(&mut answer).await.is_ok();
    String::from_utf8_lossy(&answer).into_owned()
}

fn router() -> Router {
    Router::new().route("/", get(|| async { "hello" }))
}

#[tokio::test]
async fn ops_03_a_connection_that_says_nothing_is_closed() {
    let (address, _stop, _task) = start(router(), limits()).await;
    assert_eq!(exchange(address, b"").await, "");
    let slow = exchange(address, b"GET / HTTP/1.1\r\nhost: a\r\n").await;
    assert!(!slow.contains("200 OK"), "{slow}");
}

#[tokio::test]
async fn a_kept_connection_may_be_idle_longer_than_a_head_may_take() {
    let limits = Limits {
        header_timeout: Duration::from_millis(500),
        idle_timeout: Duration::from_secs(60),
        ..limits()
    };
    let (address, _stop, _task) = start(router(), limits).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    for _ in 0..2 {
        stream
            .write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            .await
            .unwrap();
        let mut answer = [0; 15];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 200 OK");
        let mut rest = vec![0; 4096];
        let _read = stream.read(&mut rest).await.unwrap();
        // More than twice as long as a head may take.
        after(Duration::from_millis(1_200)).await;
    }
    // A second head that stops half-way is not waited for.
    stream.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
    let mut rest = Vec::new();
    assert!(matches!(stream.read_to_end(&mut rest).await, Ok(0)));
}

/// A client that writes the whole body before it reads sees the answer to a request that was
/// refused before its body was read.
#[tokio::test]
async fn ops_03_a_refusal_is_seen_by_a_client_that_writes_first() {
    let (address, _stop, _task) = start(router(), limits()).await;
    for size in [10, 100 << 10, 8 << 20] {
        for head in ["POST /nowhere", "POST /"] {
            let head = format!("{head} HTTP/1.1\r\nhost: a\r\ncontent-length: {size}\r\n\r\n");
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(head.as_bytes()).await.unwrap();
            stream.write_all(&vec![b'x'; size]).await.unwrap();
            let mut answer = vec![0; 4096];
            let read = stream.read(&mut answer).await.unwrap();
            let answer = String::from_utf8_lossy(&answer[..read]).into_owned();
            let expected = match head.starts_with("POST /nowhere") {
                true => "HTTP/1.1 404",
                false => "HTTP/1.1 405",
            };
            assert!(answer.starts_with(expected), "{size}: {answer}");
            let is_closed = answer.contains("connection: close");
            assert_eq!(is_closed, size > 10, "{size}: {answer}");
        }
    }
}

#[tokio::test]
async fn an_idle_connection_is_closed_after_its_answer() {
    let (address, _stop, _task) = start(router(), limits()).await;
    let answer = exchange(address, b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").await;
    assert!(
        answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("hello"),
        "{answer}"
    );
}

#[tokio::test]
async fn ops_03_a_large_head_is_refused() {
    let (address, _stop, _task) = start(router(), limits()).await;
    let head = |size| {
        format!(
            "GET / HTTP/1.1\r\nhost: a\r\nx: {}\r\n\r\n",
            "a".repeat(size)
        )
    };
    let fits = exchange(address, head(30 << 10).as_bytes()).await;
    assert!(fits.starts_with("HTTP/1.1 200"), "{fits}");
    let large = exchange(address, head(33 << 10).as_bytes()).await;
    assert!(large.starts_with("HTTP/1.1 431"), "{large}");
}

#[tokio::test]
async fn the_connection_cap_holds_and_lets_others_in_later() {
    let limits = Limits {
        connections_max: 1,
        ..limits()
    };
    let (address, _stop, _task) = start(router(), limits).await;
    let silent = TcpStream::connect(address).await.unwrap();
    let answer = exchange(
        address,
        b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n",
    )
    .await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    drop(silent);
}

#[tokio::test]
async fn a_stop_lets_running_requests_end() {
    let (entered, mut inside) = tokio::sync::mpsc::channel::<()>(1);
    let (go, wait) = watch::channel(false);
    let slow = move || {
        let (entered, mut wait) = (entered.clone(), wait.clone());
        async move {
            entered.send(()).await.unwrap();
            wait.wait_for(|go| *go).await.unwrap();
            "done"
        }
    };
    let router = Router::new().route("/", get(slow));
    let mut limits = limits();
    limits.header_timeout = Duration::from_secs(20);
    let (address, stop, task) = start(router, limits).await;
    let request =
        tokio::spawn(async move { exchange(address, b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").await });
    inside.recv().await.unwrap();
    stop.now();
    go.send_replace(true);
    assert!(request.await.unwrap().ends_with("done"));
    task.await.unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}

/// A client that trusts the local CA and offers `alpn`.
fn tls_client(ca: &crate::tls::LocalCa, alpn: &[u8]) -> tokio_rustls::TlsConnector {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(ca.certificate().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![alpn.to_vec()];
    Arc::new(config).into()
}

#[tokio::test]
async fn https_with_the_local_ca_serves_both_protocols() {
    use crate::clock::{Clock as _, SystemClock};
    let data = tempfile::tempdir().unwrap();
    let now = SystemClock.now();
    let ca = crate::tls::LocalCa::open(data.path(), now).unwrap();
    let tls = ca.server_config(&[], now).unwrap();
    let server = Server::bind("127.0.0.1:0".parse().unwrap(), Some(tls), limits())
        .await
        .unwrap();
    let address = server.address().unwrap();
    let stop = Stop::new();
    let signal = stop.clone();
    let task = tokio::spawn(async move { server.run(router(), &signal).await });
    for alpn in [&b"h2"[..], b"http/1.1"] {
        let stream = TcpStream::connect(address).await.unwrap();
        let name = "localhost".try_into().unwrap();
        let mut stream = tls_client(&ca, alpn).connect(name, stream).await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(alpn));
        if alpn == b"http/1.1" {
            stream
                .write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
                .await
                .unwrap();
            let mut answer = [0; 15];
            stream.read_exact(&mut answer).await.unwrap();
            assert_eq!(&answer, b"HTTP/1.1 200 OK");
        }
    }
    // Plain HTTP on the TLS port gets nothing.
    assert_eq!(
        exchange(address, b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            .await
            .find("200"),
        None
    );
    stop.now();
    task.await.unwrap();
}
