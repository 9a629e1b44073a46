//! The settings of an installation, `bothways.toml` in the data folder.
//!
//! Every setting has a default that is good for a start; the file written on the first start says them all in
//! comments. A command line option goes before a setting.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    net::SocketAddr,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::Deserialize;

use crate::{data_folder::DataFolder, fleet_settings::Fleet, limits, management::Mdm, network::Network, span};

/// The file a new data folder gets.
const TEMPLATE: &str = include_str!("bothways.toml");

/// Everything that can be set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Configuration {
    /// Where and how to listen.
    pub server: Server,
    /// The certificate.
    pub tls: Tls,
    /// Where the facts are kept.
    pub database: Database,
    /// Who is let in.
    pub access: Access,
    /// How people sign in.
    pub sign_in: SignIn,
    /// The company's own OpenID Connect provider (docs/company-sign-in.md).
    pub company: Option<federation::CompanySettings>,
    /// The company's directory, asked whether a password is right.
    pub ldap: Option<federation::LdapSettings>,
    /// Client certificates.
    pub certificates: Certificates,
    /// What devices must agree to.
    pub provisioning: Provisioning,
    /// What profiles for enrolled devices say.
    pub fleet: Fleet,
    /// Through what enrolled devices are managed.
    pub mdm: Mdm,
    /// The key that seals what must stay secret.
    pub secrets: Secrets,
    /// What is kept of who did what.
    pub audit: Audit,
    /// What is logged.
    pub log: Log,
}

/// `[server]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// Addresses to listen on.
    pub listen: Vec<SocketAddr>,
    /// The address of the installation as phones see it, without a path.
    pub public_url: Option<String>,
    /// HTTP without TLS.
    pub plain_http: bool,
    /// A proxy in front of the server speaks TLS with the clients.
    pub behind_proxy: bool,
    /// A listener of its own, without TLS, for `/metrics`, `/healthz` and `/readyz`.
    pub metrics_listen: Option<SocketAddr>,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: vec![SocketAddr::from(([0, 0, 0, 0], 8443))],
            public_url: None,
            plain_http: false,
            behind_proxy: false,
            metrics_listen: None,
        }
    }
}

/// `[tls]`: both or none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tls {
    /// PEM, the server's own certificate first.
    pub certificate: Option<PathBuf>,
    /// PEM.
    pub key: Option<PathBuf>,
}

/// `[database]`
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Database {
    /// A `postgres://` address; the embedded database without one.
    pub url: Option<String>,
    /// A file that holds the address, for those who keep secrets out of settings.
    pub url_file: Option<PathBuf>,
    /// What an acknowledged change survives (the embedded database only).
    pub durability: Durability,
    /// The largest size of the embedded database, in MiB; no limit but the disk's without it. Beyond it, changes are
    /// refused as on a full disk.
    pub mebibytes_max: Option<u32>,
}

/// What an acknowledged change survives.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Durability {
    /// A power failure.
    #[default]
    PowerFailure,
    /// The end of the process, in whatever way.
    ProcessEnd,
}

/// `[access]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Access {
    /// A person's own password opens the paths too, not only app passwords.
    pub account_passwords: bool,
}

impl Default for Access {
    fn default() -> Self {
        Self { account_passwords: true }
    }
}

/// `[sign_in]`: the authorization server and its pages.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SignIn {
    /// What an iPhone is told that asks how to sign in.
    pub mode: SignInMode,
    /// The name on the pages.
    pub organization: String,
    /// The sign-in page takes passwords, beside the company's provider.
    pub passwords: bool,
    /// Whether people must show a second factor there.
    pub second_factor: oauth::SecondFactorRule,
    /// Whom people ask when a device is not let in.
    pub help_contact: Option<oauth::HelpContact>,
    /// How long an access token is good.
    #[serde(deserialize_with = "some_span")]
    pub access_token_life: Duration,
    /// How long a sign-in lasts that is not used.
    #[serde(deserialize_with = "some_span")]
    pub session_life: Duration,
}

impl Default for SignIn {
    fn default() -> Self {
        Self {
            mode: SignInMode::OnPremises,
            organization: "Bothways".to_owned(),
            passwords: true,
            second_factor: oauth::SecondFactorRule::Optional,
            help_contact: None,
            access_token_life: Duration::from_hours(1),
            session_life: Duration::from_hours(24 * 90),
        }
    }
}

