//! `bothways doctor`: looks at everything an installation stands on, and says what to fix. It changes nothing but the
//! schema of a database that an older release has written, which `serve` would do as well.

use std::{
    net::{SocketAddr, TcpListener, TcpStream},
    os::unix::fs::PermissionsExt,
    path::Path,
    time::Duration,
};

use clap::Args;
use jiff::{Timestamp, ToSpan};
use ledger::{
    LedgerError,
    lock::{FolderLock, LockError},
    tables::accounts,
};
use serde::Serialize;

use super::Done;
use crate::{
    ambient,
    certificate::Files,
    configuration::Configuration,
    data_folder::DataFolder,
    installation::{self, Installation},
    limits::{CERTIFICATE_RENEW_DAYS, DESCRIPTORS_RESERVED, DISK_FREE_BYTES_MIN},
    output,
};

/// How long a listener may take to accept.
const CONNECT_WAIT: Duration = Duration::from_secs(2);
/// Before this release no clock can have been right: 2026-01-01.
const EARLIEST: i64 = 1_767_225_600_000_000;
/// How far the clocks of several machines may differ, in microseconds.
const CLOCK_TOLERANCE: i64 = 300_000_000;
/// Descriptors for a thousand phones.
const DESCRIPTORS_ENOUGH: u64 = 1_000 + DESCRIPTORS_RESERVED;

/// Check this installation and say what to fix.
///
/// Exit code 0: nothing to fix. 1: at least one problem.
#[derive(Debug, Args)]
pub struct Doctor {
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Good,
    Warning,
    Problem,
}

/// Something that was looked at.
#[derive(Debug, Serialize)]
struct Finding {
    what: &'static str,
    state: State,
    found: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<String>,
}

impl Finding {
    fn good(what: &'static str, found: impl Into<String>) -> Self {
        Self { what, state: State::Good, found: found.into(), fix: None }
    }

    fn warning(what: &'static str, found: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { what, state: State::Warning, found: found.into(), fix: Some(fix.into()) }
    }

    fn problem(what: &'static str, found: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { what, state: State::Problem, found: found.into(), fix: Some(fix.into()) }
    }
}

impl Doctor {
    pub(super) async fn run(&self, data: &Path) -> anyhow::Result<Done> {
        let findings = examine(data).await;
        if self.json {
            output::object(&findings)?;
        } else {
            for finding in &findings {
                let mark = match finding.state {
                    State::Good => "good   ",
                    State::Warning => "warning",
                    State::Problem => "PROBLEM",
                };
                output::line(&format!("{mark}  {:<14} {}", finding.what, finding.found))?;
                if let Some(fix) = &finding.fix {
                    output::line(&format!("{:25}fix: {fix}", ""))?;
                }
            }
        }
        let sick = findings.iter().any(|finding| finding.state == State::Problem);
        Ok(if sick { Done::WithFindings } else { Done::Whole })
    }
}

async fn examine(data: &Path) -> Vec<Finding> {
    let folder = match DataFolder::open(data) {
        Ok(folder) => folder,
        Err(error) => return vec![Finding::problem("data folder", error.to_string(), "bothways serve")],
    };
    let mut findings = vec![privacy(&folder), disk(&folder), descriptors()];
    let configuration = match Configuration::read(&folder) {
        Ok(configuration) => configuration,
        Err(error) => {
            findings.push(Finding::problem("configuration", error.to_string(), "correct the line"));
            return findings;
        }
    };
    findings.push(Finding::good("configuration", folder.configuration().display().to_string()));
    let running = running(&folder, &mut findings);
    findings.extend(configuration.server.listen.iter().map(|address| port(*address, running)));
    findings.push(certificate(&folder, &configuration));
    findings.push(public_url(&configuration));
    findings.extend(company(&folder, &configuration).await);
    findings.extend(database(&folder, &configuration).await);
    findings
}

