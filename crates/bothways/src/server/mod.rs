//! The running server: listeners, the front door, the tasks behind them, and an orderly end.

mod body;
mod clients;
mod front;
mod guard;
mod listener;
mod metrics;
mod pid_file;
mod sweep;
mod tls;

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use activesync::ActiveSync;
use anyhow::Context;
use jiff::Timestamp;
use ledger::lock::FolderLock;
use tokio::{
    sync::{Semaphore, mpsc, watch},
    task::JoinHandle,
};

use crate::{
    access_policy,
    certificate::{Files, Made},
    configuration::Configuration,
    data_folder::DataFolder,
    fleet_settings, hints,
    installation::Installation,
    limits,
    management::{self, Way},
    rollouts,
};
use body::BodyReader;
use clients::Clients;
use front::{Front, Service};
use listener::{House, Listener};
use pid_file::PidFile;
use tls::{Certificate, Tls};

/// How to serve, settings and command line taken together.
#[derive(Clone)]
pub struct Options {
    /// The data folder's settings.
    pub configuration: Configuration,
    /// Written when the server listens, removed when it has stopped.
    pub pid_file: Option<PathBuf>,
    /// Wakes enrolled devices in place of Apple's service: for simulated ones.
    pub push: Option<Arc<dyn mdm::Push>>,
}

/// A server that listens. Dropping it stops it without order; call [`stop`](Self::stop).
pub struct Server {
    addresses: Vec<SocketAddr>,
    closing: watch::Sender<bool>,
    certificate: Option<Arc<Certificate>>,
    activesync: ActiveSync,
    tasks: Vec<JoinHandle<()>>,
    ended: mpsc::Receiver<()>,
    _pid_file: Option<PidFile>,
    _lock: FolderLock,
}

impl Server {
    /// Locks the data folder, opens the installation and starts to listen.
    ///
    /// # Errors
    /// Another server on the same folder, a database of a newer release, an address in use, a certificate that cannot
    /// be used, HTTP without TLS on an address that others reach: each says what to do.
    pub async fn start(folder: &DataFolder, options: Options) -> anyhow::Result<Self> {
        let settings = &options.configuration.server;
        refuse_open_plain_http(&options.configuration)?;
        let lock = FolderLock::acquire(folder.path())
            .context("stop the other server first, or give this one a data folder of its own with --data")?;
        let metrics = metrics::recorder()?;
        let installation = Installation::open(folder, &options.configuration).await?;
        installation.gate.set_policy(access_policy::read(&folder.access_policy())?);
        let certificate = if settings.plain_http { None } else { Some(certificate(folder, &options.configuration)?) };
        let (closing, closing_seen) = watch::channel(false);
        let (alive, ended) = mpsc::channel(1);
        let activesync = installation.activesync(&options.configuration);
        let graph = installation.graph(&options.configuration)?;
        let clients = Arc::new(Clients::load(folder, &options.configuration)?);
        let management = Way::open(&installation, folder, &options.configuration, options.push).await?;
        // Devices that enrol show a certificate in their first handshake: the authority must be there before them.
        let authority = match options.configuration.mdm.server {
            management::Server::Inside => Some(installation.certificates.authority().await?),
            _ => installation.certificates.known_authority().await?,
        };
        if let Some(authority) = authority {
            clients.learn(&authority)?;
        }
        let trust = clients.trust();
        let tls = certificate.as_ref().map(|certificate| Tls::new(certificate, trust.as_deref()).map(Arc::new));
        let tls = tls.transpose()?;
        let house = House {
            clients: Arc::clone(&clients),
            front: Arc::new(Front {
                activesync: activesync.clone(),
                graph: graph::router(graph.clone()),
                sign_in: oauth::router(installation.oauth(&options.configuration)),
                certificates: certificates::router(installation.certificates.clone()),
                management: management.as_ref().map(Way::router).unwrap_or_default(),
                ledger: installation.ledger.clone(),
                metrics,
                behind_proxy: settings.behind_proxy,
                bodies: BodyReader::default(),
                closing: closing_seen.clone(),
            }),
            places: Arc::new(Semaphore::new(places())),
            closing: closing_seen,
            alive,
        };
        let listeners = listeners(&options.configuration, tls.as_ref()).await?;
        let contacts = listeners.iter().filter(|listener| listener.offers() == Service::Contacts);
        let addresses = contacts.map(Listener::address).collect::<Result<_, _>>()?;
        let mut tasks = background(folder, &installation);
        tasks.push(tokio::spawn(graph::notify(graph)));
        let authority = clients::learn_when_made(installation.certificates.clone(), clients, tls);
        tasks.push(tokio::spawn(authority));
        tasks.extend(listeners.into_iter().map(|listener| tokio::spawn(listener.run(house.clone()))));
        if let Some(way) = management {
            let (hub, _) = fleet_settings::hub(&options.configuration);
            tasks.push(tokio::spawn(way.clone().tend(hub)));
            let (folder, configuration) = (folder.clone(), options.configuration.clone());
            tasks.push(tokio::spawn(rollouts::tend(way, folder, configuration, installation)));
        }
        let pid_file = options.pid_file.as_deref().map(|path| {
            PidFile::write(path).with_context(|| format!("the pid file {} cannot be written", path.display()))
        });
        Ok(Self {
            addresses,
            closing,
            certificate,
            activesync,
            tasks,
            ended,
            _pid_file: pid_file.transpose()?,
            _lock: lock,
        })
    }

