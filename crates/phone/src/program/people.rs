//! Who the phones belong to.

use std::path::Path;

use anyhow::{Context, ensure};
use phone::Credentials;

/// A person and what they sign in with.
#[derive(Debug, Clone)]
pub struct Person {
    /// Mail address.
    pub user: String,
    /// Password or token.
    pub credentials: Credentials,
}

/// People from a file of `email,secret` lines; empty lines, `#` lines and a header `email,...` are passed over.
pub fn from_file(file: &Path, secret: impl Fn(String) -> Credentials) -> anyhow::Result<Vec<Person>> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let mut people = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') || line.starts_with("email,") {
            continue;
        }
        let parts = line.split_once(',').with_context(|| format!("line {}: there is no comma", number + 1))?;
        people.push(Person { user: parts.0.trim().to_owned(), credentials: secret(parts.1.trim().to_owned()) });
    }
    ensure!(!people.is_empty(), "{} names nobody", file.display());
    Ok(people)
}

/// People whose addresses follow a pattern: `{}` is replaced by 0, 1, 2, ...
pub fn from_pattern(pattern: &str, password: &str, count: usize) -> anyhow::Result<Vec<Person>> {
    ensure!(pattern.contains("{}") || count == 1, "the pattern needs {{}} for the number");
    let person = |number: usize| Person {
        user: pattern.replace("{}", &number.to_string()),
        credentials: Credentials::Password(password.to_owned()),
    };
    Ok((0..count).map(person).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_tokens_names_people_who_sign_in_with_them() {
        let file = std::env::temp_dir().join(format!("phone-people-{}.csv", std::process::id()));
        std::fs::write(&file, "email,token\n# nobody\n\nanna@example.org, t0ken \n").unwrap();
        let people = from_file(&file, Credentials::Bearer);
        std::fs::remove_file(&file).unwrap();
        let [person] = people.unwrap().try_into().unwrap();
        assert_eq!(person.user, "anna@example.org");
        assert!(matches!(person.credentials, Credentials::Bearer(token) if token == "t0ken"));
    }
}
