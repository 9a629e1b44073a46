//! Accepting connections and speaking HTTP/1.1 on them.
//!
//! An own loop around hyper's HTTP/1 connection, without the buffers and tasks of a framework: a phone that waits
//! costs one task, one timer and hyper's read buffer.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, OnceLock},
    time::Duration,
};

use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use identity::ClientCertificate;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch},
};

use super::{
    clients::Clients,
    front::{Front, Service},
    tls::Tls,
};
use crate::limits;

/// What a listener needs of the server.
#[derive(Clone)]
pub struct House {
    /// Who answers.
    pub front: Arc<Front>,
    /// Who tells whose certificate a client has shown.
    pub clients: Arc<Clients>,
    /// One permit per connection.
    pub places: Arc<Semaphore>,
    /// Becomes true when the server stops.
    pub closing: watch::Receiver<bool>,
    /// Held by everything that must end before the server has stopped.
    pub alive: mpsc::Sender<()>,
}

/// One address to listen on.
pub struct Listener {
    socket: TcpListener,
    tls: Option<Arc<Tls>>,
    service: Service,
}

impl Listener {
    /// Takes the address.
    pub async fn bind(address: SocketAddr, tls: Option<Arc<Tls>>, service: Service) -> io::Result<Self> {
        Ok(Self { socket: TcpListener::bind(address).await?, tls, service })
    }

    /// The address, with the port that was found when port 0 was asked for.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// What it offers.
    pub fn offers(&self) -> Service {
        self.service
    }

    /// Accepts until the server stops.
    pub async fn run(self, mut house: House) {
        let mut closing = house.closing.clone();
        loop {
            let accepted = tokio::select! {
                accepted = self.accept(&house.places) => accepted,
                () = closed(&mut closing) => return,
            };
            match accepted {
                Ok((stream, peer, place)) => self.welcome(stream, peer, place, &mut house),
                Err(error) if is_of_the_client(&error) => tracing::debug!(%error, "a connection ended before it began"),
                Err(error) => {
                    tracing::warn!(%error, "no connection can be accepted; is the limit of open files too low?");
                    tokio::time::sleep(limits::ACCEPT_PAUSE).await;
                }
            }
        }
    }

    async fn accept(&self, places: &Arc<Semaphore>) -> io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
        let place = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
        let (stream, peer) = self.socket.accept().await?;
        Ok((stream, peer, place))
    }

    fn welcome(&self, stream: TcpStream, peer: SocketAddr, place: OwnedSemaphorePermit, house: &mut House) {
        // Answers are written whole; waiting for more to send would only delay them.
        let _ = stream.set_nodelay(true);
        let (house, service) = (house.clone(), self.service);
        match self.tls.as_ref().map(|tls| tls.acceptor()) {
            None => drop(tokio::spawn(async move {
                serve(stream, peer, None, service, house).await;
                drop(place);
            })),
            Some(tls) => drop(tokio::spawn(async move {
                // In a box, so that it is gone from the task when the connection waits.
                let shaken = Box::pin(tokio::time::timeout(limits::HANDSHAKE_WAIT, tls.accept(stream))).await;
                match shaken {
                    Ok(Ok(stream)) => {
                        let chain = stream.get_ref().1.peer_certificates();
                        let certificate = house.clients.connected(peer.ip(), chain).map(Arc::new);
                        serve(stream, peer, certificate, service, house).await;
                    }
                    Ok(Err(error)) => tracing::debug!(%peer, %error, "no TLS"),
                    Err(_) => tracing::debug!(%peer, "TLS took too long"),
                }
                drop(place);
            })),
        }
    }
}

async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: SocketAddr,
    certificate: Option<Arc<ClientCertificate>>,
    service: Service,
    house: House,
) {
    let House { front, clients, mut closing, alive, .. } = house;
    metrics::gauge!("bothways_connections").increment(1);
    let answer = service_fn(move |mut request: hyper::Request<Incoming>| {
        let front = Arc::clone(&front);
        clients.show(peer.ip(), certificate.as_ref(), &mut request);
        async move { front.answer(service, peer, request).await }
    });
    let mut connection = std::pin::pin!(http().serve_connection(TokioIo::new(stream), answer));
    let result = tokio::select! {
        result = connection.as_mut() => result,
        () = closed(&mut closing) => {
            // The request in flight is answered, with `Connection: close`.
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = result {
        tracing::debug!(%peer, %error, "connection");
    }
    metrics::gauge!("bothways_connections").decrement(1);
    drop(alive);
}

/// Returns when the server stops.
async fn closed(closing: &mut watch::Receiver<bool>) {
    // An error means that the server is gone, which comes to the same.
    let _ = closing.wait_for(|closing| *closing).await;
}

fn http() -> &'static http1::Builder {
    static HTTP: OnceLock<http1::Builder> = OnceLock::new();
    HTTP.get_or_init(|| {
        let mut builder = http1::Builder::new();
        builder
            .timer(TokioTimer::new())
            .header_read_timeout(Some::<Duration>(limits::HEAD_WAIT))
            .max_headers(limits::HEADERS_MAX)
            .max_buf_size(limits::HEAD_BYTES_MAX);
        builder
    })
}

fn is_of_the_client(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionRefused
    )
}
