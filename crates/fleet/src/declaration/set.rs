//! All the declarations of one device, and the two documents by which it learns what changed.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{Declaration, Family, Identifier, token};

/// Declarations that belong together: every one has its own name, and what one refers to is there.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DeclarationSet {
    declarations: BTreeMap<(Family, Identifier), Declaration>,
}

/// Why declarations are no set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SetError {
    /// Two have the same name. Names are unique on a device, across all lists.
    #[error("two declarations are called {0}")]
    SameIdentifier(Identifier),
    /// A reference to something that is not there; the device would report it as missing.
    #[error("{from} refers to {to}, which is not there")]
    Missing {
        /// Who refers.
        from: Identifier,
        /// To what.
        to: String,
    },
}

impl DeclarationSet {
    /// A set of these.
    pub fn new(declarations: impl IntoIterator<Item = Declaration>) -> Result<Self, SetError> {
        let mut set = Self::default();
        for declaration in declarations {
            let taken = Family::ALL.iter().any(|family| set.get(*family, declaration.identifier.as_str()).is_some());
            if taken {
                return Err(SetError::SameIdentifier(declaration.identifier));
            }
            set.declarations.insert((declaration.family, declaration.identifier.clone()), declaration);
        }
        for declaration in set.declarations.values() {
            for (family, to) in references(declaration) {
                if set.get(family, to).is_none() {
                    return Err(SetError::Missing { from: declaration.identifier.clone(), to: to.to_owned() });
                }
            }
        }
        Ok(set)
    }

    /// All of them, by list and name.
    pub fn iter(&self) -> impl Iterator<Item = &Declaration> {
        self.declarations.values()
    }

    /// One, as it is asked for by `declaration/<list>/<identifier>`; `None` when it is not there.
    pub fn get(&self, family: Family, identifier: &str) -> Option<&Declaration> {
        let identifier = Identifier::parse(identifier).ok()?;
        self.declarations.get(&(family, identifier))
    }

    /// `DeclarationsToken`: changes when anything in the set does.
    pub fn token(&self) -> String {
        let tokens: Vec<&str> = self
            .declarations
            .values()
            .flat_map(|declaration| [declaration.identifier.as_str(), declaration.server_token.as_str()])
            .collect();
        token(&tokens)
    }

    /// The answer to `declaration-items`. All four lists are there, empty or not.
    pub fn declaration_items(&self) -> Value {
        let list = |family: Family| -> Vec<Value> {
            let those = self.declarations.values().filter(|declaration| declaration.family == family);
            those.map(|one| json!({"Identifier": one.identifier, "ServerToken": one.server_token})).collect()
        };
        let lists: Map<String, Value> =
            Family::ALL.into_iter().map(|family| (family.list().to_owned(), list(family).into())).collect();
        json!({"Declarations": lists, "DeclarationsToken": self.token()})
    }

    /// The answer to `tokens`, and the data of a DeclarativeManagement command. `timestamp` is when the set last
    /// changed, such as `2026-01-31T12:00:00Z`.
    pub fn tokens(&self, timestamp: &str) -> Value {
        json!({"SyncTokens": {"DeclarationsToken": self.token(), "Timestamp": timestamp}})
    }
}

/// What a declaration refers to.
fn references(declaration: &Declaration) -> Vec<(Family, &str)> {
    let Value::Object(members) = &declaration.payload else { return Vec::new() };
    let mut found = Vec::new();
    for (key, value) in members {
        if key == "StandardConfigurations" {
            found.extend(
                value.as_array().into_iter().flatten().filter_map(Value::as_str).map(|to| (Family::Configuration, to)),
            );
        } else if key.ends_with("AssetReference") {
            found.extend(value.as_str().map(|to| (Family::Asset, to)));
        }
    }
    found
}
