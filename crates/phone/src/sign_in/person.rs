//! Who fills in the pages.

/// A person in front of the web view.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Person {
    /// What they type as user name.
    pub login: String,
    /// What they type as password.
    pub password: String,
    /// What they type as one-time code.
    pub code: Option<String>,
    /// They press the button that refuses.
    pub refuses: bool,
}

impl Person {
    /// Somebody who knows a password and agrees.
    pub fn new(login: &str, password: &str) -> Self {
        Self { login: login.to_owned(), password: password.to_owned(), code: None, refuses: false }
    }

    /// What they type into a field; `None` leaves it as it is.
    pub(super) fn types(&self, kind: &str, autocomplete: &str) -> Option<&str> {
        if kind == "password" {
            Some(&self.password)
        } else if autocomplete.contains("one-time-code") {
            self.code.as_deref()
        } else if kind == "email" || autocomplete.contains("username") {
            Some(&self.login)
        } else {
            None
        }
    }
}
