//! The hub of the demonstration: the real server, on threads of its own, over a data folder of its own.

use std::{
    fs, io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::Context;
use tempfile::TempDir;
use tokio::runtime::{self, Runtime};

use crate::{
    configuration::{self, Configuration},
    data_folder::DataFolder,
    installation::Installation,
    server::{Options, Server},
};

/// Threads that answer requests.
const WORKERS: usize = 2;
/// The name of these threads, by which their processor time is found.
const WORKER: &str = "hub";
/// The name of the embedded database's writing thread.
const DATABASE_WRITER: &str = "sqlite-writer";

/// Where the data lies; gone with this value unless it is kept.
#[derive(Debug)]
pub struct Place(TempDir);

impl Place {
    /// A new folder that no other user of this machine can look into.
    pub fn new() -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("bothways-demo-").tempdir();
        folder.map(Self).context("a temporary folder cannot be made")
    }

    /// The folder outlives the demonstration.
    pub fn keep(&mut self) {
        self.0.disable_cleanup(true);
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.0.path()
    }
}

/// The hub. It can be stopped and started again; between the two nothing of it is left but its data folder.
pub struct House {
    folder: DataFolder,
    configuration: Configuration,
    address: SocketAddr,
    push: Option<Arc<dyn mdm::Push>>,
    running: Option<Running>,
}

impl House {
    /// Starts a hub on the loopback interface, without TLS, at a port that is free.
    pub async fn open(place: &Place) -> anyhow::Result<Self> {
        let address = free_address().context("there is no free port")?;
        // Without it Autodiscover would send the phone to https.
        let public_url = Some(format!("http://{address}"));
        let server = configuration::Server { plain_http: true, public_url, ..configuration::Server::default() };
        let configuration = Configuration { server, ..Configuration::default() };
        Self::of(place, configuration, address, None).await
    }

    /// Starts a hub with these settings at this address. `push` stands in for Apple's service.
    pub async fn of(
        place: &Place,
        configuration: Configuration,
        address: SocketAddr,
        push: Option<Arc<dyn mdm::Push>>,
    ) -> anyhow::Result<Self> {
        let folder = DataFolder::open_or_create(place.path())?;
        let mut house = Self { folder, configuration, address, push, running: None };
        house.start().await?;
        Ok(house)
    }

    /// Starts it where it was before. Does nothing when it runs.
    pub async fn start(&mut self) -> anyhow::Result<()> {
        if self.running.is_none() {
            self.configuration.server.listen = vec![self.address];
            self.running =
                Some(Running::start(self.folder.clone(), self.configuration.clone(), self.push.clone()).await?);
        }
        Ok(())
    }

    /// Stops it in good order and ends its threads.
    pub async fn stop(&mut self) -> anyhow::Result<()> {
        match self.running.take() {
            Some(running) => running.stop().await,
            None => Ok(()),
        }
    }

    /// Stops it and starts it as phones out in the world need it: with TLS, on an address they reach.
    pub async fn open_to_the_world(&mut self, listen: SocketAddr, public_url: String) -> anyhow::Result<()> {
        self.stop().await?;
        self.configuration.server.plain_http = false;
        self.configuration.server.public_url = Some(public_url);
        self.address = listen;
        self.start().await
    }

    /// Its address as clients write it.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How it is set.
    pub fn configuration(&self) -> &Configuration {
        &self.configuration
    }

    /// Its data folder.
    pub fn folder(&self) -> &DataFolder {
        &self.folder
    }

    /// Opens the data folder beside the running server, as an administrator's command does.
    pub async fn administer(&self) -> anyhow::Result<Installation> {
        Installation::open(&self.folder, &self.configuration).await
    }
}

/// An address nobody listens on.
pub fn free_address() -> io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

/// The processor time the hub's threads have used; `None` where the system does not tell.
pub fn processor_time() -> Option<Duration> {
    let mut total = Duration::ZERO;
    for thread in fs::read_dir("/proc/self/task").ok()? {
        let thread: PathBuf = thread.ok()?.path();
        // A thread may end while we look.
        let Ok(name) = fs::read_to_string(thread.join("comm")) else { continue };
        if matches!(name.trim_end(), WORKER | DATABASE_WRITER) {
            let spent = fs::read_to_string(thread.join("schedstat")).ok()?;
            total += Duration::from_nanos(spent.split(' ').next()?.parse().ok()?);
        }
    }
    Some(total)
}

struct Running {
    /// Both are there until the end.
    server: Option<Server>,
    threads: Option<Runtime>,
}

impl Running {
    async fn start(
        folder: DataFolder,
        configuration: Configuration,
        push: Option<Arc<dyn mdm::Push>>,
    ) -> anyhow::Result<Self> {
        let threads = runtime::Builder::new_multi_thread()
            .worker_threads(WORKERS)
            .thread_name(WORKER)
            .enable_all()
            .build()
            .context("threads cannot be started")?;
        let mut running = Self { server: None, threads: Some(threads) };
        let options = Options { configuration, pid_file: None, push };
        if let Some(threads) = &running.threads {
            let server = threads.spawn(async move { Server::start(&folder, options).await });
            running.server = Some(server.await.context("the hub's threads ended")??);
        }
        Ok(running)
    }

    async fn stop(mut self) -> anyhow::Result<()> {
        if let (Some(server), Some(threads)) = (self.server.take(), &self.threads) {
            threads.spawn(server.stop()).await.context("the hub's threads ended")?;
        }
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.server.take());
        if let Some(threads) = self.threads.take() {
            threads.shutdown_background();
        }
    }
}