/// Where people are known besides here: the company's provider and its directory.
async fn company(folder: &DataFolder, configuration: &Configuration) -> Vec<Finding> {
    let unusable = |what, error: &anyhow::Error| {
        let fix = "correct it in bothways.toml (docs/company-sign-in.md)";
        Finding::problem(what, error.root_cause().to_string(), fix)
    };
    let finding = |check: federation::Check| match check.found {
        Ok(found) => Finding::good(check.what, found),
        Err(problem) => Finding::problem(check.what, problem.wrong, problem.fix),
    };
    let mut findings = Vec::new();
    match installation::company(folder, configuration) {
        Ok(Some(company)) => findings.extend(company.examine().await.into_iter().map(finding)),
        Ok(None) => {}
        Err(error) => findings.push(unusable("company sign-in", &error)),
    }
    match installation::ldap(folder, configuration) {
        Ok(Some(directory)) => findings.push(finding(directory.examine().await)),
        Ok(None) => {}
        Err(error) => findings.push(unusable("directory", &error)),
    }
    findings
}

/// What the group and everybody may do.
const OTHERS: u32 = 0o077;

fn privacy(folder: &DataFolder) -> Finding {
    let path = folder.path().display().to_string();
    match std::fs::metadata(folder.path()).map(|found| found.permissions().mode()) {
        Ok(mode) if mode & OTHERS == 0 => Finding::good("data folder", path),
        Ok(_) => Finding::warning(
            "data folder",
            format!("other users of this machine can look into {path}"),
            format!("chmod 700 {path}"),
        ),
        Err(error) => Finding::problem("data folder", format!("{path}: {error}"), "make it readable for this user"),
    }
}

fn disk(folder: &DataFolder) -> Finding {
    match rustix::fs::statvfs(folder.path()) {
        Ok(found) => {
            let free = found.f_bavail.saturating_mul(found.f_frsize);
            let text = format!("{} MiB free", free >> 20);
            if free >= DISK_FREE_BYTES_MIN {
                Finding::good("disk", text)
            } else {
                Finding::warning("disk", text, "make room: on a full disk changes are refused until there is some")
            }
        }
        Err(error) => Finding::warning("disk", error.to_string(), "check the file system"),
    }
}

fn descriptors() -> Finding {
    match rlimit::Resource::NOFILE.get() {
        Ok((_, hard)) if hard >= DESCRIPTORS_ENOUGH => {
            Finding::good("open files", format!("up to {hard}, so {} connections", hard - DESCRIPTORS_RESERVED))
        }
        Ok((_, hard)) => Finding::warning(
            "open files",
            format!("only {hard} allowed, so few phones can wait at once"),
            "raise the limit: LimitNOFILE=1048576 in the systemd unit, or ulimit -Hn",
        ),
        Err(error) => Finding::warning("open files", error.to_string(), "check ulimit -n"),
    }
}

/// Whether a server runs on this folder.
fn running(folder: &DataFolder, findings: &mut Vec<Finding>) -> bool {
    match FolderLock::acquire(folder.path()) {
        Ok(_) => {
            findings.push(Finding::good("server", "not running"));
            false
        }
        Err(LockError::Held { holder, .. }) => {
            let process = holder.map(|process| format!(" as process {process}")).unwrap_or_default();
            findings.push(Finding::good("server", format!("running{process}")));
            true
        }
        Err(error) => {
            let fix = "make the data folder writable for this user";
            findings.push(Finding::problem("server", error.to_string(), fix));
            false
        }
    }
}

fn port(address: SocketAddr, running: bool) -> Finding {
    if running {
        let mut target = address;
        if address.ip().is_unspecified() {
            target.set_ip(if address.is_ipv4() { [127, 0, 0, 1].into() } else { [0, 0, 0, 0, 0, 0, 0, 1].into() });
        }
        return match TcpStream::connect_timeout(&target, CONNECT_WAIT) {
            Ok(_) => Finding::good("port", format!("{address} answers")),
            Err(error) => Finding::warning(
                "port",
                format!("the server does not answer on {address}: {error}"),
                "if it was started with --listen, this setting was not used; otherwise look into its log",
            ),
        };
    }
    match TcpListener::bind(address) {
        Ok(_) => Finding::good("port", format!("{address} is free")),
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => Finding::problem(
            "port",
            format!("this user may not listen on {address}"),
            "choose a port above 1023, or allow it: setcap cap_net_bind_service=+ep on the program",
        ),
        Err(error) => Finding::problem(
            "port",
            format!("{address} cannot be used: {error}"),
            "stop the program that uses it, or set server.listen in bothways.toml",
        ),
    }
}

