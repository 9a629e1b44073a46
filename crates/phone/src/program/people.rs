//! Who the phones belong to.

use std::path::Path;

use anyhow::{Context, ensure};

/// A person with a password.
#[derive(Debug, Clone)]
pub struct Person {
    /// Mail address.
    pub user: String,
    /// Password.
    pub password: String,
}

/// People from a file of `email,password` lines; empty lines, `#` lines and a header `email,...` are passed over.
pub fn from_file(file: &Path) -> anyhow::Result<Vec<Person>> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let mut people = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') || line.starts_with("email,") {
            continue;
        }
        let parts = line.split_once(',').with_context(|| format!("line {}: not email,password", number + 1))?;
        people.push(Person { user: parts.0.trim().to_owned(), password: parts.1.trim().to_owned() });
    }
    ensure!(!people.is_empty(), "{} names nobody", file.display());
    Ok(people)
}

/// People whose addresses follow a pattern: `{}` is replaced by 0, 1, 2, ...
pub fn from_pattern(pattern: &str, password: &str, count: usize) -> anyhow::Result<Vec<Person>> {
    ensure!(pattern.contains("{}") || count == 1, "the pattern needs {{}} for the number");
    let person =
        |number: usize| Person { user: pattern.replace("{}", &number.to_string()), password: password.to_owned() };
    Ok((0..count).map(person).collect())
}