    /// Where contacts are served, in the order of the settings.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Reads the certificate's files again.
    pub fn reload(&self) {
        match self.certificate.as_ref().map(|certificate| certificate.reload()) {
            None => tracing::info!("no certificate to read again"),
            Some(Ok(())) => tracing::info!("the certificate was read again"),
            Some(Err(error)) => tracing::error!(%error, "the certificate stays as it was"),
        }
    }

    /// Stops: no new connections, held requests are answered, requests in flight end.
    pub async fn stop(mut self) {
        tracing::info!("stopping");
        self.closing.send_replace(true);
        self.activesync.close();
        for task in &self.tasks {
            if !task.is_finished() {
                task.abort();
            }
        }
        // Every connection holds the other end; the channel closes when the last one has gone.
        let all_ended = async { while self.ended.recv().await.is_some() {} };
        if tokio::time::timeout(limits::SHUTDOWN_WAIT, all_ended).await.is_err() {
            tracing::warn!("some requests have not ended; their clients will come again");
        }
        tracing::info!("stopped");
    }
}

/// Contacts and passwords in clear text are for this machine only.
fn refuse_open_plain_http(configuration: &Configuration) -> anyhow::Result<()> {
    let settings = &configuration.server;
    if !settings.plain_http || settings.behind_proxy {
        return Ok(());
    }
    match settings.listen.iter().find(|address| !address.ip().is_loopback()) {
        None => Ok(()),
        Some(open) => anyhow::bail!(
            "--plain-http on {open} would send passwords and contacts unencrypted over the network; listen on 127.0.0.1, \
             leave --plain-http out, or add --behind-proxy if a proxy in front speaks TLS with the clients"
        ),
    }
}

fn certificate(folder: &DataFolder, configuration: &Configuration) -> anyhow::Result<Arc<Certificate>> {
    let files = Files::of(configuration, folder);
    match files.make_if_needed(&hosts(configuration), Timestamp::now())? {
        Made::Nothing => {}
        Made::First => tracing::info!(
            file = %files.certificate.display(),
            "made a certificate; phones trust it once it is installed on them, or set [tls] to one of a known authority"
        ),
        Made::Again => tracing::warn!(
            file = %files.certificate.display(),
            "the certificate had ended and was made anew; devices must be told to trust it again"
        ),
    }
    Ok(Certificate::load(files)?)
}

