//! `bothways fleet profile`: configuration profiles.

use std::{path::Path, time::Duration};

use clap::{Args, Subcommand, ValueEnum};
use fleet::{
    enrolment::Enrolment,
    profile::{Account, ClientIdentity, Installation as Installer, Options, Person, Scep, SignIn, contacts},
};

use mdm::Letterhead;

use super::{Mode, hub, person};
use crate::{
    cli::{Done, Missing, duration, open_with},
    fleet_settings,
    management::Way,
    output,
};

const EXAMPLES: &str = "\
Examples:
  bothways fleet profile contacts --user anna@example.com > anna.mobileconfig
  bothways fleet profile contacts --user anna@example.com --mode user --unsigned
  bothways fleet profile contacts --user anna@example.com --certificate > anna.mobileconfig

Give it to devices by MDM. A profile that a person installs by hand (--by-hand) lacks what only MDM may set.
The same person gets the same account again: installing it anew asks nobody to sign in.";

/// Configuration profiles.
#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum Profile {
    Contacts(Contacts),
    Enrolment(Enrol),
}

/// The profile with which a person's device enrols with the MDM server inside ([mdm] server = "inside").
///
/// The device fetches its certificate by SCEP with the challenge in it, which is good once and for a day.
#[derive(Debug, Args)]
pub struct Enrol {
    /// Whose device.
    #[arg(long, value_name = "EMAIL")]
    user: String,
    /// Do not sign it.
    #[arg(long)]
    unsigned: bool,
}

/// The managed account with contacts only, the boundary around it, and the way to the help page.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub struct Contacts {
    /// Whose account.
    #[arg(long, value_name = "EMAIL")]
    user: String,
    /// Do not sign it. Some MDM servers sign by themselves.
    #[arg(long)]
    unsigned: bool,
    /// How the device is enrolled; user enrolment forbids one of the restrictions.
    #[arg(long, value_enum, default_value_t = Mode::Device)]
    mode: Mode,
    /// The protocol; CardDAV has no sign-in page and needs an app password.
    #[arg(long, value_enum, default_value_t = Protocol::Activesync)]
    protocol: Protocol,
    /// The phone fetches a client certificate by SCEP and needs no password; the challenge in it is good once.
    #[arg(long, conflicts_with = "protocol")]
    certificate: bool,
    /// How long that challenge is good.
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "7d", requires = "certificate")]
    challenge_ttl: Duration,
    /// For installation by a person instead of MDM.
    #[arg(long)]
    by_hand: bool,
    /// Leave the restrictions (managed open-in, contacts) to other profiles.
    #[arg(long)]
    no_restrictions: bool,
    /// No link to the help page on the Home screen.
    #[arg(long)]
    no_web_clip: bool,
    /// Bundle id of the app that calls these contacts.
    #[arg(long, value_name = "BUNDLE_ID")]
    audio_calls: Option<String>,
}

/// By which protocol the contacts come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Protocol {
    /// Exchange ActiveSync: push, sign-in page, directory search.
    Activesync,
    /// `CardDAV`.
    Carddav,
}

impl Profile {
    pub(super) async fn run(self, data: &Path) -> anyhow::Result<Done> {
        match self {
            Self::Contacts(contacts) => contacts.run(data).await,
            Self::Enrolment(enrol) => enrol.run(data).await,
        }
    }
}

impl Enrol {
    async fn run(self, data: &Path) -> anyhow::Result<Done> {
        let (folder, configuration, mut installation) = open_with(data, Missing::Refuse).await?;
        let Some(Way::Inside(service)) = Way::open(&installation, &folder, &configuration, None).await? else {
            anyhow::bail!("there is no MDM server inside; set [mdm] server = \"inside\" in bothways.toml");
        };
        if !service.can_wake() {
            eprintln!("note: without a push certificate in [mdm] devices are not woken; they come when they do");
        }
        let offer = service.offer(&self.user).await?;
        let (hub, _) = fleet_settings::hub(&configuration);
        let letterhead = Letterhead {
            organisation: hub.organisation.clone(),
            identifier_prefix: hub.identifier_prefix.clone(),
            sign_messages: true,
            roots: Vec::new(),
        };
        let profile = offer.profile(&letterhead)?.to_plist();
        let document = if self.unsigned {
            profile
        } else {
            fleet_settings::signer(&folder, &configuration, &installation.certificates).await?.sign(&profile)?
        };
        installation.finish().await;
        output::bytes(&document)?;
        Ok(Done::Whole)
    }
}

impl Contacts {
    async fn run(self, data: &Path) -> anyhow::Result<Done> {
        let (folder, configuration, mut installation) = open_with(data, Missing::Create).await?;
        let hub = hub(&configuration);
        let person = person(&installation, &self.user).await?;
        let options = Options {
            account: self.account(&installation, &hub, &person).await?,
            installation: if self.by_hand { Installer::ByHand } else { Installer::Mdm },
            restrictions: !self.no_restrictions,
            web_clip: !self.no_web_clip,
            audio_calls: self.audio_calls.clone(),
            ..Options::default()
        };
        let profile = contacts(&hub, &person, Enrolment::from(self.mode), &options).to_plist();
        let document = if self.unsigned {
            profile
        } else {
            fleet_settings::signer(&folder, &configuration, &installation.certificates).await?.sign(&profile)?
        };
        installation.finish().await;
        output::bytes(&document)?;
        Ok(Done::Whole)
    }

    async fn account(
        &self,
        installation: &crate::installation::Installation,
        hub: &fleet::profile::Hub,
        person: &Person,
    ) -> anyhow::Result<Account> {
        if self.protocol == Protocol::Carddav {
            return Ok(Account::CardDav { principal_url: None, port: None });
        }
        if !self.certificate {
            return Ok(Account::Exchange(SignIn::OAuth));
        }
        let challenge = installation.certificates.challenge(&person.email, "profile", self.challenge_ttl).await?;
        let authority = installation.certificates.authority().await?;
        let base = hub.help_url.strip_suffix(oauth::HELP_PAGE).unwrap_or_default();
        Ok(Account::Exchange(SignIn::Certificate(ClientIdentity::Scep(Scep {
            url: format!("{base}/scep"),
            challenge: Some(challenge.reveal().to_owned()),
            common_name: person.email.clone(),
            email: Some(person.email.clone()),
            authority_fingerprint: authority.fingerprint().to_vec(),
        }))))
    }
}
