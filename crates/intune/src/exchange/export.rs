//! Reading what `Get-*` cmdlets gave as JSON.

use serde_json::Value;

use super::{AccessLevel, Characteristic, DeviceAccessRule};
use crate::limits;

/// What an export says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Exported {
    /// Rules.
    pub rules: Vec<DeviceAccessRule>,
    /// What happens to devices that no rule is about (`Get-ActiveSyncOrganizationSettings`), where it was exported.
    pub default_level: Option<AccessLevel>,
}

/// Why an export cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExportError {
    /// Too long.
    #[error("the export has more than {max} bytes", max = limits::EXPORT_BYTES_MAX)]
    TooLong,
    /// No JSON.
    #[error("the export is no JSON: {0}")]
    NotJson(String),
    /// Neither rules nor settings.
    #[error("object {0} is neither a device access rule nor the organisation's ActiveSync settings")]
    NotARule(usize),
    /// A value that is not known.
    #[error("object {place}: {member} is {value}, which is none of Exchange's words")]
    NotKnown {
        /// Which object, from 0.
        place: usize,
        /// Which member.
        member: &'static str,
        /// Its value.
        value: String,
    },
}

impl Exported {
    /// Reads an export: one bare object or a list, values as text in any case, or as objects with a `Value` as Windows
    /// PowerShell writes them. A byte order mark, and UTF-16, which Windows PowerShell's `>` writes, are read too.
    ///
    /// # Errors
    /// See [`ExportError`].
    pub fn from_json(bytes: &[u8]) -> Result<Self, ExportError> {
        if bytes.len() > limits::EXPORT_BYTES_MAX {
            return Err(ExportError::TooLong);
        }
        let text = decoded(bytes).ok_or_else(|| ExportError::NotJson("it is neither UTF-8 nor UTF-16".to_owned()))?;
        if text.trim().is_empty() {
            // A cmdlet that finds nothing writes nothing.
            return Ok(Self::default());
        }
        let value: Value = serde_json::from_str(&text).map_err(|error| ExportError::NotJson(error.to_string()))?;
        let objects = match value {
            Value::Array(list) => list,
            Value::Null => Vec::new(),
            object => vec![object],
        };
        let mut exported = Self::default();
        for (place, object) in objects.iter().enumerate() {
            exported.take(place, object)?;
        }
        Ok(exported)
    }

    /// Puts two exports together; the cmdlets are called one by one.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.rules.extend(other.rules);
        self.default_level = other.default_level.or(self.default_level);
        self
    }

    fn take(&mut self, place: usize, object: &Value) -> Result<(), ExportError> {
        if let Some(level) = member(object, "DefaultAccessLevel") {
            self.default_level = Some(access_level(place, "DefaultAccessLevel", &level)?);
            return Ok(());
        }
        let (Some(characteristic), Some(query), Some(level)) =
            (member(object, "Characteristic"), member(object, "QueryString"), member(object, "AccessLevel"))
        else {
            return Err(ExportError::NotARule(place));
        };
        let characteristic = match characteristic.to_ascii_lowercase().as_str() {
            "devicetype" => Characteristic::DeviceType,
            "devicemodel" => Characteristic::DeviceModel,
            "deviceos" => Characteristic::DeviceOS,
            "useragent" => Characteristic::UserAgent,
            "xmswlheader" => Characteristic::XMSWLHeader,
            _ => return Err(ExportError::NotKnown { place, member: "Characteristic", value: characteristic }),
        };
        let level = access_level(place, "AccessLevel", &level)?;
        self.rules.push(DeviceAccessRule { characteristic, query, level });
        Ok(())
    }
}

