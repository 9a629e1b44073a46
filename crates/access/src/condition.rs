//! What a rule asks of a device, its person and its sign-in.

use std::fmt;

use crate::{
    facts::{Facts, SignIn},
    glob::Glob,
    network::Network,
    os::OsRange,
};

/// One question with several right answers: it holds when one of the values fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// `os`
    Os(Vec<OsRange>),
    /// `device_type`
    DeviceType(Vec<Glob>),
    /// `model`
    Model(Vec<Glob>),
    /// `user_agent`
    UserAgent(Vec<Glob>),
    /// `group`
    Group(Vec<String>),
    /// `enrolled`
    Enrolled(bool),
    /// `compliant`
    Compliant(bool),
    /// `managed_profile`
    ManagedProfile(bool),
    /// `sign_in`
    SignIn(Vec<SignIn>),
    /// `network`
    Network(Vec<Network>),
    /// `devices_over`: the person had this many devices before this one.
    DevicesOver(u32),
}

/// How a condition is answered by the facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// The facts are so.
    Yes,
    /// They are otherwise.
    No,
    /// They do not say.
    Unknown,
}

impl From<Option<bool>> for Answer {
    fn from(known: Option<bool>) -> Self {
        match known {
            Some(true) => Self::Yes,
            Some(false) => Self::No,
            None => Self::Unknown,
        }
    }
}

impl Condition {
    /// Whether the facts are as it says.
    #[must_use]
    pub fn check(&self, facts: &Facts) -> Answer {
        let device = &facts.device;
        match self {
            Self::Os(ranges) => device.os.as_ref().and_then(|os| {
                let mut unknown = false;
                for range in ranges {
                    match range.contains(os) {
                        Some(true) => return Some(true),
                        Some(false) => {}
                        None => unknown = true,
                    }
                }
                (!unknown).then_some(false)
            }),
            Self::DeviceType(globs) => Some(any(globs, &device.device_type)),
            Self::Model(globs) => device.model.as_ref().map(|model| any(globs, model)),
            Self::UserAgent(globs) => device.user_agent.as_ref().map(|agent| any(globs, agent)),
            Self::Group(wanted) => facts.person.as_ref().map(|person| {
                person.groups.iter().any(|group| wanted.iter().any(|name| name.eq_ignore_ascii_case(group)))
            }),
            Self::Enrolled(wanted) => Some(device.enrolled == *wanted),
            Self::Compliant(wanted) => device.compliant.map(|compliant| compliant == *wanted),
            Self::ManagedProfile(wanted) => device.managed_profile.map(|managed| managed == *wanted),
            Self::SignIn(ways) => facts.sign_in.map(|way| ways.contains(&way)),
            Self::Network(networks) => {
                facts.network.map(|address| networks.iter().any(|network| network.contains(address)))
            }
            Self::DevicesOver(most) => device.number.map(|number| number > *most),
        }
        .into()
    }

    /// What the facts say about what it asks for, for people.
    #[must_use]
    pub fn fact(&self, facts: &Facts) -> String {
        let device = &facts.device;
        let or_unknown = |text: Option<String>| text.unwrap_or_else(|| "unknown".to_owned());
        let yes_no = |known: Option<bool>| or_unknown(known.map(|known| if known { "yes" } else { "no" }.to_owned()));
        match self {
            Self::Os(_) => or_unknown(device.os.as_ref().map(ToString::to_string)),
            Self::DeviceType(_) => device.device_type.clone(),
            Self::Model(_) => or_unknown(device.model.clone()),
            Self::UserAgent(_) => or_unknown(device.user_agent.clone()),
            Self::Group(_) => or_unknown(facts.person.as_ref().map(|person| match person.groups.as_slice() {
                [] => "none".to_owned(),
                groups => groups.join(", "),
            })),
            Self::Enrolled(_) => yes_no(Some(device.enrolled)),
            Self::Compliant(_) => yes_no(device.compliant),
            Self::ManagedProfile(_) => yes_no(device.managed_profile),
            Self::SignIn(_) => or_unknown(facts.sign_in.map(|way| way.name().to_owned())),
            Self::Network(_) => or_unknown(facts.network.map(|address| address.to_string())),
            Self::DevicesOver(_) => {
                or_unknown(device.number.map(|number| format!("it is the person's device number {number}")))
            }
        }
    }

    /// Its key in the policy file.
    #[must_use]
    pub fn key(&self) -> &'static str {
        match self {
            Self::Os(_) => "os",
            Self::DeviceType(_) => "device_type",
            Self::Model(_) => "model",
            Self::UserAgent(_) => "user_agent",
            Self::Group(_) => "group",
            Self::Enrolled(_) => "enrolled",
            Self::Compliant(_) => "compliant",
            Self::ManagedProfile(_) => "managed_profile",
            Self::SignIn(_) => "sign_in",
            Self::Network(_) => "network",
            Self::DevicesOver(_) => "devices_over",
        }
    }
}

fn any(globs: &[Glob], text: &str) -> bool {
    globs.iter().any(|glob| glob.matches(text))
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn list<T: ToString>(values: &[T]) -> String {
            values.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ")
        }
        let values = match self {
            Self::Os(ranges) => list(ranges),
            Self::DeviceType(globs) | Self::Model(globs) | Self::UserAgent(globs) => list(globs),
            Self::Group(groups) => list(groups),
            Self::Enrolled(wanted) | Self::Compliant(wanted) | Self::ManagedProfile(wanted) => wanted.to_string(),
            Self::SignIn(ways) => list(&ways.iter().map(|way| way.name()).collect::<Vec<_>>()),
            Self::Network(networks) => list(networks),
            Self::DevicesOver(most) => most.to_string(),
        };
        write!(f, "{} = {values}", self.key())
    }
}
