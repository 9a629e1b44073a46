//! HTTP/1.1 as the phone speaks it: one persistent connection for commands, one for the waiting Ping.

mod endpoint;
mod fault;
mod link;
mod meter;
mod tls;

use std::collections::{BTreeMap, VecDeque};
use std::io::Read;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, header};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use thiserror::Error;

pub use endpoint::{BadAddress, Endpoint};
pub use fault::{FaultRates, LinkFault};
use link::Link;
pub use meter::Meter;
pub use tls::{NoTrust, Trust};

use crate::limits::ANSWER_BYTES_MAX;

/// Why no answer came.
#[derive(Debug, Error)]
pub enum TransportError {
    /// No connection could be made.
    #[error("no connection to {endpoint}: {source}")]
    NoConnection {
        /// Where to.
        endpoint: Endpoint,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The connection broke before the whole answer was there.
    #[error("the connection was lost: {0}")]
    Lost(String),
    /// No answer in time.
    #[error("no answer within {0:?}")]
    TooSlow(Duration),
    /// The request cannot be written as HTTP.
    #[error("not a request: {0}")]
    NotHttp(#[from] http::Error),
    /// The answer's content coding cannot be undone.
    #[error("the answer's {0:?} coding cannot be undone")]
    BadCoding(String),
}

/// Which of the two connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// Commands.
    Commands,
    /// The waiting Ping.
    Ping,
}

/// A request as it will be written; it can be written again, byte for byte.
#[derive(Debug, Clone)]
pub struct Outgoing {
    /// The method.
    pub method: Method,
    /// Path and query.
    pub target: String,
    /// Headers besides Host, Content-Length and Cookie.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Bytes,
}

/// An answer, its content coding undone.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// All headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Answer {
    /// A header's text; empty if it is missing or no text.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// What a request delivered a second time was answered, for tests to look at.
#[derive(Debug, Clone)]
pub struct Duplicate {
    /// The answer the phone worked with.
    pub first: Bytes,
    /// HTTP status of the second answer.
    pub status: u16,
    /// The second answer, which the phone never saw.
    pub second: Bytes,
}

/// The phone's connections to one server, and what goes wrong on them.
pub struct Transport {
    endpoint: Endpoint,
    trust: Trust,
    source: Option<IpAddr>,
    commands: Option<Link>,
    ping: Option<Link>,
    cookies: BTreeMap<String, String>,
    meter: Arc<Meter>,
    rates: FaultRates,
    planned: VecDeque<LinkFault>,
    late: Option<(Outgoing, Bytes)>,
    duplicates: Vec<Duplicate>,
    dice: StdRng,
}

impl Transport {
    /// Connections to `endpoint`, opened when first needed; `seed` decides every fault drawn from `rates`.
    pub fn new(endpoint: Endpoint, trust: Trust, source: Option<IpAddr>, rates: FaultRates, seed: u64) -> Self {
        Self {
            endpoint,
            trust,
            source,
            commands: None,
            ping: None,
            cookies: BTreeMap::new(),
            meter: Arc::new(Meter::default()),
            rates,
            planned: VecDeque::new(),
            late: None,
            duplicates: Vec::new(),
            dice: StdRng::seed_from_u64(seed),
        }
    }

    /// Where requests go.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Sends everything from now on to another server.
    pub fn move_to(&mut self, endpoint: Endpoint) {
        if self.endpoint != endpoint {
            self.endpoint = endpoint;
            self.hang_up();
        }
    }

    /// Closes both connections.
    pub fn hang_up(&mut self) {
        self.commands = None;
        self.ping = None;
    }

    /// Closes the Ping's connection, as a phone does that has something else to do.
    pub fn hang_up_ping(&mut self) {
        self.ping = None;
    }

    /// Bytes and connections so far.
    pub fn meter(&self) -> &Meter {
        &self.meter
    }

    /// Makes the next command meet this fault; several queue up.
    pub fn plan(&mut self, fault: LinkFault) {
        self.planned.push_back(fault);
    }

    /// Draws the faults of all later requests with these probabilities.
    pub fn set_rates(&mut self, rates: FaultRates) {
        self.rates = rates;
    }

    /// What requests delivered twice were answered.
    pub fn duplicates(&self) -> &[Duplicate] {
        &self.duplicates
    }

    /// Cookies the server set.
    pub fn cookies(&self) -> &BTreeMap<String, String> {
        &self.cookies
    }

    /// Takes up cookies kept from before.
    pub fn set_cookies(&mut self, cookies: BTreeMap<String, String>) {
        self.cookies = cookies;
    }

    /// Sends a request that no fault may meet: discovery, OPTIONS.
    pub async fn ask(&mut self, request: &Outgoing, patience: Duration) -> Result<Answer, TransportError> {
        within(patience, self.deliver(Lane::Commands, request)).await
    }

    /// Sends a command; planned and drawn faults happen to those on the command connection.
    pub async fn command(
        &mut self,
        lane: Lane,
        request: &Outgoing,
        patience: Duration,
    ) -> Result<Answer, TransportError> {
        let fault = match lane {
            Lane::Commands => self.planned.pop_front().or_else(|| self.rates.draw(&mut self.dice)),
            Lane::Ping => None,
        };
        within(patience, self.command_meeting(fault, lane, request)).await
    }

    /// A number below `bound` from the same seeded source.
    pub fn roll(&mut self, bound: usize) -> usize {
        self.dice.random_range(0..bound.max(1))
    }

