//! Which operating system a device runs, from what it says of itself.
//!
//! DeviceInformation (MS-ASCMD 2.2.3.45) is exact: `iOS 17.2 21C62`. It comes with the first Settings, after the first
//! requests; until then there is the User-Agent, `Apple-iPhone15C4/2302.85`: the model with a C for its comma, and the
//! build with two digits for its letter (23B85). Of a build only the first number says for certain which version it is.

use std::fmt;

use crate::version::{Known, Range, Version};

/// A family of operating systems.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Name {
    /// iPhones, and iPads that still call it so.
    Ios,
    /// iPads.
    IpadOs,
    /// Android.
    Android,
    /// Any other, as the device calls it.
    Other(String),
}

impl Name {
    /// The family of this name, upper and lower case being the same.
    #[must_use]
    pub fn named(text: &str) -> Self {
        match text.to_ascii_lowercase().as_str() {
            "ios" | "iphone os" => Self::Ios,
            "ipados" => Self::IpadOs,
            "android" => Self::Android,
            _ => Self::Other(text.to_owned()),
        }
    }

    /// Whether `other` is meant when this is named: iOS means iPads as well, because older ones call theirs so.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Ios, Self::IpadOs) => true,
            (Self::Other(one), Self::Other(other)) => one.eq_ignore_ascii_case(other),
            (one, other) => one == other,
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ios => "iOS",
            Self::IpadOs => "iPadOS",
            Self::Android => "Android",
            Self::Other(name) => name,
        })
    }
}

/// A device's operating system.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Os {
    /// Which.
    pub name: Name,
    /// Its version, as far as it is known.
    pub version: Option<Known>,
}

impl fmt::Display for Os {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.version {
            Some(version) => write!(f, "{} {version}", self.name),
            None => write!(f, "{}, version unknown", self.name),
        }
    }
}

/// The first number of iOS's builds, and of the iOS they are builds of. Apple counts builds by year; the versions
/// between 18 and 26 do not exist.
const MAJOR_OF_BUILD: [(u32, u32); 10] =
    [(15, 11), (16, 12), (17, 13), (18, 14), (19, 15), (20, 16), (21, 17), (22, 18), (23, 26), (24, 27)];

impl Os {
    /// From the OS text of DeviceInformation, its type and its User-Agent, the first that knows best; `None` when none
    /// of them says anything.
    #[must_use]
    pub fn of(information: Option<&str>, device_type: &str, user_agent: &str) -> Option<Self> {
        information.and_then(Self::from_information).or_else(|| Self::from_user_agent(device_type, user_agent))
    }

    /// From the OS text of DeviceInformation: a name, a version, and perhaps a build. `None` without a name.
    #[must_use]
    pub fn from_information(text: &str) -> Option<Self> {
        let is_number = |word: &&str| word.starts_with(|first: char| first.is_ascii_digit());
        let name = text.split_whitespace().take_while(|word| !is_number(word)).collect::<Vec<_>>().join(" ");
        let version = text.split_whitespace().find(is_number).and_then(Version::parse).map(Known::Exactly);
        (!name.is_empty()).then(|| Self { name: Name::named(&name), version })
    }

    /// From DeviceType and User-Agent; `None` when neither names a system.
    #[must_use]
    pub fn from_user_agent(device_type: &str, user_agent: &str) -> Option<Self> {
        let (kind, agent) = (device_type.to_ascii_lowercase(), user_agent.to_ascii_lowercase());
        if let Some(apple) = AppleAgent::parse(user_agent) {
            let name = if apple.model.starts_with("iPad") { Name::IpadOs } else { Name::Ios };
            return Some(Self { name, version: apple.version });
        }
        let name = match kind.as_str() {
            "iphone" | "ipod" => Name::Ios,
            "ipad" => Name::IpadOs,
            _ if kind.contains("android") || agent.contains("android") => Name::Android,
            _ => return None,
        };
        Some(Self { name, version: None })
    }
}

