//! One connection: TLS handshake, HTTP/1.1 or HTTP/2, idle time, graceful end.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::Body;
use http::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;

use super::Peer;
use crate::config::Limits;

const HEADER_BYTES_MAX: usize = 32 << 10;
const HEADERS_MAX: usize = 100;
const STREAMS_MAX: u32 = 128;
/// Rapid reset (CVE-2023-44487) and MadeYouReset (CVE-2025-8671): beyond, the connection is cut.
const RESETS_MAX: usize = 32;

/// Serves connections of one listener.
#[derive(Clone)]
pub(super) struct Connections {
    router: Router,
    builder: Builder<TokioExecutor>,
    limits: Limits,
    stopping: watch::Receiver<bool>,
}

/// What a connection has done so far.
#[derive(Default)]
struct Activity {
    begun: AtomicUsize,
    ended: AtomicUsize,
}

impl Connections {
    pub(super) fn new(router: Router, limits: Limits, stopping: watch::Receiver<bool>) -> Self {
        let mut builder = Builder::new(TokioExecutor::new());
        builder
            .http1()
            .timer(TokioTimer::new())
            // Also ends idle connections: between two requests it waits for a head.
            .header_read_timeout(limits.header_timeout)
            .max_buf_size(HEADER_BYTES_MAX)
            .max_headers(HEADERS_MAX);
        builder
            .http2()
            .timer(TokioTimer::new())
            .max_header_list_size(HEADER_BYTES_MAX as u32)
            .max_concurrent_streams(STREAMS_MAX)
            .max_pending_accept_reset_streams(RESETS_MAX)
            .max_local_error_reset_streams(RESETS_MAX)
            .keep_alive_interval(limits.idle_timeout)
            .keep_alive_timeout(limits.header_timeout);
        Self {
            router,
            builder,
            limits,
            stopping,
        }
    }

    /// Serves one connection to its end.
    pub(super) async fn serve(self, stream: TcpStream, peer: SocketAddr, tls: Option<TlsAcceptor>) {
        let Some(tls) = tls else {
            return self.http(stream, peer).await;
        };
        let handshake = tokio::time::timeout(self.limits.header_timeout, tls.accept(stream));
        match handshake.await {
            Ok(Ok(stream)) => Box::pin(self.http(stream, peer)).await,
            Ok(Err(error)) => tracing::debug!(%peer, %error, "TLS handshake failed"),
            Err(_) => tracing::debug!(%peer, "TLS handshake took too long"),
        }
    }

    async fn http<S>(mut self, stream: S, peer: SocketAddr)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let activity = Arc::new(Activity::default());
        let (router, seen) = (self.router.clone(), Arc::clone(&activity));
        let service = service_fn(move |request: Request<Incoming>| {
            answer(router.clone(), request, peer, Arc::clone(&seen))
        });
        let mut connection = pin!(
            self.builder
                .serve_connection(TokioIo::new(stream), service)
                .into_owned()
        );
        let mut limit = self.limits.header_timeout;
        let mut stopping = false;
        loop {
            let before = activity.begun.load(Ordering::Relaxed);
            let step = tokio::select! {
                biased;
                end = connection.as_mut() => Step::Ended(end.map_err(|error| error.to_string())),
                _ = self.stopping.wait_for(|stopped| *stopped), if !stopping => Step::Stop,
                () = after(limit) => Step::Tick,
            };
            match step {
                Step::Ended(Ok(())) => return,
                Step::Ended(Err(error)) => return tracing::debug!(%peer, error, "connection ended"),
                Step::Stop => {
                    stopping = true;
                    connection.as_mut().graceful_shutdown();
                }
                // Nothing came within the time for a first head, or nothing new since the last
                // look.
                Step::Tick if activity.is_idle_since(before) => return,
                Step::Tick => limit = self.limits.idle_timeout,
            }
        }
    }
}

enum Step {
    Ended(Result<(), String>),
    Stop,
    Tick,
}

impl Activity {
    fn is_idle_since(&self, begun_before: usize) -> bool {
        let begun = self.begun.load(Ordering::Relaxed);
        begun == begun_before && self.ended.load(Ordering::Relaxed) == begun
    }
}

/// Counts a request as ended also when its future is dropped.
struct Running(Arc<Activity>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.ended.fetch_add(1, Ordering::Relaxed);
    }
}

async fn answer(
    router: Router,
    mut request: Request<Incoming>,
    peer: SocketAddr,
    activity: Arc<Activity>,
) -> Result<http::Response<Body>, Infallible> {
    activity.begun.fetch_add(1, Ordering::Relaxed);
    let running = Running(activity);
    request.extensions_mut().insert(Peer(peer));
    let response = router.oneshot(request.map(Body::new)).await;
    drop(running);
    response
}

/// Ends after `limit`.
async fn after(limit: std::time::Duration) {
    let never: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(std::future::pending());
    drop(tokio::time::timeout(limit, never).await);
}
