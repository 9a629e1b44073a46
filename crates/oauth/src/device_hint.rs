//! What device a browser runs on, as far as it says: for people to recognise theirs, never for a decision.

use http::{HeaderMap, header};

use crate::limits;

/// A kind of phone or tablet, as both a browser and a DeviceType name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    IPhone,
    IPad,
    IPod,
    Android,
}

impl Kind {
    /// What a browser runs on; `None` for everything that is, or says it is, no phone or tablet.
    pub(crate) fn of(user_agent: &str) -> Option<Self> {
        // iPads that ask for desktop pages call themselves a Mac, which is what Macs do, too.
        let kinds = [("iPad", Self::IPad), ("iPhone", Self::IPhone), ("iPod", Self::IPod), ("Android", Self::Android)];
        kinds.into_iter().find(|(mark, _)| user_agent.contains(mark)).map(|(_, kind)| kind)
    }

    /// Whether a DeviceType is of this kind.
    pub(crate) fn fits(self, device_type: &str) -> bool {
        let device_type = device_type.to_ascii_lowercase();
        match self {
            Self::IPhone => device_type == "iphone",
            Self::IPad => device_type == "ipad",
            Self::IPod => device_type == "ipod",
            Self::Android => device_type.contains("android"),
        }
    }
}

/// The User-Agent, cut to a length that can be kept.
pub(crate) fn user_agent(headers: &HeaderMap) -> String {
    let text = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut text = text.to_owned();
    text.truncate(limits::USER_AGENT_BYTES_MAX);
    text
}

/// A device's name for people, such as `iPhone (iOS 18.7)`; `None` when nothing is recognised.
pub(crate) fn device(user_agent: &str) -> Option<String> {
    // In this order: an iPad's browser names the Mac too, a phone's Linux.
    const KNOWN: [(&str, &str, Option<&str>); 8] = [
        ("iPad", "iPad (iPadOS", Some("CPU OS ")),
        ("iPhone", "iPhone (iOS", Some("iPhone OS ")),
        ("iPod", "iPod (iOS", Some("iPhone OS ")),
        ("Android", "Android device (Android", Some("Android ")),
        // A Mac and an iPad in its desktop mode say the same, and the version is frozen.
        ("Macintosh", "Mac / iPad", None),
        ("Windows", "Windows PC", None),
        ("CrOS", "Chromebook", None),
        ("Linux", "Linux PC", None),
    ];
    let (_, name, before) = KNOWN.into_iter().find(|(mark, ..)| user_agent.contains(mark))?;
    let Some(before) = before else { return Some(name.to_owned()) };
    let rest = user_agent.split_once(before).map_or("", |(_, rest)| rest);
    let version: String = rest.chars().take_while(|c| c.is_ascii_digit() || matches!(c, '_' | '.')).collect();
    Some(match version.as_str() {
        "" => name.split(" (").next().unwrap_or(name).to_owned(),
        version => format!("{name} {})", version.replace('_', ".")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_devices_are_named_as_people_know_them() {
        let iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15";
        assert_eq!(device(iphone).unwrap(), "iPhone (iOS 18.7)");
        let ipad = "Mozilla/5.0 (iPad; CPU OS 17_0 like Mac OS X) AppleWebKit/605.1.15";
        assert_eq!(device(ipad).unwrap(), "iPad (iPadOS 17.0)");
        assert_eq!(device("Mozilla/5.0 (Linux; Android 14; K)").unwrap(), "Android device (Android 14)");
        assert_eq!(device("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)").unwrap(), "Mac / iPad");
        assert_eq!(device("Mozilla/5.0 (Windows NT 10.0; Win64)").unwrap(), "Windows PC");
        assert_eq!(device("curl/8.1"), None);
    }
}
