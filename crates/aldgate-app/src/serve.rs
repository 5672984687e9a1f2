//! Our own accept loop over hyper: it sets every limit of a connection (OPS-03).
//!
//! What limits a *request* (body, time, parameters) is in [`crate::edge`], so that tests without
//! sockets meet the same limits.

mod activity;
mod body;
mod connection;
mod stream;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::config::Limits;
use connection::Connections;

/// The address at the other end of the connection, before any forwarding header is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub SocketAddr);

/// A bound listener that is not serving yet: its address is known already.
pub struct Server {
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    limits: Limits,
}

/// Tells a running server to stop: no new connections, running requests are answered.
#[derive(Clone, Debug)]
pub struct Stop(watch::Sender<bool>);

impl Server {
    /// Binds `address`; port 0 takes any free one.
    ///
    /// # Errors
    /// When the address is taken or not ours.
    pub async fn bind(
        address: SocketAddr,
        tls: Option<Arc<ServerConfig>>,
        limits: Limits,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        Ok(Self {
            listener,
            tls: tls.map(TlsAcceptor::from),
            limits,
        })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// When the operating system does not know.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves `router` until `stop`, then lets running requests end within the drain time.
    pub async fn run(self, router: Router, stop: &Stop) {
        let permits = Arc::new(Semaphore::new(self.limits.connections_max));
        let connections = Connections::new(router, self.limits, stop.0.subscribe());
        let mut stopping = stop.0.subscribe();
        let mut tasks = JoinSet::new();
        loop {
            while tasks.try_join_next().is_some() {}
            let accepted = tokio::select! {
                biased;
                _ = stopping.wait_for(|stopped| *stopped) => break,
                accepted = accept(&self.listener, &permits) => accepted,
            };
            let Some((stream, peer, permit)) = accepted else {
                continue;
            };
            let (connections, tls) = (connections.clone(), self.tls.clone());
            tasks.spawn(async move {
                connections.serve(stream, peer, tls).await;
                drop(permit);
            });
        }
        drop(self.listener);
        drain(tasks, self.limits.drain_timeout).await;
    }
}

impl Stop {
    /// A signal that has not been given.
    #[must_use]
    pub fn new() -> Self {
        Self(watch::channel(false).0)
    }

    /// Gives the signal; all clones hear it.
    pub fn now(&self) {
        self.0.send_replace(true);
    }

    /// Waits for the signal.
    pub async fn wait(&self) {
        let mut stopped = self.0.subscribe();
        // An error means that every sender is gone; this one is not.
        drop(stopped.wait_for(|stopped| *stopped).await);
    }

    /// Whether the signal was given.
    #[must_use]
    pub fn is_given(&self) -> bool {
        *self.0.borrow()
    }
}

impl Default for Stop {
    fn default() -> Self {
        Self::new()
    }
}

type Accepted = (TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit);

/// Waits for a free place, then for a connection. Beyond the cap the kernel's queue holds them.
async fn accept(listener: &TcpListener, permits: &Arc<Semaphore>) -> Option<Accepted> {
    let permit = Arc::clone(permits).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => {
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "a connection does not take TCP_NODELAY");
            }
            Some((stream, peer, permit))
        }
        Err(error) => {
            tracing::warn!(%error, "a connection could not be accepted");
            // Out of file descriptors, most likely: a busy loop would not help.
            after(Duration::from_millis(100)).await;
            None
        }
    }
}

/// Ends after `span`.
async fn after(span: Duration) {
    drop(tokio::time::timeout(span, std::future::pending::<()>()).await);
}

async fn drain(mut tasks: JoinSet<()>, limit: Duration) {
    let all = async { while tasks.join_next().await.is_some() {} };
    if tokio::time::timeout(limit, all).await.is_err() {
        tracing::warn!(
            connections = tasks.len(),
            "connections were cut at the end of the drain"
        );
        tasks.shutdown().await;
    }
}

#[cfg(test)]
mod tests;