fn certificate(folder: &DataFolder, configuration: &Configuration) -> Finding {
    const WHAT: &str = "certificate";
    if configuration.server.plain_http {
        return Finding::good(WHAT, "not used: plain_http is set");
    }
    let files = Files::of(configuration, folder);
    if files.own && !files.certificate.exists() {
        return Finding::good(WHAT, "will be made on the first start");
    }
    let renew = if files.own {
        "remove it and start the server, then have devices trust the new one; better: set [tls] in bothways.toml"
    } else {
        "renew it, then send SIGHUP to the server"
    };
    let end = match files.load().and_then(|_| files.not_after()) {
        Ok(Some(end)) => end,
        Ok(None) => return Finding::warning(WHAT, "its end cannot be read", "check it with openssl x509 -text"),
        Err(error) => return Finding::problem(WHAT, error.to_string(), "correct [tls] in bothways.toml"),
    };
    let now = Timestamp::now();
    let soon = now.checked_add((CERTIFICATE_RENEW_DAYS * 24).hours()).unwrap_or(Timestamp::MAX);
    if end <= now {
        Finding::problem(WHAT, format!("ended on {end}; no phone connects"), renew)
    } else if end <= soon {
        Finding::warning(WHAT, format!("ends on {end}"), renew)
    } else if files.own {
        let fix = "set [tls] in bothways.toml to a certificate of an authority that phones know";
        Finding::warning(WHAT, format!("self-signed, good until {end}; phones must be told to trust it"), fix)
    } else {
        Finding::good(WHAT, format!("good until {end}"))
    }
}

fn public_url(configuration: &Configuration) -> Finding {
    match &configuration.server.public_url {
        Some(url) => Finding::good("public url", url.clone()),
        None => Finding::warning(
            "public url",
            "not set; Autodiscover gives out the host that a client asked",
            "set server.public_url in bothways.toml",
        ),
    }
}

async fn database(folder: &DataFolder, configuration: &Configuration) -> Vec<Finding> {
    const WHAT: &str = "database";
    let embedded = matches!(configuration.database_url(folder), Ok(None));
    if embedded && !folder.database().exists() {
        return vec![clock(None), Finding::good(WHAT, "will be made on the first start")];
    }
    let installation = match Installation::open(folder, configuration).await {
        Ok(installation) => installation,
        Err(error) => {
            let fix = "see [database] in bothways.toml; a database of a newer release needs that release";
            return vec![clock(None), Finding::problem(WHAT, format!("{error:#}"), fix)];
        }
    };
    let ledger = &installation.ledger;
    let horizon = ambient::now().saturating_add(CLOCK_TOLERANCE);
    let future = ledger.read::<_, LedgerError>(move |tx| accounts::changed_since(tx, horizon)).await;
    let mut findings = vec![clock(future.ok().map(|accounts| accounts.len()))];
    match installation.people().await {
        Ok(people) if people.is_empty() => {
            findings.push(Finding::warning("users", "none", "bothways user add EMAIL --name NAME --password-stdin"));
        }
        Ok(people) => findings.push(Finding::good("users", people.len().to_string())),
        Err(error) => findings.push(Finding::problem("users", format!("{error:#}"), "restore the database")),
    }
    findings.push(Finding::good(WHAT, format!("{}, schema up to date", ledger.engine_name())));
    findings
}

/// `future` counts accounts that were changed at a time that has not come yet.
fn clock(future: Option<usize>) -> Finding {
    let (now, fix) = (ambient::now(), "set the clock, and keep it right with chrony or systemd-timesyncd");
    if now < EARLIEST {
        return Finding::problem("clock", format!("it says {}", ambient::moment(now)), fix);
    }
    match future {
        Some(accounts @ 1..) => {
            let found = format!("{accounts} accounts were changed in the future: this clock was set back, or is wrong");
            Finding::problem("clock", found, fix)
        }
        _ => Finding::good("clock", ambient::moment(now)),
    }
}
