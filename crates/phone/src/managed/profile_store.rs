//! The installed profiles, one under each PayloadIdentifier.

use super::profile::{Payload, Profile};

/// How a profile came onto the device. Whoever brought it takes it away again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The person installed it in Settings.
    Person,
    /// An InstallProfile command, or the enrolment itself.
    Mdm,
    /// A `com.apple.configuration.legacy` declaration with this Identifier.
    Declaration(String),
}

/// A profile on the device.
#[derive(Debug, Clone, PartialEq)]
pub struct InstalledProfile {
    /// What it holds.
    pub profile: Profile,
    /// Where it came from.
    pub source: Source,
}

/// What happens to one payload when a profile takes another's place.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// It goes, and what it made goes with it.
    Remove(Payload),
    /// It comes.
    Add(Payload),
    /// The same PayloadIdentifier and PayloadUUID: updated where it stands.
    Update {
        /// What stands there.
        from: Payload,
        /// What it becomes.
        to: Payload,
    },
}

/// The installed profiles.
#[derive(Debug, Default)]
pub struct ProfileStore(Vec<InstalledProfile>);

impl ProfileStore {
    /// All, in the order they first came.
    pub fn all(&self) -> &[InstalledProfile] {
        &self.0
    }

    /// The profile under this identifier; `None` if there is none.
    pub fn get(&self, identifier: &str) -> Option<&InstalledProfile> {
        self.0.iter().find(|installed| installed.profile.identifier == identifier)
    }

    /// All payloads of one type.
    pub fn payloads<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Payload> {
        self.0.iter().flat_map(move |installed| installed.profile.of_kind(kind))
    }

    /// What installing this profile would do: removals first, then the new payloads in the order of installation.
    pub fn plan(&self, profile: &Profile) -> Vec<Step> {
        let old =
            self.get(&profile.identifier).map(|installed| installed.profile.payloads.as_slice()).unwrap_or_default();
        let gone = old.iter().filter(|old| !profile.payloads.iter().any(|new| new.continues(old)));
        let mut steps: Vec<Step> = gone.cloned().map(Step::Remove).collect();
        for new in profile.in_order() {
            steps.push(match old.iter().find(|old| new.continues(old)) {
                Some(old) => Step::Update { from: old.clone(), to: new.clone() },
                None => Step::Add(new.clone()),
            });
        }
        steps
    }

    /// Puts a profile in the place of the one with its identifier.
    pub(super) fn put(&mut self, installed: InstalledProfile) {
        match self.0.iter_mut().find(|known| known.profile.identifier == installed.profile.identifier) {
            Some(known) => *known = installed,
            None => self.0.push(installed),
        }
    }

    /// Takes a profile out; `None` if there is none.
    pub(super) fn take(&mut self, identifier: &str) -> Option<InstalledProfile> {
        let at = self.0.iter().position(|installed| installed.profile.identifier == identifier)?;
        Some(self.0.remove(at))
    }
}
