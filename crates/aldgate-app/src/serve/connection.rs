//! One connection: TLS handshake, HTTP/1.1 or HTTP/2, idle time, graceful end.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use http::header::CONNECTION;
use http::{HeaderValue, Request, Version};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;

use super::activity::{Activity, Watch};
use super::body::watched;
use super::stream::Stream;
use super::{Peer, after};
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

impl Connections {
    pub(super) fn new(router: Router, limits: Limits, stopping: watch::Receiver<bool>) -> Self {
        let mut builder = Builder::new(TokioExecutor::new());
        builder
            .http1()
            .timer(TokioTimer::new())
            // It would also end idle connections; see [`Watch`] instead.
            .header_read_timeout(None)
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
        let stream = Stream::new(stream, Arc::clone(&activity));
        let (router, seen) = (self.router.clone(), Arc::clone(&activity));
        let service = service_fn(move |request: Request<Incoming>| {
            answer(router.clone(), request, peer, Arc::clone(&seen))
        });
        let mut connection = pin!(
            self.builder
                .serve_connection(TokioIo::new(stream), service)
                .into_owned()
        );
        let mut watch = Watch::new(self.limits);
        let mut stopping = false;
        loop {
            let step = tokio::select! {
                biased;
                end = connection.as_mut() => Step::Ended(end.map_err(|error| error.to_string())),
                _ = self.stopping.wait_for(|stopped| *stopped), if !stopping => Step::Stop,
                () = after(watch.interval()) => Step::Look,
            };
            match step {
                Step::Ended(Ok(())) => return,
                Step::Ended(Err(error)) => return tracing::debug!(%peer, error, "connection ended"),
                Step::Stop => {
                    stopping = true;
                    connection.as_mut().graceful_shutdown();
                }
                Step::Look if watch.is_over(&activity) => return,
                Step::Look => {}
            }
        }
    }
}

enum Step {
    Ended(Result<(), String>),
    Stop,
    Look,
}

/// Counts a request as ended also when its future is dropped.
struct Running(Arc<Activity>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.end();
    }
}

async fn answer(
    router: Router,
    mut request: Request<Incoming>,
    peer: SocketAddr,
    activity: Arc<Activity>,
) -> Result<http::Response<Body>, Infallible> {
    let multiplexed = request.version() == Version::HTTP_2;
    activity.begin(multiplexed);
    let running = Running(Arc::clone(&activity));
    request.extensions_mut().insert(Peer(peer));
    let request = match multiplexed {
        true => request.map(Body::new),
        false => request.map(|body| watched(body, &activity)),
    };
    let mut response = router.oneshot(request).await;
    drop(running);
    if activity.leaves_body() {
        let close = HeaderValue::from_static("close");
        response = response.map(|mut response| {
            response.headers_mut().insert(CONNECTION, close);
            response
        });
    }
    response
}
