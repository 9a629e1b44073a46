//! `phone run`: one session, told line by line.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use clap::Args;
use phone::{Credentials, Discovery, FaultRates, Pace, Phone, PhoneError, PingOutcome};
use serde_json::{Value, json};

use super::account::Server;
use super::sample;

/// A device id like those of real phones.
const DEVICE_ID: &str = "7Q2M5T9KD14V9B3R0H8N6C1XEE";

/// Options of `phone run`.
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub struct Run {
    #[command(flatten)]
    server: Server,
    /// Mail address of the person
    #[arg(long)]
    user: String,
    /// Password or app password
    #[arg(long, env = "PHONE_PASSWORD", hide_env_values = true, required_unless_present = "bearer")]
    password: Option<String>,
    /// Token to sign in with instead of a password
    #[arg(long, env = "PHONE_TOKEN", hide_env_values = true, conflicts_with = "password")]
    bearer: Option<String>,
    /// Device id
    #[arg(long, default_value = DEVICE_ID)]
    device_id: String,
    /// Find the server by Autodiscover at --url (at the mail domain's own hosts with --discover-domain)
    #[arg(long)]
    discover: bool,
    /// Find the server by Autodiscover at the mail domain's own hosts
    #[arg(long, conflicts_with = "discover")]
    discover_domain: bool,
    /// Add this many sample contacts
    #[arg(long, default_value_t = 0, value_name = "N")]
    add: usize,
    /// Search the directory for this text
    #[arg(long, value_name = "TEXT")]
    gal: Option<String>,
    /// Then wait for changes this long, and sync when told
    #[arg(long, default_value_t = 0, value_name = "SECONDS")]
    watch: u64,
    /// List the contacts at the end
    #[arg(long)]
    list: bool,
    /// Keep the phone's state in this file and go on from it next time
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// Probability that an answer is lost
    #[arg(long, default_value_t = 0.0, value_name = "P")]
    lose: f64,
    /// Probability that a request is delivered twice
    #[arg(long, default_value_t = 0.0, value_name = "P")]
    duplicate: f64,
    /// Probability that a connection breaks before the request is sent
    #[arg(long, default_value_t = 0.0, value_name = "P")]
    break_before: f64,
    /// Wait as long as a real phone where it waits
    #[arg(long)]
    real_pace: bool,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

impl Run {
    /// Plays the session.
    pub async fn play(self) -> anyhow::Result<()> {
        let mut phone = self.phone()?;
        let result = self.session(&mut phone).await;
        if let Some(file) = &self.state {
            let saved = phone.saved_state()?;
            std::fs::write(file, saved).with_context(|| format!("cannot write {}", file.display()))?;
        }
        for violation in phone.violations() {
            self.tell("violation", &violation.to_string(), None, &Value::Null);
        }
        let counters = phone.counters();
        let summary = format!(
            "{} requests, {} bytes up, {} bytes down, {} answers lost, {} resets, {} collapses",
            counters.requests.values().sum::<u64>(),
            counters.bytes_sent,
            counters.bytes_received,
            counters.answers_lost,
            counters.resets,
            counters.collapses
        );
        self.tell("summary", &summary, None, &serde_json::to_value(&counters)?);
        result?;
        if !phone.violations().is_empty() {
            bail!("the server broke {} rules of iOS", phone.violations().len());
        }
        Ok(())
    }

    fn phone(&self) -> anyhow::Result<Phone> {
        let credentials = match (&self.password, &self.bearer) {
            (Some(password), _) => Credentials::Password(password.clone()),
            (None, Some(token)) => Credentials::Bearer(token.clone()),
            (None, None) => bail!("neither a password nor a token"),
        };
        let trust = self.server.trust()?;
        let mut config = self.server.config(&trust, &self.user, credentials, &self.device_id);
        config.faults = FaultRates {
            lose_answer: self.lose,
            duplicate: self.duplicate,
            close_before_sending: self.break_before,
            ..FaultRates::default()
        };
        if !self.real_pace {
            config.pace = Pace::HURRIED;
        }
        if self.discover {
            config.discovery = Discovery::At(self.server.url.clone());
        } else if self.discover_domain {
            config.discovery = Discovery::Domain;
        }
        match self.state.as_ref().filter(|file| file.exists()) {
            Some(file) => {
                let saved = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
                Ok(Phone::from_saved(config, &saved)?)
            }
            None => Ok(Phone::new(config)?),
        }
    }

    async fn session(&self, phone: &mut Phone) -> anyhow::Result<()> {
        if phone.folders().is_empty() {
            let started = Instant::now();
            let set_up = phone.set_up().await?;
            let text = format!(
                "version {}, found by {:?}, addresses {}",
                set_up.version,
                set_up.found_by,
                set_up.addresses.join(" ")
            );
            self.tell("set up", &text, Some(started), &json!({ "version": set_up.version }));
            for folder in phone.folders() {
                self.tell(
                    "folder",
                    &format!("{} type {} id {}", folder.name, folder.kind, folder.id),
                    None,
                    &Value::Null,
                );
            }
        }
        self.sync(phone).await?;
        if self.add > 0 {
            let before = phone.contact_count();
            for n in before..before + self.add {
                phone.add_contact(sample::contact(n, None))?;
            }
            self.sync(phone).await?;
        }
        if let Some(text) = &self.gal {
            let started = Instant::now();
            let found = phone.search_gal(text).await?;
            self.tell("directory", &format!("{} people for {text:?}", found.len()), Some(started), &json!(found));
        }
        self.watch(phone).await?;
        if self.list {
            for (id, contact) in phone.contacts() {
                self.tell(
                    "contact",
                    &format!("{id} {}", contact.display_name()),
                    None,
                    &serde_json::to_value(contact)?,
                );
            }
        }
        Ok(())
    }

    async fn sync(&self, phone: &mut Phone) -> anyhow::Result<()> {
        let started = Instant::now();
        let mut result = phone.sync().await;
        // With faults on, a lost connection waits for the next trigger; here it comes at once.
        for _ in 0..20 {
            match &result {
                Err(PhoneError::Transport(error)) if self.faulty() => {
                    self.tell("lost", &error.to_string(), None, &Value::Null);
                    result = phone.sync().await;
                }
                _ => break,
            }
        }
        let report = result?;
        let text = format!(
            "{} received, {} sent, {} answers, {} contacts now",
            report.received,
            report.sent,
            report.answers,
            phone.contact_count()
        );
        self.tell("sync", &text, Some(started), &json!({ "received": report.received, "sent": report.sent }));
        Ok(())
    }

    fn faulty(&self) -> bool {
        self.lose + self.duplicate + self.break_before > 0.0
    }

    async fn watch(&self, phone: &mut Phone) -> anyhow::Result<()> {
        let end = Instant::now() + Duration::from_secs(self.watch);
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            let started = Instant::now();
            let outcome = phone.ping_until_change(left).await?;
            self.tell("ping", &format!("{outcome:?}"), Some(started), &Value::Null);
            if outcome != PingOutcome::Quiet {
                self.sync(phone).await?;
            }
        }
    }

    fn tell(&self, what: &str, text: &str, since: Option<Instant>, detail: &Value) {
        let elapsed = since.map(|since| since.elapsed());
        if self.json {
            let milliseconds = elapsed.map(|elapsed| elapsed.as_secs_f64() * 1e3);
            println!("{}", json!({ "event": what, "text": text, "milliseconds": milliseconds, "detail": detail }));
        } else {
            let took = elapsed.map(|elapsed| format!("  ({:.1} ms)", elapsed.as_secs_f64() * 1e3));
            println!("{what:>10}  {text}{}", took.unwrap_or_default());
        }
    }
}
