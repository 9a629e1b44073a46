//! `bothways serve`

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use super::Done;
use crate::{
    configuration::{Configuration, LogFormat},
    data_folder::DataFolder,
    logging,
    server::{Options, Server},
};

const EXAMPLES: &str = "\
Examples:
  bothways serve
  bothways --data /var/lib/bothways serve --listen 0.0.0.0:443 --pid-file /run/bothways.pid
  bothways serve --listen 127.0.0.1:8080 --plain-http          for tests on this machine
  bothways serve --listen 10.0.0.5:8080 --plain-http --behind-proxy

SIGTERM and SIGINT stop the server: phones that wait are answered, requests in flight end. SIGHUP reads the
certificate again. /healthz and /readyz are there for load balancers, /metrics for Prometheus (clients on this machine,
or --metrics-listen).";

/// Run the server.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Serve {
    /// An address to listen on, instead of those in the settings; as often as needed.
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Vec<SocketAddr>,
    /// HTTP without TLS, on this machine or behind a proxy.
    #[arg(long)]
    plain_http: bool,
    /// A proxy in front speaks TLS with the clients and sets X-Forwarded-For.
    #[arg(long)]
    behind_proxy: bool,
    /// PEM file of the certificate and those between it and its authority.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// PEM file of the certificate's key.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// A listener of its own for /metrics, /healthz and /readyz, without TLS.
    #[arg(long, value_name = "ADDRESS:PORT")]
    metrics_listen: Option<SocketAddr>,
    /// The address of this installation as phones see it, such as `https://contacts.example.com`
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// Write the process id to this file once the server listens; it is removed at the end.
    #[arg(long, value_name = "FILE")]
    pid_file: Option<PathBuf>,
    /// How log lines look.
    #[arg(long, value_name = "FORMAT")]
    log_format: Option<LogFormat>,
    /// What to log, such as "debug" or "info,activesync=debug".
    #[arg(long, value_name = "FILTER", env = "BOTHWAYS_LOG")]
    log: Option<String>,
}

impl Serve {
    pub(super) async fn run(self, data: &Path) -> anyhow::Result<Done> {
        let folder = DataFolder::open_or_create(data)?;
        Configuration::write_template(&folder)?;
        let options = self.options(Configuration::read(&folder)?)?;
        logging::start(&options.configuration.log)?;
        // Asked for before the server listens, so that no signal can come too early.
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut hang_up = signal(SignalKind::hangup())?;
        let scheme = if options.configuration.server.plain_http { "http" } else { "https" };
        let server = Server::start(&folder, options).await?;
        for address in server.addresses() {
            tracing::info!(url = format!("{scheme}://{address}"), data = %folder.path().display(), "listening");
        }
        loop {
            tokio::select! {
                _ = terminate.recv() => break,
                _ = interrupt.recv() => break,
                _ = hang_up.recv() => server.reload(),
            }
        }
        server.stop().await;
        Ok(Done::Whole)
    }

    /// The settings, with what the command line says in their place.
    fn options(self, mut configuration: Configuration) -> anyhow::Result<Options> {
        let server = &mut configuration.server;
        if !self.listen.is_empty() {
            server.listen = self.listen;
        }
        server.plain_http |= self.plain_http;
        server.behind_proxy |= self.behind_proxy;
        server.metrics_listen = self.metrics_listen.or(server.metrics_listen);
        server.public_url = self.public_url.or_else(|| server.public_url.take());
        if let (Some(certificate), Some(key)) = (self.tls_cert, self.tls_key) {
            // Relative to where the command was given, not to the data folder.
            configuration.tls.certificate = Some(std::path::absolute(certificate)?);
            configuration.tls.key = Some(std::path::absolute(key)?);
        }
        let log = &mut configuration.log;
        log.format = self.log_format.unwrap_or(log.format);
        log.filter = self.log.unwrap_or_else(|| std::mem::take(&mut log.filter));
        configuration.check()?;
        Ok(Options { configuration, pid_file: self.pid_file, push: None })
    }
}
