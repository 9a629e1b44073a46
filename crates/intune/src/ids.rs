//! Ids of people and groups. Only a GUID is one: words such as `All` or `GuestsOrExternalUsers` cannot slip in.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What was given is no object id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no object id (a GUID such as 11111111-1111-1111-1111-111111111111)")]
pub struct NotAnObjectId(pub String);

fn guid(text: &str) -> Result<String, NotAnObjectId> {
    let lengths = text.split('-').map(str::len).eq([8, 4, 4, 4, 12]);
    let digits = text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    if lengths && digits { Ok(text.to_ascii_lowercase()) } else { Err(NotAnObjectId(text.chars().take(80).collect())) }
}

macro_rules! object_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Reads a GUID, in any case.
            ///
            /// # Errors
            /// For anything else.
            pub fn parse(text: &str) -> Result<Self, NotAnObjectId> {
                guid(text).map(Self)
            }

            /// In lower case.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = NotAnObjectId;

            fn try_from(text: String) -> Result<Self, NotAnObjectId> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

object_id! {
    /// A group in Entra.
    GroupId
}
object_id! {
    /// A user in Entra.
    UserId
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_is_no_group() {
        assert!(GroupId::parse("11111111-1111-1111-1111-11111111AAAA").is_ok());
        for text in ["All", "", "None", "GuestsOrExternalUsers", "11111111-1111-1111-1111-11111111111", "x"] {
            assert!(UserId::parse(text).is_err(), "{text}");
        }
    }
}