    async fn command_meeting(
        &mut self,
        fault: Option<LinkFault>,
        lane: Lane,
        request: &Outgoing,
    ) -> Result<Answer, TransportError> {
        let lost = |what: &str| Err(TransportError::Lost(what.to_owned()));
        let answer = match fault {
            None => self.deliver(lane, request).await?,
            Some(LinkFault::CloseBeforeSending) => {
                self.hang_up();
                return lost("closed before sending");
            }
            Some(LinkFault::LoseAnswer) => {
                self.deliver(lane, request).await?;
                self.hang_up();
                return lost("the answer was lost");
            }
            Some(LinkFault::CloseAfterSending) => {
                link::send_and_leave(self.connect().await?, &self.endpoint, &self.cookies, request, 0).await?;
                self.hang_up();
                return lost("closed after sending");
            }
            Some(LinkFault::CutAnswer) => {
                link::send_and_leave(self.connect().await?, &self.endpoint, &self.cookies, request, CUT_AT).await?;
                self.hang_up();
                return lost("the answer was cut");
            }
            Some(LinkFault::Duplicate) => {
                let answer = self.deliver(lane, request).await?;
                self.deliver_again(request, answer.body.clone()).await?;
                return Ok(answer);
            }
            Some(LinkFault::DuplicateLate) => {
                let answer = self.deliver(lane, request).await?;
                self.late = Some((request.clone(), answer.body.clone()));
                return Ok(answer);
            }
        };
        if lane == Lane::Commands
            && let Some((late, first)) = self.late.take()
        {
            self.deliver_again(&late, first).await?;
        }
        Ok(answer)
    }

    /// Delivers a request once more on a connection of its own, as networks and proxies sometimes do.
    async fn deliver_again(&mut self, request: &Outgoing, first: Bytes) -> Result<(), TransportError> {
        let mut link = Link::open(self.connect().await?).await?;
        let second = link.send(&self.endpoint, &self.cookies, request).await.map_err(link::SendError::into_lost)?;
        let second = decoded(second)?;
        self.duplicates.push(Duplicate { first, status: second.status, second: second.body });
        Ok(())
    }

    async fn deliver(&mut self, lane: Lane, request: &Outgoing) -> Result<Answer, TransportError> {
        // Taken out while in use: whoever drops this future closes the connection with it.
        let kept = match lane {
            Lane::Commands => self.commands.take(),
            Lane::Ping => self.ping.take(),
        };
        let mut answered = None;
        if let Some(mut link) = kept.filter(Link::is_open) {
            match link.send(&self.endpoint, &self.cookies, request).await {
                Ok(answer) => answered = Some((link, answer)),
                // The server closed the idle connection before a byte of this request went out.
                Err(link::SendError::NotSent) => {}
                Err(error) => return Err(error.into_lost()),
            }
        }
        let (link, answer) = if let Some(answered) = answered {
            answered
        } else {
            let mut link = Link::open(self.connect().await?).await?;
            let answer = link.send(&self.endpoint, &self.cookies, request).await.map_err(link::SendError::into_lost)?;
            (link, answer)
        };
        match lane {
            Lane::Commands => self.commands = Some(link),
            Lane::Ping => self.ping = Some(link),
        }
        self.take_cookies(&answer.headers);
        decoded(answer)
    }

    async fn connect(&self) -> Result<link::Stream, TransportError> {
        link::connect(&self.endpoint, &self.trust, self.source, &self.meter)
            .await
            .map_err(|source| TransportError::NoConnection { endpoint: self.endpoint.clone(), source })
    }

    fn take_cookies(&mut self, headers: &HeaderMap) {
        for cookie in headers.get_all(header::SET_COOKIE) {
            let mut parts = cookie.to_str().unwrap_or_default().split(';');
            let pair = parts.next().unwrap_or_default();
            let ends = parts.any(|attribute| attribute.trim().eq_ignore_ascii_case("Max-Age=0"));
            if let Some((name, value)) = pair.split_once('=') {
                if ends {
                    self.cookies.remove(name.trim());
                    continue;
                }
                self.cookies.insert(name.trim().to_owned(), value.trim().to_owned());
            }
        }
    }
}

/// How many bytes of the answer arrive before it is cut.
const CUT_AT: usize = 40;

async fn within<T>(
    patience: Duration,
    work: impl Future<Output = Result<T, TransportError>>,
) -> Result<T, TransportError> {
    tokio::time::timeout(patience, work).await.unwrap_or(Err(TransportError::TooSlow(patience)))
}

/// Undoes the answer's content coding.
fn decoded(mut answer: Answer) -> Result<Answer, TransportError> {
    let coding = answer.header("content-encoding").to_ascii_lowercase();
    let limit = ANSWER_BYTES_MAX as u64;
    let mut plain = Vec::new();
    let read = match coding.as_str() {
        "" | "identity" => return Ok(answer),
        "gzip" => flate2::read::GzDecoder::new(&answer.body[..]).take(limit).read_to_end(&mut plain),
        "deflate" => flate2::read::ZlibDecoder::new(&answer.body[..]).take(limit).read_to_end(&mut plain),
        _ => return Err(TransportError::BadCoding(coding)),
    };
    read.map_err(|_| TransportError::BadCoding(coding))?;
    answer.body = Bytes::from(plain);
    Ok(answer)
}