/// The names clients may use.
fn hosts(configuration: &Configuration) -> Vec<String> {
    let mut hosts = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    let server = &configuration.server;
    let url = server.public_url.as_deref().and_then(|url| url.parse::<http::Uri>().ok());
    hosts.extend(url.as_ref().and_then(http::Uri::host).map(|host| host.trim_matches(['[', ']']).to_owned()));
    hosts.extend(server.listen.iter().map(SocketAddr::ip).filter(|ip| !ip.is_unspecified()).map(|ip| ip.to_string()));
    let mut known = std::collections::BTreeSet::new();
    hosts.retain(|host| known.insert(host.clone()));
    hosts
}

/// How many connections there may be: as many as files may be open, after asking for more of these.
fn places() -> usize {
    let open = rlimit::increase_nofile_limit(limits::DESCRIPTORS_WANTED).unwrap_or_else(|error| {
        tracing::warn!(%error, "the limit of open files is unknown");
        1024
    });
    let places = usize::try_from(open.saturating_sub(limits::DESCRIPTORS_RESERVED)).unwrap_or(usize::MAX);
    places.clamp(16, limits::CONNECTIONS_MAX)
}

async fn listeners(configuration: &Configuration, tls: Option<&Arc<Tls>>) -> anyhow::Result<Vec<Listener>> {
    let settings = &configuration.server;
    let contacts = settings.listen.iter().map(|address| (*address, tls.cloned(), Service::Contacts));
    let operations = settings.metrics_listen.map(|address| (address, None, Service::Metrics));
    let mut listeners = Vec::new();
    for (address, tls, service) in contacts.chain(operations) {
        let listener = Listener::bind(address, tls, service).await.with_context(|| {
            format!("cannot listen on {address}; choose another address or port with --listen, or in bothways.toml")
        })?;
        listeners.push(listener);
    }
    Ok(listeners)
}

fn background(folder: &DataFolder, installation: &Installation) -> Vec<JoinHandle<()>> {
    let (ledger, hub) = (installation.ledger.clone(), installation.hub.clone());
    let mut tasks = vec![tokio::spawn(sweep::run(ledger, hub, limits::SWEEP_INTERVAL, limits::SWEEP_OVERLAP))];
    let people = installation.identity.clone();
    tasks.push(tokio::spawn(async move { people.watch().await }));
    tasks.push(tokio::spawn(access_policy::watch(folder.access_policy(), installation.gate.clone())));
    match hints::Listener::bind(&folder.hints()) {
        Ok(listener) => tasks.push(tokio::spawn(listener.run(installation.hub.clone(), installation.identity.clone()))),
        Err(error) => tracing::warn!(
            socket = %folder.hints().display(), %error,
            "waiting phones see changes made by commands within a minute, not at once"
        ),
    }
    tasks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::configuration;

    fn plain(listen: &str, behind_proxy: bool) -> Configuration {
        let server = configuration::Server {
            listen: vec![listen.parse().unwrap()],
            plain_http: true,
            behind_proxy,
            ..Default::default()
        };
        Configuration { server, ..Default::default() }
    }

    #[test]
    fn plain_http_is_for_this_machine_or_behind_a_proxy() {
        refuse_open_plain_http(&plain("127.0.0.1:1", false)).unwrap();
        refuse_open_plain_http(&plain("[::1]:1", false)).unwrap();
        refuse_open_plain_http(&plain("0.0.0.0:1", true)).unwrap();
        let error = refuse_open_plain_http(&plain("0.0.0.0:1", false)).unwrap_err().to_string();
        assert!(error.contains("--behind-proxy"), "{error}");
    }

    #[test]
    fn the_certificate_names_every_host_once() {
        let mut configuration = plain("127.0.0.1:1", false);
        configuration.server.public_url = Some("https://contacts.example.com:8443".into());
        assert_eq!(hosts(&configuration), ["localhost", "127.0.0.1", "::1", "contacts.example.com"]);
    }
}
