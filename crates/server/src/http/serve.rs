//! Listening: connections in, each watched; at the end streams are ended, calls finish, and time is kept.

use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::task::ready;
use std::time::Duration;

use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulConnection;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use toolwright_core::error::{Error, Result};

use super::endpoint::Endpoint;
use super::options::Http;
use super::watched::Watched;
use crate::limits::Limits;
use crate::service::Service;
use crate::signals::stopped;

/// How many header lines hyper takes unless it is told otherwise.
const HEADERS: usize = 100;

/// How many connections may wait to be accepted, if the system lets so many: a crowd comes all at once.
const BACKLOG: u32 = 4096;

/// How long to wait when the system has no more descriptors.
const BREATH: Duration = Duration::from_millis(100);

/// A server that listens, and can be run.
#[derive(Debug)]
pub struct HttpServer {
    listener: TcpListener,
    endpoint: Endpoint,
    limits: Limits,
    scheme: &'static str,
    path: String,
    #[cfg(feature = "tls")]
    tls: Option<Arc<super::tls::Tls>>,
}

impl Service {
    /// Listens for HTTP; run what this gives.
    ///
    /// # Errors
    ///
    /// When the address cannot be listened at, or is not a loopback address and no host is allowed; when the
    /// certificate cannot be used.
    pub async fn bind_http(&self, http: Http) -> Result<HttpServer> {
        let address = http.socket_address();
        let failed = |error: io::Error| Error::msg(format!("cannot listen at {address}: {error}"));
        let addresses: Vec<SocketAddr> = tokio::net::lookup_host(&address).await.map_err(failed)?.collect();
        let is_open = addresses.iter().any(|address| !address.ip().is_loopback());
        if is_open && http.hosts.is_empty() && !http.any_host {
            return Err(Error::msg(format!(
                "{address} can be reached from other machines: say under which host names, with \
                 `--allow-host NAME` or `Http::allow_host`, so that no web page can reach it under another"
            )));
        }
        let peers = self.peers();
        if (http.replicated || peers.engine.is_some()) && !peers.has_keys {
            return Err(Error::msg(
                "several instances need the same keys, or a call that asks cannot go on at another: give all of them \
                 the same `TOOLWRIGHT_KEYS` (`openssl rand -base64 32` makes one), or `Server::keys`",
            ));
        }
        let endpoint = Endpoint::new(self, &http, Some(http.path.clone()));
        let scheme = http.scheme();
        #[cfg(feature = "tls")]
        let tls = http.tls.map(super::tls::Tls::load).transpose()?.map(Arc::new);
        Ok(HttpServer {
            listener: listen(&addresses).map_err(failed)?,
            endpoint,
            limits: self.limits().clone(),
            scheme,
            path: http.path,
            #[cfg(feature = "tls")]
            tls,
        })
    }
}

impl HttpServer {
    /// The URL of the endpoint.
    pub fn url(&self) -> String {
        let address = self.listener.local_addr();
        let address = address.map_or_else(|_| "unknown".into(), |address| address.to_string());
        format!("{}://{address}{}", self.scheme, self.path)
    }

    /// Serves until the process is told to stop; told twice, it stops at once.
    ///
    /// # Errors
    ///
    /// Never yet: what fails is a connection, and that is not the server's end.
    pub async fn run(self) -> Result {
        self.run_until(stopped()).await
    }

    /// Serves until `stop` is ready; then running calls may finish for as long as the limits allow.
    ///
    /// # Errors
    ///
    /// Never yet: what fails is a connection, and that is not the server's end.
    pub async fn run_until(self, stop: impl Future<Output = ()>) -> Result {
        let mut stop = pin!(stop);
        let (ending, _) = watch::channel(false);
        let room = Arc::new(Semaphore::new(self.limits.connections));
        let mut connections = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                () = &mut stop => break,
                // What a connection took is let go at its end, not when the next one comes.
                Some(_) = connections.join_next() => continue,
                accepted = accept(&self.listener, &room) => accepted,
            };
            let Ok((stream, permit)) = accepted else {
                tokio::time::sleep(BREATH).await;
                continue;
            };
            connections.spawn(self.connection(stream, ending.subscribe(), permit));
        }
        drop(self.listener);
        self.endpoint.end_streams();
        ending.send_replace(true);
        let tasks = Arc::clone(self.endpoint.0.service.tasks());
        let drained = async {
            while connections.join_next().await.is_some() {}
            tasks.idle().await;
        };
        tokio::select! {
            _ = tokio::time::timeout(self.limits.drain, drained) => {}
            () = stopped() => {}
        }
        tasks.end().await;
        Ok(())
    }
}

impl HttpServer {
    /// A connection to its end, behind its handshake if there is one.
    fn connection(
        &self,
        stream: TcpStream,
        ending: watch::Receiver<bool>,
        permit: OwnedSemaphorePermit,
    ) -> impl Future<Output = ()> + use<> {
        #[cfg(feature = "tls")]
        let tls = self.tls.clone();
        let (endpoint, limits) = (self.endpoint.clone(), self.limits.clone());
        async move {
            #[cfg(feature = "tls")]
            if let Some(tls) = tls {
                // Boxed, so that a connection without TLS has no room for it.
                return Box::pin(serve_tls(&tls, stream, endpoint, limits, ending, permit)).await;
            }
            serve(stream, endpoint, limits, ending, permit).await;
        }
    }
}

