//! One TCP or TLS connection with HTTP/1.1 on it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpSocket, lookup_host};
use tokio::task::JoinHandle;

use super::meter::{Meter, Metered};
use super::tls::Trust;
use super::{Answer, Endpoint, Outgoing, TransportError};
use crate::limits::ANSWER_BYTES_MAX;

/// A connection, encrypted or not.
pub(super) trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Wire for T {}
pub(super) type Stream = Box<dyn Wire>;

/// Why a request got no answer on this link.
pub(super) enum SendError {
    /// The link was closed before anything was written; the request may go out on another.
    NotSent,
    /// Something went wrong on the way.
    Failed(TransportError),
}

impl SendError {
    pub(super) fn into_lost(self) -> TransportError {
        match self {
            SendError::NotSent => TransportError::Lost("closed by the server".to_owned()),
            SendError::Failed(error) => error,
        }
    }
}

/// An HTTP/1.1 connection that closes when dropped.
pub(super) struct Link {
    sender: SendRequest<Full<Bytes>>,
    driver: JoinHandle<()>,
}

impl Drop for Link {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Link {
    pub(super) async fn open(stream: Stream) -> Result<Self, TransportError> {
        let (sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(|error| TransportError::Lost(error.to_string()))?;
        let driver = tokio::spawn(async move {
            // The end of the connection shows at the next request.
            let _ = connection.await;
        });
        Ok(Self { sender, driver })
    }

    pub(super) fn is_open(&self) -> bool {
        !self.sender.is_closed()
    }

    pub(super) async fn send(
        &mut self,
        endpoint: &Endpoint,
        cookies: &BTreeMap<String, String>,
        request: &Outgoing,
    ) -> Result<Answer, SendError> {
        let request = built(endpoint, cookies, request).map_err(|error| SendError::Failed(error.into()))?;
        if self.sender.ready().await.is_err() {
            return Err(SendError::NotSent);
        }
        let response = match self.sender.try_send_request(request).await {
            Ok(response) => response,
            Err(error) if error.message().is_some() => return Err(SendError::NotSent),
            Err(error) => return Err(SendError::Failed(TransportError::Lost(error.into_error().to_string()))),
        };
        let (head, body) = response.into_parts();
        let body = Limited::new(body, ANSWER_BYTES_MAX)
            .collect()
            .await
            .map_err(|error| SendError::Failed(TransportError::Lost(error.to_string())))?
            .to_bytes();
        Ok(Answer { status: head.status.as_u16(), headers: head.headers, body })
    }
}

/// Opens a TCP connection, from `source` if given, and secures it for https.
pub(super) async fn connect(
    endpoint: &Endpoint,
    trust: &Trust,
    source: Option<IpAddr>,
    meter: &Arc<Meter>,
) -> io::Result<Stream> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "no address");
    for address in lookup_host((endpoint.host.as_str(), endpoint.port)).await? {
        let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        if let Some(source) = source {
            socket.bind((source, 0).into())?;
        }
        match socket.connect(address).await {
            Ok(stream) => {
                stream.set_nodelay(true)?;
                let metered = Metered::new(stream, meter);
                if !endpoint.https {
                    return Ok(Box::new(metered));
                }
                return Ok(Box::new(trust.secure(&endpoint.host, metered).await?));
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Writes a request by hand, reads `answer_bytes` of the answer at most, and closes.
pub(super) async fn send_and_leave(
    mut stream: Stream,
    endpoint: &Endpoint,
    cookies: &BTreeMap<String, String>,
    request: &Outgoing,
    answer_bytes: usize,
) -> Result<(), TransportError> {
    let request = built(endpoint, cookies, request)?;
    let mut head = format!("{} {} HTTP/1.1\r\n", request.method(), request.uri());
    for (name, value) in request.headers() {
        // Writing to a String cannot fail.
        let _ = write!(head, "{name}: {}\r\n", value.to_str().unwrap_or_default());
    }
    let body = request.into_body().collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let _ = write!(head, "content-length: {}\r\n\r\n", body.len());
    let lost = |error: io::Error| TransportError::Lost(error.to_string());
    stream.write_all(head.as_bytes()).await.map_err(lost)?;
    stream.write_all(&body).await.map_err(lost)?;
    stream.flush().await.map_err(lost)?;
    let mut buffer = vec![0; answer_bytes];
    if answer_bytes > 0 {
        stream.read_exact(&mut buffer).await.map_err(lost)?;
    }
    Ok(())
}

fn built(
    endpoint: &Endpoint,
    cookies: &BTreeMap<String, String>,
    request: &Outgoing,
) -> Result<Request<Full<Bytes>>, http::Error> {
    let mut builder = Request::builder()
        .method(request.method.clone())
        .uri(request.target.as_str())
        .header("host", endpoint.authority());
    for (name, value) in &request.headers {
        builder = builder.header(*name, value);
    }
    if !cookies.is_empty() {
        let pairs: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        builder = builder.header("cookie", pairs.join("; "));
    }
    builder.body(Full::new(request.body.clone()))
}