/// The model a device names: that of DeviceInformation, else that of an Apple User-Agent; commas are written as such.
#[must_use]
pub fn model(information: Option<&str>, user_agent: &str) -> Option<String> {
    let told = information.map(str::trim).filter(|model| !model.is_empty()).map(str::to_owned);
    let model = told.or_else(|| AppleAgent::parse(user_agent).map(|apple| apple.model))?;
    Some(with_comma(&model))
}

/// What Apple's programs say: `Apple-iPhone15C4/2302.85`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct AppleAgent {
    /// With its comma.
    model: String,
    version: Option<Known>,
}

impl AppleAgent {
    fn parse(user_agent: &str) -> Option<Self> {
        let (model, build) = user_agent.trim().strip_prefix("Apple-")?.split_once('/')?;
        let is_model = model.starts_with('i') && model.bytes().all(|byte| byte.is_ascii_alphanumeric());
        is_model.then(|| Self { model: with_comma(model), version: version_of_build(build) })
    }
}

/// `iPhone15C4` is `iPhone15,4`.
fn with_comma(model: &str) -> String {
    match model.rsplit_once('C') {
        Some((family, number))
            if family.ends_with(|last: char| last.is_ascii_digit())
                && !number.is_empty()
                && number.bytes().all(|digit| digit.is_ascii_digit()) =>
        {
            format!("{family},{number}")
        }
        _ => model.to_owned(),
    }
}

/// `2302.85`: build 23B85.
fn version_of_build(build: &str) -> Option<Known> {
    let (head, _) = build.split_once('.')?;
    let number: u32 = head.get(..head.len().checked_sub(2)?)?.parse().ok()?;
    MAJOR_OF_BUILD.iter().find(|(builds, _)| *builds == number).map(|(_, major)| Known::Major(*major))
}

/// Operating systems a condition names: `iOS`, `iOS < 17.2`, `Android >= 12 < 15`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OsRange {
    /// Which.
    pub name: Name,
    /// Which versions of it.
    pub versions: Range,
}

impl OsRange {
    /// Reads a range.
    ///
    /// # Errors
    /// What is wrong with it, as a sentence's end.
    pub fn parse(text: &str) -> Result<Self, String> {
        const FORM: &str = "write it as \"iOS < 17.2\", \"iOS >= 15\", \"iOS >= 15 < 17.2\" or \"iOS\"";
        let start = text.find(['<', '>', '=']).unwrap_or(text.len());
        let (name, mut rest) = text.split_at(start);
        let name = name.trim();
        if name.is_empty() || name.bytes().any(|byte| byte.is_ascii_digit()) {
            return Err(format!("{text:?} names no operating system; {FORM}"));
        }
        let mut versions = Range::default();
        while !rest.is_empty() {
            let (bound, tail) = if let Some(tail) = rest.strip_prefix(">=") {
                (&mut versions.from, tail)
            } else if let Some(tail) = rest.strip_prefix('<').filter(|tail| !tail.starts_with('=')) {
                (&mut versions.below, tail)
            } else {
                return Err(format!("{text:?} compares with something other than < and >=; {FORM}"));
            };
            let end = tail.find(['<', '>', '=']).unwrap_or(tail.len());
            let (number, after) = tail.split_at(end);
            let number = number.trim().trim_end_matches(',').trim_end();
            let version =
                Version::parse(number).ok_or_else(|| format!("{number:?} in {text:?} is no version; {FORM}"))?;
            if bound.replace(version).is_some() {
                return Err(format!("{text:?} says the same twice; {FORM}"));
            }
            rest = after;
        }
        if versions.from.zip(versions.below).is_some_and(|(from, below)| from >= below) {
            return Err(format!("there is no version in {text:?}; exchange the two"));
        }
        Ok(Self { name: Name::named(name), versions })
    }

    /// Whether a system is one of them; `None` when not enough of it is known.
    #[must_use]
    pub fn contains(&self, os: &Os) -> Option<bool> {
        if !self.name.covers(&os.name) {
            return Some(false);
        }
        match os.version {
            Some(version) => self.versions.contains(version),
            None if self.versions == Range::default() => Some(true),
            None => None,
        }
    }
}