/// What an iPhone is told that asks how to sign in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignInMode {
    /// To the sign-in page, as Exchange Server with AD FS does.
    #[default]
    OnPremises,
    /// To the sign-in page, as Entra ID does.
    Entra,
    /// To use a password.
    Off,
}

/// `[certificates]`: client certificates, as the sole credential of a phone.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Certificates {
    /// The name of the installation's own authority; only its first certificate takes it.
    pub authority_name: String,
    /// How long a certificate is good that the authority issues.
    #[serde(deserialize_with = "some_span")]
    pub life: Duration,
    /// PEM files of other authorities whose certificates are accepted.
    pub trusted_authorities: Vec<PathBuf>,
    /// Proxies that may say with what certificate a client came (RFC 9440).
    pub trusted_proxies: Vec<Network>,
}

impl Default for Certificates {
    fn default() -> Self {
        Self {
            authority_name: "Bothways clients".to_owned(),
            life: Duration::from_hours(24 * 365),
            trusted_authorities: Vec::new(),
            trusted_proxies: Vec::new(),
        }
    }
}

/// `[provisioning]`: the policy of ActiveSync's Provision command.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Provisioning {
    /// Devices must take the policy before anything else.
    pub required: bool,
    /// Characters of the passcode; none is demanded without it.
    pub passcode_length_min: Option<u8>,
    /// Letters beside digits in the passcode.
    pub passcode_alphanumeric: bool,
    /// Without use until the device locks.
    #[serde(deserialize_with = "span")]
    pub lock_after: Option<Duration>,
    /// Wrong passcodes until the device erases itself.
    pub failed_attempts_max: Option<u8>,
    /// The device must encrypt what it stores.
    pub encryption: bool,
}

fn span<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let text = String::deserialize(deserializer)?;
    span::parse(&text).map(Some).map_err(serde::de::Error::custom)
}

/// `[secrets]`
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Secrets {
    /// The file with the installation's key, for those who keep it elsewhere than in the data folder, or share it among
    /// several servers of one database.
    pub key_file: Option<PathBuf>,
}

/// `[audit]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Audit {
    /// How long it is kept who signed in and what was changed.
    #[serde(deserialize_with = "some_span")]
    pub retention: Duration,
}

impl Default for Audit {
    fn default() -> Self {
        Self { retention: Duration::from_hours(24 * 365) }
    }
}

fn some_span<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    span::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
}

/// `[log]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// For people or for programs.
    pub format: LogFormat,
    /// What to log, in the syntax of tracing's `EnvFilter`.
    pub filter: String,
}

impl Default for Log {
    fn default() -> Self {
        Self { format: LogFormat::Text, filter: "info".to_owned() }
    }
}

/// How log lines look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigurationError {
    /// The file is not TOML, or says something unknown.
    #[error("{file}, {reason}", file = file.display())]
    Malformed {
        /// The file.
        file: PathBuf,
        /// The line, and what is wrong with it.
        reason: String,
    },
    /// A setting that contradicts another one, or makes no sense.
    #[error("{file}: {reason}", file = file.display())]
    Senseless {
        /// The file.
        file: PathBuf,
        /// What to do about it.
        reason: &'static str,
    },
    /// The file system said no.
    #[error("{file}: {source}", file = file.display())]
    Io {
        /// The file.
        file: PathBuf,
        /// What it said.
        source: io::Error,
    },
}

impl Configuration {
    /// The settings of a data folder; the defaults when it has no file.
    pub fn read(folder: &DataFolder) -> Result<Self, ConfigurationError> {
        let file = folder.configuration();
        match fs::read_to_string(&file) {
            Ok(text) => Self::parse(&text, &file),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(source) => Err(ConfigurationError::Io { file, source }),
        }
    }

