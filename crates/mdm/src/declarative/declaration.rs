//! A declaration, as whoever gives it writes it.

use std::collections::BTreeSet;

use fleet::declaration::{self as builder, Family};
use ledger::tables::mdm_declarations::Declaration as Row;
use serde_json::Value;

use crate::{error::Refusal, limits};

/// A declaration for one device.
#[derive(Debug, Clone, PartialEq)]
pub struct Declaration {
    /// Type, such as `com.apple.configuration.account.exchange`.
    pub kind: String,
    /// Identifier: unique among the device's, at most 64 octets.
    pub identifier: String,
    /// ServerToken: differs whenever anything else of the declaration does, at most 64 octets.
    pub server_token: String,
    /// Payload.
    pub payload: Value,
}

impl Declaration {
    pub(crate) fn row(&self) -> Row {
        Row {
            identifier: self.identifier.clone(),
            kind: self.kind.clone(),
            server_token: self.server_token.clone(),
            payload: self.payload.to_string(),
        }
    }
}

impl From<&builder::Declaration> for Declaration {
    fn from(built: &builder::Declaration) -> Self {
        Self {
            kind: built.declaration_type().to_owned(),
            identifier: built.identifier().to_string(),
            server_token: built.server_token().to_owned(),
            payload: built.payload().clone(),
        }
    }
}

impl From<Row> for Declaration {
    fn from(row: Row) -> Self {
        let payload = serde_json::from_str(&row.payload).unwrap_or_default();
        Self { kind: row.kind, identifier: row.identifier, server_token: row.server_token, payload }
    }
}

/// Refuses what no device would take, or could not tell apart.
pub(crate) fn check(declarations: &[Declaration]) -> Result<(), Refusal> {
    let unfit = |why: &str| Err(Refusal::UnfitOrder(why.to_owned()));
    if declarations.len() > limits::DECLARATIONS_MAX {
        return unfit("there are more declarations than a device may have");
    }
    let mut identifiers = BTreeSet::new();
    for declaration in declarations {
        let fits = |text: &str| {
            (1..=limits::DECLARATION_NAME_BYTES_MAX).contains(&text.len()) && !text.contains(char::is_control)
        };
        if !fits(&declaration.identifier) || !fits(&declaration.server_token) {
            return unfit("Identifier and ServerToken have 1 to 64 octets");
        }
        if declaration.identifier.contains('/') {
            return unfit("an Identifier is part of an address, and has no slash");
        }
        if Family::of(&declaration.kind).is_none() {
            return unfit("the Type is none of com.apple.activation, asset, configuration, management");
        }
        if !declaration.payload.is_object() || declaration.payload.to_string().len() > limits::DECLARATION_BYTES_MAX {
            return unfit("the Payload is an object, and not so large");
        }
        if !identifiers.insert(&declaration.identifier) {
            return unfit("two declarations have the same Identifier");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(kind: &str, identifier: &str, server_token: &str) -> Declaration {
        let (kind, identifier, server_token) = (kind.to_owned(), identifier.to_owned(), server_token.to_owned());
        Declaration { kind, identifier, server_token, payload: serde_json::json!({}) }
    }

    #[test]
    fn names_have_at_most_64_octets() {
        let kind = "com.apple.activation.simple";
        assert!(check(&[one(kind, &"i".repeat(64), &"t".repeat(64))]).is_ok());
        for (identifier, token) in
            [("", "t"), ("i", ""), (&*"i".repeat(65), "t"), ("i", &*"é".repeat(33)), ("a/b", "t")]
        {
            assert!(check(&[one(kind, identifier, token)]).is_err(), "{identifier} {token}");
        }
        assert!(check(&[one("com.apple.mdm", "i", "t")]).is_err());
        assert!(check(&[one(kind, "i", "t"), one(kind, "i", "u")]).is_err());
    }
}