impl fmt::Display for OsRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.name, self.versions)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn os(text: &str) -> String {
        Os::from_information(text).map_or_else(|| "none".into(), |os| os.to_string())
    }

    #[test]
    fn device_information_is_exact() {
        assert_eq!(os("iOS 17.2 21C62"), "iOS 17.2");
        assert_eq!(os("iOS 11.2.6 15D100"), "iOS 11.2.6");
        assert_eq!(os("iPadOS 18.1 22B83"), "iPadOS 18.1");
        assert_eq!(os("Android 14"), "Android 14.0");
        assert_eq!(os("Android"), "Android, version unknown");
        assert_eq!(os("Windows Phone 8.10"), "Windows Phone 8.10");
        assert_eq!(os("21C62"), "none");
        assert_eq!(os(""), "none");
    }

    #[test]
    fn an_apple_user_agent_tells_model_and_major_version() {
        let seen = [
            ("Apple-iPhone15C4/2401.539000006", "iPhone15,4", "iOS 27.x"),
            ("Apple-iPhone16C2/2301.355", "iPhone16,2", "iOS 26.x"),
            ("Apple-iPhone14C2/2006.75", "iPhone14,2", "iOS 16.x"),
            ("Apple-iPhone8C4/1504.100", "iPhone8,4", "iOS 11.x"),
            ("Apple-iPad13C1/2103.62", "iPad13,1", "iPadOS 17.x"),
            ("Apple-iPhone99C9/9901.1", "iPhone99,9", "iOS, version unknown"),
        ];
        for (agent, model_wanted, os_wanted) in seen {
            assert_eq!(model(None, agent).as_deref(), Some(model_wanted), "{agent}");
            assert_eq!(Os::from_user_agent("iPhone", agent).unwrap().to_string(), os_wanted, "{agent}");
        }
    }

    #[test]
    fn what_a_device_says_of_itself_goes_before_what_its_user_agent_says() {
        let known = Os::of(Some("iOS 17.2 21C62"), "iPhone", "Apple-iPhone15C4/2302.85").unwrap();
        assert_eq!(known.to_string(), "iOS 17.2");
        assert_eq!(model(Some("iPhone15C4"), "Apple-iPad1C1/2302.85").as_deref(), Some("iPhone15,4"));
        assert_eq!(model(Some("SM-C900"), "").as_deref(), Some("SM-C900"));
        assert_eq!(Os::of(None, "Android", "Android-Mail/7.1").unwrap().name, Name::Android);
        assert_eq!(Os::of(None, "Thunderbird", "Thunderbird ActiveSync"), None);
        assert_eq!(Os::of(None, "iPhone", "Apple-/nonsense").unwrap().to_string(), "iOS, version unknown");
    }

    #[test]
    fn ranges_are_read_and_name_ipads_with_ios() {
        let range = OsRange::parse("iOS >= 15, < 17.2").unwrap();
        assert_eq!(range.to_string(), "iOS >= 15.0 < 17.2");
        let system = |text: &str| Os::from_information(text).unwrap();
        assert_eq!(range.contains(&system("iPadOS 16.1")), Some(true));
        assert_eq!(range.contains(&system("iOS 17.2")), Some(false));
        assert_eq!(range.contains(&system("Android 16")), Some(false));
        assert_eq!(range.contains(&system("iOS")), None);
        assert_eq!(OsRange::parse("iPadOS").unwrap().contains(&system("iOS 16")), Some(false));
        assert_eq!(OsRange::parse("ios").unwrap().contains(&system("iOS")), Some(true));
    }

    #[test]
    fn a_range_that_cannot_be_read_says_how_to_write_it() {
        for (text, wanted) in [
            ("< 17", "names no operating system"),
            ("iOS 17", "names no operating system"),
            ("iOS <= 17", "other than < and >="),
            ("iOS = 17", "other than < and >="),
            ("iOS < seventeen", "is no version"),
            ("iOS < 15 < 17", "says the same twice"),
            ("iOS >= 17 < 15", "there is no version"),
        ] {
            let error = OsRange::parse(text).unwrap_err();
            assert!(error.contains(wanted), "{text}: {error}");
        }
    }
}
