//! `bothways certificate`: client certificates.

use std::{
    fs::OpenOptions,
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context;
use base64::{Engine, engine::general_purpose::STANDARD};
use certificates::{Entry, Reason};
use clap::{Subcommand, ValueEnum};
use serde::Serialize;

use super::{Done, Missing, duration, open};
use crate::{
    ambient::{moment, now},
    output::{self, Column},
    secret,
};

const EXAMPLES: &str = "\
Examples:
  bothways certificate authority --pem > authority.pem
  printf '%s' \"$PASSWORD\" | bothways certificate issue anna@example.com --p12 anna.p12 --password-stdin
  bothways certificate list anna@example.com
  bothways certificate revoke 5f3a... --reason key-compromise

Phones fetch certificates by themselves with SCEP: see `bothways scep challenge --help`.";

/// Client certificates.
#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum Certificate {
    /// Show the authority that issues; it is made when there is none.
    Authority {
        /// Print its certificate as PEM, for trust stores and profiles.
        #[arg(long, conflicts_with = "json")]
        pem: bool,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Make a key, issue a certificate for it, and write both with the authority into a PKCS#12 file.
    Issue {
        /// For whom.
        email: String,
        /// The file; it must not be there yet. It is for this user alone.
        #[arg(long, value_name = "FILE")]
        p12: PathBuf,
        /// Take the file's password from standard input.
        #[arg(long, required = true)]
        password_stdin: bool,
        /// What lists call it.
        #[arg(long, value_name = "TEXT", default_value = "by command")]
        label: String,
        /// How long it is good: 30d, 365d; the setting without it.
        #[arg(long, value_name = "DURATION", value_parser = duration)]
        ttl: Option<Duration>,
    },
    /// List what was issued, to one person or to everybody.
    List {
        /// To whom.
        email: Option<String>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Revoke a certificate; the next request with it is refused.
    Revoke {
        /// Its serial number, as `bothways certificate list` shows it.
        serial: String,
        /// Why; it is in the revocation list for everybody to read.
        #[arg(long, value_enum, default_value_t = Why::Unspecified)]
        reason: Why,
    },
}

/// Why a certificate is revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Why {
    /// No reason is given.
    Unspecified,
    /// The key may be in other hands: a lost phone.
    KeyCompromise,
    /// The person left, or has another name.
    AffiliationChanged,
    /// There is a newer one.
    Superseded,
    /// The phone is no longer in use.
    CessationOfOperation,
}

impl From<Why> for Reason {
    fn from(why: Why) -> Self {
        match why {
            Why::Unspecified => Self::Unspecified,
            Why::KeyCompromise => Self::KeyCompromise,
            Why::AffiliationChanged => Self::AffiliationChanged,
            Why::Superseded => Self::Superseded,
            Why::CessationOfOperation => Self::CessationOfOperation,
        }
    }
}

/// The authority, as it is printed.
#[derive(Debug, Serialize)]
struct Authority {
    fingerprint: String,
    ends: String,
    pem: String,
}

/// A certificate, as it is printed.
#[derive(Debug, Serialize)]
struct Row {
    serial: String,
    user: Option<String>,
    label: String,
    issued: String,
    ends: String,
    revoked: Option<String>,
    /// `good`, `ended` or `revoked`.
    state: &'static str,
    scep: bool,
}

impl From<Entry> for Row {
    fn from(entry: Entry) -> Self {
        Self {
            state: match entry.revoked_at {
                Some(_) => "revoked",
                None if entry.not_after <= now() => "ended",
                None => "good",
            },
            serial: entry.serial,
            user: entry.email,
            label: entry.label,
            issued: moment(entry.issued_at),
            ends: moment(entry.not_after),
            revoked: entry.revoked_at.map(moment),
            scep: entry.scep,
        }
    }
}

const COLUMNS: [Column<Row>; 6] = [
    Column("SERIAL", |row| row.serial.clone()),
    Column("USER", |row| row.user.clone().unwrap_or_else(|| "gone".to_owned())),
    Column("LABEL", |row| row.label.clone()),
    Column("ISSUED", |row| row.issued.clone()),
    Column("ENDS", |row| row.ends.clone()),
    Column("STATE", |row| row.state.to_owned()),
];

impl Certificate {
    pub(super) async fn run(self, data: &Path) -> anyhow::Result<Done> {
        let password = match &self {
            Self::Issue { .. } => Some(secret::from_stdin("password")?),
            _ => None,
        };
        let certificates = open(data, Missing::Refuse).await?.certificates;
        match self {
            Self::Authority { pem, json } => {
                let authority = certificates.authority().await?;
                let shown = Authority {
                    fingerprint: hexadecimal(&authority.fingerprint()),
                    ends: moment(authority.not_after()),
                    pem: armoured(authority.der()),
                };
                match (pem, json) {
                    (true, _) => output::line(shown.pem.trim_end())?,
                    (_, true) => output::object(&shown)?,
                    _ => {
                        output::line(&format!("SHA-256 fingerprint  {}", shown.fingerprint))?;
                        output::line(&format!("ends                 {}", shown.ends))?;
                    }
                }
            }
            Self::Issue { email, p12, password_stdin: _, label, ttl } => {
                let cannot = || format!("{} cannot be written", p12.display());
                // Before anything is issued, so that nothing is issued that nobody gets.
                let mut file =
                    OpenOptions::new().write(true).create_new(true).mode(0o600).open(&p12).with_context(cannot)?;
                let issued = certificates.issue(&email, &label, ttl).await;
                let issued = issued.inspect_err(|_| drop(std::fs::remove_file(&p12)))?;
                let bytes = issued.pkcs12(&password.unwrap_or_default(), &certificates)?;
                file.write_all(&bytes).and_then(|()| file.sync_all()).with_context(cannot)?;
                output::line(&issued.serial)?;
            }
            Self::List { email, json } => {
                let entries = certificates.list(email.as_deref()).await?;
                let rows: Vec<Row> = entries.into_iter().map(Row::from).collect();
                output::list(json, &rows, &COLUMNS, "there are no certificates")?;
            }
            Self::Revoke { serial, reason } => {
                certificates.revoke(&serial, reason.into()).await?;
            }
        }
        Ok(Done::Whole)
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":")
}

/// RFC 7468.
fn armoured(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines = text.as_bytes().chunks(64).filter_map(|line| std::str::from_utf8(line).ok());
    let body: String = lines.flat_map(|line| [line, "\n"]).collect();
    format!("-----BEGIN CERTIFICATE-----\n{body}-----END CERTIFICATE-----\n")
}