    /// Writes the commented file, unless there is one. Readable by this user alone, because it may come to hold a
    /// database's password.
    pub fn write_template(folder: &DataFolder) -> Result<(), ConfigurationError> {
        let file = folder.configuration();
        let io = |source| ConfigurationError::Io { file: file.clone(), source };
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&file) {
            Ok(mut out) => out.write_all(TEMPLATE.as_bytes()).map_err(io),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            Err(source) => Err(io(source)),
        }
    }

    fn parse(text: &str, file: &Path) -> Result<Self, ConfigurationError> {
        let configuration: Self = toml::from_str(text).map_err(|error| ConfigurationError::Malformed {
            file: file.to_owned(),
            reason: error.to_string().trim().to_owned(),
        })?;
        match configuration.complaint() {
            None => Ok(configuration),
            Some(reason) => Err(ConfigurationError::Senseless { file: file.to_owned(), reason }),
        }
    }

    /// Checks settings that the command line has changed.
    ///
    /// # Errors
    /// What contradicts what, and what to do about it.
    pub fn check(&self) -> anyhow::Result<()> {
        self.complaint().map_or(Ok(()), |complaint| Err(anyhow::anyhow!(complaint)))
    }

    fn complaint(&self) -> Option<&'static str> {
        if self.server.listen.is_empty() {
            return Some("server.listen names no address");
        }
        if self.tls.certificate.is_some() != self.tls.key.is_some() {
            return Some("[tls] needs both certificate and key, or neither");
        }
        if self.database.url.is_some() && self.database.url_file.is_some() {
            return Some("[database] takes url or url_file, not both");
        }
        if self.certificates.life > certificates::limits::CERTIFICATE_LIFE_MAX {
            return Some("[certificates] life is five years at most");
        }
        if self.sign_in.access_token_life > limits::ACCESS_TOKEN_LIFE_MAX {
            return Some("[sign_in] access_token_life is a day at most: until then a lost token may be used");
        }
        if self.company.is_some() && self.server.public_url.is_none() {
            return Some("[company] needs server.public_url: the provider sends people back to an address it knows");
        }
        if let Some(complaint) = self.fleet.complaint().or(self.mdm.complaint(self.server.public_url.as_deref())) {
            return Some(complaint);
        }
        match self.server.public_url.as_deref().map(http::Uri::try_from) {
            Some(Ok(url)) if url.scheme().is_none() || !matches!(url.path(), "" | "/") => {
                Some("server.public_url must be like \"https://contacts.example.com\", without a path")
            }
            Some(Err(_)) => Some("server.public_url is no web address"),
            _ => None,
        }
    }

    /// Where people read why a device has no contacts; the path alone where the address of the server is not set.
    pub fn help_page(&self) -> String {
        let address = self.server.public_url.as_deref().unwrap_or_default();
        format!("{}{}", address.trim_end_matches('/'), oauth::HELP_PAGE)
    }

    /// The address of the PostgreSQL database; `None` for the embedded one.
    pub fn database_url(&self, folder: &DataFolder) -> Result<Option<String>, ConfigurationError> {
        let Some(named) = &self.database.url_file else { return Ok(self.database.url.clone()) };
        let file = folder.path().join(named);
        match fs::read_to_string(&file) {
            Ok(text) => Ok(Some(text.trim().to_owned())),
            Err(source) => Err(ConfigurationError::Io { file, source }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Configuration, ConfigurationError> {
        Configuration::parse(text, Path::new("bothways.toml"))
    }

    #[test]
    fn the_file_of_a_new_folder_says_the_defaults_in_comments() {
        assert_eq!(parse(TEMPLATE).unwrap(), Configuration::default());
        let uncommented: String =
            TEMPLATE.lines().map(|line| line.strip_prefix("#: ").unwrap_or(line).to_owned() + "\n").collect();
        assert_ne!(uncommented, TEMPLATE);
        assert_eq!(parse(&uncommented).unwrap(), Configuration::default());
    }

    #[test]
    fn a_misspelt_setting_is_told_with_its_line() {
        let error = parse("[server]\nlisten = [\"127.0.0.1:1\"]\nlissten = 3\n").unwrap_err().to_string();
        assert!(error.contains("line 3") && error.contains("lissten"), "{error}");
    }

    #[test]
    fn settings_that_contradict_each_other_are_told() {
        for (text, says) in [
            ("[server]\nlisten = []", "no address"),
            ("[tls]\nkey = \"k.pem\"", "both"),
            ("[database]\nurl = \"postgres://a\"\nurl_file = \"b\"", "not both"),
            ("[server]\npublic_url = \"https://a.example/path\"", "without a path"),
            ("[server]\npublic_url = \"contacts\"", "without a path"),
            ("[company]\nissuer = \"https://op.example\"\nclient_id = \"a\"", "server.public_url"),
            ("[sign_in]\nhelp_contact = \" \"", "whom people ask"),
            ("[sign_in]\nhelp_contact = \"a\\nb\"", "one line"),
            ("[sign_in]\naccess_token_life = \"2d\"", "a day"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(says), "{text}: {error}");
        }
    }
}
