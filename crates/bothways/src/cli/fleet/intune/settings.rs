//! What a company wants of its tenant, as it writes it down.

use std::path::{Path, PathBuf};

use anyhow::Context;
use fleet::{document::Node, lint::property_list};
use intune::{
    desired::{Audience, Compliance, ConditionalAccess, Desired, Export, Mode, Outlook, Settings, desired},
    limits,
    role::SetName,
};
use serde::Deserialize;

use crate::input;

/// A file of settings with everything in it, for people to begin with.
pub(super) const TEMPLATE: &str = include_str!("template.toml");

/// The file. Its words are those of [`Settings`]; the profile is a file of its own.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Written {
    set: SetName,
    prefix: String,
    account_name: String,
    mode: WrittenMode,
    audience: Audience,
    #[serde(default)]
    outlook: Outlook,
    #[serde(default)]
    restrictions: bool,
    #[serde(default)]
    single_sign_on: bool,
    #[serde(default)]
    compliance: Option<Compliance>,
    #[serde(default)]
    conditional_access: Option<ConditionalAccess>,
    #[serde(default)]
    export: Option<Export>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum WrittenMode {
    HubProfile {
        /// Beside the settings, when it is not absolute.
        #[serde(default)]
        file: Option<PathBuf>,
    },
    HubChallenge {
        host: String,
    },
    Exchange,
}

/// Reads settings; `profile` comes before the one they name.
pub(in crate::cli::fleet) fn read(file: &Path, profile: Option<&Path>) -> anyhow::Result<Settings> {
    let shown = file.display();
    let bytes = input::read(file, limits::SETTINGS_BYTES_MAX).with_context(|| format!("{shown} cannot be read"))?;
    anyhow::ensure!(bytes.len() <= limits::SETTINGS_BYTES_MAX, "{shown} is too long for settings");
    let text = String::from_utf8(bytes).ok().with_context(|| format!("{shown} is no text"))?;
    let written: Written =
        toml::from_str(&text).with_context(|| format!("{shown} is not understood; see settings-template"))?;
    let mode = match written.mode {
        WrittenMode::HubProfile { file: named } => {
            let beside = |named: PathBuf| file.parent().unwrap_or(Path::new("")).join(named);
            let profile = profile.map(Path::to_owned).or_else(|| named.map(beside)).context(
                "which profile? Name it by file = \"...\" in mode.hub-profile, or by --profile; bothways fleet profile \
                 contacts makes it",
            )?;
            Mode::HubProfile { profile: read_profile(&profile)? }
        }
        _ if profile.is_some() => anyhow::bail!("--profile goes with mode.hub-profile only; {shown} has another mode"),
        WrittenMode::HubChallenge { host } => Mode::HubChallenge { host },
        WrittenMode::Exchange => Mode::Exchange,
    };
    let Written { set, prefix, account_name, audience, outlook, restrictions, single_sign_on, .. } = written;
    Ok(Settings {
        set,
        prefix,
        account_name,
        mode,
        audience,
        outlook,
        restrictions,
        single_sign_on,
        compliance: written.compliance,
        conditional_access: written.conditional_access,
        export: written.export,
    })
}

/// The set of objects that the settings of a file ask for.
pub(super) fn wanted(file: &Path, profile: Option<&Path>) -> anyhow::Result<Desired> {
    let settings = read(file, profile)?;
    desired(&settings).with_context(|| format!("{} cannot be done", file.display()))
}

fn read_profile(file: &Path) -> anyhow::Result<Vec<u8>> {
    let shown = file.display();
    let bytes = input::read(file, limits::PROFILE_BYTES_MAX).with_context(|| {
        format!("the profile {shown} cannot be read; bothways fleet profile contacts --user '{{{{mail}}}}' --unsigned makes one")
    })?;
    let profile = property_list(&bytes).with_context(|| format!("{shown} is no configuration profile"))?;
    if let Some(email) = person_of(&profile) {
        eprintln!(
            "warning: {shown} is {email}'s alone, and everybody whom it is assigned to gets that account; with --user \
             '{{{{mail}}}}' Intune fills in each person's own address"
        );
    }
    Ok(bytes)
}

/// The address in the profile's account, when it is one person's and not Intune's to fill in.
fn person_of(node: &Node) -> Option<&str> {
    match node {
        Node::Array(nodes) => nodes.iter().find_map(person_of),
        Node::Dictionary(members) => members.iter().find_map(|(name, node)| match node {
            Node::Text(email) if name == "EmailAddress" && !email.contains("{{") => Some(email.as_str()),
            other => person_of(other),
        }),
        _ => None,
    }
}