fn member(object: &Value, name: &str) -> Option<String> {
    match object.get(name)? {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Object(enumeration) => enumeration.get("Value").and_then(Value::as_str).map(str::to_owned),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn access_level(place: usize, member: &'static str, text: &str) -> Result<AccessLevel, ExportError> {
    match text.to_ascii_lowercase().as_str() {
        "allow" => Ok(AccessLevel::Allow),
        "block" => Ok(AccessLevel::Block),
        "quarantine" => Ok(AccessLevel::Quarantine),
        _ => Err(ExportError::NotKnown { place, member, value: text.chars().take(limits::SHOWN_CHARS_MAX).collect() }),
    }
}

fn decoded(bytes: &[u8]) -> Option<String> {
    let wide = |bytes: &[u8], word: fn([u8; 2]) -> u16| {
        let (pairs, rest) = bytes.as_chunks::<2>();
        let words: Vec<u16> = pairs.iter().map(|pair| word(*pair)).collect();
        String::from_utf16(&words).ok().filter(|_| rest.is_empty())
    };
    match bytes {
        [0xFF, 0xFE, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => wide(rest, u16::from_be_bytes),
        [0xEF, 0xBB, 0xBF, rest @ ..] => String::from_utf8(rest.to_vec()).ok(),
        bytes => String::from_utf8(bytes.to_vec()).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::{RuleState, compare};

    fn allow(device: &str) -> DeviceAccessRule {
        DeviceAccessRule {
            characteristic: Characteristic::DeviceType,
            query: device.to_owned(),
            level: AccessLevel::Allow,
        }
    }

    #[test]
    fn a_list_or_one_bare_object_with_values_as_text_or_as_windows_powershell_writes_them() {
        let one = r#"{"Characteristic": "DeviceType", "QueryString": "iPhone", "AccessLevel": "allow", "Name": "x"}"#;
        let list = format!(
            r#"[{one}, {{"Characteristic": {{"value": 0, "Value": "DeviceType"}}, "QueryString": "iPad",
            "AccessLevel": {{"value": 1, "Value": "Block"}}}}]"#
        );
        assert_eq!(Exported::from_json(one.as_bytes()).unwrap().rules, [allow("iPhone")]);
        let exported = Exported::from_json(list.as_bytes()).unwrap();
        let states: Vec<_> = compare(&[allow("iphone"), allow("iPad"), allow("iPod")], &exported)
            .into_iter()
            .map(|standing| standing.state)
            .collect();
        assert_eq!(states, [RuleState::Present, RuleState::Other(AccessLevel::Block), RuleState::Missing]);
    }

    #[test]
    fn a_blocking_rule_beside_the_wanted_one_is_told() {
        let text = r#"[{"Characteristic":"DeviceType","QueryString":"iPhone","AccessLevel":"Allow"},
                       {"Characteristic":"DeviceType","QueryString":"iPhone","AccessLevel":"Block"}]"#;
        let standing = compare(&[allow("iPhone")], &Exported::from_json(text.as_bytes()).unwrap());
        assert_eq!((standing[0].state, standing[0].against.len()), (RuleState::Present, 1));
    }

    #[test]
    fn utf16_with_a_mark_nothing_at_all_and_the_default_level_are_read() {
        let text = r#"{"DefaultAccessLevel": "Quarantine"}"#;
        let mut bytes = vec![0xFF, 0xFE];
        bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
        assert_eq!(Exported::from_json(&bytes).unwrap().default_level, Some(AccessLevel::Quarantine));
        assert_eq!(Exported::from_json(b"").unwrap(), Exported::default());
    }

    #[test]
    fn what_cannot_be_read_says_where() {
        let number = br#"[{"Characteristic":"DeviceType","QueryString":"iPhone","AccessLevel":7}]"#;
        let error = Exported::from_json(number).unwrap_err();
        assert_eq!(error.to_string(), "object 0: AccessLevel is 7, which is none of Exchange's words");
        assert_eq!(Exported::from_json(br#"[{"Name":"x"}]"#), Err(ExportError::NotARule(0)));
        assert!(matches!(Exported::from_json(b"{"), Err(ExportError::NotJson(_))));
        assert!(matches!(Exported::from_json(&[0xFF, 0xFE, 0x00]), Err(ExportError::NotJson(_))));
    }
}