#[cfg(feature = "tls")]
async fn serve_tls(
    tls: &super::tls::Tls,
    stream: TcpStream,
    endpoint: Endpoint,
    limits: Limits,
    ending: watch::Receiver<bool>,
    permit: OwnedSemaphorePermit,
) {
    let shaken = tokio::select! {
        shaken = tokio::time::timeout(limits.header_time, tls.accept(stream)) => shaken,
        () = ended(ending.clone()) => return,
    };
    match shaken {
        Ok(Ok(stream)) => serve(stream, endpoint, limits, ending, permit).await,
        Ok(Err(error)) => tracing::debug!("a handshake failed: {error}"),
        Err(_) => tracing::debug!("a handshake took too long"),
    }
}

/// Listens at the first address where that is possible.
fn listen(addresses: &[SocketAddr]) -> io::Result<TcpListener> {
    let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for address in addresses {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        // A restarted server must not wait for the connections of the one before.
        #[cfg(unix)]
        socket.set_reuseaddr(true)?;
        match socket.bind(*address).and_then(|()| socket.listen(BACKLOG)) {
            Ok(listener) => return Ok(listener),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// The next connection, when there is room for one more.
async fn accept(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> io::Result<(TcpStream, OwnedSemaphorePermit)> {
    let permit = Arc::clone(room).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    // Else an answer may wait for the acknowledgement of what was sent before it.
    stream.set_nodelay(true)?;
    Ok((stream, permit))
}

/// Serves one connection, HTTP/1.1 or HTTP/2, to its end, when there is room for another.
async fn serve<S>(
    stream: S,
    endpoint: Endpoint,
    limits: Limits,
    ending: watch::Receiver<bool>,
    _permit: OwnedSemaphorePermit,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut watched = Watched::new(stream, &limits);
    let activity = watched.activity();
    let spoken = tokio::select! {
        // What was asked before the end is still answered.
        biased;
        spoken = watched.speaks_http2() => spoken,
        () = ended(ending.clone()) => return,
    };
    let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
        let active = activity.begin(request.version() == http::Version::HTTP_2);
        // Most are answered at once: they take the same room one after the other, and it is in the cache.
        Box::pin(endpoint.respond(request, Some(active)))
    });
    let served = match spoken {
        Ok(true) => {
            let connection = http2(&limits).serve_connection(TokioIo::new(watched), service);
            // Boxed, so that a connection of HTTP/1.1 has no room for it.
            Box::pin(until_ended(connection, ending)).await
        }
        Ok(false) => {
            let connection = http1(&limits).serve_connection(TokioIo::new(watched), service);
            until_ended(connection, ending).await
        }
        Err(error) => return tracing::debug!("a connection failed: {error}"),
    };
    if let Err(error) = served {
        tracing::debug!("a connection failed: {error}");
    }
}

fn http1(limits: &Limits) -> http1::Builder {
    let mut http1 = http1::Builder::new();
    http1.max_buf_size(limits.header.max(8192));
    // Saying how many costs a copy of so many places for each request. Fewer than hyper's own are counted by the endpoint.
    if limits.header_lines > HEADERS {
        http1.max_headers(limits.header_lines);
    }
    http1
}

fn http2(limits: &Limits) -> http2::Builder<TokioExecutor> {
    let mut http2 = http2::Builder::new(TokioExecutor::new());
    http2
        .timer(TokioTimer::new())
        .max_header_list_size(u32::try_from(limits.header).unwrap_or(u32::MAX))
        .max_concurrent_streams(limits.requests_per_connection)
        .keep_alive_interval(Some(limits.idle / 2))
        .keep_alive_timeout(limits.header_time);
    http2
}

/// Serves a connection to its end; when the server ends, what was asked is still answered.
async fn until_ended<C: GracefulConnection>(
    connection: C,
    ending: watch::Receiver<bool>,
) -> Result<(), C::Error> {
    let mut connection = pin!(connection);
    let (mut end, mut is_heard, mut is_told) = (pin!(ended(ending.clone())), false, false);
    poll_fn(|cx| {
        let served = connection.as_mut().poll(cx);
        if served.is_ready() || is_told || (is_heard && matches!(ending.has_changed(), Ok(false))) {
            return served;
        }
        // Once is enough to be woken for it.
        is_heard = true;
        ready!(end.as_mut().poll(cx));
        is_told = true;
        connection.as_mut().graceful_shutdown();
        connection.as_mut().poll(cx)
    })
    .await
}

/// Waits until the server is to end.
async fn ended(mut ending: watch::Receiver<bool>) {
    // A server that is gone has ended.
    let _ = ending.wait_for(|ending| *ending).await;
}
