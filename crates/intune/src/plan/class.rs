//! How much a change may hurt.

use std::{collections::BTreeSet, fmt};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{collection::Collection, graph::text, metadata::short, role::Role};

/// What a change does to people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// Nobody notices, or only for the better.
    Harmless,
    /// People are asked to sign in again on their device before their contacts sync again.
    AsksToSignInAgain,
    /// People may lose access to something.
    CanLockOut,
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Harmless => "harmless",
            Self::AsksToSignInAgain => "asks people to sign in again",
            Self::CanLockOut => "can lock people out",
        })
    }
}

/// The classes beyond harmless that whoever applies a plan has agreed to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Confirmed(BTreeSet<Class>);

impl Confirmed {
    /// Only harmless changes.
    pub fn nothing() -> Self {
        Self::default()
    }

    /// These too.
    #[must_use]
    pub fn and(mut self, class: Class) -> Self {
        self.0.insert(class);
        self
    }

    /// Whether a change of this class may be made.
    pub fn allows(&self, class: Class) -> bool {
        class == Class::Harmless || self.0.contains(&class)
    }
}

/// Members that only administrators see.
fn is_label(member: &str) -> bool {
    matches!(member, "displayName" | "description" | "roleScopeTagIds" | "roleScopeTags")
}

/// The class of a changed member of an object that is there; `there` and `wanted` are the member's values.
pub(super) fn of_member(role: Role, odata_type: &str, member: &str, there: &Value, wanted: &Value) -> Class {
    if is_label(member) {
        return Class::Harmless;
    }
    match (short(odata_type), role) {
        ("iosCustomConfiguration", _) if member == "payload" => of_payload(there, wanted),
        // Any change but a label's deploys the e-mail profile anew, and the device asks for the sign-in (email settings,
        // iOS). The filter decides which devices keep the account.
        ("iosEasEmailProfileConfiguration", _) | (_, Role::Ios13Filter) => Class::AsksToSignInAgain,
        ("conditionalAccessPolicy", _) | (_, Role::Restrictions | Role::Compliance | Role::ExportProtection) => {
            Class::CanLockOut
        }
        _ => Class::Harmless,
    }
}

/// The class of bringing in an object that was not there.
pub(super) fn of_create(role: Role, wanted: &Value) -> Class {
    match role {
        Role::Restrictions | Role::Compliance | Role::ExportProtection => Class::CanLockOut,
        Role::CompliantDevice | Role::BlockBasicEas
            if text(wanted, "state") != Some("enabledForReportingButNotEnforced") =>
        {
            Class::CanLockOut
        }
        _ => Class::Harmless,
    }
}

/// The class of changed assignments. `fewer`: somebody loses the object.
pub(super) fn of_assignment(role: Role, collection: Collection, fewer: bool) -> Class {
    match role {
        Role::Restrictions | Role::Compliance | Role::ExportProtection => Class::CanLockOut,
        // Whoever loses the account and gets it again signs in again.
        Role::Account if fewer => Class::AsksToSignInAgain,
        _ if collection == Collection::ConditionalAccessPolicies => Class::CanLockOut,
        _ => Class::Harmless,
    }
}

/// A profile whose accounts stay word for word keeps people signed in; the account payload's UUID is part of the words.
fn of_payload(there: &Value, wanted: &Value) -> Class {
    match (accounts(there), accounts(wanted)) {
        (Some(there), Some(wanted)) if there == wanted => Class::Harmless,
        _ => Class::AsksToSignInAgain,
    }
}

/// The ActiveSync accounts in a profile in base64; `None` when it cannot be read.
fn accounts(payload: &Value) -> Option<Vec<plist::Value>> {
    let bytes = STANDARD.decode(payload.as_str()?).ok()?;
    let profile = plist::Value::from_reader(std::io::Cursor::new(unsigned(&bytes))).ok()?;
    let content = profile.as_dictionary()?.get("PayloadContent")?.as_array()?;
    let is_account = |payload: &&plist::Value| {
        let kind = payload.as_dictionary().and_then(|payload| payload.get("PayloadType"));
        kind.and_then(plist::Value::as_string) == Some("com.apple.eas.account")
    };
    let accounts: Vec<_> = content.iter().filter(is_account).cloned().collect();
    (!accounts.is_empty()).then_some(accounts)
}

/// The profile inside a signed one, where it stands in one piece; otherwise the bytes as they are. Nothing is believed
/// on the strength of it but that a change is harmless, and what is compared are both contents.
fn unsigned(bytes: &[u8]) -> &[u8] {
    let find = |what: &[u8]| bytes.windows(what.len()).position(|window| window == what);
    let (Some(start), Some(end)) = (find(b"<?xml"), find(b"</plist>")) else { return bytes };
    bytes.get(start..end + b"</plist>".len()).unwrap_or(bytes)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn profile(host: &str, display: &str) -> Value {
        let text = format!(
            r#"<?xml version="1.0" encoding="UTF-8"?><plist version="1.0"><dict>
            <key>PayloadDisplayName</key><string>{display}</string><key>PayloadContent</key><array><dict>
            <key>PayloadType</key><string>com.apple.eas.account</string><key>PayloadUUID</key><string>U</string>
            <key>Host</key><string>{host}</string></dict></array></dict></plist>"#
        );
        json!(STANDARD.encode(text))
    }

    #[test]
    fn a_profile_with_the_same_account_keeps_people_signed_in_and_another_host_does_not() {
        assert_eq!(of_payload(&profile("a.example", "A"), &profile("a.example", "B")), Class::Harmless);
        assert_eq!(of_payload(&profile("a.example", "A"), &profile("b.example", "A")), Class::AsksToSignInAgain);
        assert_eq!(of_payload(&json!("AAAA"), &profile("b.example", "A")), Class::AsksToSignInAgain);
    }
}
